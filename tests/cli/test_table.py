"""The table says the worst first, and in a long list counts what is fit."""

import io
from dataclasses import replace

from rich.console import Console

from lenskeeper.base.outcomes import Outcome
from lenskeeper.cli.table import LISTED_MAX, stream_in_short, tally, verdict_table
from lenskeeper.diagnosis.kinds import Diagnosis, Finding, Kind, Severity, Verdict
from lenskeeper.house.check import Checked
from lenskeeper.probing.probe import Probe, StreamFacts
from lenskeeper.probing.targets import parse_target


def checked(name: str, verdict: Verdict, *findings: Finding, outcome: Outcome = Outcome.PLAYING) -> Checked:
    probe = Probe(
        parse_target(f"rtsp://10.0.0.1/{name}"),
        0,
        outcome,
        remark="its words" if outcome != "playing" else "",
    )
    return Checked(probe, Diagnosis(verdict, findings, reason="because"))


def shown(found: list[Checked], *, list_all: bool = False, width: int = 160) -> str:
    page = io.StringIO()
    Console(file=page, width=width).print(verdict_table(found, list_all=list_all, width=width))
    return page.getvalue()


BLUR = Finding(Kind.BLUR, Severity.SEVERE, 0.123, 0.36, "absolute floor")
MIXED = [
    checked("well", Verdict.FIT),
    checked("gone", Verdict.NOT_CHECKABLE, outcome=Outcome.TIMED_OUT),
    checked("soft", Verdict.FAULT, BLUR),
]


def test_the_worst_stands_first_with_its_evidence() -> None:
    lines = shown(MIXED).splitlines()[1:]
    assert [line.split()[0][-4:] for line in lines] == ["gone", "soft", "well"]
    assert "severe blur: 0.123 is below 0.36 (absolute floor)" in lines[1]
    assert "timed_out: its words" in lines[0]


def test_what_a_camera_says_is_text_and_no_markup() -> None:
    """A remark like [/boom] once threw away the report of a whole city."""
    hostile = checked("x", Verdict.NOT_CHECKABLE, outcome=Outcome.NOT_FOUND)
    hostile = replace(hostile, probe=replace(hostile.probe, remark="404 [/boom] [red]:smile:[/]"))
    address = replace(hostile.probe, target=parse_target("rtsp://[fd00::1]:1/x"))
    page = shown([hostile, replace(hostile, probe=address)])
    assert "404 [/boom] [red]:smile:[/]" in page
    assert "rtsp://[fd00::1]:1/x" in page


def test_a_minor_finding_is_a_note_and_no_fault() -> None:
    note = Finding(Kind.STRIPES, Severity.MINOR, 9.3, 6.0, "absolute floor")
    assert "✓ fit" in shown([checked("a", Verdict.FIT, note)])
    assert "note, stripes: 9.3 is above 6 (absolute floor)" in shown([checked("a", Verdict.FIT, note)])


def test_a_long_list_counts_the_fit_ones_and_shows_the_rest() -> None:
    city = [checked(f"well{n}", Verdict.FIT) for n in range(LISTED_MAX)] + MIXED
    assert "well7" not in shown(city)
    assert "soft" in shown(city)
    assert "well7" in shown(city, list_all=True)
    assert tally(city) == "43 looked at: 41 fit, 1 fault, 1 no picture"


def test_a_narrow_screen_keeps_target_verdict_and_reason() -> None:
    page = shown(MIXED, width=100)
    assert "first picture" not in page
    assert "severe blur" in page


def test_unknown_facts_are_left_out_and_a_wrong_clock_is_told() -> None:
    assert stream_in_short(StreamFacts()) == ""
    facts = StreamFacts("h264", "tcp", 1920, 1080, 25.0, 2100.0, 2.0, clock_offset_ms=-3_600_000.0)
    assert stream_in_short(facts) == "h264 1920x1080 25 fps 2.1 Mbit/s key 2 s clock -3,600 s"
    assert "clock" not in stream_in_short(StreamFacts("h264", clock_offset_ms=900.0))
