"""What the books say at this moment, as the desk wants it: troubles, cameras that are well, and what proves nothing.

A camera has one trouble: who is silent has no picture, who refuses our login shows none. What may have no ticket
(not accepted yet, inherited, planned work, a picture nobody has confirmed) is told apart and stays in the books.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import Connection, Select, or_, select

from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.rows import current
from lenskeeper.availability.schema import exclusion
from lenskeeper.base.access import Scope
from lenskeeper.base.outcomes import Outcome
from lenskeeper.diagnosis.holding import Held
from lenskeeper.diagnosis.kinds import Kind
from lenskeeper.diagnosis.parts import Rung
from lenskeeper.diagnosis.rows import LIST_MAX, doubted
from lenskeeper.diagnosis.rows import standing as held_faults
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_present import slices, visible, with_device
from lenskeeper.inventory.rows_present import standing as stands
from lenskeeper.inventory.schema import acceptance, backlog, credential, installation, membership, point
from lenskeeper.tickets.causes import CauseKind, Place, Topology, Trouble, topology

FRESH_S: Final = 300  # a reachability state that nobody confirmed for five slots is not known any more
LOOKED_S: Final = 26 * 3_600  # of a picture: the rarest look is one a day
IPV4_NUMBERS: Final = 4
SLICE: Final = 500  # points in one statement


@dataclass(frozen=True, slots=True)
class Moment:
    """All that is known now, before anybody decided what deserves a ticket.

    silent, refused, without: by point, the trouble of reachability, of its login, of its delivery of pictures.
    faults:   of pictures, by point.
    doubted:  those of them that the last look did not find: they stand, and open nothing new.
    well:     since when a point answers, sends pictures, and has a fit one, as far as each is known.
    muted:    points whose troubles may have no ticket: not accepted yet, or inherited and still owed.
    planned:  points in a time that does not count: nothing new is opened, and the clocks of what is open stand.
    """

    silent: Mapping[PointId, Trouble]
    refused: Mapping[PointId, Trouble]
    without: Mapping[PointId, Trouble]
    faults: Mapping[PointId, tuple[Held, ...]]
    doubted: frozenset[tuple[PointId, Kind, Rung]]
    well: Mapping[PointId, int]
    muted: frozenset[PointId]
    planned: frozenset[PointId]


def moment(connection: Connection, scope: Scope, known: Topology, *, now_s: int) -> Moment:
    """Read it: some 0.1 s for 20,000 points."""
    silent: dict[PointId, Trouble] = {}
    well: dict[PointId, int] = {}
    for now in current(connection, scope, Lane.REACHABLE, now_s=now_s):
        if now.until_s < now_s - FRESH_S or now.point_id not in known.places:
            continue
        if now.state is State.UP:
            well[now.point_id] = now.since_s
        else:
            silent[now.point_id] = Trouble(now.point_id, now.reason, now.since_s)
    refused = _refused(connection, scope, known, well, now_s)
    delivered = {one.point_id: one for one in current(connection, scope, Lane.DELIVERY, now_s=now_s)}
    without = {
        p: Trouble(p, one.reason, one.since_s)
        for p, one in delivered.items()
        if one.state is State.DOWN and one.until_s >= now_s - LOOKED_S and p in well
    }
    for one in (*delivered.values(), *current(connection, scope, Lane.PICTURE_FIT, now_s=now_s)):
        if one.state is State.UP and one.point_id in well:
            well[one.point_id] = max(well[one.point_id], one.since_s)
    faults = _faults(connection, scope, now_s)
    return Moment(
        silent,
        refused,
        without,
        faults,
        doubted(connection, scope, list(faults), at_s=now_s),
        well,
        _muted(connection, now_s),
        _planned(connection, now_s),
    )


def _refused(
    connection: Connection, scope: Scope, known: Topology, well: Mapping[PointId, int], now_s: int
) -> dict[PointId, Trouble]:
    """Cameras that refuse our login, and with them those that were not asked since others had refused it."""
    said = [
        now
        for now in current(connection, scope, Lane.HELD, now_s=now_s)
        if now.until_s >= now_s - LOOKED_S and now.point_id in well
    ]
    out = {
        now.point_id: Trouble(now.point_id, now.reason, now.since_s)
        for now in said
        if now.reason in {Outcome.AUTH_REFUSED, Outcome.TLS_REFUSED, Outcome.NOT_SUPPORTED}
    }
    accounts = {_account(known, p) for p, trouble in out.items() if trouble.what == Outcome.AUTH_REFUSED}
    for now in said:
        if now.reason == Outcome.HELD_BACK and _account(known, now.point_id) in accounts - {""}:
            out[now.point_id] = Trouble(now.point_id, Outcome.AUTH_REFUSED, now.since_s)
    return out


def _account(known: Topology, point_id: PointId) -> str:
    place = known.places.get(point_id)
    return place.things.get(CauseKind.ACCOUNT, "") if place else ""


def _faults(connection: Connection, scope: Scope, now_s: int) -> dict[PointId, tuple[Held, ...]]:
    out: dict[PointId, list[Held]] = defaultdict(list)
    after: PointId | None = None
    while page := held_faults(connection, scope, at_s=now_s, after=after):
        # a page may end amid a point: its last point is read whole with the next one
        last = page[-1][0]
        whole = page if len(page) < LIST_MAX else [one for one in page if one[0] != last]
        for point_id, held in whole:
            out[point_id].append(held)
        if len(page) < LIST_MAX or not whole:
            break
        after = whole[-1][0]
    return {p: tuple(sorted(each, key=lambda held: held.since_s)) for p, each in out.items()}


def _muted(connection: Connection, now_s: int) -> frozenset[PointId]:
    """Not accepted yet, or inherited and still owed."""
    ours = select(acceptance.c.unit_id).where(acceptance.c.from_s <= now_s)
    here = (membership.c.point_id == point.c.id) & stands(membership.c.from_s, membership.c.to_s, now_s)
    strange = select(point.c.id).join(membership, here, isouter=True)
    strange = strange.where(or_(membership.c.unit_id.is_(None), membership.c.unit_id.not_in(ours)))
    owed = select(backlog.c.point_id).where(backlog.c.closed_s.is_(None))
    return _ids(connection, strange) | _ids(connection, owed)


def _planned(connection: Connection, now_s: int) -> frozenset[PointId]:
    return _ids(connection, select(exclusion.c.point_id).where(exclusion.c.a <= now_s, exclusion.c.b > now_s))


def _ids(connection: Connection, query: Select[Any]) -> frozenset[PointId]:
    return frozenset(PointId(point_id) for point_id in connection.execute(query).scalars())


def read_topology(connection: Connection, scope: Scope, *, now_s: int) -> Topology:
    """Who hangs on what, from the register; read again when it changes."""
    query = (
        select(
            point.c.id,
            point.c.klass,
            point.c.switch,
            point.c.site,
            point.c.uplink,
            point.c.feeder,
            point.c.pole,
            installation.c.url,
            installation.c.channel,
            credential.c.name,
        )
        .select_from(with_device(now_s))
        .where(visible(scope, now_s), stands(point.c.in_service_from_s, point.c.in_service_to_s, now_s))
    )
    rows = connection.execute(query).all()
    hosts = [host_of(row.url or "") for row in rows]
    channels: dict[str, int] = defaultdict(int)
    for row, host in zip(rows, hosts, strict=True):
        channels[host] += bool(row.channel)
    return topology(_place(row, host, channels[host]) for row, host in zip(rows, hosts, strict=True))


def _place(row: Any, host: str, channels: int) -> Place:
    told = {
        CauseKind.ACCOUNT: row.name or "",
        CauseKind.RECORDER: host if channels > 1 else "",
        CauseKind.POLE: row.pole,
        CauseKind.SWITCH: row.switch,
        CauseKind.SITE: row.site,
        CauseKind.FEEDER: row.feeder,
        CauseKind.UPLINK: row.uplink,
    }
    if not any(told[kind] for kind in (CauseKind.SWITCH, CauseKind.SITE, CauseKind.UPLINK)):
        told[CauseKind.SUBNET] = subnet_of(host)
    things = {kind: name for kind, name in told.items() if name}
    return Place(PointId(row.id), row.klass, things)


def host_of(url: str) -> str:
    """The host that a camera's address names; empty where there is none."""
    return urlsplit(url).hostname or ""


def subnet_of(host: str) -> str:
    """The first three numbers of an IPv4 address, the first four groups of an IPv6 one; empty for a name."""
    parts = host.split(".")
    if len(parts) == IPV4_NUMBERS and all(part.isdigit() for part in parts):
        return ".".join(parts[:3]) + ".0/24"
    groups = host.split(":")
    return ":".join(groups[:4]) + "::/64" if len(groups) > 4 else ""


def zones_of(connection: Connection, points: Sequence[PointId]) -> dict[PointId, str]:
    """The time zones of some points."""
    found: dict[PointId, str] = {}
    for some in slices(sorted(set(points)), SLICE):
        query = select(point.c.id, point.c.tz).where(point.c.id.in_(some))
        found.update((PointId(p), tz) for p, tz in connection.execute(query))
    return found
