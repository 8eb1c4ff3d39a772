"""What people do with the log: sign, check, prove, gather and erase; and that each binding act of theirs stands in it."""

import ast
import json
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Connection, insert, text
from tests.engines import bare_postgresql

from lenskeeper.audit import rows, rows_checkpoints, verifier
from lenskeeper.audit.keys import Signer
from lenskeeper.audit.rows import Wanted
from lenskeeper.base.access import LOCAL_OPERATOR, ActorId, Scope
from lenskeeper.base.errors import Invalid, NotAllowed, NotFound
from lenskeeper.base.languages import Language
from lenskeeper.house import audit
from lenskeeper.house.clock import StandingClock
from lenskeeper.house.home import Home, NewHome, make_home
from lenskeeper.house.upkeep import verified
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.schema import membership, point
from lenskeeper.reporting.acts import ACTS

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src/lenskeeper"
ALL = Scope.ALL
NOW_S = 1_795_000_000
DAY_S = 86_400
LI = ActorId("account:li")


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Home]:
    url = f"sqlite:///{tmp_path}/city.db" if request.param == "sqlite" else bare_postgresql()
    made = make_home(NewHome(tmp_path / "city", "Linjiang", "Asia/Shanghai", url), StandingClock(NOW_S))
    yield made
    made.store.close()


def did(home: Home, act: str, subject: str, at_s: int = NOW_S, actor: ActorId = LI) -> int:
    return home.store.write(
        lambda c: rows.append(
            c, actor=actor, at_s=at_s, act=act, subject=subject, detail={"because": f"{act} it"}
        )
    )


def log_of(home: Home) -> list[rows.Entry]:
    with home.store.read() as connection:
        return rows.entries(connection, ALL)


# ---- signing


async def test_a_checkpoint_is_signed_each_minute_in_which_something_was_entered(home: Home) -> None:
    clock = home.clock
    assert isinstance(clock, StandingClock)
    first = await audit.checkpoint_if_due(home)
    assert first is not None  # the first entry of all waits for no minute
    did(home, "point.change", "point:1")
    assert await audit.checkpoint_if_due(home) is None
    clock.now += 60
    second = await audit.checkpoint_if_due(home)
    assert second is not None
    assert (second.size, second.time_s) == (first.size + 1, NOW_S + 60)
    clock.now += 600
    assert await audit.checkpoint_if_due(home) is None


def test_the_key_lies_beside_the_other_one_and_is_named_in_the_log_itself(home: Home) -> None:
    key = audit.checkpoint(home)
    path = audit.key_file(home)
    assert path == home.key_file.with_name("lenskeeper-audit.key")
    assert path.stat().st_mode & 0o777 == 0o600
    [named] = [msgspec.json.decode(e.detail)["public"] for e in log_of(home) if e.act == "audit.key"]
    assert named == Signer.open(path).public.text
    assert key.is_signed_by(verifier.PublicKey.read(named))
    assert path.read_text().split()[2] not in "".join(e.detail for e in log_of(home))


def test_a_lost_key_is_not_replaced_in_silence(home: Home) -> None:
    audit.checkpoint(home)
    audit.key_file(home).unlink()
    with pytest.raises(NotFound, match="--new"):
        audit.checkpoint(home)
    audit.new_key(home, LI)
    assert audit.verify(home, ALL, LI).holds
    assert [e.actor for e in log_of(home) if e.act == "audit.key"] == [LOCAL_OPERATOR, LI]


def test_the_old_key_signs_for_the_new_one_and_is_set_aside(home: Home) -> None:
    old = audit.public_keys(home)[0]
    new = audit.new_key(home, LI)
    assert new != old
    assert new.name == old.name
    before = audit.checkpoints(home, ALL)[0]
    named = next(e.number for e in log_of(home) if new.text in e.detail)
    assert before.is_signed_by(old)
    assert before.size >= named  # whoever trusts the old key sees the new one named
    did(home, "point.change", "point:1")
    assert audit.checkpoint(home).is_signed_by(new)
    aside = audit.key_file(home).with_name(f"lenskeeper-audit.key.{old.key_id.hex()}")
    assert Signer.open(aside).public == old
    assert audit.verify(home, ALL, LI).holds


# ---- checking


def test_verify_tells_of_a_log_that_was_written_anew_with_all_its_hashes(home: Home) -> None:
    for number in range(5):
        did(home, "point.change", f"point:{number}")
    audit.checkpoint(home)
    assert verified(home).faults == ()

    def again(connection: Connection) -> None:
        kept = rows.entries(connection, ALL)
        connection.execute(text("DELETE FROM audit_entry"))
        connection.execute(text("DELETE FROM audit_head"))
        for each in kept:
            actor = ActorId("account:other") if each.number == 4 else each.actor
            detail = msgspec.json.decode(each.detail)
            rows.append(
                connection, actor=actor, at_s=each.at_s, act=each.act, subject=each.subject, detail=detail
            )

    home.store.write(again)
    with home.store.read() as connection:
        assert rows.verify(connection).broken_at is None  # it holds by itself
    found = audit.verify(home, ALL, LI)
    assert not found.holds
    assert {fault.why for fault in found.faults} == {"other_log"}
    assert any("does not hold" in fault for fault in verified(home).faults)


def test_a_part_of_the_organisation_is_no_scope_for_any_of_it(home: Home) -> None:
    part = Scope(frozenset({1}))
    order = audit.CaseOrder(PointId(1), 0, 9, "x")
    for work in (
        lambda: audit.read(home, part, LI, Wanted()),
        lambda: audit.prove(home, part, LI, 1),
        lambda: audit.acts(home, part),
        lambda: audit.checkpoints(home, part),
        lambda: audit.checkpoint_of(home, part, 1),
        lambda: audit.consistency(home, part, 1, 1),
        lambda: audit.verify(home, part, LI),
        lambda: audit.cases(home, part),
        lambda: audit.make_case(home, part, LI, order),
        lambda: audit.case_of(home, part, LI, 1),
        lambda: next(audit.export(home, part, LI)),
    ):
        with pytest.raises(NotAllowed):
            work()
    assert [e.act for e in log_of(home)] == ["installation.made"]


# ---- erasing


def test_a_name_goes_at_the_end_of_its_time_and_not_before(home: Home) -> None:
    old_s, young_s = NOW_S - 400 * DAY_S, NOW_S - 10 * DAY_S
    for at_s in (old_s, old_s + 5, young_s):
        did(home, "point.change", "point:1", at_s)
    did(home, "point.change", "point:1", old_s, LOCAL_OPERATOR)
    audit.checkpoint(home)
    with pytest.raises(Invalid, match="at least"):
        audit.erase_name(home, LOCAL_OPERATOR, LI, "too soon", older_than_days=30)
    assert audit.erase_name(home, LOCAL_OPERATOR, LI, "retention of one year", older_than_days=365) == 2
    left = [e.actor for e in log_of(home) if not e.is_erased]
    assert left.count(LI) == 1
    found = audit.verify(home, ALL, LOCAL_OPERATOR)
    assert (found.holds, found.erased) == (True, 2)
    with pytest.raises(Invalid, match="names"):
        audit.erase_name(home, LOCAL_OPERATOR, LI, "again", older_than_days=365)


# ---- cases


def test_a_case_gathers_all_that_concerned_a_camera_and_stays_as_it_was_made(home: Home) -> None:
    values = {"id": 7, "name": "桥头", "klass": 1, "tz": "UTC", "in_service_from_s": 0, "revision": 1}

    def register(connection: Connection) -> None:
        connection.execute(insert(point), [values])
        connection.execute(insert(membership), [{"point_id": 7, "from_s": 0, "unit_id": 1}])
        connection.execute(text("INSERT INTO import_batch (id, at_s, actor, source) VALUES (3, 1, 'x', 's')"))
        connection.execute(
            text(
                "INSERT INTO import_change (batch_id, row_number, point_id, act, before, after, revision) "
                "VALUES (3, 1, 7, 'create', '{}', '{}', 1)"
            )
        )

    home.store.write(register)
    mine = [did(home, act, subject, NOW_S + 5) for act, subject in (
        ("point.change", "point:7"), ("import.commit", "import:3"), ("unit.accept", "unit:1"))]  # fmt: skip
    did(home, "point.change", "point:8", NOW_S + 5)
    did(home, "point.change", "point:7", NOW_S + 99)
    number = audit.make_case(home, ALL, LI, audit.CaseOrder(PointId(7), NOW_S + 1, NOW_S + 50, "complaint"))
    did(home, "picture.view", "point:7", NOW_S + 6)  # later in the log, of an instant within: not in the case
    case = audit.case_of(home, ALL, LI, number)
    assert [each.entry.number for each in case.acts] == [*mine, number]
    assert case.checkpoint.size >= number
    assert audit.case_json(audit.case_of(home, ALL, LI, number)) == audit.case_json(case)
    for each in case.acts:
        assert verifier.includes(
            case.checkpoint.root, case.checkpoint.size, each.entry.number - 1, each.entry.leaf, each.path
        )
    assert audit.pdf_of(case, Language.EN) == audit.pdf_of(case, Language.EN)
    [line] = audit.cases(home, ALL)
    assert (line.number, line.acts, line.because, line.actor) == (number, 3, "complaint", LI)


# ---- durable before it is shown


@pytest.mark.timeout(120)
def test_no_act_that_was_shown_is_lost_when_the_process_is_killed(tmp_path: Path) -> None:
    folder = tmp_path / "city"
    home = make_home(NewHome(folder, "Linjiang", "UTC"))
    chance = random.Random(7)
    shown: list[int] = []
    signed: list[int] = []
    for _ in range(6):
        command = [sys.executable, "-m", "tests.audit_child", str(folder)]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as child:  # noqa: S603  ourselves
            assert child.stdout is not None
            begin = child.stdout.readline()
            time.sleep(chance.uniform(0.05, 1.2))
            child.kill()
            rest = child.stdout.read()
        told = [int(line) for line in (begin + rest[: rest.rfind("\n") + 1]).splitlines()]
        shown += [number for number in told if number > 0]
        signed += [-number for number in told if number < 0]
    with home.store.read() as connection:
        found = audit.verified(connection)
        there = {
            e.number for e in rows.every(connection, ALL, rows.size_of(connection)) if e.act == "export.list"
        }
        sizes = {point.size for point in rows_checkpoints.listed(connection, ALL)}
    home.store.close()
    assert found.holds
    assert len(shown) > 12
    assert set(shown) <= there
    assert set(signed) <= sizes


def writes(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in ("write", "submit")
        ):
            yield node


def test_every_act_of_a_person_is_durable_before_it_is_answered() -> None:
    """A function that has an actor and writes does so with an fsync: an entry that a power cut takes was none."""
    loose = []
    for path in sorted((SOURCE / "house").glob("*.py")):
        for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(function, ast.FunctionDef):
                continue
            names = {each.arg for each in (*function.args.args, *function.args.kwonlyargs)}
            if "actor" not in names or "home" not in names:
                continue
            loose += [
                f"{path.name}:{call.lineno} {function.name}"
                for call in writes(function)
                if not any(
                    word.arg == "durable" and ast.unparse(word.value) == "True" for word in call.keywords
                )
            ]
    assert loose == []


# ---- the table of acts


def acts_in_code() -> dict[str, str]:
    """Every act that the code enters: by name, where."""
    found: dict[str, str] = {}
    named = re.compile(r"^[a-z_]+\.[a-z_]+$")
    for path in sorted(SOURCE.rglob("*.py")):
        if path.name in ("schema.py", "acts.py") or "migrations" in path.parts:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        constants = {
            target.id: node.value.value
            for node in ast.walk(tree)
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant)
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            said = [word.value for word in node.keywords if word.arg == "act"]
            if called.startswith("_enter"):
                said += node.args
            for each in said:
                for leaf in ast.walk(each):
                    value = (
                        leaf.value
                        if isinstance(leaf, ast.Constant)
                        else constants.get(getattr(leaf, "id", ""))
                    )
                    if isinstance(value, str) and named.match(value):
                        found[value] = f"{path.relative_to(SOURCE)}:{node.lineno}"
    return found


def test_every_act_that_the_code_enters_has_its_words_and_no_word_is_without_an_act() -> None:
    here = acts_in_code()
    assert len(here) > 60
    assert {act: where for act, where in here.items() if act not in ACTS} == {}
    indirect = {act for act in ACTS if act not in here}
    whole = "\n".join(
        path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py") if path.name != "acts.py"
    )
    assert [act for act in sorted(indirect) if f'"{act}"' not in whole] == []


def test_the_page_of_acts_and_the_words_of_the_browser_are_those_of_the_table() -> None:
    from tests.act_page import page  # noqa: PLC0415  beside its use

    assert (ROOT / "docs/reference/audit-acts.md").read_text(encoding="utf-8") == page()
    for name, language in (("en", Language.EN), ("zh-CN", Language.ZH)):
        said = json.loads((ROOT / f"frontend/src/words/{name}/audit.json").read_text(encoding="utf-8"))[
            "done"
        ]
        told: dict[str, str] = {}
        for room, each in said.items():
            told |= (
                {room: each}
                if isinstance(each, str)
                else {f"{room}.{act}": words for act, words in each.items()}
            )
        assert told == {act: words.of(language) for act, words in ACTS.items()}


def test_the_charter_on_screen_has_the_clauses_of_the_charter() -> None:
    held = (ROOT / "docs/charter.md").read_text(encoding="utf-8")
    titles = re.findall(r"^\| \d+ \| \*\*(.+?)\.\*\*", held, re.MULTILINE)
    for name in ("en", "zh-CN"):
        said = json.loads((ROOT / f"frontend/src/words/{name}/about.json").read_text(encoding="utf-8"))[
            "clause"
        ]
        assert len(said) == len(titles)
        if name == "en":
            assert [each["title"] for each in said.values()] == titles
