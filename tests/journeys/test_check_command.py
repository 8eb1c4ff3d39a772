"""`lenskeeper check` from the command line to the exit code, on simulated cameras in another process and on files."""

import contextlib
import csv
import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest
from tests.journeys.clip_files import write

from lenskeeper.cli.simulate import simulated
from lenskeeper.probing.simulator.faults import PictureFault
from lenskeeper.probing.simulator.films import Film, pictures

CITY = ["--cameras", "24", "--faulty", "8", "--seed", "3", "--size", "640x360", "--gops", "3", "--at-key"]


def run(
    *words: str | Path, env: dict[str, str] | None = None, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603  ourselves
        [sys.executable, "-m", "lenskeeper.cli", *map(str, words)],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **(env or {})},
    )


def lines(ran: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in ran.stdout.splitlines()]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The table of targets of a small city that lives as long as this module's tests."""
    with simulated(CITY, tmp_path_factory.mktemp("city") / "targets.csv") as table:
        yield table


def truth(table: Path) -> dict[str, dict[str, str]]:
    with table.open(newline="") as file:
        return {row["target"]: row for row in csv.DictReader(file)}


def test_a_city_is_checked_and_every_planted_fault_is_told_truly(city: Path) -> None:
    ran = run("check", city, "--json")
    found = {line["target"]: line for line in lines(ran)}
    planted = truth(city)
    assert found.keys() == planted.keys()
    wrong = {
        target: (
            row["expected_kinds"],
            row["expected_outcomes"],
            line["outcome"],
            line["verdict"],
            line["kinds"],
        )
        for target, row in planted.items()
        if (line := found[target])["verdict"] != row["expected_verdict"]
        or line["outcome"] not in row["expected_outcomes"].split()
        or not set(row["expected_kinds"].split()) <= {k["kind"] for k in line["kinds"]}
    }
    assert not wrong
    assert ran.returncode == 1
    assert ran.stderr == ""
    for line in found.values():
        assert line["schema"] == 1
        assert line["verdict"] == "not_checkable" or line["outcome"] == "playing"


def test_people_get_a_table_without_colour_where_there_is_no_terminal(city: Path) -> None:
    ran = run("check", city)
    assert "\x1b[" not in ran.stdout
    assert "24 looked at:" in ran.stdout
    assert "✗ fault" in ran.stdout
    assert ran.returncode == 1


def test_targets_come_from_standard_input_too(city: Path) -> None:
    fit = [t for t, row in truth(city).items() if row["expected_verdict"] == "fit"][:3]
    ran = run("check", "-", "--json", stdin="# three\n" + "\n".join(fit) + "\n")
    assert sorted(line["target"] for line in lines(ran)) == sorted(fit)
    assert [line["verdict"] for line in lines(ran)] == ["fit"] * 3
    assert ran.returncode == 0


def test_reachability_asks_and_looks_at_no_picture(city: Path) -> None:
    ran = run("check", city, "--reachability", "--json")
    found = {line["target"]: line["outcome"] for line in lines(ran)}
    down = {t for t, row in truth(city).items() if row["expected_outcomes"] == "refused"}
    assert down
    assert {t for t, outcome in found.items() if outcome == "refused"} == down
    assert all(found[t] == "answers" for t, row in truth(city).items() if row["expected_verdict"] == "fit")


def test_a_password_is_read_from_the_environment_and_seen_nowhere(city: Path) -> None:
    target = next(iter(truth(city)))
    ran = run("check", target, "--user", "admin", "--json", env={"LENSKEEPER_PASSWORD": "needle-in-hay"})
    assert "needle" not in ran.stdout + ran.stderr
    assert run("check", target, "--user", "admin").returncode == 2


WRONG = [
    (["check"], "required"),
    (["check", "rtsp://a:b@127.0.0.1/"], "take the account out"),
    (["check", "none.csv"], "no list at none.csv"),
    (["check", "rtsp://127.0.0.1/", "--looks", "0"], "no whole number from 1 to 1000"),
    (["check", "rtsp://127.0.0.1/", "--every", "soon"], "no number of seconds"),
    (["check", "rtsp://127.0.0.1/", "--credentials", "none.toml"], "no credentials file"),
    (["check", "x.jpg", "--reachability"], "asks cameras only"),
    (["check", "x.jpg", "--reference", "nowhere"], "no picture at nowhere"),
    (["--config", "none.toml", "check", "x.jpg"], "no settings file"),
    (["paint", "x.jpg"], "invalid choice"),
]


@pytest.mark.parametrize(("words", "cure"), WRONG)
def test_a_wrong_command_is_told_its_cure_and_ends_with_2(words: list[str], cure: str) -> None:
    ran = run(*words)
    assert ran.returncode == 2, ran.stdout
    assert cure in ran.stderr
    assert "Traceback" not in ran.stderr


def test_files_are_checked_and_a_missing_one_is_no_error_of_ours(tmp_path: Path) -> None:
    black, text = tmp_path / "black.png", tmp_path / "text.jpg"
    cv2.imwrite(str(black), np.zeros((288, 352, 3), np.uint8))
    text.write_text("no picture")
    ran = run("check", black, text, tmp_path / "none.jpg", tmp_path / "none.mp4", "--json")
    found = {Path(line["target"]).name: (line["outcome"], line["verdict"]) for line in lines(ran)}
    assert found == {
        "black.png": ("playing", "fault"),
        "text.jpg": ("undecodable", "not_checkable"),
        "none.jpg": ("not_found", "not_checkable"),
        "none.mp4": ("not_found", "not_checkable"),
    }
    assert ran.returncode == 1


def test_the_right_account_opens_the_doors_that_want_one(tmp_path: Path) -> None:
    with simulated(
        ["--cameras", "6", "--faulty", "0", "--gops", "1", "--at-key", "--login"], tmp_path / "t.csv"
    ) as table:
        ran = run(
            "check", table, "--user", "operator", "--json", env={"LENSKEEPER_PASSWORD": "harbour-lamp-7"}
        )
        assert [line["verdict"] for line in lines(ran)] == ["fit"] * 6
        accounts = tmp_path / "accounts.toml"
        hosts = {urlsplit(target).hostname for target in truth(table)}
        accounts.write_text("".join(f'["{h}"]\nuser="operator"\npassword="harbour-lamp-7"\n' for h in hosts))
        accounts.chmod(0o600)
        ran = run("check", table, "--credentials", accounts, "--json")
        assert [line["verdict"] for line in lines(ran)] == ["fit"] * 6
        assert "harbour" not in ran.stdout + ran.stderr


def test_a_terminal_gets_colours_and_a_bar(city: Path) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(  # noqa: S603  ourselves
        [sys.executable, "-m", "lenskeeper.cli", "check", city, "--timeout", "3"],
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "120"},
    ):
        os.close(theirs)
        said = b""
        with contextlib.suppress(OSError):  # EIO is how a terminal ends
            while part := os.read(ours, 65536):
                said += part
    os.close(ours)
    assert b"looking" in said
    assert b"/24" in said
    assert b"\x1b[1;31m" in said  # a fault is bold red


def test_a_reader_that_goes_away_ends_the_program_quietly(city: Path) -> None:
    with subprocess.Popen(  # noqa: S603  ourselves
        [sys.executable, "-m", "lenskeeper.cli", "check", city, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdout is not None
        assert program.stderr is not None
        assert json.loads(program.stdout.readline())["schema"] == 1
        program.stdout.close()
        assert "Traceback" not in program.stderr.read()
        assert program.wait(30) in {141, 1}  # 1: it had said everything by then


def test_lines_that_cannot_be_written_are_an_error_and_not_silence(city: Path) -> None:
    with Path("/dev/full").open("w") as full:
        ran = subprocess.run(  # noqa: S603  ourselves
            [sys.executable, "-m", "lenskeeper.cli", "check", city, "--json"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    assert ran.returncode == 2
    assert "standard output cannot be written: No space left" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_list_that_is_no_utf_8_is_told_so() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "lenskeeper.cli", "check", "-"],
        input="rtsp://10.0.0.1/通道\n".encode("gbk"),
        capture_output=True,
        timeout=30,
        check=False,
        env={**os.environ, "PYTHONUTF8": "1"},
    )
    assert ran.returncode == 2
    assert b"UTF-8" in ran.stderr
    assert b"Traceback" not in ran.stderr


@contextlib.contextmanager
def sigint_heard() -> Iterator[None]:
    """A shell starts background jobs with SIGINT ignored, and what they start inherits that: here it is heard."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def test_control_c_shows_what_was_found_so_far(city: Path) -> None:
    with (
        sigint_heard(),
        subprocess.Popen(  # noqa: S603  ourselves
            [sys.executable, "-m", "lenskeeper.cli", "check", city, "--looks", "60"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as program,
    ):
        with contextlib.suppress(subprocess.TimeoutExpired):
            program.wait(6)
        program.send_signal(signal.SIGINT)
        said, told = program.communicate(timeout=30)
    assert program.returncode == 130
    assert "looked at:" in said
    assert "refused" in said  # the camera that is down was known at once
    assert "Traceback" not in told


def test_one_reference_is_not_the_past_of_two_cameras(city: Path, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.full((288, 352, 3), 90, np.uint8))
    ran = run("check", city, "--reference", tmp_path)
    assert ran.returncode == 2
    assert "one camera at a time" in ran.stderr


def test_a_clip_is_checked_by_its_key_frames(tmp_path: Path) -> None:
    street = Film(size=(480, 272), seed=4)
    clip, moved, past = tmp_path / "clip.mp4", tmp_path / "moved.png", tmp_path / "past"
    past.mkdir()
    write(clip, "libx264", pictures(street, count=40, fps=10))
    for n, picture in enumerate(pictures(street, count=6, fps=0.2)):
        cv2.imwrite(str(past / f"2026-11-22-08-{n:02}.png"), picture)
    (elsewhere,) = pictures(replace(street, fault=PictureFault.MOVED, strength=0.6), count=1, fps=1)
    cv2.imwrite(str(moved), elsewhere)
    clip_line, moved_line = lines(
        run("check", clip, moved, "--reference", past, "--looks", "2", "--every", "1", "--json")
    )
    if clip_line["target"] != str(clip):
        clip_line, moved_line = moved_line, clip_line
    assert (clip_line["verdict"], clip_line["looks"], clip_line["stream"]["width_px"]) == ("fit", 2, 480)
    assert "moved" in {k["kind"] for k in moved_line["kinds"]}
