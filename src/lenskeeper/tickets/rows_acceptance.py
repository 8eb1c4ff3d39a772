"""Batches of new cameras: begun, measured, answered by persons, and signed or dropped.

Each act is one transaction with its audit entry. The points are on trial meanwhile (inventory/rows_trials.py): who
begins, signs or drops a batch derives their exclusions again in the same transaction.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NewType

import msgspec
from dateutil.relativedelta import relativedelta
from sqlalchemy import Connection, Row, and_, func, insert, not_, select, update

from lenskeeper.audit import rows as audit
from lenskeeper.availability.figures import LanePart, Part, Totals, Window
from lenskeeper.availability.lanes import Lane
from lenskeeper.availability.rows_windows import all_of_windows
from lenskeeper.availability.schema import run, standing
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.days import date_of, day_of, local_day
from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.inventory import rows_points
from lenskeeper.inventory.codes import oddities
from lenskeeper.inventory.filing import DECLARED_FIELDS
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_divisions import codes as division_codes
from lenskeeper.inventory.rows_points import Point
from lenskeeper.inventory.rows_present import ids_in, slices
from lenskeeper.inventory.rows_seen import seen_at
from lenskeeper.inventory.rows_trials import begin_trial, end_trial, start_service
from lenskeeper.inventory.schema import point
from lenskeeper.store.statements import insert_into
from lenskeeper.tickets.acceptance import (
    WORDS_CHARS_MAX,
    AcceptanceSheet,
    Check,
    Facts,
    Lived,
    Said,
    SheetPoint,
    Stream,
    Tender,
    Why,
    judge,
    point_word,
    signed,
)
from lenskeeper.tickets.districts import District, of_code, read_districts
from lenskeeper.tickets.schema import accept_answer, accept_batch, accept_point, accept_stream

AcceptBatchId = NewType("AcceptBatchId", int)

POINTS_MAX: Final = 5_000  # of one batch
DAY_S: Final = 86_400
NEW_DAYS_MAX: Final = 31  # a point that was seen longer ago is in a month's report, and no new one
LANES: Final[tuple[LanePart, ...]] = (
    (Lane.REACHABLE, Part.WHOLE),
    (Lane.PICTURE_FIT, Part.DAY),
    (Lane.PICTURE_FIT, Part.NIGHT),
    (Lane.CLOCK, Part.WHOLE),
)


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch. end: signed, dropped, or empty while it is open. sheet, sha256: as it was signed, else empty."""

    batch_id: AcceptBatchId
    name: str
    document: str
    tender: Tender
    districts: str
    tz: str
    began_s: int
    began_by: ActorId
    ended_s: int | None
    end: str
    sheet: str
    sha256: str


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A batch in a list, with how many points it has and how many of them were left out."""

    batch: Batch
    points: int
    left_out: int


def begin(
    connection: Connection,
    name: str,
    point_ids: Sequence[PointId],
    *,
    tender: Tender,
    document: str,
    districts: str,
    tz: str,
    actor: ActorId,
    now_s: int,
) -> Batch:
    """Begin a batch: from now on its points are on trial. districts: GeoJSON, or empty.

    Invalid: no name, document or point, or too many. NotFound: no such point. Conflict: the name is taken, or a point
    is in the books for long, was accepted with another batch, or is in one that is open.
    """
    for field, words in (("name", name), ("document", document)):
        if not words.strip():
            raise Invalid(f"give the batch a {field}", field=field)
    ids = [PointId(each) for each in ids_in(point_ids)]
    if not 0 < len(ids) <= POINTS_MAX:
        raise Invalid(f"a batch has 1 to {POINTS_MAX} points, not {len(ids)}", field="points")
    if connection.execute(select(accept_batch.c.id).where(accept_batch.c.name == name)).first() is not None:
        raise Conflict(f"there is a batch {name!r} already: choose another name")
    _must_be_new(connection, ids, now_s)
    values = {
        "name": name, "document": document.strip(), "tender": msgspec.json.encode(tender, order="sorted").decode(),
        "districts": districts, "tz": tz, "began_s": now_s, "began_by": actor,
    }  # fmt: skip
    batch_id = connection.execute(
        insert(accept_batch).values(**values).returning(accept_batch.c.id)
    ).scalar_one()
    rows = [{"batch_id": batch_id, "point_id": each, "is_left_out": 0} for each in ids]
    connection.execute(insert(accept_point), rows)
    begin_trial(connection, ids, actor=actor, now_s=now_s)
    detail = {"name": name, "document": document, "points": len(ids), "tender": values["tender"]}
    _enter(connection, "acceptance.begin", batch_id, detail, actor, now_s)
    return find(connection, Scope.ALL, name)


def _must_be_new(connection: Connection, ids: Sequence[PointId], now_s: int) -> None:
    for piece in slices(ids):
        rows = {row.id: row for row in connection.execute(select(point).where(point.c.id.in_(piece)))}
        for each in piece:
            row = rows.get(each)
            if row is None or row.withdrawn_s is not None:
                raise NotFound(f"there is no point {each}")
            if row.in_service_to_s is not None and row.in_service_to_s <= now_s:
                raise Conflict(f"{row.name} is retired: take it out of the list")
        taken = (
            select(point.c.name, accept_batch.c.name.label("batch"), accept_batch.c.ended_as)
            .select_from(
                accept_point.join(accept_batch, accept_batch.c.id == accept_point.c.batch_id).join(
                    point, point.c.id == accept_point.c.point_id
                )
            )
            .where(accept_point.c.point_id.in_(piece), accept_point.c.is_left_out == 0)
            .where(accept_batch.c.ended_as.is_(None) | (accept_batch.c.ended_as == "signed"))
            .order_by(accept_point.c.point_id)
        )
        if (other := connection.execute(taken).first()) is not None:
            how = "was accepted with" if other.ended_as else "is in"
            raise Conflict(f"{other.name} {how} the batch {other.batch!r}: take it out of the list")
        long_seen = _long_seen(connection, piece, now_s) - _ever_tried(connection, piece)
        if long_seen:
            raise Conflict(
                f"{rows[min(long_seen)].name} is in the books for more than {NEW_DAYS_MAX} days: past figures rest on "
                "it, and a batch is of new cameras; `accept unit` takes over what is there"
            )


def _long_seen(connection: Connection, piece: Sequence[PointId], now_s: int) -> set[int]:
    """Points that were booked as up or down long ago. When they serve since does not tell: a sheet may say anything."""
    before_s = now_s - NEW_DAYS_MAX * DAY_S
    found: set[int] = set()
    for begun in (run.c.a, standing.c.since_s):
        point_id = begun.table.c.point_id
        found |= set(
            connection.execute(
                select(point_id).distinct().where(point_id.in_(piece), begun < before_s)
            ).scalars()
        )
    return found


def _ever_tried(connection: Connection, piece: Sequence[PointId]) -> set[int]:
    """Points that were left out of a signed batch: they are on trial since, however long ago that is."""
    query = (
        select(accept_point.c.point_id)
        .join(accept_batch, accept_batch.c.id == accept_point.c.batch_id)
        .where(accept_point.c.point_id.in_(piece), accept_point.c.is_left_out == 1)
        .where(accept_batch.c.ended_as == "signed")
    )
    return set(connection.execute(query).scalars())


def find(connection: Connection, scope: Scope, name: str) -> Batch:
    """A batch by its name. NotFound: there is none, or not all of its points may be seen."""
    row = connection.execute(select(accept_batch).where(accept_batch.c.name == name)).one_or_none()
    if row is None:
        raise NotFound(f"there is no batch {name!r}: `lenskeeper accept batch list` names them")
    found = _batch(row)
    if scope.units is not None:
        now_s = found.began_s if found.ended_s is None else found.ended_s
        for each in points_of(connection, found.batch_id):
            rows_points.get(connection, scope, each, now_s)
    return found


def batches(connection: Connection, scope: Scope) -> list[BatchLine]:
    """Every batch all of whose points may be seen now, the last first."""
    strange = select(accept_point.c.batch_id).where(not_(seen_at(scope, accept_point.c.point_id, None)))
    query = (
        select(accept_batch, func.count().label("points"), func.sum(accept_point.c.is_left_out).label("out"))
        .join(accept_point, accept_point.c.batch_id == accept_batch.c.id)
        .where(accept_batch.c.id.not_in(strange))
        .group_by(accept_batch.c.id)
        .order_by(accept_batch.c.id.desc())
    )
    return [BatchLine(_batch(row), row.points, int(row.out)) for row in connection.execute(query)]


def points_of(connection: Connection, batch_id: AcceptBatchId) -> list[PointId]:
    """The points of a batch, those that were left out with them."""
    query = select(accept_point.c.point_id).where(accept_point.c.batch_id == batch_id)
    return [PointId(each) for each in connection.execute(query.order_by(accept_point.c.point_id)).scalars()]


def answer(
    connection: Connection,
    batch: Batch,
    point_id: PointId,
    check: Check,
    *,
    is_passed: bool,
    words: str,
    actor: ActorId,
    now_s: int,
) -> None:
    """Enter what a person saw. The last answer to a check holds.

    Conflict: the batch has ended. NotFound: the point is not in it. Invalid: no words, or too many.
    """
    _must_be_open(batch)
    if not 0 < len(words.strip()) <= WORDS_CHARS_MAX:
        raise Invalid(f"say what was seen, in at most {WORDS_CHARS_MAX} characters", field="words")
    if point_id not in points_of(connection, batch.batch_id):
        raise NotFound(f"point {point_id} is not in the batch {batch.name!r}")
    values = {"point_id": point_id, "what": check.value, "is_passed": int(is_passed), "words": words.strip()}
    connection.execute(
        insert(accept_answer).values(batch_id=batch.batch_id, at_s=now_s, actor=actor, **values)
    )
    _enter(connection, "acceptance.answer", batch.batch_id, values, actor, now_s)


def measured(
    connection: Connection, batch: Batch, streams: Mapping[PointId, Stream], *, actor: ActorId, now_s: int
) -> None:
    """Write down what the main streams told; what was known of these points before is written over."""
    _must_be_open(batch)
    into = insert_into(connection, accept_stream)
    names = ("at_s", "outcome", "width_px", "height_px", "codec", "kbps", "gop_ms")
    rows = [
        {"batch_id": batch.batch_id, "point_id": each} | {name: getattr(stream, name) for name in names}
        for each, stream in streams.items()
    ]
    if rows:
        kept = {name: into.excluded[name] for name in names}
        connection.execute(
            into.on_conflict_do_update(index_elements=["batch_id", "point_id"], set_=kept), rows
        )
    played = sum(stream.played for stream in streams.values())
    _enter(
        connection,
        "acceptance.measure",
        batch.batch_id,
        {"points": len(rows), "played": played},
        actor,
        now_s,
    )


def sheet_of(
    connection: Connection, scope: Scope, batch: Batch, *, now_s: int, exercise: str
) -> AcceptanceSheet:
    """How an open batch stands now: the last hours of the tender are judged, as far as they lie after its beginning."""
    ids = points_of(connection, batch.batch_id)
    from_s = max(batch.began_s, now_s - batch.tender.watched_s)
    files = {each: rows_points.get(connection, scope, each, now_s) for each in ids}
    known = facts_of(connection, batch, files, from_s=from_s, to_s=now_s)
    points = []
    for each in ids:
        file, answers = files[each].file, judge(known[each], batch.tender)
        word = point_word(answers, batch.tender)
        points.append(SheetPoint(int(each), file.name, file.code, file.unit, word, answers))
    return AcceptanceSheet(
        batch.name, batch.document, batch.tender, batch.tz, batch.began_s, from_s, now_s, tuple(points),
        exercise=exercise,
    )  # fmt: skip


def sign(
    connection: Connection,
    batch: Batch,
    *,
    leave_out: Iterable[PointId],
    by: ActorId,
    beside: ActorId,
    exercise: str,
    now_s: int,
) -> tuple[AcceptanceSheet, str]:
    """Sign a batch: its sheet is frozen, service and warranty of its points begin now. Gives the sheet and its hash.

    Points that are left out stay on trial. Errors as acceptance.signed. Conflict: the batch has ended.
    NotFound: a point that is left out is not in it.
    """
    _must_be_open(batch)
    ids = points_of(connection, batch.batch_id)
    out = frozenset(leave_out)
    if strange := sorted(out - set(ids)):
        raise NotFound(f"point {strange[0]} is not in the batch {batch.name!r}")
    draft = sheet_of(connection, Scope.ALL, batch, now_s=now_s, exercise=exercise)
    sheet = signed(draft, leave_out=frozenset(map(int, out)), by=by, beside=beside, now_s=now_s)
    body = msgspec.json.encode(sheet, order="sorted")
    digest = hashlib.sha256(body).hexdigest()
    accepted = [each for each in ids if each not in out]
    start_service(connection, accepted, from_s=now_s, actor=by, now_s=now_s)
    _start_warranty(connection, accepted, batch.tender.warranty_months, actor=by, now_s=now_s)
    _end(connection, batch, "signed", now_s, sheet=body.decode(), sha256=digest)
    for piece in slices(sorted(out)):
        here = and_(accept_point.c.batch_id == batch.batch_id, accept_point.c.point_id.in_(piece))
        connection.execute(update(accept_point).where(here).values(is_left_out=1))
    detail = {"with": beside, "sha256": digest, "accepted": len(accepted), "left_out": len(out)}
    _enter(connection, "acceptance.sign", batch.batch_id, detail, by, now_s)
    return sheet, digest


def drop(connection: Connection, batch: Batch, *, because: str, actor: ActorId, now_s: int) -> None:
    """End a batch without a signature: its points count again as their dates of service say.

    Conflict: it has ended. Invalid: no reason.
    """
    _must_be_open(batch)
    if not because.strip():
        raise Invalid("say why the batch is dropped", field="because")
    end_trial(connection, points_of(connection, batch.batch_id), actor=actor)
    _end(connection, batch, "dropped", now_s)
    _enter(connection, "acceptance.drop", batch.batch_id, {"because": because.strip()}, actor, now_s)


def signed_sheet(batch: Batch) -> AcceptanceSheet:
    """The sheet as it was signed. Conflict: nobody has signed it."""
    if batch.end != "signed":
        raise Conflict(f"nobody has signed {batch.name!r}")
    return msgspec.json.decode(batch.sheet, type=AcceptanceSheet)


# ---------------------------------------------------------------- what is known


def facts_of(
    connection: Connection, batch: Batch, files: Mapping[PointId, Point], *, from_s: int, to_s: int
) -> dict[PointId, Facts]:
    """What is known of each point over [from_s, to_s). Nothing is excluded: the contractor answers for all of it."""
    ids = list(files)
    windows = [Window(each, from_s, to_s) for each in ids]
    lived = all_of_windows(connection, windows, LANES, instead=dict.fromkeys(ids, ()))
    streams, said = _streams(connection, batch.batch_id), _said(connection, batch.batch_id)
    bearers = _bearers(connection, [files[each].file.code for each in ids])
    districts = read_districts(batch.districts.encode()) if batch.districts else ()
    divisions = division_codes(connection, local_day(to_s, batch.tz))
    found = {}
    for each, sums in zip(ids, lived, strict=True):
        file = files[each].file
        inside, why = _inside(files[each], districts)
        online, day, night, clock = (_lived(one) for one in sums)
        found[each] = Facts(
            online=online,
            day=day,
            night=night,
            clock=clock,
            stream=streams.get(each),
            code=file.code,
            oddities=tuple(oddities(file.code, civil_code=file.civil_code, divisions=divisions)),
            same_code=bearers.get(file.code, 0),
            district=_district_code(files[each]),
            place="" if file.lon is None or file.lat is None else f"{file.lon:.6f}, {file.lat:.6f}",
            inside=inside,
            no_district=why,
            missing=tuple(name for name in DECLARED_FIELDS if not getattr(file, name)),
            said=said.get(each, {}),
        )
    return found


def _lived(sums: Totals) -> Lived:
    return Lived(sums.up_s, sums.known_s, sums.expected_s)


def _district_code(known: Point) -> str:
    """The division that the register names, else the one that the code begins with."""
    return known.file.civil_code[:6] or known.file.code[:6]


def _inside(known: Point, districts: Sequence[District]) -> tuple[bool | None, Why]:
    lon, lat = known.file.lon, known.file.lat
    if lon is None or lat is None:
        return None, Why.NO_COORDINATE
    if not districts:
        return None, Why.NO_DISTRICTS
    mine = of_code(districts, _district_code(known))
    if not mine:
        return None, Why.NO_BOUNDARY
    return any(one.holds(lon, lat) for one in mine), Why.NONE


def _streams(connection: Connection, batch_id: AcceptBatchId) -> dict[PointId, Stream]:
    rows = connection.execute(select(accept_stream).where(accept_stream.c.batch_id == batch_id))
    return {
        PointId(r.point_id): Stream(r.at_s, r.outcome, r.width_px, r.height_px, r.codec, r.kbps, r.gop_ms)
        for r in rows
    }


def _said(connection: Connection, batch_id: AcceptBatchId) -> dict[PointId, dict[Check, Said]]:
    rows = connection.execute(
        select(accept_answer).where(accept_answer.c.batch_id == batch_id).order_by(accept_answer.c.id)
    )
    found: dict[PointId, dict[Check, Said]] = defaultdict(dict)
    for row in rows:  # the last one holds
        found[PointId(row.point_id)][Check(row.what)] = Said(
            bool(row.is_passed), row.words, row.actor, row.at_s
        )
    return found


def _bearers(connection: Connection, codes: Sequence[str]) -> dict[str, int]:
    """How many points of the whole register bear each code."""
    found: dict[str, int] = {}
    for piece in slices(sorted({code for code in codes if code})):
        query = (
            select(point.c.code, func.count().label("count"))
            .where(point.c.code.in_(piece), point.c.withdrawn_s.is_(None))
            .group_by(point.c.code)
        )
        found |= {row.code: row.count for row in connection.execute(query).mappings()}
    return found


# ---------------------------------------------------------------- pieces


def _start_warranty(
    connection: Connection, ids: Sequence[PointId], months: int, *, actor: ActorId, now_s: int
) -> None:
    if not months:
        return
    for each in ids:
        known = rows_points.get(connection, Scope.ALL, each, now_s)
        if known.device_id is None:
            continue  # nothing hangs there; it cannot have passed, but for a tender that demands no picture
        until = months_after(local_day(now_s, known.tz), months)
        rows_points.change(connection, each, {"warranty_until": date_of(until)}, actor=actor, now_s=now_s)


def months_after(day: int, months: int) -> int:
    """The same day of the month so many months later, or that month's last; days since 1970-01-01."""
    return day_of(date_of(day) + relativedelta(months=months))


def _must_be_open(batch: Batch) -> None:
    if batch.end:
        raise Conflict(f"the batch {batch.name!r} was {batch.end}: begin another one")


def _end(
    connection: Connection, batch: Batch, end: str, now_s: int, *, sheet: str | None = None, sha256: str = ""
) -> None:
    connection.execute(
        update(accept_batch)
        .where(accept_batch.c.id == batch.batch_id)
        .values(ended_s=now_s, ended_as=end, sheet=sheet, sha256=sha256)
    )


def _enter(
    connection: Connection,
    act: str,
    batch_id: AcceptBatchId,
    detail: Mapping[str, object],
    actor: ActorId,
    now_s: int,
) -> None:
    audit.append(
        connection, actor=actor, at_s=now_s, act=act, subject=f"acceptance:{batch_id}", detail=detail
    )


def _batch(row: Row[Any]) -> Batch:
    return Batch(
        AcceptBatchId(row.id),
        row.name,
        row.document,
        msgspec.json.decode(row.tender, type=Tender),
        row.districts,
        row.tz,
        row.began_s,
        ActorId(row.began_by),
        row.ended_s,
        row.ended_as or "",
        row.sheet or "",
        row.sha256,
    )
