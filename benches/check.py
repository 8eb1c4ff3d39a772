"""One full check: our visit, decode and score, against the usual ways to fetch a frame, and against libavcodec's limit.

    ./run bench check [--rounds N] [--only STREAM]

CPU is user and system time of the client and its children; the cameras are another process. Each way scores what it
fetched with the same battery. `decode + score` is the limit: the same key frames, already in memory, in a process with
the picture worker's environment. Ways take turns round by round; each figure is the median of the rounds.
"""

import argparse
import csv
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import av
import cv2
import numpy as np

from bench import broken, fleet, keep
from lenskeeper.base.codecs import Codec
from lenskeeper.diagnosis.checks import measure
from lenskeeper.house.check import Checker, CheckOrder, prober_of
from lenskeeper.house.process import picture_workers, raise_file_limit, run_loop
from lenskeeper.house.settings import Settings
from lenskeeper.pictures.decode import decode, planes_of
from lenskeeper.pictures.encoded import Encoded
from lenskeeper.pictures.planes import Planes
from lenskeeper.pictures.pool import ENVIRONMENT, WorkerPool
from lenskeeper.pictures.reduce import from_yuv
from lenskeeper.pictures.undecodable import Undecodable
from lenskeeper.probing.look import look_at
from lenskeeper.probing.probe import ONE_LOOK, KeyFrame
from lenskeeper.probing.sweep import sweep
from lenskeeper.probing.targets import Target, parse_target

FFMPEG: Final = "ffmpeg"
OF_1080P: Final = ("--size", "1920x1080", "--fps", "25", "--gop", "50", "--gops", "1", "--cameras", "2")
OF_SUB: Final = (
    "--size",
    "640x360",
    "--fps",
    "25",
    "--gop",
    "25",
    "--gops",
    "1",
    "--cameras",
    "500",
    "--kbps",
    "512",
)
FFMPEG_CAPTURE: Final = "rtsp_transport;tcp"


@dataclass(frozen=True, slots=True)
class Stream:
    """What the cameras send, and how many checks a way does in a round. batch: of ours, looked at together."""

    name: str
    options: tuple[str, ...]
    ways: tuple[str, ...]
    many: int = 20
    batch: int = 1


PEERS: Final = ("ffmpeg", "VideoCapture", "av.open")
AT_KEY: Final = ("--at-key",)
STREAMS: Final = (
    Stream("1080p H.264, large IDR", (*OF_1080P, "--codec", "h264", "--kbps", "7800", *AT_KEY), ("ours", "limit", *PEERS)),
    Stream("1080p H.264, large IDR, live", (*OF_1080P, "--codec", "h264", "--kbps", "7800"), ("ours", "limit", *PEERS), 12, 4),
    Stream("1080p H.264, small IDR", (*OF_1080P, "--codec", "h264", "--kbps", "1650", *AT_KEY), ("ours", "limit", *PEERS)),
    Stream("1080p H.265", (*OF_1080P, "--codec", "h265", "--kbps", "2000", *AT_KEY), ("ours", "limit", *PEERS)),
    Stream("640x360 H.264", (*OF_SUB, "--codec", "h264", *AT_KEY), ("ours", "limit", *PEERS), 100),
    Stream("640x360 H.264, live", (*OF_SUB, "--codec", "h264"), ("ours", "limit", *PEERS), 100, 50),
    Stream("640x360 H.264, 500 in flight", (*OF_SUB, "--codec", "h264", *AT_KEY), ("ours", "limit"), 500, 500),
    Stream("1080p JPEG still", (*OF_1080P, "--codec", "jpeg", "--stills"), ("ours", "limit", "imdecode"), 30),
)  # fmt: skip


# -- the ways: each takes targets and returns the milliseconds of decoding and of scoring, where it knows them


def score(planes: Planes | Undecodable) -> None:
    assert isinstance(planes, Planes)
    measure(planes)


def by_ffmpeg(target: Target) -> None:
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "x.jpg"
        command = [FFMPEG, "-nostdin", "-loglevel", "error", "-rtsp_transport", "tcp", "-i", target.name]
        subprocess.run([*command, "-frames:v", "1", str(picture)], check=True, timeout=30)
        score(decode(Encoded(Codec.JPEG, picture.read_bytes())))


def by_video_capture(target: Target) -> None:
    capture = cv2.VideoCapture(target.name, cv2.CAP_FFMPEG)
    got, picture = capture.read()
    capture.release()
    assert got
    height = picture.shape[0]
    yuv = cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420)
    u, v = yuv[height:].reshape(2, height // 2, -1).astype("uint8", copy=False)
    luma = yuv[:height].astype("uint8", copy=False)
    score(from_yuv(luma, (u, v), bits=8, full_range=False, decoder_errors=0))


def by_av_open(target: Target) -> None:
    with av.open(target.name, options={"rtsp_transport": "tcp"}) as container:
        score(planes_of(next(container.decode(video=0))))


def by_imdecode(target: Target) -> None:
    with urllib.request.urlopen(target.name, timeout=10) as answer:  # noqa: S310 - our own camera
        data = np.frombuffer(answer.read(), np.uint8)
    picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert picture is not None
    luma = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY).astype("uint8", copy=False)
    score(from_yuv(luma, None, bits=8, full_range=True, decoder_errors=0))


ONE_BY_ONE: Final[dict[str, Callable[[Target], None]]] = {
    "ffmpeg": by_ffmpeg,
    "VideoCapture": by_video_capture,
    "av.open": by_av_open,
    "imdecode": by_imdecode,
}


# -- one way in a process of its own: a line with a number of checks in, a line of figures out


def spent_ms() -> float:
    """Processor time of this process and of the children that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (time.process_time() + children.ru_utime + children.ru_stime) * 1000


def workers_ms(pool: WorkerPool) -> float:
    """Processor time of the picture workers, which live on."""
    tasks = [task for pid in pool.pids() for task in Path(f"/proc/{pid}/task").iterdir()]
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e6


def answer(n: int, cpu_ms: float, began: float, **more: float) -> None:
    wall_ms = (time.perf_counter() - began) * 1000
    print(json.dumps({"cpu_ms": cpu_ms / n, "wall_ms": wall_ms / n, **more}), flush=True)


def orders(targets: list[Target]) -> Iterator[list[Target]]:
    """For each line that comes, the targets to check: so many, going round and round."""
    turn = 0
    for line in sys.stdin:
        n = int(line)
        yield [targets[(turn + i) % len(targets)] for i in range(n)]
        turn += n


def serve_one_by_one(check: Callable[[Target], None], targets: list[Target]) -> None:
    os.environ["OPENCV_FFMPEG_CAPTURE_OPTIONS"] = FFMPEG_CAPTURE
    for wanted in orders(targets):
        began, before = time.perf_counter(), spent_ms()
        for target in wanted:
            check(target)
        answer(len(wanted), spent_ms() - before, began)


async def serve_ours(targets: list[Target], batch: int) -> None:
    settings = Settings()
    async with picture_workers(settings.pictures) as pool:
        checker = Checker(prober_of(CheckOrder(), settings), pool, looks=ONE_LOOK)
        for wanted in orders(targets):
            before, worked = spent_ms(), workers_ms(pool)
            began, network_ms = time.perf_counter(), -time.process_time() * 1000

            async def one(target: Target) -> None:
                checked = await checker.check(target)
                assert checked.looks == 1, checked

            await sweep(wanted, one, in_flight=batch, per_host=batch, failed=broken)
            network_ms += time.process_time() * 1000
            cpu_ms = spent_ms() - before + workers_ms(pool) - worked
            answer(len(wanted), cpu_ms, began, network_ms=network_ms / len(wanted))


async def key_frames(targets: list[Target]) -> list[Encoded]:
    """One key frame of each, for the limit."""
    frames: list[KeyFrame] = []
    prober = prober_of(CheckOrder(), Settings())
    for target in targets:
        await look_at(target, prober, ONE_LOOK, frames.append)
    return [frame.encoded for frame in frames]


def serve_limit(targets: list[Target]) -> None:
    pictures = run_loop(key_frames(targets[:12]))
    cv2.setNumThreads(1)
    size_kb = statistics.fmean(len(picture.data) for picture in pictures) / 1000
    turn = 0
    for line in sys.stdin:
        began, n, decode_s, score_s = time.perf_counter(), int(line), 0.0, 0.0
        for _ in range(n):
            at = time.process_time()
            planes = decode(pictures[turn % len(pictures)])
            decode_s, at = decode_s + time.process_time() - at, time.process_time()
            score(planes)
            score_s += time.process_time() - at
            turn += 1
        each = {"decode_ms": decode_s * 1000 / n, "score_ms": score_s * 1000 / n, "size_kb": size_kb}
        answer(n, (decode_s + score_s) * 1000, began, **each)


def serve(way: str, table: Path, batch: int) -> None:
    with table.open(newline="") as file:
        targets = [parse_target(row["target"]) for row in csv.DictReader(file)]
    raise_file_limit(batch)
    if way == "ours":
        run_loop(serve_ours(targets, batch))
    elif way == "limit":
        serve_limit(targets)
    else:
        serve_one_by_one(ONE_BY_ONE[way], targets)


# -- the turns


@contextmanager
def child(way: str, table: Path, batch: int) -> Iterator[Callable[[int], dict[str, float]]]:
    """A way, ready to be asked for checks."""
    command = [sys.executable, sys.argv[0], "--way", way, "--table", str(table), "--batch", str(batch)]
    environment = os.environ | (ENVIRONMENT if way == "limit" else {})
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        pipe, out = process.stdin, process.stdout

        def checks(n: int) -> dict[str, float]:
            pipe.write(f"{n}\n")
            pipe.flush()
            line = out.readline()
            if not line:
                raise SystemExit(f"{way} came to nothing; its own message stands above")
            figures: dict[str, float] = json.loads(line)
            return figures

        try:
            yield checks
        finally:
            pipe.close()


def taken(stream: Stream, rounds: int) -> dict[str, dict[str, Any]]:
    """Every way of one stream, in turns: medians over the rounds, and how far the rounds' CPU lies apart."""
    absent = {"ffmpeg"} if shutil.which(FFMPEG) is None else set()
    with fleet("--faulty", "0", *stream.options) as table, ExitStack() as children:
        ways = {
            way: children.enter_context(child(way, table, stream.batch))
            for way in stream.ways
            if way not in absent
        }
        many = {way: stream.many if way in {"ours", "limit"} else 1 for way in ways}
        for way, checks in ways.items():  # warm up
            checks(min(many[way], 50))
        found: dict[str, list[dict[str, float]]] = {way: [] for way in ways}
        for _ in range(rounds):
            for way, checks in ways.items():
                found[way].append(checks(many[way]))
    out: dict[str, dict[str, Any]] = {way: {"absent": True} for way in absent}
    for way, runs in found.items():
        out[way] = {key: statistics.median(run[key] for run in runs) for key in runs[0]}
        out[way] |= {"checks": rounds * many[way], "cpu_ms_rounds": [round(run["cpu_ms"], 2) for run in runs]}
    return out


def ratios_of(ways: dict[str, dict[str, Any]]) -> dict[str, float]:
    """What is promised: ours against the limit, and every peer against ours."""
    ours = ways["ours"]["cpu_ms"]
    found = {"ours / (decode + score)": ours / ways["limit"]["cpu_ms"]}
    peers = [way for way in ways if way not in {"ours", "limit"} and "cpu_ms" in ways[way]]
    return found | {f"{way} / ours": ways[way]["cpu_ms"] / ours for way in peers}


def rows_of(stream: Stream, ways: dict[str, dict[str, Any]]) -> Iterator[list[str]]:
    ours = ways["ours"]["cpu_ms"]
    size = f"{ways['limit']['size_kb']:.0f}"
    for way, figures in ways.items():
        name = {"limit": "decode + score", "imdecode": "urllib + cv2.imdecode"}.get(way, way)
        if "absent" in figures:
            yield [stream.name, size, name, "not installed", "", "", "", "", ""]
            continue
        spread = figures["cpu_ms_rounds"]
        parts = [f"{figures[key]:.2f}" if key in figures else "" for key in ("network_ms", "score_ms")]
        yield [
            stream.name, size, name, f"{figures['cpu_ms']:.2f}", f"{min(spread):.1f} to {max(spread):.1f}",
            f"{figures['wall_ms']:.1f}", f"{figures['cpu_ms'] / ours:.2f} x", str(figures["checks"]), " + ".join(filter(None, parts)),
        ]  # fmt: skip


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=4)
    options.add_argument("--only", help="streams whose name holds this")
    options.add_argument("--way")
    options.add_argument("--table", type=Path)
    options.add_argument("--batch", type=int, default=1)
    given = options.parse_args()
    if given.way:
        serve(given.way, given.table, given.batch)
        return
    streams: dict[str, Any] = {}
    head = [
        "stream",
        "IDR kB",
        "way",
        "CPU ms",
        "rounds",
        "wall ms each",
        "CPU against ours",
        "checks",
        "network, or score, ms",
    ]
    rows = [head]  # fmt: skip
    for stream in STREAMS:
        if given.only and given.only not in stream.name:
            continue
        ways = taken(stream, given.rounds)
        streams[stream.name] = {"ways": ways, "ratios": {k: round(r, 3) for k, r in ratios_of(ways).items()}}
        rows += rows_of(stream, ways)
        print(stream.name, streams[stream.name]["ratios"], file=sys.stderr)
    keep("check", {"streams": streams}, rows)


if __name__ == "__main__":
    main()
