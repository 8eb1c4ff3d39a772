"""Keyset marks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenskeeper.base.errors import Invalid
from lenskeeper.web.pages import cursor_of, read_cursor


@given(st.integers(-(2**60), 2**60), st.text(max_size=40), st.none() | st.text(max_size=9))
def test_a_mark_is_read_back_as_it_was_made(number: int, name: str, other: str | None) -> None:
    assert read_cursor(cursor_of(number, name, other), int, str, str) == (number, name, other)


@given(st.text(max_size=60))
def test_a_mark_that_is_not_ours_is_refused(cursor: str) -> None:
    with pytest.raises(Invalid, match="first page"):
        read_cursor(cursor, int, str)


def test_a_mark_of_another_list_is_refused_and_none_is_the_first_page() -> None:
    assert read_cursor(None, int) is None
    for other in (cursor_of("a"), cursor_of(1, 2), cursor_of(True), cursor_of(1.5)):
        with pytest.raises(Invalid):
            read_cursor(other, int)
