"""The sheet of a month's deductions in both languages: its arithmetic in words, and the same amounts in every file."""

import csv
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenskeeper.base.days import day_of, day_span
from lenskeeper.base.languages import Language
from lenskeeper.diagnosis.kinds import Kind as Fault
from lenskeeper.reporting import tables_contract
from lenskeeper.reporting.as_csv import sheets_csv
from lenskeeper.reporting.periods import period_of, until
from lenskeeper.reporting.tables import money_text
from lenskeeper.reporting.tables_contract import Month, arithmetic, deduction_document, deduction_sheets
from lenskeeper.tickets.contracts import Contract, ContractId, Penalties, Terms
from lenskeeper.tickets.deductions import Clause, Line, LotRate, Reason, Settlement, Why
from lenskeeper.tickets.routing import Payer

TZ = "Asia/Shanghai"
BOTH = pytest.mark.parametrize("language", list(Language))
TERMS = Terms(monthly_fee_cents=100_000, penalties=Penalties(online_target_hundredths=9_850, cap_percent=10))
RATE = LotRate(9_830, 200, 30, 12_000)
LINES = (
    Line(Clause.ONLINE, Reason.OWED, None, "", "", 2, 50_000),
    Line(Clause.LATE_RESTORE, Reason.OWED, 7, "camera", "=crossing 1", 3, 5_000, is_capped=True, refused_s=1,
         left_out_s=((Why.PAUSED, 7_200), (Why.HELD, 360))),
    Line(Clause.NONE, Reason.PAYER, 8, "switch", "SW-1", payer=Payer.POWER),
    Line(Clause.NONE, Reason.IN_TIME, 9, "pole", "P-1", guarantee="festival"),
    Line(Clause.DIRTY, Reason.OWED, None, Fault.LENS_DIRTY.value, "crossing 2", 1, 3_005),
)  # fmt: skip
CONTRACT = Contract(
    ContractId(1), "Lot 1", "Bright Eyes Ltd.", "No. 7", day_of(date(2026, 1, 1)),
    day_of(date(2026, 1, 1)) + 365, "", TZ, TERMS,
)  # fmt: skip


def month(*, cut: bool = False) -> Month:
    whole = period_of("2026-11", TZ)
    period = until(whole, day_span(whole.first_day + 9, TZ)[0]) if cut else whole
    return Month(CONTRACT, TERMS, period, Settlement(LINES, RATE, TERMS.cap_cents), whole.b_s)


@BOTH
def test_every_clause_reason_payer_and_cause_has_its_words(language: Language) -> None:
    for clause in Clause:
        assert tables_contract.CLAUSES[clause].of(language)
        if clause is not Clause.NONE:
            assert "{n}" in tables_contract.COUNTS[clause].of(language)
    for reason in set(Reason) - {Reason.OWED, Reason.PAYER}:
        assert tables_contract.REASONS[reason].of(language)
    for words, known in (
        (tables_contract.PAYERS, Payer), (tables_contract.WHYS, Why)
    ):  # fmt: skip
        assert set(words) == set(known)
    assert all(words.zh != words.en for words in tables_contract.TEXT.values())


def test_the_arithmetic_is_told_in_words() -> None:
    said = [arithmetic(line, RATE, TERMS, Language.EN) for line in LINES]
    assert said == [
        (
            "2 started 0.1 points below the target x 500.00; 98.30 % (9,830 / 10,000 camera-seconds; coverage 83.58 %), "
            "target 98.50 %; 30 camera-seconds down belong to tickets of others and are in neither number"
        ),
        (
            "3 started hours late x 50.00; the limit of hours of one failure is reached; left out: paused 2.0 h, "
            "nobody had been sent 0.1 h; 0.1 h that others took to refuse it count as the contractor's"
        ),
        "the power supply's",
        "in time; by the clock of the guarantee period festival",
        "1 not cleaned by its day x 30.05",
    ]
    assert arithmetic(LINES[1], RATE, TERMS, Language.ZH).startswith(
        "超时 3 小时（不足一小时按一小时计） x 50.00；"
    )


@BOTH
def test_a_file_of_lines_holds_each_amount_to_the_cent_and_no_formula(language: Language) -> None:
    text = sheets_csv(deduction_sheets(month(), language), language, TZ).decode("utf-8-sig")
    rows = [row for row in csv.reader(io.StringIO(text)) if len(row) == 6][1:]
    assert [row[5] for row in rows] == ["1000.00", "150.00", "0.00", "0.00", "30.05"]
    assert [row[1] for row in rows] == ["", "7", "8", "9", ""]
    assert not any(cell.startswith("=") for row in rows for cell in row)


@BOTH
def test_the_document_says_sum_cap_and_total_and_that_it_is_not_over(language: Language) -> None:
    shown = deduction_document(month(), language)
    assert [value for _, value in shown["result"][-3:]] == ["1,180.05", "100.00", "100.00"]
    assert shown["cut"] == ""
    assert deduction_document(month(cut=True), language)["cut"]
    assert len(shown["sheet"]["rows"]) == len(LINES)


@given(st.integers(-(10**14), 10**14))
def test_money_is_written_exactly(cents: int) -> None:
    assert int(money_text(cents).replace(",", "").replace(".", "")) == cents
