"""The algebra of runs against an array of slots, and what counts as an outage."""

from datetime import UTC, datetime
from itertools import pairwise
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from lenskeeper.availability.lanes import State
from lenskeeper.availability.runs import Outage, Run, cut, held_since, merged, month_start, outages, within

MARCH_S = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp())
SLOTS = 40
FIRST_S = MARCH_S - SLOTS // 2 * 60

some_runs = st.lists(
    st.builds(
        lambda a, n, state: Run(FIRST_S + a * 60, FIRST_S + (a + n) * 60, state),
        st.integers(0, SLOTS - 1),
        st.integers(1, SLOTS),
        st.sampled_from(State),
    ),
    max_size=12,
)


def slots_of(runs: list[Run]) -> list[int]:
    """The slow plain way: each slot of its own the highest rank that anybody gave it."""
    out = [0] * (2 * SLOTS)
    for run in runs:
        for at_s in range(run.a, run.b, 60):
            i = (at_s - FIRST_S) // 60
            out[i] = max(out[i], run.state)
    return out


@settings(max_examples=500)
@given(some_runs, st.randoms(use_true_random=False))
def test_every_slot_has_the_highest_rank_that_anybody_gave_it(runs: list[Run], random: Random) -> None:
    twice = [*runs, *random.sample(runs, len(runs) // 2)]
    random.shuffle(twice)
    found = merged(twice)
    assert slots_of(found) == slots_of(runs)
    for before, after in pairwise(found):
        assert before.b < after.a or (before.b == after.a and before.state != after.state)


@settings(max_examples=300)
@given(some_runs)
def test_no_run_is_stored_across_the_end_of_a_month(runs: list[Run]) -> None:
    pieces = cut(merged(runs))
    assert slots_of(pieces) == slots_of(runs)
    assert all(month_start(piece.a) == month_start(piece.b - 1) for piece in pieces)
    assert merged(pieces) == merged(runs)


def test_a_run_of_a_year_is_cut_at_each_month() -> None:
    a, b = (int(datetime(year, 6, 15, tzinfo=UTC).timestamp()) for year in (2025, 2026))
    pieces = cut([Run(a, b, State.UP)])
    assert len(pieces) == 13
    assert [datetime.fromtimestamp(piece.a, UTC).day for piece in pieces[1:]] == [1] * 12


def test_an_open_run_speaks_from_its_beginning_and_only_where_rounds_went() -> None:
    stretches = [(0, 60), (120, 240), (300, 360)]
    assert within(stretches, 180, State.UP, 7) == [Run(180, 240, State.UP, 7), Run(300, 360, State.UP, 7)]
    assert within(stretches, 360, State.UP) == []
    assert within([], 0, State.UP) == []


UP, DOWN = State.UP, State.DOWN


@settings(max_examples=300)
@given(some_runs, st.booleans())
def test_an_outage_is_all_that_is_down_between_two_ups(runs: list[Run], already_down: bool) -> None:
    known = cut(merged(runs))
    found = outages(known, already_down=already_down)
    words: list[list[Run]] = [[]]
    for run in known:
        if run.state == DOWN:
            words[-1].append(run)
        else:
            words.append([])
    expected = [word for i, word in enumerate(words) if word and not (already_down and i == 0)]
    assert [(o.a, o.b, o.down_s) for o in found] == [
        (word[0].a, word[-1].b, sum(r.b - r.a for r in word)) for word in expected
    ]
    assert [o.ended for o in found] == [word is not words[-1] for word in expected]


def test_what_is_unknown_in_the_middle_neither_ends_an_outage_nor_counts_as_down() -> None:
    known = [Run(0, 60, UP), Run(60, 120, DOWN), Run(300, 360, DOWN), Run(360, 420, UP)]
    assert outages(known) == [Outage(60, 360, 120, ended=True)]


def test_an_outage_goes_on_across_the_end_of_a_month() -> None:
    known = cut([Run(MARCH_S - 60, MARCH_S + 120, DOWN)])
    assert len(known) == 2
    assert outages(known) == [Outage(MARCH_S - 60, MARCH_S + 120, 180, ended=False)]


def test_what_goes_on_from_before_is_counted_where_it_began() -> None:
    known = [Run(0, 60, DOWN), Run(60, 120, UP), Run(120, 180, DOWN)]
    assert outages(known, already_down=True) == [Outage(120, 180, 60, ended=False)]


def test_a_state_is_held_since_the_last_look_that_said_otherwise() -> None:
    assert held_since([Run(0, 60, UP), Run(60, 120, DOWN), Run(300, 360, DOWN)]) == 60
    assert held_since([Run(120, 180, UP)]) == 120
