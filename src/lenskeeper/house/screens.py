"""What screens show is kept up with what is known: within two seconds of a change, and all of it every ten minutes."""

import asyncio
from collections.abc import Collection, Sequence
from functools import partial
from typing import Any, Final

import structlog
from sqlalchemy import Connection

from lenskeeper.base.access import ROUNDS
from lenskeeper.house.home import Home
from lenskeeper.house.register import REGISTER_CHANGED
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_present import slices
from lenskeeper.journal.rows import Fact, announce, last_position, since
from lenskeeper.reporting import rows_screens
from lenskeeper.reporting.rows_screens import AT_ONCE, Refreshed, refresh
from lenskeeper.reporting.screen_states import FRESH_S
from lenskeeper.store.errors import StoreUnavailable
from lenskeeper.tickets.desk import TicketId

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

ROOM: Final = "screens"  # whose words they are in the journal
CAMERAS_CHANGED: Final = "cameras_changed"
TICKETS_CHANGED: Final = "tickets_changed"
TURN_S: Final = 1.0
WHOLE_S: Final = 600  # service dates, planned work and faded looks come and go without a word
TOLD_MAX: Final = (
    5_000  # cameras that change in one turn: beyond it screens are told to ask for everything again
)


class Keeper:
    """Follows the journal, the tickets' events and the verdicts' changes from where it began."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.position: int | None = None
        self.event = self.verdict = 0
        self.whole_s = 0
        self.fresh: dict[str, bool] = {}

    def turn(self) -> int:
        """Write what has changed since the last turn, and announce it; how many cameras changed."""
        now_s = self.home.now_s()
        if self.position is None or now_s - self.whole_s >= WHOLE_S:
            return self._whole(now_s)
        with self.home.store.read() as connection:
            facts = since(connection, self.position)
            event, tickets = rows_screens.tickets_since(connection, self.event)
            verdict, points = rows_screens.verdicts_since(connection, self.verdict)
            shards, fresh = self._shards_that_turned(connection, now_s)
            touched = {
                *points,
                *rows_screens.cameras_of_tickets(connection, tickets),
                *(p for shard in shards for p in rows_screens.cameras_of_shard(connection, shard)),
            }
        if any(_is_about_all(fact) for fact in facts):
            return self._whole(now_s)
        touched |= {p for fact in facts for p in _points_of(fact)}
        changed = self._refresh(touched, now_s)
        self._tell(tickets, now_s)
        self.position = facts[-1].position if facts else self.position
        self.event, self.verdict, self.fresh = event, verdict, fresh
        return changed

    def _whole(self, now_s: int) -> int:
        """All of it again; what changes meanwhile is seen by the next turn."""
        with self.home.store.read() as connection:
            position = last_position(connection)
            first = self.position is None
            event, tickets = rows_screens.tickets_since(connection, self.event)
            verdict = rows_screens.last_verdict(connection)
            _, fresh = self._shards_that_turned(connection, now_s)
            every = rows_screens.every_camera(connection)
        changed = self._refresh(every, now_s)
        if not first:
            self._tell(tickets, now_s)
        self.position, self.event, self.verdict, self.fresh, self.whole_s = (
            position,
            event,
            verdict,
            fresh,
            now_s,
        )
        return changed

    def _refresh(self, points: Collection[PointId], now_s: int) -> int:
        changed: list[PointId] = []
        for some in slices(sorted(points), AT_ONCE):
            done = self.home.store.write(partial(self._written, some, now_s, len(changed)))
            changed += done.changed
        if len(changed) > TOLD_MAX:
            self._announce(CAMERAS_CHANGED, {"all": True}, now_s)
        return len(changed)

    def _written(
        self, points: Sequence[PointId], now_s: int, before: int, connection: Connection
    ) -> Refreshed:
        done = refresh(connection, points, actor=ROUNDS, now_s=now_s)
        if done.changed and before + len(done.changed) <= TOLD_MAX:
            body = {"points": done.changed, "moved": done.has_moved}
            announce(connection, at_s=now_s, room=ROOM, fact=CAMERAS_CHANGED, subject="cameras", body=body)
        return done

    def _tell(self, tickets: Sequence[TicketId], now_s: int) -> None:
        if tickets:
            self._announce(TICKETS_CHANGED, {"tickets": tickets[:TOLD_MAX]}, now_s)

    def _announce(self, fact: str, body: dict[str, Any], now_s: int) -> None:
        subject = fact.partition("_")[0]
        self.home.store.write(
            lambda c: announce(c, at_s=now_s, room=ROOM, fact=fact, subject=subject, body=body)
        )

    def _shards_that_turned(self, connection: Connection, now_s: int) -> tuple[list[str], dict[str, bool]]:
        """Shards whose rounds were heard of lately and are not any more, or the other way round; and how all stand."""
        until = rows_screens.confirmed_until(connection)
        fresh = {shard: b >= now_s - FRESH_S for shard, b in until.items()}
        return [shard for shard, is_fresh in fresh.items() if self.fresh.get(shard) != is_fresh], fresh


def refreshed(home: Home) -> int:
    """All of it once, for a command, a demo or a test without a `serve`; how many cameras changed."""
    return Keeper(home).turn()


async def keep_up(home: Home) -> None:
    """Turn after turn until cancelled. What fails is told and tried again: a screen may be late, the rounds go on."""
    keeper = Keeper(home)
    while True:
        try:
            await asyncio.to_thread(keeper.turn)
        except StoreUnavailable as error:
            log.warning("screens_put_off", error=str(error))
        except (
            Exception
        ) as error:  # the loop that keeps screens alive: told with its traceback, and tried again
            log.exception("our_fault", where="screens", error=repr(error))
            keeper.position = None  # whatever it was, begin with the whole
        await home.clock.sleep(TURN_S)


def _points_of(fact: Fact) -> list[PointId]:
    """The cameras that a fact is about."""
    if fact.fact == "states_changed":
        return [PointId(change[0]) for change in fact.body["changes"]]
    kind, _, number = fact.subject.partition(":")
    if fact.fact == REGISTER_CHANGED and kind == "point":
        return [PointId(int(number))]
    return []


def _is_about_all(fact: Fact) -> bool:
    return fact.fact == REGISTER_CHANGED and not fact.subject.startswith("point:")
