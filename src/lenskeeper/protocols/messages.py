"""Header blocks as RTSP and HTTP write them, and the two things that are no message: junk and nonsense."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

HEADER_BLOCK_BYTES_MAX: Final = 64 * 1024  # the longest seen in the field is below 4 kB
BODY_BYTES_MAX: Final = 64 * 1024  # an SDP of a 64-channel recorder is about 20 kB
EXCERPT_CHARS: Final = 48  # of a peer's words in a remark: one line of a table

_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f]")
BLANK_LINE: Final = re.compile(rb"\n\r?\n")
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110) and "Sun, Nov 06 1994 08:49:37 GMT" (live555 and its many heirs)
_DATE: Final = re.compile(
    r"(?:(?P<d1>\d{1,2})[ -](?P<m1>[A-Za-z]{3})|(?P<m2>[A-Za-z]{3})[ -](?P<d2>\d{1,2}))"
    r"[ -](?P<year>\d{4}) (?P<hour>\d{1,2}):(?P<minute>\d{2}):(?P<second>\d{2})"
    r"(?: (?P<sign>[+-])(?P<zone>\d{4})| (?:GMT|UTC|Z)|\s*$)"
)


@dataclass(frozen=True, slots=True)
class Garbled:
    """The peer does not speak the protocol, or beyond its limits. The last event of a dialogue.

    text: for the operator, with an excerpt of the peer's own words where that helps.
    """

    text: str


@dataclass(frozen=True, slots=True)
class Junk:
    """`n_bytes` that belonged to nothing were skipped; the dialogue found its footing again."""

    n_bytes: int


@dataclass(frozen=True, slots=True)
class Headers:
    """The lines of one header block in their order; names in lower case, values stripped."""

    pairs: tuple[tuple[str, str], ...] = ()

    def get(self, name: str) -> str:
        """The first value under `name` (lower case), or the empty string."""
        for key, value in self.pairs:
            if key == name:
                return value
        return ""

    def all(self, name: str) -> tuple[str, ...]:
        """Every value under `name` (lower case)."""
        return tuple(value for key, value in self.pairs if key == name)


def read_headers(block: bytes) -> Headers:
    """The header lines of `block` (start line excluded), tolerant: bare LF, folded lines, lines without a colon.

    Bytes beyond ASCII are kept as Latin-1, one character each, so that a realm can be echoed byte by byte;
    control characters within a value become spaces. Show values through `printable` only.
    """
    pairs: list[tuple[str, str]] = []
    for line in block.decode("latin-1").split("\n"):
        if line[:1] in {" ", "\t"} and pairs:  # obsolete folding, RFC 2326 15.1
            name, value = pairs[-1]
            pairs[-1] = (name, f"{value} {_one_line(line)}")
            continue
        name, colon, value = line.partition(":")
        if colon:
            pairs.append((name.strip().lower(), _one_line(value)))
    return Headers(tuple(pairs))


def _one_line(text: str) -> str:
    return _CONTROLS.sub(" ", text).strip()


def printable(text: str) -> str:
    """`text` with every control character made a space, fit to be shown on one line."""
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def excerpt(data: bytes) -> str:
    """The beginning of what a peer said, fit to be shown: one line, no control characters."""
    text = data[:EXCERPT_CHARS].decode("latin-1")
    return "".join(c if c.isascii() and c.isprintable() else "." for c in text).strip()


def content_length(headers: Headers) -> int:
    """The announced length of the body; 0 where the header is absent or no plain number."""
    said = headers.get("content-length")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 12 else 0


def date_ms(headers: Headers) -> int | None:
    """The peer's own clock from its `Date` line: milliseconds since 1970-01-01 UTC, to the second, or None.

    Cameras that were never set say 1970 or 2000: that is an answer too.
    """
    match = _DATE.search(headers.get("date"))
    if match is None:
        return None
    month = (match["m1"] or match["m2"]).lower()
    if month not in _MONTHS:
        return None
    try:
        when = datetime(
            int(match["year"]),
            _MONTHS.index(month) + 1,
            int(match["d1"] or match["d2"]),
            int(match["hour"]),
            int(match["minute"]),
            int(match["second"]),
            tzinfo=UTC,
        )
        zone = timedelta(hours=int((match["zone"] or "0000")[:2]), minutes=int((match["zone"] or "0000")[2:]))
        since = when - datetime(1970, 1, 1, tzinfo=UTC) - (-zone if match["sign"] == "-" else zone)
    except (ValueError, OverflowError):
        return None
    return int(since.total_seconds()) * 1000
