"""The audit log as its page asks for it: entries, proofs, checkpoints, cases. That it is read is entered before it is shown."""

from collections.abc import Iterator
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response, StreamingResponse

from lenskeeper.accounts.verbs import Verb
from lenskeeper.audit.rows import Entry, Wanted
from lenskeeper.audit.verifier import Checkpoint
from lenskeeper.base.days import day_span
from lenskeeper.base.languages import Language
from lenskeeper.house import audit as house
from lenskeeper.inventory.ids import PointId
from lenskeeper.web.asking import Asking, may
from lenskeeper.web.files import MEDIA, a_file, file_named, kept_as
from lenskeeper.web.pages import Cursor, Limit, Number, Page, Shown, cursor_of, read_cursor

router = APIRouter(prefix="/api/audit", tags=["audit"])

SUBJECT_CHARS_MAX: Final = 100

Read = Annotated[Asking, may(Verb.READ_AUDIT)]
Day = Annotated[
    int, Field(ge=0, lt=100_000, description="days since 1970-01-01, of the installation's own zone")
]
Text = Annotated[str, Query(max_length=SUBJECT_CHARS_MAX)]


class EntryRow(Shown):
    """One act. detail: what was said with it. An erased one gave its words up: only its number is left."""

    number: int
    at_s: int
    actor: str
    act: str
    subject: str
    detail: dict[str, Any]
    is_erased: bool


class CheckpointRow(Shown):
    """A signed statement of how long the log was and what its root was. root: base64; note: the signed text."""

    size: int
    at_s: int | None
    root: str
    note: str


class ProofShown(Shown):
    """An entry with its proof. text: the bytes that were hashed; leaf, path: base64. holds: the server's own check."""

    entry: EntryRow
    text: str
    leaf: str
    path: list[str]
    checkpoint: CheckpointRow
    public: str
    holds: bool


class GoesOnShown(Shown):
    """What proves that the log of one checkpoint begins with that of another."""

    old: CheckpointRow
    new: CheckpointRow
    path: list[str]
    public: str
    holds: bool


class FaultRow(Shown):
    """A checkpoint that does not hold. why: changed, not_signed or other_log."""

    size: int
    why: str


class VerifiedShown(Shown):
    """What a check of the whole log found. broken_at: the first entry that does not hold. unsigned: after the last signature."""

    holds: bool
    entries: int
    broken_at: int | None
    erased: int
    root: str
    checkpoints: int
    faults: list[FaultRow]
    unsigned: int | None
    at_s: int


class KeysShown(Shown):
    """The keys that sign for the log, the newest first, as people note them; and the log's name."""

    origin: str
    keys: list[str]


class CaseRow(Shown):
    """A case that was made, by the number of its entry."""

    number: int
    at_s: int
    actor: str
    point_id: int
    camera: str
    from_s: int
    to_s: int
    because: str
    acts: int


class NewCase(Shown):
    """What a case is made of: a camera by its id, the first and the last day, and why."""

    point_id: Annotated[int, Field(ge=1, lt=1 << 31)]
    from_day: Day
    to_day: Day
    because: Annotated[str, Field(min_length=1, max_length=house.BECAUSE_CHARS_MAX)]


class Made(Shown):
    """The number of what was made."""

    number: int


class Acts(Shown):
    """The names of the acts that stand in the log."""

    acts: list[str]


# ---- the log


@router.get("/entries")
def entries(
    asking: Read,
    *,
    limit: Limit = 100,
    cursor: Cursor = None,
    actor: Text = "",
    act: Text = "",
    subject: Text = "",
    from_day: Day | None = None,
    to_day: Day | None = None,
) -> Page[EntryRow]:
    """Acts, the newest first; `act` with a dot at its end is a kind of acts. This reading is entered before it is answered."""
    key = read_cursor(cursor, int)
    before = None if key is None else key[0]
    tz = asking.home.tz()
    from_s = None if from_day is None else day_span(from_day, tz)[0]
    to_s = None if to_day is None else day_span(to_day, tz)[1]
    wanted = Wanted(actor, act, (subject,) if subject else (), from_s, to_s)
    found = house.read(asking.home, asking.scope, asking.actor, wanted, before=before, limit=limit)
    rows = [_row(each) for each in found]
    return Page(rows=rows, next=cursor_of(rows[-1].number) if len(rows) == limit else None)


@router.get("/entries/{number}")
def entry(asking: Read, number: Number) -> ProofShown:
    """One act with what proves it. That it is read is entered."""
    found = house.prove(asking.home, asking.scope, asking.actor, number)
    return ProofShown(
        entry=_row(found.entry),
        text=found.entry.text,
        leaf=house.b64(found.entry.leaf),
        path=[house.b64(step) for step in found.path],
        checkpoint=_checkpoint(found.checkpoint),
        public=found.public.text,
        holds=found.holds,
    )


@router.get("/entries/{number}/proof", **a_file("json"))
def entry_proof(asking: Read, number: Number) -> Response:
    """The same as a file for the stand-alone verifier."""
    found = house.prove(asking.home, asking.scope, asking.actor, number)
    return file_named(f"audit-entry-{number}.json", house.proof_json(found))


@router.get("/acts")
def acts(asking: Read) -> Acts:
    """The names of the acts that stand in the log, for the filter."""
    return Acts(acts=house.acts(asking.home, asking.scope))


@router.post("/verify")
def verify(asking: Read) -> VerifiedShown:
    """Check every entry, every node of the tree and every signature now."""
    found = house.verify(asking.home, asking.scope, asking.actor)
    return VerifiedShown(
        holds=found.holds,
        entries=found.entries,
        broken_at=found.broken_at,
        erased=found.erased,
        root=house.b64(found.root),
        checkpoints=found.checkpoints,
        faults=[FaultRow(size=each.size, why=each.why) for each in found.faults],
        unsigned=found.unsigned,
        at_s=asking.now_s,
    )


# ---- checkpoints and keys


@router.get("/checkpoints")
def checkpoints(asking: Read, limit: Limit = 100, cursor: Cursor = None) -> Page[CheckpointRow]:
    """Signed checkpoints, the newest first."""
    key = read_cursor(cursor, int)
    before = None if key is None else key[0]
    found = house.checkpoints(asking.home, asking.scope, before=before, limit=limit)
    rows = [_checkpoint(each) for each in found]
    return Page(rows=rows, next=cursor_of(rows[-1].size) if len(rows) == limit else None)


@router.get("/checkpoints/{size}/note", **a_file("txt"))
def checkpoint_note(asking: Read, size: Number) -> Response:
    """One checkpoint as the signed note that others keep."""
    found = house.checkpoint_of(asking.home, asking.scope, size)
    return file_named(f"checkpoint-{size}.txt", found.text.encode())


@router.get("/consistency")
def consistency(
    asking: Read, old: Annotated[int, Query(ge=1, lt=1 << 31)], new: Annotated[int, Query(ge=1, lt=1 << 31)]
) -> GoesOnShown:
    """What proves that the log of one checkpoint begins with that of an earlier one, unchanged."""
    found = house.consistency(asking.home, asking.scope, old, new)
    return GoesOnShown(
        old=_checkpoint(found.old),
        new=_checkpoint(found.new),
        path=[house.b64(step) for step in found.path],
        public=found.public.text,
        holds=found.holds,
    )


@router.get("/consistency/proof", **a_file("json"))
def consistency_proof(
    asking: Read, old: Annotated[int, Query(ge=1, lt=1 << 31)], new: Annotated[int, Query(ge=1, lt=1 << 31)]
) -> Response:
    """The same as a file for the stand-alone verifier."""
    found = house.consistency(asking.home, asking.scope, old, new)
    return file_named(f"consistency-{old}-{new}.json", house.consistency_json(found))


@router.get("/keys")
def keys(asking: Annotated[Asking, may(Verb.BE_ONESELF)]) -> KeysShown:
    """The log's public key, for everybody who is signed in: note it where you will look for it later."""
    found = house.public_keys(asking.home)
    return KeysShown(origin=found[-1].name, keys=[each.text for each in reversed(found)])


@router.get("/verifier", **a_file("py"))
def verifier(asking: Annotated[Asking, may(Verb.BE_ONESELF)]) -> Response:  # noqa: ARG001  the verb is asked for
    """The program that checks proofs, cases and logs on another machine."""
    return file_named("lenskeeper-verifier.py", house.verifier_text())


@router.get("/export", **a_file("jsonl"))
def export(asking: Read) -> Response:
    """The whole log with all its checkpoints, for the stand-alone verifier. That it is taken out is entered first."""
    lines: Iterator[bytes] = house.export(asking.home, asking.scope, asking.actor)
    head = next(lines)  # entered and signed before the first byte

    def whole() -> Iterator[bytes]:
        yield head
        yield from lines

    return StreamingResponse(whole(), media_type=MEDIA["jsonl"], headers=kept_as("audit-log.jsonl"))


# ---- cases


@router.get("/cases")
def cases(asking: Read, limit: Limit = 100, cursor: Cursor = None) -> Page[CaseRow]:
    """The cases that were made, the newest first."""
    key = read_cursor(cursor, int)
    before = None if key is None else key[0]
    found = house.cases(asking.home, asking.scope, before=before, limit=limit)
    rows = [
        CaseRow(
            number=each.number,
            at_s=each.at_s,
            actor=each.actor,
            point_id=each.point_id,
            camera=each.camera,
            from_s=each.from_s,
            to_s=each.to_s,
            because=each.because,
            acts=each.acts,
        )
        for each in found
    ]
    return Page(rows=rows, next=cursor_of(rows[-1].number) if len(rows) == limit else None)


@router.post("/cases", status_code=201)
def make_case(asking: Read, new: NewCase) -> Made:
    """Gather every act that concerned a camera in a span; that it is made is entered, with why."""
    tz = asking.home.tz()
    span = day_span(new.from_day, tz)[0], day_span(new.to_day, tz)[1]
    order = house.CaseOrder(PointId(new.point_id), *span, new.because)
    return Made(number=house.make_case(asking.home, asking.scope, asking.actor, order))


@router.get("/cases/{number}/json", **a_file("json"))
def case_json(asking: Read, number: Number) -> Response:
    """A case with the proof of each act, for the stand-alone verifier. That it is taken out is entered."""
    found = house.case_of(asking.home, asking.scope, asking.actor, number)
    return file_named(f"case-{number}.json", house.case_json(found))


@router.get("/cases/{number}/pdf", **a_file("pdf"))
def case_pdf(asking: Read, number: Number, language: Language = Language.ZH) -> Response:
    """A case as a document to be filed."""
    found = house.case_of(asking.home, asking.scope, asking.actor, number)
    return file_named(f"case-{number}-{language.value}.pdf", house.pdf_of(found, language))


# ---- in the words of the API


def _row(entry: Entry) -> EntryRow:
    return EntryRow(
        number=entry.number,
        at_s=entry.at_s,
        actor=entry.actor,
        act=entry.act,
        subject=entry.subject,
        detail=msgspec.json.decode(entry.detail) if entry.detail else {},
        is_erased=entry.is_erased,
    )


def _checkpoint(point: Checkpoint) -> CheckpointRow:
    return CheckpointRow(size=point.size, at_s=point.time_s, root=house.b64(point.root), note=point.text)
