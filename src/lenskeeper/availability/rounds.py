"""The cheap path: a whole shard's round compared with the one before; only what changed touches the database.

A usual minute of 20,000 cameras is one comparison of bytes, one row of cover, and a row or three for each of the 87
cameras that changed. The copy of the open runs that it is compared with is thrown away on any doubt: after a
transaction that nobody confirmed, after anybody else wrote them, after a round that came late.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
from sqlalchemy import Connection

from lenskeeper.availability import rows_runs
from lenskeeper.availability.exact import Looks, Mark, Writes, join, observe, slices
from lenskeeper.availability.lanes import FUTURE_S_MAX, REASON_RETOLD_S, SETTLED_S, UNKNOWN, Lane, State
from lenskeeper.availability.observations import Change, Folded, Observation, Round
from lenskeeper.availability.rows_runs import Standing
from lenskeeper.availability.runs import Run, cut, month_start, within
from lenskeeper.base.access import ActorId
from lenskeeper.base.spans import Span
from lenskeeper.inventory.ids import PointId

Instants = npt.NDArray[np.int64]
"""One instant (UTC seconds) or number for each place of the roster; 0 where there is none."""

Codes = npt.NDArray[np.uint8]
"""One code for each place of the roster, as in Round."""

NEVER: Final = 0


@dataclass(slots=True)
class Copy:
    """The open runs of a shard as the database has them, by place in its roster.

    codes:     state of each member's own open run, 0 where there is none.
    since:     where it begins; held, told, look, last_look: as in the table.
    closed_to: before this instant a member's slots are booked by other ways, and only the exact path may add to them.
    others:    open runs of members that are not this shard's: of single looks, or of the shard they were in before.
    leaving:   open runs of this shard whose points are no longer in the roster.
    reasons:   those of last_look, where they are not empty.
    stretches: the shard's cover.
    """

    edition: int
    codes: bytes
    since: Instants
    held: Instants
    told: Instants
    look: Instants
    last_look: Instants
    closed_to: Instants
    closed_to_max: int
    reasons: dict[int, str]
    others: dict[int, Standing]
    leaving: list[Standing]
    stretches: list[Span]
    looks: Looks

    @property
    def end_s(self) -> int:
        return self.stretches[-1][1] if self.stretches else NEVER


class RoundFolder:
    """Books the rounds of one shard and lane. Used inside the writer's transactions, one after the other.

    fold(...) inside the transaction, applied() after its commit. Where applied() was not called, because the
    transaction failed, the next fold reads the books again.
    """

    def __init__(self, shard: str, lane: Lane, roster: Sequence[PointId], *, mark: Mark) -> None:
        assert len(set(roster)) == len(roster), "a point has one place in a roster"
        self.shard, self.lane, self.roster = shard, lane, tuple(roster)
        self._mark = mark
        self._copy: Copy | None = None
        self._next: Copy | None = None
        self._clean = True

    def with_roster(self, roster: Sequence[PointId]) -> "RoundFolder":
        """For a changed list of points: who left is closed with the next round, who is new begins with it."""
        return RoundFolder(self.shard, self.lane, roster, mark=self._mark)

    def applied(self) -> None:
        """The transaction of the last fold was committed."""
        self._copy, self._next, self._clean = self._next, None, True

    def fold(self, connection: Connection, seen: Round, *, now_s: int, actor: ActorId) -> Folded:
        """Book a round. One that is not later than those before it goes the exact way, result by result."""
        assert len(seen.codes) == len(self.roster), "a round has a code for each point of the roster"
        copy, self._copy = (self._copy if self._clean else None), None
        self._next, self._clean = None, False
        if seen.slot_s > now_s + FUTURE_S_MAX:
            return Folded(refused=len(seen.codes) - seen.codes.count(UNKNOWN))
        edition = rows_runs.edition_of(connection, self.lane)
        if copy is None or copy.edition != edition:
            copy = self._read(connection, edition, seen.slot_s)
        if seen.slot_s < copy.end_s:
            every = range(len(self.roster))
            return observe(connection, self._single(seen, every), now_s=now_s, mark=self._mark, actor=actor)
        guarded = _guarded(copy, seen.slot_s)
        around = Folded()
        if guarded:
            around = observe(
                connection, self._single(seen, guarded), now_s=now_s, mark=self._mark, actor=actor
            )
            rows_runs.begin_later(connection, self.shard, self.lane, seen.slot_s, seen.slot_s + seen.length_s)
            seen = _around(seen, guarded, copy.codes)
        writes = Writes(self.lane, now_s)
        after = _Turn(self.shard, self.roster, copy, seen, writes).turn(connection)
        writes.flush(connection, self._mark)
        self._next = None if guarded else after
        return Folded(around.changes + tuple(writes.changes))

    def _single(self, seen: Round, places: Sequence[int]) -> list[Observation]:
        """Results of a round one by one; who was not looked at says nothing."""
        end_s = seen.slot_s + seen.length_s
        return [
            Observation(
                self.roster[i],
                self.lane,
                seen.slot_s,
                end_s,
                State(seen.codes[i]),
                seen.reasons.get(i, ""),
                seen.prober,
                seen.remarks.get(i, ""),
            )
            for i in places
            if seen.codes[i] != UNKNOWN
        ]

    def _read(self, connection: Connection, edition: int, slot_s: int) -> Copy:
        """What the database says now; what is booked after slot_s by other ways is asked for too."""
        stretches = rows_runs.cover_of(connection, self.shard, self.lane)
        place = {point_id: i for i, point_id in enumerate(self.roster)}
        size = len(self.roster)
        codes = bytearray(size)
        since, held, told, first, last, closed_to = (np.zeros(size, np.int64) for _ in range(6))
        looks = Looks(connection)
        reasons = {number: reason for (reason, _), number in looks.known.items()}
        copy = Copy(
            edition, b"", since, held, told, first, last, closed_to, NEVER, {}, {}, [], stretches, looks
        )
        ends: dict[str, int] = {}
        for point_id, standing in rows_runs.standing_of(connection, self.lane, None).items():
            i = place.get(point_id)
            if standing.shard == self.shard and i is None:
                copy.leaving.append(standing)
            elif i is None:
                continue
            elif standing.shard == self.shard:
                codes[i] = standing.state
                since[i], held[i], told[i] = standing.since_s, standing.held_s, standing.told_s
                first[i], last[i] = standing.look, standing.last_look
                closed_to[i] = standing.since_s
                if reason := reasons[standing.last_look]:
                    copy.reasons[i] = reason
            else:
                copy.others[i] = standing
                closed_to[i] = standing.confirmed_s or self._end_of(connection, standing, ends)
        copy.codes = bytes(codes)
        unknown = [self.roster[i] for i in range(size) if not codes[i] and i not in copy.others]
        for points in slices(unknown):
            for point_id, end_s in rows_runs.booked_past(
                connection, self.lane, points, month_start(slot_s), slot_s
            ).items():
                closed_to[place[point_id]] = end_s
        copy.closed_to_max = int(closed_to.max(initial=NEVER))
        return copy

    def _end_of(self, connection: Connection, standing: Standing, ends: dict[str, int]) -> int:
        """How far the rounds of a point's former shard confirm its open run."""
        assert standing.shard is not None
        if standing.shard not in ends:
            stretches = rows_runs.cover_of(connection, standing.shard, self.lane)
            ends[standing.shard] = stretches[-1][1] if stretches else NEVER
        return max(standing.since_s, ends[standing.shard])


def _guarded(copy: Copy, slot_s: int) -> list[int]:
    """Places of members of which something later than the slot's beginning is booked already."""
    if copy.closed_to_max <= slot_s:
        return []
    return [int(i) for i in np.flatnonzero(copy.closed_to > slot_s)]


def _around(seen: Round, places: Sequence[int], known: bytes) -> Round:
    """The round as if nothing had been found at these places."""
    codes = bytearray(seen.codes)
    reasons = dict(seen.reasons)
    for i in places:
        codes[i] = known[i]
        reasons.pop(i, None)
    return replace(seen, codes=bytes(codes), reasons=reasons)


class _Turn:
    """One round that follows those before it: what is to be written, and the copy that will then be true."""

    def __init__(
        self, shard: str, roster: Sequence[PointId], copy: Copy, seen: Round, writes: Writes
    ) -> None:
        self.shard, self.roster, self.copy, self.seen, self.writes = shard, roster, copy, seen, writes
        self.ends: list[tuple[PointId, list[Run]]] = []  # closed runs that may touch an equal one
        self.unknown: list[PointId] = []

    def turn(self, connection: Connection) -> Copy:
        """Write what has no place in `writes`, fill `writes`, and give the copy that is true once all is committed."""
        copy, seen, slot_s = self.copy, self.seen, self.seen.slot_s
        after = copy
        if seen.codes != copy.codes or copy.leaving or seen.reasons != copy.reasons:
            after = replace(
                copy, codes=seen.codes, leaving=[]
            )  # its arrays change in place: nobody else has it
            for standing in copy.leaving:
                self._close(standing)
                self.unknown.append(standing.point_id)
            self._turn_states(connection, after)
            self._retell(connection, after)
            join(connection, self.writes, self.ends)
            rows_runs.take_standing(connection, self.writes.lane, self.unknown)
        if slot_s < self.writes.now_s - SETTLED_S:
            for i in np.flatnonzero(np.frombuffer(seen.codes, np.uint8)):
                self.writes.mark(self.roster[int(i)], slot_s, slot_s + seen.length_s)
        goes_on = copy.end_s == slot_s and bool(copy.stretches)
        stretch_from = copy.stretches[-1][0] if goes_on else None
        end_s = slot_s + seen.length_s
        rows_runs.cover(connection, self.shard, self.writes.lane, slot_s, end_s, stretch_from)
        before = copy.stretches[:-1] if goes_on else copy.stretches
        return replace(after, stretches=[*before, (slot_s if stretch_from is None else stretch_from, end_s)])

    def _turn_states(self, connection: Connection, after: Copy) -> None:
        old, new = (np.frombuffer(codes, np.uint8) for codes in (self.copy.codes, self.seen.codes))
        turned = np.flatnonzero(old != new)
        plain = self._are_plain(old[turned], new[turned], turned)
        self._turn_plain(connection, after, turned[plain], old, new)
        for place in turned[~plain]:
            self._turn_one(connection, after, int(place), int(old[place]), int(new[place]))

    def _are_plain(self, old: Codes, new: Codes, places: Instants) -> npt.NDArray[np.bool_]:
        """The usual turn: from up to down or back, of a run within one stretch of cover and one month."""
        if not self.copy.stretches:
            return np.zeros(len(places), np.bool_)
        first_s, end_s = self.copy.stretches[-1]
        since = self.copy.since[places]
        begins_late = (since >= max(first_s, month_start(end_s - 1))) & (since < end_s)
        plain: npt.NDArray[np.bool_] = (old != UNKNOWN) & (new != UNKNOWN) & begins_late
        return plain & np.equal(self.copy.held[places], since)

    def _turn_plain(
        self, connection: Connection, after: Copy, places: Instants, old: Codes, new: Codes
    ) -> None:
        """The same as _turn_one for many at once: a bad minute has thousands, and each is the same two rows."""
        slot_s, lane, end_s = self.seen.slot_s, self.writes.lane, after.end_s
        rows = zip(
            places.tolist(),
            old[places].tolist(),
            new[places].tolist(),
            after.since[places].tolist(),
            after.look[places].tolist(),
            strict=True,
        )
        looks: list[int] = []
        for i, was, now, since_s, seen_by in rows:
            point_id, reason = self.roster[i], self.seen.reasons.get(i, "")
            look = after.looks.number(connection, reason, self.seen.prober)
            looks.append(look)
            if reason:
                after.reasons[i] = reason
            else:
                after.reasons.pop(i, None)
            self.writes.closed.append((point_id, lane.value, since_s, end_s, was, seen_by))
            self.writes.turned.append((now, slot_s, slot_s, slot_s, look, look, point_id, lane.value))
            self.writes.changes.append(Change(point_id, lane, slot_s, was, now, reason))
            if i in self.seen.remarks:
                self.writes.tell(point_id, slot_s, now, look, self.seen.remarks[i])
        after.since[places] = after.held[places] = after.told[places] = slot_s
        after.look[places] = after.last_look[places] = looks

    def _turn_one(self, connection: Connection, after: Copy, i: int, was: int, now: int) -> None:
        point_id, slot_s = self.roster[i], self.seen.slot_s
        held_s = slot_s
        if was:
            self._close(self._standing(after, i, was))
        elif (other := after.others.pop(i, None)) is not None:
            was = other.state
            held_s = other.held_s if was == now else slot_s
            self._take_over(connection, other)
        after.reasons.pop(i, None)
        if now == UNKNOWN:
            self.unknown.append(point_id)
        else:
            self._open(connection, after, i, now, held_s)
        if was != now:
            reason = self.seen.reasons.get(i, "")
            self.writes.changes.append(Change(point_id, self.writes.lane, slot_s, was, now, reason))

    def _standing(self, copy: Copy, i: int, state: int) -> Standing:
        return Standing(
            self.roster[i],
            self.shard,
            state,
            int(copy.since[i]),
            None,
            int(copy.held[i]),
            int(copy.told[i]),
            int(copy.look[i]),
            int(copy.last_look[i]),
        )

    def _open(self, connection: Connection, after: Copy, i: int, state: int, held_s: int) -> None:
        reason, remark = self.seen.reasons.get(i, ""), self.seen.remarks.get(i, "")
        slot_s, point_id = self.seen.slot_s, self.roster[i]
        look = after.looks.number(connection, reason, self.seen.prober)
        after.since[i], after.held[i], after.told[i] = slot_s, held_s, slot_s
        after.look[i] = after.last_look[i] = look
        if reason:
            after.reasons[i] = reason
        self.writes.standing[point_id] = Standing(
            point_id, self.shard, state, slot_s, None, held_s, slot_s, look, look
        )
        if remark:
            self.writes.tell(point_id, slot_s, state, look, remark)

    def _retell(self, connection: Connection, after: Copy) -> None:
        """Reasons that became others while the state held: at most once an hour for each point."""
        for i, reason in dict(self.seen.reasons).items() - after.reasons.items():
            code = self.seen.codes[i]
            if code == UNKNOWN or self.seen.slot_s - after.told[i] < REASON_RETOLD_S:
                continue
            look = after.looks.number(connection, reason, self.seen.prober)
            after.reasons[i], after.told[i], after.last_look[i] = reason, self.seen.slot_s, look
            self.writes.standing[self.roster[i]] = self._standing(after, i, code)
            remark = self.seen.remarks.get(i, "")
            self.writes.tell(self.roster[i], self.seen.slot_s, code, look, remark)

    def _close(self, standing: Standing) -> None:
        pieces = within(self.copy.stretches, standing.since_s, State(standing.state), standing.look)
        if standing.held_s < standing.since_s:
            self.ends.append((standing.point_id, pieces))
        else:
            self.writes.runs += [(standing.point_id, r) for r in cut(pieces)]

    def _take_over(self, connection: Connection, other: Standing) -> None:
        """Close the open run of single looks, or of the shard that the point was in before."""
        if other.shard is None:
            assert other.confirmed_s is not None
            pieces = [Run(other.since_s, other.confirmed_s, State(other.state), other.look)]
        else:
            stretches = rows_runs.cover_of(connection, other.shard, self.writes.lane)
            pieces = within(stretches, other.since_s, State(other.state), other.look)
            rows_runs.next_edition(connection, self.writes.lane)  # that shard's copy still has it
        self.ends.append((other.point_id, pieces))
