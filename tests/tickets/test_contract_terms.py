"""A file of terms says what it means, or is refused with the key at which it is wrong."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenskeeper.base.days import date_of
from lenskeeper.base.errors import Invalid
from lenskeeper.tickets.contract_terms import parse_terms
from lenskeeper.tickets.contracts import Clock, Penalties, Terms

HOUR = 3_600
MANUAL = Path(__file__).parents[2] / "docs" / "guide" / "contracts.md"


def test_the_example_of_the_manual_says_what_the_manual_says() -> None:
    (example,) = re.findall(r"```toml\n(.*?)```", MANUAL.read_text(encoding="utf-8"), re.DOTALL)
    terms = parse_terms(example)
    assert terms.clocks == {
        1: Clock(HOUR, 8 * HOUR), 2: Clock(2 * HOUR, 24 * HOUR), 3: Clock(4 * HOUR, 48 * HOUR)
    }  # fmt: skip
    assert (terms.tickets_per_day_max, terms.answer_s, terms.monthly_fee_cents) == (40, 4 * HOUR, 12_000_000)
    assert (terms.warranty_months, str(date_of(terms.lease_end_day or 0))) == (24, "2028-12-31")
    assert terms.penalties == Penalties(
        late_response_cents=5_000,
        late_restore_hour_cents=2_000,
        late_restore_hours_max=48,
        repeated_fault_cents=20_000,
        online_target_hundredths=9_850,
        online_tenth_cents=50_000,
        dirty_picture_cents=3_000,
        cap_percent=10,
        refused_time_counts=True,
    )
    assert terms.cap_cents == 1_200_000
    names = {name.removesuffix("_cents").removesuffix("_hundredths") for name in Penalties.__struct_fields__}
    assert names == set(re.findall(r"^(\w+) =", example.split("[penalties]")[1], re.MULTILINE)), (
        "all are explained"
    )


def test_an_empty_file_has_the_usual_clocks_and_no_penalty() -> None:
    assert parse_terms("") == Terms()


@pytest.mark.parametrize(
    ("text", "field"),
    [("tickets = 3", "tickets"), ("tickets_per_day_max = 0", "tickets_per_day_max"),
     ("tickets_per_day_max = true", "tickets_per_day_max"), ("tickets_per_day_max = 3.0", "tickets_per_day_max"),
     ('answer = "4"', "answer"), ("answer = 4", "answer"), ('answer = "0 h"', "answer"), ('answer = "91 d"', "answer"),
     ('monthly_fee = "1,000.00"', "monthly_fee"), ("monthly_fee = 1000.00", "monthly_fee"),
     ('monthly_fee = "-1.00"', "monthly_fee"), ('monthly_fee = "1.0"', "monthly_fee"), ('monthly_fee = "1"', "monthly_fee"),
     ('monthly_fee = "１.00"', "monthly_fee"), ('lease_end = "2028-12-31"', "lease_end"),
     ("lease_end = 2028-12-31T00:00:00Z", "lease_end"), ("warranty_months = -1", "warranty_months"),
     ("clocks = 3", "clocks"), ("[clocks.4]", "clocks.4"), ('[clocks.1]\nrestored = "2 h"', "clocks.1.restored"),
     ('[clocks.2]\nrespond = "2 hours"', "clocks.2.respond"), ('[clocks.1]\nrestore = "1 min"', "clocks.1.restore"),
     ('[penalties]\nlate = "1.00"', "penalties.late"), ("[penalties]\nlate_response = 50", "penalties.late_response"),
     ('[penalties]\nonline_target = "98.50"', "penalties.online_tenth"),
     ('[penalties]\nonline_tenth = "9.00"', "penalties.online_target"),
     ('[penalties]\nonline_target = "101"\nonline_tenth = "9.00"', "penalties.online_target"),
     ('[penalties]\nonline_target = 98\nonline_tenth = "9.00"', "penalties.online_target"),
     ("[penalties]\nlate_restore_hours_max = 3", "penalties.late_restore_hour"),
     ("[penalties]\ncap_percent = 10", "monthly_fee"), ("[penalties]\ncap_percent = 101", "penalties.cap_percent"),
     ("[penalties]\nrefused_time_counts = 1", "penalties.refused_time_counts"), ("a = = 3", "terms")],
)  # fmt: skip
def test_what_is_wrong_is_refused_at_its_key(text: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse_terms(text)
    assert refused.value.field == field
    assert field == "terms" or field in str(refused.value)


@given(st.integers(0, 10**12))
def test_an_amount_is_kept_to_the_cent(cents: int) -> None:
    assert parse_terms(f'monthly_fee = "{cents // 100}.{cents % 100:02d}"').monthly_fee_cents == cents
