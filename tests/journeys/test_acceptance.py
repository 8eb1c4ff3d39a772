"""A batch lives through its 72 hours by the real rounds and books; one camera is blind at night, one is seen too seldom."""

import hashlib
import io
import json
import re
from pathlib import Path

import pytest
from pypdf import PdfReader
from python_calamine import CalamineWorkbook
from sqlalchemy import Connection
from tests.week_kit import Town

from lenskeeper.audit import rows as audit
from lenskeeper.availability.daylight import cell_of, daylight
from lenskeeper.availability.lanes import Lane
from lenskeeper.availability.rows_figures import exact
from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.days import date_of, day_of, day_span, local_day
from lenskeeper.base.errors import Conflict
from lenskeeper.base.languages import Language
from lenskeeper.base.outcomes import Outcome
from lenskeeper.house import acceptance
from lenskeeper.house.acceptance import BatchOrder, write_sheet
from lenskeeper.house.home import Home
from lenskeeper.house.settings import Settings
from lenskeeper.inventory import rows_points
from lenskeeper.inventory.camera_file import CameraFile
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_takeover import accept, accepted_at
from lenskeeper.inventory.rows_watched import watched
from lenskeeper.probing.simulator.script import Answer
from lenskeeper.store.database import Store
from lenskeeper.tickets.acceptance import Check, Word
from lenskeeper.units import rows as units
from lenskeeper.units.ids import UnitId

TZ = "Asia/Shanghai"
BEGIN_S = day_span(day_of(date_of(20_780)), TZ)[0] + 9 * 3600 - 60
WATCHED_MIN = 72 * 60
BY, BESIDE = ActorId("local:wang"), ActorId("local:li")
LON, LAT = 120.13, 30.26
WITNESSES = {"east": "rtsp://10.9.0.1:554/", "west": "rtsp://10.9.0.2:554/"}
TENDER = 'warranty_months = 36\nwithout = ["clock"]\n'
BOX = [[120.0, 30.0], [121.0, 30.0], [121.0, 31.0], [120.0, 31.0], [120.0, 30.0]]
DISTRICTS = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"code": "330106"},
            "geometry": {"type": "Polygon", "coordinates": [BOX]},
        }
    ],
}


def code(number: int) -> str:
    return f"3301060000132{number:07d}"


class BlindAtNight(Town):
    """One camera's infra-red lamps are dead: its picture is dark whenever the sun is down."""

    blind = ""

    def look(self, url: str, at_s: int) -> Answer:
        answer = super().look(url, at_s)
        if url != self.blind or answer.outcome is not Outcome.PLAYING:
            return answer
        light = daylight(cell_of(LAT, LON, TZ), local_day(at_s, TZ), TZ)
        by_day = any(a <= at_s < b for a, b in light)
        return answer if by_day else Answer(Outcome.PLAYING, "fault", ("dark",))


@pytest.fixture
def town(store: Store) -> Town:
    made = BlindAtNight(store, BEGIN_S, WATCHED_MIN + 10, WITNESSES)

    def found(c: Connection) -> UnitId:
        return units.ensure(c, ["City"], tz=TZ, actor=BY, now_s=0)["City"]

    unit_id = store.write(found)
    for number in range(1, 5):
        made.plant(
            CameraFile(
                f"crossing {number}", code=code(number), klass=1, civil_code="330106", lon=LON, lat=LAT,
                url=f"rtsp://10.0.0.{number}/live", serial=f"S{number}", zone="west" if number == 4 else "east",
                place_kind="road", purpose="traffic", legal_basis="rule 12", owner_department="traffic office",
                contact="duty office",
            ),
            unit_id=unit_id,
            tz=TZ,
        )  # fmt: skip
    made.blind = made.cameras[2].urls[0]
    made.cut["west"] = set(range(600, 900))  # 7 % of the time nobody knows anything of it
    store.write(lambda c: accept(c, unit_id, from_day=1, document="7", actor=BY, now_s=BEGIN_S))
    return made


@pytest.fixture
def home(town: Town, tmp_path: Path) -> Home:
    return Home(tmp_path, Settings(), town.store, town.clock, "")


def counted_s(town: Town) -> dict[PointId, int]:
    with town.store.read() as c:
        return {
            one.point_id: one.totals.expected_s for one in exact(c, Scope.ALL, Lane.REACHABLE, *town.span)
        }


def order(folder: Path) -> BatchOrder:
    tender, boundaries = folder / "tender.toml", folder / "districts.geojson"
    tender.write_text(TENDER)
    boundaries.write_text(json.dumps(DISTRICTS))
    return BatchOrder("lot 3", tender, "HT-2026-12", [code(n) for n in range(1, 5)], districts=boundaries)


@pytest.mark.timeout(240)
def test_a_batch_is_watched_for_72_hours_and_signed_without_what_failed_or_was_not_tested(
    town: Town, home: Home, tmp_path: Path
) -> None:
    ids = [one.point_id for one in town.cameras]
    early: list[str] = []

    def begin() -> None:
        acceptance.begin(home, order(tmp_path), BY)
        for number in range(1, 5):
            acceptance.answer(
                home, "lot 3", code(number), Check.SIGN, BY, is_passed=True, words="seen on the pole"
            )

    def try_early() -> None:
        with pytest.raises(Conflict, match="1 h are left") as told:
            acceptance.sign(home, "lot 3", leave_out=[code(3), code(4)], by=BY, beside=BESIDE)
        early.append(str(told.value))

    def try_all() -> None:
        with pytest.raises(Conflict, match="2 points have not passed") as told:
            acceptance.sign(home, "lot 3", leave_out=[], by=BY, beside=BESIDE)
        assert f"{code(3)} (failed)" in str(told.value)
        assert f"{code(4)} (untested)" in str(told.value)
        with town.store.read() as c:
            assert accepted_at(c, ids, home.now_s()) == set()
            assert len(watched(c, Scope.ALL, home.now_s())) == 4
        assert set(counted_s(town).values()) == {0}

    signed_at: list[int] = []

    def sign() -> None:
        signed_at.append(home.now_s())
        acceptance.sign(home, "lot 3", leave_out=[code(3), code(4)], by=BY, beside=BESIDE)

    town.after(0, begin)
    town.after(WATCHED_MIN - 2, try_early)
    town.after(WATCHED_MIN + 2, try_all)
    town.after(WATCHED_MIN + 4, sign)
    town.run()
    assert early
    _holds_afterwards(town, home, ids, signed_at[0])
    _is_told_in_files(home, tmp_path)


def _holds_afterwards(town: Town, home: Home, ids: list[PointId], signed_s: int) -> None:
    sheet = acceptance.shown(home, "lot 3").sheet
    assert sheet is not None
    assert [(one.word, one.left_out) for one in sheet.points] == [
        (Word.PASSED, False),
        (Word.PASSED, False),
        (Word.FAILED, True),
        (Word.UNTESTED, True),
    ]
    night = {one.check: one for one in sheet.points[2].answers}
    assert (night[Check.PICTURE_DAY].word, night[Check.PICTURE_NIGHT].word) == (Word.PASSED, Word.FAILED)
    assert {one.check: one.word for one in sheet.points[3].answers}[Check.ONLINE] is Word.UNTESTED
    counted = counted_s(town)
    assert [counted[each] for each in ids] == [town.span[1] - signed_s] * 2 + [0, 0]
    with town.store.read() as c:
        assert accepted_at(c, ids, home.now_s()) == set(ids[:2])
        assert len(watched(c, Scope.ALL, home.now_s())) == 4  # what was left out is looked at still
        files = [rows_points.get(c, Scope.ALL, each, home.now_s()).file for each in ids]
        acts = [one.act for one in audit.entries(c, Scope.ALL)]
    until = date_of(local_day(signed_s, TZ)).replace(year=date_of(local_day(signed_s, TZ)).year + 3)
    assert [one.warranty_until for one in files] == [until, until, None, None]
    assert acts.count("acceptance.answer") == 4
    assert {"acceptance.begin", "acceptance.sign", "point.serve"} <= set(acts)
    with pytest.raises(Conflict, match="was signed"):
        acceptance.sign(home, "lot 3", leave_out=[], by=BY, beside=BESIDE)


def _is_told_in_files(home: Home, folder: Path) -> None:
    found = acceptance.shown(home, "lot 3")
    for language, passed, untested, left in (
        (Language.EN, "passed", "UNTESTED", "LEFT OUT"),
        (Language.ZH, "合格", "未检", "未列入验收"),
    ):
        pdf, book = folder / f"{language}.pdf", folder / f"{language}.xlsx"
        write_sheet(found, pdf, language)
        write_sheet(found, book, language)
        pages = "".join(page.extract_text() for page in PdfReader(pdf).pages)
        cells = str(
            [
                sheet.to_python()
                for opened in [CalamineWorkbook.from_filelike(io.BytesIO(book.read_bytes()))]
                for name in opened.sheet_names
                for sheet in [opened.get_sheet_by_name(name)]
            ]
        )
        for told in (passed, untested, left, code(4), "local:wang", "local:li"):
            assert told in cells
            assert re.sub(r"\s", "", told) in re.sub(r"\s", "", pages)  # a narrow column folds words
    write_sheet(found, folder / "sheet.json", Language.EN)
    assert hashlib.sha256((folder / "sheet.json").read_bytes()).hexdigest() == found.batch.sha256
