"""Stretches of time, half-open [a, b), and their algebra. A list of them is sorted, disjoint and not touching."""

from collections.abc import Iterable, Sequence

Span = tuple[int, int]  # from, to: integer UTC seconds (or seconds of a day where a name says so)


def union(spans: Iterable[Span]) -> list[Span]:
    """All that any of the spans covers, in any order and overlapping as they come; empty spans are dropped."""
    out: list[Span] = []
    for a, b in sorted(span for span in spans if span[0] < span[1]):
        if out and a <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], b))
        else:
            out.append((a, b))
    return out


def intersect(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    """What both lists cover."""
    out: list[Span] = []
    i = j = 0
    while i < len(one) and j < len(other):
        a, b = max(one[i][0], other[j][0]), min(one[i][1], other[j][1])
        if a < b:
            out.append((a, b))
        if one[i][1] <= other[j][1]:
            i += 1
        else:
            j += 1
    return out


def subtract(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    """What the first list covers and the second does not."""
    out: list[Span] = []
    j = 0
    for a, b in one:
        while j < len(other) and other[j][1] <= a:
            j += 1
        begin, k = a, j
        while k < len(other) and other[k][0] < b:
            if begin < other[k][0]:
                out.append((begin, other[k][0]))
            begin = max(begin, other[k][1])
            k += 1
        if begin < b:
            out.append((begin, b))
    return out


def clip(spans: Sequence[Span], a: int, b: int) -> list[Span]:
    """What of the list lies in [a, b)."""
    return intersect(spans, [(a, b)]) if a < b else []


def length(spans: Iterable[Span]) -> int:
    """Seconds covered by disjoint spans."""
    return sum(b - a for a, b in spans)
