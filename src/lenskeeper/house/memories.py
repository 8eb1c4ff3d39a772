"""What is known of each point's picture, where it is while nobody looks: in the database, but for two things.

Looks that were judged and not yet written are here, so that the next look sees them. And so is what a reference is
being gathered from: single looks' figures, which no store may take (charter 3). That is bounded by the number of points
that may gather at a time; the others are judged by the absolute floors until their turn comes.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from lenskeeper.base.access import Scope
from lenskeeper.diagnosis.learning import Chapters
from lenskeeper.diagnosis.rows import Saving, load
from lenskeeper.diagnosis.watch import Memory
from lenskeeper.inventory.ids import PointId
from lenskeeper.store.database import Store

GATHER_MAX: Final = 3_000  # points; some 8 kB each while they gather


class Memories:
    """The memory of every point, read one by one."""

    def __init__(self, store: Store, gather_max: int = GATHER_MAX) -> None:
        self._store, self._gather_max = store, gather_max
        self._waiting: dict[PointId, Memory] = {}
        self._chapters: dict[PointId, Chapters] = {}

    async def of(self, point_id: PointId, at_s: int) -> Memory:
        """The point's memory; a new one where nobody has looked at it."""
        if (waiting := self._waiting.get(point_id)) is not None:
            return waiting
        memory = await asyncio.to_thread(self._read, point_id, at_s)
        return replace(memory, chapters=self._chapters.get(point_id, {}))

    def put(self, point_id: PointId, memory: Memory) -> Memory:
        """Keep it until it is written; gives what is to be written."""
        if memory.chapters and point_id not in self._chapters and len(self._chapters) >= self._gather_max:
            memory = replace(memory, chapters={})
        if memory.chapters:
            self._chapters[point_id] = memory.chapters
        else:
            self._chapters.pop(point_id, None)
        self._waiting[point_id] = memory
        return memory

    def may_gather(self, point_id: PointId) -> bool:
        """Whether a reference of this point that is begun now would be kept until it stands."""
        return point_id in self._chapters or len(self._chapters) < self._gather_max

    def written(self, savings: Iterable[Saving]) -> None:
        """The database has them now."""
        for saving in savings:
            if self._waiting.get(saving.point_id) is saving.memory:
                del self._waiting[saving.point_id]

    def forget(self, point_id: PointId) -> None:
        """Somebody changed what is known of it: what was being gathered belongs to what was there before."""
        self._chapters.pop(point_id, None)
        self._waiting.pop(point_id, None)

    def _read(self, point_id: PointId, at_s: int) -> Memory:
        with self._store.read() as connection:
            return load(connection, Scope.ALL, [point_id], at_s=at_s).get(point_id) or Memory()
