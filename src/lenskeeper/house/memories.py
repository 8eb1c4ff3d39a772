"""What is known of each point's picture, where it is while nobody looks: in the database, but for two things.

Looks that were judged and not yet written are here, so that the next look sees them. And so is what a reference is
being gathered from or renewed by: single looks' figures, which no store may take (charter 3). That is bounded by the
number of points at it at a time: who has no reference yet is judged by the absolute floors until its turn comes, and a
reference that waits for its renewal is used as it is.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from lenskeeper.base.access import Scope
from lenskeeper.diagnosis.learning import Chapters, Gathering
from lenskeeper.diagnosis.rows import Saving, load
from lenskeeper.diagnosis.watch import Memory
from lenskeeper.inventory.ids import PointId
from lenskeeper.store.database import Store

GATHER_MAX: Final = 3_000  # points; some 8 kB each while they gather
RENEW_MAX: Final = 6_000  # points; some 2 kB for each light they are seen in


class Memories:
    """The memory of every point, read one by one."""

    def __init__(self, store: Store, gather_max: int = GATHER_MAX, renew_max: int = RENEW_MAX) -> None:
        self._store, self._gather_max, self._renew_max = store, gather_max, renew_max
        self._waiting: dict[PointId, Memory] = {}
        self._gathering: dict[PointId, Chapters] = {}
        self._renewing: dict[PointId, Chapters] = {}

    async def of(self, point_id: PointId, at_s: int) -> Memory:
        """The point's memory; a new one where nobody has looked at it."""
        if (waiting := self._waiting.get(point_id)) is not None:
            return waiting
        memory = await asyncio.to_thread(self._read, point_id, at_s)
        return replace(memory, chapters=self._chapters(point_id))

    def put(self, point_id: PointId, memory: Memory) -> Memory:
        """Keep it until it is written; gives what is to be written."""
        self._gathering.pop(point_id, None)
        was_renewing = self._renewing.pop(point_id, None) is not None
        if memory.chapters:
            if any(isinstance(chapter, Gathering) for chapter in memory.chapters.values()):
                held, room = self._gathering, self._gather_max
            else:
                held, room = self._renewing, self._renew_max
            has_had_its_turn = was_renewing and all(c.looks <= 1 for c in memory.chapters.values())
            if len(held) < room and not has_had_its_turn:
                held[point_id] = memory.chapters
            else:
                memory = replace(memory, chapters={})
        self._waiting[point_id] = memory
        return memory

    def may_gather(self, point_id: PointId) -> bool:
        """Whether a reference of this point that is begun now would be kept until it stands."""
        return point_id in self._gathering or len(self._gathering) < self._gather_max

    def _chapters(self, point_id: PointId) -> Chapters:
        return self._gathering.get(point_id) or self._renewing.get(point_id) or {}

    def written(self, savings: Iterable[Saving]) -> None:
        """The database has them now."""
        for saving in savings:
            if self._waiting.get(saving.point_id) is saving.memory:
                del self._waiting[saving.point_id]

    def forget(self, point_id: PointId) -> None:
        """Somebody changed what is known of it: what was being gathered belongs to what was there before."""
        for held in (self._gathering, self._renewing, self._waiting):
            held.pop(point_id, None)

    def _read(self, point_id: PointId, at_s: int) -> Memory:
        with self._store.read() as connection:
            return load(connection, Scope.ALL, [point_id], at_s=at_s).get(point_id) or Memory()
