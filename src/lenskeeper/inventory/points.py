"""What the rest of the house sees of a registered point: enough to look at it, and no more."""

from dataclasses import dataclass

from lenskeeper.base.spans import Span
from lenskeeper.inventory.ids import CredentialId, DeviceId, PointId
from lenskeeper.units.ids import UnitId


@dataclass(frozen=True, slots=True)
class Watched:
    """A point in service with the device that hangs there now: what the rounds look at.

    url, still_url:    where to look; an empty url means that nothing is known to look at.
    channel:           its name behind a recorder; empty for a camera of its own.
    klass:             1, 2 or 3 (一类, 二类, 三类点).
    site, uplink, zone: what it shares with its neighbours: the place, the line, the network our prober sees it by;
                       empty where the register does not say.
    picture_period_s:  its own, where the register gives one; else that of its class.
    hours:             seconds of the local day at which it may be asked for pictures; empty: always.
    dark_by_design:    seconds of the local day at which it need not show anything (unlit paths, closed parks).
    budget_mb_month:   megabytes it may cost in a calendar month; None where it is not metered.
    passive_only:      it is never asked for a picture, only whether it answers.
    """

    point_id: PointId
    unit_id: UnitId | None
    name: str
    klass: int
    url: str
    tz: str
    device_id: DeviceId | None = None
    still_url: str = ""
    channel: str = ""
    credential_id: CredentialId | None = None
    make: str = ""
    model: str = ""
    site: str = ""
    uplink: str = ""
    zone: str = ""
    picture_period_s: int | None = None
    hours: tuple[Span, ...] = ()
    dark_by_design: tuple[Span, ...] = ()
    budget_mb_month: int | None = None
    passive_only: bool = False
