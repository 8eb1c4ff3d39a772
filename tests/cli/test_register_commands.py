"""What a person types to undo, list, agree and rotate does what it says, and is entered in the audit log."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from python_calamine import CalamineSheet, CalamineWorkbook

from lenskeeper.audit import rows as audit
from lenskeeper.availability.exact import observe
from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.observations import Observation
from lenskeeper.availability.rows_dirty import mark_dirty
from lenskeeper.base.access import ROUNDS, Scope
from lenskeeper.base.days import date_of, local_day
from lenskeeper.base.outcomes import Outcome
from lenskeeper.base.secret import Secret
from lenskeeper.cli import main
from lenskeeper.house.home import Home, NewHome, make_home
from lenskeeper.house.logins import FINGERPRINTS
from lenskeeper.house.register import surveyed
from lenskeeper.inventory import rows_credentials, rows_divisions
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_takeover import owed
from lenskeeper.inventory.rows_watched import watched
from lenskeeper.inventory.sheets import read_sheet
from lenskeeper.inventory.vault import Vault
from lenskeeper.leases.rows import take
from lenskeeper.probing import rows as probing_rows
from lenskeeper.probing.credentials import credential
from lenskeeper.probing.memory import Changes, LoginRecord
from lenskeeper.probing.refusals import fingerprints
from lenskeeper.probing.simulator.fleet import Ports, city
from lenskeeper.probing.simulator.sheet import CITY, write_sheet
from lenskeeper.reporting.takeover import Bucket
from lenskeeper.units import rows as units

TZ = "Asia/Shanghai"
CAMERAS = 24
WRONG = 2
ROADS = f"{CITY}/交通局"
EAST, WEST = f"{ROADS}/东城区", f"{ROADS}/西城区"


@dataclass(frozen=True, slots=True)
class Desk:
    """An installation with a sheet beside it, and somebody who types."""

    home: Home
    sheet: Path
    say: Callable[..., tuple[int, str]]

    def acts(self) -> list[str]:
        with self.home.store.read() as connection:
            return [entry.act for entry in audit.entries(connection, Scope.ALL)]

    def fleet(self) -> dict[PointId, str]:
        """Cameras in service, by their address."""
        with self.home.store.read() as connection:
            return {w.point_id: w.url for w in watched(connection, Scope.ALL, self.home.now_s())}

    def of(self, path: str) -> list[PointId]:
        with self.home.store.read() as connection:
            scope = Scope(frozenset({units.find(connection, Scope.ALL, path)}))
            return [w.point_id for w in watched(connection, scope, self.home.now_s())]

    def saw(self, points: list[PointId], state: State, reason: str = "") -> None:
        """A look of the last minute, booked."""
        b = self.home.now_s() // 60 * 60
        found = [Observation(p, Lane.REACHABLE, b - 60, b, state, reason) for p in points]
        self.home.store.write(
            lambda c: observe(c, found, now_s=self.home.now_s(), mark=mark_dirty, actor=ROUNDS)
        )


@pytest.fixture
def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Desk]:
    home = make_home(NewHome(tmp_path / "home", CITY, TZ))
    monkeypatch.chdir(tmp_path / "home")
    monkeypatch.setenv("COLUMNS", "250")
    write_sheet(tmp_path / "city.csv", city(CAMERAS, seed=2), Ports(), wrong=WRONG)

    def say(*words: str | Path) -> tuple[int, str]:
        code = main([str(word) for word in words])
        told = capsys.readouterr()
        return code, told.out + told.err

    yield Desk(home, tmp_path / "city.csv", say)
    home.store.close()


@pytest.fixture
def committed(desk: Desk) -> Desk:
    """With the good rows of the sheet in the register."""
    assert desk.say("import", desk.sheet)[0] == 1
    assert desk.say("import", desk.sheet, "--commit")[0] == 0
    assert len(desk.fleet()) == CAMERAS - WRONG
    return desk


# --- imports --------------------------------------------------------------------------------------------------------


def test_what_was_counted_or_accepted_is_not_withdrawn_and_is_told(committed: Desk) -> None:
    counted, accepted = committed.of(EAST), committed.of(WEST)
    committed.saw(counted[:1], State.UP)
    committed.saw(counted[1:2], State.DOWN, Outcome.TIMED_OUT)
    day = date_of(local_day(committed.home.now_s(), TZ)).isoformat()
    assert committed.say("accept", "unit", WEST, "--from", day, "--document", "7")[0] == 0

    code, out = committed.say("import", "--undo", "1")

    left = {*counted[:2], *accepted}
    assert code == 1
    assert f"{CAMERAS - WRONG - len(left)} cameras are out of the register again" in out
    assert f"{len(left)} rows are left as they are" in out
    assert out.count("it has been counted: retire it instead") == 2
    assert out.count("its unit is accepted: retire it instead") == len(accepted)
    assert set(committed.fleet()) == left
    assert "Undone(" not in out


def test_an_import_of_which_nothing_was_counted_is_taken_back_whole(committed: Desk) -> None:
    code, out = committed.say("import", "--undo", "1")
    assert (code, committed.fleet()) == (0, {})
    assert f"{CAMERAS - WRONG} cameras are out of the register again" in out
    assert "0 rows are left" in out
    code, out = committed.say("import", "--undo", "1")
    assert (code, "undone already" in out) == (2, True)


def test_imports_are_listed_and_their_faulty_rows_come_again(committed: Desk, tmp_path: Path) -> None:
    code, out = committed.say("import", "--list")
    assert code == 0
    assert re.search(rf"1 .*city\.csv .*{CAMERAS - WRONG} .*0 .*{WRONG}", out)

    code, out = committed.say("import", "--parked", "1", "--errors", tmp_path / "wrong")
    assert code == 0
    books = list((tmp_path / "wrong").iterdir())
    assert sum(len(read_sheet(book).rows) for book in books) == WRONG
    assert f"{len(books)} error workbooks" in out

    assert committed.say("import", "--parked", "9", "--errors", tmp_path / "wrong")[0] == 2
    assert "--errors FOLDER" in committed.say("import", "--parked", "1")[1]
    committed.say("import", "--undo", "1")
    assert "taken back" in committed.say("import", "--list")[1]
    assert "left no row out" in committed.say("import", "--parked", "1", "--errors", tmp_path)[1]


# --- units, divisions -----------------------------------------------------------------------------------------------


def test_units_are_added_renamed_and_moved_and_each_act_is_entered(committed: Desk) -> None:
    assert committed.say("units", "add", f"{ROADS}/新区", "--level", "district", "--by", "Wang")[0] == 0
    assert committed.say("units", "rename", EAST, "东区")[0] == 0
    assert committed.say("units", "move", f"{ROADS}/东区", f"{CITY}/水务局")[0] == 0
    code, out = committed.say("units", "list")
    assert code == 0
    assert f"{CITY}/水务局/东区" in out
    assert f"{ROADS}/新区" in out
    assert len(committed.of(f"{CITY}/水务局/东区")) > 0
    assert committed.acts()[-3:] == ["unit.add", "unit.rename", "unit.move"]
    with committed.home.store.read() as connection:
        (first, second, third) = audit.entries(connection, Scope.ALL, limit=3, latest=True)
    assert first.actor == "local:Wang"
    assert json.loads(second.detail) == {"path": EAST, "name": "东区"}
    assert json.loads(third.detail)["to"] == f"{CITY}/水务局"


def test_a_wrong_act_upon_the_tree_is_refused_and_enters_nothing(committed: Desk) -> None:
    before = committed.acts()
    assert "below itself" in committed.say("units", "move", ROADS, EAST)[1]
    assert "there is no unit" in committed.say("units", "add", f"{CITY}/nobody/town")[1]
    assert "already" in committed.say("units", "rename", EAST, "西城区")[1]
    with pytest.raises(SystemExit):  # neither a parent nor --top
        committed.say("units", "move", ROADS)
    assert committed.acts() == before


def test_a_lot_at_the_top_does_not_change_whose_installation_it_is(desk: Desk) -> None:
    assert desk.say("units", "add", "A-lot", "--kind", "lot", "--tz", "America/Lima")[0] == 0
    assert desk.home.tz() == TZ


def test_divisions_are_loaded_by_either_language_and_checked_against(desk: Desk, tmp_path: Path) -> None:
    zh = tmp_path / "list.csv"
    zh.write_text(
        "行政区划代码,名称,级别,上级代码\n990100000000,临江市,city,\n33,浙江省,province,\n",
        encoding="gb18030",
    )
    assert "2 divisions" in desk.say("divisions", "load", zh)[1]
    en = tmp_path / "en.csv"
    en.write_text("code,name,level,parent\n330106,West Lake,county,3301\n330107,New,county,3301\n")
    assert "2 divisions" in desk.say("divisions", "load", en)[1]
    with desk.home.store.read() as connection:
        assert rows_divisions.codes(connection, 20_000) == {"990100", "330000", "330106", "330107"}
        assert rows_divisions.find(connection, "330106", 20_000).parent_code == "330100"
    code, out = desk.say("divisions", "supersede", "330106", "330107", "--on", "2024-10-05")
    assert (code, "330107 took its place" in out) == (0, True)
    with desk.home.store.read() as connection:
        assert "330106" in rows_divisions.codes(connection, 20_000)
        assert "330106" not in rows_divisions.codes(connection, 20_001)
    assert "no division" in desk.say("divisions", "supersede", "330106", "330107", "--on", "2024-10-06")[1]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("name,level\nx,y\n", "no column code"),
        ("code,name\n", "0 rows"),
        ("code,name\n33A,x\n12345,y\n", "row 2: '33A'.*row 3: '12345'"),
        ("code,name,parent\n330106,,\n330107,y,33x\n", "row 2: 330106 needs a name.*row 3: '33x'"),
        ("code,name\n330106,a\n330106000000,b\n", "row 3: 330106000000 is a above and b here"),
    ],
)
def test_a_wrong_list_of_divisions_is_refused_whole(
    desk: Desk, tmp_path: Path, text: str, names: str
) -> None:
    path = tmp_path / "list.csv"
    path.write_text(text)
    code, out = desk.say("divisions", "load", path)
    assert code == 2
    assert re.search(names, out)
    with desk.home.store.read() as connection:
        assert rows_divisions.codes(connection, 20_000) == frozenset()


# --- the takeover ---------------------------------------------------------------------------------------------------


def test_the_backlog_is_listed_agreed_on_and_closed(committed: Desk) -> None:
    dead = committed.of(EAST)[:2]
    committed.saw(dead, State.DOWN, Outcome.TIMED_OUT)
    committed.say("accept", "unit", ROADS, "--from", "2026-01-05", "--document", "7")
    assert len(committed.say("backlog")[1].splitlines()) > 2
    assert "2 inherited faults are open, 0 of them overdue" in committed.say("backlog", "--unit", ROADS)[1]
    assert "0 inherited faults" in committed.say("backlog", "--unit", f"{CITY}/水务局")[1]

    assert (
        "2 inherited faults shall be gone by 2026-02-01"
        in (committed.say("backlog", "--unit", EAST, "--agree", "2026-02-01")[1])
    )
    assert "2 of them overdue" in committed.say("backlog")[1]

    with committed.home.store.read() as connection:
        (first, _) = owed(connection, Scope.ALL)
    assert "--because" in committed.say("backlog", "--close", first.name)[1]
    code, out = committed.say("backlog", "--close", first.name, "--because", "repaired")
    assert (code, "1 inherited faults are closed: repaired" in out) == (0, True)
    assert "1 inherited faults are open" in committed.say("backlog")[1]
    assert committed.acts()[-2:] == ["backlog.agree", "backlog.close"]
    with committed.home.store.read() as connection:
        (last,) = audit.entries(connection, Scope.ALL, limit=1, latest=True)
    assert json.loads(last.detail) == {"because": "repaired", "ids": [first.point_id], "points": 1}


def test_the_survey_adds_up_departments_and_warns_of_a_unit_left_behind(committed: Desk) -> None:
    committed.say("accept", "unit", ROADS, "--from", "2026-01-05", "--document", "7")
    committed.say("units", "add", f"{ROADS}/新区")
    more = committed.sheet.with_name("more.csv")
    more.write_text(
        f"设备编码,设备名称,组织路径,视频地址\n99010000001320000900,new,{ROADS}/新区,rtsp://127.16.9.9/\n",
        encoding="utf-8",
    )
    assert committed.say("import", more, "--commit")[0] == 0
    code, out = committed.say("survey")
    assert code == 0
    roads, east = len(committed.of(ROADS)), len(committed.of(EAST))
    assert re.search(rf"│ {ROADS} +│.* {roads} +│ 2026-01-05", out)
    assert re.search(rf"│ +{EAST} +│.* {east} +│ 2026-01-05", out)
    assert re.search(rf"│ +{ROADS}/新区 +│.* 1 +│ +│", out)
    assert f"not accepted, though the unit above is: {ROADS}/新区" in out
    assert "接收起始日" in committed.say("survey", "--language", "zh-CN")[1]


def test_a_survey_is_written_to_be_handed_over_and_overwrites_nothing(committed: Desk) -> None:
    east = committed.of(EAST)
    committed.saw(east[:2], State.DOWN, Outcome.AUTH_REFUSED)
    assert committed.say("survey", "--to", "found.xlsx", "--to", "found.csv", "--language", "zh-CN")[0] == 0
    by_camera, by_unit = (sheet.to_python() for sheet in sheets_of(Path("found.xlsx")))
    assert sum("口令" in str(row) or "密码" in str(row) for row in by_camera[1:]) == 2
    assert sum(float(str(row[1])) for row in by_unit[1:]) == len(committed.fleet())
    assert EAST in Path("found.csv").read_text(encoding="utf-8-sig")
    code, out = committed.say("survey", "--to", "found.csv")
    assert code == 2
    assert "not overwritten" in out
    assert committed.say("survey", "--to", "found.doc")[0] == 2


def sheets_of(path: Path) -> list[CalamineSheet]:
    book = CalamineWorkbook.from_path(path)
    return [book.get_sheet_by_name(name) for name in book.sheet_names]


def test_cameras_outside_the_declared_networks_are_told_as_not_ours(committed: Desk) -> None:
    urls = committed.fleet()
    assert all("127.16." in url for url in urls.values())
    settings = Path("lenskeeper.toml")
    settings.write_text(settings.read_text() + '\n[probing]\nnetworks = ["10.0.0.0/8"]\n')
    out = committed.say("survey", "--bucket", "not_ours")[1]
    assert f"{len(urls)} cameras" in out
    settings.write_text(settings.read_text().replace("10.0.0.0/8", "127.16.0.0/16"))
    assert "\n0 cameras" in committed.say("survey", "--bucket", "not_ours")[1]
    assert {one.bucket for one in surveyed(committed.home, Scope.ALL)} == {Bucket.NOT_LOOKED_AT}


# --- the log --------------------------------------------------------------------------------------------------------


def test_what_a_person_says_of_a_picture_is_entered_and_the_log_is_shown(committed: Desk) -> None:
    code = "99010000001320000003"
    committed.say("camera", code, "--by", "Li", "excuse", "stripes")
    committed.say("camera", code, "--by", "Li", "view")
    with committed.home.store.read() as connection:
        excused, viewed = audit.entries(connection, Scope.ALL, limit=2, latest=True)
    assert (excused.act, excused.actor, excused.detail) == (
        "picture.excuse",
        "local:Li",
        '{"kind":"stripes"}',
    )
    assert (viewed.act, viewed.subject) == ("picture.view", excused.subject)

    assert committed.say("audit")[1].count("picture.") == 2
    mine = committed.say("audit", "--subject", excused.subject)[1]
    assert ("picture.view" in mine, "import.commit" in mine) == (True, False)
    last = committed.say("audit", "--kind", "picture.", "--limit", "1")[1]
    assert ("picture.view" in last, "picture.excuse" in last) == (True, False)
    assert "picture." not in committed.say("audit", "--since", "2100-01-01")[1]
    assert committed.say("audit", "--limit", "0")[0] == 2


# --- logins ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def with_login(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("LENSKEEPER_PASSWORD", "lamp-7")
    assert desk.say("login", "lot 3", "--user", "operator")[0] == 0
    return desk


def test_logins_are_listed_and_forgotten(with_login: Desk) -> None:
    out = with_login.say("login", "--list")[1]
    assert ("lot 3" in out, "operator" in out, "lamp" in out) == (True, True, False)
    assert "--user" in with_login.say("login", "lot 4")[1]
    assert "name the login" in with_login.say("login")[1]
    assert with_login.say("login", "lot 3", "--remove")[0] == 0
    assert "no stored login" in with_login.say("login", "lot 3", "--remove")[1]
    assert with_login.acts()[-1] == "credential.remove"


def test_a_rotated_key_opens_the_logins_once_it_is_in_place_and_no_refusal_is_forgotten(
    with_login: Desk, tmp_path: Path
) -> None:
    home, account = with_login.home, credential("operator", "lamp-7")
    old = Vault.open(home.key_file)
    refused = LoginRecord("10.0.0.9", fingerprints(old.derived(FINGERPRINTS))(account), False, 50, 1, 50)
    home.store.write(lambda c: probing_rows.save(c, Changes(logins=(refused,)), actor=ROUNDS))

    code, out = with_login.say("login", "--rotate", tmp_path / "new key")

    assert code == 0
    new = Vault.open(tmp_path / "new key")
    assert f"1 logins are sealed by the new key {new.key_id}" in out
    assert str(home.key_file.name) in out
    with home.store.read() as connection:
        (number,) = [one.credential_id for one in rows_credentials.stored(connection, Scope.ALL)]
        opened = rows_credentials.opened(connection, new, [number])
        assert opened[number].password == Secret("lamp-7")
        known = {(r.host, r.account) for r in probing_rows.remembered(connection, Scope.ALL).logins}
    assert ("10.0.0.9", fingerprints(new.derived(FINGERPRINTS))(account)) in known
    assert "bring the right key file" in with_login.say("login", "--rotate", tmp_path / "third")[1]
    assert not (tmp_path / "third").exists()
    (tmp_path / "new key").replace(home.key_file)
    assert with_login.say("login", "--rotate", tmp_path / "third")[0] == 0


def test_no_key_is_rotated_under_a_running_serve_nor_over_another_key(
    with_login: Desk, tmp_path: Path
) -> None:
    home = with_login.home
    home.store.write(lambda c: take(c, "serve", "box:1", now_s=home.now_s(), ttl_s=60))
    assert "box:1 does this already" in with_login.say("login", "--rotate", tmp_path / "new")[1]
    assert not (tmp_path / "new").exists()
    assert with_login.say("login", "--rotate", home.key_file)[0] == 2
    assert home.key_file.exists()
    assert with_login.say("login", "--rotate", tmp_path / "no folder" / "new")[0] == 2
    with home.store.read() as connection:
        (one,) = rows_credentials.stored(connection, Scope.ALL)
    assert one.key_id == Vault.open(home.key_file).key_id
