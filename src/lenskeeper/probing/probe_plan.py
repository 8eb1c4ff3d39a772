"""The plan for the network's guardians: from where, to where, on which ports, how often, how much, and how to stop it.

Whoever watches a city's network sees twenty thousand connections a minute begin on some Monday. They are told before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np

from lenskeeper.inventory.points import Watched
from lenskeeper.probing.errands import Stream
from lenskeeper.probing.fleet import NOWHERE, Fleet, fleet_of
from lenskeeper.probing.manners import DAY_S, Manners
from lenskeeper.probing.picture_desk import GREETING_BYTES
from lenskeeper.probing.routes import GUESS_BYTES
from lenskeeper.probing.witness import NO_LANDMARKS, Landmarks

PORTS_SHOWN: Final = 12
ALL_DAY: Final = "00:00-24:00"
STOP_AT_ONCE: Final = "lenskeeper serve ends within 5 s of SIGTERM; the stop switch for a zone or a site takes effect with the next slot"


@dataclass(frozen=True, slots=True)
class Destination:
    """One network that is looked at.

    doors:            hosts and ports in it; each is greeted once a slot (TCP connect, one OPTIONS or HEAD).
    greetings_minute: of these, per minute. peak_connects_s: the most new connections a second into this network.
    pictures_minute:  visits for a picture, per minute of the hours named.
    bytes_day:        what all this will about receive in a day.
    metered, passive: points with a monthly budget; points that are never asked for a picture.
    """

    network: str
    ports: str
    points: int
    doors: int
    greetings_minute: float
    pictures_minute: float
    peak_connects_s: float
    bytes_day: int
    hours: str
    metered: int
    passive: int


@dataclass(frozen=True, slots=True)
class RampDay:
    """One day of a takeover. date: UTC; empty where no day was named yet."""

    day: int
    date: str
    share: float
    pictures_minute: float
    bytes_day: int


@dataclass(frozen=True, slots=True)
class ProbePlan:
    """All that is sent into a network, as plain rows.

    sources:   addresses that we look from, as the operator gives them.
    witnesses: devices that are asked each slot whether we can see into their zone, and gateways of sites.
    addresses: every host and port, for who must open a firewall for each.
    """

    sources: tuple[str, ...]
    destinations: tuple[Destination, ...]
    witnesses: tuple[str, ...]
    ramp: tuple[RampDay, ...]
    stop: str
    without_address: tuple[str, ...]
    addresses: tuple[str, ...]

    def totals(self) -> dict[str, float]:
        """The whole plan added up."""
        rows = self.destinations
        return {
            "points": sum(r.points for r in rows),
            "doors": sum(r.doors for r in rows),
            "greetings_minute": round(sum(r.greetings_minute for r in rows), 1),
            "pictures_minute": round(sum(r.pictures_minute for r in rows), 1),
            "bytes_day": sum(r.bytes_day for r in rows),
        }


def probe_plan(
    plan: Sequence[Watched],
    manners: Manners,
    *,
    sources: Sequence[str],
    landmarks: Landmarks = NO_LANDMARKS,
) -> ProbePlan:
    """What the rounds will send if they run from this plan with these manners. Nothing is sent by asking."""
    fleet = fleet_of(plan, manners)
    by_net: dict[str, list[int]] = {}
    for d, net in enumerate(fleet.nets):
        by_net.setdefault(net, []).append(d)
    behind: dict[int, list[int]] = {}
    for i, d in enumerate(fleet.door_of.tolist()):
        if d != NOWHERE:
            behind.setdefault(d, []).append(i)
    destinations = tuple(
        _destination(fleet, net, doors, [i for d in doors for i in behind.get(d, [])], manners)
        for net, doors in sorted(by_net.items())
    )
    pictures = sum(row.pictures_minute for row in destinations)
    greeting_bytes = sum(row.doors for row in destinations) * GREETING_BYTES * DAY_S // manners.slot_s
    all_bytes = sum(row.bytes_day for row in destinations)
    return ProbePlan(
        sources=tuple(sources),
        destinations=destinations,
        witnesses=tuple(
            f"{target.host}:{target.port}"
            for target in (
                *(t for same in landmarks.witnesses.values() for t in same),
                *landmarks.gateways.values(),
            )
        ),
        ramp=tuple(
            RampDay(
                day,
                _date(manners.ramp_from_s, day),
                share,
                round(pictures * share, 1),
                greeting_bytes + int((all_bytes - greeting_bytes) * share),
            )
            for day, share in enumerate((*manners.ramp, 1.0), 1)
        ),
        stop=STOP_AT_ONCE,
        without_address=tuple(fleet.watched[i].name for i in np.flatnonzero(fleet.door_of == NOWHERE)),
        addresses=tuple(f"{host}:{port}" for host, port in sorted(fleet.door_keys)),
    )


def as_rows(plan: ProbePlan) -> list[Mapping[str, str | int | float]]:
    """The destinations as a table: one mapping of column to value for each network."""
    return [{name: getattr(row, name) for name in Destination.__slots__} for row in plan.destinations]


def _destination(
    fleet: Fleet, net: str, doors: list[int], places: list[int], manners: Manners
) -> Destination:
    watched = [fleet.watched[i] for i in places]
    minute = 60 / manners.slot_s
    asked = [i for i in places if not fleet.is_passive[i]]
    open_share = [_open_share(fleet.watched[i]) for i in asked]
    per_day = [DAY_S / int(fleet.period_s[i]) * share for i, share in zip(asked, open_share, strict=True)]
    picture_bytes = sum(n * _picture_bytes(fleet, i) for i, n in zip(asked, per_day, strict=True))
    ports = sorted({fleet.door_keys[d][1] for d in doors})
    shown = ", ".join(map(str, ports[:PORTS_SHOWN]))
    return Destination(
        network=net,
        ports=shown if len(ports) <= PORTS_SHOWN else f"{shown} and {len(ports) - PORTS_SHOWN} more",
        points=len(places),
        doors=len(doors),
        greetings_minute=round(len(doors) * minute, 1),
        pictures_minute=round(sum(60 / int(fleet.period_s[i]) for i in asked), 2),
        peak_connects_s=round(
            len(doors) / (manners.sweep_share * manners.slot_s) + min(manners.pictures_per_net_s, len(asked)),
            1,
        ),
        bytes_day=int(picture_bytes) + len(doors) * GREETING_BYTES * DAY_S // manners.slot_s,
        hours=_hours(watched),
        metered=sum(w.budget_mb_month is not None for w in watched),
        passive=len(places) - len(asked),
    )


def _picture_bytes(fleet: Fleet, i: int) -> int:
    """Of one picture by the way that is tried first."""
    for stream in (Stream.SUB, Stream.STILL, Stream.MAIN):
        if fleet.has_way[i, stream]:
            return GUESS_BYTES[stream]
    return 0


def _open_share(watched: Watched) -> float:
    """The share of a day in which pictures are asked for; hours and darkness that overlap count as they are."""
    closed = sum(_length_s(a, b) for a, b in watched.dark_by_design)
    opened = sum(_length_s(a, b) for a, b in watched.hours) if watched.hours else DAY_S
    return max(opened - closed, 0) / DAY_S


def _length_s(a: int, b: int) -> int:
    return b - a if a <= b else b - a + DAY_S


def _hours(watched: Sequence[Watched]) -> str:
    """The hours of pictures in local time; reachability is looked at all day."""
    spans = {w.hours for w in watched}
    if len(spans) == 1:
        only = spans.pop()
        return ", ".join(f"{_clock(a)}-{_clock(b)}" for a, b in only) if only else ALL_DAY
    return f"{len(spans)} different"


def _clock(second: int) -> str:
    return f"{second // 3_600:02}:{second % 3_600 // 60:02}"


def _date(ramp_from_s: int | None, day: int) -> str:
    if ramp_from_s is None:
        return ""
    return datetime.fromtimestamp(ramp_from_s + (day - 1) * DAY_S, UTC).date().isoformat()
