"""Whatever a picture does to a worker, the parent answers with a value and goes on."""

import asyncio
import contextlib
import os
import random
import resource
import secrets
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import uvloop

from lenskeeper.base.codecs import Codec
from lenskeeper.pictures.budget import ByteBudget
from lenskeeper.pictures.encoded import Encoded
from lenskeeper.pictures.pool import TimedOut, WorkerLost, WorkerPool, WorkersDoNotStart
from lenskeeper.pictures.worker import JOB_BYTES_MAX

ODD_WORKER = str(Path(__file__).parent / "odd_worker.py")


def a_pool(
    workers: int = 1, kind: str = "plain", *, deadline_s: float = 10, start_deadline_s: float = 30
) -> WorkerPool:
    command = [sys.executable, ODD_WORKER, kind]
    return WorkerPool(command, workers=workers, deadline_s=deadline_s, start_deadline_s=start_deadline_s)


@pytest.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    async with a_pool(deadline_s=5) as pool:
        yield pool


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


@pytest.mark.parametrize(
    ("job", "reason"),
    [
        (b"segfault:", "SIGSEGV"),
        (b"exit:3", "status 3"),
        (b"raise:x", "ValueError at"),
        (b"memory:3000000000", "MemoryError at"),
        (b"too-long:", "longer than allowed"),
        (b"wrong-number:", "out of turn"),
    ],
)
async def test_a_worker_that_fails_is_answered_for_and_replaced(
    pool: WorkerPool, job: bytes, reason: str
) -> None:
    answer = await pool.look(job)
    assert isinstance(answer, WorkerLost)
    assert reason in answer.reason
    assert await pool.look(b"echo:again") == b"again"
    assert pool.restarts == 1


async def test_a_worker_that_hangs_is_ended_at_the_deadline(pool: WorkerPool) -> None:
    (pid,) = pool.pids()
    assert await pool.look(b"sleep:60", deadline_s=0.2) == TimedOut(after_s=0.2)
    assert not is_alive(pid)
    assert await pool.look(b"echo:again") == b"again"


async def test_a_reply_too_many_is_never_the_answer_to_the_next_job(pool: WorkerPool) -> None:
    assert await pool.look(b"twice:1") == b"one"
    answer = await pool.look(b"sleep:1")
    assert answer == WorkerLost("the picture worker spoke out of turn")


async def test_a_worker_that_speaks_unasked_is_replaced(pool: WorkerPool) -> None:
    assert await pool.look(b"twice:1") == b"one"
    await asyncio.sleep(0.3)
    assert pool.restarts == 1
    assert await pool.look(b"echo:again") == b"again"


async def test_one_job_fails_and_those_beside_it_do_not() -> None:
    async with a_pool(2) as pool:
        jobs = [b"segfault:" if n == 5 else b"echo:%d" % n for n in range(12)]
        answers = await asyncio.gather(*(pool.look(job) for job in jobs))
    assert [n for n, answer in enumerate(answers) if isinstance(answer, WorkerLost)] == [5]
    assert [answer for n, answer in enumerate(answers) if n != 5] == [b"%d" % n for n in range(12) if n != 5]


async def test_jobs_of_every_length_arrive_whole(pool: WorkerPool) -> None:
    for length in (0, 1, 100, 330_000, JOB_BYTES_MAX - 7):
        assert (
            await pool.look(b"length:", bytearray(length // 2), bytes(length - length // 2)) == b"%d" % length
        )


async def test_a_talkative_library_does_not_block_its_worker(pool: WorkerPool) -> None:
    for _ in range(3):
        assert await pool.look(b"talk:") == b"talked"


async def test_a_job_that_is_called_off_does_not_answer_the_next(pool: WorkerPool) -> None:
    running = asyncio.create_task(pool.look(b"sleep:0.2"))
    waiting = asyncio.create_task(pool.look(b"echo:never"))
    await asyncio.sleep(0.05)
    running.cancel()
    waiting.cancel()
    assert await pool.look(b"echo:mine") == b"mine"
    assert pool.restarts == 0


async def test_an_exception_in_a_worker_says_where_and_never_what(pool: WorkerPool) -> None:
    answer = await pool.look(b"raise:the very pixels")
    assert isinstance(answer, WorkerLost)
    assert "pixels" not in answer.reason


async def test_a_worker_knows_none_of_our_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LENSKEEPER_PASSWORD", "secret")
    async with a_pool() as pool:
        names = await pool.look(b"environment:")
    assert isinstance(names, bytes)
    assert b"LENSKEEPER_PASSWORD" not in names


async def test_a_worker_can_be_neither_dumped_nor_read_nor_write_a_file(
    pool: WorkerPool, tmp_path: Path
) -> None:
    assert await pool.look(b"dumpable:") == b"0"
    (pid,) = pool.pids()
    assert resource.prlimit(pid, resource.RLIMIT_CORE) == (0, 0)
    assert await pool.look(b"write:", os.fsencode(tmp_path / "picture")) == b"OSError"
    assert (tmp_path / "picture").stat().st_size == 0  # made, but not one byte went in


def test_a_crash_leaves_nothing_of_the_picture_on_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def crash(job: bytes) -> None:
        async with a_pool() as pool:
            for _ in range(2):
                assert isinstance(await pool.look(b"segfault:", job), WorkerLost)

    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(
        resource.RLIMIT_CORE, (hard, hard)
    )  # as generous as we may be: the child sees to itself
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    pattern = Path("/proc/sys/kernel/core_pattern").read_text(encoding="utf-8").strip()
    places = {tmp_path, Path("/tmp"), Path(pattern).parent if pattern.startswith("/") else tmp_path}  # noqa: S108
    before = {entry for place in places for entry in place.iterdir()}
    mark = secrets.token_bytes(64)
    began_s = time.time()  # noqa: TID251 - compared with times of files
    try:
        asyncio.run(crash(mark * 1000))
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))
    after = {entry for place in places for entry in place.iterdir()}
    assert not [entry for entry in after - before if entry.name.startswith("core")]
    for entry in after:
        with contextlib.suppress(FileNotFoundError, PermissionError):  # others use the folder too
            if entry.is_file() and entry.stat().st_mtime >= began_s - 1:
                assert mark not in entry.read_bytes(), entry


async def test_workers_that_do_not_start_are_an_error_that_names_the_cure() -> None:
    with pytest.raises(WorkersDoNotStart, match=r"status 1: no such library.*by hand"):
        async with a_pool(kind="dies-at-start"):
            pass
    with pytest.raises(WorkersDoNotStart, match="by hand"):
        async with a_pool(kind="never-ready", start_deadline_s=0.05):
            pass
    with pytest.raises(WorkersDoNotStart, match="No such file"):
        async with WorkerPool(["/no/such/program"], workers=1):
            pass


async def test_workers_that_no_longer_start_are_not_started_in_a_hot_loop() -> None:
    async with a_pool() as pool:
        pool.command = (sys.executable, ODD_WORKER, "dies-at-start")
        assert isinstance(await pool.look(b"segfault:"), WorkerLost)
        answer = await pool.look(b"echo:x")
        assert answer == WorkerLost(
            "no picture worker starts: ended with status 1: no such library", is_ours=True
        )
        assert pool.restarts <= 4
        assert await pool.look(b"echo:x") == answer
        pool.command = (sys.executable, ODD_WORKER, "plain")
        for _ in range(200):
            if await pool.look(b"echo:x") == b"x":
                return
            await asyncio.sleep(0.05)
        pytest.fail("it never came back")


async def test_no_look_begins_while_enough_jobs_wait() -> None:
    async with a_pool() as pool:
        jobs = [asyncio.create_task(pool.look(b"sleep:0.1")) for _ in range(4)]
        await asyncio.sleep(0.02)
        entered = asyncio.Event()

        async def enter() -> None:
            async with pool.reserve(1000) as reservation:
                assert reservation.held_bytes == pool.budget.used_bytes == 1000
                entered.set()

        newcomer = asyncio.create_task(enter())
        await asyncio.sleep(0.02)
        assert not entered.is_set()
        await asyncio.gather(*jobs, newcomer)
        assert entered.is_set()


async def test_the_children_end_with_the_pool_and_nobody_is_left_waiting() -> None:
    async with a_pool(2) as pool:
        pids = pool.pids()
        jobs = [asyncio.create_task(pool.look(b"sleep:60")) for _ in range(4)]
        await asyncio.sleep(0.05)
    assert await asyncio.gather(*jobs) == [WorkerLost("the picture workers are closed", is_ours=True)] * 4
    assert not any(map(is_alive, pids))
    assert isinstance(await pool.look(b"echo:x"), WorkerLost)


def test_the_children_end_with_their_parent_even_amid_a_job() -> None:
    program = textwrap.dedent(f"""
        import asyncio, sys
        from lenskeeper.pictures.pool import WorkerPool
        async def main():
            async with WorkerPool([sys.executable, {ODD_WORKER!r}, "plain"], workers=2) as pool:
                job = asyncio.create_task(pool.look(b"sleep:60", deadline_s=60))
                await pool.look(b"echo:ready")
                print(*pool.pids(), flush=True)
                await job
        asyncio.run(main())
    """)
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:  # noqa: S603 - ours
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 2
        parent.send_signal(signal.SIGKILL)
    for _ in range(100):
        if not any(map(is_alive, pids)):
            return
        time.sleep(0.05)
    pytest.fail("children outlive their parent")


def test_it_works_on_uvloop_too() -> None:
    async def main() -> None:
        async with a_pool(deadline_s=5) as pool:
            assert await pool.look(b"length:", bytes(2_000_000)) == b"2000000"
            assert isinstance(await pool.look(b"segfault:"), WorkerLost)
            assert isinstance(await pool.look(b"sleep:9", deadline_s=0.1), TimedOut)
            assert await pool.look(b"echo:again") == b"again"

    uvloop.run(main())


@pytest.mark.parametrize("codec", list(Codec))
async def test_mutated_pictures_never_hurt_the_parent(
    street: Callable[..., object], filmed: Callable[..., Encoded], codec: Codec
) -> None:
    """Bits flipped, bytes cut, doubled and replaced, 100 seeded times for each codec."""
    data = filmed(street(96, 96), codec).data
    dice = random.Random(f"mutated {codec}")
    head = codec.value.encode() + b":"
    async with a_pool(deadline_s=5) as pool:
        assert await pool.look(head, data) == b"planes"
        for _ in range(100):
            bad = bytearray(data)
            for _ in range(dice.choice([1, 2, 8, 64])):
                at = dice.randrange(len(bad))
                match dice.randrange(4):
                    case 0:
                        bad[at] ^= 1 << dice.randrange(8)
                    case 1:
                        del bad[at : at + dice.randrange(1, 40)]
                    case 2:
                        bad[at:at] = bad[at : at + dice.randrange(1, 40)]
                    case _:
                        bad[at : at + 8] = dice.randbytes(8)
                if not bad:
                    break
            assert isinstance(await pool.look(head, bytes(bad)), bytes | WorkerLost | TimedOut)
        assert await pool.look(head, data) == b"planes"


async def test_a_smaller_budget_can_be_handed_in() -> None:
    async with (
        WorkerPool([sys.executable, ODD_WORKER, "plain"], workers=1, budget=ByteBudget(1000, 500)) as pool,
        pool.reserve(10_000) as reservation,
    ):
        assert reservation.held_bytes == 500
