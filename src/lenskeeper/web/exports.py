"""Lists as files: what leaves is entered in the audit log before the first byte."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import Response

from lenskeeper.accounts.grants import scope_for
from lenskeeper.accounts.verbs import Verb
from lenskeeper.base.access import Scope
from lenskeeper.base.errors import NotAllowed
from lenskeeper.base.languages import Language
from lenskeeper.house.exports import ListOrder, export_cameras
from lenskeeper.web.asking import Asking, may
from lenskeeper.web.cameras import Wanted
from lenskeeper.web.files import a_file, file_named

router = APIRouter(prefix="/api/exports", tags=["exports"])


@router.get("/cameras/{kind}", **a_file("csv", "xlsx"))
def cameras(
    asking: Annotated[Asking, may(Verb.EXPORT)],
    kind: Literal["csv", "xlsx"],
    only: Wanted,
    *,
    language: Language = Language.ZH,
    addresses: Annotated[
        bool, Query(description="with the addresses of those whose address may be seen")
    ] = False,
) -> Response:
    """The list of cameras with its filters, as a file. NotAllowed: addresses, for who may see none."""
    places = scope_for(asking.person, Verb.SEE_ADDRESSES, asking.now_s)
    if addresses and places == Scope(frozenset()):
        raise NotAllowed(f"your grants do not hold {Verb.SEE_ADDRESSES.value}: export without addresses")
    order = ListOrder(only, kind, language, addresses)
    body = export_cameras(asking.home, asking.scope, places, order, asking.actor)
    return file_named(f"cameras.{kind}", body)
