"""One look as one line of JSON. The schema is documented in docs/reference/check-json.md and tested against it."""

import os
import queue
import sys
import threading
from dataclasses import asdict
from typing import Any, Final, Self

import msgspec

from lenskeeper.base.errors import Invalid
from lenskeeper.base.instants import iso_utc
from lenskeeper.diagnosis.kinds import Finding
from lenskeeper.house.check import Checked
from lenskeeper.probing.sweep import Knock

SCHEMA: Final = 1
READER_GONE: Final = 141  # 128 + SIGPIPE, as shells have it


class KindLine(msgspec.Struct, frozen=True):
    """One finding. figure, limit: in the unit of the kind; compared_with: what the limit came from."""

    kind: str
    severity: str
    figure: float
    limit: float
    compared_with: str


class CheckLine(msgspec.Struct, frozen=True):
    """What one look found, for programs. Fields are added, never changed or removed, while `schema` is 1."""

    schema: int
    target: str
    began_at: str
    outcome: str
    verdict: str
    kinds: list[KindLine]
    unchecked: dict[str, str]
    reason: str
    remark: str
    stream: dict[str, Any]
    phases_ms: dict[str, float]
    looks: int
    cost_ms: float


def check_line(checked: Checked) -> bytes:
    """The line, without its line break: UTF-8, no NaN (unknown is null)."""
    probe, diagnosis = checked.probe, checked.diagnosis
    line = CheckLine(
        schema=SCHEMA,
        target=_utf8(probe.target.name),
        began_at=iso_utc(probe.began_ms),
        outcome=probe.outcome,
        verdict=diagnosis.verdict,
        kinds=[_kind(finding) for finding in diagnosis.findings],
        unchecked={kind.value: why for kind, why in diagnosis.unchecked},
        reason=diagnosis.reason,
        remark=probe.remark,
        stream={name: _rounded(value) for name, value in asdict(probe.stream).items()},
        phases_ms={phase: round(ms, 1) for phase, ms in probe.phases_ms.items()},
        looks=checked.looks,
        cost_ms=round(checked.cost_ms, 2),
    )
    return msgspec.json.encode(line)


class KnockLine(msgspec.Struct, frozen=True):
    """What one reachability look found. answer_ms is null unless the outcome is `answers`."""

    schema: int
    target: str
    began_at: str
    outcome: str
    answer_ms: float | None
    remark: str


def knock_line(knock: Knock) -> bytes:
    """The line, without its line break."""
    answer_ms = round(knock.answer_ms, 2) if knock.answer_ms is not None else None
    line = KnockLine(
        SCHEMA, knock.target.name, iso_utc(knock.began_ms), knock.outcome, answer_ms, knock.remark
    )
    return msgspec.json.encode(line)


class LineWriter:
    """Writes lines to standard output from a thread of its own: a slow reader must not turn into our deadlines.

    Once the reader has gone (`lenskeeper check ... | head`), `put` ends the program: nobody reads on.
    """

    def __init__(self) -> None:
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="lines", daemon=True)
        self._failed: OSError | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Everything is written now; Invalid where it could not be, so that nobody takes silence for an answer."""
        self._lines.put(None)
        self._thread.join()
        if kind is None and self._failed is not None:
            raise Invalid(f"standard output cannot be written: {self._failed.strerror}", field="--json")

    def put(self, line: bytes) -> None:
        """Hand a line over, at once."""
        if isinstance(self._failed, BrokenPipeError):
            raise SystemExit(READER_GONE)
        self._lines.put(line)

    def _write(self) -> None:
        while (line := self._lines.get()) is not None:
            try:
                if self._failed is None:
                    sys.stdout.buffer.write(line + b"\n")
                    if self._lines.qsize() <= 1:  # the last, or the last but the end
                        sys.stdout.buffer.flush()
            except OSError as error:
                self._failed = error
                os.dup2(
                    os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()
                )  # the exit must not flush into it


def _kind(finding: Finding) -> KindLine:
    return KindLine(
        finding.kind,
        finding.severity,
        round(finding.figure, 4),
        round(finding.limit, 4),
        finding.compared_with,
    )


def _utf8(name: str) -> str:
    """A file name that is no UTF-8 has its odd bytes shown as such."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def _rounded(value: object) -> object:
    return round(value, 3) if isinstance(value, float) else value
