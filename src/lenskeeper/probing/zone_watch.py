"""What the greetings of one slot come to: who is there, whether we can see at all, and whose site has failed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lenskeeper.base.outcomes import Outcome
from lenskeeper.probing.breaker import FALL_WINDOW_S, OpenSite, is_over, tripped, trips
from lenskeeper.probing.fleet import Fleet, Places
from lenskeeper.probing.round_results import CODE_OF, DOWN, NOT_LOOKED, OUTCOMES, UNKNOWN, UP, Fact, FactKind
from lenskeeper.probing.schedule import Bools
from lenskeeper.probing.standing import DoorStanding
from lenskeeper.probing.witness import Landmarks, Seen, Sight, choose, judge

Codes = NDArray[np.uint8]

CHOOSE_EVERY_SLOTS: Final = 60
_WE_KNOW_NOTHING: Final = (Outcome.OUR_FAULT, Outcome.HELD_BACK)
# Somebody reacted, whatever he said: enough for a witness, not for a camera.
_NOBODY: Final = (Outcome.UNREACHABLE, Outcome.TIMED_OUT, *_WE_KNOW_NOTHING)


def _table(up: tuple[Outcome, ...]) -> Codes:
    """State by outcome code, for whole columns at once."""
    out = np.full(len(OUTCOMES) + 1, DOWN, np.uint8)
    out[[NOT_LOOKED, *(CODE_OF[o] for o in _WE_KNOW_NOTHING)]] = UNKNOWN
    out[[CODE_OF[o] for o in up]] = UP
    return out


STATE_OF_CODE: Final = _table((Outcome.ANSWERS, Outcome.PLAYING))


def reacted(code: int) -> bool:
    """Whether somebody is there, by an outcome code."""
    return code != NOT_LOOKED and OUTCOMES[code - 1] not in _NOBODY


@dataclass(slots=True)
class Heard:
    """The greetings of one slot, per door, as outcome codes.

    first, last: before and after the retry.   codes: the better of the two: who answered once in a slot is up in it.
    witnesses_first, witnesses: by zone, whether each declared witness reacted at the slot's begin and at its end.
    retried: doors that were asked again.
    """

    codes: Codes
    first: Codes
    last: Codes
    witnesses_first: dict[str, tuple[bool, ...]] = field(default_factory=dict)
    witnesses: dict[str, tuple[bool, ...]] = field(default_factory=dict)
    retried: Bools | None = None

    def states(self) -> Codes:
        """0, 1 or 2 per door."""
        return STATE_OF_CODE[self.codes]


class ZoneWatch:
    """The doors of a fleet from slot to slot."""

    def __init__(self, fleet: Fleet, landmarks: Landmarks, tell: Callable[[Fact], None]) -> None:
        self.fleet, self.doors = fleet, DoorStanding(len(fleet.targets))
        self._landmarks, self._tell = landmarks, tell
        self._chosen: dict[str, Places] = {}
        self._has_seen: set[str] = set()
        self._slots = 0
        self.open_sites: dict[str, OpenSite] = {}
        self._recalled: set[str] = set()

    def replan(self, fleet: Fleet) -> None:
        """Lay another plan under what is known."""
        old, doors = self.fleet, self.doors
        self.fleet, self.doors = fleet, DoorStanding(len(fleet.targets))
        self.doors.take_over(fleet, doors, old)
        self._chosen.clear()
        self._has_seen &= {zone.name for zone in fleet.zones}

    def recall(self, sites: Iterable[str]) -> None:
        """Faults of sites that stood before a restart. The first slot that sees a site says whether it still does."""
        self._recalled |= set(sites) & set(self.fleet.sites)

    def fell_silent(self, heard: Heard) -> Places:
        """Doors to ask once more: they answered when we last could see, and do not now. With them our own witnesses.

        None of a zone that is dark as a whole: asking ten thousand again tells no more than its witnesses do.
        """
        states = heard.states()
        fell = (states == DOWN) & (self.doors.known == UP)
        for zone in self.fleet.zones:
            here = zone.doors
            if not fell[here].any():
                continue
            if self._sight(zone.name, here, states, heard) is Sight.BLIND:
                fell[here] = False
            else:
                fell[self._witnesses(zone.name, here)] = True
        return np.flatnonzero(fell).astype(np.int32)

    def settle(self, heard: Heard, slot_s: int) -> tuple[Codes, set[str]]:
        """The doors' states as they may be believed, and the zones we are blind in. Remembers both."""
        states = heard.states()
        blind: set[str] = set()
        for zone in self.fleet.zones:
            here = zone.doors
            sight = self._sight(zone.name, here, states, heard)
            self._tell_sight(zone.name, here, states, sight, slot_s)
            if sight is Sight.BLIND:
                states[here] = UNKNOWN
                blind.add(zone.name)
            elif (states[here] != UNKNOWN).any():
                self._has_seen.add(zone.name)
        doors = self.doors
        fell = (states == DOWN) & (doors.known == UP)
        doors.fell_s[fell] = slot_s
        doors.streak[states == UP] += 1
        doors.streak[states == DOWN] = 0
        is_known = states != UNKNOWN
        doors.known[is_known] = states[is_known]
        self._slots += 1
        if self._slots % CHOOSE_EVERY_SLOTS == 0:
            self._chosen.clear()
        return states, blind

    def _sight(self, zone: str, here: Places, states: Codes, heard: Heard) -> Sight:
        looked = states[here] != UNKNOWN
        if not looked.any() and zone not in heard.witnesses:
            return Sight.CLEAR  # stopped, or our own fault: unknown all the same
        was_up = self.doors.known[here] == UP
        chosen = self._witnesses(zone, here)
        first_up = STATE_OF_CODE[heard.first[chosen]] == UP
        now_up = STATE_OF_CODE[heard.last[chosen]] == UP
        retried = np.zeros(len(here), np.bool_)
        if heard.retried is not None:
            retried = heard.retried[here] & (STATE_OF_CODE[heard.first[here]] != UP)
        return judge(
            Seen(
                doors=int(np.count_nonzero(looked)),
                answering=int(np.count_nonzero(states[here] == UP)),
                before=int(np.count_nonzero(was_up)) if zone in self._has_seen else None,
                still=int(np.count_nonzero(was_up & (states[here] == UP))),
                declared=heard.witnesses.get(zone, ()),
                declared_first=heard.witnesses_first.get(zone, ()),
                stable=tuple(bool(up) for up in now_up),
                went_silent=int(np.count_nonzero(first_up & ~now_up)),
                retried=int(np.count_nonzero(retried)),
                returned=int(np.count_nonzero(retried & (states[here] == UP))),
            )
        )

    def _witnesses(self, zone: str, here: Places) -> Places:
        """Our own, where the owner declared none: the steadiest doors, chosen anew each hour."""
        if self._landmarks.witnesses.get(zone):
            return np.empty(0, np.int32)
        found = self._chosen.get(zone)
        if found is None:
            steady = choose(
                here.tolist(), self.doors.streak[here].tolist(), self.fleet.door_site[here].tolist()
            )
            found = np.array(steady, np.int32)
            if len(found):
                self._chosen[zone] = found
        return found

    def _tell_sight(self, zone: str, here: Places, states: Codes, sight: Sight, slot_s: int) -> None:
        silent = int(np.count_nonzero(states[here] == DOWN))
        answering = int(np.count_nonzero(states[here] == UP))
        detail: dict[str, str | int] = {"zone": zone, "answering": answering, "silent": silent}
        declared = bool(self._landmarks.witnesses.get(zone))
        if sight is Sight.BLIND:
            detail["cure"] = (
                "its witnesses are silent: look at our own line into this zone; its cameras are unknown meanwhile"
                if declared
                else "all of it is silent at once: look at our own line into this zone; "
                "declare its gateway as a witness, and a dead zone can be told from a dead line"
            )
        self._tell(Fact(FactKind.BLIND_ZONE, zone, slot_s, sight is Sight.BLIND, detail))
        if declared:
            detail["cure"] = (
                "its declared witnesses are silent while its cameras answer: correct their addresses"
            )
            self._tell(Fact(FactKind.WITNESS_DOUBT, zone, slot_s, sight is Sight.DOUBT, detail))

    def newly_failed(self, states: Codes, slot_s: int) -> list[str]:
        """Sites whose breaker opens in this slot. Closes those that are over."""
        doors, fleet = self.doors, self.fleet
        for site in sorted(self._recalled):
            self._settle_recalled(site, slot_s)
        silent = {fleet.door_keys[d] for d in np.flatnonzero(doors.known != UP)} if self.open_sites else set()
        registered = set(fleet.door_keys) if self.open_sites else set()
        for site, open_site in list(self.open_sites.items()):
            if is_over(open_site, silent & registered):
                del self.open_sites[site]
                self._tell(Fact(FactKind.SITE_FAULT, site, slot_s, began=False))
        has_fallen = (doors.known == DOWN) & (doors.fell_s > slot_s - FALL_WINDOW_S) & (doors.fell_s > 0)
        failed = tripped(fleet.door_site, states == UP, has_fallen, len(fleet.sites))
        return [fleet.sites[s] for s in failed if fleet.sites[s] not in self.open_sites]

    def _settle_recalled(self, site: str, slot_s: int) -> None:
        """Which of its doors had fallen is not known any more: all that are silent now, if they are enough to trip."""
        known = self.doors.known
        here = np.flatnonzero(self.fleet.door_site == _number(self.fleet, site))
        if len(here) and not (known[here] != UNKNOWN).any():
            return  # stopped, or we are blind
        self._recalled.discard(site)
        fallen = here[known[here] == DOWN]
        if trips(len(here), len(fallen)):
            self.open_sites[site] = OpenSite(0, frozenset(self.fleet.door_keys[d] for d in fallen))
        else:
            self._tell(Fact(FactKind.SITE_FAULT, site, slot_s, began=False))

    def open_site(self, site: str, slot_s: int, *, gateway: bool | None) -> None:
        """Tell one fault for the whole site. gateway: whether it reacted; None: none is declared."""
        fleet = self.fleet
        here = fleet.door_site == fleet.sites.index(site)
        fallen = here & (self.doors.known == DOWN) & (self.doors.fell_s > slot_s - FALL_WINDOW_S)
        keys = frozenset(fleet.door_keys[d] for d in np.flatnonzero(fallen))
        self.open_sites[site] = OpenSite(slot_s, keys, holds=not gateway)
        words = {
            None: (
                "none declared",
                "look at its line, power and switch; declare its gateway to tell them apart",
            ),
            True: ("answers", "its line works: look at the power and the switch behind it"),
            False: ("silent", "look at its line and its power"),
        }
        says, cure = words[gateway]
        detail: dict[str, str | int] = {
            "silent": len(keys),
            "doors": int(np.count_nonzero(here)),
            "gateway": says,
            "cure": cure,
        }
        self._tell(Fact(FactKind.SITE_FAULT, site, slot_s, began=True, detail=detail))

    def gateway_answers(self, site: str, *, answers: bool) -> None:
        """Pictures and logins are held back while it is silent."""
        now = self.open_sites[site]
        if now.holds is answers:
            self.open_sites[site] = OpenSite(now.since_s, now.fallen, holds=not answers)

    def held_sites(self) -> list[int]:
        """Sites that are asked for no picture, by number."""
        return [
            n for n, s in enumerate(self.fleet.sites) if s in self.open_sites and self.open_sites[s].holds
        ]


def _number(fleet: Fleet, site: str) -> int:
    """Its number in the plan; one that no door has where the plan does not name it."""
    return fleet.sites.index(site) if site in fleet.sites else len(fleet.sites)
