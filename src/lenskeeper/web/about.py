"""What this installation is, for everybody who is signed in."""

from typing import Annotated

from fastapi import APIRouter

from lenskeeper.accounts.verbs import Verb
from lenskeeper.house.about import about as all_about
from lenskeeper.web.asking import Asking, may
from lenskeeper.web.pages import Shown

router = APIRouter(prefix="/api/about", tags=["about"])


class PartRow(Shown):
    """A package that the server runs on, and its licence as its makers name it."""

    name: str
    version: str
    licence: str


class AboutShown(Shown):
    """The release, the schema, the database's kind, whose it is, and what it is made of."""

    version: str
    revision: str
    database: str
    organisation: str
    tz: str
    exercise: bool
    parts: list[PartRow]


@router.get("")
def about(asking: Annotated[Asking, may(Verb.BE_ONESELF)]) -> AboutShown:
    """All of it. The key of the audit log is at /api/audit/keys."""
    found = all_about(asking.home)
    return AboutShown(
        version=found.version,
        revision=found.revision,
        database=found.database,
        organisation=found.organisation,
        tz=found.tz,
        exercise=found.exercise,
        parts=[PartRow(name=each.name, version=each.version, licence=each.licence) for each in found.parts],
    )
