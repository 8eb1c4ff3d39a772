"""Lists as files: asked for, written beside the pages, fetched by whoever asked. Each act stands in the audit log first."""

from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request
from starlette.responses import FileResponse

from lenskeeper.accounts.verbs import Verb
from lenskeeper.base.languages import Language
from lenskeeper.house.exports import ExportDesk, ExportOrder, drop_export, handed_out
from lenskeeper.reporting import rows_exports
from lenskeeper.reporting.rows_exports import Export, Kind, State, What
from lenskeeper.web.asking import Asking, may
from lenskeeper.web.cameras import Wanted
from lenskeeper.web.files import MEDIA, a_file, kept_as
from lenskeeper.web.pages import Number, Shown
from lenskeeper.web.work import Asked

router = APIRouter(prefix="/api/exports", tags=["exports"])

Carry = Annotated[Asking, may(Verb.EXPORT)]


class ExportRow(Shown):
    """A list that somebody wants as a file. asked: its filter. total empty: not counted. done: rows written so far.

    state: interrupted where lenskeeper was stopped meanwhile: ask again. fault: rights_changed, too_many, no_room or
    our_fault. until_s: then it is deleted.
    """

    export_id: int
    what: What
    kind: Kind
    asked: Mapping[str, Any]
    with_addresses: bool
    made_s: int
    total: int | None
    done: int
    state: State
    fault: str
    ended_s: int | None
    until_s: int


class ExportMade(Shown):
    """Its number."""

    export_id: int


@router.get("")
def exports(asking: Carry) -> list[ExportRow]:
    """One's own exports that are kept still, the newest first."""
    with asking.home.store.read() as connection:
        found = rows_exports.of_account(connection, asking.person.account_id, asking.now_s)
    return [_row(each) for each in found]


@router.post("/cameras", status_code=202)
def cameras(
    asking: Carry,
    request: Request,
    file: Kind,
    only: Wanted,
    *,
    language: Language = Language.ZH,
    addresses: Annotated[
        bool, Query(description="with the addresses of those whose address may be seen")
    ] = False,
) -> ExportMade:
    """Have the list of cameras written with its filters, by name. NotAllowed: addresses, for who may see none."""
    order = ExportOrder(only, file, language, addresses)
    return ExportMade(export_id=_desk(request).ask(asking.person, order))


@router.post("/tickets", status_code=202)
def tickets(
    asking: Carry, request: Request, file: Kind, only: Asked, language: Language = Language.ZH
) -> ExportMade:
    """Have the list of tickets written with its filters, the newest first."""
    return ExportMade(export_id=_desk(request).ask(asking.person, ExportOrder(only, file, language)))


@router.get("/{export_id}/file", **a_file("csv", "xlsx"))
def fetch(asking: Carry, export_id: Number) -> FileResponse:
    """The file of one of one's own. Conflict: it is not written. NotAllowed: one's rights are not what they were."""
    found, path = handed_out(asking.home, asking.person, export_id)
    return FileResponse(path, media_type=MEDIA[found.kind], headers=kept_as(f"{found.what}.{found.kind}"))


@router.delete("/{export_id}", status_code=204)
def drop(asking: Carry, export_id: Number) -> None:
    """Delete one of one's own, written or not."""
    drop_export(asking.home, asking.person, export_id)


def _desk(request: Request) -> ExportDesk:
    desk = request.app.state.exports
    assert isinstance(desk, ExportDesk)
    return desk


def _row(found: Export) -> ExportRow:
    own = {name: getattr(found, name) for name in ExportRow.model_fields if name != "asked"}
    return ExportRow(**own, asked=msgspec.json.decode(found.asked))
