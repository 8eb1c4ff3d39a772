"""Which thing is broken: groups against cameras alone, and the narrowest story that explains enough."""

from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenskeeper.base.outcomes import Outcome
from lenskeeper.inventory.ids import PointId
from lenskeeper.tickets.causes import ALL_OF, CauseKind, Place, Trouble, causes, joins, topology

T = 1_000_000
GONE = Outcome.TIMED_OUT


def hung(number: int, first: int = 1, /, **things: str) -> list[Place]:
    """So many points, numbered from `first`, that all hang on these things."""
    told = {CauseKind(kind): name for kind, name in things.items()}
    return [Place(PointId(n), 2, told) for n in range(first, first + number)]


def gone(places: list[Place], what: str = GONE, at_s: int = T) -> list[Trouble]:
    return [Trouble(place.point_id, what, at_s) for place in places]


def told(
    troubles: list[Trouble], places: list[Place], aside: set[PointId] | None = None
) -> list[tuple[str, str, int]]:
    found = causes(troubles, topology(places), aside or set())
    return [(cause.kind.value, cause.thing, len(cause.troubles)) for cause in found]


def test_two_hundred_cameras_behind_one_switch_are_one_cause() -> None:
    behind = hung(200, switch="sw-7", uplink="north", site="mall")
    beside = hung(300, 201, switch="sw-8", uplink="north", site="mall")
    assert told(gone(behind), behind + beside) == [("switch", "sw-7", 200)]


def test_sixty_four_channels_are_the_recorder_and_not_the_site_it_stands_in() -> None:
    channels = hung(64, recorder="10.0.0.9", site="mall")
    assert told(gone(channels), channels + hung(16, 65, site="mall")) == [("recorder", "10.0.0.9", 64)]


@pytest.mark.parametrize("what", [Outcome.NO_VIDEO, "signal_card"])
@pytest.mark.parametrize("pace_s", [300, 600, 1_800])
def test_channels_that_show_nothing_are_the_recorder_though_looks_find_them_one_after_the_other(
    what: str, pace_s: int
) -> None:
    channels = hung(64, recorder="10.0.0.9")
    seen = [Trouble(place.point_id, what, T + pace_s * n // 64) for n, place in enumerate(channels)]
    assert told(seen, channels) == [("recorder", "10.0.0.9", 64)]


def test_channels_that_fall_silent_half_an_hour_apart_are_not_the_recorder() -> None:
    channels = hung(10, recorder="10.0.0.9")
    seen = [Trouble(place.point_id, GONE, T + 300 * n) for n, place in enumerate(channels[:4])]
    assert told(seen, channels) == [("camera", str(n), 1) for n in range(1, 5)]


def test_a_feeder_that_lights_three_owners_poles_is_the_feeder() -> None:
    fed = [
        *hung(6, 1, feeder="f-3", site="a"),
        *hung(6, 7, feeder="f-3", site="b"),
        *hung(6, 13, feeder="f-3", site="c"),
    ]
    rest = [*hung(30, 100, site="a"), *hung(30, 200, site="b"), *hung(30, 300, site="c")]
    assert told(gone(fed), fed + rest) == [("feeder", "f-3", 18)]


@pytest.mark.parametrize(("failed", "all_of"), [(3, 3), (2, 2), (5, 5)])
def test_a_small_group_fails_as_a_whole(failed: int, all_of: int) -> None:
    pole = hung(all_of, pole="p-1")
    assert told(gone(pole[:failed]), pole) == [("pole", "p-1", failed)]


@pytest.mark.parametrize(("failed", "all_of"), [(1, 3), (2, 3), (4, 5), (3, 10), (4, 14), (5, 17)])
def test_too_few_of_a_group_are_cameras_alone(failed: int, all_of: int) -> None:
    pole = hung(all_of, pole="p-1")
    assert {kind for kind, *_ in told(gone(pole[:failed]), pole)} == {"camera"}


@pytest.mark.parametrize(("failed", "all_of"), [(4, 6), (4, 13), (5, 16), (60, 200)])
def test_a_large_group_needs_four_and_three_in_ten(failed: int, all_of: int) -> None:
    site = hung(all_of, site="s")
    assert told(gone(site[:failed]), site) == [("site", "s", failed)]


def test_an_account_refused_everywhere_is_one_cause_however_far_apart_the_looks_were() -> None:
    places = hung(300, account="traffic", site="s")
    troubles = [Trouble(p.point_id, Outcome.AUTH_REFUSED, T + 37 * n) for n, p in enumerate(places)]
    assert told(troubles, places) == [("account", "traffic", 300)]


def test_a_refused_login_says_nothing_of_the_switch() -> None:
    places = hung(8, switch="sw", account="a")
    assert told(gone(places, Outcome.AUTH_REFUSED), places) == [("account", "a", 8)]


def test_without_topology_the_subnet_the_minute_and_the_outcome_make_a_cause() -> None:
    places = hung(9, subnet="10.1.2.0/24")
    mixed = gone(places[:6]) + gone(places[6:8], Outcome.REFUSED)
    assert told(mixed, places) == [("subnet", "10.1.2.0/24", 6), ("camera", "7", 1), ("camera", "8", 1)]


def test_what_began_at_another_hour_is_another_cause() -> None:
    places = hung(4, switch="sw")
    troubles = gone(places[:3]) + gone(places[3:], at_s=T - 86_400)
    assert told(troubles, places) == [("switch", "sw", 3), ("camera", "4", 1)], "the old one proves nothing"
    spread = [Trouble(p.point_id, GONE, T + 3_600 * n) for n, p in enumerate(places)]
    assert {kind for kind, *_ in told(spread, places)} == {"camera"}


def test_cameras_of_which_nothing_is_known_do_not_acquit_a_switch() -> None:
    places = hung(5, switch="sw")
    assert told(gone(places[:3]), places) == [("camera", str(n), 1) for n in (1, 2, 3)]
    assert told(gone(places[:3]), places, {PointId(4), PointId(5)}) == [("switch", "sw", 3)]


def test_one_dead_switch_and_a_camera_elsewhere_are_not_a_dead_line() -> None:
    ring = [place for n in range(10) for place in hung(20, 1 + 20 * n, switch=f"sw-{n}", uplink="ring")]
    assert told(gone(ring[:20] + ring[199:]), ring) == [("switch", "sw-0", 20), ("camera", "200", 1)]
    assert told(gone(ring), ring) == [("uplink", "ring", 200)]


def test_a_third_of_a_line_is_still_the_switch_where_that_explains_it_better() -> None:
    ring = [place for n in range(3) for place in hung(20, 1 + 20 * n, switch=f"sw-{n}", uplink="ring")]
    assert told(gone(ring[:20] + ring[59:]), ring) == [("switch", "sw-0", 20), ("camera", "60", 1)]


def test_a_straggler_joins_its_cause_and_no_other() -> None:
    known = topology(hung(5, switch="sw"))
    late = Trouble(PointId(5), GONE, T + 900)
    assert joins(late, CauseKind.SWITCH, "sw", T, known)
    assert not joins(late, CauseKind.SWITCH, "other", T, known)
    assert not joins(Trouble(PointId(5), "blur", T + 900), CauseKind.SWITCH, "sw", T, known)
    assert not joins(Trouble(PointId(5), GONE, T - 86_400), CauseKind.SWITCH, "sw", T, known)


names = st.sampled_from(["", "a", "b", "c"])
place_things = st.fixed_dictionaries(
    dict.fromkeys(
        (CauseKind.POLE, CauseKind.SWITCH, CauseKind.SITE, CauseKind.ACCOUNT, CauseKind.FEEDER), names
    )
)


@given(
    st.lists(place_things, min_size=1, max_size=40),
    st.lists(
        st.sampled_from([GONE, Outcome.AUTH_REFUSED, Outcome.NO_VIDEO, "blur"]), min_size=40, max_size=40
    ),
    st.lists(st.integers(0, 4_000), min_size=40, max_size=40),
    st.lists(st.booleans(), min_size=40, max_size=40),
)
def test_every_trouble_has_exactly_one_cause_and_every_group_obeys_the_rule(
    things: list[dict[CauseKind, str]], shows: list[str], onsets: list[int], failed: list[bool]
) -> None:
    numbers = count(1)
    places = [Place(PointId(next(numbers)), 2, {k: v for k, v in each.items() if v}) for each in things]
    troubles = [
        Trouble(p.point_id, what, T + onset)
        for p, what, onset, is_down in zip(places, shows, onsets, failed, strict=False)
        if is_down
    ]
    known = topology(places)
    found = causes(troubles, known)
    assert sorted(t.point_id for cause in found for t in cause.troubles) == [t.point_id for t in troubles]
    for cause in found:
        if cause.kind is CauseKind.CAMERA:
            continue
        n = len(cause.troubles)
        assert n == cause.members if cause.members <= ALL_OF else (n >= 4 and 10 * n >= 3 * cause.members)
        assert cause.points <= known.members[cause.kind, cause.thing]
        assert cause.onset_s == min(t.onset_s for t in cause.troubles)
