"""The scripted month of a simulated city, typed as commands, its papers held against the planted truth.

2,000 cameras of six offices, three contractors, a storm, a feeder fault, a dead line, a festival, relapses, reboots, a disputed
month and an acceptance of 50 points. What the cameras do is planted; rounds go minute by minute into the real books, the
real desk takes its turns, crews act through the real tickets. Some pictures lose their focus meanwhile. Nobody but this script knows the truth.

  ./run bench month                      the whole of it, some ten minutes
  ./run bench month --cameras 240        a short one
"""

import argparse
import asyncio
import contextlib
import csv
import io
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection, delete, insert

from bench import keep
from lenskeeper.availability.exact import observe
from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.looks import said_by_look
from lenskeeper.availability.observations import Observation, Round
from lenskeeper.availability.rounds import RoundFolder
from lenskeeper.availability.rows_dirty import mark_dirty
from lenskeeper.base.access import ROUNDS, ActorId, Scope
from lenskeeper.base.days import day_of, day_span, local_instant
from lenskeeper.base.outcomes import Outcome
from lenskeeper.base.spans import Span, clip, length
from lenskeeper.cli import main as type_command
from lenskeeper.diagnosis.kinds import Severity, Verdict
from lenskeeper.diagnosis.schema import held_fault
from lenskeeper.house import chores
from lenskeeper.house import contracts as contract_acts
from lenskeeper.house import tickets as acts
from lenskeeper.house.assessments import changes_of, shown
from lenskeeper.house.clock import StandingClock
from lenskeeper.house.desk import RepairDesk
from lenskeeper.house.home import EXERCISE_NOW, Home, opened
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_points import find
from lenskeeper.inventory.rows_watched import watched
from lenskeeper.probing.simulator.fleet import Ports, city
from lenskeeper.probing.simulator.sheet import CITY, HEADER, OFFICES, rows
from lenskeeper.tickets import rows as ticket_rows
from lenskeeper.tickets.causes import CauseKind
from lenskeeper.tickets.deductions import Clause
from lenskeeper.tickets.desk import PATIENCE_S, SETTLE_S, TicketId
from lenskeeper.tickets.routing import Desk
from lenskeeper.tickets.rows import Asked, Ticket
from lenskeeper.tickets.states import Resolution, Stage, Step

TZ: Final = "Asia/Shanghai"
YEAR, MONTH, DAYS = 2026, 10, 31
MINUTE, HOUR, DAY = 60, 3_600, 86_400
TURN_S: Final = 600
LOOK_S: Final = 1_800
NEW: Final = 50  # points of the batch that is accepted
OBJECTIONS: Final = 40
STORM_DAY: Final = 12
STORM_FROM: Final = 1_000  # cameras: fewer have too few poles for fifty causes in an hour
HOLIDAYS: Final = [(d, "holiday") for d in range(1, 8)] + [(10, "work")]
CREW: Final = ActorId("local:crew")
# contract: offices of the sheet, by place in its list; calendar
LOTS: Final = {"道路标段": ((0, 1), ""), "水旅标段": ((2, 3), ""), "铁路老城标段": ((4, 5), "office")}
TERMS: Final = """
monthly_fee = "300000.00"
tickets_per_day_max = 200
[clocks.1]
respond = "1h"
restore = "8h"
[penalties]
late_response = "100.00"
late_restore_hour = "50.00"
repeated_fault = "200.00"
"""
SCHEME: Final = """
[scheme.month]
title = "月度考核"
pass = 90
[[scheme.month.item]]
measure = "online_rate"
weight = 100
steps = [[99, 100], [95, 80], [90, 50]]
"""
TENDER: Final = """
hours = 72
picture_coverage = 20
without = ["resolution", "codec", "bitrate", "gop", "clock", "district", "legal_basis"]
"""


@dataclass(slots=True)
class Work:
    """Something that breaks once: its cameras, from when, until when. is_left: no crew goes, it comes back by itself.

    seen_s: how much later it is seen, and seen to be over: of a picture, when the look of its half hour has been booked.
    """

    cameras: tuple[int, ...]
    from_s: int
    to_s: int
    kind: CauseKind = CauseKind.CAMERA
    answers_after_s: int = 30 * MINUTE
    is_left: bool = False
    relapse: "Work | None" = None
    is_relapse: bool = False
    seen_s: int = 0


@dataclass(slots=True)
class Seen:
    """What the script itself wrote down of a ticket: instants of the crew's acts, whatever the books say."""

    opened_s: int
    assigned_s: int | None = None
    answered_s: int | None = None
    back_s: int | None = None


def at(day: int, hour: float) -> int:
    """An instant of the month, local."""
    return local_instant(day_of_month(day), int(hour * HOUR), TZ)


def day_of_month(day: int) -> int:
    return day_of(date(YEAR, MONTH, day))


class City:
    """The installation, its truth and its clock."""

    def __init__(self, folder: Path, cameras: int) -> None:
        self.folder, self.cameras = folder / "city", cameras
        self.config = self.folder / "lenskeeper.toml"
        self.clock = StandingClock(at(1, 0) - 3 * DAY)
        self.chance = random.Random(7)
        self.works: list[Work] = []
        self.free: dict[int, list[Span]] = defaultdict(list)  # when a camera has something already
        self.reboots: list[tuple[int, Span]] = []
        self.down: dict[int, list[Span]] = defaultdict(list)
        self.seen: dict[TicketId, Seen] = {}
        self.desk = RepairDesk()
        self.acts: Counter[str] = Counter()
        self.turn_s = 0.0

    # -- typing

    def type(self, *words: str, code: int = 0) -> str:
        """A command as a person types it, at the city's hour; what it printed."""
        os.environ[EXERCISE_NOW] = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(self.clock.now))
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            got = type_command(["--config", str(self.config), *words])
        os.environ.pop(EXERCISE_NOW)
        if got != code:
            raise SystemExit(f"{' '.join(words)} ended with {got}:\n{out.getvalue()}")
        return out.getvalue()

    def found(self) -> None:
        """From nothing to a fleet with contracts, a calendar and a festival."""
        with contextlib.redirect_stdout(io.StringIO()):
            assert type_command(["init", str(self.folder), "--exercise", str(self.cameras), "--tz", TZ]) == 0
        self.sheet("old.csv", 0, self.cameras)
        self.type("import", str(self.folder / "old.csv"), "--commit")
        self.type("accept", "unit", CITY, "--from", "2026-09-28", "--document", "no. 1")
        (self.folder / "days.csv").write_text(
            "date,kind\n" + "".join(f"{YEAR}-{MONTH:02}-{d:02},{kind}\n" for d, kind in HOLIDAYS)
        )
        self.type("calendars", "set", "office", "--hours", "Mon-Fri 08:30-17:30", "--tz", TZ)
        self.type("calendars", "load", "office", str(self.folder / "days.csv"), "--year", str(YEAR))
        (self.folder / "terms.toml").write_text(TERMS)
        self.type("causes", "trust", "blur", "yes", "--because", "a month to be counted")
        units = [unit for unit, *_ in OFFICES]
        for name, (places, calendar) in LOTS.items():
            more = ("--calendar", calendar) if calendar else ()
            self.type(
                "contracts", "add", name, "--contractor", f"{name}公司", "--document", "HT-1", "--from",
                "2026-10-01", "--to", "2027-09-30", "--terms", str(self.folder / "terms.toml"), *more,
            )  # fmt: skip
            for place in places:
                self.type("contracts", "points", name, "--add", "--unit", units[place], "--on", "2026-10-01")
        codes = [f"{n:07}" for n in self.festival()]
        self.type(
            "calendars", "guarantee", "add", "festival", "--from", "2026-10-17 08:00", "--to", "2026-10-19 20:00",
            "--points", *[f"9901000000132{code}" for code in codes], "--respond", "30m", "--restore", "2h",
            "--document", "order 9",
        )  # fmt: skip

    def sheet(self, name: str, first: int, end: int) -> None:
        """Rows of the simulated city's register, [first, end)."""
        plan = city(self.cameras + NEW, seed=1)
        table = list(rows(plan, Ports(), seed=1))[first:end]
        with (self.folder / name).open("w", encoding="utf-8-sig", newline="") as file:
            out = csv.DictWriter(file, HEADER)
            out.writeheader()
            out.writerows(table)

    def festival(self) -> list[int]:
        """Twenty cameras of the scenic area."""
        return [n for n in range(self.cameras) if n % 6 == 3][:20]

    # -- the truth

    def plant(self) -> None:
        """Everything that breaks in the month."""
        for cameras, day, hours, kind in (
            (range(36, 48), 5, (9, 15), CauseKind.FEEDER),  # twelve cameras of all six offices
            (range(72, 96), 8, (13, 15), CauseKind.UPLINK),
        ):
            self.works.append(Work(tuple(cameras), at(day, hours[0]), at(day, hours[1]), kind))
            for n in cameras:
                self.free[n].append((at(4, 0), at(10, 0)))
        for n in self.festival()[:3]:
            self.lone(n, at(17, 10) + self.minutes(120), 5, answers_after_s=20 * MINUTE)
        for n in self.festival()[3:5]:
            self.lone(n, at(18, 9), 6, answers_after_s=50 * MINUTE)
        storm = self.chance.sample(range(102, self.cameras, 3), min(120, self.cameras // 6))  # as many poles
        for k, n in enumerate(storm):
            self.lone(n, at(STORM_DAY, 14) + k % 55 * MINUTE, 3 + k % 9)
        self.plant_relapses()
        self.plant_pictures()
        self.plant_usual()
        self.plant_reboots()
        for work in self.works:
            for n in work.cameras if not work.seen_s else ():
                self.down[n].append((work.from_s, work.to_s))
        for n, spell in self.reboots:
            self.down[n].append(spell)

    def lone(self, n: int, from_s: int, hours: float, **how: Any) -> Work | None:
        """One camera fails, unless it does already around that time."""
        to_s = from_s + int(hours * 60) * MINUTE
        if any(a < to_s + 30 * HOUR and from_s - 30 * HOUR < b for a, b in self.free[n]):
            return None
        self.free[n].append((from_s, to_s))
        work = Work((n,), from_s, to_s, **how)
        self.works.append(work)
        return work

    def plant_relapses(self) -> None:
        """Ten that are repaired and fail again three hours later."""
        for n in self.chance.sample(range(100, self.cameras), 10):
            work = self.lone(n, at(20, 9) + self.minutes(300), 3)
            if work is not None:
                again = Work(work.cameras, work.to_s + 3 * HOUR, work.to_s + 7 * HOUR, is_relapse=True)
                work.relapse = again
                self.free[n].append((again.from_s, again.to_s))
                self.works.append(again)

    def plant_pictures(self) -> None:
        """Forty cameras out of focus: they answer all the time, and only looks for pictures show it."""
        for n in self.chance.sample(range(100, self.cameras), 40):
            day, is_long = self.chance.randrange(1, DAYS - 3), self.chance.random() < 0.3
            begin = at(day, 0) + self.chance.randrange(48) * LOOK_S
            hours = self.chance.randrange(50, 90) / 2 if is_long else self.chance.randrange(6, 20) / 2
            self.lone(n, begin, hours, seen_s=LOOK_S, is_left=self.chance.random() < 0.2)

    def pictures(self, home: Home) -> None:
        """What looks say of the pictures in the half hour that is over; two looks have agreed by then."""
        end_s = self.clock.now
        said: list[Observation] = []
        for work in self.works:
            if not work.seen_s or not work.from_s < end_s <= work.to_s + LOOK_S:
                continue
            (point_id,) = (self.point_of[n] for n in work.cameras)
            verdict = Verdict.FAULT if end_s <= work.to_s else Verdict.FIT
            slot = (end_s - LOOK_S, end_s)
            said += said_by_look(point_id, slot, Outcome.PLAYING, verdict, kinds="blur", prober="p-1")
            if end_s == work.from_s + LOOK_S:
                home.store.write(partial(self.hold, point_id, work.from_s))
            elif verdict is Verdict.FIT:
                gone = delete(held_fault).where(held_fault.c.point_id == point_id)
                home.store.write(partial(Connection.execute, statement=gone))
        home.store.write(lambda c: observe(c, said, now_s=end_s, mark=mark_dirty, actor=ROUNDS))

    def hold(self, point_id: PointId, since_s: int, connection: Connection) -> None:
        connection.execute(
            insert(held_fault).values(
                point_id=point_id, rung="sub", kind="blur", since_s=since_s, opened_s=self.clock.now,
                severity=Severity.SEVERE, figure=1.0, limit_value=0.5, compared_with="planted",
            )
        )  # fmt: skip

    def plant_usual(self) -> None:
        """What breaks in any month: one in ten for long, one in ten with a slow crew, one in five comes back by itself."""
        for _ in range(self.cameras * 3 // 10):
            n, day = self.chance.randrange(100, self.cameras), self.chance.randrange(1, DAYS - 2)
            is_long, is_slow = self.chance.random() < 0.1, self.chance.random() < 0.1
            hours = self.chance.uniform(12, 40) if is_long else self.chance.uniform(1, 6)
            self.lone(
                n,
                at(day, 0) + self.minutes(1_440),
                hours,
                answers_after_s=5 * HOUR if is_slow else 30 * MINUTE,
                is_left=self.chance.random() < 0.2,
            )

    def plant_reboots(self) -> None:
        """Two to five minutes, three times as many as there are cameras."""
        for _ in range(self.cameras * 3):
            n, begin = self.chance.randrange(100, self.cameras), at(1, 0) + self.minutes(DAYS * 1_440 - 10)
            spell = (begin, begin + self.chance.randrange(2, 6) * MINUTE)
            if not any(a - 40 * MINUTE < spell[1] and spell[0] < b + 40 * MINUTE for a, b in self.free[n]):
                self.free[n].append(spell)
                self.reboots.append((n, spell))

    def minutes(self, most: int) -> int:
        return self.chance.randrange(most) * MINUTE

    # -- living

    def live(self, home: Home, first: int, end: int) -> None:
        """The days [first, end) of the month."""
        with home.store.read() as connection:
            fleet = watched(connection, Scope.ALL, home.now_s())
        self.place_of = {camera.point_id: place for place, camera in enumerate(fleet)}
        self.point_of = self.points(home)
        roster = [camera.point_id for camera in fleet]
        self.folder_of_rounds = RoundFolder("", Lane.REACHABLE, roster, mark=mark_dirty)
        flips: dict[int, list[tuple[int, int]]] = defaultdict(list)
        codes = np.full(len(roster), State.UP, np.uint8)
        down: set[int] = set()
        for n, spells in self.down.items():
            place = self.place_of[self.point_of[n]]
            for a, b in spells:
                flips[a].append((place, State.DOWN))
                flips[b].append((place, State.UP))
                if a < at(first, 0) < b:
                    codes[place] = State.DOWN
                    down.add(place)
        for slot_s in range(at(first, 0), day_span(day_of_month(1) + end - 1, TZ)[0], MINUTE):
            for place, state in flips.get(slot_s, ()):
                codes[place] = state
                (down.add if state is State.DOWN else down.discard)(place)
            found = Round(
                slot_s, MINUTE, codes.tobytes(), dict.fromkeys(down, Outcome.TIMED_OUT.value), prober="p-1"
            )
            home.store.write(partial(self.fold, found))
            self.folder_of_rounds.applied()
            self.clock.now = slot_s + MINUTE
            if self.clock.now % LOOK_S == 0:
                self.pictures(home)
            if self.clock.now % TURN_S == 0:
                began = time.perf_counter()
                self.acts.update(home.store.write(lambda c: self.desk.turn(c, self.clock.now)).acts)
                self.turn_s += time.perf_counter() - began
                self.crews(home)
            if self.clock.now % DAY == 16 * HOUR:  # local midnight
                asyncio.run(chores.add_up_days(home))
                self.looks(home)

    def fold(self, found: Round, connection: Connection) -> None:
        self.folder_of_rounds.fold(connection, found, now_s=found.slot_s + MINUTE, actor=ROUNDS)

    def points(self, home: Home) -> dict[int, PointId]:
        """Points by their number in the sheet, which ends their code."""
        out: dict[int, PointId] = {}
        with home.store.read() as connection:
            codes = {f"9901000000132{n:07}": n for n in range(self.cameras + NEW)}
            for code, ids in find(connection, Scope.ALL, list(codes), home.now_s()).items():
                if ids:
                    out[codes[code]] = ids[0]
        return out

    def looks(self, home: Home) -> None:
        """Pictures of the batch on trial: fit, but one is faulty by night and of one none ever comes."""
        on_trial = [n for n in range(self.cameras, self.cameras + NEW) if n in self.point_of]
        if not on_trial:
            return
        begin = self.clock.now - DAY
        said = []
        for n in on_trial[:-1]:
            for slot_s in range(begin, self.clock.now, 30 * MINUTE):
                is_night = not 6 <= (slot_s + 8 * HOUR) % DAY // HOUR < 18
                verdict = Verdict.FAULT if n == on_trial[0] and is_night else Verdict.FIT
                said += said_by_look(
                    self.point_of[n], (slot_s, slot_s + 30 * MINUTE), Outcome.PLAYING, verdict, prober="p-1"
                )
        home.store.write(lambda c: observe(c, said, now_s=self.clock.now, mark=mark_dirty, actor=ROUNDS))

    def crews(self, home: Home) -> None:
        """Contractors go as they were planted to; the power company and the carrier say nothing."""
        with home.store.read() as connection:
            live = ticket_rows.tickets(connection, Scope.ALL, Asked(), now_s=self.clock.now)
            points = ticket_rows.points_of(connection, [t.ticket_id for t in live])
        numbers = {p: n for n, p in self.point_of.items()}
        for ticket in live:
            seen = self.seen.setdefault(ticket.ticket_id, Seen(ticket.opened_s))
            if not ticket.held and seen.assigned_s is None:
                seen.assigned_s = self.clock.now
            work = self.work_of({numbers[p] for p in points[ticket.ticket_id]})
            if work is None or ticket.desk is not Desk.CONTRACTOR or work.is_left or ticket.held:
                continue
            self.go(home, ticket, seen, work)

    def go(self, home: Home, ticket: Ticket, seen: Seen, work: Work) -> None:
        now_s = self.clock.now
        sent_s = max(seen.assigned_s or now_s, work.from_s)
        match ticket.stage:
            case Stage.ASSIGNED | Stage.REGRESSED if now_s >= sent_s + work.answers_after_s:
                acts.step(home, ticket.ticket_id, Step.ACCEPT, CREW)
                seen.answered_s = seen.answered_s or now_s
            case Stage.ACCEPTED if now_s >= work.to_s - 30 * MINUTE:
                acts.step(home, ticket.ticket_id, Step.ARRIVE, CREW)
            case Stage.ON_SITE if now_s >= work.to_s:
                acts.step(home, ticket.ticket_id, Step.FINISH, CREW)
            case _:
                pass

    def work_of(self, cameras: set[int]) -> Work | None:
        """The planted work behind a ticket, now or last."""
        mine = [w for w in self.works if cameras & set(w.cameras) and w.from_s <= self.clock.now]
        return max(mine, key=lambda w: w.from_s, default=None)


# ---- the papers against the truth


@dataclass(slots=True)
class Ledger:
    """What was checked, and what of it is wrong."""

    rows: list[tuple[str, str, str]]
    wrong: list[str]

    def hold(self, what: str, got: object, truth: object) -> None:
        """Two things that must be equal."""
        self.rows.append((what, str(got), str(truth)))
        if got != truth:
            self.wrong.append(f"{what}: {got}, in truth {truth}")


def turn_after(at_s: int) -> int:
    """The first turn of the desk at or after an instant."""
    return -(-at_s // TURN_S) * TURN_S


def klass_of(n: int) -> int:
    return OFFICES[n % len(OFFICES)][1]


def opens(work: Work) -> int:
    """When its ticket must be opened."""
    return turn_after(work.from_s + max(work.seen_s, PATIENCE_S[min(klass_of(n) for n in work.cameras)]))


def is_due(work: Work) -> bool:
    """Whether it lasts until its ticket must be opened."""
    return work.to_s > opens(work) - MINUTE and not work.is_relapse


def arrives(seen: Seen, work: Work) -> int:
    """The turn after which somebody is on site."""
    again_s = turn_after(work.from_s + PATIENCE_S[1]) if work.is_relapse else 0
    accepts_s = turn_after(max(seen.assigned_s or 0, work.from_s, again_s) + work.answers_after_s)
    return max(accepts_s + TURN_S, turn_after(work.to_s - 30 * MINUTE))


def crew_is_there(seen: Seen, work: Work) -> bool:
    """Whether somebody is on site before the looks believe that it came back."""
    is_lone = work.kind is CauseKind.CAMERA and not work.is_left
    return is_lone and arrives(seen, work) < turn_after(work.to_s + max(work.seen_s, SETTLE_S))


def ends(seen: Seen, work: Work) -> int:
    """The turn that ends its ticket."""
    settled_s = turn_after(work.to_s + max(work.seen_s, SETTLE_S))
    if not crew_is_there(seen, work):
        return settled_s
    finished_s = max(arrives(seen, work) + TURN_S, turn_after(work.to_s))
    return max(finished_s + TURN_S, settled_s)


def check_handover(town: City, home: Home, ledger: Ledger) -> None:
    """The day of the storm as it is handed over."""
    span = (at(STORM_DAY, 0), at(STORM_DAY + 1, 0))
    file = town.folder / "shift.json"
    when = [time.strftime("%Y-%m-%d %H:%M", time.gmtime(edge + 8 * HOUR)) for edge in span]
    town.type(
        "handover", "sign", "--from", when[0], "--until", when[1], "--giver", "wang", "--taker", "li",
        "--to", str(file), "--to", str(town.folder / "shift.pdf"), "--language", "zh-CN",
    )  # fmt: skip
    for language in ("en", "zh-CN"):
        town.type(
            "handover", "eight", "--to", str(town.folder / f"eight-{language}.pdf"), "--language", language
        )
    with home.store.read() as connection:
        every = ticket_rows.tickets(connection, Scope.ALL, Asked(None, limit=1_000_000), now_s=town.clock.now)
    seen = {(t.onset_s, t.opened_s, int(t.thing)): town.seen[t.ticket_id] for t in every if t.thing.isdigit()}
    due = [w for w in town.works if is_due(w) and opens(w) < span[1]]

    def end_of(work: Work) -> int:
        key = (work.from_s, opens(work), int(town.point_of[work.cameras[0]]))
        return ends(seen.get(key, Seen(opens(work))), work)

    closed = [w for w in due if span[0] <= end_of(w) < span[1]]
    truth = {
        "opened": sum(opens(w) >= span[0] for w in due),
        "closed": len(closed),
        "still open": sum(end_of(w) >= span[1] for w in due),
    }
    shift = json.loads(file.read_text())["shift"]
    counts = dict(shift["counts"])
    got = {
        "opened": counts.get("opened", 0),
        "closed": sum(counts.get(name, 0) for name in ("repaired", "by_itself", "cancelled")),
        "still open": shift["still_open"],
    }
    ledger.hold("the handover of the day of the storm", got, truth)


def check_tickets(town: City, home: Home, ledger: Ledger) -> list[Ticket]:
    """One ticket for each cause that outlasted its patience, and none for a reboot."""
    with home.store.read() as connection:
        every = ticket_rows.tickets(connection, Scope.ALL, Asked(None, limit=1_000_000), now_s=town.clock.now)
        points = ticket_rows.points_of(connection, [t.ticket_id for t in every])
        storms = connection.exec_driver_sql("SELECT count(*) FROM storm").scalar_one()
        messages = connection.exec_driver_sql(
            "SELECT count(*) FROM message WHERE change = 'opened'"
        ).scalar_one()
    number = {p: n for n, p in town.point_of.items()}
    got = Counter(
        (t.kind.value, frozenset(number[p] for p in points[t.ticket_id]), t.onset_s, t.opened_s)
        for t in every
    )
    truth = Counter((w.kind.value, frozenset(w.cameras), w.from_s, opens(w)) for w in town.works if is_due(w))
    ledger.hold("tickets", sum(got.values()), sum(truth.values()))
    ledger.hold("tickets that no truth explains", sum((got - truth).values()), 0)
    ledger.hold("truths without their ticket", sum((truth - got).values()), 0)
    for key in list(got - truth)[:5]:
        ledger.wrong.append(f"no truth: {key}")
    for key in list(truth - got)[:5]:
        ledger.wrong.append(f"no ticket: {key}")
    reboots = {(town.point_of[n], spell[0]) for n, spell in town.reboots}
    called = sum((p, t.onset_s) in reboots for t in every for p in points[t.ticket_id])
    ledger.hold(f"of {len(reboots)} reboots of 2 to 5 minutes, how many called somebody", called, 0)
    (feeder,) = (t for t in every if t.kind is CauseKind.FEEDER)
    ledger.hold(
        "the feeder of six offices",
        (feeder.cameras, feeder.desk.value, feeder.payer.value),
        (12, "power", "power"),
    )
    (line,) = (t for t in every if t.kind is CauseKind.UPLINK)
    ledger.hold("the line", (line.cameras, line.desk.value), (24, "carrier"))
    relapses = sum(w.relapse is not None for w in town.works)
    ledger.hold("relapses, on the ticket they belong to", sum(t.regressions for t in every), relapses)
    found = {(w.from_s, w.cameras): w for w in town.works}
    by_itself = 0
    for ticket in every:
        work = found[ticket.onset_s, tuple(sorted(number[p] for p in points[ticket.ticket_id]))]
        last = work.relapse or work
        by_itself += not crew_is_there(town.seen[ticket.ticket_id], last)
    ledger.hold(
        "came back by itself, apart from repaired", sum(t.resolution is Resolution.BY_ITSELF for t in every), by_itself
    )  # fmt: skip
    ledger.hold("storms that held dispatch", storms, int(town.cameras >= STORM_FROM))
    ledger.rows.append(("messages of opening, the held ones of the storm being one", str(messages), ""))
    return every


def working(calendar: str, begin_s: int, end_s: int) -> Iterable[int]:
    """Minutes of working time, one by one: brute force."""
    rest = {d for d, kind in HOLIDAYS if kind == "holiday"}
    made_up = {d for d, kind in HOLIDAYS if kind == "work"}
    for minute in range(begin_s, end_s, MINUTE):
        local = minute + 8 * HOUR
        day, second = local // DAY, local % DAY
        of_month = day - day_of_month(1) + 1
        weekday = (day + 3) % 7
        is_work = of_month in made_up or (weekday < 5 and of_month not in rest)
        if not calendar or (is_work and 8.5 * HOUR <= second < 17.5 * HOUR):
            yield minute


def due_s(calendar: str, begin_s: int, hours: float, excused: Span) -> int:
    """When so many hours of working time outside [excused) have gone by."""
    left = int(hours * 60)
    for minute in working(calendar, begin_s, begin_s + 40 * DAY):
        if not excused[0] <= minute < excused[1]:
            left -= 1
            if left == 0:
                return minute + MINUTE
    raise AssertionError("the month has working hours")


def check_deductions(town: City, home: Home, every: Sequence[Ticket], ledger: Ledger) -> None:
    """Lines of late answers and late repairs against a count of every minute; relapses against what was planted."""
    clocks = {1: (1.0, 8.0), 2: (2.0, 24.0), 3: (4.0, 48.0)}
    end_s = at(DAYS, 24)
    with home.store.read() as connection:
        points = ticket_rows.points_of(connection, [t.ticket_id for t in every])
    number = {p: n for n, p in town.point_of.items()}
    festival = set(town.festival())
    for name, (places, calendar) in LOTS.items():
        late, hours, relapses = 0, 0, 0
        simple: set[TicketId] = set()
        for ticket in every:
            ns = {number[p] for p in points[ticket.ticket_id]}
            if ticket.kind is not CauseKind.CAMERA or ticket.desk is not Desk.CONTRACTOR:
                continue
            (n,) = ns
            if n % 6 not in places:
                continue
            if ticket.regressions:
                relapses += 1
                continue
            simple.add(ticket.ticket_id)
            seen = town.seen[ticket.ticket_id]
            (work,) = (w for w in town.works if w.cameras == (n,) and w.from_s == ticket.onset_s)
            held = (seen.opened_s, seen.assigned_s or seen.opened_s)
            answer, mend = clocks[klass_of(n)]
            answer_by = due_s(calendar, seen.opened_s, answer, held)
            mend_by = due_s(calendar, seen.opened_s, mend, held)
            if n in festival and seen.opened_s < at(19, 20) and max(seen.opened_s, at(17, 8)) < mend_by:
                begin = max(seen.opened_s, at(17, 8))
                answer_by = min(answer_by, due_s("", begin, 0.5, held))
                mend_by = min(mend_by, due_s("", begin, 2.0, held))
            answered = min(x for x in (seen.answered_s, work.to_s) if x is not None)
            late += answered > answer_by and answer_by < end_s
            minutes = sum(1 for _ in working(calendar, mend_by, min(work.to_s, end_s)))
            hours += -(-minutes // 60)
        lines = contract_acts.month_of(home, name, f"{YEAR}-{MONTH:02}").settlement.lines
        mine = [line for line in lines if line.ticket_id in simple]
        ledger.hold(
            f"{name}: late answers", sum(x.count for x in mine if x.clause is Clause.LATE_RESPONSE), late
        )
        ledger.hold(
            f"{name}: started hours late",
            sum(x.count for x in mine if x.clause is Clause.LATE_RESTORE),
            hours,
        )
        ledger.hold(f"{name}: relapses", sum(x.count for x in lines if x.clause is Clause.REPEATED), relapses)
        for suffix in ("pdf", "csv"):
            town.type(
                "contracts",
                "month",
                name,
                f"{YEAR}-{MONTH:02}",
                "--to",
                str(town.folder / f"{name}.{suffix}"),
                "--language",
                "zh-CN",
            )


def check_assessment(town: City, home: Home, ledger: Ledger) -> tuple[float, float]:
    """Forty objections, their rulings, and the rate before and after against brute force; seconds of draft and issue."""
    (town.folder / "schemes.toml").write_text(SCHEME)
    name, (places, _) = "水旅标段", LOTS["水旅标段"]
    lot = [n for n in range(town.cameras) if n % 6 in places]
    month = (at(1, 0), at(DAYS, 24))
    began = time.perf_counter()
    town.type(
        "assess",
        "draft",
        f"{YEAR}-{MONTH:02}",
        "--contract",
        name,
        "--scheme",
        f"{town.folder}/schemes.toml:month",
        "--by",
        "office",
    )
    drafted_s = time.perf_counter() - began
    spells = [
        (n, spell)
        for n in lot
        for spell in town.down[n]
        if spell[1] - spell[0] > HOUR and spell[1] <= month[1]
    ]
    disputed = town.chance.sample(spells, min(OBJECTIONS, len(spells)))
    upheld: dict[int, list[Span]] = defaultdict(list)
    for k, (n, spell) in enumerate(disputed, 1):
        when = [time.strftime("%Y-%m-%d %H:%M", time.gmtime(edge + 8 * HOUR)) for edge in spell]
        town.type(
            "assess",
            "object",
            "1",
            f"9901000000132{n:07}",
            "--from",
            when[0],
            "--to",
            when[1],
            "--reason",
            f"notice {k}",
            "--by",
            "builder",
        )
        if k % 8 < 5:
            upheld[n].append(spell)
    for k in range(1, len(disputed) + 1):
        word = "upheld" if k % 8 < 5 else "rejected"
        town.type("assess", "rule", f"1.{k}", word, "--words", "checked", "--by", "judge")
    town.clock.now += 10 * DAY
    began = time.perf_counter()
    town.type("assess", "issue", "1", "--by", "office")
    issued_s = time.perf_counter() - began
    for language in ("en", "zh-CN"):
        town.type(
            "assess",
            "show",
            "1",
            "--to",
            str(town.folder / f"assessment-{language}.pdf"),
            "--language",
            language,
        )

    def rate(without: dict[int, list[Span]]) -> tuple[int, int]:
        up = known = 0
        for n in lot:
            counted = month[1] - month[0] - length(clip(sorted(without.get(n, ())), *month))
            down = length(clip(sorted(town.down[n]), *month)) - length(
                clip(sorted(without.get(n, ())), *month)
            )
            up, known = up + counted - down, known + counted
        return up, known

    one = shown(home, 1)
    assert one.issued is not None
    for what, snapshot, truth in (("draft", one.draft, rate({})), ("issue", one.issued, rate(upheld))):
        sums = snapshot.issue.report.whole.sums
        ledger.hold(f"online seconds of the {what}, over known", (sums.up_s, sums.up_s + sums.down_s), truth)
    unexplained = [change for change in changes_of(home, 1) if not change.causes]
    ledger.hold("changed figures without a cause", len(unexplained), 0)
    ledger.hold("objections ruled", len(one.line.objections), len(disputed))
    return drafted_s, issued_s


def check_batch(town: City, ledger: Ledger) -> None:
    """Fifty new points: one fails by night, of one no picture came, and both are left out of the signed sheet."""
    failed, untested = (f"9901000000132{n:07}" for n in (town.cameras, town.cameras + NEW - 1))
    town.type("accept", "batch", "sign", "batch 1", "--by", "wang", "--with", "li", code=2)
    ledger.rows.append(("signing with a failed and an untested point", "refused", "refused"))
    town.type(
        "accept", "batch", "sign", "batch 1", "--by", "wang", "--with", "li", "--leave-out", failed, untested,
        "--to", str(town.folder / "batch.pdf"), "--to", str(town.folder / "batch.json"), "--language", "zh-CN",
    )  # fmt: skip
    sheet = json.loads((town.folder / "batch.json").read_text())
    told = Counter((point["left_out"], point["word"]) for point in sheet["points"])
    truth = {(False, "passed"): NEW - 2, (True, "failed"): 1, (True, "untested"): 1}
    ledger.hold("points of the signed sheet, left out and result", dict(told), truth)


def main() -> None:
    """Live the month, then hold its papers against the truth."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--cameras", type=int, default=2_000)
    asked.add_argument("--folder", type=Path)
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run(given.folder or Path(folder), given.cameras)


def run(folder: Path, cameras: int) -> None:
    began = time.perf_counter()
    town, ledger = City(folder, cameras), Ledger([], [])
    town.found()
    town.plant()
    with opened(town.config, town.clock) as home:
        town.live(home, 1, 10)
        town.sheet("new.csv", cameras, cameras + NEW)
        town.type("import", str(town.folder / "new.csv"), "--commit")
        (town.folder / "tender.toml").write_text(TENDER)
        town.type(
            "accept",
            "batch",
            "begin",
            "batch 1",
            "--import",
            "2",
            "--tender",
            str(town.folder / "tender.toml"),
            "--document",
            "HT-2",
        )
        for n in range(cameras, cameras + NEW):
            town.type(
                "accept",
                "batch",
                "answer",
                "batch 1",
                f"9901000000132{n:07}",
                "sign",
                "passed",
                "--words",
                "on the pole",
            )
        town.desk.forget()
        town.live(home, 10, STORM_DAY + 1)
        check_handover(town, home, ledger)
        town.live(home, STORM_DAY + 1, 14)
        check_batch(town, ledger)
        town.desk.forget()
        town.live(home, 14, DAYS + 1)
        lived_s = time.perf_counter() - began
        town.clock.now = at(DAYS, 24) + 8 * HOUR
        asyncio.run(chores.add_up_days(home))
        every = check_tickets(town, home, ledger)
        check_deductions(town, home, every, ledger)
        drafted_s, issued_s = check_assessment(town, home, ledger)
    figures = {
        "cameras": cameras, "rows": ledger.rows, "wrong": ledger.wrong, "lived_s": round(lived_s, 1),
        "turn_ms": round(1000 * town.turn_s / (DAYS * DAY / TURN_S), 1), "draft_s": round(drafted_s, 2), "issue_s": round(issued_s, 2),
    }  # fmt: skip
    table = [("what", "books and papers", "truth"), *ledger.rows]
    table += [
        ("issue after 40 rulings against one draft", f"{issued_s / drafted_s:.2f} x", "<= 2"),
        ("a turn of the desk", f"{figures['turn_ms']} ms", ""),
    ]
    keep("month", figures, table)
    if ledger.wrong:
        sys.exit("\n".join(ledger.wrong))


if __name__ == "__main__":
    main()
