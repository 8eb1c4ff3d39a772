"""Which days must be added up again because something about them changed."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Final

from sqlalchemy import Connection, func, select

from lenskeeper.availability.exclusions import FOREVER_S
from lenskeeper.availability.figures import OUTAGE_LANES
from lenskeeper.availability.lanes import State
from lenskeeper.availability.runs import month_start
from lenskeeper.availability.schema import day_closed, dirty_day, run, standing
from lenskeeper.base.days import day_span, local_day
from lenskeeper.base.spans import Span, union
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.schema import point
from lenskeeper.store.statements import insert_into

POINTS_AT_ONCE: Final = 500  # per statement, as everywhere in this room


def mark_dirty(connection: Connection, point_ids: Iterable[PointId], a: int, b: int) -> None:
    """Say that what is known of these points in [a, b) has changed: late results, an exclusion.

    Days that are not yet added up need no mark and get none. Days after it are marked as far as an outage that may
    have begun in it goes on.
    """
    mark_spans(connection, dict.fromkeys(point_ids, ((a, b),)))


def mark_spans(connection: Connection, changed: Mapping[PointId, Sequence[Span]]) -> None:
    """The same for spans that differ from point to point."""
    closed = _closed(connection)
    if not closed:
        return
    begin = min(span[0] for span in closed.values())
    end = max(span[1] for span in closed.values())
    due = {
        point_id: [span for span in spans if span[0] < end and span[1] > begin]
        for point_id, spans in changed.items()
    }
    points = iter([point_id for point_id, spans in due.items() if spans])
    while chunk := list(islice(points, POINTS_AT_ONCE)):
        zones = connection.execute(select(point.c.id, point.c.tz).where(point.c.id.in_(chunk))).all()
        goes_on = _outages_after(connection, chunk, min(due[one][0][0] for one in chunk))
        rows: list[dict[str, int]] = []
        for point_id, tz in zones:
            if tz in closed:
                spans = [(a, max(b, _until(goes_on.get(point_id, ()), b))) for a, b in due[point_id]]
                rows += [{"point_id": point_id, "day": day} for day in _days(spans, closed[tz], tz)]
        if rows:
            connection.execute(insert_into(connection, dirty_day).on_conflict_do_nothing(), rows)


def _closed(connection: Connection) -> dict[str, Span]:
    """By time zone: the seconds of the days added up, and of the next one, which may be half done."""
    return {
        tz: (day_span(first, tz)[0], day_span(last + 1, tz)[1])
        for tz, first, last in connection.execute(
            select(day_closed.c.tz, day_closed.c.first_day, day_closed.c.last_day)
        )
    }


def _days(spans: Iterable[Span], closed: Span, tz: str) -> set[int]:
    days: set[int] = set()
    for a, b in union(spans):
        begin, end = max(a, closed[0]), min(b, closed[1])
        if begin < end:
            days.update(range(local_day(begin, tz), local_day(end - 1, tz) + 1))
    return days


Stretch = tuple[int, int, bool]  # from, to, up


def _until(stretches: Iterable[list[Stretch]], b: int) -> int:
    """How far the outages go on that are open at `b`: to the second after the first up that follows; else b."""
    reach = b
    for lane in stretches:
        for begin, end, is_up in lane:
            if end <= b:
                continue
            if is_up:
                reach = max(reach, begin + 1)
                break
            reach = max(reach, end)
    return reach


def _outages_after(
    connection: Connection, points: Sequence[PointId], at_s: int
) -> dict[PointId, list[list[Stretch]]]:
    """What is known of points from an instant on, by lane."""
    found: dict[tuple[PointId, int], list[Stretch]] = {}
    for lane in OUTAGE_LANES:
        rows = connection.execute(
            select(run.c.point_id, run.c.a, run.c.b, run.c.state)
            .where(run.c.point_id.in_(points), run.c.lane == lane)
            .where(run.c.a >= month_start(at_s), run.c.b > at_s)
            .order_by(run.c.point_id, run.c.a)
        )
        for point_id, a, b, state in rows:
            found.setdefault((point_id, lane), []).append((a, b, state == State.UP))
    for point_id, lane, since_s, end_s, state in connection.execute(
        select(
            standing.c.point_id,
            standing.c.lane,
            standing.c.since_s,
            func.coalesce(
                standing.c.confirmed_s, FOREVER_S
            ),  # with a shard it goes on until a round says otherwise
            standing.c.state,
        ).where(standing.c.point_id.in_(points), standing.c.lane.in_(OUTAGE_LANES))
    ):
        found.setdefault((point_id, lane), []).append((since_s, end_s, state == State.UP))
    by_point: dict[PointId, list[list[Stretch]]] = {}
    for (point_id, _), lane_runs in found.items():
        by_point.setdefault(point_id, []).append(lane_runs)
    return by_point
