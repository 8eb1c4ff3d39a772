"""The bucket: when a fault opens, when it closes, what leaves it alone; and flapping."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from lenskeeper.diagnosis.changes import Change, What
from lenskeeper.diagnosis.evidence import Evidence, why_not
from lenskeeper.diagnosis.holding import CLOSE_S, JUDGEMENTS, Hold, drop_all, hold, restlessness
from lenskeeper.diagnosis.kinds import Diagnosis, Finding, Kind, Severity, Verdict
from lenskeeper.diagnosis.parts import Rung

EVERY_S = 300
FIT = Diagnosis(Verdict.FIT)
BLIND = Diagnosis(Verdict.NOT_CHECKABLE, reason="too small")
FOG = Diagnosis(
    Verdict.LOW_VISIBILITY,
    (Finding(Kind.LOW_VISIBILITY, Severity.MODERATE, 0.5, 0.3, "median"),),
    ((Kind.BLUR, "low visibility"),),
)


def fault(*kinds: Kind, severity: Severity = Severity.SEVERE) -> Diagnosis:
    """Each with a figure beyond its limit, whichever way it falls."""
    found = tuple(Finding(kind, severity, 0.4, 0.4, "absolute floor") for kind in kinds)
    return Diagnosis(Verdict.FAULT, found, reason="planted")


BLUR = fault(Kind.BLUR)
LOOKS = st.lists(st.sampled_from([FIT, BLUR, FOG, BLIND]), max_size=60)


def lived(
    looks: list[Diagnosis], *, every_s: int = EVERY_S, begin: Hold | None = None, from_s: int = 1_000_000
) -> tuple[Hold, list[Change]]:
    held = begin or Hold()
    changes: list[Change] = []
    for n, diagnosis in enumerate(looks):
        held, more = hold(held, diagnosis, at_s=from_s + n * every_s, rung=Rung.SUB)
        changes += more
    return held, changes


def kinds_of(held: Hold) -> set[Kind]:
    return {h.kind for h in held.held}


@given(LOOKS)
def test_two_agreeing_checks_open_a_fault_whatever_was_before(before: list[Diagnosis]) -> None:
    held, _ = lived([*before, BLUR, BLUR])
    assert kinds_of(held) == {Kind.BLUR}


@given(st.lists(st.sampled_from([FOG, BLIND]), max_size=10))
def test_what_could_not_be_checked_between_two_agreeing_checks_changes_nothing(
    between: list[Diagnosis],
) -> None:
    held, changes = lived([BLUR, *between, BLUR])
    assert [c.what for c in changes] == [What.OPENED]
    assert changes[0].since_s == 1_000_000
    assert kinds_of(held) == {Kind.BLUR}


@given(LOOKS, st.lists(st.sampled_from([FOG, BLIND]), max_size=40))
def test_weather_and_blindness_open_and_close_nothing(
    before: list[Diagnosis], blind: list[Diagnosis]
) -> None:
    held, _ = lived(before)
    after, changes = lived(blind, begin=held, from_s=2_000_000)
    assert after.buckets == held.buckets
    assert not changes


@given(LOOKS)
def test_a_single_finding_opens_nothing(around: list[Diagnosis]) -> None:
    quiet = [d for d in around if d is not BLUR]
    held, changes = lived([*quiet, BLUR, FIT, FIT, *quiet])
    assert not held.buckets
    assert not changes


@given(LOOKS)
def test_opening_and_closing_alternate_and_closing_takes_longer(looks: list[Diagnosis]) -> None:
    _, changes = lived(looks)
    turns = [c for c in changes if c.what in (What.OPENED, What.CLOSED)]
    assert [c.what for c in turns] == [What.OPENED, What.CLOSED] * (len(turns) // 2) + [What.OPENED] * (
        len(turns) % 2
    )
    for change in turns:
        assert change.since_s <= change.at_s
        if change.what is What.CLOSED:
            last = max(n for n, check in enumerate(change.checks) if check.agrees)
            assert len(change.checks) - 1 - last >= 3, "four that disagree, three where it was not full"
            assert change.at_s - change.since_s >= max(CLOSE_S, 2 * EVERY_S)


def test_a_fault_that_had_begun_to_fade_is_closed_by_three() -> None:
    _, changes = lived([BLUR, BLUR, FIT, FIT, FIT, BLUR, FIT, FIT, FIT])
    assert [c.what for c in changes if c.what in (What.OPENED, What.CLOSED)] == [What.OPENED, What.CLOSED]
    assert changes[-1].at_s - changes[-1].since_s == 2 * EVERY_S


@given(LOOKS)
def test_every_change_follows_from_its_own_record(looks: list[Diagnosis]) -> None:
    for change in lived(looks)[1]:
        assert why_not(Evidence(change, None, 12, {}, {}, {}, 0, 0, {})) == ""


def test_a_record_that_was_altered_is_found_out() -> None:
    (change,) = lived([BLUR, BLUR])[1]
    good = Evidence(change, None, 12, {}, {}, {}, 0, 0, {})
    fewer = Change(What.OPENED, change.at_s, change.since_s, Kind.BLUR, checks=change.checks[1:])
    assert not why_not(good)
    assert why_not(Evidence(fewer, None, 12, {}, {}, {}, 0, 0, {})) == "the checks do not open it"


@given(LOOKS, st.integers(0, 60))
def test_a_restart_amid_the_checks_changes_nothing(looks: list[Diagnosis], cut: int) -> None:
    """The state is plain data, so that going on from it is going on."""
    whole, changes = lived(looks)
    half, first = lived(looks[:cut])
    rest, second = lived(looks[cut:], begin=half, from_s=1_000_000 + cut * EVERY_S)
    assert (rest, [*first, *second]) == (whole, changes)


@given(LOOKS)
def test_a_check_that_comes_late_is_not_counted(looks: list[Diagnosis]) -> None:
    held, _ = lived(looks)
    if held.last_s:
        assert hold(held, BLUR, at_s=held.last_s - 1, rung=Rung.SUB) == (held, ())


@given(st.permutations([Kind.NOISE, Kind.OCCLUDED, Kind.COLOUR_CAST]))
def test_the_order_of_kinds_in_a_check_does_not_matter(order: list[Kind]) -> None:
    held, _ = lived([fault(*order)] * 2)
    assert held.held == lived([fault(Kind.NOISE, Kind.OCCLUDED, Kind.COLOUR_CAST)] * 2)[0].held


def test_looks_of_one_moment_are_one_check() -> None:
    held, changes = lived([BLUR] * 5, every_s=7)
    assert not changes
    assert held.suspected(Rung.SUB) == {Kind.BLUR}


def test_a_fault_in_every_second_check_opens_too() -> None:
    _, changes = lived([BLUR, FIT, BLUR, FIT, BLUR])
    assert [c.what for c in changes] == [What.OPENED]


def test_a_cloth_blown_off_for_some_minutes_closes_nothing() -> None:
    held, _ = lived([BLUR, BLUR])
    held, changes = lived([FIT] * 10, every_s=40, begin=held, from_s=1_001_000)
    assert not changes
    assert kinds_of(held) == {Kind.BLUR}
    _, changes = lived([FIT], begin=held, from_s=1_001_000 + CLOSE_S)
    assert [c.what for c in changes] == [What.CLOSED]
    assert changes[0].since_s == 1_001_000


def test_a_card_does_not_close_the_blur_behind_it() -> None:
    held, _ = lived([BLUR, BLUR])
    held, changes = lived([fault(Kind.SIGNAL_CARD)] * 20, begin=held, from_s=1_001_000)
    assert kinds_of(held) == {Kind.BLUR, Kind.SIGNAL_CARD}
    assert [(c.what, c.kind) for c in changes] == [(What.OPENED, Kind.SIGNAL_CARD)]


def test_a_minor_finding_opens_nothing_and_lets_a_fault_close() -> None:
    minor = Diagnosis(Verdict.FIT, (Finding(Kind.BLUR, Severity.MINOR, 0.5, 0.6, "absolute floor"),))
    assert not lived([minor] * 10)[1]
    assert [c.what for c in lived([BLUR, BLUR, *[minor] * 4])[1]] == [What.OPENED, What.CLOSED]


def test_looks_at_the_sub_stream_do_not_drain_what_the_main_stream_showed() -> None:
    held = Hold()
    for n, (diagnosis, rung) in enumerate([(BLUR, Rung.MAIN), *[(FIT, Rung.SUB)] * 20, (BLUR, Rung.MAIN)]):
        held, _ = hold(held, diagnosis, at_s=1_000_000 + n * EVERY_S, rung=rung)
    assert [(h.kind, h.rung) for h in held.held] == [(Kind.BLUR, Rung.MAIN)]


def test_the_two_cheap_rungs_share_their_buckets() -> None:
    held, _ = hold(Hold(), BLUR, at_s=1_000, rung=Rung.SUB)
    held, changes = hold(held, BLUR, at_s=2_000, rung=Rung.STILL)
    assert [c.what for c in changes] == [What.OPENED]


def test_another_device_closes_what_the_last_one_had() -> None:
    held, _ = lived([BLUR, BLUR])
    empty, changes = drop_all(held, 2_000_000, "device swapped")
    assert not empty.buckets
    assert [(c.what, c.reason) for c in changes] == [(What.CLOSED, "device swapped")]


# ---------------------------------------------------------------- flapping


@given(LOOKS)
def test_flapping_begins_and_ends_by_turns_and_is_counted_among_the_last_21(looks: list[Diagnosis]) -> None:
    held, changes = lived(looks)
    told = [c.what for c in changes if c.what in (What.FLAPPING, What.STEADY)]
    assert told == [What.FLAPPING, What.STEADY] * (len(told) // 2) + [What.FLAPPING] * (len(told) % 2)
    assert (held.flapping_since_s is not None) is (len(told) % 2 == 1)
    seen = [d for d in looks if d in (FIT, BLUR)][-JUDGEMENTS:]
    plain = sum(a is not b for a, b in pairwise(seen))
    share, count = restlessness(held)
    assert count == plain
    assert 0.8 * plain / 20 - 1e-9 <= share <= 1.2 * plain / 20 + 1e-9


def test_one_fault_that_came_and_went_is_no_flapping() -> None:
    _, changes = lived([FIT] * 5 + [BLUR] * 6 + [FIT] * 30)
    assert [c.what for c in changes] == [What.OPENED, What.CLOSED]


def test_a_camera_that_changes_each_time_flaps_until_it_is_quiet() -> None:
    held, changes = lived([FIT] * 5 + [BLUR, FIT] * 5)
    assert [c.what for c in changes if c.what is What.FLAPPING] == [What.FLAPPING]
    held, changes = lived([FIT] * 25, begin=held, from_s=2_000_000)
    (steady,) = [c for c in changes if c.what is What.STEADY]
    assert steady.since_s < 2_000_000 < steady.at_s
    assert held.flapping_since_s is None


def test_between_the_two_limits_it_stays_as_it_was() -> None:
    """Four changes in twenty: too few to be called flapping, too many to be called quiet."""
    some = [FIT] * 5 + [BLUR] * 5
    restless, _ = lived([FIT] * 5 + [BLUR, FIT] * 5)
    assert restless.flapping_since_s is not None
    assert lived(some * 4, begin=restless, from_s=2_000_000)[0].flapping_since_s is not None
    assert lived([FIT] * 21 + some * 4)[0].flapping_since_s is None
