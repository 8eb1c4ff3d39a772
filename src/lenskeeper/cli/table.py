"""What was found, as a table for people."""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from lenskeeper.base.outcomes import Outcome
from lenskeeper.diagnosis.kinds import Finding, Severity, Verdict
from lenskeeper.house.check import Checked
from lenskeeper.probing.probe import StreamFacts
from lenskeeper.probing.sweep import Knock

WIDE_CHARS: Final = 130
LISTED_MAX: Final = 40  # rows; in a longer list what is fit is counted and what is not is shown
# A mark beside the colour: colour alone is lost on paper, on a log and on one reader in twelve.
MARKS: Final = {
    Verdict.FIT: ("✓ fit", "green"),
    Verdict.FAULT: ("✗ fault", "bold red"),
    Verdict.LOW_VISIBILITY: ("≈ low visibility", "cyan"),
    Verdict.NOT_CHECKABLE: ("? not checkable", "yellow"),
}
NO_PICTURE: Final = (
    "✗ no picture",
    "bold red",
)  # not checkable too, but nobody doubts that something is wrong
ORDER: Final = (Verdict.FAULT, Verdict.NOT_CHECKABLE, Verdict.LOW_VISIBILITY, Verdict.FIT)


def verdict_table(found: Sequence[Checked], *, list_all: bool, width: int) -> Table:
    """One row a target, the worst first; in a long list the fit ones are left to the count.

    width: of the screen, in characters; a narrow one leaves the stream's facts to --json.
    """
    wide = width >= WIDE_CHARS
    table = _table("target", "verdict", "what and why", *(("stream", "first picture") if wide else ()))
    for checked in sorted(found, key=_rank):
        if checked.diagnosis.verdict is Verdict.FIT and not list_all and len(found) > LISTED_MAX:
            continue
        first_ms = checked.probe.first_frame_ms
        facts = (stream_in_short(checked.probe.stream), f"{first_ms:,.0f} ms" if first_ms is not None else "")
        words, colour = mark_of(checked)
        cells = (checked.probe.target.name, what_and_why(checked), *(facts if wide else ()))
        # Text, not markup: a camera's words may hold square brackets, and so does an IPv6 address.
        target, why, *rest = (Text(cell) for cell in cells)
        table.add_row(target, Text(words, style=colour), why, *rest)
    return table


def mark_of(checked: Checked) -> tuple[str, str]:
    """The verdict in two words, and its colour."""
    return MARKS[checked.diagnosis.verdict] if checked.probe.outcome is Outcome.PLAYING else NO_PICTURE


def _rank(checked: Checked) -> tuple[int, str]:
    """No picture first, by outcome; then the verdicts in their order."""
    if checked.probe.outcome is not Outcome.PLAYING:
        return (-1, checked.probe.outcome)
    return (ORDER.index(checked.diagnosis.verdict), "")


def what_and_why(checked: Checked) -> str:
    """The findings, each with figure and limit, or why there is no verdict; empty for a camera with nothing to note."""
    if checked.probe.outcome is not Outcome.PLAYING:
        return f"{checked.probe.outcome}: {checked.probe.remark}"
    said = [_in_words(finding) for finding in checked.diagnosis.findings]
    if checked.diagnosis.verdict is Verdict.NOT_CHECKABLE:
        said.insert(0, checked.diagnosis.reason)
    if checked.probe.remark:
        said.append(checked.probe.remark)
    return "\n".join(said)


def _in_words(finding: Finding) -> str:
    """severe blur: 0.259 is below 0.36 (absolute floor); a minor one is a note and no fault."""
    side = "below" if finding.figure < finding.limit else "above"
    grade = "note," if finding.severity is Severity.MINOR else finding.severity
    return f"{grade} {finding.kind}: {finding.figure:.3g} is {side} {finding.limit:.3g} ({finding.compared_with})"


def stream_in_short(stream: StreamFacts) -> str:
    """h264 1920x1080 25 fps 2.1 Mbit/s key 2.0 s; what is not known is left out."""
    facts = [
        stream.codec,
        f"{stream.width_px}x{stream.height_px}" if stream.width_px else None,
        f"{stream.frame_rate_hz:.3g} fps" if stream.frame_rate_hz else None,
        _bitrate(stream.bitrate_kbps),
        f"key {stream.key_frame_interval_s:.3g} s" if stream.key_frame_interval_s else None,
        _clock(stream.clock_offset_ms),
    ]
    return " ".join(fact for fact in facts if fact)


def _bitrate(kbps: float | None) -> str | None:
    if not kbps:
        return None
    return f"{kbps / 1000:.1f} Mbit/s" if kbps >= 1000 else f"{kbps:.0f} kbit/s"


def _clock(offset_ms: float | None) -> str | None:
    """Only a clock that is off by more than a report can bear is worth a place in the table."""
    if offset_ms is None or abs(offset_ms) < 2000:
        return None
    return f"clock {offset_ms / 1000:+,.0f} s"


def tally(found: Sequence[Checked]) -> str:
    """200 looked at: 188 fit, 8 fault, 3 no picture, 1 not checkable."""
    counts = Counter(mark_of(checked) for checked in found)
    marks = [MARKS[Verdict.FIT], MARKS[Verdict.FAULT], MARKS[Verdict.LOW_VISIBILITY], NO_PICTURE]
    parts = [f"{counts[m]} {m[0][2:]}" for m in (*marks, MARKS[Verdict.NOT_CHECKABLE]) if counts[m]]
    return f"{len(found)} looked at: {', '.join(parts)}"


def knock_table(found: Sequence[Knock], *, list_all: bool) -> Table:
    """One row a host and port; in a long list those that answer are left to the count."""
    table = _table("target", "outcome", "answer", "remark")
    table.columns[2].justify = "right"
    for knock in sorted(found, key=lambda k: k.outcome is Outcome.ANSWERS):
        answers = knock.outcome is Outcome.ANSWERS
        if answers and not list_all and len(found) > LISTED_MAX:
            continue
        mark = Text("✓ answers", style="green") if answers else Text(f"✗ {knock.outcome}", style="bold red")
        table.add_row(
            knock.target.name,
            mark,
            f"{knock.answer_ms:,.1f} ms" if knock.answer_ms is not None else "",
            knock.remark,
        )
    return table


def knock_tally(found: Sequence[Knock]) -> str:
    """200 asked: 197 answer, 2 timed_out, 1 refused."""
    counts = Counter(knock.outcome for knock in found)
    answering = counts.pop(Outcome.ANSWERS, 0)
    parts = [f"{answering} answer", *(f"{n} {outcome}" for outcome, n in counts.most_common())]
    return f"{len(found)} asked: {', '.join(parts)}"


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def console() -> Console:
    """Where tables go: colours only on a terminal, and no folding at 80 columns where there is none."""
    found = Console(highlight=False, markup=False, emoji=False)
    return found if found.is_terminal else Console(highlight=False, markup=False, emoji=False, width=200)
