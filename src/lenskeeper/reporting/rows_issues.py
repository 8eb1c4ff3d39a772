"""The rows of issued reports."""

import hashlib
import zlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select

from lenskeeper.audit import rows as audit
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.errors import Conflict, NotFound
from lenskeeper.reporting.assessment import Assessment
from lenskeeper.reporting.periods import Period, PeriodKind
from lenskeeper.reporting.report import Report
from lenskeeper.reporting.schema import report as report_table
from lenskeeper.reporting.snapshots import Issue, Snapshot, frozen, same_figures, thawed
from lenskeeper.units.ids import UnitId
from lenskeeper.units.rows import within


@dataclass(frozen=True, slots=True)
class IssuedLine:
    """An issued report in a list, without its body."""

    report_id: int
    unit_id: UnitId
    kind: PeriodKind
    first_day: int
    end_day: int
    revision: int
    watermark_s: int
    issued_at_s: int
    issued_by: ActorId
    sha256: str
    exercise: bool


def issue(
    connection: Connection,
    report: Report,
    *,
    actor: ActorId,
    at_s: int,
    assessment: Assessment | None = None,
) -> tuple[int, Snapshot, bool]:
    """Freeze a report, with what it came to by a scheme: its id, its snapshot, and whether it is new.

    Where the last revision already says the same, that one is given again and nothing is written. Its hash goes into
    the audit log: who alters a body and its hash in the table is found out by that.
    """
    last = _last(connection, report)
    if last is not None:
        before = _snapshot(last)
        as_assessed = assessment is None or assessment == before.issue.assessment
        if as_assessed and same_figures(before.issue.report, report):
            return last.id, before, False
    revision = 1 if last is None else last.revision + 1
    made = frozen(Issue(report, revision, issued_at_s=at_s, issued_by=actor, assessment=assessment))
    period = report.period
    row = {
        "unit_id": report.unit_id,
        "kind": period.kind.value,
        "first_day": period.first_day,
        "end_day": period.end_day,
        "tz": period.tz,
        "exercise": int(report.exercise),
        "revision": revision,
        "watermark_s": report.watermark_s,
        "issued_at_s": at_s,
        "issued_by": actor,
        "body": zlib.compress(made.body),
        "sha256": made.sha256,
    }
    written = connection.execute(insert(report_table).values(row)).inserted_primary_key
    assert written is not None
    report_id = int(written[0])
    detail: dict[str, object] = {
        "unit": report.unit_id,
        "period": period.name,
        "revision": revision,
        "sha256": made.sha256,
    }
    if assessment is not None:
        detail |= {"scheme": assessment.scheme, "scheme_sha256": assessment.scheme_sha256}
    subject = f"report:{report_id}"
    audit.append(connection, actor=actor, at_s=at_s, act="report.issue", subject=subject, detail=detail)
    return report_id, made, True


def issued(connection: Connection, scope: Scope, unit_id: UnitId | None = None) -> list[IssuedLine]:
    """The issued reports of the scope, or of one unit in it; the newest first."""
    columns = [column for column in report_table.c if column.name not in ("body", "tz")]
    statement = select(*columns).where(within(scope, report_table.c.unit_id))
    if unit_id is not None:
        statement = statement.where(report_table.c.unit_id == unit_id)
    rows = connection.execute(statement.order_by(report_table.c.issued_at_s.desc(), report_table.c.id.desc()))
    return [
        IssuedLine(
            report_id=row.id,
            unit_id=UnitId(row.unit_id),
            kind=PeriodKind(row.kind),
            first_day=row.first_day,
            end_day=row.end_day,
            revision=row.revision,
            watermark_s=row.watermark_s,
            issued_at_s=row.issued_at_s,
            issued_by=ActorId(row.issued_by),
            sha256=row.sha256,
            exercise=bool(row.exercise),
        )
        for row in rows
    ]


def snapshot(connection: Connection, scope: Scope, report_id: int) -> Snapshot:
    """One issued report. NotFound: none of that number in the scope. Conflict: its bytes are not those issued."""
    statement = select(report_table).where(
        report_table.c.id == report_id, within(scope, report_table.c.unit_id)
    )
    row = connection.execute(statement).first()
    if row is None:
        raise NotFound(f"no issued report {report_id}; `lenskeeper report issued` lists them")
    return _snapshot(row)


def last_issued(connection: Connection, report: Report) -> Snapshot | None:
    """The last revision of a report that was just read under a scope; None where it was never issued."""
    row = _last(connection, report)
    return None if row is None else _snapshot(row)


def revisions(
    connection: Connection, scope: Scope, unit_id: UnitId, period: Period, *, exercise: bool = False
) -> list[int]:
    """The ids of the revisions of one report, the first first."""
    columns = report_table.c
    statement = select(columns.id).where(
        columns.unit_id == unit_id,
        columns.kind == period.kind.value,
        columns.first_day == period.first_day,
        columns.end_day == period.end_day,
        columns.tz == period.tz,
        columns.exercise == int(exercise),
        within(scope, columns.unit_id),
    )
    return list(connection.execute(statement.order_by(columns.revision)).scalars())


def broken(connection: Connection, scope: Scope) -> list[int]:
    """The ids of issued reports whose bytes are no longer those that were issued."""
    statement = select(report_table.c.id, report_table.c.body, report_table.c.sha256)
    rows = connection.execute(
        statement.where(within(scope, report_table.c.unit_id)).order_by(report_table.c.id)
    )
    return [row.id for row in rows if _unpacked(row.body, row.sha256) is None]


def count(connection: Connection, scope: Scope) -> int:
    """How many reports were issued in the scope."""
    return int(
        connection.execute(select(func.count()).where(within(scope, report_table.c.unit_id))).scalar_one()
    )


def _last(connection: Connection, report: Report) -> Row[Any] | None:
    return connection.execute(_series(report).order_by(report_table.c.revision.desc()).limit(1)).first()


def _series(report: Report) -> Select[Any]:
    columns, period = report_table.c, report.period
    return select(report_table).where(
        columns.unit_id == report.unit_id,
        columns.kind == period.kind.value,
        columns.first_day == period.first_day,
        columns.end_day == period.end_day,
        columns.tz == period.tz,
        columns.exercise == int(report.exercise),
    )


def _snapshot(row: Row[Any]) -> Snapshot:
    body = _unpacked(row.body, row.sha256)
    if body is None:
        raise Conflict(
            f"issued report {row.id} is not as it was issued: its bytes do not give its hash; restore it from a backup"
        )
    return thawed(body)


def _unpacked(packed: bytes, sha256: str) -> bytes | None:
    """The body of a row, or None where it does not give its hash."""
    try:
        body = zlib.decompress(packed)
    except zlib.error:
        return None
    return body if hashlib.sha256(body).hexdigest() == sha256 else None
