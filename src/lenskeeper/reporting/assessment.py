"""What a report came to by a contract's scheme, as it is signed: whole numbers, and the hash of the scheme's text."""

import hashlib
from dataclasses import dataclass
from fractions import Fraction

from lenskeeper.reporting.schemes import Assessed


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a scheme, counted.

    measure, patrols, weight: as the scheme has them; patrols in seconds of the local day.
    numerator, denominator:   with the factors of the classes. unknown, excluded: plain counts of patrols.
    points: a fraction as text ("57", "171/4"), since a decimal may be written in more than one way; None where nothing
            was known: the line is not judged, and its weight leaves the total.
    """

    measure: str
    patrols: tuple[int, ...]
    weight: int
    numerator: int
    denominator: int
    unknown: int
    excluded: int
    points: str | None


@dataclass(frozen=True, slots=True)
class Assessment:
    """A scheme's result. Another text of the scheme gives another hash, be its result the same.

    scheme:        its name in the file; title: as the contract calls it.
    scheme_sha256: of the whole file that the scheme stands in.
    points:        a fraction as text, out of `out_of`; passed: None without a threshold, or where nothing was judged.
    """

    scheme: str
    title: str
    scheme_sha256: str
    lines: tuple[Line, ...]
    points: str
    out_of: int
    passed: bool | None


def assessment_of(found: Assessed, file: bytes) -> Assessment:
    """A result that can be frozen. file: the bytes that the scheme was read from."""
    return Assessment(
        scheme=found.scheme.name,
        title=found.scheme.title,
        scheme_sha256=hashlib.sha256(file).hexdigest(),
        lines=tuple(
            Line(
                measure=one.item.measure,
                patrols=one.item.patrols,
                weight=one.item.weight,
                numerator=one.numerator,
                denominator=one.denominator,
                unknown=one.unknown,
                excluded=one.excluded,
                points=None if one.points is None else str(one.points),
            )
            for one in found.items
        ),
        points=str(found.points),
        out_of=found.out_of,
        passed=found.passed,
    )


def points_text(points: str) -> str:
    """A fraction with two digits, rounded down like every figure: 79.996 points are not 80."""
    hundredths = int(Fraction(points) * 100)
    return f"{hundredths // 100}.{hundredths % 100:02d}"
