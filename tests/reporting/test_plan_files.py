"""What the guardians of a network are handed: every host and port, every day of the ramp, every way to stop."""

import csv
import io

import pytest
from python_calamine import CalamineWorkbook
from tests.probing.rounds_kit import BEGIN_S, camera
from tests.reporting.reporting_kit import TZ

from lenskeeper.base.languages import Language
from lenskeeper.probing.manners import Manners
from lenskeeper.probing.probe_plan import ProbePlan, probe_plan
from lenskeeper.probing.targets import parse_target
from lenskeeper.probing.witness import Landmarks
from lenskeeper.reporting.as_csv import sheets_csv
from lenskeeper.reporting.as_xlsx import sheets_xlsx
from lenskeeper.reporting.tables_plan import STOPS, TEXT, plan_sheets

BOTH = pytest.mark.parametrize("language", list(Language))


def city() -> ProbePlan:
    hours = [((28_800, 64_800),), ((0, 3_600),)]
    points = [
        camera(1, url="rtsp://10.1.1.1:554/", hours=hours[0]),
        camera(2, url="rtsp://10.1.1.2:8554/", hours=hours[1]),
        *(camera(n, url=f"rtsp://10.1.2.1:{9_000 + n}/") for n in range(10, 30)),
        camera(90, url=""),
    ]
    marks = Landmarks(
        {"": (parse_target("http://10.1.1.254/"),)}, {"x": parse_target("http://10.9.9.9:8080/")}
    )
    manners = Manners(ramp_from_s=BEGIN_S, ramp=(0.1, 0.5))
    return probe_plan(points, manners, sources=["192.0.2.7", "192.0.2.8"], landmarks=marks)


@BOTH
def test_a_plan_is_handed_over_whole_in_a_workbook_and_in_one_csv(language: Language) -> None:
    plan = city()
    tables = plan_sheets(plan, language)
    book = CalamineWorkbook.from_filelike(io.BytesIO(sheets_xlsx(tables, language, TZ)))
    assert book.sheet_names == [sheet.title for sheet in tables]
    whole = [
        cell for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python() for cell in row
    ]
    text = sheets_csv(tables, language, TZ).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    cells = {cell for row in rows for cell in row}
    for address in (*plan.addresses, *plan.witnesses):
        host, _, port = address.rpartition(":")
        assert [host, port] in rows
        assert host in whole
        assert port in whole
    said = [effect.of(language) for _, effect in STOPS] + [command for command, _ in STOPS]
    for told in ("192.0.2.7, 192.0.2.8", "camera 90", "2023-11-15", "2023-11-17", "10%", *said):
        assert told in cells
        assert told in whole


@BOTH
def test_no_word_of_a_plan_stays_in_the_other_language(language: Language) -> None:
    text = sheets_csv(plan_sheets(city(), language), language, TZ).decode("utf-8-sig")
    for words in TEXT.values():
        other = words.en if language is Language.ZH else words.zh
        if language is Language.ZH and " " in other.strip():
            assert other not in text
        if language is Language.EN:
            assert other not in text
    assert ("more" in text, "different" in text) == (
        (True, True) if language is Language.EN else (False, False)
    )
