"""What the rounds found goes into the books: one transaction a tick, and what changed is announced in it.

While the database cannot be written (a full disk, a lost server), results wait here, as many as their limit allows;
what is lost beyond it is unknown in the books, never down.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from typing import Final

import structlog
from sqlalchemy import Connection

from lenskeeper.availability.exact import observe
from lenskeeper.availability.lanes import Lane
from lenskeeper.availability.looks import said_by_look
from lenskeeper.availability.observations import Change, Folded, Observation, Round
from lenskeeper.availability.rounds import RoundFolder
from lenskeeper.availability.rows_dirty import mark_dirty
from lenskeeper.base.access import ROUNDS
from lenskeeper.base.clock import Clock
from lenskeeper.base.errors import Conflict
from lenskeeper.base.spans import Span
from lenskeeper.diagnosis.rows import Saving, save
from lenskeeper.house.facts import ROOM
from lenskeeper.house.findings import Found
from lenskeeper.house.memories import Memories
from lenskeeper.inventory.ids import PointId
from lenskeeper.journal.rows import announce
from lenskeeper.probing.errands import Errand, Looked
from lenskeeper.probing.memory import Changes
from lenskeeper.probing.round_results import Fact, ZoneRound
from lenskeeper.probing.rows import save as save_visits
from lenskeeper.store.database import Store
from lenskeeper.store.errors import StoreUnavailable

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

SOFTWARE: Final = f"lenskeeper {version('lenskeeper')}"  # stands in each record of a verdict
ZONE_ROUNDS_MAX: Final = 2_000  # that wait: an hour and more of thirty zones
LOOKS_MAX: Final = 20_000  # that wait: half an hour of a city's pictures
LOOKS_AT_ONCE: Final = 2_000  # in one transaction: the lease and the commands get their turn in between


@dataclass(slots=True)
class Batch:
    """What waits to be written."""

    zones: list[ZoneRound] = field(default_factory=list)
    observations: list[Sequence[Observation]] = field(default_factory=list)
    savings: dict[PointId, Saving] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)
    visits: list[Changes] = field(default_factory=list)

    def add(self, saving: Saving) -> None:
        """A look more of a point: how it stands now, and the records of all its looks."""
        before = self.savings.get(saving.point_id)
        if before is not None:
            saving = replace(saving, records=(*before.records, *saving.records))
        self.savings[saving.point_id] = saving

    def take_part(self) -> "Batch":
        """What fits into one transaction, the oldest first: of each zone one round, so that it goes the cheap way."""
        part, seen = Batch(), set()
        while self.zones and self.zones[0].zone not in seen:
            seen.add(self.zones[0].zone)
            part.zones.append(self.zones.pop(0))
        part.observations, self.observations = (
            self.observations[:LOOKS_AT_ONCE],
            self.observations[LOOKS_AT_ONCE:],
        )
        for point_id in list(self.savings)[:LOOKS_AT_ONCE]:
            part.savings[point_id] = self.savings.pop(point_id)
        part.facts, self.facts = self.facts, []
        part.visits, self.visits = self.visits, []
        return part

    def each(self) -> Iterator["Batch"]:
        """Its pieces one by one, to find the one that cannot be written."""
        yield from (Batch(zones=[zone]) for zone in self.zones)
        yield from (Batch(observations=[said]) for said in self.observations)
        yield from (Batch(savings={point_id: saving}) for point_id, saving in self.savings.items())
        yield from (Batch(facts=[fact]) for fact in self.facts)
        yield from (Batch(visits=[visit]) for visit in self.visits)

    def before(self, later: "Batch") -> "Batch":
        """This one, and what has come since."""
        both = Batch(
            [*self.zones, *later.zones],
            [*self.observations, *later.observations],
            dict(self.savings),
            [*self.facts, *later.facts],
            [*self.visits, *later.visits],
        )
        for saving in later.savings.values():
            both.add(saving)
        return both

    def bounded(self) -> int:
        """Let the oldest go beyond what may wait; how many results."""
        gone = max(0, len(self.zones) - ZONE_ROUNDS_MAX) + max(0, len(self.observations) - LOOKS_MAX)
        del self.zones[: max(0, len(self.zones) - ZONE_ROUNDS_MAX)]
        del self.observations[: max(0, len(self.observations) - LOOKS_MAX)]
        return gone

    def __bool__(self) -> bool:
        return bool(self.zones or self.observations or self.savings or self.facts or self.visits)


@dataclass(slots=True)
class BooksTally:
    """refused: results from the future or of no possible length. failed: transactions that were taken back.

    overtaken: verdicts let go because a person had acted upon the camera meanwhile. own_faults: transactions in a row
    that failed through a fault of ours. dropped: results that were let go, because they could not be written by a
    fault of ours or because too many waited; they are unknown in the books.
    """

    transactions: int = 0
    changes: int = 0
    refused: int = 0
    failed: int = 0
    overtaken: int = 0
    own_faults: int = 0
    dropped: int = 0
    waiting_since_s: int | None = None


def free_to_write(_connection: Connection) -> None:
    """For whoever is alone with a database: a rehearsal, a test."""


class Books:
    """Takes what the rounds hand on, and writes it."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        memories: Memories,
        *,
        prober: str,
        slot_of: Callable[[Errand], Span],
        visits: Callable[[], Changes],
        guard: Callable[[Connection], None] = free_to_write,
    ) -> None:
        """slot_of: the period that a look speaks of. visits: what probing must remember and has not told yet.

        guard: raises Conflict where these books are another process's to write by now.
        """
        self.tally = BooksTally()
        self._store, self._clock, self._memories, self._prober = store, clock, memories, prober
        self._slot_of, self._visits = slot_of, visits
        self._guard = guard
        self._batch = Batch()
        self._folders: dict[str, RoundFolder] = {}

    def take_zone(self, seen: ZoneRound) -> None:
        """A zone's slot, as the rounds hand it on."""
        self._batch.zones.append(seen)

    def take_look(self, errand: Errand, looked: Looked) -> None:
        """A look for a picture, confirmed where that was wanted."""
        found = looked.findings if isinstance(looked.findings, Found) else Found(None)
        self._batch.observations.append(
            said_by_look(
                errand.watched.point_id,
                self._slot_of(errand),
                looked.outcome,
                found.verdict,
                kinds=found.kinds,
                clock_offset_ms=found.clock_offset_ms,
                prober=self._prober,
                remark=found.remark,
            )
        )
        if found.saving is not None:
            self._batch.add(found.saving)

    def take_fact(self, fact: Fact) -> None:
        """A site fault, a blind zone, a refused account: when it begins and when it ends. The operator is told."""
        self._batch.facts.append(fact)
        log.warning(event_of(fact), subject=fact.subject, at_s=fact.at_s, **fact.detail)

    def forget(self, point_id: PointId) -> None:
        """A person changed what is known of a point's picture: what was judged before is not written over it."""
        self._memories.forget(point_id)
        self._batch.savings.pop(point_id, None)

    async def flush(self) -> bool:
        """Write what waits; False where the database could not take it, and it waits on.

        Conflict: the books are another process's by now. Called off, or failed, nothing that waits is lost.
        """
        if visits := self._visits():
            self._batch.visits.append(visits)
        while self._batch:
            part = self._batch.take_part()
            try:
                await self._write_part(part)
            except StoreUnavailable as error:
                self._keep(part, error)
                return False
            except (asyncio.CancelledError, Conflict):
                self._batch = part.before(self._batch)
                raise
            except Exception as error:  # noqa: BLE001  one faulty piece must not take a tick of twenty thousand with it
                self.tally.own_faults += 1
                await self._write_pieces(part, error)
        return True

    async def _write_pieces(self, part: Batch, error: Exception) -> None:
        """Each piece by itself: what cannot be written by a fault of ours is let go, told and counted."""
        log.error("books_failed_by_a_fault_of_ours", error=repr(error), cure="report it; the rest is written")
        pieces = deque(part.each())
        while pieces:
            piece = pieces.popleft()
            try:
                await self._write_part(piece)
            except (StoreUnavailable, asyncio.CancelledError, Conflict):
                for left in (piece, *pieces):
                    self._batch = left.before(self._batch)
                raise
            except Exception as faulty:  # told with its traceback, and counted
                self.tally.dropped += 1
                log.exception("result_let_go", error=repr(faulty))

    async def _write_part(self, part: Batch) -> None:
        folded, overtaken = await asyncio.wrap_future(self._store.submit(lambda c: self._write(c, part)))
        self.tally.own_faults = 0
        for name in {zone.zone for zone in part.zones}:
            self._folders[name].applied()
        self._memories.written(part.savings.values())
        for point_id in overtaken:
            self.forget(point_id)
        self.tally.overtaken += len(overtaken)
        self.tally.transactions += 1
        self.tally.changes += len(folded.changes)
        self.tally.refused += folded.refused
        if self.tally.waiting_since_s is not None:
            log.warning("books_are_written_again", since_s=self.tally.waiting_since_s)
            self.tally.waiting_since_s = None

    def _keep(self, part: Batch, error: Exception) -> None:
        """Put back what could not be written, before what has come meanwhile."""
        self.tally.failed += 1
        if self.tally.waiting_since_s is None:
            self.tally.waiting_since_s = self._clock.now_ms() // 1000
            log.error("books_cannot_be_written", error=str(error), cure="results wait in memory meanwhile")
        self._batch = part.before(self._batch)
        if gone := self._batch.bounded():
            self.tally.dropped += gone
            log.warning("too_many_results_wait", let_go=gone, cure="make room for the database")

    def _write(self, connection: Connection, batch: Batch) -> tuple[Folded, frozenset[PointId]]:
        self._guard(connection)
        now_s = self._clock.now_ms() // 1000
        changes: list[Change] = []
        refused = 0
        for zone in batch.zones:
            folded = self._folder(zone).fold(
                connection, _round(zone, self._prober), now_s=now_s, actor=ROUNDS
            )
            changes += folded.changes
            refused += folded.refused
        every = [one for said in batch.observations for one in said]
        folded = observe(connection, every, now_s=now_s, mark=mark_dirty, actor=ROUNDS)
        changes += folded.changes
        overtaken = save(connection, list(batch.savings.values()), software=SOFTWARE, actor=ROUNDS)
        for visits in batch.visits:
            save_visits(connection, visits, actor=ROUNDS)
        _announce(connection, changes, batch.facts, now_s)
        return Folded(tuple(changes), refused + folded.refused), overtaken

    def _folder(self, zone: ZoneRound) -> RoundFolder:
        folder = self._folders.get(zone.zone)
        if folder is None:
            folder = RoundFolder(zone.zone, Lane.REACHABLE, zone.roster, mark=mark_dirty)
        elif folder.roster != zone.roster:
            folder = folder.with_roster(zone.roster)
        self._folders[zone.zone] = folder
        return folder


def event_of(fact: Fact) -> str:
    """The one name of a fact that began or ended, in the log and in the journal: site_fault_began."""
    return f"{fact.kind.value}_{'began' if fact.began else 'ended'}"


def _round(zone: ZoneRound, prober: str) -> Round:
    return Round(zone.slot_s, zone.length_s, zone.codes, zone.reasons, prober=prober)


def _announce(connection: Connection, changes: Sequence[Change], facts: Sequence[Fact], now_s: int) -> None:
    """One row for all changes of a tick, by lane: a storm of ten thousand must not become ten thousand rows."""
    by_lane: dict[Lane, list[list[int | str]]] = {}
    for change in changes:
        told: list[int | str] = [change.point_id, change.at_s, change.before, change.after, change.reason]
        by_lane.setdefault(change.lane, []).append(told)
    for lane, rows in by_lane.items():
        announce(
            connection,
            at_s=now_s,
            room="availability",
            fact="states_changed",
            subject=lane.name.lower(),
            body={"changes": rows},
        )
    for fact in facts:
        announce(
            connection,
            at_s=fact.at_s,
            room=ROOM,
            fact=event_of(fact),
            subject=fact.subject,
            body=dict(fact.detail),
        )
