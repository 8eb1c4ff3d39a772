"""Acts upon what is known of cameras' pictures. A running `serve` reads them with its next look."""

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Connection

from lenskeeper.base.access import ActorId, Scope
from lenskeeper.diagnosis.changes import Restart
from lenskeeper.diagnosis.evidence import Evidence
from lenskeeper.diagnosis.rows import Saving, load, save
from lenskeeper.diagnosis.watch import Memory, begin_anew
from lenskeeper.house.books import SOFTWARE
from lenskeeper.inventory.ids import DeviceId, PointId
from lenskeeper.inventory.rows_watched import watched

Act = Callable[[Memory], tuple[Memory, tuple[Evidence, ...]]]


def judge(connection: Connection, points: Sequence[PointId], act: Act, *, actor: ActorId, now_s: int) -> None:
    """Do the same to what is known of each, and record it."""
    known = load(connection, Scope.ALL, points, at_s=now_s)
    savings = []
    for point_id in points:
        after, records = act(known.get(point_id) or Memory())
        savings.append(Saving(point_id, after, now_s, records=records))
    save(connection, savings, software=SOFTWARE, actor=actor)


def devices(connection: Connection, at_s: int) -> dict[PointId, DeviceId]:
    """What hangs at each point in service."""
    every = watched(connection, Scope.ALL, at_s)
    return {one.point_id: one.device_id for one in every if one.device_id is not None}


def judge_swaps(
    connection: Connection, before: Mapping[PointId, DeviceId], *, actor: ActorId, now_s: int
) -> None:
    """Begin the pictures anew of all points where something else hangs than before."""
    now = devices(connection, now_s)
    swapped = [one for one, was in before.items() if now.get(one, was) != was]
    judge(
        connection,
        swapped,
        lambda memory: begin_anew(memory, Restart.SWAPPED, now_s),
        actor=actor,
        now_s=now_s,
    )
