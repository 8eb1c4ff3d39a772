"""What the rounds must still know after a restart: where a login was refused, what each route costs, bytes used."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from lenskeeper.inventory.ids import PointId
from lenskeeper.probing.errands import Stream


@dataclass(frozen=True, slots=True)
class LoginRecord:
    """How one account stands with one host.

    account:          a keyed fingerprint of user and password; a password that changes is another account.
    has_worked:       the host has let it in at some time.
    refused_since_s:  UTC seconds; None where it is not refused.
    refusals:         in a row.
    last_try_s:       the last login that was answered with no.
    """

    host: str
    account: str
    has_worked: bool = False
    refused_since_s: int | None = None
    refusals: int = 0
    last_try_s: int = 0


@dataclass(frozen=True, slots=True)
class RouteRecord:
    """What one way to a point's picture costs, as it was when it was last looked at.

    failures: looks in a row that brought no picture by this way.
    """

    point_id: PointId
    stream: Stream
    received_bytes: int
    cost_ms: float
    first_frame_ms: float
    failures: int
    last_s: int


class Payer(StrEnum):
    """Whose bytes are counted by the month."""

    POINT = "point"  # subject: its id; where it has a budget
    UPLINK = "uplink"  # subject: its name


@dataclass(frozen=True, slots=True)
class UsedRecord:
    """Bytes that looks have cost in one calendar month, local time. month: year * 100 + month."""

    payer: Payer
    subject: str
    month: int
    used_bytes: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What has changed since the last time; rows.save writes it."""

    logins: tuple[LoginRecord, ...] = ()
    routes: tuple[RouteRecord, ...] = ()
    used: tuple[UsedRecord, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.logins or self.routes or self.used)


Remembered = Changes  # what rows.load returns has the same shape
NOTHING_REMEMBERED: Final = Remembered()
