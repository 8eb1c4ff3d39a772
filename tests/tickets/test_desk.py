"""What the desk does with what it sees: patience, children, recoveries, relapses."""

from collections.abc import Sequence

import pytest

from lenskeeper.base.outcomes import Outcome
from lenskeeper.inventory.ids import PointId
from lenskeeper.tickets.causes import CauseKind, Place, Trouble, topology
from lenskeeper.tickets.desk import (
    DISAGREE_S,
    PATIENCE_S,
    REGRESS_S,
    SETTLE_S,
    Act,
    Child,
    Join,
    Leave,
    Live,
    Open,
    Seen,
    TicketId,
    Turn,
    Well,
    escalation_of,
    work,
)
from lenskeeper.tickets.states import LIVE, NEXT, Stage, Step

T = 1_000_000
GONE = Outcome.TIMED_OUT
P = [PointId(n) for n in range(20)]
SWITCH = topology([Place(p, 2, {CauseKind.SWITCH: "sw"}) for p in P])
ALONE = topology([Place(p, 2) for p in P])
NOW = TicketId(7)


def down(*points: int, what: str = GONE, at_s: int = T) -> list[Trouble]:
    return [Trouble(P[n], what, at_s) for n in points]


def ticket(
    *children: Child, stage: Stage = Stage.ASSIGNED, kind: CauseKind = CauseKind.CAMERA, ended_s: int | None = None,
    finished_s: int | None = None,
) -> Live:  # fmt: skip
    thing = "sw" if kind is CauseKind.SWITCH else str(children[0].point_id)
    return Live(NOW, kind, thing, T, stage, finished_s, ended_s, children)


def ill(n: int) -> Child:
    return Child(P[n], GONE, None)


def well(n: int, at_s: int = T) -> Child:
    return Child(P[n], GONE, at_s)


def turns(acts: Sequence[Act]) -> list[Step]:
    return [act.step for act in acts if isinstance(act, Turn)]


@pytest.mark.parametrize("klass", [1, 2, 3])
def test_nobody_is_called_before_the_patience_of_the_class_is_over(klass: int) -> None:
    known = topology([Place(P[0], klass)])
    for late, opens in ((PATIENCE_S[klass] - 1, 0), (PATIENCE_S[klass], 1)):
        assert len(work(Seen(down(0), {}), [], known, T + late)) == opens


def test_a_reboot_of_ten_minutes_less_a_second_calls_nobody() -> None:
    known = topology([Place(p, 1, {CauseKind.SWITCH: "sw"}) for p in P])
    assert work(Seen(down(*range(20)), {}), [], known, T + 599) == []


def test_a_camera_that_answers_again_is_well_at_once_and_believed_later() -> None:
    first = work(Seen([], {P[0]: T}), [ticket(ill(0))], ALONE, T + 1)
    assert first == [Well(NOW, P[0], T)]
    assert work(Seen([], {P[0]: T}), [ticket(well(0))], ALONE, T + SETTLE_S - 1) == []
    assert turns(work(Seen([], {P[0]: T}), [ticket(well(0))], ALONE, T + SETTLE_S)) == [Step.RECOVER]


def test_a_self_recovery_never_closes_a_ticket_while_somebody_is_on_site() -> None:
    on_site = ticket(well(0), stage=Stage.ON_SITE)
    assert turns(work(Seen([], {P[0]: T}), [on_site], ALONE, T + 10 * SETTLE_S)) == []


def test_a_look_that_agrees_verifies_what_a_person_finished() -> None:
    done = ticket(well(0), stage=Stage.DONE, finished_s=T)
    assert turns(work(Seen([], {P[0]: T}), [done], ALONE, T + SETTLE_S)) == [Step.VERIFY]


def test_looks_that_disagree_for_half_an_hour_send_it_back() -> None:
    done = ticket(ill(0), stage=Stage.DONE, finished_s=T)
    assert turns(work(Seen(down(0), {}), [done], ALONE, T + DISAGREE_S - 1)) == []
    assert turns(work(Seen(down(0), {}), [done], ALONE, T + DISAGREE_S)) == [Step.FAIL]


def test_what_nothing_is_known_of_is_neither_well_nor_over() -> None:
    assert work(Seen([], {}), [ticket(ill(0))], ALONE, T + 10 * SETTLE_S) == []


def test_a_relapse_within_a_day_is_the_same_work_and_a_reboot_no_relapse() -> None:
    ended = ticket(well(0), stage=Stage.VERIFIED, ended_s=T)
    back = down(0, at_s=T + 3_600)
    assert work(Seen(back, {}), [ended], ALONE, T + 3_600 + 599) == []
    acts = work(Seen(back, {}), [ended], ALONE, T + 3_600 + 600)
    assert acts == [Turn(NOW, Step.FAIL, tuple(back))]
    much_later = down(0, at_s=T + REGRESS_S)
    assert isinstance(work(Seen(much_later, {}), [ended], ALONE, T + REGRESS_S + 7_200)[0], Open)


def test_a_cancelled_ticket_is_not_opened_anew_before_its_camera_was_well() -> None:
    cancelled = ticket(ill(0), stage=Stage.CANCELLED, ended_s=T)
    assert work(Seen(down(0), {}), [cancelled], ALONE, T + 90_000) == []
    assert work(Seen([], {P[0]: T + 9}), [cancelled], ALONE, T + 10) == [Well(NOW, P[0], T + 9)]


def test_children_of_a_switch_get_no_tickets_and_stragglers_join() -> None:
    live = ticket(*(ill(n) for n in range(19)), kind=CauseKind.SWITCH)
    acts = work(Seen(down(*range(19)) + down(19, at_s=T + 600), {}), [live], SWITCH, T + 9_000)
    assert acts == [Join(NOW, down(19, at_s=T + 600)[0])]


def test_when_the_switch_is_back_who_is_still_dead_leaves_and_gets_a_ticket_of_its_own() -> None:
    live = ticket(
        ill(0), *(well(n) for n in range(1, 20)), kind=CauseKind.SWITCH, stage=Stage.DONE, finished_s=T
    )
    seen = Seen(down(0), {P[n]: T for n in range(1, 20)})
    acts = work(seen, [live], SWITCH, T + 2_000)
    assert acts[:2] == [Leave(NOW, P[0]), Turn(NOW, Step.VERIFY)]
    assert [act.cause.kind for act in acts if isinstance(act, Open)] == [CauseKind.CAMERA]


def test_a_camera_with_a_blurred_picture_is_well_for_its_switch_and_a_case_of_its_own() -> None:
    live = ticket(*(ill(n) for n in range(20)), kind=CauseKind.SWITCH)
    seen = Seen(down(0, what="blur"), dict.fromkeys(P[1:], T))
    acts = work(seen, [live], SWITCH, T + 1_900)
    assert sum(isinstance(act, Well) for act in acts) == 20
    assert [act.cause.what for act in acts if isinstance(act, Open)] == ["blur"]


def test_who_is_well_and_falls_ill_again_under_a_live_ticket_is_told_once() -> None:
    acts = work(Seen(down(0), {}), [ticket(well(0))], ALONE, T + 60)
    assert acts == [Join(NOW, down(0)[0], is_again=True)]


def test_what_is_set_aside_opens_nothing() -> None:
    assert work(Seen(down(0), {}, {P[0]}), [], ALONE, T + 90_000) == []


def test_whoever_does_not_answer_or_mend_in_time_is_told_of_ever_higher() -> None:
    def level(now_s: int, responded_s: int | None = None) -> int:
        return escalation_of(
            opened_s=0, respond_by_s=100, restore_by_s=1_000, responded_s=responded_s, now_s=now_s
        )

    assert [level(at) for at in (100, 101, 1_000, 1_001, 2_000, 2_001)] == [0, 1, 1, 2, 2, 3]
    assert level(500, responded_s=50) == 0


def test_every_live_stage_can_be_left_and_what_is_over_only_by_failing_again() -> None:
    ways = {stage: {step for (at, step) in NEXT if at is stage} for stage in Stage}
    assert all(ways[stage] for stage in LIVE)
    assert ways[Stage.VERIFIED] == {Step.FAIL}
    assert ways[Stage.CANCELLED] == set()
