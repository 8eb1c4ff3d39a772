"""SQL under the two paths that write the books: runs, standing runs, stretches of cover, evidence. No rule is here."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, func, insert, select, update

from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.runs import Run
from lenskeeper.availability.schema import book_edition, evidence, look, round_cover, run, standing
from lenskeeper.base.spans import Span
from lenskeeper.inventory.ids import PointId
from lenskeeper.store.statements import insert_into

POINTS_AT_ONCE: Final = 500  # per statement: SQLite binds 32,766 values at most, and plans stay the same

Row = dict[str, Any]


class Standing(NamedTuple):
    """An open run as it is stored: see the table's comment."""

    point_id: PointId
    shard: str | None
    state: int
    since_s: int
    confirmed_s: int | None
    held_s: int
    told_s: int
    look: int
    last_look: int


_STANDING: Final = tuple(standing.c[name] for name in Standing._fields)
_PUT_STANDING: Final = (
    f"INSERT INTO standing (lane, {', '.join(Standing._fields)}) "  # noqa: S608  our own column names
    f"VALUES ({', '.join('?' * (1 + len(Standing._fields)))}) "
    "ON CONFLICT (point_id, lane) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in Standing._fields[1:])
)  # both engines take it


def runs_of_points(
    connection: Connection, lane: Lane, points: Sequence[PointId], from_s: int, to_s: int | None
) -> dict[PointId, list[Run]]:
    """Runs that begin in [from_s, to_s], sorted, of at most POINTS_AT_ONCE points."""
    query = (
        select(run.c.point_id, run.c.a, run.c.b, run.c.state, run.c.look)
        .where(run.c.point_id.in_(points), run.c.lane == lane, run.c.a >= from_s)
        .order_by(run.c.point_id, run.c.a)
    )
    if to_s is not None:
        query = query.where(run.c.a <= to_s)
    found: dict[PointId, list[Run]] = {}
    states = (None, State.DOWN, State.UP)  # a lookup: an enum's call is a quarter of a replay's time
    for point_id, a, b, state, seen in connection.execute(query).all():
        found.setdefault(point_id, []).append(Run(a, b, states[state] or State.DOWN, seen))
    return found


def booked_past(
    connection: Connection, lane: Lane, points: Sequence[PointId], month_s: int, at_s: int
) -> dict[PointId, int]:
    """The ends of what is booked later than `at_s`, of those points that have any; month_s: the month of at_s."""
    query = (
        select(run.c.point_id, func.max(run.c.b))
        .where(run.c.point_id.in_(points), run.c.lane == lane, run.c.a >= month_s, run.c.b > at_s)
        .group_by(run.c.point_id)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def standing_of(
    connection: Connection, lane: Lane, points: Sequence[PointId] | None
) -> dict[PointId, Standing]:
    """Open runs of a lane: of at most POINTS_AT_ONCE points, or of all."""
    query = select(*_STANDING).where(standing.c.lane == lane)
    if points is not None:
        query = query.where(standing.c.point_id.in_(points))
    return {row[0]: Standing(*row) for row in connection.execute(query)}


def cover_of(connection: Connection, shard: str, lane: Lane) -> list[Span]:
    """Where a shard's rounds went, sorted."""
    query = (
        select(round_cover.c.a, round_cover.c.b)
        .where(round_cover.c.shard == shard, round_cover.c.lane == lane)
        .order_by(round_cover.c.a)
    )
    return [(a, b) for a, b in connection.execute(query)]


def cover(connection: Connection, shard: str, lane: Lane, a: int, b: int, stretch_from: int | None) -> None:
    """Let a shard's cover reach over [a, b): the stretch that began at stretch_from goes on, or a new one begins."""
    if stretch_from is None:
        connection.execute(insert(round_cover), {"shard": shard, "lane": lane, "a": a, "b": b})
    else:
        statement = "UPDATE round_cover SET b = ? WHERE shard = ? AND lane = ? AND a = ?"
        _many(connection, statement, [(b, shard, lane.value, stretch_from)])


def put_runs(connection: Connection, lane: Lane, runs: Iterable[tuple[PointId, Run]]) -> None:
    """Write runs that are not there yet, cut at months already."""
    put_rows(connection, [(p, lane.value, r.a, r.b, int(r.state), r.look) for p, r in runs])


def put_rows(connection: Connection, rows: Sequence[tuple[int, ...]]) -> None:
    """The same, as rows: point, lane, a, b, state, look."""
    _many(connection, "INSERT INTO run (point_id, lane, a, b, state, look) VALUES (?, ?, ?, ?, ?, ?)", rows)


def turn_standing(connection: Connection, rows: Sequence[tuple[int, ...]]) -> None:
    """Let open runs of a shard begin anew: state, since_s, held_s, told_s, look, last_look, point, lane."""
    statement = "UPDATE standing SET state = ?, since_s = ?, held_s = ?, told_s = ?, look = ?, last_look = ?"
    _many(connection, f"{statement} WHERE point_id = ? AND lane = ?", rows)


def take_runs(connection: Connection, lane: Lane, runs: Iterable[tuple[PointId, Run]]) -> None:
    """Take runs out, by where they begin."""
    rows = [(p, lane.value, r.a) for p, r in runs]
    _many(connection, "DELETE FROM run WHERE point_id = ? AND lane = ? AND a = ?", rows)


def put_standing(connection: Connection, lane: Lane, rows: Iterable[Standing]) -> None:
    """Write open runs, or put them in the place of those there are."""
    _many(connection, _PUT_STANDING, [(lane.value, *row) for row in rows])


def take_standing(connection: Connection, lane: Lane, points: Iterable[PointId]) -> None:
    """Take open runs out."""
    rows = [(p, lane.value) for p in points]
    _many(connection, "DELETE FROM standing WHERE point_id = ? AND lane = ?", rows)


def _many(connection: Connection, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
    """One statement for many rows, by the driver itself: building parameters costs thrice what SQLite does.

    statement: with ? for each value, of which PostgreSQL's driver wants %s; there is no other ? or % in it.
    """
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        statement = statement.replace("?", "%s")
    connection.exec_driver_sql(statement, list(rows))


def put_evidence(connection: Connection, rows: Sequence[Row]) -> None:
    """Write evidence; of two looks at one slot the one that answered is kept."""
    if not rows:
        return
    into = insert_into(connection, evidence)
    names = ("state", "look", "remark")
    into = into.on_conflict_do_update(
        index_elements=["point_id", "lane", "at_s"],
        set_={name: into.excluded[name] for name in names},
        where=into.excluded.state > evidence.c.state,
    )
    connection.execute(into, rows)


def looks_of(connection: Connection) -> dict[tuple[str, str], int]:
    """The known ways a look may end, (reason, prober), with their numbers."""
    return {
        (row[1], row[2]): row[0]
        for row in connection.execute(select(look.c.id, look.c.reason, look.c.prober))
    }


def number_of_look(connection: Connection, reason: str, prober: str) -> int:
    """The number of a look; another shard's round may have written it a moment ago."""
    added = insert_into(connection, look).values(reason=reason, prober=prober).on_conflict_do_nothing()
    connection.execute(added)
    query = select(look.c.id).where(look.c.reason == reason, look.c.prober == prober)
    return int(connection.execute(query).scalar_one())


def edition_of(connection: Connection, lane: Lane) -> int:
    """The number that a copy of the lane's open runs is good for."""
    found = connection.scalar(select(book_edition.c.edition).where(book_edition.c.lane == lane))
    if found is None:
        connection.execute(insert(book_edition), {"lane": lane, "edition": 1})
        return 1
    return int(found)


def next_edition(connection: Connection, lane: Lane) -> None:
    """Whoever holds a copy of the lane's open runs shall read them again; lanes without rounds have no copies."""
    connection.execute(
        update(book_edition).where(book_edition.c.lane == lane).values(edition=book_edition.c.edition + 1)
    )


def begin_later(connection: Connection, shard: str, lane: Lane, slot_s: int, end_s: int) -> None:
    """Keep a coming stretch of cover from speaking for open runs that begin within it."""
    connection.execute(
        update(standing)
        .where(standing.c.lane == lane, standing.c.shard == shard)
        .where(standing.c.since_s > slot_s, standing.c.since_s < end_s)
        .values(since_s=end_s)
    )
