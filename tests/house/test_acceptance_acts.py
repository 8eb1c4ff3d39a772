"""Batches of new cameras: which may be begun, what is measured, who says what, and the ways out."""

import json
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection
from tests.register_kit import NOON, camera, city, commit

from lenskeeper.audit import rows as audit
from lenskeeper.availability.exact import observe
from lenskeeper.availability.lanes import Lane, State
from lenskeeper.availability.observations import Observation
from lenskeeper.availability.rows_dirty import mark_dirty
from lenskeeper.availability.rows_exclusions import refresh
from lenskeeper.availability.rows_figures import exact
from lenskeeper.base.access import LOCAL_OPERATOR, ActorId, Scope
from lenskeeper.base.codecs import Codec
from lenskeeper.base.days import date_of, day_of
from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.base.languages import Language
from lenskeeper.house import acceptance
from lenskeeper.house.acceptance import BatchOrder, codes_in, write_sheet
from lenskeeper.house.clock import StandingClock, SystemClock
from lenskeeper.house.home import Home
from lenskeeper.house.settings import Settings
from lenskeeper.house.switches import Stopped, stop
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_points import change, find, retire
from lenskeeper.inventory.rows_trials import on_trial
from lenskeeper.inventory.vault import make_key
from lenskeeper.probing.simulator.cameras import SimulatedCamera, Start
from lenskeeper.probing.simulator.clips import ClipSpec
from lenskeeper.probing.simulator.films import Film
from lenskeeper.probing.simulator.fleet import FleetPlan, address_of
from lenskeeper.probing.simulator.running import running
from lenskeeper.store.database import Store
from lenskeeper.tickets.acceptance import Answer, Check, Why, Word
from lenskeeper.tickets.rows_acceptance import NEW_DAYS_MAX, months_after

BY, BESIDE = ActorId("local:wang"), ActorId("local:li")
DAY_S = 86_400


@pytest.fixture
def home(store: Store, tmp_path: Path) -> Home:
    def register(connection: Connection) -> None:
        city(connection, "City/North")
        commit(connection, *(camera(n) for n in range(1, 6)), now_s=NOON - 60)
        refresh(connection)

    store.write(register)
    (tmp_path / "tender.toml").write_text("")
    make_key(tmp_path / "lenskeeper.key")
    return Home(tmp_path, Settings(), store, StandingClock(NOON), "")


def code(number: int) -> str:
    return f"{number:020d}"


def order(home: Home, *numbers: int, name: str = "lot 3", **more: object) -> BatchOrder:
    return BatchOrder(name, home.folder / "tender.toml", "HT-12", [code(n) for n in numbers], **more)  # type: ignore[arg-type]  # a test gives what the field takes


def at(home: Home, later_s: int) -> None:
    clock = home.clock
    assert isinstance(clock, StandingClock)
    clock.now = NOON + later_s


def point_of(home: Home, number: int) -> PointId:
    with home.store.read() as c:
        return find(c, Scope.ALL, [code(number)], home.now_s())[code(number)][0]


def tried(home: Home) -> set[int]:
    with home.store.read() as c:
        return {n for n in range(1, 6) if point_of(home, n) in on_trial(c, [point_of(home, n)])}


def answers(home: Home, number: int, name: str = "lot 3") -> dict[Check, Answer]:
    sheet = acceptance.shown(home, name).sheet
    assert sheet is not None
    (mine,) = [one for one in sheet.points if one.code == code(number)]
    return {one.check: one for one in mine.answers}


def test_points_come_from_codes_files_imports_and_units(home: Home) -> None:
    listing = home.folder / "codes.txt"
    listing.write_text(f"# lot 3\n{code(1)}\n{code(2)} # on the bridge\n\n")
    assert codes_in([str(listing), code(3)]) == [code(1), code(2), code(3)]
    assert acceptance.begin(home, order(home, 1, 2), BY)[1] == 2
    acceptance.drop(home, "lot 3", "a trial of ours", BY)
    assert acceptance.begin(home, order(home, name="all", unit="City/North"), BY)[1] == 5
    acceptance.drop(home, "all", "a trial of ours", BY)
    assert acceptance.begin(home, order(home, name="sheet", import_id=1), BY)[1] == 5
    with pytest.raises(NotFound, match="no import 9"):
        acceptance.begin(home, order(home, name="b", import_id=9), BY)
    with pytest.raises(Invalid, match="name the points"):
        acceptance.begin(home, order(home, name="b"), BY)
    with pytest.raises(NotFound, match="no file"):
        acceptance.begin(home, BatchOrder("b", home.folder / "none.toml", "1", [code(1)]), BY)


def test_a_batch_is_of_new_points_that_no_other_batch_has(home: Home) -> None:
    acceptance.begin(home, order(home, 1, 2), BY)
    with pytest.raises(Conflict, match="'lot 3' already"):
        acceptance.begin(home, order(home, 3), BY)
    with pytest.raises(Conflict, match="is in the batch 'lot 3'"):
        acceptance.begin(home, order(home, 2, 3, name="b"), BY)
    home.store.write(
        lambda c: retire(c, point_of(home, 4), to_s=NOON, actor=LOCAL_OPERATOR, now_s=NOON), durable=True
    )
    with pytest.raises(Conflict, match="retired"):
        acceptance.begin(home, order(home, 4, name="b"), BY)
    seen = Observation(point_of(home, 5), Lane.REACHABLE, NOON, NOON + 60, State.UP)
    home.store.write(lambda c: observe(c, [seen], now_s=NOON + 60, mark=mark_dirty, actor=BY))
    at(home, NEW_DAYS_MAX * DAY_S + 60)
    with pytest.raises(Conflict, match="past figures rest on it"):
        acceptance.begin(home, order(home, 5, name="b"), BY)
    assert tried(home) == {1, 2}
    assert acceptance.begin(home, order(home, 3, name="b"), BY)[1] == 1  # registered long ago, and never seen


def test_what_was_left_out_stays_on_trial_and_comes_with_a_later_batch(home: Home) -> None:
    rest = ", ".join(f'"{each}"' for each in Check if each is not Check.SIGN)
    (home.folder / "tender.toml").write_text(f"hours = 1\nwarranty_months = 1\nwithout = [{rest}]\n")
    acceptance.begin(home, order(home, 1, 2), BY)
    acceptance.answer(home, "lot 3", code(1), Check.SIGN, BY, is_passed=True, words="seen")
    seen = Observation(point_of(home, 2), Lane.REACHABLE, NOON, NOON + 60, State.UP)
    home.store.write(lambda c: observe(c, [seen], now_s=NOON + 60, mark=mark_dirty, actor=BY))
    at(home, 3600)
    with pytest.raises(NotFound, match="not in the batch"):
        acceptance.sign(home, "lot 3", leave_out=[code(2), code(3)], by=BY, beside=BESIDE)
    done = acceptance.sign(home, "lot 3", leave_out=[code(2)], by=BY, beside=BESIDE)
    assert done.sheet is not None
    assert done.sheet.word is Word.PASSED
    assert tried(home) == {2}
    assert [(line.points, line.left_out) for line in acceptance.listed(home)] == [(2, 1)]
    at(home, (NEW_DAYS_MAX + 5) * DAY_S)
    with pytest.raises(Conflict, match="was accepted with the batch 'lot 3'"):
        acceptance.begin(home, order(home, 1, 2, name="lot 3b"), BY)
    assert acceptance.begin(home, order(home, 2, name="lot 3b"), BY)[1] == 1


def test_a_dropped_batch_leaves_the_points_as_its_beginning_found_them(home: Home) -> None:
    def expected() -> list[int]:
        with home.store.read() as c:
            sums = exact(c, Scope.ALL, Lane.REACHABLE, NOON, NOON + DAY_S)
        return [one.totals.expected_s for one in sums]

    before = expected()
    acceptance.begin(home, order(home, 1, 2), BY)
    assert expected() == [0, 0, *before[2:]]
    at(home, 3600)
    acceptance.drop(home, "lot 3", "the contractor took them away", BY)
    assert expected() == before
    assert tried(home) == set()
    with pytest.raises(Conflict, match="was dropped"):
        acceptance.answer(home, "lot 3", code(1), Check.SIGN, BY, is_passed=True, words="seen")
    assert acceptance.shown(home, "lot 3").sheet is None
    assert [line.batch.end for line in acceptance.listed(home)] == ["dropped"]


def test_a_person_answers_in_words_and_the_last_answer_holds(home: Home) -> None:
    acceptance.begin(home, order(home, 1, 2), BY)
    assert answers(home, 1)[Check.SIGN].word is Word.UNTESTED
    acceptance.answer(home, "lot 3", code(1), Check.SIGN, BY, is_passed=False, words="it lies on the ground")
    assert answers(home, 1)[Check.SIGN].word is Word.FAILED
    acceptance.answer(home, "lot 3", code(1), Check.SIGN, BESIDE, is_passed=True, words="put up again")
    found = answers(home, 1)[Check.SIGN]
    assert (found.word, found.words, found.by) == (Word.PASSED, "put up again", BESIDE)
    assert answers(home, 2)[Check.SIGN].word is Word.UNTESTED
    acceptance.answer(home, "lot 3", code(1), Check.ONLINE, BY, is_passed=True, words="it was, believe me")
    assert answers(home, 1)[Check.ONLINE].word is Word.UNTESTED
    with pytest.raises(Invalid, match="say what was seen"):
        acceptance.answer(home, "lot 3", code(1), Check.SIGN, BY, is_passed=True, words=" ")
    with pytest.raises(NotFound, match="not in the batch"):
        acceptance.answer(home, "lot 3", code(3), Check.SIGN, BY, is_passed=True, words="seen")


def test_the_register_and_boundaries_are_read_anew_with_each_sheet(home: Home) -> None:
    box = [[120.0, 30.0], [121.0, 30.0], [121.0, 31.0], [120.0, 31.0]]
    feature = {"properties": {"code": "330106"}, "geometry": {"type": "Polygon", "coordinates": [box]}}
    boundaries = home.folder / "districts.geojson"
    boundaries.write_text(json.dumps({"features": [feature]}))
    acceptance.begin(home, order(home, 1, 2, districts=boundaries), BY)
    assert answers(home, 1)[Check.CODE].word is Word.FAILED  # 00000000000000000001 names no camera
    assert answers(home, 1)[Check.DISTRICT].why is Why.NO_COORDINATE
    assert answers(home, 1)[Check.LEGAL_BASIS].word is Word.FAILED

    def correct(**values: object) -> None:
        home.store.write(lambda c: change(c, point_of(home, 1), values, actor=BY, now_s=home.now_s()))

    correct(lon=120.5, lat=30.5)
    assert answers(home, 1)[Check.DISTRICT].why is Why.NO_BOUNDARY
    correct(civil_code="330106")
    assert answers(home, 1)[Check.DISTRICT].word is Word.PASSED
    correct(lon=121.5, lat=30.5)
    assert answers(home, 1)[Check.DISTRICT].word is Word.FAILED
    correct(
        place_kind="road", purpose="traffic", legal_basis="rule 12", owner_department="traffic", contact="1"
    )
    assert answers(home, 1)[Check.LEGAL_BASIS].word is Word.PASSED


@pytest.mark.parametrize(("begun", "months", "until"), [
    ("2026-11-23", 36, "2029-11-23"), ("2024-02-29", 12, "2025-02-28"), ("2026-08-31", 6, "2027-02-28"),
    ("2026-12-31", 1, "2027-01-31"),
])  # fmt: skip
def test_a_warranty_ends_on_the_same_day_of_the_month_or_its_last(
    begun: str, months: int, until: str
) -> None:
    assert str(date_of(months_after(day_of(date_of(0).fromisoformat(begun)), months))) == until


async def test_the_main_streams_are_measured_and_what_may_not_be_asked_is_not(home: Home) -> None:
    def simulated(number: int, codec: Codec) -> SimulatedCamera:
        clip = ClipSpec(film=Film(size=(480, 272), seed=number), codec=codec, fps=10, gop=10, gops=6)
        return SimulatedCamera(address=address_of(number), clip=clip, start=Start.AT_KEY)

    (home.folder / "tender.toml").write_text(
        'width_px = 480\nheight_px = 300\ngop_s_max = 2\nkbps_min = 1\nkbps_max = 100000\ncodecs = ["H.264"]\n'
    )
    acceptance.begin(home, order(home, 1, 2, 3, 4), BY)
    assert answers(home, 1)[Check.GOP].why is Why.NOT_MEASURED
    live = Home(home.folder, home.settings, home.store, SystemClock(), "")
    plan = FleetPlan((simulated(1, Codec.H264), simulated(2, Codec.H265)))
    async with running(plan, SystemClock()) as fleet:
        for number, url in enumerate(fleet.targets(), start=1):
            point = point_of(home, number)
            home.store.write(partial(change, point_id=point, changes={"url": url}, actor=BY, now_s=NOON))
        home.store.write(lambda c: change(c, point_of(home, 3), {"passive_only": True}, actor=BY, now_s=NOON))
        home.store.write(lambda c: change(c, point_of(home, 4), {"budget_mb_month": 5}, actor=BY, now_s=NOON))
        done = await acceptance.measure(live, "lot 3", BY)
        home.store.write(lambda c: stop(c, Stopped(pictures=True), "they asked", actor=BY, now_s=NOON))
        with pytest.raises(Conflict, match="stop switch"):
            await acceptance.measure(live, "lot 3", BY)
    assert set(done.skipped) == {"crossing 3", "crossing 4"}
    words = {check: one.word for check, one in answers(home, 1).items()}
    told = {check: answers(home, 1)[check].figure for check in (Check.RESOLUTION, Check.CODEC, Check.GOP)}
    assert told == {Check.RESOLUTION: "480 x 272", Check.CODEC: "h264", Check.GOP: "1.00 s"}
    assert words[Check.RESOLUTION] is Word.FAILED
    assert (words[Check.CODEC], words[Check.GOP], words[Check.BITRATE]) == (Word.PASSED,) * 3
    assert answers(home, 2)[Check.CODEC].word is Word.FAILED
    assert answers(home, 3)[Check.CODEC].why is Why.NOT_MEASURED
    with home.store.read() as c:
        assert "acceptance.measure" in [one.act for one in audit.entries(c, Scope.ALL)]


def test_a_draft_is_written_as_such_and_has_no_canonical_bytes(home: Home) -> None:
    acceptance.begin(home, order(home, 1), BY)
    found = acceptance.shown(home, "lot 3")
    write_sheet(found, home.folder / "draft.pdf", Language.EN)
    with pytest.raises(Conflict, match="is there already"):
        write_sheet(found, home.folder / "draft.pdf", Language.EN)
    with pytest.raises(Conflict, match="no canonical bytes"):
        write_sheet(found, home.folder / "draft.json", Language.EN)
    with pytest.raises(Invalid, match="written as"):
        write_sheet(found, home.folder / "draft.docx", Language.EN)
