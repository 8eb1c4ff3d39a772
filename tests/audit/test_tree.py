"""The tree of RFC 9162 against its definition written down plainly, and against the hashes that others publish."""

import hashlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenskeeper.audit import tree
from lenskeeper.audit.verifier import EMPTY_ROOT, HASH_BYTES, Growing, goes_on, includes, leaf_hash

# The inputs and roots that certificate-transparency's own tests publish for RFC 6962, which RFC 9162 hashes alike.
KNOWN_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
KNOWN_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


# ---- the oracle: RFC 9162, section 2.1, word for word, slow


def mth(leaves: list[bytes]) -> bytes:
    """MTH(D_n)."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = largest_power_below(len(leaves))
    return hashlib.sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


def path(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH(m, D_n)."""
    if len(leaves) == 1:
        return []
    k = largest_power_below(len(leaves))
    if m < k:
        return [*path(m, leaves[:k]), mth(leaves[k:])]
    return [*path(m - k, leaves[k:]), mth(leaves[:k])]


def proof(m: int, leaves: list[bytes]) -> list[bytes]:
    """PROOF(m, D_n)."""
    return subproof(m, leaves, True)


def subproof(m: int, leaves: list[bytes], b: bool) -> list[bytes]:
    """SUBPROOF(m, D_n, b)."""
    if m == len(leaves):
        return [] if b else [mth(leaves)]
    k = largest_power_below(len(leaves))
    if m <= k:
        return [*subproof(m, leaves[:k], b), mth(leaves[k:])]
    return [*subproof(m - k, leaves[k:], False), mth(leaves[:k])]


def largest_power_below(n: int) -> int:
    k = 1
    while k * 2 < n:
        k *= 2
    return k


# ---- ours beside it


def stored(leaves: list[bytes]) -> tuple[Growing, dict[int, bytes]]:
    """A tree grown leaf by leaf, and what each entry keeps of it."""
    grown = Growing()
    return grown, {number: grown.add(leaf_hash(leaf)) for number, leaf in enumerate(leaves, start=1)}


LEAVES = st.lists(st.binary(max_size=4), min_size=1, max_size=70)


def test_the_roots_that_others_publish_come_out() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    grown = Growing()
    assert grown.root() == EMPTY_ROOT
    for leaf, root in zip(KNOWN_LEAVES, KNOWN_ROOTS, strict=True):
        grown.add(leaf_hash(leaf))
        assert grown.root().hex() == root


@given(LEAVES)
def test_a_root_is_the_standards_at_every_size(leaves: list[bytes]) -> None:
    grown, kept = stored(leaves)
    assert grown.root() == mth(leaves)
    for size in range(1, len(leaves) + 1):
        assert tree.roots([(0, size)], kept) == [mth(leaves[:size])]


@given(LEAVES, st.data())
def test_a_proof_of_an_entry_is_the_standards_and_holds_for_nothing_else(
    leaves: list[bytes], data: st.DataObject
) -> None:
    size = data.draw(st.integers(1, len(leaves)))
    index = data.draw(st.integers(0, size - 1))
    _, kept = stored(leaves)
    steps = tree.roots(tree.inclusion(index, size), kept)
    root, leaf = mth(leaves[:size]), leaf_hash(leaves[index])
    assert steps == path(index, leaves[:size])
    assert includes(root, size, index, leaf, steps)
    assert not includes(root, size, index, leaf_hash(leaves[index] + b"!"), steps)
    assert not includes(mth([*leaves[:size], b"more"]), size, index, leaf, steps)
    assert not includes(root, size, index, leaf, [*steps, root])
    assert not includes(root, 2 * size, index, leaf, steps)  # the root of a part is not the root of the whole
    assert not includes(root, size, -1, leaf, steps)
    assert not includes(root, size, size, leaf, steps)
    for place in range(len(steps)):
        assert not includes(root, size, index, leaf, steps[:place] + steps[place + 1 :])
        turned = [*steps]
        turned[place] = bytes([turned[place][0] ^ 1]) + turned[place][1:]
        assert not includes(root, size, index, leaf, turned)


@given(LEAVES, st.data())
def test_a_proof_that_a_log_goes_on_is_the_standards_and_holds_for_no_other_past(
    leaves: list[bytes], data: st.DataObject
) -> None:
    old = data.draw(st.integers(1, len(leaves)))
    size = len(leaves)
    _, kept = stored(leaves)
    steps = tree.roots(tree.consistency(old, size), kept)
    before, now = mth(leaves[:old]), mth(leaves)
    assert steps == proof(old, leaves)
    assert goes_on(old, before, size, now, steps)
    other = mth([*leaves[: old - 1], leaves[old - 1] + b"!"])
    assert not goes_on(old, other, size, now, steps)
    assert not goes_on(old, before, size, other, steps)
    assert not goes_on(old, before, size, now, [*steps, now])
    if old < size:
        assert not goes_on(size, now, old, before, steps)
        assert not goes_on(old, before, size, now, steps[:-1])


def test_an_entry_keeps_as_many_hashes_as_subtrees_end_with_it() -> None:
    _, kept = stored([b"x"] * 300)
    for number, hashes in kept.items():
        zeros = (number & -number).bit_length() - 1
        assert len(hashes) == (zeros + 1) * HASH_BYTES


@pytest.mark.parametrize("size", [1, 2, 3, 1_000, 100_000, 2**20, 2**20 + 1])
def test_a_proof_reads_no_more_entries_than_the_tree_is_high_by_its_height(size: int) -> None:
    high = size.bit_length()
    spans = tree.inclusion(size // 2, size)
    assert len(spans) <= high
    assert len(tree.numbers(spans)) <= high + high  # the right edge is made of smaller ones
    if size > 1:
        assert len(tree.numbers(tree.consistency(size // 2 + 1, size))) <= high + high


def test_the_stretches_of_a_proof_lie_side_by_side_and_leave_the_entry_out() -> None:
    for size in range(1, 40):
        for index in range(size):
            spans = sorted([*tree.inclusion(index, size), (index, index + 1)])
            assert spans[0][0] == 0
            assert spans[-1][1] == size
            assert all(a[1] == b[0] for a, b in pairwise(spans))
