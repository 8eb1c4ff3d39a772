"""What a person does to one camera: correct, swap, move, retire, and judge its picture where the rules cannot."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from lenskeeper.audit import rows as audit
from lenskeeper.availability.rows_exclusions import refresh
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.errors import Conflict, NotFound
from lenskeeper.diagnosis import rows as diagnosis_rows
from lenskeeper.diagnosis.changes import Restart
from lenskeeper.diagnosis.evidence import Evidence
from lenskeeper.diagnosis.kinds import Kind
from lenskeeper.diagnosis.known import Known
from lenskeeper.diagnosis.parts import Key
from lenskeeper.diagnosis.watch import Memory, begin_anew, confirmed, excuse
from lenskeeper.house.home import Home
from lenskeeper.house.register import tell
from lenskeeper.house.verdicts import judge
from lenskeeper.inventory import rows_devices, rows_points
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_devices import Equipment, Installed
from lenskeeper.inventory.rows_points import Filters, Point
from lenskeeper.units import rows as units

LISTED: Final = 50
CHANGES_SHOWN: Final = 10


Also = Callable[[Connection], None]  # what another room writes in the same transaction


def find_camera(connection: Connection, words: str | PointId, at_s: int) -> Point:
    """The one camera that answers to a code, a whole name or a part of one, or has the id. NotFound: none, or several."""
    if not isinstance(words, str):
        return rows_points.get(connection, Scope.ALL, words, at_s)
    ids = rows_points.find(connection, Scope.ALL, [words], at_s).get(words, ())
    page = rows_points.listed(connection, Scope.ALL, Filters(words), at_s, limit=LISTED)
    fitting = [p for p in page.points if p.point_id in ids or p.file.name == words] or list(page.points)
    if len(fitting) != 1:
        raise NotFound(
            f"{len(fitting)} cameras answer to {words!r}: give one's whole code (`lenskeeper cameras`)"
        )
    return fitting[0]


def correct(home: Home, words: str, changes: Mapping[str, object], actor: ActorId) -> Point:
    """Correct values by their names in the sheet; no later sheet overwrites them."""
    return _act(home, words, lambda c, p, s: rows_points.change(c, p, changes, actor=actor, now_s=s))


def swap(
    home: Home, words: str | PointId, what: Equipment, actor: ActorId, also: Also | None = None
) -> Point:
    """Hang another device at the same pole from now on; what was learnt of the old one's picture is set aside."""

    def work(connection: Connection, point_id: PointId, now_s: int) -> None:
        rows_devices.swap(connection, point_id, what, at_s=now_s, actor=actor, now_s=now_s)
        judge(
            connection,
            [point_id],
            lambda memory: begin_anew(memory, Restart.SWAPPED, now_s),
            actor=actor,
            now_s=now_s,
        )
        if also is not None:
            also(connection)

    return _act(home, words, work)


def move(home: Home, words: str, path: str, from_day: int | None, actor: ActorId) -> Point:
    """Give it to another unit, from a local midnight on (None: tomorrow's)."""

    def work(connection: Connection, point_id: PointId, now_s: int) -> None:
        unit_id = units.find(connection, Scope.ALL, path)
        rows_points.move(connection, point_id, unit_id, from_day=from_day, actor=actor, now_s=now_s)

    return _act(home, words, work)


def retire(home: Home, words: str, to_s: int, actor: ActorId) -> Point:
    """End its service; what it counted before stays."""
    return _act(home, words, lambda c, p, s: rows_points.retire(c, p, to_s=to_s, actor=actor, now_s=s))


def confirm_reference(home: Home, words: str, actor: ActorId) -> Point:
    """Say that its first reference pictures are right, though they look odd. Conflict: nobody asked."""

    def work(connection: Connection, point_id: PointId, now_s: int) -> None:
        keys = [
            key for p, key, _ in diagnosis_rows.in_doubt(connection, Scope.ALL, at_s=now_s) if p == point_id
        ]
        if not keys:
            raise Conflict("nothing about this camera's picture waits for a person")

        def all_confirmed(memory: Memory) -> tuple[Memory, tuple[Evidence, ...]]:
            records: tuple[Evidence, ...] = ()
            for key in keys:
                memory, more = confirmed(memory, key, now_s)
                records += more
            return memory, records

        judge(connection, [point_id], all_confirmed, actor=actor, now_s=now_s)
        _enter(connection, "picture.confirm", point_id, {"references": len(keys)}, actor, now_s)

    return _act(home, words, work)


def excuse_kind(home: Home, words: str, kind: Kind, actor: ActorId) -> Point:
    """Say that a kind of fault is how the place looks: dark water, a striped front."""

    def work(connection: Connection, point_id: PointId, now_s: int) -> None:
        judge(connection, [point_id], lambda memory: excuse(memory, kind, now_s), actor=actor, now_s=now_s)
        _enter(connection, "picture.excuse", point_id, {"kind": kind.value}, actor, now_s)

    return _act(home, words, work)


def accept_view(home: Home, words: str | PointId, actor: ActorId, also: Also | None = None) -> Point:
    """Say that it was turned on purpose: its references are learnt anew."""

    def work(connection: Connection, point_id: PointId, now_s: int) -> None:
        judge(
            connection,
            [point_id],
            lambda memory: begin_anew(memory, Restart.MOVE_ACCEPTED, now_s),
            actor=actor,
            now_s=now_s,
        )
        _enter(connection, "picture.view", point_id, {}, actor, now_s)
        if also is not None:
            also(connection)

    return _act(home, words, work)


def hung(home: Home, words: str) -> tuple[Point, list[Installed]]:
    """A camera, and all that ever hung there."""
    with home.store.read() as connection:
        point = find_camera(connection, words, home.now_s())
        return point, rows_devices.history(connection, Scope.ALL, point.point_id, home.now_s())


@dataclass(frozen=True, slots=True)
class PictureFile:
    """What is known of one camera's picture. standing: None where nobody has looked. changes: the newest first."""

    standing: diagnosis_rows.Standing | None
    memory: Memory
    changes: list[diagnosis_rows.Recorded]

    @property
    def asks_for_person(self) -> list[tuple[Key, Known]]:
        """First references that look odd and that nobody has confirmed."""
        return [
            (key, known) for key, known in sorted(self.memory.learnt.known.items()) if not known.is_confirmed
        ]


def picture_of(home: Home, point_id: PointId, scope: Scope = Scope.ALL) -> PictureFile:
    """The picture's part of a camera's file; empty where it may not be seen."""
    now_s = home.now_s()
    with home.store.read() as connection:
        memory = diagnosis_rows.load(connection, scope, [point_id], at_s=now_s).get(point_id) or Memory()
        return PictureFile(
            diagnosis_rows.stands(connection, scope, point_id, at_s=now_s),
            memory,
            diagnosis_rows.last_changes(connection, scope, point_id, CHANGES_SHOWN),
        )


def _act(home: Home, words: str | PointId, work: Callable[[Connection, PointId, int], None]) -> Point:
    """One act upon one camera, whole, and told to a running `serve`; the camera as it is afterwards."""
    now_s = home.now_s()

    def whole(connection: Connection) -> Point:
        point = find_camera(connection, words, now_s)
        work(connection, point.point_id, now_s)
        refresh(connection, [point.point_id])
        tell(connection, f"point:{point.point_id}", now_s)
        return rows_points.get(connection, Scope.ALL, point.point_id, now_s)

    return home.store.write(whole, durable=True)


def _enter(
    connection: Connection,
    act: str,
    point_id: PointId,
    detail: Mapping[str, object],
    actor: ActorId,
    now_s: int,
) -> None:
    audit.append(connection, actor=actor, at_s=now_s, act=act, subject=f"point:{point_id}", detail=detail)
