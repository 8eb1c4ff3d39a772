"""Every camera of a survey falls into exactly one bucket, and each bucket names its cure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenskeeper.base.languages import Language
from lenskeeper.base.outcomes import Outcome
from lenskeeper.diagnosis.kinds import Verdict
from lenskeeper.reporting.takeover import (
    BY_OUTCOME,
    BY_VERDICT,
    CURES,
    LONG_DEAD_S,
    NAMES,
    Bucket,
    Looked,
    bucket_of,
    by_unit,
)
from lenskeeper.reporting.words import TEXT
from lenskeeper.units.ids import UnitId

looks = st.builds(
    Looked,
    outcome=st.none() | st.sampled_from(Outcome),
    verdict=st.none() | st.sampled_from(Verdict),
    silent_s=st.integers(0, 10 * LONG_DEAD_S),
    in_networks=st.booleans(),
)


@pytest.mark.parametrize(
    ("looked", "bucket"),
    [
        (Looked(Outcome.PLAYING, Verdict.FIT), Bucket.ANSWERS_WELL),
        (Looked(Outcome.PLAYING, Verdict.LOW_VISIBILITY), Bucket.ANSWERS_WELL),
        (Looked(Outcome.PLAYING, Verdict.FAULT), Bucket.PICTURE_FAULTY),
        (Looked(Outcome.PLAYING, Verdict.NOT_CHECKABLE), Bucket.NOT_LOOKED_AT),
        (Looked(Outcome.PLAYING), Bucket.NOT_LOOKED_AT),
        (Looked(Outcome.ANSWERS), Bucket.NOT_LOOKED_AT),
        (Looked(None), Bucket.NOT_LOOKED_AT),
        (Looked(Outcome.AUTH_REFUSED), Bucket.PASSWORD_REFUSED),
        (Looked(Outcome.HELD_BACK), Bucket.PASSWORD_REFUSED),
        (Looked(Outcome.NOT_FOUND), Bucket.PATH_WRONG),
        (Looked(Outcome.BUSY), Bucket.BUSY),
        (Looked(Outcome.REFUSED, silent_s=9 * LONG_DEAD_S), Bucket.WRONG_ADDRESS),
        (Looked(Outcome.UNREACHABLE), Bucket.WRONG_ADDRESS),
        (Looked(Outcome.TIMED_OUT, silent_s=LONG_DEAD_S - 1), Bucket.SILENT),
        (Looked(Outcome.TIMED_OUT, silent_s=LONG_DEAD_S), Bucket.LONG_DEAD),
        (Looked(Outcome.TIMED_OUT, silent_s=LONG_DEAD_S, in_networks=False), Bucket.NOT_OURS),
    ],
)
def test_a_camera_falls_where_its_cure_is(looked: Looked, bucket: Bucket) -> None:
    assert bucket_of(looked) is bucket


@given(looks)
def test_only_a_fit_picture_answers_well(looked: Looked) -> None:
    well = bucket_of(looked) is Bucket.ANSWERS_WELL
    assert not well or (looked.outcome is Outcome.PLAYING and looked.verdict is not None)
    assert not well or looked.verdict not in (Verdict.FAULT, Verdict.NOT_CHECKABLE)


@given(st.lists(st.tuples(st.integers(1, 4).map(UnitId), st.sampled_from(Bucket)), max_size=40))
def test_the_buckets_of_a_unit_add_up_to_its_cameras(found: list[tuple[UnitId, Bucket]]) -> None:
    rows = by_unit(found)
    assert sum(row.cameras for row in rows) == len(found)
    for row in rows:
        assert sum(row.counts) == row.cameras
        assert row.count(Bucket.SILENT) == found.count((row.unit_id, Bucket.SILENT))


def test_every_outcome_verdict_and_bucket_is_in_its_table() -> None:
    assert set(BY_OUTCOME) == set(Outcome) - {Outcome.PLAYING}
    assert set(BY_VERDICT) == set(Verdict)
    for words in (NAMES, CURES):
        assert set(words) == set(Bucket)
        assert all(words[bucket].of(language) for bucket in Bucket for language in Language)


def test_the_words_say_how_long_a_long_dead_camera_has_been_silent() -> None:
    assert LONG_DEAD_S == 3 * 86_400
    assert "三天" in TEXT["long_dead"].zh
    assert "three days" in TEXT["long_dead"].en
    assert "three days" in CURES[Bucket.SILENT].en
