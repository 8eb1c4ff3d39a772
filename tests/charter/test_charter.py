"""One test for each clause of docs/charter.md: it fails when the code could break the clause.

A clause about a room that does not stand yet is kept by a test that fails as soon as the room appears, so that
nobody can build the room without writing the clause's own test.
"""

import ast
import dataclasses
import enum
import re
import tomllib
import typing
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from lenskeeper.base.errors import NotAllowed
from lenskeeper.cli.lines import CheckLine, KnockLine
from lenskeeper.diagnosis.kinds import Kind, Verdict
from lenskeeper.house.worker import Reply
from lenskeeper.probing.probe import KeyFrame, Probe
from lenskeeper.probing.targets import admit_address

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "lenskeeper"

# Words that would name a person, a face, a plate or a track, in a field, a class, a function or a setting.
FORBIDDEN = re.compile(
    r"(?<![a-z])(face|faces|facial|plate|plates|licen[cs]e_plate|reid|re_id|person_id|people|pedestrian|gait|iris|"
    r"age|gender|sex|ethnic\w*|race|religion|politic\w*|opinion|mood|emotion|watch_?list|blacklist|whitelist|suspect_id|"
    r"household|citizen|resident|phone|track_id|trajectory|embedding|biometric\w*)(?![a-z])"
)
DEPENDENCIES = {
    "av", "h11", "msgspec", "numpy", "opencv-python-headless", "pydantic-settings", "rich", "structlog", "uvloop",
}  # fmt: skip
ROOMS = {"base", "protocols", "pictures", "probing", "diagnosis", "house", "cli"}


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in SOURCE.rglob("*.py"):
        yield path.relative_to(SOURCE), ast.parse(path.read_text(encoding="utf-8"))


def names(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
                yield name
            case ast.arg(arg=name) | ast.keyword(arg=str(name)):
                yield name
            case ast.AnnAssign(target=ast.Name(id=name)) | ast.Attribute(attr=name) | ast.Name(id=name):
                yield name


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def fields(kind: object, seen: set[object] | None = None) -> Iterator[tuple[str, object]]:
    """Every field of a message and of what it holds, with its type."""
    seen = set() if seen is None else seen
    if kind in seen:
        return
    seen.add(kind)
    for part in typing.get_args(kind):
        yield from fields(part, seen)
    if isinstance(kind, type) and (dataclasses.is_dataclass(kind) or issubclass(kind, msgspec.Struct)):
        for name, held in typing.get_type_hints(kind).items():
            yield name, held
            yield from fields(held, seen)


MESSAGES = [CheckLine, KnockLine, Reply, Probe, KeyFrame]


def test_1_no_name_in_the_code_identifies_anybody() -> None:
    found = {
        (str(path), name) for path, tree in trees() for name in names(tree) if FORBIDDEN.search(snake(name))
    }
    assert not found


def test_1_the_forbidden_words_are_found_where_they_stand() -> None:
    planted = ast.parse("def match_face(person_id: str): ...\nclass PlateReader: ...")
    assert {n for n in names(planted) if FORBIDDEN.search(snake(n))} == {
        "match_face",
        "person_id",
        "PlateReader",
    }


def test_1_every_dependency_is_known_and_none_carries_a_model() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert {re.split(r"[<>=;\s]", d)[0] for d in project["dependencies"]} == DEPENDENCIES


def test_1_no_detector_of_faces_is_taken_from_a_library() -> None:
    suspicious = re.compile(
        r"Cascade|FaceDetector|FaceRecognizer|dnn|readNet|QRCode|HOGDescriptor|text_detection|OCR"
    )
    found = [(str(p), n) for p, tree in trees() for n in names(tree) if suspicious.search(n)]
    assert not found


@pytest.mark.parametrize("message", MESSAGES)
def test_2_no_message_has_a_field_that_could_hold_a_person(message: type) -> None:
    held = {name for name, _ in fields(message)}
    assert held
    assert not {name for name in held if FORBIDDEN.search(name)}


def test_3_what_a_worker_answers_has_no_field_for_a_picture() -> None:
    for name, held in fields(Reply):
        assert "ndarray" not in str(held), name
    for message in (CheckLine, KnockLine):
        assert bytes not in {held for _, held in fields(message)}


def test_3_and_4_nothing_writes_shows_or_encodes_a_picture() -> None:
    """There is no view yet. Only the simulator, which draws its own scenes, may encode."""
    makers = {
        "imwrite",
        "imencode",
        "imshow",
        "imwritemulti",
        "VideoWriter",
        "tofile",
        "tobitmap",
        "to_image",
        "save",
    }
    found = {
        (str(path), name)
        for path, tree in trees()
        if path.parts[:2] != ("probing", "simulator")
        for name in names(tree)
        if name in makers
    }
    assert not found


@pytest.mark.parametrize(
    ("clause", "room"),
    [("4", "veil"), ("5", "hazards"), ("6", "web"), ("6", "audit"), ("7", "reporting"), ("9", "inventory"),
     ("10", "dispatch")],
)  # fmt: skip
def test_4_to_10_a_room_that_could_break_its_clause_does_not_stand_yet(clause: str, room: str) -> None:
    """When the room is built, this fails: write the clause's own test (docs/charter.md says what it must see)."""
    assert not (SOURCE / room).exists(), f"clause {clause} needs its own test now"
    assert {p.name for p in SOURCE.iterdir() if (p / "__init__.py").exists()} == ROOMS


def test_8_link_local_and_metadata_addresses_are_never_contacted() -> None:
    with pytest.raises(NotAllowed):
        admit_address("169.254.169.254")


def test_10_the_list_of_what_is_published_is_closed() -> None:
    """A new kind of verdict is a decision about the charter: it is about equipment, picture or weather."""
    assert {k.value for k in Kind} == {
        "black", "dark", "overexposed", "blur", "low_contrast", "colour_cast", "noise", "occluded", "moved", "frozen",
        "signal_card", "mosaic", "low_visibility", "lens_dirty", "stripes", "shaking",
    }  # fmt: skip
    assert {v.value for v in Verdict} == {"fit", "fault", "low_visibility", "not_checkable"}
    assert issubclass(Kind, enum.StrEnum)
