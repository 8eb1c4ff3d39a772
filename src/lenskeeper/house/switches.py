"""The stop switch of the network's guardians, kept in the database: it holds across restarts until it is lifted."""

from typing import Final

import msgspec
from sqlalchemy import Connection

from lenskeeper.audit.rows import append
from lenskeeper.base.access import ActorId
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


def read_stopped(connection: Connection) -> Stopped:
    """As the switch stands."""
    text = read_mark(connection, MARK)
    return msgspec.json.decode(text, type=Stopped) if text else Stopped()


def set_stopped(connection: Connection, stopped: Stopped, reason: str, *, actor: ActorId, now_s: int) -> None:
    """Move it, with an entry in the audit log; a running `serve` obeys within two seconds."""
    text = msgspec.json.encode(stopped).decode()
    set_mark(connection, MARK, text)
    detail = {**msgspec.to_builtins(stopped), "reason": reason}
    append(connection, actor=actor, at_s=now_s, act=FACT, subject="rounds", detail=detail)
    announce(connection, at_s=now_s, room="house", fact=FACT, subject="rounds")


def move(switch: StopSwitch, stopped: Stopped) -> None:
    """Put the rounds' own switch where the database says."""
    switch.everything, switch.pictures = stopped.everything, stopped.pictures
    switch.zones, switch.sites = set(stopped.zones), set(stopped.sites)
