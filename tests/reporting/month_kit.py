"""A month of six cameras in a contract's lot with planted faults, and the same hour by hour in plain lists."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from lenskeeper.availability.exact import observe
from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.observations import Observation
from lenskeeper.availability.rows_dirty import mark_dirty
from lenskeeper.availability.rows_exclusions import refresh
from lenskeeper.availability.rows_rollups import recompute
from lenskeeper.base.access import LOCAL_OPERATOR, ROUNDS, ActorId
from lenskeeper.base.days import date_of
from lenskeeper.base.spans import Span, length, subtract, union
from lenskeeper.inventory.camera_file import CameraFile
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_points import add
from lenskeeper.reporting.periods import Period, period_of
from lenskeeper.store.database import Store
from lenskeeper.tickets.contracts import ContractId, Terms
from lenskeeper.tickets.rows_contracts import set_up, take_in
from lenskeeper.units.ids import UnitId
from lenskeeper.units.rows import add as add_unit

TZ = "Asia/Shanghai"
MONTH: Period = period_of("2026-10", TZ)
HOUR = 3_600
DAY = 24 * HOUR
HOURS = (MONTH.b_s - MONTH.a_s) // HOUR
BEGAN_S = MONTH.a_s - 20 * DAY
DRAFTED_S = MONTH.b_s + 10 * HOUR  # Sunday 2026-11-01, 10:00
UNTIL_DAY = MONTH.end_day + 5  # Friday 2026-11-06
AFTER_S = DRAFTED_S + 6 * DAY  # Saturday: the period is over
BUILDER, OFFICE, BOSS = (ActorId(f"local:{name}") for name in ("builder", "office", "boss"))
SCHEME = """
[scheme.bridge]
title = "大桥标段"
pass = 90
[[scheme.bridge.item]]
measure = "patrol_rate"
at = ["08:00", "20:20"]
weight = 40
steps = [[99, 100], [95, 50]]
[[scheme.bridge.item]]
measure = "online_rate"
weight = 60
steps = [[99, 100], [95, 50]]
"""
SWITCH_OUT: Span = (MONTH.a_s + 5 * DAY + 6 * HOUR, MONTH.a_s + 5 * DAY + 14 * HOUR)  # points 0 to 3
POWER_CUT: Span = (MONTH.a_s + 12 * DAY, MONTH.a_s + 13 * DAY)  # points 4 and 5
ALONE: Span = (
    MONTH.a_s + 20 * DAY + 9 * HOUR,
    MONTH.a_s + 20 * DAY + 10 * HOUR,
)  # point 1, the disputed hour
SILENT: Span = (MONTH.a_s + 25 * DAY, MONTH.a_s + 25 * DAY + 3 * HOUR)  # nobody looked


@dataclass
class Lot:
    """The month as it is in the database, and as it was. joined: since when each point is in the lot."""

    root: UnitId
    contract: ContractId
    points: list[PointId] = field(default_factory=list)
    truth: dict[PointId, list[State | None]] = field(default_factory=dict)
    joined: dict[PointId, int] = field(default_factory=dict)

    def rate(
        self, out: dict[PointId, list[Span]], points: Sequence[PointId] | None = None
    ) -> tuple[int, int]:
        """Camera-seconds up and known, second by second of the truth, without the excluded spans."""
        up = known = 0
        for point_id in points or self.points:
            for hour, state in enumerate(self.truth[point_id]):
                a = MONTH.a_s + hour * HOUR
                span = [(max(a, self.joined[point_id]), a + HOUR)]
                counts_s = length(subtract(union(span), union(out.get(point_id, []))))
                known += counts_s if state is not None else 0
                up += counts_s if state is State.UP else 0
        return up, known


def lot(store: Store) -> Lot:
    """Six cameras: four on one switch and two on another; the last joined the lot on the 11th."""
    return store.write(_lot)


def _lot(connection: Connection) -> Lot:
    root = add_unit(connection, name="临江市", tz=TZ, actor=LOCAL_OPERATOR, now_s=BEGAN_S)
    east, west = (
        add_unit(connection, name=name, parent_id=root, actor=LOCAL_OPERATOR, now_s=BEGAN_S)
        for name in ("东区", "西区")
    )
    signed = set_up(
        connection, name="大桥标段", contractor="builder", document="2026-17", from_day=MONTH.first_day - 100,
        to_day=MONTH.end_day + 100, tz=TZ, terms=Terms(), actor=LOCAL_OPERATOR, now_s=BEGAN_S,
    )  # fmt: skip
    made = Lot(root, signed.contract_id)
    for n in range(7):  # the seventh is in no lot
        file = CameraFile(
            name=f"{n}号杆", code=f"code-{n}", klass=n % 3 + 1, url=f"rtsp://10.0.0.{n + 1}/a",
            in_service_from=date_of(MONTH.first_day - 10), switch="SW-1" if n < 4 else "SW-2" if n < 6 else "",
        )  # fmt: skip
        point_id = add(connection, file, unit_id=west if n % 2 else east, actor=LOCAL_OPERATOR, now_s=BEGAN_S)
        if n == 6:
            break
        made.points.append(point_id)
        made.joined[point_id] = MONTH.a_s + 10 * DAY if n == 5 else MONTH.a_s
        since_s = made.joined[point_id] if n == 5 else MONTH.a_s - DAY
        take_in(connection, made.contract, [point_id], since_s, actor=LOCAL_OPERATOR, now_s=BEGAN_S)
        made.truth[point_id] = [_state(n, MONTH.a_s + hour * HOUR) for hour in range(HOURS)]
    refresh(connection)
    seen = [
        Observation(
            point_id,
            Lane.REACHABLE,
            a,
            a + HOUR,
            state,
            "timed_out" if state is State.DOWN else "",
            "prober-1",
        )
        for point_id, states in made.truth.items()
        for a, state in zip(range(MONTH.a_s, MONTH.b_s, HOUR), states, strict=True)
        if state is not None
    ]
    observe(connection, seen, now_s=MONTH.b_s, mark=mark_dirty, actor=ROUNDS)
    add_up(connection, DRAFTED_S)
    return made


def _state(n: int, a: int) -> State | None:
    if SILENT[0] <= a < SILENT[1]:
        return None
    down = {(0, 1, 2, 3): SWITCH_OUT, (4, 5): POWER_CUT, (1,): ALONE}
    return State.DOWN if any(n in who and s[0] <= a < s[1] for who, s in down.items()) else State.UP


def add_up(connection: Connection, now_s: int) -> None:
    """The chores: days that are over or changed are added up."""
    while not recompute(connection, now_s=now_s, limit=1_000).is_done:
        pass


def late(connection: Connection, made: Lot, point_id: PointId, a: int) -> None:
    """An hour that was down was up after all."""
    found = [Observation(point_id, Lane.REACHABLE, a, a + HOUR, State.UP, "", "prober-2")]
    observe(connection, found, now_s=DRAFTED_S, mark=mark_dirty, actor=ROUNDS)
    made.truth[point_id][(a - MONTH.a_s) // HOUR] = State.UP
