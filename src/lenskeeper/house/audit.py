"""The audit log for people: read it (which is entered in it), prove an entry, sign for it, check it, make a case of it.

What is sensitive only to read is entered by `entered` before anything is answered: where that fails, nothing is shown.
"""

import asyncio
import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
from sqlalchemy import Connection

from lenskeeper.audit import rows, rows_checkpoints, verifier
from lenskeeper.audit.keys import Signer, make_key
from lenskeeper.audit.rows import Entry, Wanted
from lenskeeper.audit.verifier import Checkpoint, PublicKey
from lenskeeper.base.access import LOCAL_OPERATOR, ActorId, Scope
from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.base.languages import Language
from lenskeeper.house.cameras import find_camera
from lenskeeper.house.home import Home
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_points import get as point_of
from lenskeeper.inventory.rows_present import slices
from lenskeeper.reporting.case import Case, CaseAct, case_pdf
from lenskeeper.reporting.screens_audit import subjects_of

CASE: Final = "audit.case"
READ: Final = "audit.read"
CASE_ENTRIES_MAX: Final = 1_000
BECAUSE_CHARS_MAX: Final = 1_000
KEPT_DAYS_MIN: Final = (
    183  # Cybersecurity Law of China, art. 21(3): network logs are kept for at least six months
)
DAY_S: Final = 86_400
LINES_AT_ONCE: Final = 1_000
ERASED_AT_ONCE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Proved:
    """An entry with what proves it: the checkpoint that it is in, and the hashes from its leaf to the root."""

    entry: Entry
    checkpoint: Checkpoint
    path: tuple[bytes, ...]
    public: PublicKey

    @property
    def holds(self) -> bool:
        """Whether its words fit its leaf, its leaf the root, and the root the signature."""
        entry, point = self.entry, self.checkpoint
        fits = entry.is_erased or verifier.leaf_hash(entry.text.encode()) == entry.leaf
        is_in = verifier.includes(point.root, point.size, entry.number - 1, entry.leaf, self.path)
        return fits and is_in and point.is_signed_by(self.public)


@dataclass(frozen=True, slots=True)
class GoesOn:
    """Two checkpoints, and what proves that the later log begins with the earlier one."""

    old: Checkpoint
    new: Checkpoint
    path: tuple[bytes, ...]
    public: PublicKey

    @property
    def holds(self) -> bool:
        """Whether it does."""
        old, new = self.old, self.new
        return verifier.goes_on(old.size, old.root, new.size, new.root, self.path)


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check of the whole log found.

    entries, broken_at, erased: as rows.Checked. checkpoints: how many there are. faults: those that do not hold.
    unsigned: entries after the last checkpoint; None where there is none.
    """

    entries: int
    broken_at: int | None
    erased: int
    root: bytes
    checkpoints: int
    faults: tuple[rows_checkpoints.Fault, ...]
    unsigned: int | None

    @property
    def holds(self) -> bool:
        """Whether all of it does."""
        return self.broken_at is None and not self.faults


@dataclass(frozen=True, slots=True)
class CaseOrder:
    """What a case is made of. camera: its id, code or name. The span [from_s, to_s). because: why it is made."""

    camera: str | PointId
    from_s: int
    to_s: int
    because: str


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case that was made. number: of its entry, by which it is asked for again."""

    number: int
    at_s: int
    actor: ActorId
    point_id: PointId
    camera: str
    from_s: int
    to_s: int
    because: str
    acts: int


# ---- what is entered


def entered(home: Home, actor: ActorId, *, act: str, subject: str, detail: Mapping[str, object]) -> int:
    """Enter a sensitive read, durably, and only then answer it. Gives the entry's number.

    StoreUnavailable: it could not be entered, so answer nothing.
    """
    now_s = home.now_s()
    return home.store.write(
        lambda c: rows.append(c, actor=actor, at_s=now_s, act=act, subject=subject, detail=detail),
        durable=True,
    )


# ---- keys and checkpoints


def key_file(home: Home) -> Path:
    """Where the key of the log lies: beside the key of the cameras' passwords, lenskeeper-audit.key."""
    beside = home.key_file
    return beside.with_name(f"{beside.stem}-audit{beside.suffix}")


def signer(home: Home) -> Signer:
    """The key of the log; made the first time, and named in the log itself.

    NotFound: the log names a key and the file is gone. Invalid: others may read it.
    """
    path = key_file(home)
    with home.store.read() as connection:
        named = rows_checkpoints.keys(connection)
    if not path.exists() and not named:
        try:
            made = make_key(path)
        except Conflict:  # another process was quicker
            made = Signer.open(path)
    else:
        made = Signer.open(path)
    if made.public not in named:
        _name(home, made.public, LOCAL_OPERATOR)
    return made


def new_key(home: Home, actor: ActorId) -> PublicKey:
    """Sign with another key from now on. The old one signs for it last, if it is there, and is set aside.

    Tell everybody who noted the old public key.
    """
    path = key_file(home)
    with home.store.read() as connection:
        named = rows_checkpoints.keys(connection)
    old = Signer.open(path) if path.exists() else None
    name = old.public.name if old else named[-1].name if named else ""
    waiting = path.with_name(f"{path.name}.new")
    waiting.unlink(missing_ok=True)  # of a change that was broken off before the log named it
    made = make_key(waiting, name)
    _name(home, made.public, actor)
    if old is not None:
        _sign(home, old)
        path.rename(path.with_name(f"{path.name}.{old.public.key_id.hex()}"))
    waiting.rename(path)
    _sign(home, made)
    return made.public


def checkpoint(home: Home) -> Checkpoint:
    """Sign for the log as it stands now. Errors as `signer`."""
    return _sign(home, signer(home))


async def checkpoint_if_due(home: Home) -> Checkpoint | None:
    """Sign where a thousand entries wait, or any for a minute; None: nothing is due. `serve` asks every few seconds."""
    now_s = home.now_s()

    def due() -> bool:
        with home.store.read() as connection:
            return rows_checkpoints.is_due(connection, now_s)

    if not await asyncio.to_thread(due):
        return None
    return await asyncio.to_thread(checkpoint, home)


def public_keys(home: Home) -> list[PublicKey]:
    """The keys that the log names, the newest last; made, where there is none yet."""
    signer(home)
    with home.store.read() as connection:
        return rows_checkpoints.keys(connection)


def checkpoints(home: Home, scope: Scope, *, before: int | None = None, limit: int = 100) -> list[Checkpoint]:
    """Checkpoints, the newest first. NotAllowed: the scope is not all."""
    with home.store.read() as connection:
        return rows_checkpoints.listed(connection, scope, before=before, limit=limit)


def checkpoint_of(home: Home, scope: Scope, size: int) -> Checkpoint:
    """One checkpoint. NotFound: none was signed at this size."""
    rows.must_be_whole(scope)
    with home.store.read() as connection:
        return rows_checkpoints.of_size(connection, size)


def _name(home: Home, key: PublicKey, actor: ActorId) -> None:
    now_s = home.now_s()
    home.store.write(lambda c: rows_checkpoints.name_key(c, key, actor=actor, now_s=now_s), durable=True)


def _sign(home: Home, with_: Signer) -> Checkpoint:
    now_s = home.now_s()
    return home.store.write(lambda c: rows_checkpoints.keep(c, with_, now_s=now_s), durable=True)


# ---- reading


def read(
    home: Home,
    scope: Scope,
    actor: ActorId,
    wanted: Wanted,
    *,
    before: int | None = None,
    limit: int = 100,
) -> list[Entry]:
    """Entries that were asked for, the newest first; that somebody reads them is entered first.

    NotAllowed: the scope is not all.
    """
    rows.must_be_whole(scope)
    said = {name: value for name, value in msgspec.structs.asdict(_Said.of(wanted)).items() if value}
    if before is not None:
        said["before"] = before
    number = entered(home, actor, act=READ, subject="audit", detail=said)
    top = number if before is None else min(before, number)  # not this reading itself
    with home.store.read() as connection:
        return rows.found(connection, scope, wanted, before=top, limit=limit)


class _Said(msgspec.Struct):
    """What a reading asked for, as it is entered."""

    actor: str
    act: str
    subjects: tuple[str, ...]
    from_s: int | None
    to_s: int | None

    @staticmethod
    def of(wanted: Wanted) -> "_Said":
        return _Said(wanted.actor, wanted.act, wanted.subjects, wanted.from_s, wanted.to_s)


def prove(home: Home, scope: Scope, actor: ActorId, number: int) -> Proved:
    """One entry with its proof; signed for now, where nobody did yet. That it is read is entered first.

    NotFound: there is none of this number. NotAllowed: as `read`.
    """
    rows.must_be_whole(scope)
    with home.store.read() as connection:
        rows.entry(connection, scope, number)  # what is not there is not entered as read
    entered(home, actor, act=READ, subject="audit", detail={"entry": number})
    with home.store.read() as connection:
        point = rows_checkpoints.covering(connection, number)
    point = point or checkpoint(home)
    with home.store.read() as connection:
        return _proved(connection, scope, number, point)


def _proved(connection: Connection, scope: Scope, number: int, point: Checkpoint) -> Proved:
    entry = rows.entry(connection, scope, number)
    path = rows.inclusion(connection, number, point.size)
    return Proved(entry, point, tuple(path), _key_of(connection, point))


def _key_of(connection: Connection, point: Checkpoint) -> PublicKey:
    """The key that signed a checkpoint; the newest one, where none of those that the log names did."""
    named = rows_checkpoints.keys(connection)
    return next((key for key in reversed(named) if point.is_signed_by(key)), named[-1])


def acts(home: Home, scope: Scope) -> list[str]:
    """The names of the acts that stand in the log."""
    rows.must_be_whole(scope)
    with home.store.read() as connection:
        return rows.acts(connection)


def consistency(home: Home, scope: Scope, old: int, new: int) -> GoesOn:
    """The proof that the log of one checkpoint begins with that of another. NotFound: no such checkpoint. Invalid."""
    rows.must_be_whole(scope)
    if old > new:
        raise Invalid("name the earlier checkpoint first", field="old")
    with home.store.read() as connection:
        before, now = (rows_checkpoints.of_size(connection, size) for size in (old, new))
        path = rows.consistency(connection, old, new)
        return GoesOn(before, now, tuple(path), _key_of(connection, now))


def verify(home: Home, scope: Scope, actor: ActorId) -> Verified:
    """Check every entry, every node of the tree and every signature. NotAllowed: as `read`."""
    rows.must_be_whole(scope)
    known = [signer(home).public]
    entered(home, actor, act="audit.verify", subject="audit", detail={})
    with home.store.read() as connection:
        return verified(connection, known)


def verified(connection: Connection, known: Sequence[PublicKey] = ()) -> Verified:
    """The same without a person: known are keys from outside the database, beside those that the log names."""
    checked = rows.verify(connection)
    keys = {*known, *_keys(connection)}
    faults = rows_checkpoints.check(connection, [*keys])
    last = rows_checkpoints.latest_size(connection)
    unsigned = None if last is None else max(0, checked.entries - last)
    return Verified(
        checked.entries, checked.broken_at, checked.erased, checked.root, rows_checkpoints.count(connection),
        tuple(faults), unsigned,
    )  # fmt: skip


def _keys(connection: Connection) -> list[PublicKey]:
    try:
        return rows_checkpoints.keys(connection)
    except (verifier.Wrong, KeyError, msgspec.DecodeError):
        return []  # such an entry was changed, which is told of it


# ---- erasure at the end of retention


def erase_name(home: Home, actor: ActorId, name: str, because: str, *, older_than_days: int) -> int:
    """The entries that name somebody, and are older than so many days, give up their words; how many.

    Their hashes stay, so every proof and signature holds as before, and an entry says how many went and why.
    Invalid: a time shorter than KEPT_DAYS_MIN, no reason, or there are none.
    """
    if older_than_days < KEPT_DAYS_MIN:
        raise Invalid(f"acts are kept for {KEPT_DAYS_MIN} days at least", field="older_than_days")
    now_s = home.now_s()
    wanted = Wanted(actor=name, to_s=now_s - older_than_days * DAY_S)

    def work(connection: Connection) -> int:
        gone = 0
        while found := rows.found(connection, Scope.ALL, wanted, limit=ERASED_AT_ONCE):
            left = [each.number for each in found if each.act not in rows.KEPT]
            if not left:
                break
            rows.erase(connection, left, because=because, actor=actor, now_s=now_s)
            gone += len(left)
        if not gone:
            raise Invalid(f"no entry older than {older_than_days} days names {name}", field="name")
        return gone

    return home.store.write(work, durable=True)


# ---- cases


def make_case(home: Home, scope: Scope, actor: ActorId, order: CaseOrder) -> int:
    """Gather every act that concerns a camera in a span; gives the number of the entry by which it is asked for again.

    The entry names the entries it is made of, so that the same case comes out at any later time.
    NotFound: no such camera. NotAllowed: the scope is not all. Invalid: no reason, a span that ends before it begins,
    or more entries than anybody reads.
    """
    rows.must_be_whole(scope)
    because, now_s = order.because.strip(), home.now_s()
    if not because or len(because) > BECAUSE_CHARS_MAX:
        raise Invalid(f"say why the case is made, in at most {BECAUSE_CHARS_MAX} characters", field="because")
    if order.to_s <= order.from_s:
        raise Invalid("the span ends before it begins", field="to")

    def work(connection: Connection) -> int:
        point = find_camera(connection, order.camera, now_s)
        subjects = subjects_of(connection, scope, point.point_id, now_s)
        found = _concerning(connection, scope, subjects, order.from_s, order.to_s)
        detail = {
            "from_s": order.from_s, "to_s": order.to_s, "because": because, "count": len(found),
            "entries": [list(span) for span in rows.ranges(found)], "camera": point.file.name,
        }  # fmt: skip
        return rows.append(
            connection, actor=actor, at_s=now_s, act=CASE, subject=f"point:{point.point_id}", detail=detail
        )

    key = signer(home)  # before: a case that nobody signs for is none
    number = home.store.write(work, durable=True)
    _sign(home, key)
    return number


def _concerning(
    connection: Connection, scope: Scope, subjects: Sequence[str], from_s: int, to_s: int
) -> list[int]:
    """The numbers of the entries upon these subjects in the span, in their order."""
    out: set[int] = set()
    for some in slices(subjects, rows.SUBJECTS_MAX):
        after, wanted = 0, Wanted(subjects=tuple(some), from_s=from_s, to_s=to_s)
        while page := rows.found(connection, scope, wanted, after=after, newest_first=False):
            out |= {each.number for each in page}
            after = page[-1].number
            if len(out) > CASE_ENTRIES_MAX:
                raise Invalid(
                    f"more than {CASE_ENTRIES_MAX} acts concern this camera in that time: name a shorter one",
                    field="to",
                )
    return sorted(out)


def cases(home: Home, scope: Scope, *, before: int | None = None, limit: int = 100) -> list[CaseLine]:
    """The cases that were made, the newest first. NotAllowed: the scope is not all."""
    with home.store.read() as connection:
        found = rows.found(connection, scope, Wanted(act=CASE), before=before, limit=limit)
    return [_case_line(each) for each in found]


def _case_line(entry: Entry) -> CaseLine:
    said = msgspec.json.decode(entry.detail)
    point_id = PointId(int(entry.subject.partition(":")[2]))
    return CaseLine(
        entry.number, entry.at_s, entry.actor, point_id, said["camera"], said["from_s"], said["to_s"], said["because"],
        said["count"],
    )  # fmt: skip


def case_of(home: Home, scope: Scope, actor: ActorId, number: int) -> Case:
    """A case that was made, with the proof of each act. That it is taken out is entered first. NotFound: none."""
    rows.must_be_whole(scope)
    with home.store.read() as connection:
        entry = rows.entry(connection, scope, number)
        if entry.act != CASE:
            raise NotFound(f"entry {number} made no case: see the list of cases")
        point = rows_checkpoints.covering(connection, number)
    line = _case_line(entry)
    entered(home, actor, act="audit.case_read", subject=f"point:{line.point_id}", detail={"case": number})
    point = point or checkpoint(home)
    held = msgspec.json.decode(entry.detail)["entries"]
    numbers = [*(each for a, b in held for each in range(a, b + 1)), number]
    with home.store.read() as connection:
        camera = point_of(connection, Scope.ALL, line.point_id, home.now_s()).file
        proved = [_proved(connection, scope, each, point) for each in numbers]
    made = [CaseAct(each.entry, each.path) for each in proved]
    return Case(
        number, camera.name, camera.code, line.point_id, line.from_s, line.to_s, line.because, line.actor, line.at_s,
        tuple(made), point, proved[-1].public, home.tz(), home.exercise,
    )  # fmt: skip


def pdf_of(case: Case, language: Language) -> bytes:
    """A case as a document to be signed and filed; it names the hash of its JSON."""
    return case_pdf(case, hashlib.sha256(case_json(case)).hexdigest(), language)


# ---- files for whoever checks it elsewhere


def case_json(case: Case) -> bytes:
    """A case as the verifier reads it. The same case gives the same bytes."""
    said: dict[str, Any] = {
        "number": case.number, "camera": {"id": case.point_id, "name": case.camera, "code": case.code},
        "from_s": case.from_s, "to_s": case.to_s, "because": case.because, "made_by": case.made_by,
        "made_s": case.made_s, "exercise": case.exercise,
    }  # fmt: skip
    return _bundle(case.checkpoint, case.public, [(each.entry, each.path) for each in case.acts], case=said)


def proof_json(proved: Proved) -> bytes:
    """One entry with its proof, as the verifier reads it."""
    return _bundle(proved.checkpoint, proved.public, [(proved.entry, proved.path)])


def consistency_json(found: GoesOn) -> bytes:
    """Two checkpoints with what joins them, as the verifier reads it."""
    return _json(
        {
            "format": verifier.GOES_ON,
            "key": found.public.text,
            "old": found.old.text,
            "new": found.new.text,
            "proof": [b64(step) for step in found.path],
        }
    )


def export(home: Home, scope: Scope, actor: ActorId) -> Iterator[bytes]:
    """The whole log, line by line, with all checkpoints, as the verifier reads it; signed for and entered first."""
    rows.must_be_whole(scope)
    entered(home, actor, act="audit.export", subject="audit", detail={})
    point = checkpoint(home)
    with home.store.read() as connection:
        notes = rows_checkpoints.all_notes(connection, point.size)
        key = _key_of(connection, point)
    yield msgspec.json.encode({"format": verifier.WHOLE, "key": key.text, "checkpoints": notes}) + b"\n"
    after = 0
    while (
        after < point.size
    ):  # a snapshot for each slice: a slow reader must not keep the database's log long
        with home.store.read() as connection:
            some = rows.found(
                connection, scope, after=after, before=point.size + 1, limit=LINES_AT_ONCE, newest_first=False
            )
        if not some:
            return
        yield b"".join(msgspec.json.encode(_line(each)) + b"\n" for each in some)
        after = some[-1].number


def verifier_text() -> bytes:
    """The stand-alone verifier, to be carried elsewhere."""
    return Path(verifier.__file__).read_bytes()


def _bundle(
    point: Checkpoint, key: PublicKey, held: Iterable[tuple[Entry, Sequence[bytes]]], **more: Any
) -> bytes:
    shown = [{**_line(entry), "proof": [b64(step) for step in path]} for entry, path in held]
    return _json(
        {"format": verifier.BUNDLE, "key": key.text, "checkpoint": point.text, **more, "entries": shown}
    )


def _line(entry: Entry) -> dict[str, Any]:
    text = None if entry.is_erased else entry.text
    return {"number": entry.number, "leaf": b64(entry.leaf), "entry": text}


def _json(said: Mapping[str, Any]) -> bytes:
    return msgspec.json.format(msgspec.json.encode(said), indent=1) + b"\n"


def b64(held: bytes) -> str:
    """Bytes as proofs and pages write them."""
    return base64.b64encode(held).decode()
