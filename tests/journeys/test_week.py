"""The planted truth over a week of minutes, from the greeting of a camera to the figure of a report."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from sqlalchemy import Connection
from tests.availability.planted_truth import Bytes
from tests.engines import empty_sqlite
from tests.week_kit import MINUTE, Planted, Town

from lenskeeper.availability import rows_figures as figures
from lenskeeper.availability import rows_maintenance as plans
from lenskeeper.availability.exclusions import Kind
from lenskeeper.availability.figures import PointSums, Totals, UnitDay, added
from lenskeeper.availability.lanes import Lane
from lenskeeper.availability.maintenance import Plan, Recurrence, Target
from lenskeeper.availability.rows import runs_of
from lenskeeper.base.access import LOCAL_OPERATOR, ActorId, Scope
from lenskeeper.base.days import date_of, day_of, day_span
from lenskeeper.base.spans import Span
from lenskeeper.inventory.camera_file import CameraFile
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_devices import Equipment, Mount, install, swap
from lenskeeper.inventory.rows_points import move, retire
from lenskeeper.reporting.assemble import drill
from lenskeeper.reporting.definitions import Metric
from lenskeeper.reporting.periods import Period, period_of
from lenskeeper.reporting.report import Report
from lenskeeper.reporting.rows import report
from lenskeeper.reporting.sums import Sums
from lenskeeper.store.database import Store, open_store
from lenskeeper.units import rows as units
from lenskeeper.units.ids import UnitId

BERLIN, SHANGHAI = "Europe/Berlin", "Asia/Shanghai"
NORTH, SOUTH, HARBOUR = "north", "south", "harbour"
WITNESS = "rtsp://10.9.0.1:554/"
AUTHOR, SECOND = ActorId("first"), ActorId("second")
OLD, NEW = "Haikang", "Dahua"
LENGTHS_MIN = (1, 2, 3, 4, 5, 9, 10, 11, 15, 29, 30, 31, 59, 60, 61, 119, 240, 481, 1_440, 1_501)
FLAPPING = ((0.3, 0.4), (0.05, 0.5), (0.5, 0.05))  # chance a minute to fall silent, and to answer again
HOUR = 3_600
CUT_MIN, DARK_MIN, CRASH_MIN, KEPT_MIN, LATE_MIN = 40, 25, 17, 60, 120


@dataclass(frozen=True, slots=True)
class Plot:
    """When things happen. hour_min: minutes between two hours of the plot; turn_day: of a birth and a move."""

    begin_s: int
    minutes: int
    hour_min: float
    turn_day: date
    period: str
    days: tuple[date, ...]

    def at(self, hour: float) -> int:
        """The minute of an hour of the plot."""
        return int(hour * self.hour_min)

    def at_s(self, hour: float) -> int:
        """The same by a clock that nobody set."""
        return self.begin_s + self.at(hour) * MINUTE


def utc(month: int, day: int, hour: int, minute: int = 0) -> int:
    return int(datetime(2026, month, day, hour, minute, tzinfo=UTC).timestamp())


WEEK = Plot(  # Monday in Shanghai to Sunday night in Berlin, which has 25 hours
    utc(10, 18, 15),
    176 * 60,
    60.0,
    date(2026, 10, 22),
    "2026-W43",
    tuple(date(2026, 10, 19) + timedelta(days=n) for n in range(7)),
)
SHORT_DAY = Plot(  # the Sunday of 23 hours
    utc(3, 28, 21, 40), 25 * 60, 60 / 7, date(2026, 3, 29), "2026-03-29", (date(2026, 3, 29),)
)


@dataclass
class Story:
    """A town and what was planted in it."""

    plot: Plot
    town: Town
    units: dict[str, UnitId]
    by_name: dict[str, Planted] = field(default_factory=dict)
    known: dict[tuple[PointId, int, int], Totals] = field(default_factory=dict)

    def totals(self, one: Planted, a: int, b: int) -> Totals:
        """The plain sums of [a, b), counted once: the truth does not change while it is compared."""
        key = one.point_id, a, b
        if key not in self.known:
            self.known[key] = one.truth.totals(Lane.REACHABLE, a, b)
        return self.known[key]

    def do(self, hour: float, work: Callable[[Connection, int], object]) -> None:
        """An act upon the register at an hour of the plot; it is told what our clock shows then."""
        town = self.town
        town.after(self.plot.at(hour), lambda: town.store.write(lambda c: work(c, town.clock.now_s)))

    def propose(
        self, names: Iterable[str], when: list[Span] | Recurrence, unit: str = "", reason: str = "lamps"
    ) -> Plan:
        """Enter a plan of work now."""
        points = tuple(self.by_name[name].point_id for name in names)
        now_s = self.town.clock.now_s
        target = Target(points) if points else Target(unit_id=self.units[unit])
        return self.town.store.write(
            lambda c: plans.propose(
                c, target=target, when=when, kind=Kind.PLANNED_WORK, reason=reason, actor=AUTHOR, now_s=now_s
            )
        )

    def excludes(self, names: Iterable[str], plan: Plan, spans: Iterable[Span]) -> None:
        """Say that a plan takes these out."""
        for name in names:
            self.by_name[name].truth.plans[plan.plan_id] += spans


# -- planting


def told(store: Store, plot: Plot) -> Story:
    """24 cameras in three zones, two time zones and three units, and all that befalls them."""
    town = Town(store, plot.begin_s, plot.minutes, {NORTH: WITNESS})
    top = store.write(
        lambda c: units.add(c, name="land", tz=BERLIN, actor=LOCAL_OPERATOR, now_s=plot.begin_s)
    )
    story = Story(plot, town, {"land": top})
    for name, tz in (("centre", BERLIN), ("suburb", BERLIN), ("port", SHANGHAI)):
        add = partial(units.add, name=name, tz=tz, parent_id=top, actor=LOCAL_OPERATOR, now_s=plot.begin_s)
        story.units[name] = store.write(add)
    for net, zone, unit, tz, count in (
        (1, NORTH, "centre", BERLIN, 9),
        (2, SOUTH, "suburb", BERLIN, 7),
        (3, HARBOUR, "port", SHANGHAI, 4),
    ):
        for n in range(count):
            plant(story, f"{zone} {n}", f"rtsp://10.{net}.0.{n + 1}:554/live", unit, tz)
    recorder: set[int] = set()
    for n in range(4):
        one = plant(
            story, f"channel {n}", f"rtsp://10.8.0.1:554/ch{n}", "port", SHANGHAI, channel=f"ch{n}", klass=1
        )
        one.silent = recorder
    plant(story, "unborn", "rtsp://10.5.0.99:554/live", "suburb", BERLIN, begin=plot.turn_day)
    story.by_name["unborn"].truth.life = (day_span(day_of(plot.turn_day), BERLIN)[0], 1 << 40)
    plant_outages(story, Random(43))
    plant_blows(story)
    plant_acts(story)
    plant_plans(story)
    return story


def plant(story: Story, name: str, url: str, unit: str, tz: str, **more: Any) -> Planted:
    """One camera; the first of each zone never rests, or a zone without witnesses could fall silent as a whole."""
    begin = more.pop("begin", date_of(day_of(story.plot.days[0]) - 30))
    klass = more.pop("klass", 2 + len(story.by_name) % 2)
    file = CameraFile(
        name=name,
        url=url,
        make=OLD,
        zone=HARBOUR if unit == "port" else name.split(maxsplit=1)[0].replace("unborn", SOUTH),
        klass=klass,
        in_service_from=begin,
        **more,
    )
    one = story.town.plant(file, unit_id=story.units[unit], tz=tz)
    story.by_name[name] = one
    return one


def plant_outages(story: Story, chance: Random) -> None:
    """Outages of many lengths, cameras that flap, one that is dead for long, and channels that are not there."""
    town = story.town
    resting = [one for name, one in story.by_name.items() if not name.endswith(" 0")]
    for n, length in enumerate(LENGTHS_MIN):
        one = resting[n % len(resting)]
        begin = chance.randrange(town.minutes)
        one.silent.update(range(begin, begin + length))
    for (falls, rises), name in zip(FLAPPING, ("north 5", "south 5", "harbour 3"), strict=True):
        is_silent = False
        for minute in range(town.minutes):
            is_silent = chance.random() >= rises if is_silent else chance.random() < falls
            if is_silent:
                story.by_name[name].silent.add(minute)
    story.by_name["south 6"].silent.update(range(story.plot.at(130)))
    story.by_name["channel 1"].gone.update(range(story.plot.at(20), story.plot.at(26)))
    story.by_name["channel 3"].gone.update(range(story.plot.at(100), story.plot.at(160)))


def plant_blows(story: Story) -> None:
    """What befalls us and not the cameras; and one time, for comparison, all cameras of a zone that we can see."""
    town, at = story.town, story.plot.at
    town.cut[NORTH] = set(range(at(30), at(30) + CUT_MIN))
    for name in (name for name in story.by_name if name.startswith(NORTH)):
        story.by_name[name].silent.update(range(at(36.2), at(36.2) + DARK_MIN))
    town.crash = (at(50), at(50) + CRASH_MIN)
    town.set_clock(at(60), -3)
    town.set_clock(at(70), 5)
    town.kept_back = (SOUTH, range(at(78), at(78) + KEPT_MIN))
    for late_min in (LATE_MIN, LATE_MIN + 30):
        town.after(at(78) + KEPT_MIN + late_min, town.hand_over)


def plant_acts(story: Story) -> None:
    """Devices that are swapped and hung anew, a camera that is retired, and one that is given to another unit."""
    who = story.by_name
    turned = day_of(story.plot.turn_day)
    moved_s = day_span(turned, BERLIN)[0]

    def swapped(c: Connection, now_s: int) -> None:
        made = Equipment(make=NEW)
        swap(c, who["north 3"].point_id, made, at_s=now_s - 36, actor=LOCAL_OPERATOR, now_s=now_s)
        who["north 3"].hung.append((NEW, now_s - 36))

    def hung_anew(c: Connection, now_s: int) -> None:
        mount = Mount(url=who["harbour 1"].urls[1])
        made = Equipment(make=NEW)
        install(c, who["harbour 1"].point_id, made, mount, at_s=now_s - 7, actor=LOCAL_OPERATOR, now_s=now_s)
        who["harbour 1"].hung.append((NEW, now_s - 7))

    def retired(c: Connection, now_s: int) -> None:
        retire(c, who["south 4"].point_id, to_s=now_s - 20, actor=LOCAL_OPERATOR, now_s=now_s)
        who["south 4"].truth.life = (0, now_s - 20)

    def moved(c: Connection, now_s: int) -> None:
        point_id = who["north 4"].point_id
        move(c, point_id, story.units["suburb"], from_day=turned, actor=LOCAL_OPERATOR, now_s=now_s)

    who["harbour 1"].urls.append("rtsp://10.7.0.77:554/new")
    story.do(0.5, moved)
    story.do(90, swapped)
    story.do(95, hung_anew)
    story.do(110, retired)
    who["north 4"].truth.stays[:] = [
        (story.units["centre"], who["north 4"].truth.stays[0][1], moved_s),
        (story.units["suburb"], moved_s, 1 << 40),
    ]


def plant_plans(story: Story) -> None:
    """Work that overlaps, recurs, was called off before or amid it, waits for a second person, or was approved late."""
    plot, town = story.plot, story.town
    overlapping = [(plot.at_s(24), plot.at_s(24) + 3_000)], [(plot.at_s(24) + 1_817, plot.at_s(24) + 4_817)]
    for spans in overlapping:
        plan = story.propose(["north 1", "north 2"], spans)
        assert not plan.pending
        story.excludes(["north 1", "north 2"], plan, spans)
    nights = [
        int(datetime(d.year, d.month, d.day, 2, 30, tzinfo=ZoneInfo(BERLIN)).timestamp())
        for d in plot.days  # at 02:30, which comes twice in October and never in March
    ]
    plan = story.propose([], Recurrence(f"FREQ=DAILY;COUNT={len(nights)}", BERLIN, nights[0], 900), "suburb")
    assert not plan.pending
    for one in story.by_name.values():
        for unit_id, a, b in one.truth.stays:
            if unit_id == story.units["suburb"]:
                spans = [(max(a, at), min(b, at + 900)) for at in nights]
                one.truth.plans[plan.plan_id] += [span for span in spans if span[0] < span[1]]
    called_off = story.propose([], [(plot.at_s(40), plot.at_s(41))], "land")
    story.do(
        1, lambda c, now_s: plans.revoke(c, called_off.plan_id, reason="rain", actor=AUTHOR, now_s=now_s)
    )
    cut_short = story.propose(["south 1"], [(plot.at_s(100), plot.at_s(100) + 4_000)])
    assert not cut_short.pending
    end_s = plot.at_s(100) + 2_411
    story.do(
        100.9,
        lambda c, now_s: plans.revoke(
            c, cut_short.plan_id, reason="done", actor=AUTHOR, now_s=now_s, ends_s=end_s
        ),
    )
    story.excludes(["south 1"], cut_short, [(plot.at_s(100), end_s)])
    entered_late = [(plot.at_s(105), plot.at_s(105) + 5_000)]

    def wait() -> None:
        assert story.propose(["north 6"], entered_late).pending

    def approved() -> None:
        plan = story.propose(["north 7", "harbour 2"], entered_late)
        assert plan.pending
        now_s = town.clock.now_s
        town.store.write(lambda c: plans.approve(c, plan.plan_id, actor=SECOND, now_s=now_s))
        story.excludes(["north 7", "harbour 2"], plan, entered_late)

    town.after(plot.at(120), wait)
    town.after(plot.at(140), approved)


# -- comparing


def agrees(story: Story) -> None:
    """Every slot of the books, every sum and every report is what was planted."""
    with story.town.store.read() as connection:
        for one in story.town.cameras:
            wrong = np.flatnonzero(booked(connection, story, one) != one.truth.of(Lane.REACHABLE))
            assert not len(wrong), (one.urls, wrong[0] + story.town.span[0], len(wrong))
        for period in periods(story, BERLIN):
            sums_agree(connection, story, period)
        days_agree(connection, story)
        for unit, tz in (("land", BERLIN), ("centre", BERLIN), ("suburb", BERLIN), ("port", SHANGHAI)):
            reports_agree(connection, story, story.units[unit], tz)
        reports_agree(connection, story, None, BERLIN)


def booked(connection: Connection, story: Story, one: Planted) -> Bytes:
    """What the books say of each second."""
    out = one.truth.zeros()
    for run in runs_of(connection, Scope.ALL, one.point_id, Lane.REACHABLE, *story.town.span):
        out[one.truth.seconds(run.a, run.b)] = run.state
    return out


def periods(story: Story, tz: str) -> list[Period]:
    """The whole, and then its days."""
    names = [story.plot.period, *(day.isoformat() for day in story.plot.days)]
    return [period_of(name, tz) for name in names]


def plain_sums(story: Story, a: int, b: int, unit_id: UnitId | None = None) -> list[PointSums]:
    """Second by second."""
    return [
        PointSums(one.point_id, unit, one.truth.klass, begin, end, story.totals(one, begin, end))
        for one in story.town.cameras
        for unit, begin, end in one.truth.pieces(a, b)
        if unit_id in (None, story.units["land"], unit)
    ]


def sums_agree(connection: Connection, story: Story, period: Period) -> None:
    plain = plain_sums(story, period.a_s, period.b_s)
    for found in (figures.exact, figures.from_rollups):
        assert found(connection, Scope.ALL, Lane.REACHABLE, period.a_s, period.b_s) == plain


def days_agree(connection: Connection, story: Story) -> None:
    """Units by local days of each point, from the rollups and from the runs."""
    cells: dict[tuple[UnitId | None, int], list[Totals]] = defaultdict(list)
    first, end = day_of(story.plot.days[0]), day_of(story.plot.days[-1]) + 1
    for one in story.town.cameras:
        for day in range(first, end):
            for unit, a, b in one.truth.pieces(*day_span(day, one.truth.tz)):
                cells[unit, day].append(story.totals(one, a, b))
    plain = [UnitDay(*cell, added(cells[cell])) for cell in sorted(cells, key=lambda c: (c[0] or 0, c[1]))]
    for found in (figures.by_unit_and_day, figures.exact_by_unit_and_day):
        assert found(connection, Scope.ALL, Lane.REACHABLE, first, end) == plain


def reports_agree(connection: Connection, story: Story, unit_id: UnitId | None, tz: str) -> None:
    """The report of the whole range and of each day; the days add up to the range."""
    now_s = story.town.clock.now_s
    whole, *days = [
        report(connection, Scope.ALL, unit_id, period, now_s=now_s) for period in periods(story, tz)
    ]
    for one in (whole, *days):
        report_agrees(story, one, unit_id)
    assert [sum(column) for column in zip(*(additive(day) for day in days), strict=True)] == additive(whole)
    if unit_id is not None and unit_id != story.units["land"]:  # all its cameras are in one time zone
        assert [reach(line.sums) for line in whole.days] == [
            reach_of(plain_sums(story, *day_span(day_of(day), tz), unit_id)) for day in story.plot.days
        ]


def additive(made: Report) -> list[int]:
    """What adds up over days: all but the days of cameras that did not serve on them, which no report of a day has."""
    sums = made.whole.sums
    planned_s = sums.excluded_s - sums.out_of_service_s
    return [sums.up_s, sums.down_s, sums.expected_s, planned_s, sums.outages, sums.repaired, sums.repair_s]


def report_agrees(story: Story, made: Report, unit_id: UnitId | None) -> None:
    served = [
        one
        for one in plain_sums(story, made.period.a_s, made.period.b_s, unit_id)
        if one.totals.out_of_service_s < one.totals.span_s  # a camera not yet born is no camera of this range
    ]
    plain = added(one.totals for one in served)
    figure = {metric: made.whole.figure(metric) for metric in Metric}
    assert reach(made.whole.sums) == reach_of(served)
    assert figure[Metric.ONLINE].value == plain.up_s / (plain.up_s + plain.down_s)
    assert figure[Metric.COVERAGE].value == (plain.up_s + plain.down_s) / (plain.span_s - plain.excluded_s)
    assert figure[Metric.STRICT_ONLINE].value == plain.up_s / (plain.span_s - plain.excluded_s)
    assert figure[Metric.EXCLUDED].value == plain.excluded_s / 3_600
    assert sum(one.excluded_s for one in made.excluded if not one.pending) == plain.excluded_s
    for one in story.town.cameras:
        if len(one.hung) > 1:
            devices_agree(story, made, one)


def devices_agree(story: Story, made: Report, one: Planted) -> None:
    """The point goes on, and its seconds are each device's while it hung there."""
    a, b = made.period.a_s, made.period.b_s
    cuts = [max(a, min(b, from_s)) for _, from_s in one.hung] + [b]
    plain = [
        (make, begin, end, reach(story.totals(one, begin, end)))
        for (make, _), begin, end in zip(one.hung, cuts[:-1], cuts[1:], strict=True)
        if begin < end
    ]
    found = [(p.make, p.a_s, p.b_s, reach(p.sums)) for p in made.parts if p.point_id == one.point_id]
    assert found in ([], plain)  # or it is no camera of this unit


def reach(sums: Sums | Totals) -> tuple[int, ...]:
    return (
        *(sums.span_s, sums.excluded_s, sums.out_of_service_s, sums.up_s, sums.down_s),
        *(sums.outages, sums.repaired, sums.repair_s),
    )


def reach_of(parts: Iterable[PointSums]) -> tuple[int, ...]:
    return reach(added(one.totals for one in parts))


def lived(store: Store, plot: Plot) -> Story:
    story = told(store, plot)
    story.town.run()
    story.town.tell_truth()
    return story


@pytest.mark.timeout(600)  # a minute of work; a busy disk makes it wait
def test_a_week_of_minutes_is_in_the_books_and_reports_as_it_was(tmp_path: Path) -> None:
    store = open_store(empty_sqlite(tmp_path / "week.db"))
    agrees(lived(store, WEEK))
    store.close()


@pytest.mark.timeout(300)
def test_a_day_of_23_hours_is_in_the_books_of_both_engines_as_it_was(store: Store) -> None:
    agrees(lived(store, SHORT_DAY))


def test_200_cameras_dead_for_eight_hours_lose_exactly_eight_hours_each(store: Store) -> None:
    noon_s = day_span(day_of(date(2026, 11, 2)), SHANGHAI)[0] + 12 * HOUR
    town = Town(store, noon_s + 5 * HOUR, 10 * 60, {})
    town_id = store.write(
        lambda c: units.add(c, name="town", tz=SHANGHAI, actor=LOCAL_OPERATOR, now_s=noon_s)
    )
    for n in range(210):
        file = CameraFile(f"camera {n}", url=f"rtsp://10.0.0.{n + 1}:554/live", zone="town", klass=3)
        one = town.plant(file, unit_id=town_id, tz=SHANGHAI)
        if n >= 10:
            one.silent.update(range(60, 9 * 60))  # from 18:00, over midnight
    town.run()
    with store.read() as connection:
        period = period_of("2026-11-02..2026-11-03", SHANGHAI)
        made = report(connection, Scope.ALL, None, period, now_s=town.clock.now_s)
    lost = {one.name: one.numerator for one in drill(made, made.whole, Metric.LOST) if one.numerator}
    assert lost == {f"camera {n}": 8 * HOUR for n in range(10, 210)}
    sums = made.whole.sums
    assert (sums.outages, sums.repaired, sums.repair_s) == (200, 200, 200 * 8 * HOUR)
    assert sums.up_s == 210 * (10 * 60 - 1) * MINUTE - sums.down_s  # its first minute the prober waits
    assert [line.sums.down_s for line in made.days] == [200 * 6 * HOUR, 200 * 2 * HOUR]
