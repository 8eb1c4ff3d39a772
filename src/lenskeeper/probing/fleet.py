"""The plan as columns: twenty thousand points in a few megabytes, and the doors that they stand behind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from lenskeeper.base.errors import Invalid
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.points import Watched
from lenskeeper.probing.breaker import Door
from lenskeeper.probing.manners import Manners
from lenskeeper.probing.pacing import net_of, spread
from lenskeeper.probing.routes import STREAMS, ways
from lenskeeper.probing.schedule import Bools, Calendar, Ints
from lenskeeper.probing.targets import Target, host_key, parse_target

Places = NDArray[np.int32]

NOWHERE: Final = -1
T = TypeVar("T")

MEGABYTE: Final = 1_000_000  # as those who sell them count


@dataclass(frozen=True, slots=True)
class Zone:
    """The points of one zone, in the order of its rounds; doors: those whose first point lies in it."""

    name: str
    members: Places
    roster: tuple[PointId, ...]
    doors: Places


@dataclass(frozen=True, slots=True)
class Fleet:
    """All points in service, by place in the plan, and their doors, by the moment at which each is greeted.

    targets, starts_s: per door: whom to greet and when, seconds from the slot's begin, ascending.
    door_of:      NOWHERE where the address cannot be used.
    has_evidence: the point is a channel: its door's answer is its recorder's, and it needs its own.
    budget_bytes: per month; 0 where it is not metered.
    jitter_s_max: seconds; none where each slot is a period: two moments in one slot would leave the next without.
    has_way:      (points, streams).
    """

    watched: tuple[Watched, ...]
    place_of: Mapping[PointId, int]
    ids: Ints
    targets: tuple[Target, ...]
    starts_s: tuple[float, ...]
    door_keys: tuple[Door, ...]
    nets: tuple[str, ...]
    door_of: Places
    door_site: Places
    door_zone: Places
    zone_of: Places
    zones: tuple[Zone, ...]
    site_of: Places
    sites: tuple[str, ...]
    period_s: Ints
    jitter_s_max: Ints
    calendar_of: Places
    calendars: tuple[Calendar, ...]
    has_evidence: Bools
    is_passive: Bools
    budget_bytes: Ints
    has_way: Bools


def stays(one: Watched, other: Watched) -> bool:
    """Whether it is still the same device, looked at in the same way."""
    return (one.device_id, one.url, one.still_url, one.channel) == (
        other.device_id,
        other.url,
        other.still_url,
        other.channel,
    )


def fleet_of(plan: Sequence[Watched], manners: Manners, old: Fleet | None = None) -> Fleet:
    """Lay a plan out. A point is watched once: the first of two rows with one id counts.

    old: the plan before, laid out with the same manners; the addresses of points that stay are not read again.
    """
    watched = tuple({w.point_id: w for w in reversed(plan)}.values())[::-1]
    kept = _kept(watched, old)
    wanted, keys = _doors(watched, kept, old)
    order = spread(wanted.values(), manners.sweep_share * manners.slot_s)
    targets = tuple(target for _, target in order)
    door_keys = tuple((host_key(t.host), t.port) for t in targets)
    number = {key: n for n, key in enumerate(door_keys)}
    door_of = np.array([NOWHERE if key is None else number[key] for key in keys], np.int32)
    behind = np.bincount(door_of[door_of >= 0], minlength=len(targets))
    shares = np.zeros(len(watched), np.bool_)
    shares[door_of >= 0] = behind[door_of[door_of >= 0]] > 1
    is_channel = shares | np.array([bool(w.channel) for w in watched], np.bool_)
    ids = np.array([w.point_id for w in watched], np.int64)
    zone_of, zone_names = _numbered([w.zone for w in watched])
    site_of, sites = _numbered([w.site for w in watched], empty=True)
    calendar_of, calendars = _numbered(
        [Calendar(w.tz, tuple(w.hours), tuple(w.dark_by_design)) for w in watched]
    )
    period = np.array([period_of(w, manners) for w in watched], np.int64)
    half_slot = max(manners.slot_s // 2, 1)
    door_zone, door_site = _first(door_of, zone_of, len(targets)), _first(door_of, site_of, len(targets))
    return Fleet(
        watched=watched,
        place_of={w.point_id: n for n, w in enumerate(watched)},
        ids=ids,
        targets=targets,
        starts_s=tuple(start for start, _ in order),
        door_keys=door_keys,
        nets=tuple(net_of(t.host) for t in targets),
        door_of=door_of,
        door_site=door_site,
        door_zone=door_zone,
        zone_of=zone_of,
        zones=tuple(
            Zone(name, members, tuple(watched[i].point_id for i in members), _places(door_zone == n))
            for n, name in enumerate(zone_names)
            for members in (_places(zone_of == n),)
        ),
        site_of=site_of,
        sites=tuple(sites),
        period_s=period,
        # a channel's evidence holds for its period and a slot: its moments may not lie further apart
        jitter_s_max=np.where(period <= manners.slot_s, 0, np.where(is_channel, half_slot, period)),
        calendar_of=calendar_of,
        calendars=tuple(calendars),
        has_evidence=is_channel,
        is_passive=np.array([w.passive_only for w in watched], np.bool_),
        budget_bytes=np.array([(w.budget_mb_month or 0) * MEGABYTE for w in watched], np.int64),
        has_way=np.array(
            [
                old.has_way[o]
                if old is not None and (o := kept[n]) != NOWHERE
                else [bool(way) for way in ways(w, derive=manners.derive_streams)]
                for n, w in enumerate(watched)
            ],
            np.bool_,
        ).reshape(len(watched), STREAMS),
    )


def period_of(watched: Watched, manners: Manners) -> int:
    """Seconds between two pictures of a point; never below a slot."""
    by_class = manners.picture_period_s[min(max(watched.klass, 1), len(manners.picture_period_s)) - 1]
    return max(watched.picture_period_s or by_class, manners.slot_s)


def door_target(watched: Watched) -> Target | None:
    """Whom a point's reachability look greets; None where its address is missing or cannot be used."""
    try:
        target = parse_target(watched.url or watched.still_url)
    except Invalid:
        return None
    return None if target.route.is_file else target


def _kept(watched: Sequence[Watched], old: Fleet | None) -> list[int]:
    """Where each point stood in the plan before, or NOWHERE where it is new or another device."""
    if old is None:
        return [NOWHERE] * len(watched)
    places = [old.place_of.get(w.point_id, NOWHERE) for w in watched]
    return [
        o if o != NOWHERE and stays(old.watched[o], w) else NOWHERE
        for o, w in zip(places, watched, strict=True)
    ]


def _doors(
    watched: Sequence[Watched], kept: Sequence[int], old: Fleet | None
) -> tuple[dict[Door, Target], list[Door | None]]:
    """One target for each door, that of its first point, and each point's door."""
    wanted: dict[Door, Target] = {}
    keys: list[Door | None] = []
    for one, place in zip(watched, kept, strict=True):
        key, target = None, None
        if old is not None and place != NOWHERE:
            door = int(old.door_of[place])
            if door != NOWHERE:
                key, target = old.door_keys[door], old.targets[door]
        elif (target := door_target(one)) is not None:
            key = (host_key(target.host), target.port)
        keys.append(key)
        if key is not None and target is not None:
            wanted.setdefault(key, target)
    return wanted, keys


def _numbered(values: Sequence[T], *, empty: bool = False) -> tuple[Places, list[T]]:
    """A number for each different value, in the order they come. empty: what is empty is NOWHERE."""
    numbers: dict[T, int] = {}
    out = [NOWHERE if empty and not v else numbers.setdefault(v, len(numbers)) for v in values]
    return np.array(out, np.int32), list(numbers)


def _first(door_of: Places, of_point: Places, doors: int) -> Places:
    """What each door's first point has."""
    out = np.full(doors, NOWHERE, np.int32)
    placed = np.flatnonzero(door_of >= 0)[::-1]  # backwards: the first point writes last
    out[door_of[placed]] = of_point[placed]
    return out


def _places(mask: Bools) -> Places:
    return np.flatnonzero(mask).astype(np.int32)
