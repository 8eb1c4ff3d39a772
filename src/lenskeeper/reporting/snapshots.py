"""Issued reports: frozen bytes with a hash, and what changed from one revision to the next."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from lenskeeper.base.access import ActorId
from lenskeeper.reporting.assemble import point_groups
from lenskeeper.reporting.assessment import Assessment
from lenskeeper.reporting.definitions import Figure, Metric
from lenskeeper.reporting.report import Group, Grouped, Report

HASH_SHOWN_CHARS: Final = (
    16  # of the 64; enough to compare by eye, and the whole stands at the end of the report
)


@dataclass(frozen=True, slots=True)
class Issue:
    """A report that somebody put his name under.

    revision:   1, and one more for each that later data made necessary; 0 is a draft that nobody issued.
    assessment: what it came to by a contract's scheme, where it was issued with one.
    """

    report: Report
    revision: int
    issued_at_s: int
    issued_by: ActorId
    assessment: Assessment | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An issue as its bytes.

    sha256: of the body, in 64 hexadecimal digits.
    beside: an assessment of the issue that was made later, and is not in its bytes.
    """

    issue: Issue
    body: bytes
    sha256: str
    beside: Assessment | None = None

    @property
    def assessment(self) -> Assessment | None:
        """What is written with it: the one that was made later, else the one that was issued."""
        return self.beside or self.issue.assessment


def frozen(issue: Issue) -> Snapshot:
    """The canonical bytes of an issue: UTF-8 JSON, keys sorted, no space, no float."""
    body = msgspec.json.encode(issue, order="sorted")
    return Snapshot(issue, body, hashlib.sha256(body).hexdigest())


def thawed(body: bytes) -> Snapshot:
    """An issue read back from its bytes. msgspec.ValidationError: they are no issue of this edition."""
    return Snapshot(msgspec.json.decode(body, type=Issue), body, hashlib.sha256(body).hexdigest())


def same_figures(one: Report, other: Report) -> bool:
    """Whether two reports say the same of their range, apart from when they were made and what was seen then."""
    return one == replace(other, watermark_s=one.watermark_s, made_at_s=one.made_at_s, pictures=one.pictures)


@dataclass(frozen=True, slots=True)
class Changed:
    """One figure that is not what it was. before, after: None where the group was not in that revision."""

    by: Grouped
    key: str
    name: str
    metric: Metric
    before: Figure | None
    after: Figure | None


def compare_revisions(before: Report, after: Report) -> tuple[Changed, ...]:
    """Each figure that changed: of the whole first, then by unit, class and model, then of each camera."""
    old = {(group.by, group.key): group for group in _groups(before)}
    new = {(group.by, group.key): group for group in _groups(after)}
    found = []
    for key in dict.fromkeys((*new, *old)):
        one, other = old.get(key), new.get(key)
        if one is not None and other is not None and one.sums == other.sums:
            continue
        for metric in Metric:
            was, now = (group.figure(metric) if group else None for group in (one, other))
            if was != now:
                named = other or one
                assert named is not None
                found.append(Changed(named.by, named.key, named.name, metric, was, now))
    return tuple(sorted(found, key=lambda change: ORDER.index(change.by)))


ORDER: Final = tuple(Grouped)


def _groups(report: Report) -> Iterator[Group]:
    yield report.whole
    yield from report.by_unit
    yield from report.by_class
    yield from report.by_model
    yield from point_groups(report.parts)
