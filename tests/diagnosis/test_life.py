"""Frozen, suspect or alive; and many looks folded into one diagnosis."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.diagnosis.scenery import Bgr, a_road, blurred, figures_of, noisy, written

from lenskeeper.diagnosis.baseline import Baseline
from lenskeeper.diagnosis.figures import Figures
from lenskeeper.diagnosis.freeze import Life, Sighting, judge_sequence, shaking_of
from lenskeeper.diagnosis.kinds import Kind, Verdict
from lenskeeper.diagnosis.sequence import diagnose
from lenskeeper.probing.simulator.films import Film, burn_in

SIZE = (640, 360)
EVERY_MS = 1_000


def shot(
    second: float, *, grain: int | None, sigma: float = 2.0, clock: bool = True, shift: int = 0
) -> Figures:
    """One look: text by its own second, sensor noise by `grain` (None: none at all)."""
    picture = np.roll(a_road(3, SIZE), shift, axis=1)
    picture = noisy(picture, sigma, seed=77 if grain is None else grain)
    burn_in(picture, Film(size=SIZE, clock=clock, name="Gate 3"), second)
    return figures_of(picture)


def seen(
    figures: Sequence[Figures], *, prints: Sequence[bytes] | None = None, media: bool = True
) -> list[Sighting]:
    return [
        Sighting(
            f, 1_000_000 + i * EVERY_MS, i * EVERY_MS if media else None, prints[i] if prints else bytes([i])
        )
        for i, f in enumerate(figures)
    ]


def recoded(picture: Bgr, how: int) -> Bgr:
    """The same pixels, but for what a coder changes: a level here and there."""
    rng = np.random.default_rng(how)
    change = rng.integers(-1, 2, picture.shape) * (rng.random(picture.shape) < 0.3)
    coded: Bgr = np.clip(picture + change, 0, 255).astype(np.uint8)
    return coded


LIVE = [shot(i, grain=i) for i in range(6)]


def test_a_live_camera_lives() -> None:
    life = judge_sequence(seen(LIVE))
    assert life.finding is None
    assert not life.suspicion
    assert diagnose(seen(LIVE), None).verdict is Verdict.FIT


def test_the_same_bytes_under_advancing_timestamps_are_frozen() -> None:
    diagnosis = diagnose(seen([LIVE[0]] * 5, prints=[b"same"] * 5), None)
    assert diagnosis.verdict is Verdict.FAULT
    assert [f.kind for f in diagnosis.findings] == [Kind.FROZEN]
    assert diagnosis.findings[0].figure <= 10, "found within 10 s of watching"


def test_the_same_bytes_at_the_same_time_are_one_look_twice() -> None:
    once = [Sighting(LIVE[0], 1_000_000 + i, 0.0, b"same") for i in range(5)]
    assert judge_sequence(once).finding is None
    twice = [
        Sighting(LIVE[0], 1_000_000 + i, at_ms, b"same") for i, at_ms in enumerate((0.0, 2_500.0, 2_500.0))
    ]
    assert judge_sequence(twice).finding is None


def test_a_freeze_in_the_middle_is_seen_from_its_length() -> None:
    looks = [LIVE[0], *[LIVE[1]] * 4]
    assert judge_sequence(seen(looks, prints=[b"a", b"b", b"b", b"b", b"b"])).finding is not None
    assert judge_sequence(seen(looks[:3], prints=[b"a", b"b", b"b"])).finding is None


def test_a_camera_that_stood_and_moved_on_is_at_most_suspect() -> None:
    life = judge_sequence(seen([*[LIVE[0]] * 5, *LIVE[1:4]], prints=[b"a"] * 5 + [b"b", b"c", b"d"]))
    assert life.finding is None
    assert "4 s" in life.suspicion


def test_a_proven_freeze_ranks_over_a_suspicion() -> None:
    """A clock that stands is proof, and two pictures that are the same are a question."""
    stands = [shot(3, grain=9) for _ in range(6)]
    prints = [bytes([i]) for i in range(5)] + [bytes([4])]
    life = judge_sequence(seen(stands, prints=prints, media=False))
    assert life.finding is not None
    assert not life.suspicion


def test_an_early_pair_that_is_the_same_does_not_hide_a_freeze_at_the_end() -> None:
    looks = [*[LIVE[0]] * 2, *[LIVE[1]] * 4]
    assert judge_sequence(seen(looks, prints=[b"a"] * 2 + [b"b"] * 4)).finding is not None


def test_the_same_still_again_is_only_suspect() -> None:
    """A server may keep a still for some seconds."""
    life = judge_sequence(seen([LIVE[0]] * 5, prints=[b"same"] * 5, media=False))
    assert life.finding is None
    assert "5 pictures are byte for byte the same" in life.suspicion


def test_a_clock_with_seconds_that_stands_is_frozen_though_the_bytes_differ() -> None:
    base = noisy(a_road(3, SIZE), 2, seed=5)
    burn_in(base, Film(size=SIZE, name="Gate 3"), 4.0)
    looks = [figures_of(recoded(base, i)) for i in range(6)]
    assert looks[0].has_seconds
    life = judge_sequence(seen(looks))
    assert life.finding is not None
    assert life.finding.kind is Kind.FROZEN
    assert "clock" in life.finding.compared_with


def test_a_clock_that_ticked_and_stands_is_frozen() -> None:
    ticking = [shot(i, grain=9) for i in range(3)]
    standing = [shot(3, grain=9) for _ in range(5)]
    life = judge_sequence(seen([*ticking, *standing]))
    assert life.finding is not None
    assert "ticked before" in life.finding.compared_with


def test_a_clock_known_from_the_past_that_stands_is_frozen() -> None:
    past = Baseline.of([(shot(7 * i, grain=i), None) for i in range(6)])
    still = [shot(3, grain=9) for _ in range(5)]
    life = judge_sequence(seen(still), past.at(still[0], None))
    assert life.finding is not None


def dated(minute: int, *, grain: int, day: int = 15) -> Figures:
    """A look at a live camera whose clock shows no seconds."""
    clock = f"2026-06-{day} 12:{minute:02}"
    return figures_of(noisy(written(a_road(3, SIZE), clock=clock, name=""), 2, seed=grain))


def test_a_live_camera_whose_clock_has_no_seconds_is_not_frozen_for_standing_within_a_minute() -> None:
    past = Baseline.of([(dated(7 * i, grain=i, day=10 + i), None) for i in range(6)])
    looks = [
        Sighting(dated(31, grain=50 + i), 1_000_000 + 2_000 * i, 2_000.0 * i, bytes([i])) for i in range(3)
    ]
    known = past.at(looks[0].figures, None)
    assert known.ticks.any()
    life = judge_sequence(looks, known)
    assert life.finding is None
    assert not life.suspicion


def test_one_minute_that_rolled_over_does_not_make_the_rest_of_it_frozen() -> None:
    figures = [dated(19 if i < 3 else 20, grain=50 + i) for i in range(6)]
    looks = [Sighting(f, 1_000_000 + 2_000 * i, 2_000.0 * i, bytes([i])) for i, f in enumerate(figures)]
    life = judge_sequence(looks)
    assert life.finding is None
    assert not life.suspicion


def standing(step_ms: int, *, fresh: bool) -> Life:
    """What is said of a clock without seconds that is known to tick, over five looks of one minute."""
    past = Baseline.of([(dated(7 * i, grain=i), None) for i in range(6)])
    figures = [dated(31, grain=50 + i if fresh else 50) for i in range(5)]
    looks = [Sighting(f, 1_000_000 + step_ms * i, None, bytes([i])) for i, f in enumerate(figures)]
    return judge_sequence(looks, past.at(figures[0], None))


def test_a_clock_without_seconds_that_stands_for_more_than_a_minute_is_frozen_if_the_noise_stands_too() -> (
    None
):
    found = standing(25_000, fresh=False).finding
    assert found is not None
    assert (found.figure, found.limit) == (100, 90)
    assert standing(25_000, fresh=True).finding is None
    assert standing(2_000, fresh=False).finding is None


def test_a_still_without_clock_that_is_coded_anew_is_not_checkable() -> None:
    base = noisy(a_road(3, SIZE), 2, seed=5)
    diagnosis = diagnose(seen([figures_of(recoded(base, i)) for i in range(6)]), None)
    assert diagnosis.verdict is Verdict.NOT_CHECKABLE
    assert "suspect" in diagnosis.reason
    assert Kind.FROZEN in dict(diagnosis.unchecked)


def test_a_clock_over_a_dead_scene_is_not_checkable() -> None:
    diagnosis = diagnose(seen([shot(i, grain=None) for i in range(6)]), None)
    assert diagnosis.verdict is Verdict.NOT_CHECKABLE
    assert "sensor" in diagnosis.reason


@settings(max_examples=12, deadline=None)
@given(st.floats(0.0, 4.0), st.integers(2, 8), st.booleans(), st.booleans())
def test_pixels_and_a_ticking_or_missing_clock_never_give_frozen(
    sigma: float, count: int, clock: bool, fresh: bool
) -> None:
    """A static scene at a low bitrate, however little of its noise is left."""
    looks = [shot(i, grain=i if fresh else None, sigma=sigma, clock=clock) for i in range(count)]
    assert judge_sequence(seen(looks)).finding is None


def test_one_look_cannot_say_whether_a_camera_lives() -> None:
    assert dict(diagnose(seen(LIVE[:1]), None).unchecked)[Kind.FROZEN] == "needs several looks"


def test_no_look_is_not_checkable() -> None:
    assert diagnose([], None).verdict is Verdict.NOT_CHECKABLE


def test_a_black_picture_is_black_and_not_frozen() -> None:
    dark = figures_of(np.zeros((360, 640, 3), np.uint8))
    diagnosis = diagnose(seen([dark] * 5, prints=[b"same"] * 5), None)
    assert [f.kind for f in diagnosis.findings] == [Kind.BLACK]


@pytest.mark.parametrize(("spoilt", "verdict"), [(1, Verdict.FIT), (2, Verdict.FIT), (4, Verdict.FAULT)])
def test_a_fault_must_be_in_most_of_the_looks(spoilt: int, verdict: Verdict) -> None:
    soft = figures_of(noisy(blurred(a_road(3, SIZE), 4), 2))
    looks = [soft] * spoilt + LIVE[: 5 - spoilt]
    assert diagnose(seen(looks), None).verdict is verdict


def test_a_trembling_view_is_shaking_and_a_standing_one_is_not() -> None:
    trembling, _ = shaking_of([shot(i, grain=i, shift=s) for i, s in enumerate((0, 12, -9, 14, -12, 6))])
    standing, why = shaking_of(LIVE)
    assert trembling is not None
    assert trembling.kind is Kind.SHAKING
    assert standing is None
    assert not why


def test_two_looks_cannot_show_shaking() -> None:
    assert shaking_of(LIVE[:2]) == (None, "needs 3 looks")
