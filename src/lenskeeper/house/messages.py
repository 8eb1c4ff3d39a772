"""The loop that sends: what is new is spread to its recipients, and each is told when it is his hour.

It runs beside the rounds and never stops them. What fails is counted, tried again and at last given up; all of it
stands in the list of attempts. At least once: a crash between a sending and its entry sends the same key again.
"""

import asyncio
import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

import structlog
from sqlalchemy import Connection

from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.errors import CallerError, NotFound
from lenskeeper.base.languages import Language, Words
from lenskeeper.house.home import Home
from lenskeeper.house.message_settings import To
from lenskeeper.house.senders import Sender, SendFailed, sender_of
from lenskeeper.tickets import rows_messages as rows
from lenskeeper.tickets.messages import Message, Recipient, Waiting, due, said, stale

log: structlog.typing.FilteringBoundLogger = structlog.get_logger()

T = TypeVar("T")

TURN_S: Final = 5.0
POST: Final = ActorId("post")
EXERCISE: Final = Words("【演练】", "[exercise] ")
Failed = Callable[[str, Exception], None]


@dataclass(frozen=True, slots=True)
class Way:
    """A recipient, and how it is reached."""

    recipient: Recipient
    sender: Sender


@dataclass(frozen=True, slots=True)
class _Unmade:
    """In place of a plug-in that is not there: its messages wait and fail like others, and the list says why."""

    why: str

    async def send(self, message: Message) -> None:
        del message
        raise SendFailed(self.why, may_retry=True)


def ways(home: Home) -> list[Way]:
    """All of the settings. One whose plug-in is missing or broken fails when it is used; the others go on."""
    tz = home.tz() if home.settings.messages.to else "UTC"
    return [Way(each.recipient(tz), _sender(home, each)) for each in home.settings.messages.to]


def _sender(home: Home, to: To) -> Sender:
    try:
        return sender_of(to, home.clock.now_ms)
    except CallerError as wrong:
        log.warning("sender_not_made", recipient=to.name, why=str(wrong))
        return _Unmade(str(wrong))


async def send_on(home: Home, stopping: asyncio.Event, failed: Failed) -> None:
    """Send until told to stop; nothing that happens here ends it before. failed: takes every fault of ours, with where it was; it must not raise."""
    to: list[Way] | None = None
    while not stopping.is_set():
        try:
            to = await asyncio.to_thread(ways, home) if to is None else to
            await turn(home, to, failed)
        except Exception as error:  # noqa: BLE001  the loop that keeps the messages going; it counts what it catches
            failed("messages", error)
        await home.clock.sleep(TURN_S)


async def turn(home: Home, to: list[Way], failed: Failed) -> None:
    """Spread what is new, then tell whoever is to be told now; recipients do not wait for one another."""
    recipients = [way.recipient for way in to]
    if await asyncio.to_thread(_has_new, home):
        await _write(home, lambda c: _spread(home, c, recipients))
    ended = await asyncio.gather(*(_tell(home, way) for way in to), return_exceptions=True)
    for error in ended:
        if isinstance(error, Exception):
            failed("messages", error)


async def _tell(home: Home, way: Way) -> None:
    name, now_s = way.recipient.name, home.now_s()
    waits, going = await asyncio.to_thread(_read, home, way.recipient, now_s)
    if stale(waits, now_s):
        gone = await _write(home, lambda c: rows.give_up(c, name, waits, actor=POST, now_s=now_s))
        log.warning("messages_given_up", recipient=name, messages=gone)
    if not going:
        return
    number = await _write(home, lambda c: rows.begin_try(c, name, going, actor=POST, now_s=now_s))
    failure, may_retry = await _sent(way.sender, _worded(home, said(going, way.recipient), way.recipient))
    if failure:
        log.warning("message_not_sent", recipient=name, messages=len(going), why=failure, again=may_retry)
    await _write(
        home,
        lambda c: rows.end_try(
            c, number, failure=failure, may_retry=may_retry, actor=POST, now_s=home.now_s()
        ),
    )


def _spread(home: Home, connection: Connection, recipients: list[Recipient]) -> None:
    rows.warn(connection, actor=POST, now_s=home.now_s())
    rows.spread(connection, recipients, actor=POST, now_s=home.now_s())


def _has_new(home: Home) -> bool:
    """A transaction that writes nothing would take the rounds' turn all the same."""
    with home.store.read() as connection:
        return rows.has_new(connection, Scope.ALL, now_s=home.now_s())


def _read(home: Home, recipient: Recipient, now_s: int) -> tuple[list[Waiting], list[Waiting]]:
    """What waits, and what of it goes now."""
    with home.store.read() as connection:
        waits = rows.waiting(connection, recipient.name)
        if not waits:
            return [], []
        tries = rows.tries(connection, recipient.name, now_s)
    old = stale(waits, now_s)
    return waits, due(recipient, [each for each in waits if each not in old], tries, now_s)


async def _sent(sender: Sender, message: Message) -> tuple[str, bool]:
    """Why it did not go, empty where it did; and whether it may be tried again."""
    try:
        await sender.send(message)
    except SendFailed as wrong:
        return str(wrong) or "it did not go", wrong.may_retry
    except Exception as error:  # noqa: BLE001  another package's code; its words may hold an address or a secret
        return f"the sender fell over ({type(error).__name__})", True
    return "", True


def _worded(home: Home, message: Message, recipient: Recipient) -> Message:
    """An invented fleet frightens nobody."""
    if not home.exercise:
        return message
    mark = EXERCISE.of(recipient.language)
    return dataclasses.replace(message, title=mark + message.title, text=mark + message.text)


async def _write(home: Home, work: Callable[[Connection], T]) -> T:
    return await asyncio.wrap_future(home.store.submit(work))


# ---- what a person asks


async def send_trial(home: Home, name: str) -> str:
    """Send a recipient of the settings a line that says it is a trial; gives why it did not go, empty where it did.

    NotFound: the settings have no recipient of this name.
    """
    for way in await asyncio.to_thread(ways, home):
        if way.recipient.name == name:
            zh = way.recipient.language is Language.ZH
            title = "试发" if zh else "trial"
            text = "试发：收到本条即表示设置正确。" if zh else "trial: whoever reads this is reached."
            trial = Message(f"lenskeeper-trial-{home.now_s()}", title, text, {"changes": []})
            return (await _sent(way.sender, _worded(home, trial, way.recipient)))[0]
    there = ", ".join(each.name for each in home.settings.messages.to) or "none is set"
    raise NotFound(f"the settings have no recipient {name!r} in [[messages.to]]; there are: {there}")


def tried(home: Home, limit: int) -> list[rows.TryLine]:
    """The last attempts, newest first."""
    with home.store.read() as connection:
        return rows.attempts(connection, Scope.ALL, limit=limit)


def standing(home: Home) -> Mapping[str, tuple[int, int]]:
    """By recipient: how many messages wait, and how many were given up; all of the settings are there."""
    with home.store.read() as connection:
        found = rows.standing(connection, Scope.ALL)
    return {each.name: (0, 0) for each in home.settings.messages.to} | found
