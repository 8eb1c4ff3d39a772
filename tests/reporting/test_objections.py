"""A month that is disputed: its rulings change the rate as brute force says, and each changed figure says why."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, select
from tests.reporting.month_kit import (
    AFTER_S,
    ALONE,
    BOSS,
    BUILDER,
    DAY,
    DRAFTED_S,
    HOUR,
    MONTH,
    OFFICE,
    POWER_CUT,
    SCHEME,
    SILENT,
    SWITCH_OUT,
    TZ,
    UNTIL_DAY,
    Lot,
    add_up,
    late,
    lot,
)

from lenskeeper.audit.schema import audit_entry
from lenskeeper.availability.exclusions import Kind
from lenskeeper.availability.maintenance import Target
from lenskeeper.availability.rows_maintenance import approve, plan, propose, revoke
from lenskeeper.base.access import LOCAL_OPERATOR, Scope
from lenskeeper.base.errors import Conflict, Invalid, NotAllowed, NotFound
from lenskeeper.base.languages import Language
from lenskeeper.base.spans import Span
from lenskeeper.inventory.rows_points import change
from lenskeeper.reporting import rows_objections as rows
from lenskeeper.reporting.definitions import Metric, figure
from lenskeeper.reporting.objections import (
    Cause,
    Effect,
    Explained,
    Near,
    Objection,
    Proceeding,
    Together,
    Why,
    causes_of_point,
)
from lenskeeper.reporting.report import Grouped
from lenskeeper.reporting.rows_disputed import page
from lenskeeper.reporting.rows_objections import Draft
from lenskeeper.reporting.sums import Sums
from lenskeeper.reporting.tables_objections import SAYS, causes_text, span_text
from lenskeeper.store.database import Store
from lenskeeper.tickets.rows_contracts import take_out


def drafted(connection: Connection, made: Lot, *, unit: bool = False) -> int:
    new = Draft(
        contract_id=None if unit else made.contract,
        unit_id=made.root if unit else None,
        period=MONTH,
        scheme="bridge",
        scheme_text=SCHEME,
        open_until_day=UNTIL_DAY,
    )
    return rows.draft(connection, new, actor=OFFICE, now_s=DRAFTED_S).assessment_id


def objected(connection: Connection, made: Lot, n: int, span: Span, number: int = 1) -> Objection:
    return rows.enter_objection(
        connection, Scope.ALL, number, made.points[n], span, reason="停电", actor=BUILDER, now_s=DRAFTED_S + HOUR
    )  # fmt: skip


def ruled(connection: Connection, one: Objection, *, upheld: bool, span: Span | None = None) -> Effect | None:
    return rows.rule(
        connection, Scope.ALL, one.assessment_id, one.number, upheld=upheld, words="供电局证明", span=span,
        actor=OFFICE, now_s=DRAFTED_S + 2 * HOUR,
    )[1]  # fmt: skip


def online(found: tuple[Explained, ...]) -> Explained:
    return next(
        one for one in found if one.changed.by is Grouped.WHOLE and one.changed.metric is Metric.ONLINE
    )


def test_rulings_change_the_rate_as_brute_force_says_and_revision_one_stays_byte_for_byte(
    store: Store,
) -> None:
    made = lot(store)

    def work(connection: Connection) -> None:
        number = drafted(connection, made)
        of = rows.proceeding(connection, Scope.ALL, number)
        first = rows.draft_of(connection, of)
        whole = first.issue.report.whole.figure(Metric.ONLINE)
        assert (whole.numerator, whole.denominator) == made.rate({})
        assert first.issue.report.whole.cameras == 6
        power = [objected(connection, made, n, POWER_CUT) for n in (4, 5)]
        hour = objected(connection, made, 1, ALONE)
        switch = objected(connection, made, 0, SWITCH_OUT)
        narrower = POWER_CUT[0] + HOUR // 2, POWER_CUT[1] - HOUR  # in the middle of an hour
        ruled(connection, power[0], upheld=True)
        ruled(connection, power[1], upheld=True, span=narrower)
        ruled(connection, hour, upheld=False)
        did = ruled(connection, switch, upheld=True)
        add_up(connection, AFTER_S)
        issued = rows.issue(connection, Scope.ALL, number, actor=BOSS, now_s=AFTER_S)
        out = {made.points[4]: [POWER_CUT], made.points[5]: [narrower], made.points[0]: [SWITCH_OUT]}
        after = issued.snapshot.issue.report.whole.figure(Metric.ONLINE)
        assert (after.numerator, after.denominator) == made.rate(out)
        assert did is not None
        assert (did.whole_after.up_s, did.whole_after.known_s) == made.rate(out)
        assert issued.snapshot.issue.revision == 2
        assert issued.snapshot.assessment is not None
        again = rows.draft_of(connection, issued.proceeding)
        assert (again.body, again.sha256) == (first.body, first.sha256)
        assert online(issued.changes).causes == tuple(Cause(Why.RULING, n) for n in (1, 2, 4))
        theirs = {one.changed.key for one in issued.changes if one.changed.by is Grouped.POINT}
        assert theirs == {str(made.points[n]) for n in (0, 4, 5)}
        assert all(one.causes for one in issued.changes)
        told = {one.changed.metric for one in issued.changes}
        assert Metric.EXCLUDED in told
        assert Metric.NO_PICTURE not in told  # 0 h before and 0 h after
        assert rows.changes(connection, Scope.ALL, number, now_s=AFTER_S) == issued.changes

    store.write(work)


def test_a_unit_without_a_contract_is_assessed_with_all_its_cameras(store: Store) -> None:
    made = lot(store)

    def work(connection: Connection) -> None:
        number = drafted(connection, made, unit=True)
        of = rows.proceeding(connection, Scope.ALL, number)
        assert rows.draft_of(connection, of).issue.report.whole.cameras == 7
        made.joined = dict.fromkeys(made.points, MONTH.a_s)
        hour = objected(connection, made, 1, ALONE)
        ruled(connection, hour, upheld=True)
        issued = rows.issue(
            connection, Scope.ALL, number, agreed_by=BUILDER, actor=BOSS, now_s=DRAFTED_S + 3 * HOUR
        )
        after = issued.snapshot.issue.report.whole.figure(Metric.ONLINE)
        assert (after.numerator, after.denominator) == made.rate({made.points[1]: [ALONE]})
        assert issued.proceeding.agreed_by == BUILDER

    store.write(work)


def test_what_a_lot_says_day_by_day_and_of_excluded_hours_adds_up_to_the_whole(store: Store) -> None:
    made = lot(store)

    def work(connection: Connection) -> None:
        # of point 5 only what lies in its time in the lot counts, also of what waits
        span = made.joined[made.points[5]] - 5 * HOUR, made.joined[made.points[5]] + 2 * HOUR
        entered = propose(
            connection, target=Target(points=(made.points[5],)), when=[span], kind=Kind.POWER_CUT,
            reason="迁改", actor=LOCAL_OPERATOR, now_s=DRAFTED_S - DAY,
        )  # fmt: skip
        waits = rows.draft_of(
            connection, rows.proceeding(connection, Scope.ALL, drafted(connection, made))
        ).issue.report
        assert [(one.pending, one.excluded_s) for one in waits.excluded] == [(True, 2 * HOUR)]
        approve(connection, entered.plan_id, actor=BOSS, now_s=DRAFTED_S + HOUR)
        noon_s = MONTH.a_s + 15 * DAY + 12 * HOUR
        take_out(
            connection,
            made.contract,
            [made.points[2]],
            noon_s,
            actor=BOSS,
            now_s=DRAFTED_S,
        )
        of = rows.proceeding(connection, Scope.ALL, 1)
        issued = rows.issue(connection, Scope.ALL, of.assessment_id, actor=BOSS, now_s=AFTER_S)
        report = issued.snapshot.issue.report
        assert [(one.pending, one.excluded_s) for one in report.excluded] == [(False, 2 * HOUR)]
        assert report.whole.sums.excluded_s == 2 * HOUR
        for name in ("up_s", "down_s", "span_s", "excluded_s", "outages", "repair_s"):
            days = sum(getattr(line.sums, name) for line in report.days)
            assert days == getattr(report.whole.sums, name), name
        assert {group.name for group in report.by_unit} == {"东区", "西区"}
        assert online(issued.changes).causes == (Cause(Why.PLAN, entered.plan_id), Cause(Why.REGISTER))

    store.write(work)


def test_the_effect_that_is_shown_before_is_the_effect_that_comes(store: Store) -> None:
    made = lot(store)

    def work(connection: Connection) -> None:
        drafted(connection, made)
        one = objected(connection, made, 4, POWER_CUT)
        half = POWER_CUT[0], POWER_CUT[0] + 12 * HOUR
        before = rows.effect(connection, Scope.ALL, one, half)
        assert before == rows.effect(connection, Scope.ALL, one, half)  # nothing was written
        mine = [made.points[4]]
        assert (before.point_before.up_s, before.point_before.known_s) == made.rate({}, mine)
        assert (before.point_after.up_s, before.point_after.known_s) == made.rate({mine[0]: [half]}, mine)
        assert (before.whole_before.up_s, before.whole_before.known_s) == made.rate({})
        assert (before.whole_after.up_s, before.whole_after.known_s) == made.rate({mine[0]: [half]})
        assert ruled(connection, one, upheld=True, span=half) == before
        nothing = replace(one, number=2, a=half[0], b=half[1])
        there = rows.effect(connection, Scope.ALL, nothing)  # excluded already
        assert there.whole_before == there.whole_after == before.whole_after

    store.write(work)


def test_late_data_other_plans_and_the_register_are_named_as_such(store: Store) -> None:
    made = lot(store)

    def work(connection: Connection) -> None:
        old = propose(
            connection, target=Target(points=(made.points[2],)), when=[SWITCH_OUT], kind=Kind.NETWORK_WORK,
            reason="割接", actor=LOCAL_OPERATOR, now_s=DRAFTED_S - DAY,
        )  # fmt: skip
        approve(connection, old.plan_id, actor=BOSS, now_s=DRAFTED_S - DAY)
        number = drafted(connection, made)
        one = objected(connection, made, 0, SWITCH_OUT)
        ruled(connection, one, upheld=True)
        late(connection, made, made.points[1], ALONE[0])
        late(connection, made, made.points[0], MONTH.a_s + 25 * DAY)  # beside the ruling on the same camera
        revoke(connection, old.plan_id, reason="有误", actor=BOSS, now_s=DRAFTED_S + 2 * HOUR)
        new = propose(
            connection, target=Target(points=(made.points[3],)), when=[SWITCH_OUT], kind=Kind.NETWORK_WORK,
            reason="割接", actor=LOCAL_OPERATOR, now_s=DRAFTED_S + 2 * HOUR,
        )  # fmt: skip
        approve(connection, new.plan_id, actor=BOSS, now_s=DRAFTED_S + 3 * HOUR)
        change(connection, made.points[4], {"klass": 3}, actor=BOSS, now_s=DRAFTED_S + 3 * HOUR)
        add_up(connection, AFTER_S)
        issued = rows.issue(connection, Scope.ALL, number, actor=BOSS, now_s=AFTER_S)
        why = {
            made.points.index(int(x.changed.key)): x.causes  # type: ignore[arg-type]  # ids are whole numbers
            for x in issued.changes
            if x.changed.by is Grouped.POINT and x.changed.metric is Metric.ONLINE
        }
        assert why == {
            0: (Cause(Why.LATE_DATA), Cause(Why.RULING, 1)),
            1: (Cause(Why.LATE_DATA),),
            2: (Cause(Why.PLAN, old.plan_id),),
            3: (Cause(Why.PLAN, new.plan_id),),
        }
        strict = {
            x.changed.key: x.causes
            for x in issued.changes
            if x.changed.by is Grouped.CLASS and x.changed.metric is Metric.STRICT_ONLINE
        }
        register, is_late = Cause(Why.REGISTER), Cause(Why.LATE_DATA)
        assert strict == {  # camera 4 was of class II and is of class III
            "1": (is_late, Cause(Why.PLAN, new.plan_id), Cause(Why.RULING, 1)),
            "2": (is_late, register),
            "3": (Cause(Why.PLAN, old.plan_id), register),
        }
        excluded = [
            x
            for x in issued.changes
            if x.changed.by is Grouped.POINT
            and x.changed.key == str(made.points[0])
            and x.changed.metric is Metric.EXCLUDED
        ]
        assert [x.causes for x in excluded] == [(Cause(Why.RULING, 1),)]  # late data exclude nothing

    store.write(work)


def test_of_two_rulings_on_a_camera_each_figure_names_those_that_changed_it(store: Store) -> None:
    made = lot(store)

    def work(connection: Connection) -> None:
        number = drafted(connection, made)
        for span in (ALONE, SILENT):
            ruled(connection, objected(connection, made, 1, span), upheld=True)
        issued = rows.issue(connection, Scope.ALL, number, actor=BOSS, now_s=AFTER_S)
        why = {x.changed.metric: x.causes for x in issued.changes if x.changed.by is Grouped.POINT}
        first, second = (Cause(Why.RULING, n) for n in (1, 2))
        assert why[Metric.ONLINE] == why[Metric.OUTAGES] == (first,)  # nothing was known while it was silent
        assert why[Metric.EXCLUDED] == why[Metric.COVERAGE] == (first, second)

    store.write(work)


def test_a_ruling_is_an_exclusion_of_two_persons_and_each_act_is_in_the_log(store: Store) -> None:
    made = lot(store)

    def work(connection: Connection) -> None:
        number = drafted(connection, made)
        one = objected(connection, made, 1, ALONE)
        with pytest.raises(NotAllowed, match="somebody else"):
            rows.rule(
                connection,
                Scope.ALL,
                number,
                1,
                upheld=True,
                words="yes",
                actor=BUILDER,
                now_s=DRAFTED_S + HOUR,
            )
        ruled(connection, one, upheld=True)
        after = rows.objection(connection, Scope.ALL, number, 1)
        assert after.plan_id is not None
        entered = plan(connection, Scope.ALL, after.plan_id)
        assert (entered.author, entered.approver, entered.kind) == (BUILDER, OFFICE, Kind.RULING)
        assert entered.windows == (ALONE,)
        assert entered.reason == "objection 1.1: 停电; upheld: 供电局证明"
        rows.issue(connection, Scope.ALL, number, agreed_by=BUILDER, actor=BOSS, now_s=DRAFTED_S + 3 * HOUR)
        acts = connection.execute(
            select(audit_entry.c.act, audit_entry.c.subject, audit_entry.c.actor, audit_entry.c.detail)
            .where(audit_entry.c.at_s >= DRAFTED_S)
            .order_by(audit_entry.c.number)
        ).all()
        assert [(row.act, row.subject, row.actor) for row in acts] == [
            ("report.issue", "report:1", OFFICE),
            ("assessment.draft", "assessment:1", OFFICE),
            ("objection.enter", "objection:1.1", BUILDER),
            ("maintenance.propose", f"maintenance:{after.plan_id}", BUILDER),
            ("maintenance.approve", f"maintenance:{after.plan_id}", OFFICE),
            ("objection.rule", "objection:1.1", OFFICE),
            ("report.issue", "report:2", BOSS),
            ("assessment.issue", "assessment:1", BOSS),
        ]
        said = json.loads(acts[-1].detail)
        assert (said["upheld"], said["agreed_by"]) == (1, BUILDER)
        assert said["rulings_sha256"] == rows.proceeding(connection, Scope.ALL, number).rulings_sha256

    store.write(work)


def test_nobody_objects_rules_or_issues_out_of_turn(store: Store) -> None:
    made = lot(store)

    def work(connection: Connection) -> None:
        number = drafted(connection, made)
        with pytest.raises(Conflict, match="assessment 1 is of that month"):
            drafted(connection, made)
        one = objected(connection, made, 1, ALONE)
        with pytest.raises(Conflict, match=r"1\.1 has that time"):
            objected(connection, made, 1, (ALONE[0] - HOUR, ALONE[0] + 1))
        with pytest.raises(Invalid, match="not within the camera's time"):
            objected(connection, made, 5, (MONTH.a_s, MONTH.a_s + HOUR))  # it was not in the lot yet
        with pytest.raises(Invalid, match="ends before it begins"):
            objected(connection, made, 2, (ALONE[1], ALONE[0]))
        with pytest.raises(NotFound, match="no camera 7"):
            rows.enter_objection(
                connection, Scope.ALL, number, made.points[5] + 1, ALONE, reason="x", actor=BUILDER, now_s=DRAFTED_S  # type: ignore[arg-type]
            )  # fmt: skip
        for agreed, now_s in ((None, AFTER_S), (BUILDER, DRAFTED_S + HOUR)):
            with pytest.raises(Conflict, match=r"1 objections wait for a ruling: 1\.1"):
                rows.issue(connection, Scope.ALL, number, agreed_by=agreed, actor=BOSS, now_s=now_s)
        with pytest.raises(Invalid, match="narrower"):
            ruled(connection, one, upheld=True, span=(ALONE[0] - 1, ALONE[1]))
        with pytest.raises(Invalid, match="only for what is upheld"):
            ruled(connection, one, upheld=False, span=(ALONE[0] + 1, ALONE[1]))
        ruled(connection, one, upheld=False)
        with pytest.raises(Conflict, match="ruled already"):
            ruled(connection, one, upheld=True)
        second = objected(connection, made, 1, ALONE)  # rejected once, but the time is not over
        ruled(connection, second, upheld=True)
        with pytest.raises(Conflict, match="until 2026-11-06: wait"):
            rows.issue(connection, Scope.ALL, number, actor=BOSS, now_s=DRAFTED_S + 5 * DAY)
        with pytest.raises(NotAllowed, match="the other side"):
            rows.issue(connection, Scope.ALL, number, agreed_by=BOSS, actor=BOSS, now_s=DRAFTED_S + 5 * DAY)
        with pytest.raises(Conflict, match="the period is over"):
            rows.enter_objection(
                connection, Scope.ALL, number, made.points[2], SWITCH_OUT, reason="x", actor=BUILDER, now_s=AFTER_S
            )  # fmt: skip
        assert rows.issue(connection, Scope.ALL, number, actor=BOSS, now_s=AFTER_S).proceeding.report_id == 2
        for act in (
            lambda: objected(connection, made, 2, SWITCH_OUT),
            lambda: ruled(connection, second, upheld=True),
            lambda: rows.issue(connection, Scope.ALL, number, actor=BOSS, now_s=AFTER_S),
        ):
            with pytest.raises(Conflict, match="was issued by"):
                act()

    store.write(work)


def test_a_month_is_assessed_once_it_is_over(store: Store) -> None:
    made = lot(store)
    new = Draft(made.contract, None, MONTH, "bridge", SCHEME, UNTIL_DAY)

    def work(connection: Connection) -> None:
        with pytest.raises(Conflict, match="is not over"):
            rows.draft(connection, new, actor=OFFICE, now_s=MONTH.b_s - 1)
        with pytest.raises(NotFound, match="bridge"):
            rows.draft(connection, replace(new, scheme="tunnel"), actor=OFFICE, now_s=DRAFTED_S)

    store.write(work)


def test_the_page_tells_a_camera_that_died_alone_from_a_switch(store: Store) -> None:
    made = lot(store)

    def work(connection: Connection) -> None:
        drafted(connection, made)
        wide = SWITCH_OUT[0] - HOUR, SWITCH_OUT[1]
        found = page(connection, Scope.ALL, objected(connection, made, 1, wide))
        assert (found.near, found.thing, len(found.neighbours)) == (Near.SWITCH, "SW-1", 3)
        assert [(s.a, s.b, s.reasons, s.probers) for s in found.stretches] == [
            (wide[0], SWITCH_OUT[0], (), ("prober-1",)),
            (*SWITCH_OUT, ("timed_out",), ("prober-1",)),
        ]
        assert [(t.up, t.down, t.says) for t in found.together] == [(0, 3, "with all its neighbours")]
        alone = page(connection, Scope.ALL, objected(connection, made, 1, ALONE))
        assert [(t.up, t.down, t.says) for t in alone.together] == [(3, 0, "alone: the neighbours were up")]
        one = objected(connection, made, 4, POWER_CUT)
        ruled(connection, one, upheld=True)
        cut = page(connection, Scope.ALL, one)
        assert [(x.kind, x.a, x.b, x.author) for x in cut.around] == [("ruling", *POWER_CUT, BUILDER)]
        dark = page(
            connection,
            Scope.ALL,
            objected(connection, made, 0, (MONTH.a_s + 25 * DAY, MONTH.a_s + 25 * DAY + 5 * HOUR)),
        )
        assert [s.state is None for s in dark.stretches] == [True, False]

    store.write(work)


def test_a_contractor_sees_the_assessments_of_his_lot_and_no_other(store: Store) -> None:
    made = lot(store)

    def work(connection: Connection) -> None:
        number = drafted(connection, made)
        his, other = (Scope(frozenset(), frozenset({n})) for n in (made.contract, made.contract + 1))
        assert [one.assessment_id for one in rows.proceedings(connection, his)] == [number]
        assert rows.proceedings(connection, other) == []
        with pytest.raises(NotFound, match="no assessment 1"):
            rows.proceeding(connection, other, number)

    store.write(work)


def test_forty_rulings_in_a_row_are_told_in_one_line() -> None:
    of = proceeding_of()
    rulings = [Cause(Why.RULING, n) for n in (*range(1, 41), 43, 44)]
    told = causes_text(of, [Cause(Why.LATE_DATA), *rulings], Language.EN)
    assert told == "ruling on objection 3.1–3.40, 3.43, 3.44, late data"


def test_what_the_page_says_of_neighbours_is_said_in_chinese_too() -> None:
    said = {Together(0, 1, up, down, 0).says for up in (0, 1) for down in (0, 1)}
    assert said == set(SAYS)


def test_a_stretch_is_written_shortly_unless_the_clock_is_changed_in_it() -> None:
    a = MONTH.a_s
    assert span_text((a, a + 5_400), TZ) == "2026-10-01 00:00 – 01:30"
    assert span_text((a, a + DAY), TZ) == "2026-10-01 00:00 – 10-02 00:00"
    assert span_text((a - 300 * DAY, a), TZ) == "2025-12-05 00:00 – 2026-10-01 00:00"
    autumn = 1_792_888_200  # 2026-10-25 02:30 in Berlin, for the first time
    assert span_text((autumn - HOUR, autumn + HOUR), "Europe/Berlin") == (
        "2026-10-25 01:30 +02:00 – 2026-10-25 02:30 +01:00"
    )


def proceeding_of() -> Proceeding:
    return Proceeding(
        assessment_id=3, contract_id=1, unit_id=None, first_day=MONTH.first_day, end_day=MONTH.end_day, tz=TZ,
        scheme="bridge", scheme_text=SCHEME, scheme_sha256="", calendar="", open_until_day=UNTIL_DAY,
        drafted_s=DRAFTED_S, drafted_by=OFFICE, draft_id=1,
    )  # fmt: skip


sums = st.builds(
    Sums,
    **{
        name: st.integers(0, 2)
        for name in ("span_s", "excluded_s", "up_s", "down_s", "fit_s", "fields_filled")
    },
)


@given(sums, sums, sums, sums, st.lists(sums, max_size=3))
def test_no_figure_of_a_camera_changes_without_a_cause(
    before: Sums, as_was: Sums, undone: Sums, after: Sums, without: list[Sums]
) -> None:
    told = {Cause(Why.RULING, n): one for n, one in enumerate(without, start=1)}
    if not told:
        undone = after  # no plan came or went: what was undone is nothing
    causes = causes_of_point(before, as_was, undone, after, told)
    for metric in Metric:
        if figure(metric, before) != figure(metric, after):
            assert causes[metric]
    if before == as_was == undone == after:
        assert not causes
