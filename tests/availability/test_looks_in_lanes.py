"""Each end of a look speaks in the lanes that it knows something of, and in no other."""

import pytest

from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.looks import said_by_look
from lenskeeper.base.outcomes import Outcome
from lenskeeper.diagnosis.kinds import Verdict
from lenskeeper.inventory.ids import PointId

SLOT = (600, 1200)


def lanes(
    outcome: Outcome, verdict: Verdict | None = None, offset_ms: float | None = None
) -> dict[Lane, State]:
    return {
        o.lane: o.state for o in said_by_look(PointId(1), SLOT, outcome, verdict, clock_offset_ms=offset_ms)
    }


def test_a_fit_picture_is_delivered_and_fit() -> None:
    assert lanes(Outcome.PLAYING, Verdict.FIT) == {Lane.DELIVERY: State.UP, Lane.PICTURE_FIT: State.UP}


def test_fog_is_no_fault_and_no_health() -> None:
    assert lanes(Outcome.PLAYING, Verdict.LOW_VISIBILITY) == {
        Lane.DELIVERY: State.UP,
        Lane.LOW_VISIBILITY: State.UP,
    }


@pytest.mark.parametrize("outcome", [Outcome.BUSY, Outcome.AUTH_REFUSED, Outcome.HELD_BACK])
def test_what_is_ours_or_the_owners_is_not_the_contractors(outcome: Outcome) -> None:
    assert lanes(outcome) == {Lane.HELD: State.UP}


def test_our_own_fault_says_nothing_at_all() -> None:
    assert lanes(Outcome.OUR_FAULT, None, 90_000.0) == {}


@pytest.mark.parametrize(
    "outcome",
    [Outcome.TIMED_OUT, Outcome.NOT_FOUND, Outcome.NO_KEYFRAME, Outcome.UNDECODABLE, Outcome.NO_VIDEO],
)
def test_no_picture_is_not_delivered_and_never_unfit(outcome: Outcome) -> None:
    assert lanes(outcome) == {Lane.DELIVERY: State.DOWN, Lane.NO_PICTURE: State.UP}


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_has_a_place(outcome: Outcome) -> None:
    verdict = Verdict.FIT if outcome is Outcome.PLAYING else None
    assert all(o.a == 600 and o.b == 1200 for o in said_by_look(PointId(1), SLOT, outcome, verdict))


def test_a_clock_ten_seconds_off_is_wrong_either_way() -> None:
    assert lanes(Outcome.PLAYING, Verdict.FIT, 9_999.0)[Lane.CLOCK] is State.UP
    assert lanes(Outcome.PLAYING, Verdict.FIT, -10_001.0)[Lane.CLOCK] is State.DOWN
