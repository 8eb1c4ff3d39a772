"""Check what an audit log of lenskeeper handed out, on a machine and by a person of your own.

This file stands alone: it needs Python 3.11 or newer and the package `cryptography`, and nothing of lenskeeper.

    python verifier.py FILE [--key KEY] [--kept CHECKPOINT ...]

FILE is a case or a proof of one entry (JSON), a proof that one checkpoint goes on from another (JSON), a whole log
(JSON lines) or one checkpoint (text). --key is the log's public key as you noted it earlier from another source; a key
that comes in the same file proves nothing about who wrote it. --kept is a checkpoint that you kept from before: the
whole log must still begin with what it signed.

Exit code 0: all holds. 1: something does not, and is told. 2: the file cannot be read.

The log is a Merkle tree after RFC 9162, section 2.1, with SHA-256. A checkpoint is a signed note of the form that C2SP
calls tlog-checkpoint (c2sp.org/tlog-checkpoint), signed with Ed25519. The leaf of an entry is SHA-256 over a zero byte
and the entry's text, exactly as it stands in the file.
"""

import argparse
import base64
import binascii
import hashlib
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
HASH_BYTES: Final = 32
ED25519: Final = b"\x01"  # the kind of signature, as signed notes write it
KEY_ID_BYTES: Final = 4
SIGNATURE_BYTES: Final = 64
SIGNED_BY: Final = "\u2014 "  # an em dash and a blank begin a line of signature
TIME: Final = "time "  # the extension line that says when, UTC seconds by the log's own clock
FILE_BYTES_MAX: Final = 4_000_000_000
NOTE_CHARS_MAX: Final = 100_000

BUNDLE: Final = "lenskeeper-audit-bundle-1"
GOES_ON: Final = "lenskeeper-audit-consistency-1"
WHOLE: Final = "lenskeeper-audit-log-1"
ERASE: Final = "audit.erase"  # the act that says which entries gave their words up

HOLDS, FAILS, UNREADABLE = 0, 1, 2


class Wrong(Exception):
    """What is shown does not hold, or is not what it says it is."""


# ---- the tree (RFC 9162, section 2.1)


def leaf_hash(entry: bytes) -> bytes:
    """The hash of an entry's bytes."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees side by side."""
    return hashlib.sha256(b"\x01" + left + right).digest()


class Growing:
    """A tree that grows leaf by leaf; it keeps its perfect subtrees only."""

    def __init__(self) -> None:
        self.size = 0
        self.peaks: list[bytes] = []  # the roots of the perfect subtrees, the largest first

    def add(self, leaf: bytes) -> bytes:
        """Append a leaf. Gives its hash and the roots of the subtrees that it completes, one after the other."""
        done, made, place = [leaf], leaf, self.size
        while place & 1:
            made = node_hash(self.peaks.pop(), made)
            done.append(made)
            place >>= 1
        self.peaks.append(made)
        self.size += 1
        return b"".join(done)

    def root(self) -> bytes:
        """The root as it stands."""
        return folded(self.peaks)


def folded(peaks: Sequence[bytes]) -> bytes:
    """The root over perfect subtrees that stand side by side, the largest first."""
    if not peaks:
        return EMPTY_ROOT
    *rest, root = peaks
    for peak in reversed(rest):
        root = node_hash(peak, root)
    return root


def includes(root: bytes, size: int, index: int, leaf: bytes, path: Sequence[bytes]) -> bool:
    """Whether a leaf stands at a place (from 0) of the tree with this root. Source: RFC 9162, section 2.1.3.2."""
    if not 0 <= index < size:
        return False
    here, last, made = index, size - 1, leaf
    for beside in path:
        if last == 0:
            return False
        if here & 1 or here == last:
            made = node_hash(beside, made)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            made = node_hash(made, beside)
        here, last = here >> 1, last >> 1
    return last == 0 and made == root


def goes_on(old_size: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> bool:
    """Whether a tree is an earlier one with leaves appended and none changed. Source: RFC 9162, section 2.1.4.2."""
    if old_size == size:
        return old_root == root and not path
    if old_size == 0:
        return old_root == EMPTY_ROOT and not path
    if not 0 < old_size < size:
        return False
    steps = [*path] if old_size & (old_size - 1) else [old_root, *path]
    if not steps:
        return False
    here, last = old_size - 1, size - 1
    while here & 1:
        here, last = here >> 1, last >> 1
    old_made = made = steps[0]
    for beside in steps[1:]:
        if last == 0:
            return False
        if here & 1 or here == last:
            old_made, made = node_hash(beside, old_made), node_hash(beside, made)
            while not here & 1 and here:
                here, last = here >> 1, last >> 1
        else:
            made = node_hash(made, beside)
        here, last = here >> 1, last >> 1
    return last == 0 and old_made == old_root and made == root


# ---- keys and checkpoints: c2sp.org/signed-note and c2sp.org/tlog-checkpoint


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The public key of a log, as it is written down: NAME+ID+KEY."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """Four bytes that tell keys apart."""
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:KEY_ID_BYTES]

    @property
    def text(self) -> str:
        """As people write it down."""
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(ED25519 + self.public).decode()}"

    @staticmethod
    def read(text: str) -> "PublicKey":
        """From its text. Wrong: it is none."""
        name, _, rest = text.strip().partition("+")
        key_id, _, coded = rest.partition("+")
        held = decoded(coded)
        if not name or held[:1] != ED25519 or len(held) != 1 + HASH_BYTES:
            raise Wrong(f"this is no public key of a log: {text[:80]!r}")
        key = PublicKey(name, held[1:])
        if key.key_id.hex() != key_id:
            raise Wrong("the public key does not fit its own id: it was copied wrongly")
        return key


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log signed: so many entries, with this root. time_s: when, by its own clock; None: not told."""

    origin: str
    size: int
    root: bytes
    time_s: int | None
    text: str

    @staticmethod
    def read(note: str) -> "Checkpoint":
        """What a note says; whether it is signed is another question. Wrong: it is no checkpoint."""
        body, _, _ = _parts(note)
        lines = body.split("\n")[:-1]
        if len(lines) < 3 or not lines[0] or not lines[1].isdecimal() or str(int(lines[1])) != lines[1]:
            raise Wrong("this is no checkpoint of a log")
        root = decoded(lines[2])
        if len(root) != HASH_BYTES:
            raise Wrong("the checkpoint's root is no hash")
        times = [line.removeprefix(TIME) for line in lines[3:] if line.startswith(TIME)]
        time_s = int(times[0]) if times and times[0].isdecimal() else None
        return Checkpoint(lines[0], int(lines[1]), root, time_s, note)

    def is_signed_by(self, key: PublicKey) -> bool:
        """Whether this key signed it, under the name of the log itself."""
        body, names, signatures = _parts(self.text)
        if key.name != self.origin:
            return False
        public = Ed25519PublicKey.from_public_bytes(key.public)
        for name, held in zip(names, signatures, strict=True):
            if name != key.name or held[:KEY_ID_BYTES] != key.key_id:
                continue
            try:
                public.verify(held[KEY_ID_BYTES:], body.encode())
            except InvalidSignature:
                return False
            return True
        return False


def body_of(origin: str, size: int, root: bytes, time_s: int) -> str:
    """The text of a checkpoint that is to be signed."""
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n{TIME}{time_s}\n"


def signed_note(body: str, key: PublicKey, sign: Callable[[bytes], bytes]) -> str:
    """A body with its signature below it."""
    held = base64.b64encode(key.key_id + sign(body.encode())).decode()
    return f"{body}\n{SIGNED_BY}{key.name} {held}\n"


def _parts(note: str) -> tuple[str, list[str], list[bytes]]:
    """The body of a signed note, and the names and signatures below it."""
    body, gap, below = note.rpartition("\n\n")
    if not gap or len(note) > NOTE_CHARS_MAX or not below.endswith("\n"):
        raise Wrong("this is no signed note")
    names, signatures = [], []
    for line in below[:-1].split("\n"):
        name, _, held = line.removeprefix(SIGNED_BY).rpartition(" ")
        if not line.startswith(SIGNED_BY) or not name:
            raise Wrong("this is no signed note: a line below it is no signature")
        names.append(name)
        signatures.append(decoded(held))
    return body + "\n", names, signatures


def decoded(text: str) -> bytes:
    """Base64, as it is written in notes and proofs. Wrong: it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError, TypeError):
        raise Wrong(f"this is no base64: {str(text)[:40]!r}") from None


# ---- what is handed out


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants checked. keys: that they trust; kept: checkpoints from before."""

    keys: tuple[PublicKey, ...]
    kept: tuple[Checkpoint, ...]


def checked(path: Path, asked: Asked) -> list[str]:
    """Check a file; what holds, one sentence each. Wrong: what does not."""
    if path.stat().st_size > FILE_BYTES_MAX:
        raise Wrong("the file is larger than any log we know")
    with path.open(encoding="utf-8") as file:
        first = file.readline(NOTE_CHARS_MAX)
        is_lines = first.startswith("{") and first.rstrip().endswith("}") and f'"{WHOLE}"' in first
        if is_lines:
            return whole_log(_json(first), (_json(line) for line in file if line.strip()), asked)
        text = first + file.read()
    if not text.lstrip().startswith("{"):
        point = Checkpoint.read(text)
        return [_signed(point, asked.keys, None), f"it stands for {point.size} entries"]
    said = _json(text)
    match said.get("format"):
        case kind if kind == BUNDLE:
            return bundle(said, asked)
        case kind if kind == GOES_ON:
            return consistency(said, asked)
    raise Wrong("the file is none that an audit log of lenskeeper hands out")


def bundle(said: dict[str, Any], asked: Asked) -> list[str]:
    """A case, or one entry: every entry stands in the tree that the checkpoint signed."""
    point = Checkpoint.read(_text(said, "checkpoint"))
    out = [_signed(point, asked.keys, said.get("key"))]
    erased = 0
    for each in said["entries"]:
        number, leaf = int(each["number"]), decoded(each["leaf"])
        if each["entry"] is None:
            erased += 1
        else:
            _must_fit(number, each["entry"], leaf)
        path = [decoded(step) for step in each["proof"]]
        if not includes(point.root, point.size, number - 1, leaf, path):
            raise Wrong(f"entry {number} is not in the log that the checkpoint signed")
    out.append(f"{len(said['entries'])} entries stand in the log as they are shown")
    if erased:
        out.append(f"of them {erased} gave their words up at the end of their time: only their hash is left")
    out.append("whether an entry was left out, this file cannot show: ask for the whole log")
    return out


def consistency(said: dict[str, Any], asked: Asked) -> list[str]:
    """One checkpoint goes on from another."""
    old, new = Checkpoint.read(_text(said, "old")), Checkpoint.read(_text(said, "new"))
    out = [_signed(each, asked.keys, said.get("key")) for each in (old, new)]
    if old.origin != new.origin:
        raise Wrong("the two checkpoints are of different logs")
    if not goes_on(old.size, old.root, new.size, new.root, [decoded(step) for step in said["proof"]]):
        raise Wrong(
            f"the log of {new.size} entries does NOT begin with the {old.size} that were signed before"
        )
    return [*out, f"the log of {new.size} entries begins with the {old.size} of before, unchanged"]


def whole_log(head: dict[str, Any], lines: Iterable[dict[str, Any]], asked: Asked) -> list[str]:
    """A whole log against each of its checkpoints, and against those that were kept."""
    points = [Checkpoint.read(text) for text in head["checkpoints"]]
    if not points:
        raise Wrong("the log has no checkpoint, so nobody signed it")
    last = points[-1]
    out = [_signed(last, asked.keys, head.get("key"))]
    for point in asked.kept:
        _signed(point, asked.keys, head.get("key"))
        if point.origin != last.origin:
            raise Wrong(f"the checkpoint that you kept is of another log: {point.origin}")
    size, gone = _grown(lines, [*points, *asked.kept])
    out.append(f"{size} entries, whole and in order, fit {len(points)} checkpoints")
    if asked.kept:
        out.append(
            f"they begin with what you kept ({', '.join(str(each.size) for each in asked.kept)} entries)"
        )
    if gone:
        out.append(f"{gone} of them gave their words up at the end of their time, and the log says so")
    if size > last.size:
        out.append(f"the last {size - last.size} are not signed yet")
    return out


def _grown(lines: Iterable[dict[str, Any]], points: Sequence[Checkpoint]) -> tuple[int, int]:
    """The tree grown entry by entry, held against each checkpoint: its size, and how many entries are erased."""
    wait: dict[int, set[bytes]] = {}
    for point in points:
        wait.setdefault(point.size, set()).add(point.root)
    tree, gone, named = Growing(), set[int](), set[int]()
    for entry in _in_order(lines):
        leaf = decoded(entry["leaf"])
        if entry["entry"] is None:
            gone.add(entry["number"])
        else:
            _must_fit(entry["number"], entry["entry"], leaf)
            named |= _erased_by(entry["entry"])
        tree.add(leaf)
        if tree.size in wait and wait.pop(tree.size) != {tree.root()}:
            raise Wrong(f"the first {tree.size} entries are not those that were signed")
    if wait.pop(0, {EMPTY_ROOT}) != {EMPTY_ROOT} or wait:
        raise Wrong(f"entries are missing: {max(wait, default=0)} were signed, and {tree.size} are there")
    if gone - named:
        raise Wrong(f"entry {min(gone - named)} gave its words up, and no later entry says so")
    return tree.size, len(gone)


def _in_order(lines: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for number, entry in enumerate(lines, start=1):
        if entry.get("number") != number:
            raise Wrong(f"entry {number} is missing, or out of its order")
        yield entry


def _must_fit(number: int, entry: str, leaf: bytes) -> None:
    if leaf_hash(entry.encode()) != leaf:
        raise Wrong(f"the words of entry {number} are not those that were entered")
    if _json(entry).get("number") != number:
        raise Wrong(f"entry {number} is shown under a number that is not its own")


def _erased_by(entry: str) -> set[int]:
    """The entries whose words this one says were given up."""
    said = _json(entry)
    if said.get("act") != ERASE:
        return set()
    return {number for a, b in said["detail"]["entries"] for number in range(int(a), int(b) + 1)}


def _signed(point: Checkpoint, keys: Sequence[PublicKey], own: str | None) -> str:
    """That a checkpoint is signed, and by whose word. Wrong: it is not."""
    if keys:
        if not any(point.is_signed_by(key) for key in keys):
            raise Wrong(f"the checkpoint of {point.size} entries is not signed by the key that you named")
        return f"the checkpoint of {point.size} entries is signed by the key that you named"
    if own is None:
        raise Wrong("name the log's public key: --key KEY")
    key = PublicKey.read(own)
    if not point.is_signed_by(key):
        raise Wrong(f"the checkpoint of {point.size} entries is not signed by the key that came with it")
    return (
        f"the checkpoint of {point.size} entries is signed by the key that came in the same file: compare it with the "
        f"one that you noted earlier, and name that with --key\n    {key.text}"
    )


def _text(said: dict[str, Any], name: str) -> str:
    found = said.get(name)
    if not isinstance(found, str):
        raise Wrong(f"the file lacks its {name}")
    return found


def _json(text: str) -> dict[str, Any]:
    """An object of JSON, no name twice in it: readers would differ on which one counts."""
    try:
        said = json.loads(text, object_pairs_hook=_once)
    except ValueError:
        raise Wrong("the file is no JSON, or is cut off") from None
    if not isinstance(said, dict):
        raise Wrong("the file is none that an audit log of lenskeeper hands out")
    return said


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return dict(pairs)


def main(arguments: Sequence[str] | None = None) -> int:
    """Check one file and tell what holds."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("file", type=Path)
    parser.add_argument(
        "--key", action="append", default=[], help="the log's public key, or a file that holds it"
    )
    parser.add_argument(
        "--kept", action="append", default=[], type=Path, help="a checkpoint kept from before"
    )
    given = parser.parse_args(arguments)
    try:
        keys = tuple(PublicKey.read(_words(text)) for text in given.key)
        kept = tuple(Checkpoint.read(path.read_text(encoding="utf-8")) for path in given.kept)
        said = checked(given.file, Asked(keys, kept))
    except Wrong as wrong:
        sys.stderr.write(f"DOES NOT HOLD: {wrong}\n")
        return FAILS
    except (KeyError, TypeError, ValueError, AttributeError) as odd:
        sys.stderr.write(f"DOES NOT HOLD: the file is not in its form ({type(odd).__name__})\n")
        return FAILS
    except OSError as wrong:
        sys.stderr.write(f"cannot be read: {wrong}\n")
        return UNREADABLE
    for line in said:
        sys.stdout.write(f"holds: {line}\n")
    return HOLDS


def _words(text: str) -> str:
    """A key as it was typed, or the file of that name."""
    if "+" in text and not Path(text).is_file():
        return text
    return Path(text).read_text(encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
