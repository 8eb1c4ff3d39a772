"""A small fleet whose every second is known: what is booked, and the same said plainly in arrays of seconds."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, insert, update

from lenskeeper.availability.daylight import cell_of, daylight
from lenskeeper.availability.figures import OUTAGE_LANES, Part, Totals
from lenskeeper.availability.lanes import Lane, State
from lenskeeper.base.access import LOCAL_OPERATOR
from lenskeeper.base.days import local_day
from lenskeeper.base.spans import Span
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.schema import membership, point
from lenskeeper.units import rows as units
from lenskeeper.units.ids import UnitId

BEGIN_S = int(datetime(2026, 3, 28, 6, tzinfo=UTC).timestamp())
END_S = int(datetime(2026, 4, 6, 18, tzinfo=UTC).timestamp())
OUT, PLAN = 1, 2  # in the array of what does not count

Bytes = NDArray[np.uint8]


@dataclass
class Camera:
    """One point and all that is true of it. stays: (unit, from, to); plans: windows that hold, by plan.

    span: the seconds that are told of.
    """

    point_id: PointId
    tz: str
    lat: float | None
    lon: float | None
    stays: list[tuple[UnitId | None, int, int]]
    life: Span = (0, END_S * 2)
    plans: dict[int, list[Span]] = field(default_factory=lambda: defaultdict(list))
    states: dict[Lane, Bytes] = field(default_factory=dict)
    lit: NDArray[np.bool_] | None = None
    klass: int = 1
    span: Span = (BEGIN_S, END_S)

    def seconds(self, a: int, b: int) -> slice:
        """Where [a, b) lies in the arrays."""
        return slice(max(0, a - self.span[0]), max(0, b - self.span[0]))

    def zeros(self) -> Bytes:
        """A number for each second."""
        return np.zeros(self.span[1] - self.span[0], np.uint8)

    def of(self, lane: Lane) -> Bytes:
        """The state of each second; 0 where nobody knows."""
        if lane not in self.states:
            self.states[lane] = self.zeros()
        return self.states[lane]

    def say(self, lane: Lane, a: int, b: int, state: State) -> None:
        """A look said so of [a, b): whoever ranks higher has the second."""
        seen = self.of(lane)[self.seconds(a, b)]
        np.maximum(seen, int(state), out=seen)

    def uncounted(self) -> Bytes:
        """OUT where it does not serve, else PLAN where a plan excludes it."""
        out = self.zeros()
        for a, b in (span for spans in self.plans.values() for span in spans):
            out[self.seconds(a, b)] = PLAN
        out[self.seconds(0, self.life[0])] = OUT
        out[self.seconds(*self.life).stop :] = OUT
        return out

    def light(self) -> NDArray[np.bool_]:
        """Where it is day."""
        if self.lit is not None:
            return self.lit
        self.lit = out = self.zeros().astype(np.bool_)
        cell = cell_of(self.lat, self.lon, self.tz)
        for day in range(local_day(self.span[0], self.tz) - 1, local_day(self.span[1], self.tz) + 2):
            for a, b in daylight(cell, day, self.tz):
                out[self.seconds(a, b)] = True
        return out

    def totals(self, lane: Lane, a: int, b: int, part: Part = Part.WHOLE) -> Totals:
        """The sums of [a, b), second by second."""
        window = self.seconds(a, b)
        mask = np.ones(b - a, np.bool_)
        if part is not Part.WHOLE:
            mask = self.light()[window] if part is Part.DAY else ~self.light()[window]
        uncounted, state = self.uncounted()[window], self.of(lane)[window]
        counts = state[mask & (uncounted == 0)]
        outages = self.outages(lane) if part is Part.WHOLE and lane in OUTAGE_LANES else []
        ended = [(at_s, length) for _, at_s, length in outages if at_s is not None and a <= at_s < b]
        return Totals(
            span_s=int(np.count_nonzero(mask)),
            excluded_s=int(np.count_nonzero(mask & (uncounted > 0))),
            out_of_service_s=int(np.count_nonzero(mask & (uncounted == OUT))),
            up_s=int(np.count_nonzero(counts == State.UP)),
            down_s=int(np.count_nonzero(counts == State.DOWN)),
            outages=sum(a <= begun < b for begun, _, _ in outages),
            repaired=len(ended),
            repair_s=sum(length for _, length in ended),
        )

    def outages(self, lane: Lane) -> list[tuple[int, int | None, int]]:
        """First second that counts, second of the up that ended it, seconds down that count: walked through."""
        uncounted, state = self.uncounted(), self.of(lane)
        found: list[tuple[int, int | None, int]] = []
        begun: int | None = None
        length = 0
        edges = np.flatnonzero(np.diff(state) | np.diff(uncounted)) + 1
        for a, b in zip([0, *edges.tolist()], [*edges.tolist(), len(state)], strict=True):
            if state[a] == State.DOWN and uncounted[a] == 0:
                begun = a + self.span[0] if begun is None else begun
                length += b - a
            elif state[a] == State.UP and begun is not None:
                found.append((begun, None if uncounted[a] == OUT else a + self.span[0], length))
                begun, length = None, 0
        if begun is not None:
            found.append((begun, None, length))
        return found

    def pieces(self, a: int, b: int) -> Iterable[tuple[UnitId | None, int, int]]:
        """Its stays, clipped."""
        for unit_id, begin, end in self.stays:
            if max(a, begin) < min(b, end):
                yield unit_id, max(a, begin), min(b, end)


@dataclass
class Fleet:
    """Cameras in units of two time zones; a district is what hangs under the top."""

    cameras: list[Camera]
    top: UnitId
    districts: list[UnitId]

    def of(self, point_id: PointId) -> Camera:
        """The camera of a point."""
        return next(one for one in self.cameras if one.point_id == point_id)


def plant(connection: Connection, tzs: Iterable[str], each: int) -> Fleet:
    """A top unit, a district for each zone and two towns in each; `each` cameras in each town."""
    actor = LOCAL_OPERATOR
    top = units.add(connection, name="province", tz="UTC", actor=actor, now_s=BEGIN_S)
    cameras: list[Camera] = []
    districts: list[UnitId] = []
    for tz in tzs:
        district = units.add(
            connection, name=tz.replace("/", " "), parent_id=top, tz=tz, actor=actor, now_s=BEGIN_S
        )
        districts.append(district)
        for town in ("east", "west"):
            unit = units.add(connection, name=town, parent_id=district, actor=actor, now_s=BEGIN_S)
            for number in range(each):
                position = (
                    (None, None)
                    if number % 3 == 0
                    else (48.5 + number, 11.5)
                    if "Europe" in tz
                    else (-33.9, 151.2)
                )
                cameras.append(_camera(connection, unit, tz, position))
    return Fleet(cameras, top, districts)


def _camera(
    connection: Connection, unit: UnitId | None, tz: str, position: tuple[float | None, float | None]
) -> Camera:
    lat, lon = position
    point_id = PointId(
        connection.execute(
            insert(point)
            .values(name="camera", klass=1, tz=tz, in_service_from_s=0, revision=0, lat=lat, lon=lon)
            .returning(point.c.id)
        ).scalar_one()
    )
    if unit is not None:
        connection.execute(insert(membership).values(point_id=point_id, unit_id=unit, from_s=0))
    return Camera(point_id, tz, lat, lon, [(unit, 0, END_S * 2)])


def move(connection: Connection, camera: Camera, unit: UnitId, at_s: int) -> None:
    """Let a camera belong to another unit from a local midnight on."""
    before = camera.stays[-1]
    connection.execute(
        update(membership)
        .where(membership.c.point_id == camera.point_id, membership.c.to_s.is_(None))
        .values(to_s=at_s)
    )
    connection.execute(insert(membership).values(point_id=camera.point_id, unit_id=unit, from_s=at_s))
    camera.stays[-1] = (before[0], before[1], at_s)
    camera.stays.append((unit, at_s, END_S * 2))


def serve(connection: Connection, camera: Camera, from_s: int, to_s: int | None) -> None:
    """Set the dates of service."""
    connection.execute(
        update(point)
        .where(point.c.id == camera.point_id)
        .values(in_service_from_s=from_s, in_service_to_s=to_s)
    )
    camera.life = (from_s, END_S * 2 if to_s is None else to_s)
