"""Plans, truths and the process that plays them."""

import asyncio
import csv
import json
import ssl
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import trustme
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.probing.simulator_kit import REAL_CLOCK, SMALL, talk

from lenskeeper.base.codecs import Codec
from lenskeeper.base.errors import Invalid
from lenskeeper.base.outcomes import Outcome
from lenskeeper.probing.simulator import clips, entry, fleet
from lenskeeper.probing.simulator.cameras import Evidence, Route, SimulatedCamera
from lenskeeper.probing.simulator.faults import PictureFault
from lenskeeper.probing.simulator.fleet import FleetPlan, Ports, account, address_of, city, ill
from lenskeeper.probing.simulator.running import running
from lenskeeper.probing.simulator.troubles import ENDS, Trouble, ends

ROOT = Path(__file__).parents[2]


@settings(max_examples=25)
@given(st.integers(0, 80), st.integers(0, 80), st.integers(0, 99))
def test_a_plan_has_exactly_as_many_faulty_cameras_as_it_was_told(
    cameras: int, faulty: int, seed: int
) -> None:
    if faulty > cameras:
        with pytest.raises(Invalid):
            city(cameras, faulty=faulty, seed=seed)
        return
    plan = city(cameras, faulty=faulty, seed=seed)
    assert sum(c.trouble is not None or c.clip.film.fault is not None for c in plan.cameras) == faulty
    assert plan == city(cameras, faulty=faulty, seed=seed)
    assert len(plan.truths(Ports())) == cameras
    assert not any(c.trouble or c.clip.film.fault for c in plan.healthy().cameras)


def test_a_dozen_faulty_cameras_have_a_dozen_faults() -> None:
    plan = city(200, faulty=12, seed=1)
    sick = {(c.trouble, c.clip.film.fault) for c in plan.cameras if c.trouble or c.clip.film.fault}
    assert len(sick) == 12


@given(st.lists(st.integers(0, fleet.CAMERAS_MAX - 1), min_size=2, max_size=2, unique=True))
def test_addresses_are_loopback_and_none_is_given_twice(pair: list[int]) -> None:
    one, other = map(address_of, pair)
    assert one != other
    for address in (one, other):
        parts = [int(p) for p in address.split(".")]
        assert parts[0] == 127
        assert parts[1] >= 16
        assert 1 <= parts[3] <= 254
        assert max(parts) <= 255


def test_no_truth_is_without_an_outcome_and_no_target_carries_a_password() -> None:
    for trouble in Trouble:
        assert ends(trouble)
        assert ends(trouble) <= set(Outcome)
    assert set(ENDS) <= set(Trouble)
    plan = city(30, faulty=10, seed=2, login=account())
    assert plan.credentials()
    assert not any("@" in target for target in plan.targets(Ports()))
    assert "harbour" not in repr(plan)


@pytest.mark.parametrize(
    ("fault", "verdict", "kinds", "evidence"),
    [
        (PictureFault.BLUR, "fault", frozenset({"blur"}), Evidence.ONE_LOOK),
        (PictureFault.MOVED, "fault", frozenset({"moved"}), Evidence.REFERENCE),
        (PictureFault.FROZEN, "fault", frozenset({"frozen"}), Evidence.LOOKS),
        (PictureFault.FOG, "low_visibility", frozenset(), Evidence.ONE_LOOK),
        (PictureFault.STATIC_LOW_BITRATE, "fit", frozenset(), Evidence.ONE_LOOK),
    ],
)
def test_the_truth_of_a_fault(
    fault: PictureFault, verdict: str, kinds: frozenset[str], evidence: Evidence
) -> None:
    truth = ill(SimulatedCamera("127.16.0.1"), fault).truth()
    assert (truth.verdict, truth.kinds, truth.evidence) == (verdict, kinds, evidence)
    assert truth.outcomes == {Outcome.PLAYING}


def test_a_trouble_that_a_jpeg_cannot_have_comes_with_another_codec() -> None:
    for codec in (Codec.H264, Codec.H265, Codec.JPEG):
        camera = SimulatedCamera("127.16.0.1", clip=replace(SMALL, codec=codec))
        sent = ill(camera, Trouble.UNDECODABLE).clip.codec
        assert sent is (Codec.H264 if codec is Codec.JPEG else codec)
        still = ill(replace(camera, route=Route.HTTP), Trouble.UNDECODABLE)
        assert still.clip.codec is codec


async def test_tls_is_spoken_where_the_plan_has_it_and_refused_without_a_certificate() -> None:
    camera = SimulatedCamera("127.16.0.1", route=Route.RTSPS, clip=SMALL)
    with pytest.raises(Invalid, match="certificate"):
        async with running(FleetPlan((camera,)), REAL_CLOCK):
            pass
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.16.0.1").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    async with running(FleetPlan((camera,)), REAL_CLOCK, tls=server) as live:
        url = live.targets()[0]
        assert url.startswith("rtsps://")
        reader, writer = await asyncio.open_connection("127.16.0.1", live.ports.rtsps, ssl=client)
        writer.write(f"DESCRIBE {url} RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode())
        assert (await reader.readline()) == b"RTSP/1.0 200 OK\r\n"
        writer.close()


async def test_a_port_that_is_taken_is_named() -> None:
    plan = FleetPlan((SimulatedCamera("127.16.0.1", clip=SMALL),))
    async with running(plan, REAL_CLOCK) as live:
        with pytest.raises(Invalid, match="--port"):
            async with running(plan, REAL_CLOCK, port=live.ports.rtsp):
                pass


async def test_many_addresses_answer_on_one_socket() -> None:
    plan = city(3_000, codecs=[Codec.H264], size=(160, 96), views={Codec.H264: 1})
    plan = FleetPlan(tuple(replace(c, clip=SMALL) for c in plan.cameras))
    async with running(plan, REAL_CLOCK) as live:

        async def status(url: str) -> int:
            async with talk(url) as t:
                return (await t.ask("OPTIONS")).status

        assert await asyncio.gather(*(status(u) for u in live.targets()[::60])) == [200] * 50


def test_clips_are_kept_between_runs_and_only_whole_ones_are_taken(tmp_path: Path) -> None:
    clip = clips.clip(SMALL, tmp_path)
    (kept,) = tmp_path.glob("*.clip")
    assert clips.clip(SMALL, tmp_path).units == clip.units
    kept.write_bytes(kept.read_bytes()[:-1])
    assert clips.clip(SMALL, tmp_path).units == clip.units
    kept.write_bytes(b"rubbish")
    assert clips.clip(SMALL, tmp_path).units == clip.units
    assert (
        clips.clip(SMALL, Path("/proc/nowhere")).units == clip.units
    )  # a folder that cannot be is no reason to stop


def test_the_command_line_is_a_plan_and_wrong_ones_say_what_would_be_right() -> None:
    args = entry.options().parse_args(
        ["--cameras", "9", "--faulty", "2", "--codec", "h265", "--size", "320x192"]
    )
    plan = entry.plan_of(args)
    assert len(plan.cameras) == 9
    assert plan.cameras[0].clip.film.size == (320, 192)
    for wrong in (["--cameras", "3", "--faulty", "4"], ["--size", "big"], ["--size", "641x360"]):
        assert entry.main([*wrong, "--for-s", "0.1", "--port", "0", "--no-cache"], REAL_CLOCK) == 2


PROGRAM = """
import sys
sys.path[:0] = [{src!r}, {root!r}]
from tests.probing.simulator_kit import REAL_CLOCK
from lenskeeper.probing.simulator.entry import main
sys.exit(main(sys.argv[1:], REAL_CLOCK))
"""


@pytest.mark.parametrize("end", ["input closed", "terminated", "time over"])
async def test_the_process_tells_when_it_is_ready_and_ends_by_itself(end: str, tmp_path: Path) -> None:
    table = tmp_path / "targets.csv"
    options = [
        "--cameras",
        "6",
        "--faulty",
        "1",
        "--size",
        "160x96",
        "--gops",
        "2",
        "--port",
        "0",
        "--no-cache",
    ]
    options += [
        "--codec",
        "h264",
        "--targets-csv",
        str(table),
        "--for-s",
        "0.3" if end == "time over" else "60",
    ]
    program = PROGRAM.format(src=str(ROOT / "src"), root=str(ROOT))
    run = await asyncio.create_subprocess_exec(
        sys.executable, "-c", program, *options, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert run.stdout is not None
    assert run.stdin is not None
    try:
        ready = json.loads(await asyncio.wait_for(run.stdout.readline(), 30))
        assert ready["ready"] is True
        with table.open() as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == 6
        if end == "input closed":
            async with talk(next(r["target"] for r in rows if r["expected_outcomes"] == "playing")) as t:
                assert (await t.ask("OPTIONS")).status == 200
            run.stdin.close()
        elif end == "terminated":
            run.terminate()
        last = json.loads(await asyncio.wait_for(run.stdout.readline(), 10))
        assert last["ready"] is False
        assert last["visits"]["methods"] == ({"OPTIONS": 1} if end == "input closed" else {})
        assert await asyncio.wait_for(run.wait(), 10) == 0
    finally:
        if run.returncode is None:
            run.kill()
            await run.wait()
