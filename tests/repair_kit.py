"""A small city whose cameras fail as a test plants it: rounds go into the real books, and the real desk takes its turns."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from sqlalchemy import Connection
from tests.register_kit import NOON, TZ, city, commit

from lenskeeper.availability.exact import observe
from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.looks import said_by_look
from lenskeeper.availability.observations import Round
from lenskeeper.availability.rounds import RoundFolder
from lenskeeper.availability.rows_dirty import mark_dirty
from lenskeeper.base.access import LOCAL_OPERATOR, ROUNDS, ActorId, Scope
from lenskeeper.base.days import local_day
from lenskeeper.base.outcomes import Outcome
from lenskeeper.base.spans import Span
from lenskeeper.diagnosis.kinds import Verdict
from lenskeeper.house.desk import RepairDesk
from lenskeeper.inventory import rows_takeover
from lenskeeper.inventory.camera_file import CameraFile
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_watched import watched
from lenskeeper.store.database import Store
from lenskeeper.tickets import rows
from lenskeeper.tickets.desk import TicketId
from lenskeeper.tickets.rows import Asked, Ticket
from lenskeeper.tickets.states import Step
from lenskeeper.units.rows import tree

MINUTE = 60
BEGIN = NOON
CREW = ActorId("local:crew")
Planted = Callable[[int], Mapping[PointId, str]]


class RepairCity:
    """Its clock stands until `live` moves it. planted: who does not answer at an instant, and how."""

    def __init__(self, store: Store, files: Sequence[CameraFile], *, is_accepted: bool = True) -> None:
        self.store, self.now_s = store, BEGIN
        paths = sorted({file.unit for file in files})
        store.write(lambda c: city(c, *paths))
        store.write(lambda c: commit(c, *files, now_s=BEGIN - 86_400))
        with store.read() as connection:
            self.points = [one.point_id for one in watched(connection, Scope.ALL, BEGIN)]
        self.desk = RepairDesk()
        self.folder = RoundFolder("", Lane.REACHABLE, self.points, mark=mark_dirty)
        if is_accepted:
            store.write(self._accept)

    def _accept(self, connection: Connection) -> None:
        top = next(unit.unit_id for unit in tree(connection, Scope.ALL) if unit.parent_id is None)
        day = local_day(BEGIN, TZ) - 1
        rows_takeover.accept(
            connection, top, from_day=day, document="no. 1", actor=LOCAL_OPERATOR, now_s=BEGIN
        )

    def live(self, minutes: int, planted: Planted | None = None, *, turn_every: int = 1) -> None:
        """So many minutes: a round in each, and the desk's turn after it."""
        for n in range(minutes):
            down = planted(self.now_s) if planted else {}
            self.store.write(partial(self._round, down=down))
            self.folder.applied()
            self.now_s += MINUTE
            if (n + 1) % turn_every == 0:
                self.store.write(lambda c: self.desk.turn(c, self.now_s))

    def _round(self, connection: Connection, down: Mapping[PointId, str]) -> None:
        codes = bytes(State.DOWN if p in down else State.UP for p in self.points)
        reasons = {n: down[p] for n, p in enumerate(self.points) if p in down}
        seen = Round(self.now_s, MINUTE, codes, reasons, prober="prober-1")
        self.folder.fold(connection, seen, now_s=self.now_s + MINUTE, actor=ROUNDS)

    def look(
        self, point_id: PointId, outcome: Outcome, verdict: Verdict | None = None, *, slot: Span | None = None
    ) -> None:
        """One look for a picture. slot: what it speaks of; else the last whole half hour."""
        begin = self.now_s // 1_800 * 1_800 - 1_800
        said = said_by_look(point_id, slot or (begin, begin + 1_800), outcome, verdict, prober="prober-1")
        self.store.write(lambda c: observe(c, said, now_s=self.now_s, mark=mark_dirty, actor=ROUNDS))

    def tickets(self, *, live: bool | None = True, scope: Scope = Scope.ALL) -> list[Ticket]:
        with self.store.read() as connection:
            return rows.tickets(connection, scope, Asked(live), now_s=self.now_s)

    def step(self, ticket_id: TicketId, step: Step, actor: ActorId = CREW) -> None:
        self.store.write(
            lambda c: rows.take_step(c, ticket_id, step, actor=actor, now_s=self.now_s), durable=True
        )


def always(down: Mapping[PointId, str]) -> Planted:
    """The same at every instant."""
    return lambda _at_s: down


def silent(*points: PointId) -> dict[PointId, str]:
    """They do not answer."""
    return dict.fromkeys(points, Outcome.TIMED_OUT.value)
