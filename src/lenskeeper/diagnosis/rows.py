"""What diagnosis knows over time, to the database and back: one query loads a point, however many baselines it has."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec
from sqlalchemy import (
    Connection,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    func,
    insert,
    select,
    update,
)

from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.errors import NotFound
from lenskeeper.diagnosis.baseline import Mode
from lenskeeper.diagnosis.changes import Restart
from lenskeeper.diagnosis.evidence import KEPT_DAYS, Evidence
from lenskeeper.diagnosis.holding import Held, Hold
from lenskeeper.diagnosis.kinds import Kind, Severity
from lenskeeper.diagnosis.known import Known, pack, unpack
from lenskeeper.diagnosis.learning import Chapters, Learnt
from lenskeeper.diagnosis.parts import Key, Lights, Rung
from lenskeeper.diagnosis.schema import baseline, held_fault, picture_state, verdict_change
from lenskeeper.diagnosis.watch import Judgement, Memory, Prints, Word
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_seen import seen_at
from lenskeeper.store.statements import insert_into

STATE_CODEC: Final = 1
SLICE: Final = 500  # points in one statement: SQLite bears 32,766 values
LIST_MAX: Final = 1_000  # rows in one answer; a caller pages on
DAY_S: Final = 86_400


class _State(msgspec.Struct, frozen=True, array_like=True):
    """What outlives a restart, but for the baselines."""

    hours: tuple[int, ...]
    version: int
    since_s: int | None
    why: Restart | None
    healthy: int
    restart_when_well: bool
    excused: tuple[Kind, ...]
    hold: Hold
    prints: dict[Rung, Prints]
    last: Word | None
    main_s: int | None


@dataclass(frozen=True, slots=True)
class Saving:
    """One point to be saved after a look or an act: what `watch` or `begin_anew` gave."""

    point_id: PointId
    memory: Memory
    at_s: int
    judgement: Judgement | None = None
    records: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """How one point stood at its last look that was saved."""

    judged_s: int
    word: Word
    reason: str
    is_provisional: bool


@dataclass(frozen=True, slots=True)
class Recorded:
    """A row of verdict_change. software: that made it; actor: who acted, or the rounds."""

    id: int
    point_id: PointId
    evidence: Evidence
    software: str
    actor: ActorId


def save(
    connection: Connection, savings: Sequence[Saving], *, software: str, actor: ActorId
) -> frozenset[PointId]:
    """Write points as they stand now, each at most once in a call, and the records of what changed.

    What is written of a point is found out by comparing, so the caller may look several times and save once; but the
    records of all those looks have to be handed over. Gives the points of which nothing was written, since a person
    has acted upon them meanwhile: what the looks were compared with holds no more.
    """
    overtaken = _overtaken(connection, savings)
    savings = [saving for saving in savings if saving.point_id not in overtaken]
    states = [_state_row(saving) for saving in savings]
    statement = insert_into(connection, picture_state)
    kept = {name: statement.excluded[name] for name in _others(picture_state, 1)}
    if states:
        connection.execute(statement.on_conflict_do_update(index_elements=["point_id"], set_=kept), states)
    for start in range(0, len(savings), SLICE):
        _save_baselines(connection, savings[start : start + SLICE])
        _save_held(connection, savings[start : start + SLICE])
    if records := [_record_row(s.point_id, r, software, actor) for s in savings for r in s.records]:
        connection.execute(insert(verdict_change), records)
    return overtaken


def _overtaken(connection: Connection, savings: Sequence[Saving]) -> frozenset[PointId]:
    """Points with more acts in the database than in what shall be saved."""
    c, acts = picture_state.c, {saving.point_id: saving.memory.acts for saving in savings}
    points, found = list(acts), set()
    for start in range(0, len(points), SLICE):
        wanted = points[start : start + SLICE]
        rows = connection.execute(select(c.point_id, c.acts).where(c.point_id.in_(wanted), c.acts > 0))
        found |= {PointId(row.point_id) for row in rows if row.acts > acts[PointId(row.point_id)]}
    return frozenset(found)


def load(
    connection: Connection,
    scope: Scope,
    points: Sequence[PointId],
    *,
    at_s: int,
    chapters: Mapping[PointId, Chapters] | None = None,
) -> dict[PointId, Memory]:
    """The memory of each point that has one and may be seen; the others are new: `Memory()`.

    chapters: those that are open, which the caller keeps in memory from look to look.
    A state or baseline that this release cannot read is as if it were not there: it is learnt anew.
    """
    chapters = chapters or {}
    found: dict[PointId, Memory] = {}
    known: dict[PointId, dict[Key, Known]] = {}
    for start in range(0, len(points), SLICE):
        wanted = points[start : start + SLICE]
        current = and_(baseline.c.point_id == picture_state.c.point_id, baseline.c.retired_s.is_(None))
        statement = (
            select(
                picture_state.c.point_id,
                picture_state.c.state,
                picture_state.c.acts,
                baseline.c.part,
                baseline.c.rung,
                baseline.c.learnt,
            )
            .select_from(picture_state.outerjoin(baseline, current))
            .where(picture_state.c.point_id.in_(wanted), seen_at(scope, picture_state.c.point_id, at_s))
        )
        for row in connection.execute(statement):
            point = PointId(row.point_id)
            if point not in found:
                found[point] = replace(unpack_state(bytes(row.state)), acts=row.acts)
            if row.learnt is not None and (learnt := unpack(bytes(row.learnt))):
                known.setdefault(point, {})[Key(Mode(row.part), Rung(row.rung))] = learnt
    return {p: _with(memory, known.get(p, {}), chapters.get(p, {})) for p, memory in found.items()}


def standing(
    connection: Connection, scope: Scope, *, at_s: int, after: PointId | None = None
) -> list[tuple[PointId, Held]]:
    """The faults that stand, by point, at most LIST_MAX; `after`: the last point of the page before."""
    statement = select(held_fault).where(seen_at(scope, held_fault.c.point_id, at_s))
    if after is not None:
        statement = statement.where(held_fault.c.point_id > after)
    return [
        (
            PointId(row.point_id),
            Held(
                Kind(row.kind),
                Rung(row.rung),
                row.since_s,
                row.opened_s,
                Severity(row.severity),
                row.figure,
                row.limit_value,
                row.compared_with,
            ),
        )
        for row in connection.execute(
            statement.order_by(held_fault.c.point_id, held_fault.c.rung, held_fault.c.kind).limit(LIST_MAX)
        )
    ]


def doubted(
    connection: Connection, scope: Scope, points: Sequence[PointId], *, at_s: int
) -> frozenset[tuple[PointId, Kind, Rung]]:
    """Of the faults that stand at some points, those that the last look did not find (`Hold.doubted`)."""
    c, found = picture_state.c, set()
    for start in range(0, len(points), SLICE):
        wanted = points[start : start + SLICE]
        statement = select(c.point_id, c.state).where(
            c.point_id.in_(wanted), seen_at(scope, c.point_id, at_s)
        )
        for row in connection.execute(statement):
            held = unpack_state(bytes(row.state)).hold
            found |= {(PointId(row.point_id), kind, rung) for kind, rung in held.doubted}
    return frozenset(found)


def in_doubt(
    connection: Connection, scope: Scope, *, at_s: int
) -> list[tuple[PointId, Key, tuple[Kind, ...]]]:
    """First references that a person is asked to confirm, with the kinds they show; at most LIST_MAX."""
    c = baseline.c
    statement = select(c.point_id, c.part, c.rung, c.doubts).where(
        c.doubts != "", c.confirmed_s.is_(None), c.retired_s.is_(None), seen_at(scope, c.point_id, at_s)
    )
    return [
        (
            PointId(row.point_id),
            Key(Mode(row.part), Rung(row.rung)),
            tuple(Kind(k) for k in row.doubts.split(",")),
        )
        for row in connection.execute(statement.order_by(c.point_id, c.part, c.rung).limit(LIST_MAX))
    ]


def tallies(connection: Connection, scope: Scope, *, at_s: int) -> dict[tuple[Word, bool], int]:
    """How many points stand at each word, the provisional ones apart; as far as they were saved."""
    c = picture_state.c
    statement = select(c.word, c.is_provisional, func.count()).where(seen_at(scope, c.point_id, at_s))
    rows = connection.execute(statement.group_by(c.word, c.is_provisional))
    return {(Word(word), bool(provisional)): count for word, provisional, count in rows}


def changes(
    connection: Connection,
    scope: Scope,
    from_s: int,
    to_s: int,
    *,
    point_id: PointId | None = None,
    after_id: int = 0,
) -> list[Recorded]:
    """The records of [from_s, to_s) in the order they were made, at most LIST_MAX; after_id: the last one of the page before.

    A record is seen by those who saw the point when it was made.
    """
    c = verdict_change.c
    statement = select(verdict_change).where(
        c.at_s >= from_s, c.at_s < to_s, c.id > after_id, seen_at(scope, c.point_id, c.at_s)
    )
    if point_id is not None:
        statement = statement.where(c.point_id == point_id)
    return list(_recorded(connection, statement.order_by(c.id).limit(LIST_MAX)))


def last_changes(
    connection: Connection, scope: Scope, point_id: PointId, limit: int = LIST_MAX
) -> list[Recorded]:
    """The newest records of one point, the newest first."""
    c = verdict_change.c
    statement = select(verdict_change).where(c.point_id == point_id, seen_at(scope, c.point_id, c.at_s))
    return list(_recorded(connection, statement.order_by(c.id.desc()).limit(min(limit, LIST_MAX))))


def stands(connection: Connection, scope: Scope, point_id: PointId, *, at_s: int) -> Standing | None:
    """How one point stood at its last look that was saved; None where there was none."""
    c = picture_state.c
    statement = select(c.judged_s, c.word, c.reason, c.is_provisional).where(
        c.point_id == point_id, seen_at(scope, c.point_id, at_s)
    )
    row = connection.execute(statement).first()
    return (
        None if row is None else Standing(row.judged_s, Word(row.word), row.reason, bool(row.is_provisional))
    )


def change(connection: Connection, scope: Scope, change_id: int) -> Recorded:
    """One record. NotFound: there is none that may be seen."""
    c = verdict_change.c
    statement = select(verdict_change).where(c.id == change_id, seen_at(scope, c.point_id, c.at_s))
    for recorded in _recorded(connection, statement):
        return recorded
    raise NotFound(f"there is no change of verdict {change_id}; records older than 13 months are gone")


def prune(connection: Connection, now_s: int, *, actor: ActorId) -> int:
    """Forget records and retired baselines older than 13 months; how many rows."""
    assert actor
    before_s = now_s - KEPT_DAYS * DAY_S
    old = connection.execute(delete(verdict_change).where(verdict_change.c.at_s < before_s)).rowcount
    return old + connection.execute(delete(baseline).where(baseline.c.retired_s < before_s)).rowcount


# ---------------------------------------------------------------- to rows


def pack_state(memory: Memory) -> bytes:
    """A codec version and what of a memory outlives a restart, but for its baselines."""
    learnt = memory.learnt
    state = _State(
        hours=learnt.lights.hours,
        version=learnt.version,
        since_s=learnt.since_s,
        why=learnt.why,
        healthy=learnt.healthy,
        restart_when_well=learnt.restart_when_well,
        excused=learnt.excused,
        hold=memory.hold,
        prints=dict(memory.prints),
        last=memory.last,
        main_s=memory.main_s,
    )
    return bytes([STATE_CODEC]) + msgspec.msgpack.encode(state)


def _others(of: Table, keys: int) -> list[str]:
    """The names of a table's columns after those of its key."""
    return [column.name for column in of.columns][keys:]


def _state_row(saving: Saving) -> dict[str, Any]:
    judged, memory = saving.judgement, saving.memory
    return {
        "point_id": saving.point_id,
        "judged_s": saving.at_s,
        "word": (judged.word if judged else memory.last or Word.NOT_CHECKABLE).value,
        "reason": judged.reason if judged else "",
        "is_provisional": int(judged.is_provisional) if judged else 0,
        "flapping_since_s": memory.hold.flapping_since_s,
        "acts": memory.acts,
        "state": pack_state(memory),
    }


def _held_row(point_id: PointId, held: Held) -> dict[str, Any]:
    return {
        "point_id": point_id,
        "rung": held.rung.value,
        "kind": held.kind.value,
        "since_s": held.since_s,
        "opened_s": held.opened_s,
        "severity": held.severity.value,
        "figure": held.figure,
        "limit_value": held.limit,
        "compared_with": held.compared_with,
    }


def _record_row(point_id: PointId, record: Evidence, software: str, actor: ActorId) -> dict[str, Any]:
    made = record.change
    agreed = next((check for check in reversed(made.checks) if check.agrees), None)
    return {
        "point_id": point_id,
        "at_s": made.at_s,
        "what": made.what.value,
        "kind": made.kind.value if made.kind else None,
        "since_s": made.since_s,
        "severity": made.severity.value if made.severity else None,
        "figure": agreed.figure if agreed else None,
        "limit_value": agreed.limit if agreed else None,
        "baseline_version": record.baseline_version,
        "rules_version": record.rules_version,
        "software": software,
        "actor": actor,
        "record": msgspec.json.encode(record).decode(),
    }


def _save_baselines(connection: Connection, savings: Sequence[Saving]) -> None:
    """Write the baselines that are others than those in the database, and retire what is not known any more."""
    c = baseline.c
    columns = (c.point_id, c.part, c.rung, c.version, c.renewed_s, c.confirmed_s)
    current = and_(c.point_id.in_([s.point_id for s in savings]), c.retired_s.is_(None))
    kept = {tuple(row) for row in connection.execute(select(*columns).where(current))}
    now = {
        (s.point_id, key.part.value, key.rung.value, known.version, known.renewed_s, known.confirmed_s): (
            key,
            known,
        )
        for s in savings
        for key, known in s.memory.learnt.known.items()
    }
    if rows := [_baseline_row(PointId(which[0]), *now[which]) for which in now if which not in kept]:
        statement = insert_into(connection, baseline)
        statement = statement.on_conflict_do_update(
            index_elements=["point_id", "part", "rung", "version"],
            set_={name: statement.excluded[name] for name in _others(baseline, 4)},
        )
        connection.execute(statement, rows)
    at_s = {saving.point_id: saving.at_s for saving in savings}
    if stale := {which[:4] for which in kept} - {which[:4] for which in now}:
        which = and_(
            c.point_id == bindparam("p"),
            c.part == bindparam("l"),
            c.rung == bindparam("r"),
            c.version == bindparam("v"),
        )
        connection.execute(
            update(baseline).where(which).values(retired_s=bindparam("t")),
            [
                {"p": p, "l": part, "r": rung, "v": version, "t": at_s[PointId(p)]}
                for p, part, rung, version in stale
            ],
        )


def _save_held(connection: Connection, savings: Sequence[Saving]) -> None:
    """Where a fault opened, closed or changed its grade, the rows of its point are written anew."""
    c = held_fault.c
    kept: dict[int, set[tuple[str, str, int, str]]] = {}
    points = [s.point_id for s in savings]
    for row in connection.execute(
        select(c.point_id, c.rung, c.kind, c.opened_s, c.severity).where(c.point_id.in_(points))
    ):
        kept.setdefault(row.point_id, set()).add((row.rung, row.kind, row.opened_s, row.severity))
    turned = [
        s
        for s in savings
        if {(h.rung.value, h.kind.value, h.opened_s, h.severity.value) for h in s.memory.hold.held}
        != kept.get(s.point_id, set())
    ]
    if not turned:
        return
    connection.execute(delete(held_fault).where(c.point_id.in_([s.point_id for s in turned])))
    if held := [_held_row(s.point_id, h) for s in turned for h in s.memory.hold.held]:
        connection.execute(insert(held_fault), held)


def _baseline_row(point_id: PointId, key: Key, known: Known) -> dict[str, Any]:
    return {
        "point_id": point_id,
        "part": key.part.value,
        "rung": key.rung.value,
        "version": known.version,
        "from_s": known.from_s,
        "looks": known.looks,
        "doubts": ",".join(known.doubts),
        "confirmed_s": known.confirmed_s,
        "renewed_s": known.renewed_s,
        "retired_s": None,
        "learnt": pack(known),
    }


# ---------------------------------------------------------------- from rows


def unpack_state(state: bytes) -> Memory:
    """The memory in a blob, without baselines; a new one where this release cannot read it."""
    if state[:1] != bytes([STATE_CODEC]):
        return Memory()
    try:
        read = msgspec.msgpack.decode(state[1:], type=_State)
    except msgspec.MsgspecError:
        return Memory()
    learnt = Learnt(
        lights=Lights(read.hours),
        version=read.version,
        since_s=read.since_s,
        why=read.why,
        healthy=read.healthy,
        restart_when_well=read.restart_when_well,
        excused=read.excused,
    )
    return Memory(learnt, read.hold, read.prints, read.last, read.main_s)


def _with(memory: Memory, known: Mapping[Key, Known], chapters: Chapters) -> Memory:
    """A version that could not be read is not given twice."""
    version = max([memory.learnt.version, *(k.version for k in known.values())])
    learnt = replace(memory.learnt, known=known, version=version)
    return replace(memory, learnt=learnt, chapters=chapters)


def _recorded(connection: Connection, statement: Select[Any]) -> Iterator[Recorded]:
    for row in connection.execute(statement):
        evidence = msgspec.json.decode(row.record, type=Evidence)
        yield Recorded(row.id, PointId(row.point_id), evidence, row.software, ActorId(row.actor))
