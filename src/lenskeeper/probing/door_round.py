"""The greetings of one slot: each door once, those that fell silent once more, witnesses before and after."""

from collections.abc import Awaitable, Callable
from typing import Final

import numpy as np

from lenskeeper.probing.fleet import Fleet
from lenskeeper.probing.greeting import Greet
from lenskeeper.probing.pacing import StopSwitch
from lenskeeper.probing.round_results import NOT_LOOKED, UNKNOWN, UP, RoundsTally
from lenskeeper.probing.witness import Landmarks
from lenskeeper.probing.zone_watch import STATE_OF_CODE, Heard, ZoneWatch, reacted

RETRIES_PER_S: Final = 500  # when thousands fall silent at once, they are asked again one after the other


class DoorRound:
    """Asks who is there. pause: waits before somebody is asked again, where we live by the clock."""

    def __init__(
        self,
        greet: Greet,
        watch: ZoneWatch,
        landmarks: Landmarks,
        switch: StopSwitch,
        tally: RoundsTally,
        pause: Callable[[], Awaitable[None]],
    ) -> None:
        self._greet, self._watch, self._landmarks = greet, watch, landmarks
        self._switch, self._tally, self._pause = switch, tally, pause

    @property
    def _fleet(self) -> Fleet:
        return self._watch.fleet

    async def greet_all(self, codes: bytearray) -> Heard:
        """Each door once; those that fell silent once more; declared witnesses at the begin and at the end."""
        witnesses_first = await self._greet_witnesses()
        await self._greet_doors(self._open_doors(), codes)
        first = np.frombuffer(bytes(codes), np.uint8)
        heard = Heard(first, first, first, witnesses_first, await self._greet_witnesses())
        again = self._watch.fell_silent(heard)
        if len(again):
            await self._pause()
            second = bytearray(len(again))
            targets = [self._fleet.targets[d] for d in again]
            await self._greet(targets, [n / RETRIES_PER_S for n in range(len(again))], second)
            self._tally.retries += len(again)
            answers = np.frombuffer(bytes(second), np.uint8)
            heard.last, heard.codes = first.copy(), first.copy()
            heard.last[again] = np.where(answers == NOT_LOOKED, first[again], answers)
            fell = again[STATE_OF_CODE[first[again]] != UP]
            heard.codes[fell] = heard.last[fell]
            heard.retried = np.zeros(len(first), np.bool_)
            heard.retried[fell] = True
            heard.witnesses = await self._greet_witnesses()
        self._tally.greetings += int(np.count_nonzero(first))
        self._tally.our_faults += int(np.count_nonzero(STATE_OF_CODE[first[first != NOT_LOOKED]] == UNKNOWN))
        return heard

    def _open_doors(self) -> "list[int] | None":
        """The doors that the stop switch leaves open; None: all of them."""
        switch, fleet = self._switch, self._fleet
        if switch.everything:
            return []
        if not switch.zones and not switch.sites:
            return None
        zones = {n for n, zone in enumerate(fleet.zones) if zone.name in switch.zones}
        sites = {n for n, site in enumerate(fleet.sites) if site in switch.sites}
        return [
            d
            for d in range(len(fleet.targets))
            if int(fleet.door_zone[d]) not in zones and int(fleet.door_site[d]) not in sites
        ]

    async def _greet_doors(self, doors: list[int] | None, codes: bytearray) -> None:
        fleet = self._fleet
        if doors is None:
            await self._greet(fleet.targets, fleet.starts_s, codes)
            return
        part = bytearray(len(doors))
        await self._greet([fleet.targets[d] for d in doors], [fleet.starts_s[d] for d in doors], part)
        for door, code in zip(doors, part, strict=True):
            codes[door] = code

    async def _greet_witnesses(self) -> dict[str, tuple[bool, ...]]:
        """Whether each declared witness of each zone reacts."""
        out: dict[str, tuple[bool, ...]] = {}
        declared = [
            (zone.name, self._landmarks.witnesses[zone.name])
            for zone in self._fleet.zones
            if self._landmarks.witnesses.get(zone.name)
            and zone.name not in self._switch.zones
            and not self._switch.everything
        ]
        targets = [target for _, same in declared for target in same]
        if not targets:
            return out
        found = bytearray(len(targets))
        await self._greet(targets, [0.0] * len(targets), found)
        at = 0
        for zone, same in declared:
            out[zone] = tuple(reacted(code) for code in found[at : at + len(same)])
            at += len(same)
        return out

    async def gateway(self, site: str) -> bool | None:
        """Whether the gateway of a site reacts; None where none is declared, or we shall not ask."""
        target = self._landmarks.gateways.get(site)
        if target is None or self._switch.everything or site in self._switch.sites:
            return None
        found = bytearray(1)
        await self._greet([target], [0.0], found)
        return reacted(found[0])
