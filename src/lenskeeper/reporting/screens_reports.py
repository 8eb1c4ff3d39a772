"""What lies behind one camera's share of a figure: its runs, what of them counts, and the looks behind them."""

from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from lenskeeper.availability.lanes import State
from lenskeeper.availability.rows import evidence_of, runs_of
from lenskeeper.availability.rows_pieces import pieces
from lenskeeper.base.access import Scope
from lenskeeper.base.spans import clip, length
from lenskeeper.inventory.ids import PointId
from lenskeeper.reporting.screens_cameras import LANE_WORDS

LANES: Final = tuple(LANE_WORDS)


@dataclass(frozen=True, slots=True)
class CountedRun:
    """A stretch [a_s, b_s) of one state. counted_s: what is left of it without what is excluded."""

    lane: str
    a_s: int
    b_s: int
    is_up: bool
    counted_s: int


@dataclass(frozen=True, slots=True)
class LookBehind:
    """A look that says why. reason: an outcome or a kind of fault."""

    lane: str
    at_s: int
    is_up: bool
    reason: str
    prober: str


@dataclass(frozen=True, slots=True)
class CameraBooks:
    """One camera over a stretch; excluded_s of it counts in no figure."""

    runs: tuple[CountedRun, ...]
    looks: tuple[LookBehind, ...]
    excluded_s: int


def camera_books(connection: Connection, scope: Scope, point_id: PointId, a_s: int, b_s: int) -> CameraBooks:
    """The runs of [a_s, b_s) as far as the scope sees them: what counts of them adds up to a report's sums."""
    excluded = clip(pieces(connection, [point_id], a_s, b_s, set(LANES))[point_id].excluded, a_s, b_s)
    runs: list[CountedRun] = []
    looks: list[LookBehind] = []
    for lane, word in LANE_WORDS.items():
        for run in runs_of(connection, scope, point_id, lane, a_s, b_s):
            counted_s = run.b - run.a - length(clip(excluded, run.a, run.b))
            runs.append(CountedRun(word, run.a, run.b, run.state is State.UP, counted_s))
        looks += [
            LookBehind(word, each.at_s, each.state is State.UP, each.reason, each.prober)
            for each in evidence_of(connection, scope, point_id, lane, a_s, b_s)
        ]
    return CameraBooks(tuple(runs), tuple(looks), length(excluded))
