"""Routes, the review tray, trust in kinds of fault, the cleaning list, and storms, in the database."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, and_, delete, func, insert, select, update

from lenskeeper.audit import rows as audit
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.base.spans import Span, union
from lenskeeper.diagnosis.kinds import Kind
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_seen import seen_at
from lenskeeper.inventory.schema import point
from lenskeeper.store.statements import insert_into
from lenskeeper.tickets.causes import CauseKind
from lenskeeper.tickets.routing import ANY, Desk
from lenskeeper.tickets.schema import cleaning, kind_trust, rain, review_case, route, storm, ticket
from lenskeeper.tickets.triage import JUDGED_MIN, Case, cleaning_due_day, has_earned_trust

LISTED_MAX: Final = 1_000


@dataclass(frozen=True, slots=True)
class Waiting:
    """A case in the review tray, or a picture to be cleaned. due_day: of the latter, a local day."""

    case: Case
    name: str
    found_s: int
    due_day: int | None = None


@dataclass(frozen=True, slots=True)
class Trust:
    """How a kind stands here. judged, right: of the last JUDGED_MIN cases. said: what a person decreed, if any did."""

    kind: Kind
    judged: int
    right: int
    is_trusted: bool
    said: str


@dataclass(frozen=True, slots=True)
class Storm:
    """A time in which nobody is sent. to_s None: it still is."""

    storm_id: int
    from_s: int
    to_s: int | None
    why: str
    actor: ActorId


# ---- routes


def routes(connection: Connection) -> dict[tuple[CauseKind, str], Desk]:
    """This installation's own rows; the rest is routing.ROUTES."""
    return {(CauseKind(row.cause), row.what): Desk(row.desk) for row in connection.execute(select(route))}


def set_route(
    connection: Connection, cause: CauseKind, what: str, desk: Desk, *, actor: ActorId, now_s: int
) -> None:
    """From now on causes of this kind (and where `what` is told, of this outcome or fault) go to this desk first."""
    values = {"desk": desk, "changed_s": now_s, "changed_by": actor}
    statement = insert_into(connection, route).values(cause=cause, what=what, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["cause", "what"], set_=values))
    detail = {"cause": cause, "what": what or ANY, "desk": desk}
    audit.append(
        connection, actor=actor, at_s=now_s, act="route.set", subject=f"route:{cause}", detail=detail
    )


# ---- the review tray


def file_cases(
    connection: Connection,
    cases: Sequence[Case],
    *,
    actor: ActorId,  # noqa: ARG001  the desk's, always
    now_s: int,
) -> None:
    """Put faults into the tray; those that lie there already stay as they are."""
    if not cases:
        return
    rows = [
        {"point_id": case.point_id, "kind": case.kind, "since_s": case.since_s, "found_s": now_s}
        for case in cases
    ]
    connection.execute(insert_into(connection, review_case).on_conflict_do_nothing(), rows)


def judge(
    connection: Connection, point_id: PointId, kind: Kind, *, is_right: bool, actor: ActorId, now_s: int
) -> None:
    """A person's word on a case that waits. NotFound: none of this camera and kind does."""
    c = review_case.c
    waits = and_(c.point_id == point_id, c.kind == kind, c.judged_s.is_(None))
    done = connection.execute(
        update(review_case).where(waits).values(judged_s=now_s, is_right=int(is_right), actor=actor)
    )
    if not done.rowcount:
        raise NotFound(
            f"no {kind.value} of this camera waits for a word: `lenskeeper causes review` lists what does"
        )
    detail = {"kind": kind, "is_right": is_right}
    audit.append(
        connection, actor=actor, at_s=now_s, act="review.judge", subject=f"point:{point_id}", detail=detail
    )


def waiting(connection: Connection, scope: Scope, *, now_s: int) -> list[Waiting]:
    """The tray, oldest first."""
    c = review_case.c
    query = (
        select(review_case, point.c.name)
        .join(point, point.c.id == c.point_id)
        .where(c.judged_s.is_(None), seen_at(scope, c.point_id, now_s))
        .order_by(c.found_s, c.point_id)
        .limit(LISTED_MAX)
    )
    return [
        Waiting(Case(PointId(row.point_id), Kind(row.kind), row.since_s), row.name, row.found_s)
        for row in connection.execute(query)
    ]


def right_cases(connection: Connection, cases: Collection[Case]) -> frozenset[Case]:
    """Those of the cases that a person found right."""
    c = review_case.c
    query = select(c.point_id, c.kind, c.since_s).where(
        c.is_right == 1, c.point_id.in_(sorted({case.point_id for case in cases}))
    )
    return frozenset(Case(PointId(p), Kind(kind), since_s) for p, kind, since_s in connection.execute(query))


# ---- trust


def trust(connection: Connection) -> list[Trust]:
    """How each kind stands here."""
    said = {row.kind: row for row in connection.execute(select(kind_trust))}
    c = review_case.c
    nth = func.row_number().over(partition_by=c.kind, order_by=c.judged_s.desc()).label("nth")
    last = select(c.kind, c.is_right, nth).where(c.judged_s.is_not(None)).subquery()
    query = select(last.c.kind, last.c.is_right).where(last.c.nth <= JUDGED_MIN)
    judged: dict[str, list[bool]] = {}
    for kind, is_right in connection.execute(query.order_by(last.c.kind, last.c.nth)):
        judged.setdefault(kind, []).append(bool(is_right))
    out = []
    for kind in Kind:
        of_kind, own = judged.get(kind, []), said.get(kind)
        is_trusted = bool(own.is_trusted) if own else has_earned_trust(of_kind)
        out.append(Trust(kind, len(of_kind), sum(of_kind), is_trusted, own.because if own else ""))
    return out


def set_trust(
    connection: Connection, kind: Kind, because: str, *, is_trusted: bool, actor: ActorId, now_s: int
) -> None:
    """Give a kind its trust, or take it away, by a person's word. Invalid: no reason."""
    if not because.strip():
        raise Invalid("say why: --because TEXT", field="because")
    values = {"is_trusted": int(is_trusted), "changed_s": now_s, "changed_by": actor, "because": because}
    statement = insert_into(connection, kind_trust).values(kind=kind, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["kind"], set_=values))
    detail = {"kind": kind, "is_trusted": is_trusted, "because": because}
    audit.append(connection, actor=actor, at_s=now_s, act="kind.trust", subject=f"kind:{kind}", detail=detail)


# ---- the cleaning list


def keep_cleaning_list(
    connection: Connection,
    cases: Sequence[Case],
    zones: Mapping[PointId, str],
    *,
    actor: ActorId,
    now_s: int,
) -> None:
    """New cases are entered with their day; what is no fault any more is crossed out as clean by itself."""
    c = cleaning.c
    here = {
        Case(PointId(row.point_id), Kind(row.kind), row.since_s)
        for row in connection.execute(select(c.point_id, c.kind, c.since_s).where(c.done_s.is_(None)))
    }
    if new := sorted(set(cases) - here):
        rows = [
            {
                "point_id": case.point_id, "kind": case.kind, "since_s": case.since_s, "found_s": now_s,
                "due_day": cleaning_due_day(now_s, zones.get(case.point_id, "UTC")),
            }
            for case in new
        ]  # fmt: skip
        connection.execute(insert_into(connection, cleaning).on_conflict_do_nothing(), rows)
    for case in here - set(cases):
        mine = and_(c.point_id == case.point_id, c.kind == case.kind, c.since_s == case.since_s)
        connection.execute(update(cleaning).where(mine).values(done_s=now_s, done_by=actor))


def to_clean(connection: Connection, scope: Scope, *, now_s: int) -> list[Waiting]:
    """The cleaning list by its days."""
    c = cleaning.c
    query = (
        select(cleaning, point.c.name)
        .join(point, point.c.id == c.point_id)
        .where(c.done_s.is_(None), seen_at(scope, c.point_id, now_s))
        .order_by(c.due_day, c.point_id)
        .limit(LISTED_MAX)
    )
    return [
        Waiting(Case(PointId(row.point_id), Kind(row.kind), row.since_s), row.name, row.found_s, row.due_day)
        for row in connection.execute(query)
    ]


# ---- storms


def storm_of(connection: Connection) -> Storm | None:
    """The storm that is on; None: there is none."""
    row = connection.execute(select(storm).where(storm.c.to_s.is_(None))).first()
    return None if row is None else Storm(row.id, row.from_s, row.to_s, row.why, ActorId(row.actor))


def begin_storm(connection: Connection, why: str, *, actor: ActorId, now_s: int) -> None:
    """Hold dispatch. Conflict: it is held already. Invalid: no reason."""
    if not why.strip():
        raise Invalid("say why dispatch is held: --because TEXT", field="because")
    if storm_of(connection) is not None:
        raise Conflict("a storm is on already: `lenskeeper causes storm end` ends it")
    connection.execute(insert(storm).values(from_s=now_s, why=why, actor=actor))
    audit.append(connection, actor=actor, at_s=now_s, act="storm.begin", subject="storm", detail={"why": why})


def end_storm(connection: Connection, *, actor: ActorId, now_s: int) -> Storm:
    """Send crews again. Conflict: no storm is on."""
    now = storm_of(connection)
    if now is None:
        raise Conflict("no storm is on")
    connection.execute(update(storm).where(storm.c.id == now.storm_id).values(to_s=now_s, ended_by=actor))
    audit.append(
        connection, actor=actor, at_s=now_s, act="storm.end", subject="storm", detail={"why": now.why}
    )
    return now


def add_rain(connection: Connection, spans: Sequence[Span], *, actor: ActorId, now_s: int) -> int:
    """Stretches of rain, in any order; joined with those that are known. Gives how many there are now."""
    known = [*rained(connection, 0), *spans]
    connection.execute(delete(rain))
    every = union(known)
    if every:
        connection.execute(insert(rain), [{"from_s": a, "to_s": b} for a, b in every])
    detail = {"stretches": len(spans)}
    audit.append(connection, actor=actor, at_s=now_s, act="rain.add", subject="rain", detail=detail)
    return len(every)


def rained(connection: Connection, since_s: int) -> list[Span]:
    """The stretches of rain that ended since."""
    query = select(rain.c.from_s, rain.c.to_s).where(rain.c.to_s > since_s).order_by(rain.c.from_s)
    return [(a, b) for a, b in connection.execute(query)]


def opened_since(connection: Connection, since_s: int) -> int:
    """How many tickets were opened since."""
    return int(
        connection.execute(
            select(func.count()).select_from(ticket).where(ticket.c.opened_s >= since_s)
        ).scalar_one()
    )
