"""The demonstration: an installation for the fictitious river city, with a past that was lived through by its own code."""

import asyncio
import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from lenskeeper.availability.exclusions import Kind as Exclusion
from lenskeeper.availability.maintenance import Recurrence, Target
from lenskeeper.base.access import LOCAL_OPERATOR, ActorId, Scope
from lenskeeper.base.clock import Clock
from lenskeeper.base.days import date_of, day_span, local_day, local_instant
from lenskeeper.base.errors import Conflict
from lenskeeper.diagnosis.kinds import Kind
from lenskeeper.house import (
    acceptance,
    assessments,
    calendars,
    chores,
    contracts,
    day_plans,
    handover,
    map_overlays,
    organisation,
    register,
    reports,
    tickets,
    upkeep,
)
from lenskeeper.house.clock import StandingClock
from lenskeeper.house.demo_life import LATE_TURN_S, OLD_TURN_S, TURN_S, Life
from lenskeeper.house.home import Home, NewHome, make_home, opened
from lenskeeper.house.settings import SETTINGS_FILE
from lenskeeper.inventory import rows_credentials
from lenskeeper.inventory.rows_declarations import Declared
from lenskeeper.inventory.vault import Vault
from lenskeeper.probing.simulator.fleet import Ports
from lenskeeper.probing.simulator.river_city import CITY, DEPARTMENTS, OFFICES, RIVER, RiverCity, water
from lenskeeper.probing.simulator.spells import Course, Spell, live_spells, spells_of
from lenskeeper.tickets.acceptance import Check, Word
from lenskeeper.tickets.rows_calendars import NewGuarantee
from lenskeeper.units.ids import UnitId

TZ: Final = "Asia/Shanghai"
HOUR, DAY = 3_600, 86_400
LOGIN: Final = "demo"
BACK_DAYS: Final = 10  # the longest spell is shorter
PAPERS: Final = "papers"  # the folder of what was signed on paper: terms, schemes, lists of days
OFFICE, BUILDER = ActorId("local:office"), ActorId("local:builder")
BATCH: Final = "公园广场二期"
BATCH_BEGINS, BATCH_SIGNED, SHIFTS = 12, 7, 3  # days before today
FINE_DAYS, LATE_DAYS = 1, 4  # before today, in which the desk turns more often
PASTS_KEPT: Final = 3
STALE_DAYS: Final = 5  # a kept past that is older is made anew
HOME, DAY_FILE = "home", "day"
EDITION: Final = 2  # of what the demonstration shows: a past of another edition is made anew
PORTS: Final = Ports(28554, 28555, 28556, 28557, 28558)

SETTINGS: Final = """
[rounds]
picture_minutes_1 = 60
picture_minutes_2 = 60
picture_minutes_3 = 60
[serve]
metrics = ""
"""
TERMS: Final = """\
monthly_fee = "{fee}"
tickets_per_day_max = 200
[clocks.1]
respond = "1h"
restore = "8h"
[penalties]
late_response = "100.00"
late_restore_hour = "50.00"
repeated_fault = "200.00"
"""
SCHEME: Final = """\
[scheme.month]
title = "月度考核"
pass = 90
[[scheme.month.item]]
measure = "online_rate"
weight = 70
steps = [[99.5, 100], [98.5, 90], [97, 75], [95, 60]]
[[scheme.month.item]]
measure = "picture_integrity_rate"
weight = 30
steps = [[99, 100], [97, 85], [95, 60]]
"""
TENDER: Final = """\
hours = 72
picture_coverage = 20
without = ["resolution", "codec", "bitrate", "gop", "clock", "district", "legal_basis"]
"""
# contract: its contractor, monthly fee, calendar, and whose cameras are in its lot
LOTS: Final = {
    "东部运维标段": ("澜东智维有限公司", "186000.00", "", ("东浦区", "北湾县")),
    "西部运维标段": ("西屏网络工程有限公司", "142000.00", "", ("西屏区", "南渡区")),
    "交通水务标段": ("江岸机电有限公司", "98000.00", "office", ("交通运输局", "水务局")),
    "铁路景区标段": ("望澜通信有限公司", "76000.00", "office", ("铁路办", "文旅局", "城市管理局")),
}
# Public holidays of the year with the working days that make up for them, as the yearly list has them: month, day, kind.
HOLIDAYS: Final = (
    *((1, d, "holiday") for d in (1, 2, 3)),
    (1, 4, "work"),
    *((5, d, "holiday") for d in range(1, 6)),
    (5, 9, "work"),
    *((10, d, "holiday") for d in range(1, 8)),
    (10, 10, "work"),
)
DECLARED: Final = ("东浦区", "西屏区", "交通运输局", "水务局", "铁路办")  # the others are still asked for it


class Demo(msgspec.Struct, frozen=True):
    """Which city it is; kept with the database, as that of an exercise is."""

    demo_cameras: int
    seed: int = 1

    def city(self) -> RiverCity:
        """The cameras, their register and what becomes of them."""
        return RiverCity(self.demo_cameras, self.seed)


@dataclass(frozen=True, slots=True)
class DemoOrder:
    """What is asked for. days: of history, whole ones before today."""

    folder: Path
    demo: Demo
    days: int = 30
    ports: Ports = PORTS


def make_demo(order: DemoOrder, now_s: int) -> int:
    """Make the installation and live through its past, to the last local midnight; the local day it has come to.

    Conflict: there is an installation in the folder.
    """
    today = local_day(now_s, TZ)
    first = today - order.days
    clock = StandingClock(day_span(first, TZ)[0] - 15 * HOUR)
    home = make_home(
        NewHome(order.folder, CITY, TZ, exercise=msgspec.json.encode(order.demo).decode()), clock
    )
    try:
        with (order.folder / SETTINGS_FILE).open("a", encoding="utf-8") as file:
            file.write(SETTINGS)
        story = Story(home, order)
        story.found(first)
        story.live_days(first, today)
    finally:
        home.store.close()
    return today


def live_days(order: DemoOrder, day: int, end: int) -> None:
    """Live through the whole local days [day, end); it was left at the beginning of the first of them."""
    with _standing(order, day_span(day, TZ)[0]) as home:
        Story(home, order).live_days(day, end)


def live_today(order: DemoOrder, day: int, now_s: int) -> None:
    """Live through today, to this minute; it was left at its beginning."""
    with _standing(order, day_span(day, TZ)[0]) as home:
        story = Story(home, order)
        story.first, story.last = day - order.days, day
        story.live_to(now_s - now_s % 60)
        story.life.book_pictures()
        story.life.settle()


def script_of(order: DemoOrder, now_s: int, hours: int) -> list[Spell]:
    """What befalls the fleet from now on: what lasts, what the days bring, and some more for whoever watches."""
    today, city = local_day(now_s, TZ), order.demo.city()
    days = range(today - BACK_DAYS, today + hours // 24 + 2)
    usual = [spell for day in days for spell in spells_of(city, day_span(day, TZ)) if spell.b > now_s]
    return [*usual, *live_spells(city, now_s, hours)]


def ready_demo(order: DemoOrder, cache: Path, clock: Clock, say: Callable[[str], None]) -> None:
    """Have the installation in its folder, its past up to this minute. cache: where pasts are kept between runs.

    A kept past that ended some days ago is lived on; one that is older, or of other code, is made anew.
    """
    now_s = clock.now_ms() // 1000
    today, kept = local_day(now_s, TZ), cache / _name_of(order)
    day = _kept_day(kept)
    if day is None or not 0 <= today - day <= STALE_DAYS:
        say(
            f"living through {order.days} days of {order.demo.demo_cameras} cameras: once, some time within a minute"
        )
        make_demo(order, now_s)
        _keep(order.folder, kept, today)
    else:
        shutil.copytree(kept / HOME, order.folder, dirs_exist_ok=True)
        if day < today:
            say(f"living through {today - day} days more")
            live_days(order, day, today)
            _keep(order.folder, kept, today)
    live_today(order, today, clock.now_ms() // 1000)


def _name_of(order: DemoOrder) -> str:
    """A past is that of one city, one schema and one story: of the bytes of the code that makes it."""
    folder = Path(__file__).parent
    code = [*sorted((folder.parent / "store" / "migrations").rglob("*.py")), *sorted(folder.glob("demo*.py"))]
    code += [folder.parent / "probing" / "simulator" / name for name in ("river_city.py", "spells.py")]
    digest = hashlib.sha256(repr((order.demo, order.days, order.ports, EDITION)).encode())
    for file in code:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:24]


def _kept_day(kept: Path) -> int | None:
    try:
        return int((kept / DAY_FILE).read_text())
    except (FileNotFoundError, ValueError):
        return None


def _keep(folder: Path, kept: Path, day: int) -> None:
    """Keep a past, whole or not at all, and let the oldest go; nobody's account is in it."""
    beside = kept.with_suffix(f".{os.getpid()}")
    beside.mkdir(parents=True)
    shutil.copytree(folder, beside / HOME)
    (beside / DAY_FILE).write_text(str(day))
    shutil.rmtree(kept, ignore_errors=True)
    beside.replace(kept)
    for old in sorted(kept.parent.iterdir(), key=lambda path: path.stat().st_mtime_ns)[:-PASTS_KEPT]:
        shutil.rmtree(old, ignore_errors=True)


@contextlib.contextmanager
def _standing(order: DemoOrder, at_s: int) -> Iterator[Home]:
    with opened(order.folder / SETTINGS_FILE, StandingClock(at_s)) as home:
        yield home


class Story:
    """What people of the city do besides: units, contracts, calendars, plans, papers."""

    def __init__(self, home: Home, order: DemoOrder) -> None:
        assert isinstance(home.clock, StandingClock)
        self.home, self.order, self.clock = home, order, home.clock
        self.city = order.demo.city()
        self.papers = order.folder / PAPERS
        self.papers.mkdir(exist_ok=True)
        urls = self.city.fleet.targets(order.ports)
        self.by_url = {url: number for number, url in enumerate(urls)}
        self.first = self.last = 0
        self._spells: dict[int, list[Spell]] = {}
        self._course: tuple[int, Course] | None = None  # of the day that is lived
        self._life: Life | None = None

    @property
    def newcomers(self) -> int:
        """How many cameras are put up later, in one batch; none where there is no time for it."""
        return self.city.newcomers if self.order.days > BATCH_BEGINS else 0

    @property
    def life(self) -> Life:
        """Who lives through it; begun when there are cameras."""
        if self._life is None:
            self._life = Life(self.home, Course(()), self.by_url)
        return self._life

    # -- before the first day

    def found(self, first: int) -> None:
        """From nothing to a fleet under contract, on the day before the first."""
        self._units()
        self._logins()
        self._import("cameras.csv", range(self.city.cameras - self.newcomers))
        document = f"澜视联〔{date_of(first).year}〕7号"
        register.accept(self.home, CITY, from_day=first, agreed_day=None, document=document)
        self._calendars(first)
        self._contracts(first)
        for path in DECLARED:
            of = next(office for office in OFFICES if office.department == path)
            what = Declared(purpose=of.purpose, legal_basis="《公共安全视频图像信息系统管理条例》第七条")
            order = register.DeclareOrder(
                what, document=f"{path}公告〔{date_of(first).year}〕3号", unit=f"{CITY}/{path}"
            )
            register.declare(self.home, order)
        for kind in (Kind.BLUR, Kind.OCCLUDED):
            tickets.set_trust(self.home, kind, "上线前抽查50例，均正确", OFFICE, is_trusted=True)
        self._plans(first)
        areas = map_overlays.load_overlay(self.home, RIVER, water(), "wgs84", actor=LOCAL_OPERATOR)
        map_overlays.share_overlay(self.home, areas, actor=LOCAL_OPERATOR)
        asyncio.run(chores.derive_exclusions(self.home))

    def _units(self) -> None:
        for number, path in enumerate(dict.fromkeys(office.department for office in OFFICES), 1):
            kind = "department" if path in DEPARTMENTS else "region"
            level = "" if kind == "department" else "county"
            code = f"9902{number:02}" if kind == "region" else f"LC-{number:02}"
            self._add_unit(organisation.NewUnit(f"{CITY}/{path}", kind, code, level))
            below = [office.path for office in OFFICES if office.department == path]
            for n, each in enumerate(below, 1):
                more = f"{code}{n:03}" if kind == "region" else f"{code}-{n}"
                self._add_unit(
                    organisation.NewUnit(f"{CITY}/{each}", kind, more, "town" if kind == "region" else "")
                )

    def _add_unit(self, new: organisation.NewUnit) -> None:
        organisation.add_unit(self.home, new, LOCAL_OPERATOR)

    def _logins(self) -> None:
        login, vault = self.city.login, Vault.open(self.home.key_file)
        self.home.store.write(
            lambda c: rows_credentials.add(
                c, vault, name=LOGIN, account=login.user, password=login.password, actor=LOCAL_OPERATOR, now_s=self.clock.now,
            ),
            durable=True,
        )  # fmt: skip

    def _import(self, name: str, of: range) -> None:
        sheet = self.order.folder / PAPERS / name
        self.city.write_sheet(sheet, self.order.ports, credential=LOGIN, of=of)
        register.commit(self.home, register.SheetOrder(sheet, crs="wgs84"))

    def _calendars(self, first: int) -> None:
        years = sorted({date_of(first).year, date_of(first + self.order.days).year})
        calendars.set_calendar(self.home, "office", TZ, "Mon-Fri 08:30-17:30", LOCAL_OPERATOR)
        for year in years:
            file = self.papers / f"holidays-{year}.csv"
            file.write_text(
                "date,kind\n" + "".join(f"{year}-{m:02}-{d:02},{kind}\n" for m, d, kind in HOLIDAYS)
            )
            calendars.load_year(self.home, "office", file, year, LOCAL_OPERATOR)

    def _contracts(self, first: int) -> None:
        for n, (name, (contractor, fee, calendar, parts)) in enumerate(LOTS.items(), 1):
            terms = self.papers / f"terms-{n}.toml"
            terms.write_text(TERMS.format(fee=fee), encoding="utf-8")
            new = contracts.NewContract(
                name, contractor, f"LC-HT-{n:03}", first, first + 2 * 365, terms, calendar
            )
            contracts.add_contract(self.home, new, LOCAL_OPERATOR)
            points = [p for part in parts for p in calendars.points_said(self.home, (), f"{CITY}/{part}")]
            contracts.add_points(self.home, name, points, first, LOCAL_OPERATOR)

    def _plans(self, first: int) -> None:
        """A weekly window on the ring road, and a festival in the scenic area in the last ten days."""
        ring = self._unit_id("交通运输局/环城路")
        start = local_instant(first + (6 - (first + 3) % 7) % 7, 2 * HOUR, TZ)
        rule = Recurrence("FREQ=WEEKLY;BYDAY=SU", TZ, start, 2 * HOUR)
        plan = upkeep.plan_work(
            self.home,
            Target(unit_id=ring),
            rule,
            Exclusion.PLANNED_WORK,
            "路灯供电改造，每周日凌晨停电",
            OFFICE,
        )
        upkeep.agree_to_work(self.home, plan.plan_id, ActorId("local:head"))
        scenic = calendars.points_said(self.home, (), f"{CITY}/文旅局/翠屏山景区")
        begin = local_instant(first + self.order.days - 6, 8 * HOUR, TZ)
        calendars.add_guarantee(
            self.home,
            NewGuarantee(
                "红叶节保障",
                begin,
                begin + 10 * DAY,
                HOUR // 2,
                2 * HOUR,
                "澜政办〔保〕12号",
                scenic,
                freezes_works=True,
            ),
            LOCAL_OPERATOR,
        )

    def _unit_id(self, path: str) -> UnitId:
        lines = organisation.unit_lines(self.home)
        return next(line.unit.unit_id for line in lines if line.unit.path == f"{CITY}/{path}")

    # -- day after day

    def live_days(self, first: int, end: int) -> None:
        """Whole local days [first, end), each with what its people do."""
        self.first, self.last = end - self.order.days, end
        for day in range(first, end):
            span = day_span(day, TZ)
            self.live_to(local_instant(day, 9 * HOUR, TZ))
            self._morning(day)
            self.live_to(span[1])
            self.life.book_pictures()
            asyncio.run(chores.add_up_days(self.home))

    def live_to(self, to_s: int) -> None:
        """To an instant of the present or a later day."""
        if to_s <= self.clock.now:
            return
        today = local_day(to_s - 1, TZ)
        if self._course is None or self._course[0] != today:
            days = range(today - BACK_DAYS, today + 1)
            self._course = today, Course(spell for day in days for spell in self.spells_on(day))
        past = self.last - today
        turn_s = TURN_S if past <= FINE_DAYS else LATE_TURN_S if past <= LATE_DAYS else OLD_TURN_S
        self.life.live(to_s, self._course[1], turn_s=turn_s)

    def spells_on(self, day: int) -> list[Spell]:
        """What begins on a local day."""
        if day not in self._spells:
            self._spells[day] = spells_of(self.city, day_span(day, TZ))
        return self._spells[day]

    def _morning(self, day: int) -> None:
        """What is done at nine, as the calendar has it."""
        on, left = date_of(day), self.last - day
        if on.day == 1:
            self._issue(f"{date_of(day - 1):%Y-%m}")
        if on.weekday() == 0 and left <= 7 <= day - self.first:
            year, week, _ = date_of(day - 1).isocalendar()
            self._issue(f"{year}-W{week:02}")
        if left == BATCH_BEGINS and self.newcomers:
            self._begin_batch()
        if left == BATCH_SIGNED and self.newcomers:
            self._sign_batch()
        if left == 1:
            self._assess(day)
            self._judge()
            self._plan_day(day + 1)
        if left <= SHIFTS:
            order = handover.ShiftOrder(
                from_s=self.clock.now - DAY, to_s=self.clock.now, notes=("夜班无异常",)
            )
            handover.sign(self.home, order, ActorId("local:night"), ActorId("local:day"), OFFICE)

    def _issue(self, period: str) -> None:
        reports.issue_report(self.home, reports.ReportOrder(period))

    def _begin_batch(self) -> None:
        of = range(self.city.cameras - self.newcomers, self.city.cameras)
        self._import("newcomers.csv", of)
        tender = self.papers / "tender.toml"
        tender.write_text(TENDER, encoding="utf-8")
        codes = [self.city.code(number) for number in of]
        if codes:
            order = acceptance.BatchOrder(BATCH, tender, "LC-YS-002", codes=codes)
            acceptance.begin(self.home, order, OFFICE)
            self.life.reread()

    def _sign_batch(self) -> None:
        for number in range(self.city.cameras - self.newcomers, self.city.cameras):
            for check in (Check.SIGN, Check.RECORDING):
                is_passed = check is not Check.SIGN or number % 20 != 7
                words = "现场查看，符合要求" if is_passed else "杆上无标识牌"
                acceptance.answer(
                    self.home, BATCH, self.city.code(number), check, OFFICE, is_passed=is_passed, words=words
                )
        sheet = acceptance.shown(self.home, BATCH).sheet
        assert sheet is not None
        out = [point.code for point in sheet.points if point.word is not Word.PASSED]
        acceptance.sign(self.home, BATCH, leave_out=out, by=OFFICE, beside=BUILDER)

    def _assess(self, day: int) -> None:
        """A draft of last month's assessment, with an objection that waits for its ruling."""
        last = date_of(day - date_of(day).day)
        if day - date_of(day).day < self.first or self._has_assessed(f"{last:%Y-%m}"):
            return  # no day of it was lived, or it was done
        scheme = self.papers / "schemes.toml"
        scheme.write_text(SCHEME, encoding="utf-8")
        new = assessments.NewAssessment(
            f"{last:%Y-%m}", reports.SchemeOrder(scheme, "month"), contract=next(iter(LOTS))
        )
        assessments.draft_assessment(self.home, new, OFFICE)

    def _has_assessed(self, month: str) -> bool:
        known = assessments.assessments(self.home)
        return any(f"{date_of(line.proceeding.first_day):%Y-%m}" == month for line in known)

    def _judge(self) -> None:
        """Half of the review tray is looked through."""
        waiting = {(one.name, one.case.kind): one for one in tickets.waiting(self.home, Scope.ALL)}
        for n, one in enumerate(list(waiting.values())[::2]):
            tickets.judge_case(self.home, one.name, one.case.kind, OFFICE, is_right=n % 5 != 4)

    def _plan_day(self, day: int) -> None:
        for name in LOTS:
            with contextlib.suppress(Conflict):  # nothing waits for this crew
                day_plans.make_day(
                    self.home, Scope.ALL, day_plans.DayOrder(day, contract=name, stops_min=1), OFFICE
                )


def ports_from(first: int) -> Ports:
    """Where its cameras listen: five ports in a row."""
    return Ports(first, first + 1, first + 2, first + 3, first + 4)
