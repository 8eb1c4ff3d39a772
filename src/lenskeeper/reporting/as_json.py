"""A report as JSON for programs: the frozen contents as they are, and the values of the figures beside them."""

from typing import Any

import msgspec

from lenskeeper.base.instants import iso_utc
from lenskeeper.reporting.definitions import DEFINITIONS, Figure, Metric
from lenskeeper.reporting.report import Group
from lenskeeper.reporting.snapshots import Snapshot


def json_bytes(snapshot: Snapshot, *, cameras: bool = True) -> bytes:
    """One object. `issue` is what the hash is of, key for key; `figures` gives each value, null for "no data".

    assessment: what it came to by a scheme, or null; part of `issue` too where it was issued with it.
    cameras: also the sums of each camera, without which `issue` can be read but not be hashed again.
    """
    report = snapshot.issue.report
    issue = msgspec.to_builtins(snapshot.issue)
    if not cameras:
        issue["report"]["parts"] = []
    groups = (report.whole, *report.by_unit, *report.by_class, *report.by_model, *report.worst)
    document = {
        "schema": 1,
        "sha256": snapshot.sha256,
        "period": report.period.name,
        "from": iso_utc(report.period.a_s * 1000),
        "to": iso_utc(report.period.b_s * 1000),
        "watermark": iso_utc(report.watermark_s * 1000),
        "exercise": report.exercise,
        "assessment": msgspec.to_builtins(snapshot.assessment),
        "figures": [_group(group) for group in groups],
        "issue": issue,
    }
    return msgspec.json.encode(document)


def figure_object(figure: Figure) -> dict[str, Any]:
    """One figure with its two numbers."""
    return {
        "metric": figure.metric.value,
        "unit": DEFINITIONS[figure.metric].unit.value,
        "value": figure.value,
        "numerator": figure.numerator,
        "denominator": figure.denominator,
    }


def _group(group: Group) -> dict[str, Any]:
    return {
        "by": group.by.value,
        "key": group.key,
        "name": group.name,
        "cameras": group.cameras,
        "rank": group.rank,
        "weighted_lost_s": group.weighted_lost_s,
        "figures": [figure_object(group.figure(metric)) for metric in Metric],
    }
