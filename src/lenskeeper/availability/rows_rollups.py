"""Days added up, one row per point and local day: recomputed whole from the runs, never incremented."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, insert, literal, select, update

from lenskeeper.availability.daylight import Cell, cell_of, daylight
from lenskeeper.availability.exclusions import Kind
from lenskeeper.availability.lanes import SETTLED_S, Lane
from lenskeeper.availability.rows_pieces import Pieces, pieces
from lenskeeper.availability.schema import (
    day_closed,
    day_looks,
    day_rollup,
    dirty_day,
    exclusion,
    run,
    standing,
)
from lenskeeper.availability.tally import NOTHING, Seconds, counted, excluded_in, seconds, spells
from lenskeeper.base.days import day_span, local_day
from lenskeeper.base.spans import Span, clip, length, subtract
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.schema import point
from lenskeeper.store.statements import insert_into

POINTS_AT_ONCE: Final = 500
DAYS_BACK_MAX: Final = 400  # of a database that has runs and no day yet: as long as runs are kept
SAID: Final = {
    "fit": Lane.PICTURE_FIT,
    "delivery": Lane.DELIVERY,
    "clock": Lane.CLOCK,
}
PRESENCE: Final = {
    "low_visibility_s": Lane.LOW_VISIBILITY,
    "not_checkable_s": Lane.NOT_CHECKABLE,
    "no_picture_s": Lane.NO_PICTURE,
    "held_s": Lane.HELD,
}
KEY: Final = ("day", "point_id")
OF_DAY: Final = tuple(column.name for column in day_rollup.c if column.name not in (*KEY, "rev"))
OF_LOOKS: Final = tuple(column.name for column in day_looks.c if column.name not in KEY)

Row = dict[str, int]
Place = tuple[PointId, str, Cell]


@dataclass(frozen=True, slots=True)
class Recount:
    """What one step of recomputing did.

    days:    point-days computed; changed: of them, days already published that came out different.
    is_done: nothing is left to compute now.
    """

    days: int
    changed: int
    is_done: bool


def recompute(connection: Connection, *, now_s: int, limit: int) -> Recount:
    """Add up days that are over, and add up again those that are dirty: at most `limit` point-days, oldest first.

    Call it until it is done, each time in a transaction of its own, so that the writer is free in between. A day is
    over when SETTLED_S have passed since its end; whatever comes later is marked dirty by whoever books it.
    """
    _reopen(connection, now_s)
    done, changed = _mend(connection, now_s, limit)
    zones = connection.execute(select(point.c.tz).distinct().order_by(point.c.tz)).scalars().all()
    is_done = done < limit
    for tz in zones:
        while done < limit and (day := _next_day(connection, tz, now_s)) is not None:
            made = _close(connection, day, tz, limit - done)
            done += made
            if done < limit:
                _advance(connection, day, tz)
        is_done = is_done and (done < limit or _next_day(connection, tz, now_s) is None)
    return Recount(done, changed, is_done)


def _reopen(connection: Connection, now_s: int) -> None:
    """Take back days that are not over by the clock of now: it had been set ahead when they were added up."""
    for tz, first, last in connection.execute(
        select(day_closed.c.tz, day_closed.c.first_day, day_closed.c.last_day)
    ).all():
        over = local_day(now_s - SETTLED_S, tz) - 1
        if last <= over:
            continue
        mine = select(point.c.id).where(point.c.tz == tz)
        for table in (day_rollup, day_looks):
            connection.execute(delete(table).where(table.c.day > over, table.c.point_id.in_(mine)))
        where = day_closed.c.tz == tz
        if over < first:
            connection.execute(delete(day_closed).where(where))
        else:
            connection.execute(update(day_closed).where(where).values(last_day=over))


def _mend(connection: Connection, now_s: int, limit: int) -> tuple[int, int]:
    """Add dirty days up again; how many, and how many of them came out different.

    A mark on a day that is not over is dropped: it has no row, and what is still booked in time marks nothing.
    """
    due = connection.execute(
        select(dirty_day.c.day, dirty_day.c.point_id, point.c.tz, point.c.lat, point.c.lon)
        .join(point, point.c.id == dirty_day.c.point_id)
        .order_by(dirty_day.c.day, dirty_day.c.point_id)
        .limit(limit)
    ).all()
    by_day: dict[tuple[int, str], list[Place]] = defaultdict(list)
    for day, point_id, tz, lat, lon in due:
        by_day[day, tz].append((point_id, tz, cell_of(lat, lon, tz)))
    changed = 0
    for (day, tz), places in by_day.items():
        for some in _slices(places):
            if day < local_day(now_s - SETTLED_S, tz):
                changed += _mend_some(connection, day, tz, some)
            _unmark(connection, day, some)
    return len(due), changed


def _mend_some(connection: Connection, day: int, tz: str, places: Sequence[Place]) -> int:
    ids = [place[0] for place in places]
    old = _stored(connection, day, ids)
    new = {PointId(row["point_id"]): row for row in _rows(connection, day, tz, places)}
    differs = [
        one for one, row in new.items() if one in old and not old[one].items() >= _figures(row).items()
    ]
    gone = [one for one in old if one not in new]  # the whole day is out of service now
    for one in differs:
        new[one]["rev"] = old[one]["rev"] + 1
    _take(connection, day, [*differs, *gone])
    _put(connection, [row for one, row in new.items() if one in differs or one not in old])
    return len(differs) + len(gone)


def _stored(connection: Connection, day: int, ids: Sequence[PointId]) -> dict[PointId, Row]:
    """The rows of a day as `_rows` makes them."""
    own, looks = (
        {
            row["point_id"]: dict(row)
            for row in connection.execute(
                select(table).where(table.c.day == day, table.c.point_id.in_(ids))
            ).mappings()
        }
        for table in (day_rollup, day_looks)
    )
    nothing = dict.fromkeys(OF_LOOKS, 0)
    return {one: {**row, **nothing, **looks.get(one, {})} for one, row in own.items()}


def _figures(row: Row) -> Row:
    return {name: row[name] for name in (*OF_DAY, *OF_LOOKS)}


def _unmark(connection: Connection, day: int, places: Sequence[Place]) -> None:
    connection.execute(
        delete(dirty_day).where(dirty_day.c.day == bindparam("d"), dirty_day.c.point_id == bindparam("p")),
        [{"d": day, "p": place[0]} for place in places],
    )


def _next_day(connection: Connection, tz: str, now_s: int) -> int | None:
    """The first day of a zone that is over and settled and not yet added up."""
    last = connection.execute(select(day_closed.c.last_day).where(day_closed.c.tz == tz)).scalar()
    today = local_day(now_s - SETTLED_S, tz)
    if last is None:
        ever = [
            at_s
            for at_s in (
                connection.execute(select(func.min(run.c.a))).scalar(),
                connection.execute(select(func.min(standing.c.since_s))).scalar(),
            )
            if at_s is not None
        ]
        if not ever:
            return None
        day = max(local_day(min(ever), tz), today - DAYS_BACK_MAX)
    else:
        day = last + 1
    return day if day < today else None


def _close(connection: Connection, day: int, tz: str, limit: int) -> int:
    """Add up a day of points that have no row yet; how many. Points out of service for the whole day get none."""
    a, b = day_span(day, tz)
    has_row = select(literal(1)).where(day_rollup.c.day == day, day_rollup.c.point_id == point.c.id).exists()
    is_out = (
        select(literal(1))
        .where(exclusion.c.point_id == point.c.id, exclusion.c.kind == Kind.OUT_OF_SERVICE)
        .where(exclusion.c.a <= a, exclusion.c.b >= b)
        .exists()
    )
    due = connection.execute(
        select(point.c.id, point.c.lat, point.c.lon)
        .where(point.c.tz == tz, point.c.withdrawn_s.is_(None), ~has_row, ~is_out)
        .order_by(point.c.id)
        .limit(limit)
    ).all()
    places = [(row.id, tz, cell_of(row.lat, row.lon, tz)) for row in due]
    for some in _slices(places):
        _put(connection, _rows(connection, day, tz, some))
    return len(due)


def _advance(connection: Connection, day: int, tz: str) -> None:
    into = insert_into(connection, day_closed).values(tz=tz, first_day=day, last_day=day)
    connection.execute(into.on_conflict_do_update(index_elements=["tz"], set_={"last_day": day}))


def _take(connection: Connection, day: int, ids: Sequence[PointId]) -> None:
    for table in (day_rollup, day_looks) if ids else ():
        connection.execute(delete(table).where(table.c.day == day, table.c.point_id.in_(ids)))


def _put(connection: Connection, rows: Sequence[Row]) -> None:
    """Write rows of which there are none yet."""
    names = (*KEY, "rev", *OF_DAY)
    if rows:
        connection.execute(insert(day_rollup), [{name: row[name] for name in names} for row in rows])
    names = (*KEY, *OF_LOOKS)
    if said := [row for row in rows if any(row[name] for name in OF_LOOKS)]:
        connection.execute(insert(day_looks), [{name: row[name] for name in names} for row in said])


def _rows(connection: Connection, day: int, tz: str, places: Sequence[Place]) -> list[Row]:
    """The rows of one day; points that are out of service all day have none."""
    span = day_span(day, tz)
    found = pieces(connection, [place[0] for place in places], *span)
    rows = []
    for point_id, _, cell in places:
        row = day_row(found[point_id], span, daylight(cell, day, tz))
        if row is not None:
            rows.append({"day": day, "point_id": point_id, "rev": 0, **row})
    return rows


def day_row(known: Pieces, span: Span, light: Sequence[Span]) -> Row | None:
    """The figures of one day, as the columns say; None where none of the day is in service."""
    in_service = subtract([span], known.out_of_service) if known.out_of_service else [span]
    if not in_service:
        return None
    expected = counted([span], known.excluded)
    expected_s = length(expected)
    got = _seconds(known, Lane.REACHABLE, expected)
    row: Row = {
        "excluded_s": length(in_service) - expected_s,
        "gap_s": expected_s - got.up_s - got.down_s,
        "down_s": got.down_s,
        **_outages(known, Lane.REACHABLE, "", span),
        **_outages(known, Lane.PICTURE_FIT, "fit_", span),
    }
    for name, lane in SAID.items():
        got = _seconds(known, lane, expected)
        row |= {f"{name}_up_s": got.up_s, f"{name}_down_s": got.down_s}
    by_day = [piece for a, b in light for piece in clip(in_service, a, b)]
    got = _seconds(known, Lane.PICTURE_FIT, counted(by_day, known.excluded))
    row["light_excluded_s"] = excluded_in(by_day, known.excluded)
    row |= {"fit_light_up_s": got.up_s, "fit_light_down_s": got.down_s}
    for column, lane in PRESENCE.items():
        row[column] = _seconds(known, lane, expected).up_s
    return row


def _seconds(known: Pieces, lane: Lane, expected: Sequence[Span]) -> Seconds:
    runs = known.runs.get(lane)
    return seconds(runs, expected) if runs else NOTHING


def _outages(known: Pieces, lane: Lane, name: str, span: Span) -> Row:
    outages = repaired = repair_s = 0
    for spell in spells(known.runs.get(lane, ()), known.excluded, known.out_of_service):
        outages += span[0] <= spell.begun_s < span[1]
        if spell.repaired_s is not None and span[0] <= spell.repaired_s < span[1]:
            repaired += 1
            repair_s += spell.repair_s
    return {f"{name}outages": outages, f"{name}repaired": repaired, f"{name}repair_s": repair_s}


def _slices(places: Iterable[Place]) -> Iterable[list[Place]]:
    left = iter(places)
    while some := list(islice(left, POINTS_AT_ONCE)):
        yield some
