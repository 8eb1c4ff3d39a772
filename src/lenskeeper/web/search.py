"""One line to find things by: the palette of the pages, and the map's search."""

from typing import Annotated, Literal

import msgspec
from fastapi import APIRouter, Query

from lenskeeper.accounts.grants import scope_for
from lenskeeper.accounts.verbs import Verb
from lenskeeper.reporting.screens_search import HITS_MAX, found
from lenskeeper.web.asking import Asking, may
from lenskeeper.web.pages import Shown

router = APIRouter(prefix="/api/search", tags=["search"])


class SearchHit(Shown):
    """Something that was found. state, lon, lat: of a camera; WGS-84."""

    kind: Literal["camera", "unit", "ticket"]
    id: int
    title: str
    note: str
    state: str | None
    lon: float | None
    lat: float | None


class SearchHits(Shown):
    """What was found, the likeliest first."""

    rows: list[SearchHit]


@router.get("")
def search(
    asking: Annotated[Asking, may(Verb.SEE)],
    q: Annotated[
        str, Query(max_length=100, description="name, pinyin initials, code, serial, road, address, ticket")
    ],
    limit: Annotated[int, Query(ge=1, le=HITS_MAX)] = 12,
) -> SearchHits:
    """Cameras, units and tickets by a few typed words, within what may be seen."""
    addresses = scope_for(asking.person, Verb.SEE_ADDRESSES, asking.now_s)
    with asking.home.store.read() as connection:
        hits = found(connection, asking.scope, addresses, q, now_s=asking.now_s, limit=limit)
    rows = []
    for each in hits:
        said = msgspec.to_builtins(each)
        rows.append(SearchHit(id=said.pop("number"), **said))
    return SearchHits(rows=rows)
