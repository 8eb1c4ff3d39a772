"""A small town kept in a real database, and the same town slot by slot in plain lists."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import TypedDict

from sqlalchemy import Connection

from lenskeeper.availability.exact import observe
from lenskeeper.availability.exclusions import Kind
from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.maintenance import Target
from lenskeeper.availability.observations import Observation
from lenskeeper.availability.rows_dirty import mark_dirty
from lenskeeper.availability.rows_exclusions import refresh
from lenskeeper.availability.rows_maintenance import propose
from lenskeeper.availability.rows_rollups import recompute
from lenskeeper.base.access import LOCAL_OPERATOR, ROUNDS, ActorId
from lenskeeper.base.days import date_of
from lenskeeper.inventory.camera_file import CameraFile
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_devices import Equipment, swap
from lenskeeper.inventory.rows_points import add, move
from lenskeeper.reporting.periods import Period, period_of
from lenskeeper.store.database import Store
from lenskeeper.units.ids import UnitId
from lenskeeper.units.rows import add as add_unit

TZ = "Asia/Shanghai"
SLOT = 1_200
PICTURE_SLOT = 3_600
PERIOD: Period = period_of("2026-11-02..2026-11-04", TZ)
BEGAN_S = PERIOD.a_s - 20 * 86_400
NOW_S = PERIOD.b_s + 7_200
CAMERAS = 9
SWAP_S = PERIOD.a_s + 86_400 + 6 * 3_600
OLD, NEW = ("Haikang", "DS-1"), ("Dahua", "IPC-2")
BOSS = ActorId("second person")


class When(TypedDict):
    actor: ActorId
    now_s: int


@dataclass
class Slot:
    """What is true of one camera in one slot. state: None is unknown."""

    a: int
    unit: UnitId
    model: str
    counts: bool
    served: bool
    state: State | None = None
    fit: State | None = None
    kind: str = ""


@dataclass
class Town:
    """The town as it is in the database."""

    root: UnitId
    east: UnitId
    street: UnitId
    west: UnitId
    points: list[PointId] = field(default_factory=list)
    slots: dict[PointId, list[Slot]] = field(default_factory=dict)

    def all_slots(self) -> Iterator[tuple[PointId, Slot]]:
        for point_id, slots in self.slots.items():
            for slot in slots:
                yield point_id, slot


def town(store: Store, seed: int) -> Town:
    """A town with a swap, a move, a camera born late, work that is excluded and work that waits."""
    return store.write(lambda connection: _town(connection, Random(seed)))


def _town(connection: Connection, rng: Random) -> Town:
    when: When = {"actor": LOCAL_OPERATOR, "now_s": BEGAN_S}
    root = add_unit(connection, name="临江市", tz=TZ, **when)
    east = add_unit(connection, name="东区", parent_id=root, **when)
    street = add_unit(connection, name="一街道", parent_id=east, **when)
    west = add_unit(connection, name="西区", parent_id=root, **when)
    made = Town(root, east, street, west)
    for n in range(CAMERAS):
        file = CameraFile(
            name=f"{n}号杆",
            code=f"code-{n}",
            klass=n % 3 + 1,
            make=OLD[0],
            model=OLD[1],
            url=f"rtsp://10.0.0.{n + 1}/a",
            in_service_from=date_of(PERIOD.first_day + 1) if n == 2 else date(2026, 10, 20),
            lon=121.5 if n % 2 else None,
            lat=31.2 if n % 2 else None,
        )
        made.points.append(add(connection, file, unit_id=[street, east, west][n % 3], **when))
    swap(
        connection,
        made.points[0],
        Equipment(make=NEW[0], model=NEW[1]),
        at_s=SWAP_S,
        actor=LOCAL_OPERATOR,
        now_s=NOW_S,
    )
    move(connection, made.points[1], west, from_day=PERIOD.first_day + 2, actor=LOCAL_OPERATOR, now_s=BEGAN_S)
    refresh(connection)
    work = (PERIOD.a_s + 10 * 3_600, PERIOD.a_s + 12 * 3_600)
    propose(connection, target=Target(points=(made.points[3],)), when=[work], kind=Kind.PLANNED_WORK,
            reason="电源迁改", actor=LOCAL_OPERATOR, now_s=BEGAN_S)  # fmt: skip
    propose(connection, target=Target(points=(made.points[4],)), when=[work], kind=Kind.OTHER,
            reason="雷击", actor=LOCAL_OPERATOR, now_s=NOW_S)  # fmt: skip
    for n, point_id in enumerate(made.points):
        made.slots[point_id] = _slots(made, n, work, rng)
    _observe(connection, made)
    while not recompute(connection, now_s=NOW_S, limit=1_000).is_done:
        pass
    return made


def _slots(made: Town, n: int, work: tuple[int, int], rng: Random) -> list[Slot]:
    home = [made.street, made.east, made.west][n % 3]
    out: list[Slot] = []
    state: State | None = State.UP
    fit: State | None = State.UP
    kind = ""
    for a in range(PERIOD.a_s, PERIOD.b_s, SLOT):
        day = (a - PERIOD.a_s) // 86_400
        if rng.random() < 0.05:
            state = rng.choice([State.UP, State.UP, State.DOWN, None])
        if (a - PERIOD.a_s) % PICTURE_SLOT == 0:
            fit, kind = rng.choice(
                [
                    (State.UP, ""),
                    (State.UP, ""),
                    (State.DOWN, "blur noise"),
                    (State.DOWN, "moved"),
                    (None, ""),
                ]
            )
        served = not (n == 2 and day == 0)
        slot = Slot(
            a=a,
            unit=made.west if n == 1 and day >= 2 else home,
            model=" ".join(NEW if n == 0 and a >= SWAP_S else OLD),
            counts=served and not (n == 3 and work[0] <= a < work[1]),
            served=served,
            state=State.DOWN if n == 5 else state,
            fit=fit,
            kind=kind,
        )
        out.append(slot)
    return out


def _observe(connection: Connection, made: Town) -> None:
    seen: list[Observation] = []
    for point_id, slot in made.all_slots():
        if slot.state is not None:
            reason = "timed_out" if slot.state is State.DOWN else ""
            seen.append(Observation(point_id, Lane.REACHABLE, slot.a, slot.a + SLOT, slot.state, reason))
        if slot.fit is not None:
            seen.append(Observation(point_id, Lane.PICTURE_FIT, slot.a, slot.a + SLOT, slot.fit, slot.kind))
            seen.append(Observation(point_id, Lane.DELIVERY, slot.a, slot.a + SLOT, State.UP))
    before = [
        Observation(made.points[5], Lane.REACHABLE, a, a + SLOT, State.DOWN, "timed_out")
        for a in range(PERIOD.a_s - 5 * 86_400, PERIOD.a_s, SLOT)
    ]
    # a first look each, then the rest in order: as the rounds bring them, and each change of a reason is told
    first: dict[tuple[PointId, Lane], Observation] = {}
    for one in [*before, *seen]:
        first.setdefault((one.point_id, one.lane), one)
    rest = [one for one in [*before, *seen] if one is not first[one.point_id, one.lane]]
    for batch in (list(first.values()), rest):
        observe(connection, batch, now_s=NOW_S, mark=mark_dirty, actor=ROUNDS)


def late(store: Store, made: Town, point_id: PointId, a: int) -> None:
    """A result that comes late: it was up after all."""
    found = [Observation(point_id, Lane.REACHABLE, a, a + SLOT, State.UP)]
    store.write(lambda c: observe(c, found, now_s=NOW_S, mark=mark_dirty, actor=ROUNDS))
