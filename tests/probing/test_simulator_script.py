"""The script of a rehearsal: one seed, one history, and no outage that the planted truth does not tell."""

from lenskeeper.base.outcomes import Outcome
from lenskeeper.probing.simulator.fleet import Ports, city
from lenskeeper.probing.simulator.script import Script
from lenskeeper.probing.simulator.troubles import Trouble

DAY = (1_000_000, 1_086_400)
PLAN = city(60, faulty=12, seed=3)
PORTS = Ports()


def test_one_seed_gives_one_history_and_another_another() -> None:
    same, other = Script(PLAN, PORTS, DAY, seed=1), Script(PLAN, PORTS, DAY, seed=2)
    assert Script(PLAN, PORTS, DAY, seed=1).outages == same.outages != other.outages


def test_a_camera_is_silent_in_its_outages_and_itself_elsewhere() -> None:
    script = Script(PLAN, PORTS, DAY, seed=1)
    truths = PLAN.truths(PORTS)
    for url, spans in script.outages.items():
        for a, b in spans:
            assert {script.greeting(url, at) for at in (a, b - 1)} == {Outcome.TIMED_OUT}
            assert (
                script.look(url, b).outcome in truths[url].outcomes
                or script.look(url, b).outcome is Outcome.TIMED_OUT
            )
        outside = [at for at in range(*DAY, 977) if not any(a <= at < b for a, b in spans)]
        assert {script.look(url, at).outcome for at in outside} <= truths[url].outcomes
        assert {script.look(url, at).verdict for at in outside} == {truths[url].verdict}


def test_some_fail_often_and_most_seldom() -> None:
    counts = sorted(len(spans) for spans in Script(city(400, seed=1), PORTS, DAY, seed=1).outages.values())
    assert counts[len(counts) // 2] == 0
    assert counts[-1] > 10


def test_who_refuses_a_password_answers_all_the_same() -> None:
    plan = city(30, faulty=30, seed=1, illnesses=[(Trouble.WRONG_PASSWORD, 1.0)])
    script = Script(plan, PORTS, (0, 60), seed=1)
    url = next(u for u, spans in script.outages.items() if not spans)
    assert script.look(url, 0).outcome is Outcome.AUTH_REFUSED
    assert script.greeting(url, 0) is Outcome.ANSWERS


def test_an_address_that_is_not_of_the_fleet_is_silent() -> None:
    assert Script(PLAN, PORTS, DAY, seed=1).greeting("rtsp://127.9.9.9/", DAY[0]) is Outcome.TIMED_OUT
