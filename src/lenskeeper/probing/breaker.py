"""The breaker of a site: many fell silent at once, so one thing they share has failed, and one fault is told."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lenskeeper.probing.schedule import Bools

Door = tuple[str, int]  # host key and port

FALL_WINDOW_S: Final = 300  # one picture period of class I: silences so close together have one cause
SMALL_SITE: Final = 5  # up to so many doors, all of them must fall
SITE_DOORS_MIN: Final = 2  # a single camera shares nothing that could be told apart from it
FALLEN_MIN: Final = 4
FALLEN_SHARE: Final = 0.3
BACK_SHARE: Final = 0.5  # so many of the fallen answer again: the fault is over


@dataclass(frozen=True, slots=True)
class OpenSite:
    """A site whose breaker is open.

    holds: pictures and logins are held back; not while its gateway answers.
    """

    since_s: int
    fallen: frozenset[Door]
    holds: bool = True


def trips(alive: int, fallen: int) -> bool:
    """Whether so many that fell within the window are a site's fault.

    alive: doors that answered when the window began. Those long dead count neither way, and a recorder counts once.
    """
    if alive < SITE_DOORS_MIN:
        return False
    if alive <= SMALL_SITE:
        return fallen == alive
    return fallen >= FALLEN_MIN and fallen >= FALLEN_SHARE * alive


def tripped(site_of: NDArray[np.int32], is_up: Bools, has_fallen: Bools, sites: int) -> list[int]:
    """The sites that trip now. site_of: per door, -1 for none. has_fallen: within the window, and still silent."""
    placed = site_of >= 0
    fallen = np.bincount(site_of[placed & has_fallen], minlength=sites)
    if not fallen.any():
        return []
    alive = fallen + np.bincount(site_of[placed & is_up], minlength=sites)
    return [int(s) for s in np.flatnonzero(fallen) if trips(int(alive[s]), int(fallen[s]))]


def is_over(open_site: OpenSite, silent: Iterable[Door]) -> bool:
    """Whether enough of those that fell answer again (or are registered no more)."""
    return len(open_site.fallen.intersection(silent)) <= (1 - BACK_SHARE) * len(open_site.fallen)
