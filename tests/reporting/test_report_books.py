"""Reports read from a real database, on both engines, against the same town counted slot by slot."""

import io
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pypdf
import pytest
from sqlalchemy import Connection
from tests.reporting.books_kit import NEW, NOW_S, OLD, PERIOD, SLOT, TZ, Slot, Town, late, town

from lenskeeper.audit import rows as audit
from lenskeeper.availability.lanes import State
from lenskeeper.base.access import LOCAL_OPERATOR, ROUNDS, Scope
from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.base.languages import Language
from lenskeeper.diagnosis.holding import Hold
from lenskeeper.diagnosis.rows import Saving, save
from lenskeeper.diagnosis.schema import picture_state
from lenskeeper.diagnosis.watch import Memory, Word
from lenskeeper.inventory.rows_devices import remove
from lenskeeper.reporting import rows_issues
from lenskeeper.reporting.as_pdf import pdf_bytes
from lenskeeper.reporting.assemble import drill
from lenskeeper.reporting.assessment import Assessment, assessment_of
from lenskeeper.reporting.definitions import Metric
from lenskeeper.reporting.periods import period_of
from lenskeeper.reporting.report import Grouped, PictureState, Report
from lenskeeper.reporting.rows import report
from lenskeeper.reporting.rows_schemes import patrols
from lenskeeper.reporting.schema import report as report_table
from lenskeeper.reporting.schemes import Patrolled, assess, instants, parse_schemes
from lenskeeper.reporting.screens import survey
from lenskeeper.reporting.snapshots import Snapshot, compare_revisions
from lenskeeper.reporting.sums import Sums, added
from lenskeeper.reporting.tables import figure_text
from lenskeeper.reporting.takeover import Bucket, by_unit
from lenskeeper.store.database import Store
from lenskeeper.units.ids import UnitId

Which = Callable[[Slot], bool]


def read(store: Store, unit_id: UnitId | None, period: str = "", now_s: int = NOW_S) -> Report:
    whole = period_of(period, TZ) if period else PERIOD
    with store.read() as connection:
        return report(connection, Scope.ALL, unit_id, whole, now_s=now_s)


def counted(made: Town, which: Which) -> Sums:
    """Slot by slot. A camera not in service at all in a stay is no camera of the range."""
    slots = [slot for _, slot in made.all_slots() if which(slot)]
    inside = [slot for slot in slots if slot.counts]
    states, fits = (Counter(getattr(slot, name) for slot in inside) for name in ("state", "fit"))
    return Sums(
        span_s=SLOT * len(slots),
        excluded_s=SLOT * (len(slots) - len(inside)),
        out_of_service_s=SLOT * sum(not slot.served for slot in slots),
        up_s=SLOT * states[State.UP],
        down_s=SLOT * states[State.DOWN],
        fit_s=SLOT * fits[State.UP],
        fault_s=SLOT * fits[State.DOWN],
        delivered_s=SLOT * (fits[State.UP] + fits[State.DOWN]),
    )


def plain(sums: Sums) -> Sums:
    """The sums that can be counted slot by slot; the others are checked by themselves."""
    return replace(sums, outages=0, repaired=0, repair_s=0, fit_day_s=0, fault_day_s=0, fit_night_s=0, fault_night_s=0,
                   fields_filled=0, fields_required=0)  # fmt: skip


@pytest.mark.parametrize("seed", [1, 2])
def test_every_figure_of_a_report_equals_the_town_counted_slot_by_slot(store: Store, seed: int) -> None:
    made = town(store, seed)
    found = read(store, made.root)
    assert plain(found.whole.sums) == counted(made, lambda slot: slot.a > 0)
    east = {made.east, made.street}
    by_unit = {group.key: plain(group.sums) for group in found.by_unit}
    assert by_unit == {
        str(made.east): counted(made, lambda slot: slot.unit in east),
        str(made.west): counted(made, lambda slot: slot.unit == made.west),
    }
    assert plain(read(store, made.east).whole.sums) == by_unit[str(made.east)]
    assert plain(read(store, made.street).whole.sums) == counted(made, lambda slot: slot.unit == made.street)
    assert plain(read(store, None).whole.sums) == plain(found.whole.sums)
    for model in (OLD, NEW):
        own = [part.sums for part in found.parts if (part.make, part.model) == model]
        assert plain(added(own)) == counted(made, lambda slot: slot.model == " ".join(model))  # noqa: B023


def test_a_report_read_from_the_books_opens_down_to_its_cameras(store: Store) -> None:
    made = town(store, 3)
    found = read(store, made.root)
    for group in (found.whole, *found.by_unit, *found.by_class, *found.by_model, *found.worst):
        for metric in Metric:
            whole, rows = group.figure(metric), drill(found, group, metric)
            assert sum(row.numerator for row in rows) == whole.numerator
            assert sum(row.denominator for row in rows) == whole.denominator
    sums = found.whole.sums
    assert sums.fit_day_s + sums.fit_night_s == sums.fit_s
    assert sums.fault_day_s + sums.fault_night_s == sums.fault_s
    assert 0 < sums.fit_day_s < sums.fit_s
    assert sums.fields_required > sums.fields_filled > 0


def test_the_days_of_a_range_add_up_to_it(store: Store) -> None:
    made = town(store, 4)
    for unit_id in (made.root, made.west, None):
        found = read(store, unit_id)
        days, whole = added(line.sums for line in found.days), found.whole.sums
        assert (days.up_s, days.down_s, days.fit_s, days.fault_s, days.outages) == (
            whole.up_s, whole.down_s, whole.fit_s, whole.fault_s, whole.outages,
        )  # fmt: skip
        for line in found.days:
            text = f"2026-11-{2 + line.day - PERIOD.first_day:02d}"
            alone = read(store, unit_id, text).whole.sums
            assert (alone.up_s, alone.down_s) == (line.sums.up_s, line.sums.down_s)


def test_the_excluded_hours_stand_by_author_and_reason_and_what_waits_is_not_excluded(store: Store) -> None:
    made = town(store, 5)
    found = read(store, made.root)
    told = {(one.author, one.reason, one.pending): (one.cameras, one.excluded_s) for one in found.excluded}
    # the camera that was not born has a day outside of service
    assert told == {
        (LOCAL_OPERATOR, "电源迁改", False): (1, 7_200),
        ("", "", False): (1, 86_400),
        (LOCAL_OPERATOR, "雷击", True): (1, 7_200),
    }
    assert sum(one.excluded_s for one in found.excluded if not one.pending) == found.whole.sums.excluded_s
    assert found.excluded[0].pending


def test_gaps_are_what_nothing_was_known_of(store: Store) -> None:
    made = town(store, 6)
    found = read(store, made.root)
    assert found.gaps_left_out == 0 or len(found.gaps) > 0
    unknown = Counter(slot.a for _, slot in made.all_slots() if slot.counts and slot.state is None)
    listed = sum((gap.b_s - gap.a_s) * gap.cameras for gap in found.gaps)
    assert listed == SLOT * sum(unknown.values()) == found.whole.sums.unknown_s or found.gaps_left_out
    for gap in found.gaps:
        for a in range(gap.a_s, gap.b_s, SLOT):
            assert unknown[a] >= gap.cameras


def test_what_is_long_dead_is_listed_with_its_last_outcome(store: Store) -> None:
    made = town(store, 7)
    found = read(store, made.root)
    (dead,) = [one for one in found.long_dead if one.point_id == made.points[5]]
    assert (dead.since_s, dead.reason, dead.unit_name) == (PERIOD.a_s - 5 * 86_400, "timed_out", "西区")


def test_the_kinds_of_fault_of_a_camera_add_up_to_its_fault(store: Store) -> None:
    made = town(store, 8)
    for part in read(store, made.root).parts:
        assert sum(fault_s for _, fault_s in part.faults) == part.sums.fault_s
        assert {kind for kind, _ in part.faults} <= {"blur", "moved"}
        own = [
            s for p, s in made.all_slots() if p == part.point_id and part.a_s <= s.a < part.b_s and s.counts
        ]
        moved = SLOT * sum(slot.kind == "moved" for slot in own)
        assert dict(part.faults).get("moved", 0) == moved


def test_a_range_that_is_not_over_is_counted_as_far_as_the_watermark(store: Store) -> None:
    made = town(store, 9)
    now_s = PERIOD.a_s + 86_400 + 6 * 3_600
    found = read(store, made.root, now_s=now_s)
    assert found.period.cut
    assert plain(found.whole.sums) == counted(made, lambda slot: slot.a < now_s)
    assert added(line.sums for line in found.days).up_s == found.whole.sums.up_s
    with pytest.raises(Invalid, match="not begun"):
        read(store, made.root, now_s=PERIOD.a_s)


def test_an_issued_report_stays_and_late_data_make_the_next_revision(store: Store) -> None:
    made = town(store, 10)
    down = next(
        s for p, s in made.all_slots() if p == made.points[6] and s.counts and s.state is not State.UP
    )
    first = read(store, made.root)
    one_id, one, is_new = store.write(lambda c: rows_issues.issue(c, first, actor=LOCAL_OPERATOR, at_s=NOW_S))
    assert (one.issue.revision, is_new) == (1, True)
    again = read(store, made.root, now_s=NOW_S + 60)
    assert store.write(lambda c: rows_issues.issue(c, again, actor=LOCAL_OPERATOR, at_s=NOW_S + 60)) == (
        one_id, one, False,
    )  # fmt: skip
    late(store, made, made.points[6], down.a)
    second = read(store, made.root, now_s=NOW_S + 120)
    two_id, two, is_new = store.write(
        lambda c: rows_issues.issue(c, second, actor=LOCAL_OPERATOR, at_s=NOW_S + 120)
    )
    assert (two.issue.revision, is_new) == (2, True)
    changed = compare_revisions(one.issue.report, two.issue.report)
    online = next(c for c in changed if c.by is Grouped.WHOLE and c.metric is Metric.ONLINE)
    assert online.before is not None
    assert online.after is not None
    assert online.after.numerator == online.before.numerator + SLOT
    with store.read() as connection:
        assert rows_issues.snapshot(connection, Scope.ALL, one_id) == one
        assert rows_issues.revisions(connection, Scope.ALL, made.root, PERIOD) == [one_id, two_id]
        lines = rows_issues.issued(connection, Scope.ALL)
        assert [line.revision for line in lines] == [2, 1]
        west = Scope(frozenset({made.west}))
        assert rows_issues.issued(connection, west) == []
        with pytest.raises(NotFound):
            rows_issues.snapshot(connection, west, one_id)
        assert rows_issues.broken(connection, Scope.ALL) == []
        logged = [entry for entry in audit.entries(connection, Scope.ALL) if entry.act == "report.issue"]
        assert [entry.subject for entry in logged] == [f"report:{one_id}", f"report:{two_id}"]
        assert all(
            issued.sha256 in str(entry.detail) for issued, entry in zip((one, two), logged, strict=True)
        )
    store.write(
        lambda c: c.execute(report_table.update().where(report_table.c.id == one_id).values(sha256="0" * 64))
    )
    with store.read() as connection:
        assert rows_issues.broken(connection, Scope.ALL) == [one_id]
        with pytest.raises(Conflict, match="backup"):
            rows_issues.snapshot(connection, Scope.ALL, one_id)


def test_a_unit_that_may_not_be_seen_has_no_report(store: Store) -> None:
    made = town(store, 11)
    with store.read() as connection:
        west = Scope(frozenset({made.west}))
        with pytest.raises(NotFound):
            report(connection, west, made.east, PERIOD, now_s=NOW_S)
        seen = report(connection, west, None, PERIOD, now_s=NOW_S)
    assert plain(seen.whole.sums) == counted(made, lambda slot: slot.unit == made.west)


SCHEME = parse_schemes("""
[scheme.town]
[[scheme.town.item]]
measure = "patrol_rate"
at = ["00:00", "08:00", "11:00", "20:20"]
weight = 100
steps = [[98, 100]]
""")["town"]


def test_patrols_find_what_the_slots_say_at_their_instants(store: Store) -> None:
    made = town(store, 12)
    found = read(store, made.root)
    with store.read() as connection:
        seen = patrols(connection, SCHEME, found)
    at = set(instants(SCHEME.items[0], PERIOD))
    assert len(at) == 12
    for point_id, slots in made.slots.items():
        words = Counter(
            "excluded" if not slot.counts else "unknown" if slot.state is None else slot.state.name.lower()
            for slot in slots
            if slot.a in at
        )
        assert seen[SCHEME.items[0].patrols][point_id] == Patrolled(
            words["up"], words["down"], words["unknown"], words["excluded"]
        )


def test_the_pictures_as_of_now_are_counted_apart_and_make_no_revision(store: Store) -> None:
    made = town(store, 14)
    before = read(store, made.root)
    assert before.pictures == (PictureState("", provisional=False, flapping=False, cameras=len(made.points)),)
    lives = [
        Memory(last=Word.FIT),
        Memory(last=Word.FIT),
        Memory(last=Word.FAULT, hold=Hold(flapping_since_s=NOW_S)),
    ]
    savings = [Saving(point, memory, NOW_S) for point, memory in zip(made.points, lives, strict=False)]
    store.write(lambda c: save(c, savings, software="test", actor=ROUNDS))
    young = picture_state.update().where(picture_state.c.point_id == made.points[1])
    store.write(lambda c: c.execute(young.values(is_provisional=1)))
    after = read(store, made.root)
    assert set(after.pictures) == {
        PictureState("fit", provisional=False, flapping=False, cameras=1),
        PictureState("fit", provisional=True, flapping=False, cameras=1),
        PictureState("fault", provisional=False, flapping=True, cameras=1),
        PictureState("", provisional=False, flapping=False, cameras=len(made.points) - 3),
    }
    west = read(store, made.west).pictures  # points 1 and 2 hang there among others
    assert sum(one.cameras for one in west if one.word) == 2
    number, _, _ = store.write(lambda c: rows_issues.issue(c, before, actor=LOCAL_OPERATOR, at_s=NOW_S))
    again, _, is_new = store.write(lambda c: rows_issues.issue(c, after, actor=LOCAL_OPERATOR, at_s=NOW_S))
    assert (again, is_new) == (number, False)


def test_an_assessment_is_frozen_with_the_report_and_another_text_makes_a_revision(store: Store) -> None:
    made = town(store, 15)
    found = read(store, made.root)
    with store.read() as connection:
        counted_ = assess(SCHEME, found, patrols(connection, SCHEME, found))
    first, other = (assessment_of(counted_, text) for text in (b"one", b"two"))

    def revision(assessment: Assessment | None) -> int:
        def work(connection: Connection) -> Snapshot:
            return rows_issues.issue(
                connection, found, actor=LOCAL_OPERATOR, at_s=NOW_S, assessment=assessment
            )[1]

        return store.write(work).issue.revision

    assert [revision(one) for one in (None, first, first, None, other)] == [1, 2, 2, 2, 3]
    with store.read() as connection:
        last = rows_issues.last_issued(connection, found)
    assert last is not None
    assert last.assessment == other
    assert last.issue.assessment == other


def test_a_survey_puts_each_camera_in_its_bucket(store: Store) -> None:
    made = town(store, 13)
    with store.read() as connection:
        found = survey(connection, Scope.ALL, NOW_S, outside={made.points[7]})
        rows = by_unit((one.unit_id, one.bucket) for one in found)
    buckets = {one.point_id: one.bucket for one in found}
    assert buckets[made.points[5]] is Bucket.LONG_DEAD
    assert buckets[made.points[7]] is Bucket.NOT_OURS
    for point_id in set(made.points) - {made.points[5], made.points[7]}:
        known = [slot for slot in made.slots[point_id] if slot.state is not None][-1]
        fit = [slot for slot in made.slots[point_id] if slot.fit is not None][-1]
        expected = Bucket.ANSWERS_WELL if fit.fit is State.UP else Bucket.PICTURE_FAULTY
        assert buckets[point_id] in (
            (Bucket.SILENT, Bucket.LONG_DEAD) if known.state is State.DOWN else (expected,)
        )
    assert sum(row.cameras for row in rows) == len(made.points)


def test_from_the_books_to_what_is_signed_in_both_languages(store: Store) -> None:
    made = town(store, 14)
    found = read(store, made.root)
    _, issued, _ = store.write(lambda c: rows_issues.issue(c, found, actor=LOCAL_OPERATOR, at_s=NOW_S))
    for language in Language:
        pages = pypdf.PdfReader(io.BytesIO(pdf_bytes(issued, language))).pages
        text = "".join("".join(page.extract_text().split()) for page in pages)
        for told in ("临江市", "东区", "西区", "电源迁改", "雷击", issued.sha256):
            assert told in text
        online = figure_text(found.whole.figure(Metric.ONLINE), language)
        assert "".join(online.split()) in text


def test_hours_in_which_nothing_hung_are_of_no_model_and_are_not_lost(store: Store) -> None:
    made = town(store, 15)
    gone_s = PERIOD.a_s + 86_400 + 12 * 3_600
    before = read(store, made.root).whole.sums
    store.write(lambda c: remove(c, made.points[8], at_s=gone_s, actor=LOCAL_OPERATOR, now_s=NOW_S))
    found = read(store, made.root)
    assert replace(found.whole.sums, fields_filled=0) == replace(before, fields_filled=0)
    own = [part for part in found.parts if part.point_id == made.points[8]]
    assert [(part.a_s, part.b_s, part.model) for part in own] == [
        (PERIOD.a_s, gone_s, OLD[1]),
        (gone_s, PERIOD.b_s, ""),
    ]
