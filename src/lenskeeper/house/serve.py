"""`lenskeeper serve`: the rounds, the books and the chores of one installation, day and night.

One process with its picture workers. What has to go on goes on: a full disk, a lost database or a fault of ours in one
look is told and counted, and the next slot begins all the same.
"""

import asyncio
import contextlib
import os
import signal
import socket
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any, Final, TypeVar

import structlog
from sqlalchemy import Connection

from lenskeeper.base.access import Scope
from lenskeeper.base.errors import CallerError, Conflict, Invalid
from lenskeeper.base.spans import Span
from lenskeeper.house import chores
from lenskeeper.house.audit import checkpoint_if_due
from lenskeeper.house.books import Books
from lenskeeper.house.desk import RepairDesk
from lenskeeper.house.eyes import Eyes
from lenskeeper.house.facts import standing
from lenskeeper.house.home import Home
from lenskeeper.house.logins import Logins
from lenskeeper.house.memories import Memories
from lenskeeper.house.messages import send_on
from lenskeeper.house.metrics import Reading, shown
from lenskeeper.house.process import picture_workers, raise_file_limit
from lenskeeper.house.register import REGISTER_CHANGED
from lenskeeper.house.report_schedule import issue_due
from lenskeeper.house.screens import keep_up
from lenskeeper.house.settings import RoundSettings
from lenskeeper.house.switches import FACT as SWITCH_MOVED
from lenskeeper.house.switches import move, read_stopped
from lenskeeper.house.watching import Watcher
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.points import Watched
from lenskeeper.inventory.rows_watched import watched
from lenskeeper.journal.rows import last_position, since
from lenskeeper.leases.rows import Lease, hold, must_hold, release, renew, take
from lenskeeper.pictures.pool import WorkerPool
from lenskeeper.probing.errands import Errand
from lenskeeper.probing.greeting import greeter
from lenskeeper.probing.manners import Manners
from lenskeeper.probing.memory import Remembered
from lenskeeper.probing.probe import Prober, VisitLimits
from lenskeeper.probing.round_results import FactKind
from lenskeeper.probing.rounds import Rounds
from lenskeeper.probing.rows import remembered
from lenskeeper.probing.schedule import period_of
from lenskeeper.probing.targets import Target, parse_target
from lenskeeper.probing.witness import Landmarks
from lenskeeper.store.marks import read_mark, set_mark

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

T = TypeVar("T")

JOB: Final = "serve"
LEASE_TTL_S: Final = 15
LEASE_RENEW_S: Final = 4.0
FLUSH_S: Final = 1.0
FOLLOW_S: Final = 1.5  # a command's change is obeyed within 2 s
REPLAN_S: Final = 600.0  # service dates begin and end without anybody saying so
DESK_S: Final = 20.0  # patience is 10 minutes and more; a person's step is obeyed by the next turn
CHORES_S: Final = 300.0
SIGN_S: Final = (
    5.0  # how often it is seen whether a checkpoint is due: a thousand entries may come in a minute
)
PLAN_FACTS: Final = frozenset({REGISTER_CHANGED})
SURVEY_SINCE: Final = "survey_since"
SILENT_SLOTS: Final = 3  # without a finished slot, and we are unwell: one may be late, two are no accident
OWN_FAULTS_MAX: Final = 3  # failed transactions in a row: one odd result ends one, and no more


@dataclass(frozen=True, slots=True)
class ServeOrder:
    """survey: look at everything, gently at first. for_s: stop after so many seconds; None: when told.

    say: takes the few words for whoever sits at the terminal: that it runs, and that it has ended.
    beside: what else goes on while it runs, such as the pages; each is cancelled at the end.
    """

    survey: bool = False
    for_s: float | None = None
    say: Callable[[str], None] = lambda _: None
    beside: Sequence[Callable[[], Coroutine[Any, Any, None]]] = ()


class Server:
    """All that runs while `serve` does."""

    def __init__(self, home: Home, order: ServeOrder) -> None:
        self.home, self.order = home, order
        self.logins: Logins
        self.fleet: Sequence[Watched] = ()
        self.failures: Counter[str] = Counter()
        self.stopping = asyncio.Event()
        self.rounds: Rounds
        self.books: Books
        self.pool: WorkerPool
        self.lease: Lease
        self.renewing: asyncio.Task[None]
        self.position = 0
        self.desk = RepairDesk()
        self.unsigned = ""  # why nobody signs for the audit log

    async def run(self) -> None:
        """Until the time is over, a signal comes, or the lease is lost."""
        self.lease = await self._take_over(f"{socket.gethostname()}:{os.getpid()}")
        self.renewing = asyncio.create_task(self._renew_on())
        loop = asyncio.get_running_loop()
        for one in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(one, self.stopping.set)
        try:
            known = await asyncio.to_thread(self._remembered)
            self.logins = Logins(self.home, known)
            async with picture_workers(self.home.settings.pictures) as self.pool:
                prober = self._prober()
                await self._prepare(prober, Eyes(prober, self.pool), known)
                with self._metrics() as shown_at, self._told(shown_at):
                    await self._work()
        finally:
            self.renewing.cancel()
            await asyncio.gather(self.renewing, return_exceptions=True)
            await self._write(partial(release, mine=self.lease))

    async def _take_over(self, owner: str) -> Lease:
        """The right to serve. Where a process that was killed held it, wait until it has run out.

        Conflict: another `serve` is alive: its lease was renewed meanwhile.
        """
        before = await asyncio.to_thread(self._held)
        for _ in range(LEASE_TTL_S + 2):
            try:
                return await self._write(
                    partial(take, job=JOB, owner=owner, now_s=self.home.now_s(), ttl_s=LEASE_TTL_S)
                )
            except Conflict:
                now = await asyncio.to_thread(self._held)
                if before is None or now is None or now != before:
                    raise
            await self.home.clock.sleep(1)
        return await self._write(
            partial(take, job=JOB, owner=owner, now_s=self.home.now_s(), ttl_s=LEASE_TTL_S)
        )

    def _held(self) -> Lease | None:
        with self.home.store.read() as connection:
            return hold(connection, JOB)

    @contextlib.contextmanager
    def _told(self, shown_at: str) -> Iterator[None]:
        """Say that it runs, and that it has ended: a terminal that stays empty looks like one that hangs."""
        database, points = self.home.store.dialect, len(self.fleet)
        log.info("serving", points=points, database=database, metrics=shown_at, survey=self.order.survey)
        self.order.say(
            f"{'survey of' if self.order.survey else 'serving'} {points} cameras, books in {database}, "
            f"{f'{shown_at}/metrics' if shown_at else 'no metrics'}; Ctrl-C or SIGTERM ends it"
        )
        try:
            yield
        finally:
            done, looks = self.rounds.tally.slots_done + self.rounds.tally.slots_late, self.rounds.tally.looks
            log.info("served", slots=done, looks=looks)
            self.order.say(f"ended after {done} slots and {looks} looks")

    async def _prepare(self, prober: Prober, eyes: Eyes, known: Remembered) -> None:
        self.position = await asyncio.to_thread(self._last_position)  # what is told from here on is followed
        await self._read_plan()
        await chores.derive_exclusions(self.home)
        memories = Memories(self.home.store)
        self.books = Books(
            self.home.store,
            self.home.clock,
            memories,
            prober=socket.gethostname(),
            slot_of=self.slot_of,
            visits=lambda: self.logins.with_changes(self.rounds.changes()),
            guard=lambda connection: must_hold(connection, self.lease),
        )
        in_flight = raise_file_limit(
            self.home.settings.rounds.in_flight + self.home.settings.probing.in_flight
        )
        self.rounds = Rounds(
            lambda: self.fleet,
            greeter(
                prober,
                in_flight=min(in_flight, self.home.settings.rounds.in_flight),
                failed=self._look_failed,
            ),
            Watcher(eyes, memories).look,
            on_zone=self.books.take_zone,
            on_looked=self.books.take_look,
            on_fact=self.books.take_fact,
            failed=self._failed,
            clock=self.home.clock,
            chance=Random(),  # noqa: S311  jitter, no secret
            manners=manners_of(
                self.home.settings.rounds,
                ramp_from_s=await asyncio.to_thread(self._survey_since),
                pictures_in_flight=self.home.settings.probing.in_flight,
            ),
            landmarks=landmarks_of(self.home.settings.rounds),
            remembered=known,
            standing=await asyncio.to_thread(self._standing),
        )
        await asyncio.to_thread(self._read_switch)

    async def _work(self) -> None:
        """The tasks that run side by side; the first that ends, ends them all."""
        every: list[Coroutine[Any, Any, None]] = [
            self.rounds.run(),
            self._flush_on(),
            self._follow_on(),
            self._tend_on(),
            keep_up(self.home),
            self._sign_on(),
        ]
        if not self.order.survey:  # a survey opens no ticket and sends no message
            every += [self._mend_on(), send_on(self.home, self.stopping, self._failed)]
        every += [start() for start in self.order.beside]
        if self.order.for_s is not None:
            every.append(self.home.clock.sleep(self.order.for_s))
        tasks = [asyncio.create_task(one) for one in every]
        told = asyncio.create_task(self.stopping.wait())
        try:
            done, _ = await asyncio.wait({told, self.renewing, *tasks}, return_when=asyncio.FIRST_COMPLETED)
            for task in done - {told}:
                task.result()  # a fault of ours ends the process, and is shown
        finally:
            await self.rounds.stop()
            for task in (told, *tasks):
                task.cancel()
            await asyncio.gather(told, *tasks, return_exceptions=True)
            await self.books.flush()  # what a flush that was called off has put back is in it

    # -- what goes on beside the rounds

    async def _flush_on(self) -> None:
        while True:
            await self.home.clock.sleep(FLUSH_S)
            try:
                await self.books.flush()
            except Conflict:  # another process serves by now
                raise
            except Exception as error:  # noqa: BLE001  the loop that keeps the rounds alive; it counts what it catches
                self._failed("books", error)

    async def _follow_on(self) -> None:
        """What commands changed meanwhile; and every ten minutes what the calendar changed."""
        read_s = self.home.clock.elapsed_s()
        while True:
            await self.home.clock.sleep(FOLLOW_S)
            try:
                facts = await asyncio.to_thread(self._since, self.position)
                names = {fact.fact for fact in facts}
                is_time = self.home.clock.elapsed_s() - read_s > REPLAN_S
                if SWITCH_MOVED in names or is_time:
                    await asyncio.to_thread(self._read_switch)
                if names & PLAN_FACTS or is_time:
                    self.desk.forget()
                    read_s = (
                        self.home.clock.elapsed_s()
                    )  # before: one that fails is tried again with the next fact
                    if await self._read_plan() or names & PLAN_FACTS:
                        self.rounds.replan()
                for fact in facts:
                    room, _, number = fact.subject.partition(":")
                    if fact.fact in PLAN_FACTS and room == "point":
                        self.books.forget(PointId(int(number)))
                    self.position = fact.position  # only now: what was not obeyed is, with the next turn
            except Exception as error:  # noqa: BLE001  the same
                self._failed("follow", error)

    async def _mend_on(self) -> None:
        """The desk's turns: faults become tickets, and tickets end as the looks agree."""
        while True:
            await self.home.clock.sleep(DESK_S)
            try:
                await self._write(self._turn_desk)
            except Conflict:  # another process serves by now, or a person was quicker: the next turn sees it
                log.info("desk_turn_put_off")
            except Exception as error:  # noqa: BLE001  the loop that keeps the desk alive; it counts what it catches
                self.desk.forget()
                self._failed("desk", error)

    def _turn_desk(self, connection: Connection) -> None:
        must_hold(connection, self.lease)
        done = self.desk.turn(connection, self.home.now_s())
        if done.acts:
            log.info("desk_turned", **{name.replace(" ", "_"): n for name, n in sorted(done.acts.items())})

    async def _tend_on(self) -> None:
        tidied_s = (
            self.home.clock.elapsed_s()
        )  # whoever closes the database last tidies it: a restart need not
        while True:
            await self.home.clock.sleep(CHORES_S)
            for chore in (
                chores.derive_exclusions,
                chores.add_up_days,
                issue_due,
                chores.forget_old,
                chores.forget_files,
                chores.back_up_if_due,
            ):
                await self._tend(chore)
            if self.home.clock.elapsed_s() - tidied_s >= chores.DAY_S and await self._tend(chores.tidy):
                tidied_s = self.home.clock.elapsed_s()

    async def _sign_on(self) -> None:
        """The audit log is signed for while it grows; what is in the way is told once, and in /healthz until it is gone."""
        while True:
            await self.home.clock.sleep(SIGN_S)
            try:
                await checkpoint_if_due(self.home)
                self.unsigned = ""
            except CallerError as wrong:  # the key is gone, or others may read it
                if self.unsigned != str(wrong):
                    log.warning("log_not_signed", why=str(wrong))
                self.unsigned = str(wrong)
            except Exception as error:  # noqa: BLE001  the same
                self._failed("sign", error)

    async def _tend(self, chore: Callable[[Home], Awaitable[object]]) -> bool:
        """One chore; whether it was done. One that fails must not keep the others from their turn."""
        try:
            await chore(self.home)
        except Exception as error:  # noqa: BLE001  the same
            self._failed(chore.__name__, error)
            return False
        return True

    async def _renew_on(self) -> None:
        """From the first moment to the last flush. Conflict: the lease has gone to another process."""
        while True:
            await self.home.clock.sleep(LEASE_RENEW_S)
            try:
                self.lease = await self._write(
                    partial(renew, mine=self.lease, now_s=self.home.now_s(), ttl_s=LEASE_TTL_S)
                )
            except Conflict:
                raise
            except Exception as error:  # noqa: BLE001  the same; a lease that cannot be renewed ends by itself
                self._failed("lease", error)

    # -- what is read

    async def _read_plan(self) -> bool:
        """Whether a point has come, gone or changed."""
        before, self.fleet = self.fleet, await asyncio.to_thread(self._plan)
        return before != self.fleet

    def _plan(self) -> list[Watched]:
        with self.home.store.read() as connection:
            fleet = watched(connection, Scope.ALL, self.home.now_s(), before=self.fleet)
            self.logins.read(connection, fleet)
        return fleet

    def _remembered(self) -> Any:
        with self.home.store.read() as connection:
            return remembered(connection, Scope.ALL)

    def _standing(self) -> list[tuple[FactKind, str]]:
        """What had been told before we were started, so that it is not told again."""
        with self.home.store.read() as connection:
            return [(one.kind, one.subject) for one in standing(connection)]

    def _read_switch(self) -> None:
        with self.home.store.read() as connection:
            move(self.rounds.switch, read_stopped(connection))

    def _last_position(self) -> int:
        with self.home.store.read() as connection:
            return last_position(connection)

    def _since(self, position: int) -> Any:
        with self.home.store.read() as connection:
            return since(connection, position)

    def _survey_since(self) -> int | None:
        """When the survey began: its load grows from there on, across restarts."""
        if not self.order.survey:
            return None
        with self.home.store.read() as connection:
            began = read_mark(connection, SURVEY_SINCE)
        if began is None:
            began = str(self.home.now_s())
            self.home.store.write(lambda c: set_mark(c, SURVEY_SINCE, str(began)))
        return int(began)

    def slot_of(self, errand: Errand) -> Span:
        """The picture period that a look speaks of."""
        fleet = self.rounds.fleet
        place = fleet.place_of.get(errand.watched.point_id)
        period_s = (
            int(fleet.period_s[place])
            if place is not None
            else self.home.settings.rounds.picture_minutes_3 * 60
        )
        return period_of(errand.watched.point_id, period_s, errand.due_s or errand.slot_s)

    # -- what is told

    def _failed(self, what: str, error: Exception) -> None:
        self.failures[what] += 1
        log.error("our_fault", where=what, error=repr(error), times=self.failures[what])

    def _look_failed(self, target: Target, error: Exception) -> None:
        self.failures["look"] += 1
        log.error("look_failed", target=target.name, error=repr(error))

    def _metrics(self) -> contextlib.AbstractContextManager[str]:
        place = self.home.settings.serve.metrics
        return shown(place, self._readings, self.unwell) if place else contextlib.nullcontext("")

    def unwell(self) -> str:
        """What is wrong, for /healthz; empty while slots are finished, the books are written and pictures are read."""
        tally, slot_s = self.books.tally, self.home.settings.rounds.slot_s
        wrong = []
        silent_s = self.rounds.silent_s
        if silent_s is not None and silent_s > SILENT_SLOTS * slot_s:
            wrong.append(f"no slot of the rounds was finished in the last {silent_s:.0f} s")
        if tally.waiting_since_s is not None:
            wrong.append(f"the books cannot be written since {tally.waiting_since_s}; results wait in memory")
        if tally.own_faults >= OWN_FAULTS_MAX:
            wrong.append(f"the books were not written {tally.own_faults} times in a row, by a fault of ours")
        if self.unsigned:
            wrong.append(f"nobody signs for the audit log: {self.unsigned}")
        if why := self.pool.not_starting():
            wrong.append(f"no picture worker can be started: {why}")
        return "; ".join(wrong)

    def _readings(self) -> list[Reading]:
        tally, books = self.rounds.tally, self.books.tally
        slots = {
            "done": tally.slots_done,
            "late": tally.slots_late,
            "missed": tally.slots_missed,
            "cut": tally.slots_cut,
        }
        gauge, counter = "gauge", "counter"
        return [
            Reading("points", "points in service", gauge, {"": len(self.fleet)}),
            Reading("slots", "reachability slots by how they ended", counter, dict(slots), "end"),
            Reading("greetings", "reachability looks", counter, {"": tally.greetings}),
            Reading("looks", "looks for a picture", counter, {"": tally.looks}),
            Reading("pictures", "whole key frames that came", counter, {"": tally.pictures}),
            Reading("received_bytes", "bytes that looks brought", counter, {"": tally.received_bytes}),
            Reading(
                "look_outcomes",
                "looks by outcome",
                counter,
                {o.value: n for o, n in tally.outcomes.items()},
                "outcome",
            ),
            Reading(
                "held",
                "pictures not asked for, by reason",
                counter,
                {h.value: n for h, n in tally.held.items()},
                "reason",
            ),
            Reading(
                "blind_zone_slots",
                "slots of zones that we could not see into",
                counter,
                {"": tally.blind_zone_slots},
            ),
            Reading("book_transactions", "transactions of the books", counter, {"": books.transactions}),
            Reading("book_changes", "states that changed", counter, {"": books.changes}),
            Reading("book_failures", "transactions that were taken back", counter, {"": books.failed}),
            Reading("book_dropped", "results let go: unknown in the books", counter, {"": books.dropped}),
            Reading(
                "own_failures", "faults of ours that a loop outlived", counter, dict(self.failures), "where"
            ),
        ]

    async def _write(self, work: Callable[[Connection], T]) -> T:
        return await asyncio.wrap_future(self.home.store.submit(work))

    def _prober(self) -> Prober:
        probing = self.home.settings.probing
        limits = VisitLimits(
            probing.connect_s, probing.reply_s, probing.first_packet_s, probing.key_frame_s, probing.visit_s
        )
        return Prober(
            self.home.clock,
            self.logins.refusals,
            self.logins.credentials,
            limits,
            networks=probing.networks,
            per_host=probing.per_host,
        )


def manners_of(settings: RoundSettings, *, ramp_from_s: int | None, pictures_in_flight: int = 500) -> Manners:
    """The rounds' manners from the settings."""
    minutes = (settings.picture_minutes_1, settings.picture_minutes_2, settings.picture_minutes_3)
    return Manners(
        slot_s=settings.slot_s,
        picture_period_s=(minutes[0] * 60, minutes[1] * 60, minutes[2] * 60),
        greetings_in_flight=settings.in_flight,
        pictures_in_flight=pictures_in_flight,
        uplink_bps=settings.uplink_kbps * 1000,
        uplinks_bps=_bps(settings.uplinks_kbps),
        site_bps=settings.site_kbps * 1000,
        sites_bps=_bps(settings.sites_kbps),
        host_bps=settings.host_kbps * 1000,
        ramp=settings.ramp,
        ramp_from_s=ramp_from_s,
    )


def _bps(by_name_kbps: Mapping[str, int]) -> dict[str, int]:
    return {name: kbps * 1000 for name, kbps in by_name_kbps.items()}


def landmarks_of(settings: RoundSettings) -> Landmarks:
    """The declared witnesses and gateways. Invalid: one of them is no address."""
    return Landmarks(
        {
            zone: tuple(_landmark("witnesses", zone, at) for at in places)
            for zone, places in settings.witnesses.items()
        },
        {site: _landmark("gateways", site, at) for site, at in settings.gateways.items()},
    )


def _landmark(setting: str, of: str, place: str) -> Target:
    try:
        target = parse_target(place)
    except Invalid as wrong:
        raise Invalid(f"rounds.{setting} of {of}: {wrong}", field=f"rounds.{setting}") from None
    if target.route.is_file:
        raise Invalid(
            f"rounds.{setting} of {of}: {place!r} is no address: write rtsp://HOST:PORT/ or http://HOST:PORT/",
            field=f"rounds.{setting}",
        )
    return target


async def serve(home: Home, order: ServeOrder) -> None:
    """Run until told to stop."""
    await Server(home, order).run()
