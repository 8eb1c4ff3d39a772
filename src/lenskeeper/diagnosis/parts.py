"""Parts of the day and rungs of a look: what a picture may be compared with.

A picture shows its own light (`baseline.mode_of`), but a camera gone dark at noon looks like dusk. So the hour has a
word too: where an hour and its neighbours have shown one light only, on days enough, another light is not believed.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from lenskeeper.diagnosis.baseline import Mode

DAY_S: Final = 86_400
DAYS_KNOWN: Final = 3  # of looks in an hour, before its light is known: one dull afternoon is not the rule
DAYS_FRESH: Final = 14  # since the last of them: after a longer absence the sun sets at another hour
DAYS_BITS: Final = 3
MODE_BITS: Final = {Mode.DAY: 1, Mode.DUSK: 2, Mode.NIGHT: 4}
MASK: Final = 7


class Rung(StrEnum):
    """Which picture of a camera was looked at. Sizes and codings are never mixed in one baseline.

    MAIN is the weekly look beside a cheaper one; where the main stream is all there is, its looks are SUB.
    """

    SUB = "sub"
    MAIN = "main"
    STILL = "still"


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What one baseline is of: the light and the rung."""

    part: Mode
    rung: Rung


@dataclass(frozen=True, slots=True)
class Lights:
    """Which lights each hour of the day has shown in looks of which nothing at all was said.

    hours: 24 integers, or none before the first look: the day of the last look (days since 1970-01-01) above 6 bits,
           3 bits for the days that had a look (up to 7), 3 bits for the lights seen (`MODE_BITS`).
    A light once seen is not forgotten: in a year the hours of dusk move, and those of noon never meet it.
    """

    hours: tuple[int, ...] = ()

    def noted(self, mode: Mode, hour: int | None, at_s: int) -> "Lights":
        """With one healthy look more."""
        if hour is None:
            return self
        hours = list(self.hours or (0,) * 24)
        last, days, mask = _split(hours[hour])
        today = at_s // DAY_S
        days = min(days + (today > last), 2**DAYS_BITS - 1)
        hours[hour] = max(today, last) << 6 | days << 3 | mask | MODE_BITS[mode]
        return self if tuple(hours) == self.hours else replace(self, hours=tuple(hours))

    def part_of(self, mode: Mode, hour: int | None, at_s: int) -> Mode:
        """The part of the day that a picture in this light belongs to at this hour.

        Where two lights are near, so is the change between them, and the picture is believed.
        """
        if hour is None or not self.hours:
            return mode
        near = [_split(self.hours[(hour + step) % 24]) for step in (-1, 0, 1)]
        today = at_s // DAY_S
        known = all(days >= DAYS_KNOWN and today - last <= DAYS_FRESH for last, days, _ in near)
        lights = {mask for _, _, mask in near}
        usual = next((m for m, bit in MODE_BITS.items() if lights == {bit}), None)
        return usual if known and usual else mode


def _split(hour: int) -> tuple[int, int, int]:
    return hour >> 6, hour >> 3 & MASK, hour & MASK
