"""The parent's side of the picture workers: a few single-threaded children, each at one job at a time.

One job at a time, so that a crash or a hang names its culprit. What a child sends is bounded and
opaque here; whoever asked parses it, and must not trust it.
"""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from lenskeeper.base.errors import CallerError
from lenskeeper.pictures.budget import ByteBudget, Reservation
from lenskeeper.pictures.worker import HEAD, JOB_BYTES_MAX, REPLY_BYTES_MAX

JOB_DEADLINE_S: Final = 10.0  # the slowest honest picture, 40 megapixels of H.265, needs under a second
START_DEADLINE_S: Final = 30.0  # importing OpenCV and PyAV from a cold disk
WAITING_PER_WORKER: Final = 2  # jobs that wait for a worker before no new look is begun
FAILED_STARTS_MAX: Final = 3  # in a row, then jobs are refused at once instead of waiting for a worker
RESTART_AFTER_S: Final = 0.1  # doubled with each failed start
RESTART_AFTER_MAX_S: Final = 30.0
REAP_EVERY_S: Final = 0.005
REAPS_BEFORE_KILL: Final = 50  # a child that closed its socket has a quarter of a second to say why
WORDS_BYTES_MAX: Final = 2000  # kept of what a child writes to its error stream
LAST_WORDS_MAX: Final = 200  # characters of that in a message
SOCKET_BYTES: Final = 1024 * 1024  # asked for; the kernel gives what net.core.wmem_max allows

# What a child may know of our surroundings: not our passwords.
PASSED_ON: Final = (
    "PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR",
    "PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "VIRTUAL_ENV", "LD_LIBRARY_PATH",
)  # fmt: skip
ENVIRONMENT: Final = {
    # glibc: give the memory of one picture to the next instead of back to the kernel, which would
    # zero it again page by page: 2 ms at 1080p, 15 ms at 4K with a decoder for each picture.
    "MALLOC_MMAP_THRESHOLD_": str(32 * 1024 * 1024),
    "MALLOC_TRIM_THRESHOLD_": str(256 * 1024 * 1024),
    "MALLOC_ARENA_MAX": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENCV_FOR_THREADS_NUM": "1",
}


@dataclass(frozen=True, slots=True)
class WorkerLost:
    """The worker ended amid this job, or none could be had. No figures.

    is_ours: the picture had nothing to do with it: no worker starts, or all are being closed. Else it most likely had.
    """

    reason: str
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class TimedOut:
    """The worker was still busy with this job at its deadline, and was ended for it."""

    after_s: float


class WorkersDoNotStart(CallerError):
    """No picture worker became ready; the text holds the last words of one and names the cure."""


@dataclass(slots=True, eq=False)
class _Job:
    parts: tuple[bytes | bytearray | memoryview, ...]
    deadline_s: float
    answer: "asyncio.Future[bytes | WorkerLost | TimedOut]"


class WorkerPool:
    """Picture workers, kept alive. Enter it in the loop's thread; children die with that thread.

    command:   the child's command line; the number of its socket is added as the last argument. The
               child calls `worker.serve` on it.
    workers:   how many; one for each core is right.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        workers: int,
        deadline_s: float = JOB_DEADLINE_S,
        start_deadline_s: float = START_DEADLINE_S,
        budget: ByteBudget | None = None,
    ) -> None:
        assert workers > 0
        self.command = tuple(command)
        self.deadline_s = deadline_s
        self.start_deadline_s = start_deadline_s
        self.budget = budget or ByteBudget()
        self.restarts = 0
        self._size = workers
        self._children: set[_Child] = set()
        self._idle: deque[_Child] = deque()
        self._waiting: deque[_Job] = deque()
        self._room = asyncio.Event()
        self._room.set()
        self._settled: asyncio.Future[None] | None = None  # the first child is ready, or they do not start
        self._failed_starts = 0
        self._last_words = ""
        self._again: set[asyncio.TimerHandle] = set()
        self._closing = False
        self._all_gone = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Start the children; returns when the first is ready, else WorkersDoNotStart."""
        self._settled = asyncio.get_running_loop().create_future()
        for _ in range(self._size):
            self._start_one()
        try:
            await self._settled
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    @asynccontextmanager
    async def reserve(self, wanted_bytes: int) -> AsyncIterator[Reservation]:
        """Room for one look, before its first byte is read: waits while workers or bytes are short.

        The block lasts until the figures are there. See `ByteBudget.reserve` for the bytes.
        """
        await self._room.wait()
        async with self.budget.reserve(wanted_bytes) as reservation:
            yield reservation

    async def look(
        self, *job: bytes | bytearray | memoryview, deadline_s: float | None = None
    ) -> bytes | WorkerLost | TimedOut:
        """Have a worker look at one job, whose parts it gets as one string of bytes.

        deadline_s: from the moment a worker takes it; default: the pool's. May be called off at any
        time: the worker then finishes unheard.
        """
        assert sum(map(len, job)) <= JOB_BYTES_MAX
        if self._closing:
            return WorkerLost("the picture workers are closed", is_ours=True)
        if self._is_without_hope():
            return WorkerLost(f"no picture worker starts: {self._last_words}", is_ours=True)
        answer: asyncio.Future[bytes | WorkerLost | TimedOut] = asyncio.get_running_loop().create_future()
        todo = _Job(job, self.deadline_s if deadline_s is None else deadline_s, answer)
        if self._idle:
            self._idle.popleft().begin(todo)
        else:
            self._waiting.append(todo)
            self._tell_room()
        return await answer

    def pids(self) -> list[int]:
        """The process numbers of the children that live."""
        return [child.process.pid for child in self._children]

    def not_starting(self) -> str:
        """Why no picture can be measured: the last words of a child that died at its start. Empty while all is well."""
        return self._last_words if self._is_without_hope() else ""

    def _is_without_hope(self) -> bool:
        return self._failed_starts >= FAILED_STARTS_MAX and not any(
            child.is_ready for child in self._children
        )

    def free(self, child: "_Child") -> None:
        """A child is ready for a job."""
        self._failed_starts = 0
        if self._settled is not None and not self._settled.done():
            self._settled.set_result(None)
        while self._waiting:
            job = self._waiting.popleft()
            if not job.answer.done():  # else its caller called it off
                child.begin(job)
                break
        else:
            self._idle.append(child)
        self._tell_room()

    def lost(self, child: "_Child", *, was_ready: bool, last_words: str) -> None:
        """A child is gone. The next starts at once, or later and later if they die at the start."""
        self._children.discard(child)
        if child in self._idle:
            self._idle.remove(child)
        if self._closing:
            if not self._children:
                self._all_gone.set()
            return
        self.restarts += 1
        wait_s = 0.0
        if not was_ready:
            self._failed_starts += 1
            self._last_words = last_words
            wait_s = min(RESTART_AFTER_MAX_S, RESTART_AFTER_S * 2 ** min(self._failed_starts, 16))
            self._give_up_waiting()
        self._later(wait_s)

    def _later(self, wait_s: float) -> None:
        def start() -> None:
            self._again.discard(handle)
            self._start_one()

        handle = asyncio.get_running_loop().call_later(wait_s, start)
        self._again.add(handle)

    def _start_one(self) -> None:
        try:
            self._children.add(_Child(self))
        except OSError as error:  # the command is not there, or there are too many processes
            self._failed_starts += 1
            self._last_words = error.strerror or "the command cannot be run"
            self._give_up_waiting()
            self._later(min(RESTART_AFTER_MAX_S, RESTART_AFTER_S * 2 ** min(self._failed_starts, 16)))

    def _give_up_waiting(self) -> None:
        """Answer those who wait, once it is plain that no child will come."""
        if not self._is_without_hope():
            return
        if self._settled is not None and not self._settled.done():
            self._settled.set_exception(
                WorkersDoNotStart(
                    f"The picture workers do not start ({self._last_words}). Run "
                    f"`{' '.join(self.command)}` by hand to see why; most often a library is missing "
                    "or the memory limit of the service is below 2 GiB."
                )
            )
        self._refuse_waiting(f"no picture worker starts: {self._last_words}")

    def _refuse_waiting(self, reason: str) -> None:
        while self._waiting:
            job = self._waiting.popleft()
            if not job.answer.done():
                job.answer.set_result(WorkerLost(reason, is_ours=True))
        self._tell_room()

    def _tell_room(self) -> None:
        if len(self._waiting) < WAITING_PER_WORKER * self._size:
            self._room.set()
        else:
            self._room.clear()

    async def _close(self) -> None:
        self._closing = True
        for handle in self._again:
            handle.cancel()
        self._refuse_waiting("the picture workers are closed")
        for child in list(self._children):
            child.end(WorkerLost("the picture workers are closed", is_ours=True))
        if self._children:
            await self._all_gone.wait()  # they were killed: a few milliseconds


class _Child:
    """One child process and the socket to it. Everything happens in callbacks of the loop."""

    def __init__(self, pool: WorkerPool) -> None:
        self.is_ready = False
        self._pool = pool
        self._loop = asyncio.get_running_loop()
        self._job: _Job | None = None
        self._unsent: list[memoryview] = []
        self._received = bytearray()
        self._buried = False
        self._words = b""
        self._number = 0  # of the job that the child has; 0 is the word that it is ready
        self._sock, theirs = socket.socketpair()
        self._sock.setblocking(False)  # noqa: FBT003 - the method has no other form
        self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BYTES)
        try:
            with theirs:
                self.process = _spawn(pool.command, theirs.fileno())
        except OSError:
            self._sock.close()
            raise
        assert self.process.stderr is not None
        self._stderr = self.process.stderr
        os.set_blocking(self._stderr.fileno(), False)
        self._deadline = self._loop.call_later(pool.start_deadline_s, self._overdue)
        self._loop.add_reader(self._sock, self._readable)
        self._loop.add_reader(self._stderr, self._listen)

    def begin(self, job: _Job) -> None:
        """Send a job; its answer comes through its future."""
        self._job = job
        self._number = (self._number + 1) & 0xFFFFFFFF
        head = HEAD.pack(sum(map(len, job.parts)), self._number)
        self._unsent = [memoryview(head), *(memoryview(part) for part in job.parts)]
        self._deadline = self._loop.call_later(job.deadline_s, self._overdue)
        self._send()
        if self._unsent:
            self._loop.add_writer(self._sock, self._send)

    def end(self, answer: WorkerLost | TimedOut) -> None:
        """Kill the child and answer its job."""
        self._part()
        self._bury(answer, patience=0)

    def _part(self) -> None:
        """Hear and say nothing more on the socket."""
        self._deadline.cancel()
        if self._sock.fileno() >= 0:
            self._loop.remove_reader(self._sock)
            self._loop.remove_writer(self._sock)
            self._sock.close()
        self._unsent = []

    def _bury(self, answer: WorkerLost | TimedOut | None, *, patience: int) -> None:
        """Wait for the process to end, and end it when patience does; then tell job and pool.

        answer: None asks for how it died.
        """
        if self._buried:
            return
        if self.process.poll() is None:
            if patience <= 0:
                self.process.kill()
            self._loop.call_later(REAP_EVERY_S, lambda: self._bury(answer, patience=patience - 1))
            return
        self._buried = True
        self._listen()
        self._loop.remove_reader(self._stderr)
        self._stderr.close()
        job, self._job = self._job, None
        if job is not None and not job.answer.done():
            job.answer.set_result(answer or WorkerLost(f"the picture worker {self._how_it_died()}"))
        self._pool.lost(self, was_ready=self.is_ready, last_words=self._how_it_died())

    def _how_it_died(self) -> str:
        """Signal or exit status, and the last line of what it said, made safe: it may lie."""
        status = self.process.returncode
        try:
            how = (
                f"was ended by {signal.Signals(-status).name}"
                if status < 0
                else f"ended with status {status}"
            )
        except ValueError:
            how = f"was ended by signal {-status}"
        lines = self._words.decode("ascii", errors="replace").strip().splitlines()
        last = (
            "".join(letter for letter in lines[-1] if letter.isascii() and letter.isprintable())
            if lines
            else ""
        )
        return f"{how}: {last[:LAST_WORDS_MAX]}" if last else how

    def _listen(self) -> None:
        """Keep the tail of what the child writes to its error stream; unread, it would block the child."""
        with contextlib.suppress(BlockingIOError):
            while part := os.read(self._stderr.fileno(), 4096):
                self._words = (self._words + part)[-WORDS_BYTES_MAX:]
            self._loop.remove_reader(self._stderr)

    def _send(self) -> None:
        try:
            while self._unsent:
                sent = self._sock.sendmsg(self._unsent)
                while self._unsent and sent >= len(self._unsent[0]):
                    sent -= len(self._unsent.pop(0))
                if self._unsent and sent:
                    self._unsent[0] = self._unsent[0][sent:]
        except BlockingIOError:
            return  # the loop calls again when there is room
        except OSError:
            self._died()
            return
        self._loop.remove_writer(self._sock)

    def _readable(self) -> None:
        try:
            part = self._sock.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            part = b""
        if not part:
            self._died()
            return
        self._received += part
        if len(self._received) < HEAD.size:
            return
        length, number = HEAD.unpack_from(self._received)
        if length > REPLY_BYTES_MAX:
            self.end(WorkerLost("the picture worker's reply is longer than allowed"))
        elif len(self._received) > HEAD.size + length or number != self._number or self._speaks_unasked():
            self.end(WorkerLost("the picture worker spoke out of turn"))
        elif len(self._received) == HEAD.size + length:
            self._replied(bytes(memoryview(self._received)[HEAD.size :]))

    def _speaks_unasked(self) -> bool:
        return self.is_ready and (self._job is None or bool(self._unsent))

    def _replied(self, reply: bytes) -> None:
        self._received = bytearray()
        self._deadline.cancel()
        job, self._job = self._job, None
        if job is not None and not job.answer.done():
            job.answer.set_result(reply)
        self.is_ready = True
        self._pool.free(self)

    def _overdue(self) -> None:
        self.end(
            TimedOut(self._job.deadline_s)
            if self._job
            else WorkerLost("the picture worker did not start", is_ours=True)
        )

    def _died(self) -> None:
        self._part()
        self._bury(None, patience=REAPS_BEFORE_KILL)


def _spawn(command: Sequence[str], handle: int) -> subprocess.Popen[bytes]:
    known = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return subprocess.Popen(  # noqa: S603 - the command is the house's own
        [*command, str(handle)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,  # a pipe and not ours: hostile pictures make libraries talk
        pass_fds=(handle,),
        env={**known, **ENVIRONMENT},
    )
