"""Contracts and their lots in the database: who keeps which points, from when until when, and who may see it.

A lot runs across departments. Its contractor sees his contract, its points and its work, and of the rest nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    delete,
    false,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from lenskeeper.audit import rows as audit
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.days import date_of, day_span, local_day, zone_of
from lenskeeper.base.errors import Conflict, Invalid, NotAllowed, NotFound
from lenskeeper.base.spans import Span, union
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_present import ids_in, slices, standing, with_unit
from lenskeeper.inventory.rows_seen import seen
from lenskeeper.inventory.schema import contract_point, membership, point
from lenskeeper.tickets.contracts import Contract, ContractId, Terms
from lenskeeper.tickets.schema import contract as contract_table
from lenskeeper.tickets.schema import ticket, work_calendar

NAME_CHARS_MAX: Final = 100  # a line of a report
NAMED_MAX: Final = 1_000  # points that one entry of the audit log names
AMENDED: Final = "contract.amend"
CORRECTED: Final = "contract.correct"
FOREVER_S: Final = 1 << 40
DAY_S: Final = 86_400
HALF_DAY_S: Final = DAY_S // 2  # no zone is further west of Greenwich


@dataclass(frozen=True, slots=True)
class LotPoint:
    """A point of a lot, as its contractor may know it. It is in the lot in [from_s, to_s)."""

    point_id: PointId
    code: str
    name: str
    klass: int
    from_s: int
    to_s: int


# -- who may see what


def in_lots(scope: Scope, contract_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """The condition that a row is the work of a lot of this scope: what a contractor sees of tickets and points.

    What units see is the caller's own condition, by the point: or_(seen_at(...), in_lots(...)). Whoever sees of a lot the
    cameras of one purpose only, sees no work of it as such: only that of his cameras.
    """
    if scope.units is None:
        return true()
    return contract_id.in_(sorted(scope.lots)) if scope.lots else false()


def sees_contract(scope: Scope, contract_id: ColumnElement[Any]) -> ColumnElement[bool]:
    """The condition that a contract may be seen: it is a lot of the scope, or keeps points of its units.

    It says nothing about the work of the contract: of that, a unit sees its own points' (`in_lots` and `seen_at`).
    """
    if scope.units is None:
        return true()
    return or_(in_lots(scope, contract_id), contract_id.in_(_kept(scope, contract_point.c.contract_id)))


def _kept(scope: Scope, what: ColumnElement[Any]) -> Select[Any]:
    """A column of contract_point, of the rows whose point was a unit's of the scope while it was in the lot."""
    own = contract_table.alias("own")
    ends_s = func.coalesce(contract_point.c.to_s, own.c.to_day * DAY_S + HALF_DAY_S)
    met = and_(
        membership.c.point_id == contract_point.c.point_id,
        membership.c.from_s < ends_s,
        func.coalesce(membership.c.to_s, FOREVER_S) > contract_point.c.from_s,
    )
    return (
        select(what)
        .select_from(contract_point)
        .join(own, own.c.id == contract_point.c.contract_id)
        .join(membership, met)
        .join(point, and_(point.c.id == contract_point.c.point_id, point.c.withdrawn_s.is_(None)))
        .where(seen(scope, contract_point.c.point_id, membership.c.unit_id, contract_point.c.from_s))
    )


# -- reading


def contracts(connection: Connection, scope: Scope, at_s: int | None = None) -> list[Contract]:
    """Every contract that may be seen, by name; at_s: those in force at that instant only."""
    query = select(contract_table).where(sees_contract(scope, contract_table.c.id))
    found = [_contract(row) for row in connection.execute(query.order_by(contract_table.c.name))]
    return [one for one in found if at_s is None or _in_force(one, at_s)]


def contract(connection: Connection, scope: Scope, contract_id: ContractId) -> Contract:
    """One contract. NotFound: there is none, or it may not be seen."""
    query = select(contract_table).where(
        contract_table.c.id == contract_id, sees_contract(scope, contract_table.c.id)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"there is no contract {contract_id}")
    return _contract(row)


def named(connection: Connection, scope: Scope, name: str) -> Contract:
    """The contract of a name. NotFound: there is none, or it may not be seen; the text names the command."""
    query = select(contract_table).where(
        contract_table.c.name == name, sees_contract(scope, contract_table.c.id)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"there is no contract {name!r}: `lenskeeper contracts list` shows their names")
    return _contract(row)


def span_of(one: Contract) -> Span:
    """The whole of a contract in UTC seconds, [from, to)."""
    return day_span(one.from_day, one.tz)[0], day_span(one.to_day, one.tz)[0]


def contract_of(
    connection: Connection, scope: Scope, point_ids: Sequence[PointId], at_s: int
) -> dict[PointId, ContractId]:
    """By whom each point was kept at an instant: it was in the lot, and the contract was in force.

    Points that are in no lot then, or may not be seen, are not in it.
    """
    kept = {one.contract_id: one for one in _all(connection) if _in_force(one, at_s)}
    found: dict[PointId, ContractId] = {}
    for piece in slices(ids_in(point_ids)):
        query = (
            select(contract_point.c.point_id, contract_point.c.contract_id)
            .select_from(with_unit(at_s).join(contract_point, contract_point.c.point_id == point.c.id))
            .where(
                point.c.id.in_(piece),
                contract_point.c.contract_id.in_(sorted(kept)),
                standing(contract_point.c.from_s, contract_point.c.to_s, at_s),
                _sees_point(scope, at_s),
            )
        )
        found |= {PointId(p): ContractId(c) for p, c in connection.execute(query)}
    return found


def points_of(connection: Connection, scope: Scope, contract_id: ContractId, at_s: int) -> list[LotPoint]:
    """The points of a lot at an instant, by name, as far as they may be seen: a contractor sees the whole of it.

    NotFound: as `contract`. Empty while the contract is not in force.
    """
    a, b = span_of(contract(connection, scope, contract_id))
    if not a <= at_s < b:
        return []
    query = (
        select(contract_point, point.c.code, point.c.name, point.c.klass)
        .select_from(with_unit(at_s).join(contract_point, contract_point.c.point_id == point.c.id))
        .where(
            contract_point.c.contract_id == contract_id,
            standing(contract_point.c.from_s, contract_point.c.to_s, at_s),
            _sees_point(scope, at_s),
        )
        .order_by(point.c.name, point.c.id)
    )
    return [
        LotPoint(PointId(row.point_id), row.code, row.name, row.klass, max(a, row.from_s), min(b, row.to_s or b))
        for row in connection.execute(query)
    ]  # fmt: skip


def times_of(
    connection: Connection, scope: Scope, contract_id: ContractId, a: int, b: int
) -> dict[PointId, tuple[Span, ...]]:
    """When within [a, b) each point was in the lot and the contract in force, sorted and disjoint; others are left out.

    As far as may be seen: a unit sees the points that were its own while they were in the lot. NotFound: as `contract`.
    """
    begin, end = span_of(contract(connection, scope, contract_id))
    query = (
        select(contract_point)
        .join(point, and_(point.c.id == contract_point.c.point_id, point.c.withdrawn_s.is_(None)))
        .where(contract_point.c.contract_id == contract_id)
    )
    if scope.units is not None and contract_id not in scope.lots:
        own = _kept(scope, contract_point.c.point_id).where(contract_point.c.contract_id == contract_id)
        query = query.where(contract_point.c.point_id.in_(own))
    found: dict[PointId, list[Span]] = {}
    for row in connection.execute(query.order_by(contract_point.c.point_id, contract_point.c.from_s)):
        kept = max(a, begin, row.from_s), min(b, end, row.to_s or end)
        if kept[0] < kept[1]:
            found.setdefault(PointId(row.point_id), []).append(kept)
    return {point_id: tuple(union(spans)) for point_id, spans in found.items()}


def must_see_whole(connection: Connection, scope: Scope, contract_id: ContractId, a: int, b: int) -> None:
    """NotAllowed: points of the lot in [a, b) are of units that may not be seen; a sum over the rest would be none."""
    seen = times_of(connection, scope, contract_id, a, b)
    if len(seen) < len(times_of(connection, Scope.ALL, contract_id, a, b)):
        raise NotAllowed("this lot has cameras of other units: ask somebody who sees the whole of it")


def terms_at(connection: Connection, scope: Scope, contract_id: ContractId, at_s: int) -> Terms:
    """The terms that held at an instant: those before the first amendment after it. A correction holds for the past.

    Before anything was entered, the first that were. NotFound: as `contract`.
    """
    now = contract(connection, scope, contract_id).terms
    subject, after = f"contract:{contract_id}", 0
    while page := audit.entries(connection, Scope.ALL, subject=subject, since_s=at_s + 1, after=after):
        for entry in page:
            if entry.act == AMENDED:
                before = msgspec.json.decode(entry.detail)["before"]["terms"]
                return msgspec.convert(before, Terms, strict=False)  # strict: JSON has no number as a key
        after = page[-1].number
    return now


def live_tickets(connection: Connection, contract_id: ContractId) -> list[int]:
    """The numbers of its tickets that are not over: their clocks are worked out anew when the terms change."""
    query = select(ticket.c.id).where(ticket.c.contract_id == contract_id, ticket.c.ended_s.is_(None))
    return list(connection.execute(query.order_by(ticket.c.id)).scalars())


# -- writing


def set_up(
    connection: Connection,
    *,
    name: str,
    contractor: str,
    document: str,
    from_day: int,
    to_day: int,
    tz: str,
    terms: Terms,
    calendar: str = "",
    actor: ActorId,
    now_s: int,
) -> Contract:
    """Enter a signed contract, in force over the local days [from_day, to_day) of tz; its lot is empty still.

    calendar: by whose hours its clocks run; empty for around the clock.
    Invalid: a text that is empty or too long, an end before the beginning, no such zone. NotFound: no such calendar.
    Conflict: a contract of this name is there.
    """
    for field, text in (("name", name), ("contractor", contractor), ("document", document)):
        _admit(field, text)
    if to_day <= from_day:
        raise Invalid(f"it must end after it begins, {date_of(from_day)}", field="to")
    zone_of(tz)
    _admit_calendar(connection, calendar)
    if (
        connection.execute(select(contract_table.c.id).where(contract_table.c.name == name)).first()
        is not None
    ):
        raise Conflict(f"there is a contract {name!r} already: amend it, or choose another name")
    values = {"name": name, "contractor": contractor, "document": document, "from_day": from_day, "to_day": to_day,
              "calendar": calendar or None, "tz": tz, "terms": _said(terms)}  # fmt: skip
    made = connection.execute(
        insert(contract_table)
        .values(**values, changed_s=now_s, changed_by=actor)
        .returning(contract_table.c.id)
    ).scalar_one()
    one = contract(connection, Scope.ALL, ContractId(made))
    _enter(connection, one.contract_id, "contract.set_up", _told(one), actor, now_s)
    return one


def amend(
    connection: Connection,
    contract_id: ContractId,
    *,
    document: str,
    contractor: str | None = None,
    to_day: int | None = None,
    calendar: str | None = None,
    terms: Terms | None = None,
    is_correction: bool = False,
    actor: ActorId,
    now_s: int,
) -> Contract:
    """Change what a supplement (document) changes; None leaves it. The audit log keeps the whole of what stood before.

    Months that are over are settled by the terms that stood when they ended, unless is_correction: then what was
    entered was wrong from the beginning.
    Clocks of tickets that run already are the caller's to work out anew.
    NotFound, Invalid: as `set_up`. Conflict: a longer term would meet points that are in another lot by then.
    """
    before = contract(connection, Scope.ALL, contract_id)
    _admit("document", document)
    values: dict[str, Any] = {"document": document}
    if contractor is not None:
        _admit("contractor", contractor)
        values["contractor"] = contractor
    if to_day is not None:
        if to_day <= before.from_day:
            raise Invalid(f"it must end after it begins, {date_of(before.from_day)}", field="to")
        values["to_day"] = to_day
    if calendar is not None:
        _admit_calendar(connection, calendar)
        values["calendar"] = calendar or None
    if terms is not None:
        values["terms"] = _said(terms)
    connection.execute(
        update(contract_table)
        .where(contract_table.c.id == contract_id)
        .values(**values, changed_s=now_s, changed_by=actor)
    )
    after = contract(connection, Scope.ALL, contract_id)
    if after.to_day > before.to_day:
        ends = {row.point_id: row.from_s for row in _rows(connection, contract_id) if row.to_s is None}
        _admit_lot(connection, after, ends)
    detail = {"before": _told(before), "after": _told(after)}
    _enter(connection, contract_id, CORRECTED if is_correction else AMENDED, detail, actor, now_s)
    return after


def take_in(
    connection: Connection,
    contract_id: ContractId,
    point_ids: Sequence[PointId],
    from_s: int,
    *,
    actor: ActorId,
    now_s: int,
) -> int:
    """Put points into the lot from an instant until the contract ends; gives how many that changed.

    NotFound: no such contract or point. Invalid: from_s is outside the contract.
    Conflict: a point is in another lot then; the text names both.
    """
    one = contract(connection, Scope.ALL, contract_id)
    a, b = span_of(one)
    if not a <= from_s < b:
        raise Invalid(
            f"{one.name} is in force from {date_of(one.from_day)} to before {date_of(one.to_day)}: "
            "choose a day in it",
            field="on",
        )
    wanted = ids_in(point_ids)
    _must_exist(connection, wanted)
    _admit_lot(connection, one, dict.fromkeys(wanted, from_s))
    held: dict[int, list[Row[Any]]] = {}
    for row in _rows(connection, contract_id):
        held.setdefault(row.point_id, []).append(row)
    changed = []
    for point_id in wanted:
        met = [row for row in held.get(point_id, []) if row.to_s is None or row.to_s >= from_s]
        if any(row.to_s is None and row.from_s <= from_s for row in met):
            continue
        for row in met:
            connection.execute(delete(contract_point).where(*_key(row)))
        begins_s = min([from_s, *(row.from_s for row in met)])
        changed.append({"contract_id": contract_id, "point_id": point_id, "from_s": begins_s})
    for piece in slices(changed):
        connection.execute(insert(contract_point).values(list(piece)))
    ids = [row["point_id"] for row in changed]
    if ids:
        detail = {"from_s": from_s, "points": len(ids), "ids": ids[:NAMED_MAX]}
        _enter(connection, contract_id, "contract.take_in", detail, actor, now_s)
    return len(ids)


def take_out(
    connection: Connection,
    contract_id: ContractId,
    point_ids: Sequence[PointId],
    to_s: int,
    *,
    actor: ActorId,
    now_s: int,
) -> int:
    """Take points out of the lot from an instant on; what they were before stays. Gives how many that changed.

    NotFound: no such contract, or a point that is not in its lot then or later.
    """
    contract(connection, Scope.ALL, contract_id)
    wanted = set(point_ids)
    here = [row for row in _rows(connection, contract_id) if row.point_id in wanted]
    held = [row for row in here if row.to_s is None or row.to_s > to_s]
    if strange := sorted(wanted - {row.point_id for row in held}):
        raise NotFound(
            f"{_point_name(connection, strange[0])} is not in this lot then: leave it out of the list"
        )
    for row in held:
        if row.from_s >= to_s:
            connection.execute(delete(contract_point).where(*_key(row)))
        else:
            connection.execute(update(contract_point).where(*_key(row)).values(to_s=to_s))
    detail = {"to_s": to_s, "points": len(wanted), "ids": sorted(wanted)[:NAMED_MAX]}
    _enter(connection, contract_id, "contract.take_out", detail, actor, now_s)
    return len(wanted)


def _admit(field: str, text: str) -> None:
    if not text.strip() or text != text.strip() or len(text) > NAME_CHARS_MAX:
        raise Invalid(
            f"the {field} of a contract is 1 to {NAME_CHARS_MAX} characters, without spaces around it",
            field=field,
        )


def _admit_calendar(connection: Connection, calendar: str) -> None:
    if not calendar:
        return
    if (
        connection.execute(select(work_calendar.c.name).where(work_calendar.c.name == calendar)).first()
        is None
    ):
        raise NotFound(
            f"there is no calendar {calendar!r}: set it up first, or leave it out for around the clock"
        )


def _must_exist(connection: Connection, point_ids: Sequence[int]) -> None:
    found: set[int] = set()
    for piece in slices(point_ids):
        query = select(point.c.id).where(point.c.id.in_(piece), point.c.withdrawn_s.is_(None))
        found |= set(connection.execute(query).scalars())
    if strange := [each for each in point_ids if each not in found]:
        raise NotFound(f"there is no point {strange[0]}")


def _admit_lot(connection: Connection, one: Contract, begins: dict[int, int]) -> None:
    """Conflict: a point, in this lot from its instant until the contract ends, would be in another one too."""
    end_s = span_of(one)[1]
    others = {other.contract_id: other for other in _all(connection) if other.contract_id != one.contract_id}
    for piece in slices(sorted(begins)):
        query = select(contract_point).where(
            contract_point.c.point_id.in_(piece), contract_point.c.contract_id != one.contract_id
        )
        for row in connection.execute(query.order_by(contract_point.c.point_id, contract_point.c.from_s)):
            other = others[ContractId(row.contract_id)]
            a, b = span_of(other)
            if max(a, row.from_s) < end_s and begins[row.point_id] < min(b, row.to_s or b):
                raise Conflict(
                    f"{_point_name(connection, row.point_id)} cannot be in the lot of {one.name}: it is in that of "
                    f"{other.name} ({other.contractor}); take it out there first"
                )


def _point_name(connection: Connection, point_id: int) -> str:
    name = connection.execute(select(point.c.name).where(point.c.id == point_id)).scalar()
    return f"point {point_id}" if name is None else str(name)


def _sees_point(scope: Scope, at_s: int) -> ColumnElement[bool]:
    """Of a join of points, their unit at the instant, and their lot."""
    return and_(point.c.withdrawn_s.is_(None), seen(scope, point.c.id, membership.c.unit_id, at_s))


def _key(row: Row[Any]) -> Iterable[ColumnElement[bool]]:
    names = ("contract_id", "point_id", "from_s")
    return [contract_point.c[name] == getattr(row, name) for name in names]


def _rows(connection: Connection, contract_id: ContractId) -> Sequence[Row[Any]]:
    return connection.execute(select(contract_point).where(contract_point.c.contract_id == contract_id)).all()


def _all(connection: Connection) -> list[Contract]:
    return [_contract(row) for row in connection.execute(select(contract_table))]


def _in_force(one: Contract, at_s: int) -> bool:
    return one.from_day <= local_day(at_s, one.tz) < one.to_day


def _said(terms: Terms) -> str:
    return msgspec.json.encode(msgspec.to_builtins(terms, str_keys=True), order="sorted").decode()


def _told(one: Contract) -> dict[str, object]:
    """A contract as an entry of the audit log holds it."""
    return {
        "name": one.name,
        "contractor": one.contractor,
        "document": one.document,
        "from_day": one.from_day,
        "to_day": one.to_day,
        "calendar": one.calendar,
        "tz": one.tz,
        "terms": msgspec.to_builtins(one.terms, str_keys=True),
    }


def _enter(
    connection: Connection,
    contract_id: ContractId,
    act: str,
    detail: Mapping[str, object],
    actor: ActorId,
    now_s: int,
) -> None:
    audit.append(
        connection, actor=actor, at_s=now_s, act=act, subject=f"contract:{contract_id}", detail=detail
    )


def _contract(row: Row[Any]) -> Contract:
    return Contract(
        ContractId(row.id),
        row.name,
        row.contractor,
        row.document,
        row.from_day,
        row.to_day,
        row.calendar or "",
        row.tz,
        msgspec.json.decode(row.terms, type=Terms),
    )
