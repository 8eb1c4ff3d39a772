"""GB/T 28181 identifiers: remarked on, never refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenskeeper.inventory.codes import Oddity, code_parts, oddities

DIVISIONS = frozenset({"330106", "330105", "110000"})


@given(st.text(max_size=30))
def test_no_text_is_refused(text: str) -> None:
    assert isinstance(oddities(text, civil_code=text, divisions=DIVISIONS), list)


@pytest.mark.parametrize(
    ("code", "civil", "found"),
    [
        ("33010600081326000001", "330106", []),
        ("33010600081326000001", "3301", []),
        ("33010600081326000001", "330100", []),
        ("33010600081326000001", "330105", [Oddity.OTHER_DIVISION]),
        ("99010600081326000001", "", [Oddity.DIVISION_UNKNOWN]),
        ("34020000001320000001", "", [Oddity.FACTORY_DEFAULT]),
        ("33010600082156000001", "", [Oddity.NO_FRONT_END]),
        ("33010600081186000001", "", [Oddity.NO_CAMERA]),
        ("330106000813260001", "", [Oddity.LENGTH]),
        ("CAM-0001", "", [Oddity.NOT_DIGITS]),
        ("３３010600081326000001", "", [Oddity.NOT_DIGITS]),
    ],
)
def test_what_is_unusual_is_named(code: str, civil: str, found: list[Oddity]) -> None:
    assert oddities(code, civil_code=civil, divisions=DIVISIONS) == found


def test_where_no_division_is_known_none_is_called_unknown() -> None:
    assert oddities("99010600081326000001") == []


def test_the_parts_stand_where_the_standard_has_them() -> None:
    parts = code_parts("33010602081326000123")
    assert parts is not None
    assert (parts.civil, parts.industry, parts.kind, parts.network, parts.serial) == (
        "33010602", "08", "132", "6", "000123",
    )  # fmt: skip
