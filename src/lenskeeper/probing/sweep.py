"""Is anybody there: one OPTIONS (or HEAD) to each host and port, and its first line back.

OPTIONS needs no login on most cameras, and any status line is an answer: a camera that says 401 is there.
Ping tells only that there is power, a TCP connection only that a port is open; neither is "answers".
"""

import asyncio
import gc
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, cast

from lenskeeper.base.outcomes import Outcome
from lenskeeper.probing.alarms import alarms
from lenskeeper.probing.connection import Failure, connect, remark
from lenskeeper.probing.probe import USER_AGENT, Prober
from lenskeeper.probing.targets import Route, Target, host_key

SELDOM: Final = (
    10_000,
    20,
    20,
)  # new objects, and young collections, before an older generation is looked at
FIRST_LINE_BYTES_MAX: Final = 1024  # a status line has about 20; beyond this it is no RTSP peer


@dataclass(frozen=True, slots=True)
class Knock:
    """What one reachability look found. ANSWERS, or why not.

    began_ms:  UTC milliseconds by our clock.  answer_ms: from the first SYN to the first line; None unless ANSWERS.
    """

    target: Target
    began_ms: int
    outcome: Outcome
    answer_ms: float | None = None
    remark: str = ""


class _FirstLine(asyncio.Protocol):
    """Sends one request on connecting and keeps the first line that comes back."""

    __slots__ = ("_request", "answer", "line", "transport")

    def __init__(self, request: bytes, answer: "asyncio.Future[bool]") -> None:
        self._request = request
        self.answer = answer
        self.line = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport = cast("asyncio.Transport", transport)  # uvloop has its own class for it
        self.transport = transport
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self.line += data[:FIRST_LINE_BYTES_MAX]
        if (b"\n" in data or len(self.line) >= FIRST_LINE_BYTES_MAX) and not self.answer.done():
            self.answer.set_result(True)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.answer.done():
            if exc is None or isinstance(exc, OSError):
                self.answer.set_result(True)
            else:  # we fell over what came
                self.answer.set_exception(exc)

    def fall_silent(self) -> None:
        """Wait no longer."""
        if not self.answer.done():
            self.answer.set_result(False)


def _request(target: Target) -> tuple[bytes, bytes]:
    """The question, and what the first line of an answer begins with."""
    if target.route in (Route.HTTP, Route.HTTPS):
        host = f"[{target.host}]" if ":" in target.host else target.host
        return (
            f"HEAD / HTTP/1.1\r\nHost: {host}:{target.port}\r\nUser-Agent: {USER_AGENT}\r\nConnection: close\r\n\r\n"
        ).encode(), b"HTTP/"
    return f"OPTIONS {target.url} RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: {USER_AGENT}\r\n\r\n".encode(), b"RTSP/"


async def knock(target: Target, prober: Prober) -> Knock:
    """One reachability look at a network target. Closed by RST: nothing was opened that a camera would keep."""
    request, prefix = _request(target)
    clock, limits = prober.clock, prober.limits
    loop = asyncio.get_running_loop()
    began_ms, began_s = clock.now_ms(), clock.elapsed_s()
    answer: asyncio.Future[bool] = loop.create_future()
    peer = await connect(
        lambda: _FirstLine(request, answer),
        target,
        networks=prober.networks,
        connect_s=limits.connect_s,
        streams=False,
    )
    if isinstance(peer, Failure):
        return Knock(target, began_ms, peer.outcome, remark=peer.remark)
    timer = alarms()
    alarm = timer.set(peer.fall_silent, loop.time() + limits.reply_s)
    try:
        spoke = await answer
    finally:
        timer.clear(peer.fall_silent, alarm)
        peer.transport.abort()
    if not spoke:
        remarked = f"connected, and no answer within {limits.reply_s:g} s"
        return Knock(target, began_ms, Outcome.TIMED_OUT, remark=remarked)
    line = bytes(peer.line).partition(b"\n")[0].rstrip()
    if line.startswith(prefix):
        spent_ms = (clock.elapsed_s() - began_s) * 1000
        return Knock(target, began_ms, Outcome.ANSWERS, spent_ms, remark(line.decode("latin-1")))
    if not line:
        return Knock(target, began_ms, Outcome.CLOSED, remark="it hung up without a word")
    return Knock(target, began_ms, Outcome.GARBLED, remark=remark(line.decode("latin-1")))


async def sweep(
    targets: Iterable[Target],
    look: Callable[[Target], Awaitable[None]],
    *,
    in_flight: int,
    per_host: int,
    failed: Callable[[Target, Exception], None],
) -> None:
    """Give every target to `look`, at most `in_flight` at a time and `per_host` of one host and port.

    A recorder's channels wait in a queue of their own, so that they hold no place that another host could use.
    failed: told when `look` itself raises; one target must not end the round of twenty thousand.
    """
    waiting: dict[
        tuple[str, int], list[Target]
    ] = {}  # lists: an empty deque has 700 bytes, and there are 20,000
    for target in targets:
        door = (target.name, -1) if target.route.is_file else (host_key(target.host), target.port)
        waiting.setdefault(door, []).append(target)
    open_doors = deque(
        door for turn in range(per_host) for door, queue in waiting.items() if len(queue) > turn
    )

    async def one_after_another() -> None:
        task = asyncio.current_task()
        assert task is not None
        while open_doors:
            door = open_doors.popleft()
            queue = waiting[door]
            if not queue:
                continue
            target = queue.pop(0)
            try:
                await look(target)
            except asyncio.CancelledError:
                if task.cancelling():
                    raise  # the round is called off
                failed(target, RuntimeError("the look was called off by nobody"))
            except Exception as error:  # noqa: BLE001  the loop that keeps a round alive; it tells what it caught
                failed(target, error)
            if queue:
                open_doors.append(door)

    with collecting_seldom():
        async with asyncio.TaskGroup() as group:
            for _ in range(in_flight):
                group.create_task(one_after_another())


@contextmanager
def collecting_seldom() -> Iterator[None]:
    """Let the cycle collector look at what this sweep makes, seldom, and not at all that was loaded before.

    Else it walks over every library and every visit in flight again and again: a fifth of a visit's time,
    measured with 5,000 in flight. Visits leave no rings of references behind; a test counts them.
    """
    thresholds = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(*SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
