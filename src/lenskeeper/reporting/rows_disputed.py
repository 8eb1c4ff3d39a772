"""All that the books, the register and the tickets know of a disputed stretch. Reads only."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, or_, select

from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.observations import Evidence
from lenskeeper.availability.rows import evidence_of, runs_in, runs_of
from lenskeeper.availability.rows_exclusions import aimed_at, windows_of
from lenskeeper.availability.rows_maintenance import plans
from lenskeeper.availability.runs import Run, merged
from lenskeeper.availability.schema import maintenance
from lenskeeper.base.access import Scope
from lenskeeper.base.errors import NotFound
from lenskeeper.base.spans import Span, clip, intersect, length
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_present import slices, visible, with_device
from lenskeeper.inventory.schema import installation, point
from lenskeeper.reporting.objections import Around, Near, Neighbour, Objection, Page, Stretch, Together, Work
from lenskeeper.tickets.schema import ticket, ticket_point

SHOWN: Final = (Lane.REACHABLE, Lane.PICTURE_FIT, Lane.DELIVERY)
NEIGHBOURS_MAX: Final = 200  # a switch has 48 ports; a subnet 254
AROUND_S: Final = 86_400  # before and after the stretch: work that ran late is entered for the day before
SUBNET_BITS: Final = 24


@dataclass(frozen=True, slots=True)
class _Hangs:
    """What a camera hangs on; empty text where the register does not say."""

    switch: str
    site: str
    subnet: str


def page(connection: Connection, scope: Scope, one: Objection) -> Page:
    """The page of an objection that was just read under a scope. NotFound: its camera may not be seen."""
    camera = _camera(connection, scope, one)
    near, thing, ids = _neighbours(connection, scope, one, _hangs(camera))
    stretches = tuple(s for lane in SHOWN for s in _stretches(connection, scope, one, lane))
    known = _reachable(connection, [row.id for row in ids], one.a, one.b)
    return Page(
        objection=one,
        name=camera.name,
        code=camera.code,
        tz=camera.tz,
        stretches=stretches,
        near=near,
        thing=thing,
        neighbours=tuple(_neighbour(row, known[row.id], one) for row in ids),
        together=tuple(
            _together(s.a, s.b, known.values())
            for s in stretches
            if s.lane is Lane.REACHABLE and s.state is State.DOWN
        ),
        around=(*_excluded(connection, one), *_waiting(connection, scope, one)),
        tickets=_tickets(connection, one),
    )


def _camera(connection: Connection, scope: Scope, one: Objection) -> Row[Any]:
    columns = (point.c.name, point.c.code, point.c.tz, point.c.switch, point.c.site)
    query: Select[Any] = (
        select(*columns, installation.c.ipv4, installation.c.url)
        .select_from(with_device(one.a))
        .where(point.c.id == one.point_id, visible(scope, one.a))
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"there is no point {one.point_id}")
    return row


def _hangs(camera: Row[Any]) -> _Hangs:
    address = camera.ipv4 or _host(camera.url or "")
    try:
        subnet = str(ip_network(f"{address}/{SUBNET_BITS}", strict=False)) if address else ""
    except ValueError:  # a name, or IPv6: no neighbourhood can be told from it
        subnet = ""
    return _Hangs(camera.switch, camera.site, subnet if "." in subnet else "")


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _neighbours(
    connection: Connection, scope: Scope, one: Objection, hangs: _Hangs
) -> tuple[Near, str, Sequence[Row[Any]]]:
    """Who hangs on the same switch; where nobody is known to, at the same site; else in the same subnet."""
    prefix = hangs.subnet.rpartition(".")[0] + "."
    in_subnet = or_(
        installation.c.ipv4.startswith(prefix, autoescape=True),
        installation.c.url.contains(f"://{prefix}", autoescape=True),
        installation.c.url.contains(f"@{prefix}", autoescape=True),
    )
    for near, thing, condition in (
        (Near.SWITCH, hangs.switch, point.c.switch == hangs.switch),
        (Near.SITE, hangs.site, point.c.site == hangs.site),
        (Near.SUBNET, hangs.subnet, in_subnet),
    ):
        if thing and (found := _standing_by(connection, scope, one, condition)):
            return near, thing, found
    return Near.NONE, "", ()


def _standing_by(
    connection: Connection, scope: Scope, one: Objection, condition: ColumnElement[bool]
) -> Sequence[Row[Any]]:
    serving = and_(
        point.c.in_service_from_s <= one.a,
        or_(point.c.in_service_to_s.is_(None), point.c.in_service_to_s > one.a),
    )
    query: Select[Any] = (
        select(point.c.id, point.c.name, point.c.code)
        .select_from(with_device(one.a))
        .where(condition, serving, visible(scope, one.a), point.c.id != one.point_id)
        .order_by(point.c.name, point.c.id)
        .limit(NEIGHBOURS_MAX)
    )
    return connection.execute(query).all()


def _reachable(
    connection: Connection, ids: Sequence[PointId], a: int, b: int
) -> dict[PointId, tuple[list[Span], list[Span]]]:
    """When each was up and when it was down."""
    raw: dict[PointId, list[Run]] = defaultdict(list)
    for some in slices(ids):
        known = runs_in(a, b, lane=Lane.REACHABLE, points=some)
        for row in connection.execute(select(known.c.point_id, known.c.a, known.c.b, known.c.state)):
            raw[row.point_id].append(Run(row.a, row.b, State(row.state)))
    found = {}
    for point_id in ids:
        runs = merged(raw[point_id])
        found[point_id] = (
            [(run.a, run.b) for run in runs if run.state is State.UP],
            [(run.a, run.b) for run in runs if run.state is State.DOWN],
        )
    return found


def _neighbour(row: Row[Any], known: tuple[list[Span], list[Span]], one: Objection) -> Neighbour:
    up_s, down_s = (length(spans) for spans in known)
    return Neighbour(PointId(row.id), row.name, row.code, up_s, down_s, one.b - one.a - up_s - down_s)


def _together(a: int, b: int, known: Iterable[tuple[list[Span], list[Span]]]) -> Together:
    counts = {"up": 0, "down": 0, "unknown": 0}
    for up, down in known:
        up_s, down_s = (length(intersect(spans, [(a, b)])) for spans in (up, down))
        counts["up" if up_s > down_s else "down" if down_s else "unknown"] += 1
    return Together(a, b, **counts)


def _stretches(connection: Connection, scope: Scope, one: Objection, lane: Lane) -> list[Stretch]:
    """Each run with the looks behind it, and what lies between; nothing where this lane knows nothing at all."""
    runs = runs_of(connection, scope, one.point_id, lane, one.a, one.b)
    if not runs and lane is not Lane.REACHABLE:
        return []
    looks = evidence_of(connection, scope, one.point_id, lane, one.a, one.b)
    found: list[Stretch] = []
    at_s = one.a
    for run in runs:
        if at_s < run.a:
            found.append(Stretch(lane, at_s, run.a, None))
        found.append(_stretch(lane, run, looks))
        at_s = run.b
    if at_s < one.b:
        found.append(Stretch(lane, at_s, one.b, None))
    return found


def _stretch(lane: Lane, run: Run, looks: Sequence[Evidence]) -> Stretch:
    before = [look for look in looks if look.at_s < run.a]
    mine = [look for look in looks if run.a <= look.at_s < run.b]
    if not (mine and mine[0].at_s == run.a):
        mine = [*before[-1:], *mine]  # it began before the disputed stretch does
    mine = [look for look in mine if look.state is run.state]
    return Stretch(
        lane, run.a, run.b, run.state,
        reasons=_once(look.reason for look in mine),
        probers=_once(look.prober for look in mine),
        remarks=_once(look.remark for look in mine),
    )  # fmt: skip


def _once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))


def _excluded(connection: Connection, one: Objection) -> list[Around]:
    """What does not count, from a day before the stretch to a day after it."""
    a, b = one.a - AROUND_S, one.b + AROUND_S
    windows = windows_of(connection, [one.point_id], a, b).get(one.point_id, [])
    query = select(maintenance.c.id, maintenance.c.author, maintenance.c.reason)
    said = {
        row.id: (row.author, row.reason)
        for row in connection.execute(query.where(maintenance.c.id.in_({w.source_id for w in windows})))
    }
    return [
        Around(w.source_id, w.kind.name.lower(), max(w.a, a), min(w.b, b), *said.get(w.source_id, ("", "")))
        for w in windows
    ]


def _waiting(connection: Connection, scope: Scope, one: Objection) -> list[Around]:
    """What waits for a second person, and would not count if he agreed."""
    a, b = one.a - AROUND_S, one.b + AROUND_S
    aimed = {time.plan_id for time in aimed_at(connection, [one.point_id]).get(one.point_id, ())}
    return [
        Around(plan.plan_id, plan.kind.name.lower(), begin, end, plan.author, plan.reason, waits=True)
        for plan in plans(connection, scope, a=a, b=b, pending_only=True)
        if plan.plan_id in aimed
        for begin, end in clip(plan.pending, a, b)
    ]


def _tickets(connection: Connection, one: Objection) -> tuple[Work, ...]:
    """The camera's tickets that were open in the stretch, by when they were opened."""
    query = (
        select(
            ticket.c.id,
            ticket.c.cause,
            ticket_point.c.what,
            ticket.c.stage,
            ticket_point.c.onset_s,
            ticket.c.opened_s,
            ticket.c.ended_s,
        )
        .join(ticket_point, ticket_point.c.ticket_id == ticket.c.id)
        .where(
            ticket_point.c.point_id == one.point_id,
            ticket_point.c.onset_s < one.b,
            or_(ticket.c.ended_s.is_(None), ticket.c.ended_s > one.a),
            or_(ticket_point.c.left_s.is_(None), ticket_point.c.left_s > one.a),
        )
        .order_by(ticket.c.opened_s, ticket.c.id)
    )
    return tuple(Work(*row) for row in connection.execute(query))
