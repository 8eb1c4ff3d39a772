"""The drawing in ARCHITECTURE.md is the contract, every room says what it is for, and each contract bites."""

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "lenskeeper"
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]


HANDED_ON = {"Connection", "URL"}


def floors() -> list[list[str]]:
    layers = [layer for c in CONTRACTS["contracts"] if c["type"] == "layers" for layer in c["layers"]]
    return [[room.strip() for room in layer.split("|")] for layer in layers]


def rooms() -> list[str]:
    return [room for floor in floors() for room in floor]


def test_the_drawing_is_the_contract() -> None:
    drawing = re.search(r"```floors\n(.*?)```", (ROOT / "ARCHITECTURE.md").read_text(), re.DOTALL)
    assert drawing
    drawn: list[list[str]] = []
    for line in drawing[1].splitlines():
        first, second = line.split()[:2]
        if first == "|":
            drawn[-1].append(second)
        else:
            drawn.append([first])
    assert drawn == floors()


@pytest.mark.parametrize("room", rooms())
def test_every_room_says_in_one_sentence_what_it_is_for(room: str) -> None:
    package = SOURCE / room / "__init__.py"
    said = ast.get_docstring(ast.parse((package if package.exists() else SOURCE / f"{room}.py").read_text()))
    assert said
    first = said.partition("\n\n")[0]
    assert first.endswith(".")
    assert first.count(". ") == 0


def test_sql_stands_in_rows_and_schema_alone() -> None:
    """Connections may be handed on by anybody; statements are written where the room's tables are known."""
    found = [
        (str(path.relative_to(SOURCE)), alias.name)
        for path in SOURCE.rglob("*.py")
        if path.parent.name != "store" and "migrations" not in path.parts
        if not path.name.startswith(("rows", "schema", "screens"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "sqlalchemy"
        for alias in node.names
        if alias.name not in HANDED_ON
    ]
    assert found == []


# One import for each contract that breaks it, and nothing else.
BREACHES = {
    "rooms stand on floors": ("base/clock.py", "import lenskeeper.protocols"),
    "no circles": ("base/secret.py", "import lenskeeper.base.circle"),
    "protocols and base do no I/O": ("base/errors.py", "import socket"),
    "only probing speaks to cameras": ("house/clock.py", "import lenskeeper.protocols.rtsp"),
    "raw pixels stop": ("protocols/sdp.py", "import lenskeeper.pictures"),
    "who decides does not wait": ("diagnosis/verdict.py", "import asyncio"),
}


def test_a_breach_is_known_for_every_contract() -> None:
    names = [c["name"] for c in CONTRACTS["contracts"]]
    assert sorted(names) == sorted(n for start in BREACHES for n in names if n.startswith(start))


@pytest.mark.parametrize("contract", BREACHES)
def test_each_contract_is_broken_by_its_breach(contract: str, tmp_path: Path) -> None:
    shutil.copytree(SOURCE, tmp_path / "lenskeeper", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    file, breach = BREACHES[contract]
    with (tmp_path / "lenskeeper" / file).open("a") as broken:
        broken.write(f"\n{breach}\n")
    if contract == "no circles":
        (tmp_path / "lenskeeper/base/circle.py").write_text("import lenskeeper.base.secret\n")
    run = subprocess.run(  # noqa: S603  our own linter on our own copy
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--config", "pyproject.toml"],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    broken_line = next(
        (line for line in run.stdout.splitlines() if line.startswith(contract)), run.stdout + run.stderr
    )
    assert broken_line.endswith("BROKEN")
    assert run.returncode == 1
