"""A few thousand seeded mutants of what peers say; `./run bench fuzz` throws 200,000."""

import collections
import time
import tracemalloc

import pytest

from fuzz_inputs import inputs, targets
from lenskeeper.protocols.messages import Garbled

HANG_S = 1.0


@pytest.mark.parametrize("seed", range(5))
def test_no_mutant_crashes_or_hangs_a_parser(seed: int) -> None:
    for one in inputs(1_000, seed):
        began = time.process_time()
        one.run()
        assert time.process_time() - began < HANG_S, one


def test_mutants_leave_nothing_behind() -> None:
    for one in inputs(300, 7):
        one.run()
    tracemalloc.start()
    try:
        for one in inputs(300, 8):
            one.run()
        before, _ = tracemalloc.get_traced_memory()
        for one in inputs(600, 9):
            one.run()
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert after - before < 300_000
    assert peak - before < 8_000_000


def test_the_seeds_are_good_and_the_mutants_are_bad_enough() -> None:
    for target in targets():
        for seed in target.seeds:
            assert target.parse_everything(seed) is not None
    kinds = collections.Counter(
        type(event).__name__
        for one in inputs(3_000, 11)
        if one.target.name in {"rtsp", "rtp"}
        for event in one.run()  # type: ignore[attr-defined]
    )
    assert min(kinds[name] for name in ("Reply", "Junk", "KeyUnit", "ServerRequest")) > 20, kinds
    assert kinds[Garbled.__name__], kinds
