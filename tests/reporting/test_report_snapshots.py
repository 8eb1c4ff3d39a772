"""An issued report never changes; later data make a revision beside it, and each changed figure is shown."""

import json
from dataclasses import replace

from hypothesis import given, settings
from tests.reporting.reporting_kit import UNITS, report_of, reports

from lenskeeper.base.access import LOCAL_OPERATOR
from lenskeeper.reporting.assemble import Books, assemble
from lenskeeper.reporting.definitions import Metric
from lenskeeper.reporting.report import Grouped, Part, Report
from lenskeeper.reporting.snapshots import Issue, compare_revisions, frozen, same_figures, thawed


def issue_of(report: Report) -> Issue:
    return Issue(report=report, revision=1, issued_at_s=1_800_000_000, issued_by=LOCAL_OPERATOR)


def again(report: Report, parts: list[Part]) -> Report:
    """The same report from other parts."""
    return assemble(
        Books(parts, report.days, report.excluded, report.gaps, report.long_dead, UNITS),
        unit_id=report.unit_id,
        unit_name=report.unit_name,
        period=report.period,
        watermark_s=report.watermark_s + 86_400,
        made_at_s=report.made_at_s + 86_400,
        exercise=report.exercise,
    )


def no_float(text: str) -> float:
    raise AssertionError(f"{text}: a float may be written in more than one way")


@given(reports)
@settings(max_examples=15, deadline=None)
def test_what_was_frozen_thaws_to_the_same_report_and_the_same_hash(report: Report) -> None:
    made = frozen(issue_of(report))
    assert thawed(made.body) == made
    json.loads(made.body, parse_float=no_float)
    assert frozen(thawed(made.body).issue).body == made.body


def test_the_order_in_which_the_books_are_read_does_not_change_a_hash() -> None:
    report = report_of(4)
    turned = replace(again(report, list(reversed(report.parts))), made_at_s=report.made_at_s)
    assert frozen(issue_of(replace(turned, watermark_s=report.watermark_s))).sha256 == (
        frozen(issue_of(report)).sha256
    )


def test_the_hash_of_a_known_report_does_not_waver_between_versions() -> None:
    """If this fails, old issues can no longer be told from altered ones: raise EDITION and keep the old reader."""
    empty = replace(report_of(1, cameras=0), excluded=(), gaps=(), long_dead=(), days=())
    assert (
        frozen(issue_of(empty)).sha256 == "cd6c18b5fd45a29f8a8fb379e350dc0d51cd1785073d9f066979a450f8c785a0"
    )


def test_late_data_change_the_figures_of_their_camera_and_of_every_group_it_is_in() -> None:
    report = report_of(6)
    late = report.parts[10]
    sums = replace(late.sums, up_s=late.sums.up_s + 600, down_s=late.sums.down_s + 60)
    parts = [replace(part, sums=sums) if part is late else part for part in report.parts]
    after = again(report, parts)
    changed = compare_revisions(report, after)
    assert not same_figures(report, after)
    assert {(change.by, change.key) for change in changed} >= {
        (Grouped.WHOLE, str(report.unit_id)),
        (Grouped.UNIT, str(late.branch)),
        (Grouped.CLASS, str(late.klass)),
        (Grouped.POINT, str(late.point_id)),
    }
    assert {change.key for change in changed if change.by is Grouped.POINT} == {str(late.point_id)}
    online = next(change for change in changed if change.by is Grouped.WHOLE)
    assert online.metric is Metric.ONLINE
    assert online.before is not None
    assert online.after is not None
    assert online.after.numerator - online.before.numerator == 600
    assert online.after.denominator - online.before.denominator == 660
    assert [change.by for change in changed] == sorted(
        (change.by for change in changed), key=list(Grouped).index
    )


def test_a_camera_that_came_or_went_is_shown_with_one_side_empty() -> None:
    report = report_of(7)
    gone = report.parts[-1].point_id
    after = again(report, [part for part in report.parts if part.point_id != gone])
    sides = {
        (change.before is None, change.after is None)
        for change in compare_revisions(report, after)
        if change.key == str(gone) and change.by is Grouped.POINT
    }
    assert sides == {(False, True)}
    assert compare_revisions(report, report) == ()


def test_a_report_made_later_with_the_same_figures_is_the_same() -> None:
    report = report_of(8)
    assert same_figures(report, again(report, list(report.parts)))
