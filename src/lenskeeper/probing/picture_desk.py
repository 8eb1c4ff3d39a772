"""Which pictures are asked for now, and why the others are not: periods, hours, budgets, lines, and patience."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random
from typing import Final

import numpy as np

from lenskeeper.base.outcomes import Outcome
from lenskeeper.inventory.ids import PointId
from lenskeeper.probing.errands import Errand, Looked, Stream, Why
from lenskeeper.probing.evidence import evidence_of
from lenskeeper.probing.fleet import NOWHERE, Fleet, stays
from lenskeeper.probing.manners import Manners
from lenskeeper.probing.memory import Payer, Remembered, RouteRecord, UsedRecord
from lenskeeper.probing.pacing import Lines, Nets, StopSwitch, TokenBucket
from lenskeeper.probing.round_results import CODE_OF, Fact, FactKind, Held, RoundsTally
from lenskeeper.probing.routes import Routes, ways
from lenskeeper.probing.schedule import NOT_DUE, Bools, asked_on_day, due_moments, ramp_day, turns
from lenskeeper.probing.standing import PointStanding

BACK_OFF_FIRST_S: Final = 30
BACK_OFF_MAX_S: Final = 600
BACK_OFF_DOUBLINGS_MAX: Final = 5  # 30 s doubled five times is beyond the longest
BUSY_MAX: Final = 3  # times a busy camera is asked again before its next period comes
WAITING_SHARE: Final = 0.2  # of the sending window: those who waited from an earlier slot go first
# Of one reachability look, both ways, with the headers of IP and TCP: three packets to connect, one line each, one RST.
GREETING_BYTES: Final = 560


@dataclass(frozen=True, slots=True)
class Candidate:
    """A point whose picture may be asked for. start_s: its moment, seconds from the slot's begin."""

    place: int
    start_s: float


@dataclass(frozen=True, slots=True)
class Order:
    """An errand, and what was set aside for it on its lines."""

    errand: Errand
    expected_bytes: int
    lines: tuple[TokenBucket, ...] = ()


class PictureDesk:
    """Orders looks for pictures, and learns from what comes back."""

    def __init__(
        self,
        fleet: Fleet,
        manners: Manners,
        tally: RoundsTally,
        chance: Random,
        tell: Callable[[Fact], None],
    ) -> None:
        self.fleet, self.points, self.routes = fleet, PointStanding(len(fleet.ids)), Routes(fleet.has_way)
        self._has_choice = fleet.has_way.sum(axis=1) > 1
        self._manners, self._tally, self._chance, self._tell = manners, tally, chance, tell
        self._lines = (
            (Held.UPLINK, Lines(manners.uplink_bps, manners.uplinks_bps)),
            (Held.SITE_LINE, Lines(manners.site_bps, manners.sites_bps)),
            (Held.HOST_LINE, Lines(manners.host_bps, {})),
        )
        self._nets = Nets(manners.pictures_per_net_s)
        self._months: dict[int, int] = {}  # by calendar
        self._used_lines: dict[tuple[str, int], int] = {}  # by uplink and month
        self._used_changed: set[int] = set()
        self._lines_changed: set[tuple[str, int]] = set()

    def recall(self, remembered: Remembered) -> None:
        """What was written down before a restart."""
        place_of = self.fleet.place_of
        for route in remembered.routes:
            if (i := place_of.get(route.point_id)) is not None:
                self.routes.recall(i, route)
                if route.stream is Stream.MAIN and self._manners.main_every_s:
                    own = self.fleet.ids[i : i + 1]
                    self.points.main_turn[i] = turns(own, route.last_s, self._manners.main_every_s)[0]
        for used in remembered.used:
            if used.payer is Payer.UPLINK:
                self._used_lines[used.subject, used.month] = used.used_bytes
            elif (i := place_of.get(PointId(int(used.subject)))) is not None:
                calendar = int(self.fleet.calendar_of[i])
                # an older month is set to zero by the first slot
                self._months[calendar] = max(used.month, self._months.get(calendar, 0))
                self.points.used_bytes[i] = used.used_bytes

    def replan(self, fleet: Fleet) -> None:
        """Lay another plan under what is known."""
        old, points, routes = self.fleet, self.points, self.routes
        self.fleet, self.points = fleet, PointStanding(len(fleet.ids))
        self.routes = Routes(fleet.has_way)
        self._has_choice = fleet.has_way.sum(axis=1) > 1
        pairs = [
            (i, old.place_of[w.point_id]) for i, w in enumerate(fleet.watched) if w.point_id in old.place_of
        ]
        same = [(i, o) for i, o in pairs if stays(fleet.watched[i], old.watched[o])]
        if same:
            mine, theirs = ([pair[n] for pair in same] for n in (0, 1))
            self.points.take_over(mine, points, theirs)
            self.routes.take_over(mine, routes, theirs)
        if pairs:
            self.points.keep_used([i for i, _ in pairs], points, [o for _, o in pairs])
        place = {o: i for i, o in pairs}
        self._used_changed = {place[o] for o in self._used_changed if o in place}
        by_calendar = {c: self._months[n] for n, c in enumerate(old.calendars) if n in self._months}
        self._months = {n: by_calendar[c] for n, c in enumerate(fleet.calendars) if c in by_calendar}

    def begin(self, slot_s: int) -> None:
        """A new month empties the counts of bytes."""
        for n, calendar in enumerate(self.fleet.calendars):
            month = calendar.month(slot_s)
            if self._months.get(n, month) != month:
                spent = np.flatnonzero((self.fleet.calendar_of == n) & (self.points.used_bytes > 0))
                for i in spent[self.fleet.budget_bytes[spent] > 0]:
                    self._tell_budget(int(i), slot_s, began=False)
                self.points.used_bytes[spent] = 0
            self._months[n] = month

    def candidates(self, slot_s: int, switch: StopSwitch, closed_sites: Iterable[int]) -> list[Candidate]:
        """Whose picture may be asked for in this slot, in the order of their moments."""
        points, length_s = self.points, self._manners.slot_s
        due = due_moments(
            self.fleet.ids, self.fleet.period_s, slot_s, slot_s + length_s, self.fleet.jitter_s_max
        )
        is_new = due != NOT_DUE
        self._tally.pictures_due += int(np.count_nonzero(is_new))
        is_first = is_new & (points.owed_s == 0)  # who waits already keeps his turn
        points.owed_s[is_first] = due[is_first]
        points.owed_s[points.is_requested] = slot_s
        wanted = points.owed_s > 0
        if not wanted.any():
            return []
        for reason, mask in self._obstacles(slot_s, switch, closed_sites):
            hit = wanted & mask
            if count := int(np.count_nonzero(hit)):
                self._tally.held[reason] += count
                points.owed_s[hit] = 0
                points.is_requested[hit] = False
                wanted &= ~hit
        busy = points.busy > 0
        waits = (points.not_before_s > slot_s) & ~points.is_requested
        for reason, mask in (
            (Held.UNDER_WAY, points.is_under_way),
            (Held.BUSY, waits & busy),
            (Held.BACK_OFF, waits),
        ):
            hit = wanted & mask
            self._tally.held[reason] += int(np.count_nonzero(hit))
            wanted &= ~hit
        return self._timed(np.flatnonzero(wanted).tolist(), slot_s)

    def _obstacles(
        self, slot_s: int, switch: StopSwitch, closed_sites: Iterable[int]
    ) -> list[tuple[Held, Bools]]:
        """Why a picture that is due is let go, and whose."""
        fleet, asked = self.fleet, self.points.is_requested
        everybody = np.ones(len(fleet.ids), np.bool_)
        closed = [calendar.closed(slot_s) for calendar in fleet.calendars]
        stopped = everybody & (switch.everything or switch.pictures)
        for n, zone in enumerate(fleet.zones):
            if zone.name in switch.zones:
                stopped |= fleet.zone_of == n
        for n, site in enumerate(fleet.sites):
            if site in switch.sites:
                stopped |= fleet.site_of == n
        out = [
            (Held.NO_ADDRESS, fleet.door_of == NOWHERE),
            (Held.PASSIVE, fleet.is_passive),
            (Held.STOPPED, stopped),
        ]
        for reason in (Held.HOURS, Held.DARK):
            shut = np.array([why is reason for why in closed], np.bool_)
            if shut.any():
                out.append((reason, shut[fleet.calendar_of] & ~asked))
        if held := list(closed_sites):
            out.append((Held.SITE, np.isin(fleet.site_of, held)))
        if (day := ramp_day(self._manners.ramp_from_s, slot_s)) is not None:
            out.append((Held.RAMP, ~asked_on_day(fleet.ids, self._manners.ramp, day) & ~asked))
        return out

    def _timed(self, places: list[int], slot_s: int) -> list[Candidate]:
        """Those who waited come first, longest first; the others at their own moments, drawn together a little."""
        window_s = self._manners.picture_share * self._manners.slot_s
        owed_s = self.points.owed_s
        waited = sorted((i for i in places if owed_s[i] < slot_s), key=lambda i: int(owed_s[i]))
        early_s = WAITING_SHARE * window_s
        out = [Candidate(i, n / len(waited) * early_s) for n, i in enumerate(waited)]
        rest_s = (window_s - early_s) / self._manners.slot_s
        new = [
            Candidate(i, early_s + float(owed_s[i] - slot_s) * rest_s) for i in places if owed_s[i] >= slot_s
        ]
        return out + sorted(new, key=lambda c: c.start_s)

    def order(self, candidate: Candidate, slot_s: int) -> Order | None:
        """The look itself, with its bytes set aside; None where something held it back, which is counted."""
        i = candidate.place
        errand = self.errand(i, slot_s)
        if errand is None:
            self._let_go(i, Held.NO_ADDRESS)
            return None
        expected = self.routes.expected_bytes(i, errand.stream)
        is_spent = not self._bears(i, expected)
        if self.fleet.budget_bytes[i]:
            self._tell_budget(i, slot_s, began=is_spent)
        if is_spent:
            self._let_go(i, Held.BUDGET)
            return None
        now_s = slot_s + candidate.start_s
        watched, door = errand.watched, self.fleet.door_of[i]
        names = watched.uplink, watched.site, self.fleet.door_keys[door][0]
        taken: list[TokenBucket] = []
        for name, (reason, lines) in zip(names, self._lines, strict=True):
            bucket = lines.bucket(name)
            if bucket is None:
                continue
            if not bucket.take(expected, now_s):
                for other in taken:
                    other.settle(expected, 0)
                self._tally.held[reason] += 1
                return None
            taken.append(bucket)
        if not self._nets.enter(self.fleet.nets[door], now_s):
            for other in taken:
                other.settle(expected, 0)
            self._tally.held[Held.NET] += 1
            return None
        self.points.owed_s[i] = 0
        self.points.is_requested[i] = False
        self.points.is_under_way[i] = True
        return Order(errand, expected, tuple(taken))

    def errand(self, i: int, slot_s: int) -> Errand | None:
        """What would be looked at, and why; None where there is no way to a picture."""
        stream, why = self.routes.usual(i, slot_s), Why.ROUTINE
        if stream is None:
            return None
        is_beside = stream is not Stream.MAIN and self._owes_main(i, slot_s)
        if is_beside:
            stream, why = Stream.MAIN, Why.MAIN
        if self.points.is_requested[i]:
            why = Why.REQUESTED
        watched = self.fleet.watched[i]
        url = ways(watched, derive=True)[stream]
        due_s = int(self.points.owed_s[i]) or slot_s
        return Errand(watched, stream, url, why, slot_s, due_s=due_s, is_beside=is_beside)

    def _owes_main(self, i: int, slot_s: int) -> bool:
        """Whether the main stream is looked at this time: its week has come, or diagnosis asked for it.

        Never where the month's bytes would not bear it: the daily work goes before it.
        """
        every_s = self._manners.main_every_s
        if not every_s or not self.routes.has(i, Stream.MAIN):
            return False
        if not self._bears(i, self.routes.expected_bytes(i, Stream.MAIN)):
            return False
        turn = int(turns(self.fleet.ids[i : i + 1], slot_s, every_s)[0])
        done = int(self.points.main_turn[i])
        if done < 0:  # never yet: its first week ends at its own moment, not today for everybody
            self.points.main_turn[i] = turn
        elif turn > done:
            return True
        return bool(self.points.is_main_owed[i]) and self.routes.is_open(i, Stream.MAIN, slot_s)

    def _bears(self, i: int, expected: int) -> bool:
        """Whether the point's budget has room for so many bytes this month."""
        budget = int(self.fleet.budget_bytes[i])
        return not budget or self.points.used_bytes[i] + expected <= self._manners.budget_stop_share * budget

    def let_go(self, i: int) -> None:
        """Its picture is not asked for in this period."""
        self.points.owed_s[i] = 0
        self.points.is_requested[i] = False

    def _let_go(self, i: int, reason: Held) -> None:
        self._tally.held[reason] += 1
        self.let_go(i)

    def came(self, order: Order, looked: Looked, slot_s: int) -> None:
        """Learn from a look. slot_s: the slot in which it came back."""
        for line in order.lines:
            line.settle(order.expected_bytes, looked.received_bytes)
        i, points = self._place(order), self.points
        if i is None:
            return
        points.is_under_way[i] = False
        self._charge(i, looked.received_bytes, slot_s)
        if looked.outcome is Outcome.OUR_FAULT:
            return
        if looked.outcome is Outcome.BUSY:
            self._put_off(i, slot_s)
            return
        self.routes.learn(i, order.errand.stream, looked, slot_s)
        if looked.has_picture or order.errand.is_beside:  # a look that brought nothing has nothing new to ask
            points.is_main_owed[i] = looked.main_due
        if order.errand.stream is Stream.MAIN and self._manners.main_every_s and self._has_choice[i]:
            own = self.fleet.ids[i : i + 1]
            points.main_turn[i] = turns(own, slot_s, self._manners.main_every_s)[0]
        points.busy[i] = 0
        shown = evidence_of(looked)
        if shown:
            points.evidence[i] = shown
            points.evidence_code[i] = CODE_OF[looked.outcome]
            points.evidence_until_s[i] = slot_s + int(self.fleet.period_s[i]) + self._manners.slot_s
        if looked.has_picture:
            points.failures[i] = 0
            points.not_before_s[i] = 0
        elif not (
            shown and self.fleet.has_evidence[i]
        ):  # else its lane would be unknown until it is asked again
            self._back_off(i, slot_s)

    def without_way(self, order: Order, slot_s: int) -> Errand | None:
        """The device knows no such path: the same look by another way, if there is one."""
        i = self._place(order)
        if i is None:
            return None
        self.routes.forget(i, order.errand.stream, slot_s)
        return self.errand(i, slot_s)

    def _place(self, order: Order) -> int | None:
        """Where its point stands now; None: another plan has come meanwhile, and another device or nothing is there."""
        watched = order.errand.watched
        i = self.fleet.place_of.get(watched.point_id)
        return i if i is not None and stays(self.fleet.watched[i], watched) else None

    def _back_off(self, i: int, slot_s: int) -> None:
        """Exponential with full jitter. It holds looks back and never adds one."""
        points = self.points
        longest_s = BACK_OFF_FIRST_S << min(int(points.failures[i]), BACK_OFF_DOUBLINGS_MAX)
        points.not_before_s[i] = slot_s + int(self._chance.uniform(0, min(longest_s, BACK_OFF_MAX_S)))
        points.failures[i] = min(int(points.failures[i]) + 1, 255)

    def _put_off(self, i: int, slot_s: int) -> None:
        """Busy is no failure: somebody is watching. Asked again in a slot or two, a few times."""
        points = self.points
        if points.busy[i] >= BUSY_MAX:
            points.busy[i] = 0
            return
        points.busy[i] += 1
        points.owed_s[i] = slot_s
        points.not_before_s[i] = slot_s + int(self._chance.uniform(1, 3) * self._manners.slot_s)

    def charge_greetings(self, greeted: Bools, slot_s: int) -> None:
        """A metered line pays for reachability looks too. greeted: per door."""
        metered = np.flatnonzero((self.fleet.budget_bytes > 0) & (self.fleet.door_of != NOWHERE))
        for i in metered[greeted[self.fleet.door_of[metered]]]:
            self._charge(int(i), GREETING_BYTES, slot_s)

    def _charge(self, i: int, size: int, slot_s: int) -> None:
        if not size:
            return
        if self.fleet.budget_bytes[i]:
            self.points.used_bytes[i] += size
            self._used_changed.add(i)
        if uplink := self.fleet.watched[i].uplink:
            calendar = int(self.fleet.calendar_of[i])
            month = self._months.get(calendar) or self.fleet.calendars[calendar].month(slot_s)
            key = (uplink, month)
            self._used_lines[key] = self._used_lines.get(key, 0) + size
            self._lines_changed.add(key)

    def _tell_budget(self, i: int, slot_s: int, *, began: bool) -> None:
        watched = self.fleet.watched[i]
        detail: dict[str, str | int] = {
            "point": watched.name,
            "used_bytes": int(self.points.used_bytes[i]),
            "budget_bytes": int(self.fleet.budget_bytes[i]),
            "cure": "it is asked for pictures again next month; give it a larger budget or a longer period",
        }
        self._tell(Fact(FactKind.BUDGET_SPENT, str(watched.point_id), slot_s, began, detail))

    def take_routes(self) -> list[RouteRecord]:
        """What was learnt since this was last asked."""
        return self.routes.take_changes(w.point_id for w in self.fleet.watched)

    def take_used(self) -> list[UsedRecord]:
        """Bytes that have changed since this was last asked."""
        points, lines = sorted(self._used_changed), sorted(self._lines_changed)
        self._used_changed, self._lines_changed = set(), set()
        out = [
            UsedRecord(
                Payer.POINT,
                str(self.fleet.watched[i].point_id),
                self._months.get(int(self.fleet.calendar_of[i]), 0),
                int(self.points.used_bytes[i]),
            )
            for i in points
        ]
        return out + [
            UsedRecord(Payer.UPLINK, name, month, self._used_lines[name, month]) for name, month in lines
        ]
