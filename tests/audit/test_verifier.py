"""The verifier stands alone, holds what is true, and refuses every forgery it is shown."""

import ast
import base64
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lenskeeper.audit import rows, verifier
from lenskeeper.audit.keys import Signer
from lenskeeper.base.access import LOCAL_OPERATOR, Scope
from lenskeeper.house import audit
from lenskeeper.house.home import Home, NewHome, make_home

PROGRAM = Path(verifier.__file__)
WHO = LOCAL_OPERATOR
Run = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """An installation with a dozen entries and two checkpoints."""
    made = make_home(NewHome(tmp_path_factory.mktemp("audit") / "city", "Linjiang", "UTC"))
    audit.checkpoint(made)
    for number in range(10):
        audit.entered(
            made, WHO, act="export.list", subject=f"point:{number}", detail={"because": f"b{number} 原因"}
        )
    audit.checkpoint(made)
    yield made
    made.store.close()


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """`run(what, ...)`: the verifier as a program of its own, in a folder with nothing else."""
    alone = tmp_path / "verifier.py"
    alone.write_bytes(PROGRAM.read_bytes())

    def run(what: bytes | str, *more: str) -> tuple[int, str]:
        file = tmp_path / "file"
        file.write_bytes(what if isinstance(what, bytes) else what.encode())
        done = subprocess.run(  # noqa: S603  ourselves
            [sys.executable, "-I", str(alone), str(file), *more],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    return run


def b64(held: bytes) -> str:
    return base64.b64encode(held).decode()


def test_it_imports_nothing_but_the_standard_library_and_cryptography() -> None:
    modules = set()
    for node in ast.walk(ast.parse(PROGRAM.read_text())):
        if isinstance(node, ast.Import):
            modules |= {alias.name.split(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            modules.add((node.module or "").split(".")[0])
    assert modules - set(sys.stdlib_module_names) == {"cryptography"}


def test_a_key_that_comes_with_the_file_is_told_apart_from_one_that_was_noted(home: Home, run: Run) -> None:
    proof = audit.proof_json(audit.prove(home, Scope.ALL, WHO, 3))
    key = audit.public_keys(home)[0].text
    code, said = run(proof)
    assert (code, "compare it with the one that you noted" in said) == (0, True)
    code, said = run(proof, "--key", key)
    assert (code, "by the key that you named" in said) == (0, True)
    name, _, rest = key.partition("+")
    other = Signer.open(audit.key_file(home)).public
    wrong = verifier.PublicKey(other.name, bytes(31) + b"\x01").text
    assert run(proof, "--key", wrong)[0] == 1
    assert run(proof, "--key", f"{name}+00000000+{rest.partition('+')[2]}")[0] == 1


def forged(change: Callable[[dict[str, Any]], object]) -> Callable[[bytes], str]:
    def work(proof: bytes) -> str:
        said = json.loads(proof)
        change(said)
        return json.dumps(said, ensure_ascii=False)

    return work


def swap_words(said: dict[str, Any]) -> None:
    said["entries"][0]["entry"] = said["entries"][0]["entry"].replace("b1", "b7")


def swap_words_and_leaf(said: dict[str, Any]) -> None:
    swap_words(said)
    said["entries"][0]["leaf"] = b64(verifier.leaf_hash(said["entries"][0]["entry"].encode()))


def other_place(said: dict[str, Any]) -> None:
    said["entries"][0]["number"] += 1


def other_root(said: dict[str, Any]) -> None:
    lines = said["checkpoint"].split("\n")
    lines[2] = b64(bytes(32))
    said["checkpoint"] = "\n".join(lines)


def other_size(said: dict[str, Any]) -> None:
    lines = said["checkpoint"].split("\n")
    lines[1] = str(int(lines[1]) - 1)
    said["checkpoint"] = "\n".join(lines)


def own_log(said: dict[str, Any]) -> None:
    """A log of the forger's own, of one entry, under our name and our key, with our signature."""
    leaf = verifier.leaf_hash(said["entries"][0]["entry"].encode())
    lines = said["checkpoint"].split("\n")
    said["checkpoint"] = "\n".join([lines[0], "1", b64(leaf), *lines[3:]])
    said["entries"][0] |= {"number": 1, "proof": []}


FORGERIES = {
    "words": swap_words,
    "words and leaf": swap_words_and_leaf,
    "place": other_place,
    "root": other_root,
    "log": own_log,
    "path": lambda said: said["entries"][0]["proof"].reverse(),
    "shorter": lambda said: said["entries"][0]["proof"].pop(),
    "longer": lambda said: said["entries"][0]["proof"].append(b64(bytes(32))),
    "size": other_size,
    "time": lambda said: said.update(checkpoint=said["checkpoint"].replace("time 1", "time 2")),
    "name": lambda said: said.update(checkpoint=said["checkpoint"].replace("lenskeeper.log", "other.log")),
    "no signature": lambda said: said.update(checkpoint=said["checkpoint"].split("\n\n")[0] + "\n"),
    "format": lambda said: said.update(format="other"),
    "no key": lambda said: said.update(key=None),
    "no text": lambda said: said["entries"][0].update(entry="{}"),
}  # fmt: skip


@pytest.mark.parametrize("how", FORGERIES)
def test_every_forgery_of_a_proof_is_refused(home: Home, run: Run, how: str) -> None:
    proof = audit.proof_json(audit.prove(home, Scope.ALL, WHO, 4))
    assert run(proof)[0] == 0
    wrong = forged(FORGERIES[how])(proof)
    assert json.loads(wrong) != json.loads(proof)
    code, said = run(wrong)
    assert (code, "DOES NOT HOLD" in said) == (1, True)


def test_a_name_that_stands_twice_is_refused_for_readers_would_differ(home: Home, run: Run) -> None:
    proof = audit.proof_json(audit.prove(home, Scope.ALL, WHO, 4)).decode()
    assert run(proof.replace('"key":', '"key":"x","key":', 1))[0] == 1
    assert run(proof[:-20])[0] == 1
    assert run(b"\xff\xfe")[0] == 1


def test_an_entry_that_says_another_number_than_its_place_is_refused_though_we_signed_it(
    home: Home, run: Run
) -> None:
    signer = Signer.open(audit.key_file(home))
    for number, code in ((1, 0), (7, 1)):
        text = json.dumps({"act": "export.list", "number": number})
        leaf = verifier.leaf_hash(text.encode())
        said = {
            "format": verifier.BUNDLE, "key": signer.public.text, "checkpoint": signer.sign(1, leaf, 1).text,
            "entries": [{"number": 1, "entry": text, "leaf": b64(leaf), "proof": []}],
        }  # fmt: skip
        assert run(json.dumps(said))[0] == code


def test_a_checkpoint_alone_is_checked_by_a_key_that_is_named(home: Home, run: Run) -> None:
    note = audit.checkpoint(home).text
    assert run(note)[0] == 1  # nothing says whose it is
    assert run(note, "--key", audit.public_keys(home)[0].text)[0] == 0
    assert run(note.replace("time 1", "time 2"), "--key", audit.public_keys(home)[0].text)[0] == 1


def test_that_a_log_goes_on_is_proved_and_that_it_does_not_is_seen(home: Home, run: Run) -> None:
    points = audit.checkpoints(home, Scope.ALL)
    old, new = points[-1], points[0]
    found = audit.consistency_json(audit.consistency(home, Scope.ALL, old.size, new.size))
    assert run(found)[0] == 0
    said = json.loads(found)
    said["proof"] = said["proof"][::-1] or [b64(bytes(32))]
    assert run(json.dumps(said))[0] == 1
    signer = Signer.open(audit.key_file(home))
    said = json.loads(found)
    said["old"] = signer.sign(old.size, bytes(32), 1).text  # we signed two pasts
    code, told = run(json.dumps(said))
    assert (code, "does NOT begin" in told) == (1, True)


def test_a_whole_log_is_held_against_every_checkpoint_and_against_one_that_was_kept(
    home: Home, run: Run, tmp_path: Path
) -> None:
    key = audit.public_keys(home)[0].text
    kept = tmp_path / "kept.txt"
    kept.write_text(audit.checkpoints(home, Scope.ALL)[-1].text)
    whole = b"".join(audit.export(home, Scope.ALL, WHO))
    assert run(whole, "--key", key, "--kept", str(kept))[0] == 0
    head, *lines = whole.splitlines(keepends=True)

    def told(*parts: bytes) -> tuple[int, str]:
        return run(b"".join(parts), "--key", key)

    assert told(head, *lines[:-1])[0] == 1  # its end is gone
    assert told(head, *lines[:3], *lines[4:])[0] == 1  # a line is gone
    assert told(head, lines[1], lines[0], *lines[2:])[0] == 1  # two changed places
    silent = json.loads(lines[4]) | {"entry": None}
    code, said = told(head, *lines[:4], json.dumps(silent).encode() + b"\n", *lines[5:])
    assert (code, "no later entry says so" in said) == (1, True)
    none = json.loads(head) | {"checkpoints": []}
    assert told(json.dumps(none).encode() + b"\n", *lines)[0] == 1

    signer = Signer.open(audit.key_file(home))
    kept.write_text(signer.sign(3, bytes(32), 1).text)  # what somebody kept is of another past
    assert run(whole, "--key", key, "--kept", str(kept))[0] == 1
    kept.write_text(signer.sign(10_000, bytes(32), 1).text)  # the log was longer once
    code, said = run(whole, "--key", key, "--kept", str(kept))
    assert (code, "entries are missing" in said) == (1, True)


def test_erased_entries_keep_their_proofs_and_the_log_its_signatures(home: Home, run: Run) -> None:
    proof = json.loads(audit.proof_json(audit.prove(home, Scope.ALL, WHO, 6)))
    made = json.loads(proof["entries"][0]["entry"])["actor"]
    home.store.write(lambda c: rows.erase(c, [6], because="retention", actor=WHO, now_s=9))
    gone = audit.proof_json(audit.prove(home, Scope.ALL, WHO, 6))
    assert json.loads(gone)["entries"][0]["entry"] is None
    assert made.encode() not in json.dumps(json.loads(gone)["entries"]).encode()
    code, said = run(gone)
    assert (code, "gave their words up" in said) == (0, True)
    whole = b"".join(audit.export(home, Scope.ALL, WHO))
    assert run(whole)[0] == 0
