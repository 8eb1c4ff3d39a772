"""A picture that nobody could measure: the camera's fault, or ours."""

import pytest

from lenskeeper.base.outcomes import Outcome
from lenskeeper.house.eyes import Unmeasured, seen
from lenskeeper.house.worker import Reply
from lenskeeper.probing.probe import Probe
from lenskeeper.probing.targets import parse_target


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply([], "the picture worker died of it"), Outcome.UNDECODABLE),
        (Unmeasured([], "no picture worker starts"), Outcome.OUR_FAULT),
        (Unmeasured([], "no room for a picture of 9.0 MB"), Outcome.OUR_FAULT),
    ],
)
def test_what_is_ours_is_not_booked_as_the_cameras(reply: Reply, outcome: Outcome) -> None:
    probe = Probe(parse_target("rtsp://127.0.0.9/"), 0, Outcome.PLAYING, 5.0)
    found = seen(probe, [], [reply])
    assert (found.probe.outcome, found.probe.remark) == (outcome, reply.failure)
