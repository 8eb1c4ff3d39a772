"""Keyset pages: a list is read on from where it ended, however much has come before it meanwhile."""

import base64
import binascii
from typing import Annotated, Any, Final, Generic, TypeVar

import msgspec
from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field

from lenskeeper.base.errors import Invalid

LIMIT: Final = 100
LIMIT_MAX: Final = 500
CURSOR_CHARS_MAX: Final = 400
ID_MAX: Final = 2**31 - 1  # of rows: what both databases hold

Row = TypeVar("Row")

Id = Annotated[int, Field(ge=1, le=ID_MAX)]
InstantSaid = Annotated[int, Field(ge=0, le=2**40)]  # UTC seconds
Number = Annotated[int, Path(ge=1, le=ID_MAX)]
Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX, description="rows of one page")]
Cursor = Annotated[
    str | None,
    Query(max_length=CURSOR_CHARS_MAX, description="`next` of the page before; without it the first page"),
]


class Shown(BaseModel):
    """What a route takes or gives: every field is named, and nothing else is let in."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Page(Shown, Generic[Row]):
    """Some rows of a list.

    next:  ask again with it for the rows that follow; None: there are none.
    total: how many rows the whole list has within the asker's scope; None where it was not counted.
    """

    rows: list[Row]
    next: str | None = None
    total: int | None = None


def cursor_of(*key: str | float | None) -> str:
    """Where a page ended, as text that a browser hands back as it is: the sort key of its last row, the id last."""
    return base64.urlsafe_b64encode(msgspec.json.encode(key)).rstrip(b"=").decode()


def read_cursor(cursor: str | None, *kinds: type) -> tuple[Any, ...] | None:
    """The key in a cursor, held against its kinds; None: from the beginning. Invalid: it is none of ours."""
    if cursor is None:
        return None
    try:
        said = msgspec.json.decode(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, msgspec.DecodeError):
        said = None
    fits = isinstance(said, list) and len(said) == len(kinds)
    if not fits or not all(
        each is None or type(each) is kind for each, kind in zip(said, kinds, strict=True)
    ):
        raise Invalid("this page's mark is not ours: begin with the first page", field="cursor")
    return tuple(said)
