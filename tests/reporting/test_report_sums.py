"""Every figure of a report is the sum of what stands behind it, whichever way it is opened."""

from dataclasses import replace

from hypothesis import given, settings
from tests.reporting.reporting_kit import report_of, reports

from lenskeeper.reporting.assemble import (
    FEW,
    RANKED_CAMERAS_MIN,
    belongs,
    drill,
    weighted_lost,
)
from lenskeeper.reporting.definitions import CLASS_WEIGHTS, DEFINITIONS, Figure, Metric, Unit, figure
from lenskeeper.reporting.report import Group, Report
from lenskeeper.reporting.sums import NAMES, Sums, added


def groups(report: Report) -> list[Group]:
    return [report.whole, *report.by_unit, *report.by_class, *report.by_model, *report.worst]


@given(reports)
@settings(max_examples=25, deadline=None)
def test_the_cameras_behind_a_figure_add_up_to_it_exactly(report: Report) -> None:
    for group in groups(report):
        for metric in Metric:
            whole, rows = group.figure(metric), drill(report, group, metric)
            assert sum(row.numerator for row in rows) == whole.numerator
            assert sum(row.denominator for row in rows) == whole.denominator
            assert len({row.point_id for row in rows}) == len(rows)


@given(reports)
@settings(max_examples=25, deadline=None)
def test_the_parts_of_a_report_add_up_to_the_whole_each_way_it_is_cut(report: Report) -> None:
    for cut in (report.by_unit, report.by_class, report.by_model):
        assert added(group.sums for group in cut) == report.whole.sums
        assert sum(group.weighted_lost_s for group in cut) == report.whole.weighted_lost_s


@given(reports)
@settings(max_examples=25, deadline=None)
def test_models_are_ranked_by_weighted_hours_lost_and_only_from_twenty_cameras_on(report: Report) -> None:
    ranked = [group for group in report.by_model if group.rank is not None]
    assert [group.rank for group in ranked] == list(range(1, len(ranked) + 1))
    assert [group.weighted_lost_s for group in ranked] == sorted(
        (group.weighted_lost_s for group in ranked), reverse=True
    )
    assert all(group.cameras >= RANKED_CAMERAS_MIN for group in ranked)
    assert [group.key for group in report.by_model if group.rank is None] in ([], [FEW])


def test_a_lost_hour_weighs_by_the_class_of_its_point() -> None:
    report = report_of(3)
    part = report.parts[0]
    by_class = [replace(part, klass=k, sums=Sums(down_s=3_600)) for k in (1, 2, 3)]
    assert [weighted_lost([one]) for one in by_class] == [3_600 * CLASS_WEIGHTS[k] for k in (1, 2, 3)]


def test_a_swapped_device_counts_for_the_hours_it_hung_there() -> None:
    report = report_of(5, cameras=90)
    swapped = {
        part.point_id
        for part in report.parts
        if sum(other.point_id == part.point_id and other.model != part.model for other in report.parts)
    }
    assert swapped, "the made-up books must hold a swap"
    for group in report.by_model:
        held = [part for part in report.parts if belongs(part, group, report)]
        assert added(part.sums for part in held) == group.sums


def test_without_a_known_second_there_is_no_value_and_not_zero() -> None:
    nothing = Sums(span_s=86_400, excluded_s=86_400)
    for metric in set(Metric) - {Metric.EXCLUDED}:
        assert figure(metric, nothing).value is None, metric
    unknown = Sums(span_s=86_400)
    assert figure(Metric.ONLINE, unknown).value is None
    assert figure(Metric.COVERAGE, unknown).value == 0
    assert figure(Metric.STRICT_ONLINE, unknown).value == 0


def test_the_strict_rate_is_the_online_rate_times_the_coverage() -> None:
    sums = Sums(span_s=1_000, excluded_s=200, up_s=600, down_s=100)
    online, coverage = figure(Metric.ONLINE, sums).value, figure(Metric.COVERAGE, sums).value
    assert online is not None
    assert coverage is not None
    assert figure(Metric.STRICT_ONLINE, sums).value == online * coverage == 0.75


def test_hours_are_camera_hours_and_counts_are_counts() -> None:
    assert Figure(Metric.EXCLUDED, 7_200, 86_400).value == 2
    assert Figure(Metric.OUTAGES, 3, 10).value == 3
    assert {DEFINITIONS[metric].unit for metric in Metric} == set(Unit)


def test_every_definition_names_sums_that_exist_and_both_languages() -> None:
    for metric, definition in DEFINITIONS.items():
        assert definition.metric is metric
        for name in (*definition.numerator, *definition.denominator):
            assert name in NAMES or hasattr(Sums, name)
        for words in (
            definition.name,
            definition.meaning,
            definition.numerator_words,
            definition.denominator_words,
        ):
            assert words.zh
            assert words.en
    assert set(DEFINITIONS) == set(Metric)


def test_an_empty_unit_has_a_report_without_data() -> None:
    report = report_of(1, cameras=0)
    assert report.whole.cameras == 0
    assert {one.value for one in report.headline()} == {None}
    assert drill(report, report.whole, Metric.ONLINE) == ()
