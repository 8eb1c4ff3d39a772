"""Baselines learnt from healthy looks, renewed slowly, and never led astray by a fault that creeps.

Whoever calls says what is healthy: no fault, low visibility, doubt or suspicion may stand (`watch`). Of a single look
nothing goes to disk: a chapter is in memory until it holds 15 looks over 2 hours, and a restart loses the open chapter
and nothing else (charter 3).

The first reference of each cell is a remedian: the median of 5 medians of 3. It needs 5 maps instead of 15, is off by
more than 6 grey levels in 1 cell of 100 where a seventh of the looks is disturbed, and a tile is wrong only if 2 looks
of 3 were disturbed 3 times. Source: Rousseeuw and Bassett, "The remedian", JASA 85 (1990). Estimators that step by
look (FAME, Robbins-Monro) need a little less and were two to four times as far off after 15 looks. The scalar figures
have exact medians.

A renewal asks of each cell on which side of its median most looks fell, and moves it by one quantum. That is once a
day at most, so seasons are followed; and it ends at a fixed distance from the first reference, so what creeps becomes
a finding there at the latest.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

import numpy as np
from numpy.typing import NDArray

from lenskeeper.diagnosis import floors
from lenskeeper.diagnosis.baseline import MAD_TO_SIGMA, SPREAD_MIN, mode_of
from lenskeeper.diagnosis.changes import Change, Restart, What
from lenskeeper.diagnosis.figures import (
    COLUMN_BANDS,
    COLUMN_BINS,
    INK_CELLS,
    MAP_CELLS,
    ROW_BANDS,
    ROW_BINS,
    SCALARS,
    Figures,
    ink_of,
    with_scalars,
)
from lenskeeper.diagnosis.kinds import Kind
from lenskeeper.diagnosis.known import (
    CELLS,
    COLUMNS,
    LEVELS,
    ROWS,
    TEXTURES,
    Baselines,
    Cells,
    Known,
    Scalars,
    Size,
    cells_of,
    scalars_of,
    size_of,
)
from lenskeeper.diagnosis.moved import CLEAR, shift_of
from lenskeeper.diagnosis.parts import Key, Lights, Rung

LOOKS_MIN: Final = 15  # charter 3
SPAN_MIN_S: Final = 2 * 3600  # charter 3
SPACING_S: Final = (
    -(-SPAN_MIN_S // (LOOKS_MIN - 1)) + 1
)  # so that any 15 looks span the 2 hours; and scenes change
GROUP: Final = 3
GROUPS: Final = LOOKS_MIN // GROUP

RENEW_S: Final = 20 * 3600  # once a day, though the hours of looks wander
TALLY_MAX: Final = 120  # looks counted in one chapter: int8 holds them
MAJORITY: Final = 3  # one look in three more on one side than on the other

# How far renewal may lead away from the first reference. From there the rules still see a fault: what they call
# unusual is 5 spreads, a dead tile keeps 0.3 of its texture, a move shifts edges by bins and not their height.
DRIFT_SPREADS: Final = 2.0
SCALAR_STEP: Final = 0.125  # of the first spread, per renewal
SPREAD_STEP: Final = 1.05
SPREAD_GROWTH_MAX: Final = 2.0
LEVEL_DRIFT: Final = 24  # grey levels: the sun of another season
TEXTURE_DRIFT_SHARE: Final = 3  # a third of what it was,
TEXTURE_DRIFT_MIN: Final = 8  # or half a grey level: leaves come and fall
PROFILE_DRIFT: Final = 8  # of a mean of 32
MAD_HALF: Final = 1 / MAD_TO_SIGMA  # half of the looks are nearer to the median than this share of the spread

FLOOR: Final = np.array([SPREAD_MIN.get(name, 0.0) for name in SCALARS], np.float32)
Ink = NDArray[np.uint16]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Gathering:
    """The first reference of a young part while it comes together; in memory only, at most 13 kB.

    looks:  of which there are `scalars`; thirds: of the group at hand; medians: of the groups before.
    seen:   in how many looks a tile counted.
    ink_at, ink_low, ink_high: cells that held text in every look, and the least and most ink in them.
    """

    size: Size
    from_s: int
    to_s: int
    thirds: tuple[Cells, ...] = field(repr=False)
    medians: tuple[Cells, ...] = field(repr=False)
    scalars: tuple[Scalars, ...] = field(repr=False)
    seen: NDArray[np.uint8] = field(repr=False)
    ink_at: Ink = field(repr=False)
    ink_low: Ink = field(repr=False)
    ink_high: Ink = field(repr=False)

    @property
    def looks(self) -> int:
        """So many."""
        return len(self.scalars)

    @property
    def weight_bytes(self) -> int:
        """In memory, about."""
        maps = (len(self.thirds) + len(self.medians)) * CELLS
        return maps + len(self.scalars) * 4 * len(SCALARS) + MAP_CELLS + 3 * self.ink_at.nbytes + 600


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """Looks since the last renewal: how many more fell above than below; in memory only, 2.2 kB.

    cells, centre: of the median, per cell and per scalar; spread: how many more fell outside of the middle half.
    The order of the looks does not matter.
    """

    from_s: int
    to_s: int
    looks: int
    cells: NDArray[np.int8] = field(repr=False)
    centre: NDArray[np.int8] = field(repr=False)
    spread: NDArray[np.int8] = field(repr=False)

    @property
    def weight_bytes(self) -> int:
        """In memory, about."""
        return CELLS + 2 * len(SCALARS) + 400


Chapter = Gathering | Tally
Chapters = Mapping[Key, Chapter]
"""The open chapters of one point: never stored."""


@dataclass(frozen=True, slots=True)
class Learnt:
    """All that was learnt of one point, as far as it outlives a restart.

    version:      of the baselines; those in `known` bear it or, of other sizes, a later one that was given since.
    since_s, why: when and why it was begun; None before the first look.
    healthy:      looks that passed for healthy since, learnt or too near to the last: of a young point its age in looks.
    restart_when_well: a repair was reported while faults stood; the old baseline judges until the last is gone.
    excused:      kinds of which a person has said that the place simply looks so: the absolute floors are wrong here.
    """

    known: Baselines = field(default_factory=dict)
    lights: Lights = field(default_factory=Lights)
    version: int = 1
    since_s: int | None = None
    why: Restart | None = None
    healthy: int = 0
    restart_when_well: bool = False
    excused: tuple[Kind, ...] = ()

    def at(self, key: Key, size: Size) -> Known | None:
        """The baseline for a picture, if there is one of its size."""
        known = self.known.get(key)
        return known if known and known.size == size else None

    def is_young(self, key: Key, size: Size) -> bool:
        """Whether a fit picture is only provisionally fit."""
        known = self.at(key, size)
        return known is None or not known.is_confirmed


@dataclass(frozen=True, slots=True)
class Lesson:
    """What learning one look led to. grown: whether a baseline is another than before."""

    learnt: Learnt
    chapters: Chapters
    changes: tuple[Change, ...] = ()
    grown: bool = False


def learn(
    learnt: Learnt,
    chapters: Chapters,
    figures: Figures,
    *,
    at_s: int,
    hour: int | None,
    rung: Rung,
    is_spotless: bool = True,
) -> Lesson:
    """Take in one healthy look. Looks less than SPACING_S after the last one, or before it, teach nothing new.

    is_spotless: nothing was found, not even something minor. Only then is the light of the picture that of the hour:
    a camera that goes dark by and by would else teach that noon may be dusk.
    """
    mode = mode_of(figures)
    key = Key(learnt.lights.part_of(mode, hour, at_s), rung)
    believed = is_spotless and key.part is mode
    learnt = replace(
        learnt,
        lights=learnt.lights.noted(mode, hour, at_s) if believed else learnt.lights,
        since_s=at_s if learnt.since_s is None else learnt.since_s,
        healthy=learnt.healthy + 1,
    )
    known, chapter = learnt.at(key, size_of(figures)), chapters.get(key)
    if chapter and at_s < chapter.to_s + SPACING_S:
        return Lesson(learnt, chapters)
    if known is None:
        young = chapter if isinstance(chapter, Gathering) and chapter.size == size_of(figures) else None
        gathering = _gathered(young, figures, at_s)
        if gathering.looks < LOOKS_MIN:
            return Lesson(learnt, {**chapters, key: gathering})
        return _concluded(learnt, _without(chapters, key), key, gathering, figures)
    if at_s < known.to_s + SPACING_S:
        return Lesson(learnt, chapters)
    tally = _tallied(chapter if isinstance(chapter, Tally) else None, known, figures, at_s)
    ready = tally.looks >= LOOKS_MIN and tally.to_s - tally.from_s >= SPAN_MIN_S
    if not ready or at_s < known.renewed_s + RENEW_S:
        return Lesson(learnt, {**chapters, key: tally})
    renewed = replace(learnt, known={**learnt.known, key: _renewed(known, tally)})
    return Lesson(renewed, _without(chapters, key), grown=True)


# ---------------------------------------------------------------- the first reference


def _gathered(young: Gathering | None, figures: Figures, at_s: int) -> Gathering:
    cells, scalars = cells_of(figures), scalars_of(figures)
    seen = np.unpackbits(np.frombuffer(figures.seen_map, np.uint8), count=MAP_CELLS)
    ink = (ink_of(figures) * 16).astype(np.uint16).ravel()
    if young is None:
        at = np.flatnonzero(ink).astype(np.uint16)
        return Gathering(size_of(figures), at_s, at_s, (cells,), (), (scalars,), seen, at, ink[at], ink[at])
    thirds, medians = (*young.thirds, cells), young.medians
    if len(thirds) == GROUP:
        thirds, medians = (), _still_needed((*medians, _middle(thirds)))
    stays = ink[young.ink_at] > 0
    at = young.ink_at[stays]
    return replace(
        young,
        to_s=at_s,
        thirds=thirds,
        medians=medians,
        scalars=(*young.scalars, scalars),
        seen=young.seen + seen,
        ink_at=at,
        ink_low=np.minimum(young.ink_low[stays], ink[at]),
        ink_high=np.maximum(young.ink_high[stays], ink[at]),
    )


def _middle(cells: tuple[Cells, ...]) -> Cells:
    """The median of an odd number of maps."""
    middle: Cells = np.sort(np.array(cells), axis=0)[len(cells) // 2]
    return middle


def _still_needed(medians: tuple[Cells, ...]) -> tuple[Cells, ...]:
    """Of 4 of the 5, the middle two: the median of all 5 is one of them, or lies between them."""
    if len(medians) < GROUPS - 1:
        return medians
    ordered = np.sort(np.array(medians), axis=0)
    return tuple(ordered[1:-1]) if len(medians) == GROUPS - 1 else medians


def _concluded(learnt: Learnt, chapters: Chapters, key: Key, gathering: Gathering, last: Figures) -> Lesson:
    """The first reference of a key stands. Of another size than before it is a new version."""
    before = learnt.known.get(key)
    version = learnt.version + 1 if before else learnt.version
    known = _first(gathering, last, version)
    doubts = tuple(kind for kind in known.doubts if kind not in learnt.excused)
    if before and Kind.MOVED not in doubts and not _is_same_view(before, known):
        doubts = (*doubts, Kind.MOVED)
    known = replace(known, doubts=doubts)
    learnt = replace(learnt, known={**learnt.known, key: known}, version=version)
    if before:
        learnt = replace(learnt, why=Restart.RESIZED, since_s=known.from_s)
    change = Change(
        What.DOUBTFUL if doubts else What.LEARNT,
        known.to_s,
        known.from_s,
        rung=key.rung,
        key=key,
        count=version,
        reason=f"confirm the first reference: it shows {', '.join(doubts)}" if doubts else "",
    )
    return Lesson(learnt, chapters, (change,), grown=True)


def _first(gathering: Gathering, last: Figures, version: int) -> Known:
    assert gathering.looks == LOOKS_MIN  # charter 3
    assert gathering.to_s - gathering.from_s >= SPAN_MIN_S  # the same
    looks = np.array(gathering.scalars)
    centre: Scalars = np.median(looks, axis=0).astype(np.float32)
    spread: Scalars = np.maximum(np.median(np.abs(looks - centre), axis=0) * MAD_TO_SIGMA, FLOOR).astype(
        np.float32
    )
    cells = _middle(gathering.medians)
    ticks = np.zeros(INK_CELLS, bool)
    moves = gathering.ink_high - gathering.ink_low > 0.25 * gathering.ink_high
    ticks[gathering.ink_at[moves]] = True
    usual = with_scalars(last, dict(zip(SCALARS, centre.tolist(), strict=True)))
    return Known(
        version=version,
        from_s=gathering.from_s,
        to_s=gathering.to_s,
        looks=LOOKS_MIN,
        renewed_s=gathering.to_s,
        size=gathering.size,
        doubts=tuple(found.kind for floor in floors.FLOORS if (found := floor(usual))),
        confirmed_s=None,
        first=cells,
        cells=cells,
        first_centre=centre,
        centre=centre,
        first_spread=spread,
        spread=spread,
        seen=np.packbits(gathering.seen * 2 >= LOOKS_MIN).tobytes(),
        ticks=np.packbits(ticks).tobytes(),
    )


def _is_same_view(before: Known, now: Known) -> bool:
    """Profiles have no size: a stream that was set to another one need not hide a move."""
    for part, bands, bins in ((COLUMNS, COLUMN_BANDS, COLUMN_BINS), (ROWS, ROW_BANDS, ROW_BINS)):
        profiles = (each.cells[part].reshape(bands, bins).astype(np.float32) for each in (now, before))
        if shift_of(*profiles).stays < CLEAR:
            return False
    return True


# ---------------------------------------------------------------- renewal


def _tallied(tally: Tally | None, known: Known, figures: Figures, at_s: int) -> Tally:
    if tally is None:
        none = np.zeros(len(SCALARS), np.int8)
        tally = Tally(at_s, at_s, 0, np.zeros(CELLS, np.int8), none, none)
    if tally.looks >= TALLY_MAX:
        return replace(tally, to_s=at_s)
    cells, away = cells_of(figures), scalars_of(figures) - known.centre
    outside = np.where(np.abs(away) > MAD_HALF * known.spread, 1, -1).astype(np.int8)
    return Tally(
        from_s=tally.from_s,
        to_s=at_s,
        looks=tally.looks + 1,
        cells=tally.cells + (cells > known.cells) - (cells < known.cells),
        centre=tally.centre + np.sign(away).astype(np.int8),
        spread=tally.spread + outside,
    )


def _renewed(known: Known, tally: Tally) -> Known:
    """One quantum towards where most looks fell, within what the first reference allows."""
    least, most = cell_limits(known)
    step = _majority(tally.cells, tally.looks)
    centre = known.centre + SCALAR_STEP * known.first_spread * _majority(tally.centre, tally.looks)
    reach = DRIFT_SPREADS * known.first_spread
    spread = known.spread * SPREAD_STEP ** _majority(tally.spread, tally.looks).astype(np.float32)
    return replace(
        known,
        to_s=tally.to_s,
        looks=known.looks + tally.looks,
        renewed_s=tally.to_s,
        cells=np.clip(known.cells.astype(np.int16) + step, least, most).astype(np.uint8),
        centre=np.clip(centre, known.first_centre - reach, known.first_centre + reach).astype(np.float32),
        spread=np.clip(spread, FLOOR, np.maximum(known.first_spread * SPREAD_GROWTH_MAX, FLOOR)).astype(
            np.float32
        ),
    )


def _majority(tally: NDArray[np.int8], looks: int) -> NDArray[np.int8]:
    """-1, 0 or 1: where the looks agree that it has changed."""
    wide = tally.astype(np.int16)
    return np.where(np.abs(wide) * MAJORITY >= looks, np.sign(wide), 0).astype(np.int8)


def cell_limits(known: Known) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """The least and the most each cell may become by renewal."""
    first = known.first.astype(np.int16)
    reach = np.full(CELLS, PROFILE_DRIFT, np.int16)
    reach[LEVELS] = LEVEL_DRIFT
    reach[TEXTURES] = np.maximum(first[TEXTURES] // TEXTURE_DRIFT_SHARE, TEXTURE_DRIFT_MIN)
    return np.maximum(first - reach, 0), np.minimum(first + reach, 255)


# ---------------------------------------------------------------- people and repairs


def restart(learnt: Learnt, why: Restart, at_s: int) -> tuple[Learnt, Change]:
    """Begin anew, in every light and rung; the caller drops the open chapters.

    The hours of light stay: they are of the place.
    """
    anew = Learnt(lights=learnt.lights, version=learnt.version + 1, since_s=at_s, why=why)
    return anew, Change(What.RESTARTED, at_s, at_s, count=anew.version, reason=why.value)


def confirm(learnt: Learnt, key: Key, at_s: int) -> Learnt:
    """A person has looked at the camera and says that the first reference is right. Unknown key: as it was."""
    known = learnt.known.get(key)
    if known is None:
        return learnt
    return replace(learnt, known={**learnt.known, key: replace(known, confirmed_s=at_s)})


def _without(chapters: Mapping[Key, T], key: Key) -> dict[Key, T]:
    return {k: chapter for k, chapter in chapters.items() if k != key}
