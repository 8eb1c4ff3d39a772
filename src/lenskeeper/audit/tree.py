"""The Merkle tree of the log: which stored hashes a root or a proof is made of. Checking them is verifier.py's.

Entry n (from 1) keeps the hash of its own leaf and, after it, the roots of the perfect subtrees that it completes: as
many as n has zeros at its end in binary. So an entry is written once, a root is read from some log2(n) rows, and a
proof from the square of that at most. Source: RFC 9162, section 2.1.

        7           entry 4 keeps its leaf, the root over 3 and 4, and the root over 1 to 4
      /   \\
     3     6        entry 6 keeps its leaf and the root over 5 and 6
    / \\   / \\
   1   2 4   5 ...
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lenskeeper.audit.verifier import HASH_BYTES, folded
from lenskeeper.base.spans import Span


@dataclass(frozen=True, slots=True)
class Perfect:
    """A perfect subtree over 2 ** level leaves. number: of the last entry in it, which keeps its root."""

    number: int
    level: int

    def root_in(self, hashes: Mapping[int, bytes]) -> bytes:
        """Its root, of the hashes that entries keep, by number. KeyError: the entry is missing."""
        at = self.level * HASH_BYTES
        found = hashes[self.number][at : at + HASH_BYTES]
        if len(found) != HASH_BYTES:
            raise KeyError(self.number)
        return found


def perfect(a: int, b: int) -> list[Perfect]:
    """The perfect subtrees that the leaves [a, b) are made of, from 0, the largest first; a is a border of the tree."""
    out = []
    while a < b:
        level = (b - a).bit_length() - 1
        assert a % (1 << level) == 0, "the leaves begin in the middle of a subtree"
        a += 1 << level
        out.append(Perfect(a, level))
    return out


def inclusion(index: int, size: int) -> list[Span]:
    """The leaves whose subtrees stand beside a leaf (from 0) on its way to the root. Source: section 2.1.3.1."""
    assert 0 <= index < size, "no such leaf in the tree"
    return [*_beside(index, 0, size)][::-1]


def consistency(old: int, size: int) -> list[Span]:
    """The leaves whose subtrees prove that a tree begins with its first `old` leaves. Source: section 2.1.4.1."""
    assert 0 <= old <= size, "the earlier tree is larger"
    return [] if old in (0, size) else [*_goes_on(old, 0, size, is_whole=True)][::-1]


def roots(spans: list[Span], hashes: Mapping[int, bytes]) -> list[bytes]:
    """The root over each stretch of leaves."""
    return [folded([each.root_in(hashes) for each in perfect(a, b)]) for a, b in spans]


def numbers(spans: list[Span]) -> set[int]:
    """The entries whose hashes `roots` needs."""
    return {each.number for a, b in spans for each in perfect(a, b)}


def _beside(index: int, a: int, b: int) -> Iterator[Span]:
    """From the root down: the half that the leaf is not in."""
    while b - a > 1:
        middle = a + _half(b - a)
        if index < middle:
            yield middle, b
            b = middle
        else:
            yield a, middle
            a = middle


def _goes_on(old: int, a: int, b: int, *, is_whole: bool) -> Iterator[Span]:
    """The same for the edge of the earlier tree. is_whole: its root is known to whoever asks."""
    while a + old < b:
        middle = a + _half(b - a)
        if old <= middle - a:
            yield middle, b
            b = middle
        else:
            yield a, middle
            old -= middle - a
            a, is_whole = middle, False
    if not is_whole:
        yield a, b


def _half(count: int) -> int:
    """The largest power of two below a count of at least two."""
    return 1 << ((count - 1).bit_length() - 1)
