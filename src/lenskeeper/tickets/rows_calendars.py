"""Calendars by which clocks of contracts run, and guarantee periods with their named points.

Each act is one transaction with its audit entry. A calendar is looked up by name, a guarantee period by its points.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, or_, select, true, update

from lenskeeper.audit import rows as audit
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.days import day_of
from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.base.spans import Span, length
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_present import ids_in, slices
from lenskeeper.inventory.rows_seen import seen_in
from lenskeeper.inventory.schema import point
from lenskeeper.store.statements import insert_into
from lenskeeper.tickets.clocks import DAY_S, Guarantee, WorkCalendar
from lenskeeper.tickets.schema import (
    calendar_day,
    contract,
    guarantee,
    guarantee_point,
    ticket,
    ticket_point,
    work_calendar,
)

NAME_CHARS_MAX: Final = 100
DOCUMENT_CHARS_MAX: Final = 300
REASON_CHARS_MAX: Final = 500
WEEK_WORKED_S_MIN: Final = 8 * 3_600  # less, and a clock of days would end beyond the search for its end
GUARANTEE_DAYS_MAX: Final = 400  # longer is no event but another contract
CLOCK_S_MAX: Final = 30 * DAY_S  # of a guarantee period: slacker is no guarantee
POINTS_AT_ONCE: Final = 500
YEARS: Final = range(1980, 2101)  # as dates in cells (inventory/cells.py)
NO_DAYS: Final[Mapping[int, bool]] = {}


@dataclass(frozen=True, slots=True)
class OddDay:
    """A day that differs from its weekday: a holiday, or a day off that is worked. day: local, since 1970-01-01."""

    day: int
    is_work: bool
    name: str = ""


@dataclass(frozen=True, slots=True)
class Entered:
    """A guarantee period as it was entered. points: how many are named. revoked_s: from when it counts no more."""

    period: Guarantee
    document: str
    points: int
    entered_s: int
    actor: ActorId
    revoked_s: int | None


@dataclass(frozen=True, slots=True)
class NewGuarantee:
    """A guarantee period to be entered: [from_s, to_s), its two clocks, its points and the document that orders it."""

    name: str
    from_s: int
    to_s: int
    respond_s: int
    restore_s: int
    document: str
    points: Sequence[PointId] = field(default_factory=tuple)
    freezes_works: bool = False


# ---- calendars


def set_calendar(
    connection: Connection,
    name: str,
    *,
    tz: str,
    hours: Sequence[Sequence[Span]],
    actor: ActorId,
    now_s: int,
) -> WorkCalendar:
    """Set a calendar up, or change its hours; its holidays stay.

    hours: seven lists, Monday first, of [from, to) in seconds of the local day.
    Invalid: no name, no such zone, hours that make no week, or too few of them.
    """
    name = name.strip()
    if not name or len(name) > NAME_CHARS_MAX:
        raise Invalid(f"a calendar has a name of at most {NAME_CHARS_MAX} characters", field="name")
    week = tuple(tuple((int(a), int(b)) for a, b in spans) for spans in hours)
    made = WorkCalendar(name, tz, week, _days(connection, [name]).get(name, NO_DAYS))
    if sum(length(spans) for spans in week) < WEEK_WORKED_S_MIN:
        raise Invalid(f"a week has at least {WEEK_WORKED_S_MIN // 3600} working hours", field="hours")
    if not week[0]:
        raise Invalid("Monday has no hours, and make-up working days have Monday's", field="hours")
    values = {
        "tz": tz,
        "hours": msgspec.json.encode(week).decode(),
        "changed_s": now_s,
        "changed_by": actor,
    }
    written = insert_into(connection, work_calendar).values(name=name, **values)
    connection.execute(written.on_conflict_do_update(index_elements=["name"], set_=values))
    audit.append(
        connection, actor=actor, at_s=now_s, act="calendar.set", subject=f"calendar:{name}",
        detail={"tz": tz, "hours": week},
    )  # fmt: skip
    return made


def load_year(
    connection: Connection,
    name: str,
    year: int,
    days: Sequence[OddDay],
    *,
    source: str,
    actor: ActorId,
    now_s: int,
) -> int:
    """Put the odd days of a year in the place of those there were; gives how many there are now.

    source: what they were read from, for the audit log.
    NotFound: no such calendar. Invalid: a day of another year, or one that is there twice.
    """
    calendar_named(connection, Scope.ALL, name)
    if year not in YEARS:
        raise Invalid(f"{year} is no year that can be loaded: {YEARS[0]} to {YEARS[-1]}", field="year")
    first, after = day_of(date(year, 1, 1)), day_of(date(year + 1, 1, 1))
    if any(not first <= each.day < after for each in days):
        raise Invalid(f"only days of {year} can be loaded for {year}", field="year")
    if len({each.day for each in days}) != len(days):
        raise Invalid("a day stands in the list twice", field="list")
    c = calendar_day.c
    had = connection.execute(
        delete(calendar_day).where(c.calendar == name, c.day >= first, c.day < after)
    ).rowcount
    rows = [
        {"calendar": name, "day": each.day, "is_work": int(each.is_work), "name": each.name} for each in days
    ]
    if rows:
        connection.execute(insert(calendar_day), rows)
    audit.append(
        connection, actor=actor, at_s=now_s, act="calendar.load", subject=f"calendar:{name}",
        detail={"year": year, "days": len(rows), "work": sum(each.is_work for each in days), "before": had,
                "source": source},
    )  # fmt: skip
    return len(rows)


def calendar_named(connection: Connection, scope: Scope, name: str) -> WorkCalendar:
    """A calendar by its name. Every scope may see calendars. NotFound: there is none of that name."""
    found = [
        each for each in _calendars(connection, scope, work_calendar.c.name == name) if each.name == name
    ]
    if not found:
        raise NotFound(f"there is no calendar {name!r}: `lenskeeper calendars list` shows those there are")
    return found[0]


def calendars(connection: Connection, scope: Scope) -> list[WorkCalendar]:
    """Every calendar, by name. Every scope may see them."""
    return _calendars(connection, scope, true())


def _calendars(connection: Connection, _scope: Scope, which: ColumnElement[bool]) -> list[WorkCalendar]:
    rows = connection.execute(select(work_calendar).where(which).order_by(work_calendar.c.name)).all()
    days = _days(connection, [row.name for row in rows])
    return [
        WorkCalendar(
            row.name,
            row.tz,
            msgspec.json.decode(row.hours, type=tuple[tuple[Span, ...], ...]),
            days.get(row.name, NO_DAYS),
        )
        for row in rows
    ]


def _days(connection: Connection, names: Sequence[str]) -> dict[str, dict[int, bool]]:
    c = calendar_day.c
    found: dict[str, dict[int, bool]] = {}
    for row in connection.execute(select(c.calendar, c.day, c.is_work).where(c.calendar.in_(names))):
        found.setdefault(row.calendar, {})[row.day] = bool(row.is_work)
    return found


# ---- guarantee periods


def add_guarantee(connection: Connection, new: NewGuarantee, *, actor: ActorId, now_s: int) -> Guarantee:
    """Enter a guarantee period.

    Invalid: no name, document or point, an end before the beginning, or clocks that are none.
    NotFound: a point that is not registered.
    """
    points = [PointId(each) for each in ids_in(new.points)]
    _admit(new, points)
    for piece in slices(points, POINTS_AT_ONCE):
        there = set(connection.execute(select(point.c.id).where(point.c.id.in_(piece))).scalars())
        if missing := set(piece) - there:
            raise NotFound(f"there is no point {min(missing)}")
    values = {
        "name": new.name.strip(), "from_s": new.from_s, "to_s": new.to_s, "respond_s": new.respond_s,
        "restore_s": new.restore_s, "freezes_works": int(new.freezes_works),
    }  # fmt: skip
    made = connection.execute(
        insert(guarantee)
        .values(**values, document=new.document.strip(), entered_s=now_s, actor=actor)
        .returning(guarantee.c.id)
    ).scalar_one()
    connection.execute(insert(guarantee_point), [{"guarantee_id": made, "point_id": each} for each in points])
    audit.append(
        connection, actor=actor, at_s=now_s, act="guarantee.add", subject=f"guarantee:{made}",
        detail={**values, "points": len(points), "document": new.document.strip()},
    )  # fmt: skip
    return guarantee_of(connection, Scope.ALL, made).period


def revoke_guarantee(
    connection: Connection,
    guarantee_id: int,
    *,
    reason: str,
    wholly: bool = False,
    actor: ActorId,
    now_s: int,
) -> Entered:
    """End a guarantee period now, so that what went before stays as it was judged; wholly: as if it had never been.

    NotFound: no such period. Conflict: revoked already, or over. Invalid: no reason.
    """
    if not reason.strip() or len(reason) > REASON_CHARS_MAX:
        raise Invalid(f"say why, in at most {REASON_CHARS_MAX} characters", field="reason")
    found = guarantee_of(connection, Scope.ALL, guarantee_id)
    if found.revoked_s is not None:
        raise Conflict(f"guarantee period {guarantee_id} was revoked already")
    if not wholly and found.period.to_s <= now_s:
        raise Conflict(f"guarantee period {guarantee_id} is over: only wholly can it be revoked now")
    revoked_s = min(now_s, found.period.from_s) if wholly else now_s
    connection.execute(update(guarantee).where(guarantee.c.id == guarantee_id).values(revoked_s=revoked_s))
    audit.append(
        connection, actor=actor, at_s=now_s, act="guarantee.revoke", subject=f"guarantee:{guarantee_id}",
        detail={"reason": reason.strip(), "wholly": wholly},
    )  # fmt: skip
    return guarantee_of(connection, Scope.ALL, guarantee_id)


def guarantee_of(connection: Connection, scope: Scope, guarantee_id: int) -> Entered:
    """One guarantee period, revoked or not. NotFound: there is none of this number in the scope."""
    found = _entered(connection, and_(guarantee.c.id == guarantee_id, _visible(scope)))
    if not found:
        raise NotFound(
            f"there is no guarantee period {guarantee_id}; `lenskeeper calendars guarantee list` shows those there are"
        )
    return found[0]


def guarantees(connection: Connection, scope: Scope) -> list[Entered]:
    """Every guarantee period with a point in the scope, revoked ones too, newest first."""
    return _entered(connection, _visible(scope))


def points_guaranteed(connection: Connection, scope: Scope, guarantee_id: int) -> list[PointId]:
    """The named points of a guarantee period. NotFound: there is none of this number in the scope."""
    guarantee_of(connection, scope, guarantee_id)
    c = guarantee_point.c
    query = select(c.point_id).where(c.guarantee_id == guarantee_id, _mine(scope)).order_by(c.point_id)
    return [PointId(each) for each in connection.execute(query).scalars()]


def guarantees_of(
    connection: Connection, scope: Scope, points: Sequence[PointId], a: int, b: int
) -> dict[PointId, list[Guarantee]]:
    """The guarantee periods of these points that overlap [a, b), by beginning; points without one are left out.

    A period that was revoked ends when it was; one revoked before it began is none.
    """
    found: dict[PointId, list[Guarantee]] = {}
    c = guarantee.c
    for piece in slices(ids_in(points), POINTS_AT_ONCE):
        query = (
            select(guarantee, guarantee_point.c.point_id)
            .join(guarantee_point, guarantee_point.c.guarantee_id == c.id)
            .where(guarantee_point.c.point_id.in_(piece), _in_force(a, b), _mine(scope))
            .order_by(c.from_s, c.id)
        )
        for row in connection.execute(query):
            found.setdefault(PointId(row.point_id), []).append(_in_effect(row))
    return found


# ---- whose clocks they change


def tickets_by(connection: Connection, calendar: str) -> list[int]:
    """The open tickets whose contract runs by a calendar, in order."""
    query = (
        select(ticket.c.id)
        .join(contract, contract.c.id == ticket.c.contract_id)
        .where(contract.c.calendar == calendar, ticket.c.ended_s.is_(None))
    )
    return list(connection.execute(query.order_by(ticket.c.id)).scalars())


def tickets_on(connection: Connection, points: Sequence[PointId]) -> list[int]:
    """The open tickets that a fault of any of these points is put down to, in order."""
    found: set[int] = set()
    c = ticket_point.c
    for piece in slices(ids_in(points), POINTS_AT_ONCE):
        query = select(c.ticket_id).join(ticket, ticket.c.id == c.ticket_id)
        query = query.where(c.point_id.in_(piece), c.left_s.is_(None), ticket.c.ended_s.is_(None))
        found |= set(connection.execute(query).scalars())
    return sorted(found)


def _admit(new: NewGuarantee, points: Sequence[PointId]) -> None:
    if not new.name.strip() or len(new.name) > NAME_CHARS_MAX:
        raise Invalid(f"a guarantee period has a name of at most {NAME_CHARS_MAX} characters", field="name")
    if not new.document.strip() or len(new.document) > DOCUMENT_CHARS_MAX:
        raise Invalid(
            f"name the document that orders it, in at most {DOCUMENT_CHARS_MAX} characters", field="document"
        )
    if not points:
        raise Invalid("name the points that it is about", field="points")
    if not 0 <= new.from_s < new.to_s:
        raise Invalid("a guarantee period begins before it ends", field="to")
    if new.to_s - new.from_s > GUARANTEE_DAYS_MAX * DAY_S:
        raise Invalid(f"a guarantee period lasts at most {GUARANTEE_DAYS_MAX} days", field="to")
    if not 0 < new.respond_s <= new.restore_s <= CLOCK_S_MAX:
        raise Invalid(
            f"an answer is due before the end of the work, and both within {CLOCK_S_MAX // DAY_S} days",
            field="restore",
        )


def _visible(scope: Scope) -> ColumnElement[bool]:
    """The period names some point that belongs to the scope, now or once."""
    if scope.units is None:
        return true()
    return guarantee.c.id.in_(select(guarantee_point.c.guarantee_id).where(_mine(scope)))


def _mine(scope: Scope) -> ColumnElement[bool]:
    """The named point belongs to the scope, now or once."""
    return seen_in(scope, guarantee_point.c.point_id, None, None)


def _in_force(a: int, b: int) -> ColumnElement[bool]:
    c = guarantee.c
    return and_(
        c.from_s < b, c.to_s > a, or_(c.revoked_s.is_(None), and_(c.revoked_s > a, c.revoked_s > c.from_s))
    )


def _entered(connection: Connection, which: ColumnElement[bool]) -> list[Entered]:
    named = (
        select(func.count())
        .where(guarantee_point.c.guarantee_id == guarantee.c.id)
        .scalar_subquery()
        .label("points")
    )
    rows = connection.execute(select(guarantee, named).where(which).order_by(guarantee.c.id.desc()))
    return [
        Entered(_as_said(row), row.document, row.points, row.entered_s, ActorId(row.actor), row.revoked_s)
        for row in rows
    ]


def _as_said(row: Row[Any]) -> Guarantee:
    return Guarantee(
        row.id, row.name, row.from_s, row.to_s, row.respond_s, row.restore_s, bool(row.freezes_works)
    )


def _in_effect(row: Row[Any]) -> Guarantee:
    """As it was said, to its revocation at most."""
    said = _as_said(row)
    if row.revoked_s is None or row.revoked_s >= said.to_s:
        return said
    return Guarantee(
        said.guarantee_id, said.name, said.from_s, row.revoked_s, said.respond_s, said.restore_s, said.freezes_works
    )  # fmt: skip
