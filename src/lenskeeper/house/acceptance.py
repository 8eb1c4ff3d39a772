"""A batch of new cameras as commands accept it: begun, measured, answered, shown as a sheet, signed or dropped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog
from sqlalchemy import Connection

from lenskeeper.availability.rows_exclusions import refresh
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.base.languages import Language
from lenskeeper.base.outcomes import Outcome
from lenskeeper.house.cameras import find_camera
from lenskeeper.house.home import Home
from lenskeeper.house.lists import must_be_free
from lenskeeper.house.logins import Logins
from lenskeeper.house.process import raise_file_limit
from lenskeeper.house.register import tell
from lenskeeper.house.switches import Stopped, read_stopped
from lenskeeper.inventory import rows_batches, rows_points
from lenskeeper.inventory.ids import BatchId, PointId
from lenskeeper.inventory.points import Watched
from lenskeeper.inventory.rows_watched import watched
from lenskeeper.probing.look import look_at
from lenskeeper.probing.memory import NOTHING_REMEMBERED
from lenskeeper.probing.probe import KeyFrame, Looks, Probe, Prober, StreamFacts, VisitLimits
from lenskeeper.probing.routes import ways
from lenskeeper.probing.rows import remembered
from lenskeeper.probing.rows import save as save_visits
from lenskeeper.probing.sweep import sweep
from lenskeeper.probing.targets import Target, parse_target
from lenskeeper.reporting.as_pdf import document_pdf
from lenskeeper.reporting.as_xlsx import sheets_xlsx
from lenskeeper.reporting.tables import Heading, Sheet
from lenskeeper.reporting.tables_acceptance import (
    acceptance_document,
    acceptance_facts,
    acceptance_sheets,
    text,
)
from lenskeeper.tickets import rows_acceptance
from lenskeeper.tickets.acceptance import AcceptanceSheet, Check, Stream, read_tender
from lenskeeper.tickets.districts import BYTES_MAX, read_districts
from lenskeeper.tickets.rows_acceptance import Batch, BatchLine
from lenskeeper.units import rows as units

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

SUFFIXES: Final = (".pdf", ".xlsx", ".json")
LAYOUT: Final = "acceptance.typ"
# Three key frames are two intervals between them; a visit ends with its own deadline where they are far apart.
MEASURED: Final = Looks(3, 0.1)
IN_FLIGHT: Final = 20  # a batch is measured once or twice: there is no hurry
LIST_BYTES_MAX: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class BatchOrder:
    """A batch to be begun. Which points: a list of codes, an import, or a unit with all below it; together they add up.

    tender: a TOML file; districts: GeoJSON, or None.
    """

    name: str
    tender: Path
    document: str
    codes: Sequence[str] = ()
    import_id: int | None = None
    unit: str = ""
    districts: Path | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A batch and its sheet: as it was signed, or as it stands now. sheet: None where the batch was dropped."""

    batch: Batch
    sheet: AcceptanceSheet | None


@dataclass(frozen=True, slots=True)
class Measured:
    """What measuring came to. skipped: points that were not asked, by name, and why."""

    streams: Mapping[PointId, Stream]
    skipped: Mapping[str, str]


def begin(home: Home, order: BatchOrder, actor: ActorId) -> tuple[Batch, int]:
    """Begin a batch; gives it and how many points it has. Errors as rows_acceptance.begin, read_tender, read_districts."""
    tender = read_tender(_text_of(order.tender, LIST_BYTES_MAX, "tender"))
    districts = "" if order.districts is None else _text_of(order.districts, BYTES_MAX, "districts")
    if districts:
        read_districts(districts.encode())
    now_s, tz = home.now_s(), home.tz()

    def work(connection: Connection) -> tuple[Batch, int]:
        ids = _points(connection, order, now_s)
        made = rows_acceptance.begin(
            connection, order.name, ids, tender=tender, document=order.document, districts=districts, tz=tz,
            actor=actor, now_s=now_s,
        )  # fmt: skip
        refresh(connection, ids)
        tell(connection, f"acceptance:{made.batch_id}", now_s)
        return made, len(ids)

    return home.store.write(work, durable=True)


def codes_in(words: Sequence[str]) -> list[str]:
    """Codes as they were typed; what names a file stands for the codes in it, one a line, # begins a remark."""
    found: list[str] = []
    for one in words:
        if Path(one).is_file():
            lines = _text_of(Path(one), LIST_BYTES_MAX, "points").splitlines()
            found += [code for line in lines if (code := line.partition("#")[0].strip())]
        else:
            found.append(one)
    return found


def _points(connection: Connection, order: BatchOrder, now_s: int) -> list[PointId]:
    ids: set[PointId] = set()
    for code in order.codes:
        ids.add(find_camera(connection, code, now_s).point_id)
    if order.import_id is not None:
        rows_batches.batch(connection, BatchId(order.import_id))  # NotFound: there is none
        ids |= set(rows_batches.points_of(connection, BatchId(order.import_id)))
    if order.unit:
        scope = Scope(frozenset({units.find(connection, Scope.ALL, order.unit)}))
        ids |= {one.point_id for one in watched(connection, scope, now_s)}
    if not ids:
        raise Invalid("name the points: --points, --import or --unit", field="points")
    return sorted(ids)


def answer(
    home: Home, name: str, code: str, check: Check, actor: ActorId, *, is_passed: bool, words: str
) -> None:
    """Enter what a person saw at one camera."""
    now_s = home.now_s()

    def work(connection: Connection) -> None:
        batch = rows_acceptance.find(connection, Scope.ALL, name)
        point = find_camera(connection, code, now_s)
        rows_acceptance.answer(
            connection,
            batch,
            point.point_id,
            check,
            is_passed=is_passed,
            words=words,
            actor=actor,
            now_s=now_s,
        )

    home.store.write(work, durable=True)


def listed(home: Home, scope: Scope = Scope.ALL) -> list[BatchLine]:
    """Every batch that may be seen, the last first."""
    with home.store.read() as connection:
        return rows_acceptance.batches(connection, scope)


def shown(home: Home, name: str, scope: Scope = Scope.ALL) -> Shown:
    """A batch with its sheet. NotFound: there is none, or it may not be seen."""
    with home.store.read() as connection:
        batch = rows_acceptance.find(connection, scope, name)
        if batch.end == "dropped":
            return Shown(batch, None)
        if batch.end:
            return Shown(batch, rows_acceptance.signed_sheet(batch))
        sheet = rows_acceptance.sheet_of(
            connection, Scope.ALL, batch, now_s=home.now_s(), exercise=home.exercise
        )
        return Shown(batch, sheet)


def sign(home: Home, name: str, *, leave_out: Sequence[str], by: ActorId, beside: ActorId) -> Shown:
    """Sign a batch. leave_out: codes. Errors as rows_acceptance.sign."""
    now_s = home.now_s()

    def work(connection: Connection) -> Shown:
        batch = rows_acceptance.find(connection, Scope.ALL, name)
        ids = rows_acceptance.points_of(connection, batch.batch_id)
        out = [find_camera(connection, code, now_s).point_id for code in leave_out]
        sheet, _ = rows_acceptance.sign(
            connection, batch, leave_out=out, by=by, beside=beside, exercise=home.exercise, now_s=now_s
        )
        refresh(connection, ids)
        tell(connection, f"acceptance:{batch.batch_id}", now_s)
        return Shown(rows_acceptance.find(connection, Scope.ALL, name), sheet)

    return home.store.write(work, durable=True)


def drop(home: Home, name: str, because: str, actor: ActorId) -> None:
    """End a batch that nobody will sign; its points count again as their dates of service say."""
    now_s = home.now_s()

    def work(connection: Connection) -> None:
        batch = rows_acceptance.find(connection, Scope.ALL, name)
        rows_acceptance.drop(connection, batch, because=because, actor=actor, now_s=now_s)
        refresh(connection, rows_acceptance.points_of(connection, batch.batch_id))
        tell(connection, f"acceptance:{batch.batch_id}", now_s)

    home.store.write(work, durable=True)


def write_sheet(found: Shown, path: Path, language: Language, folders: Sequence[Path] | None = None) -> None:
    """The sheet as a file to be handed over: .pdf, .xlsx, or .json, which is the very bytes that were signed.

    Conflict: the file is there, or the batch was dropped, or .json of a draft. Invalid: none of these.
    """
    if path.suffix not in SUFFIXES:
        raise Invalid(f"a sheet is written as {', '.join(SUFFIXES)}, not as {path.suffix!r}", field="to")
    must_be_free(path)
    batch, sheet = found.batch, found.sheet
    if sheet is None:
        raise Conflict(f"the batch {batch.name!r} was dropped: it has no sheet")
    match path.suffix:
        case ".pdf":
            document = acceptance_document(sheet, batch.sha256, language)
            at_s = sheet.to_s if sheet.signed_s is None else sheet.signed_s
            path.write_bytes(document_pdf(document, LAYOUT, at_s=at_s, folders=folders))
        case ".xlsx":
            facts = _facts_sheet(sheet, batch.sha256, language)
            tables = (facts, *acceptance_sheets(sheet, language))
            path.write_bytes(sheets_xlsx(tables, language, sheet.tz, exercise=bool(sheet.exercise)))
        case _:
            if not batch.sheet:
                raise Conflict("a draft has no canonical bytes: sign it first, or write .pdf or .xlsx")
            path.write_bytes(batch.sheet.encode())


def _facts_sheet(sheet: AcceptanceSheet, sha256: str, language: Language) -> Sheet:
    rows = (*acceptance_facts(sheet, language), ("SHA-256", sha256 or text("draft", language)))
    headings = (Heading(text("title", language)), Heading(sheet.batch, wide=True))
    return Sheet("accept_facts", text("batch", language), headings, rows)


# ---------------------------------------------------------------- measuring


async def measure(home: Home, name: str, actor: ActorId) -> Measured:
    """Visit the main stream of each point of a batch once, for three key frames, and write down what it told.

    Nothing is decoded. The stop switch, the networks and refused logins hold as for the rounds. Not asked are points
    that are never asked for pictures, that are metered, or whose main stream nobody knows.
    """
    with home.store.read() as connection:
        batch = rows_acceptance.find(connection, Scope.ALL, name)
        if batch.end:
            raise Conflict(f"the batch {name!r} was {batch.end}: there is nothing to be measured")
        mine = frozenset(rows_acceptance.points_of(connection, batch.batch_id))
        fleet = [one for one in watched(connection, Scope.ALL, home.now_s()) if one.point_id in mine]
        logins = Logins(home, remembered(connection, Scope.ALL))
        logins.read(connection, fleet)
        stopped = read_stopped(connection)
    if stopped.everything or stopped.pictures:
        raise Conflict(
            "the stop switch forbids pictures: ask the network's guardians, then `lenskeeper stop --lift`"
        )
    wanted, skipped = _wanted(fleet, stopped)
    skipped |= _not_serving(home, mine - {one.point_id for one in fleet})
    found = await _visited(_prober(home, logins), wanted)
    now_s, changes = home.now_s(), logins.with_changes(NOTHING_REMEMBERED)

    def work(connection: Connection) -> None:
        save_visits(connection, changes, actor=actor)
        again = rows_acceptance.find(connection, Scope.ALL, name)
        rows_acceptance.measured(connection, again, found, actor=actor, now_s=now_s)

    home.store.write(work, durable=True)
    return Measured(found, skipped)


def _wanted(fleet: Sequence[Watched], stopped: Stopped) -> tuple[dict[Target, list[PointId]], dict[str, str]]:
    wanted: dict[Target, list[PointId]] = {}
    skipped: dict[str, str] = {}
    for one in fleet:
        main = ways(one, derive=True)[2]
        if one.passive_only:
            skipped[one.name] = "it is never asked for a picture"
        elif one.budget_mb_month is not None:
            skipped[one.name] = "it is metered"
        elif one.zone in stopped.zones or one.site in stopped.sites:
            skipped[one.name] = "the stop switch"
        elif not main:
            skipped[one.name] = "no main stream is known"
        else:
            try:
                wanted.setdefault(parse_target(main), []).append(one.point_id)
            except Invalid as wrong:
                skipped[one.name] = str(wrong)
    return wanted, skipped


def _not_serving(home: Home, ids: frozenset[PointId]) -> dict[str, str]:
    found = {}
    with home.store.read() as connection:
        for each in sorted(ids):
            found[rows_points.get(connection, Scope.ALL, each, home.now_s()).file.name] = (
                "it is not in service"
            )
    return found


async def _visited(prober: Prober, wanted: Mapping[Target, Sequence[PointId]]) -> dict[PointId, Stream]:
    found: dict[PointId, Stream] = {}

    def enter(target: Target, stream: Stream) -> None:
        found.update(dict.fromkeys(wanted[target], stream))

    async def one(target: Target) -> None:
        enter(target, stream_of(await look_at(target, prober, MEASURED, _let_go)))

    def failed(target: Target, error: Exception) -> None:
        log.error("look_failed", target=target.name, error=repr(error))
        enter(target, Stream(prober.clock.now_ms() // 1000, Outcome.OUR_FAULT.value))

    if wanted:
        in_flight = raise_file_limit(min(IN_FLIGHT, len(wanted)))
        await sweep(list(wanted), one, in_flight=in_flight, per_host=prober.per_host, failed=failed)
    return found


def _let_go(_frame: KeyFrame) -> None:
    """The stream's own words are enough: the picture is neither decoded nor kept."""


def stream_of(probe: Probe) -> Stream:
    """What a visit told of the stream. A bitrate that was not measured between key frames is only declared: None."""
    told: StreamFacts = probe.stream
    gop_s = told.key_frame_interval_s
    is_measured = gop_s is not None and told.bitrate_kbps is not None
    return Stream(
        probe.began_ms // 1000,
        probe.outcome.value,
        told.width_px,
        told.height_px,
        told.codec,
        round(told.bitrate_kbps or 0) if is_measured else None,
        None if gop_s is None else round(gop_s * 1000),
    )


def _prober(home: Home, logins: Logins) -> Prober:
    probing = home.settings.probing
    limits = VisitLimits(
        probing.connect_s, probing.reply_s, probing.first_packet_s, probing.key_frame_s, probing.visit_s
    )
    return Prober(
        home.clock, logins.refusals, logins.credentials, limits, networks=probing.networks, per_host=probing.per_host
    )  # fmt: skip


def _text_of(path: Path, bytes_max: int, field: str) -> str:
    """A small text file. NotFound: there is none. Invalid: too large, or not UTF-8."""
    if not path.is_file():
        raise NotFound(f"there is no file {path}")
    if path.stat().st_size > bytes_max:
        raise Invalid(f"{path} is over {bytes_max // 1024} kB", field=field)
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise Invalid(f"{path} is not written in UTF-8; save it so", field=field) from None
