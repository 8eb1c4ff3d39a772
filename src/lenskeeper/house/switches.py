"""The stop switch of the network's guardians, kept in the database: it holds across restarts until it is lifted."""

from typing import Final

import msgspec
from sqlalchemy import Connection

from lenskeeper.audit.rows import append
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.errors import NotFound
from lenskeeper.inventory.rows_watched import watched
from lenskeeper.journal.rows import announce
from lenskeeper.probing.pacing import StopSwitch
from lenskeeper.store.marks import read_mark, set_mark

MARK: Final = "stop_switch"
FACT: Final = "stop_switch_moved"


class Stopped(msgspec.Struct, frozen=True):
    """What nobody may touch until it is lifted. everything: nothing is sent at all; pictures: no picture is asked for."""

    everything: bool = False
    pictures: bool = False
    zones: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()

    def with_more(self, more: "Stopped") -> "Stopped":
        """Both: a second stop lifts nothing."""
        return Stopped(
            self.everything or more.everything,
            self.pictures or more.pictures,
            tuple(sorted({*self.zones, *more.zones})),
            tuple(sorted({*self.sites, *more.sites})),
        )

    def without(self, lifted: "Stopped") -> "Stopped":
        """What is left when some of it is lifted."""
        return Stopped(
            self.everything and not lifted.everything,
            self.pictures and not lifted.pictures,
            tuple(sorted({*self.zones} - {*lifted.zones})),
            tuple(sorted({*self.sites} - {*lifted.sites})),
        )


def read_stopped(connection: Connection) -> Stopped:
    """As the switch stands."""
    text = read_mark(connection, MARK)
    return msgspec.json.decode(text, type=Stopped) if text else Stopped()


def stop(connection: Connection, more: Stopped, reason: str, *, actor: ActorId, now_s: int) -> Stopped:
    """Stop this too; a running `serve` obeys within two seconds. NotFound: no camera is in such a zone or site."""
    fleet = watched(connection, Scope.ALL, now_s)
    for what, named, known in (
        ("zone", more.zones, {w.zone for w in fleet}),
        ("site", more.sites, {w.site for w in fleet}),
    ):
        if strange := sorted(set(named) - known):
            there = ", ".join(sorted(known - {""})) or "none is named in the register"
            raise NotFound(
                f"no camera is in {what} {strange[0]!r}, so nothing was stopped; there are: {there}"
            )
    return _set(connection, read_stopped(connection).with_more(more), reason, actor=actor, now_s=now_s)


def lift(
    connection: Connection, lifted: Stopped | None, reason: str, *, actor: ActorId, now_s: int
) -> Stopped:
    """Go on: with all (None), or with some of what was stopped."""
    left = Stopped() if lifted is None else read_stopped(connection).without(lifted)
    return _set(connection, left, reason, actor=actor, now_s=now_s)


def _set(connection: Connection, stopped: Stopped, reason: str, *, actor: ActorId, now_s: int) -> Stopped:
    """Move the switch, with an entry in the audit log."""
    set_mark(connection, MARK, msgspec.json.encode(stopped).decode())
    detail = {**msgspec.to_builtins(stopped), "reason": reason}
    append(connection, actor=actor, at_s=now_s, act=FACT, subject="rounds", detail=detail)
    announce(connection, at_s=now_s, room="house", fact=FACT, subject="rounds")
    return stopped


def move(switch: StopSwitch, stopped: Stopped) -> None:
    """Put the rounds' own switch where the database says."""
    switch.everything, switch.pictures = stopped.everything, stopped.pictures
    switch.zones, switch.sites = set(stopped.zones), set(stopped.sites)
