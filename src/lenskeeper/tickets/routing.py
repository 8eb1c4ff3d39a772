"""Whose work a cause is, and who pays: two tables, which an installation may override row by row (rows_triage.py)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from lenskeeper.base.outcomes import Outcome
from lenskeeper.diagnosis.kinds import Kind
from lenskeeper.tickets.causes import CauseKind
from lenskeeper.tickets.shapes import Shape


class Desk(StrEnum):
    """Who may be sent. CONTRACTOR is the lot's of the point; without a contract the work is ours to give away."""

    POWER = "power"
    CARRIER = "carrier"
    CONTRACTOR = "contractor"
    PARKS = "parks"
    OWNER_IT = "owner_it"
    US = "us"


class Payer(StrEnum):
    """Who bears the cost of a repair."""

    MAINTENANCE = "maintenance"  # it is in the contract's monthly fee
    WARRANTY = "warranty"
    CARRIER = "carrier"
    POWER = "power"
    THIRD_PARTY = "third_party"  # a person says so: a truck, a digger
    OWNER = "owner"


ANY: Final = ""

# An outcome that a person at a keyboard mends: an address, a path or a port of our register is wrong.
OURS: Final = frozenset({Outcome.NOT_FOUND, Outcome.REDIRECTED, Outcome.NOT_SUPPORTED})

ROUTES: Final[Mapping[tuple[CauseKind, str], Desk]] = {
    (CauseKind.FEEDER, ANY): Desk.POWER,
    (CauseKind.UPLINK, ANY): Desk.CARRIER,
    (CauseKind.SUBNET, ANY): Desk.OWNER_IT,
    (CauseKind.ACCOUNT, ANY): Desk.OWNER_IT,
    (CauseKind.SITE, ANY): Desk.CONTRACTOR,
    (CauseKind.SWITCH, ANY): Desk.CONTRACTOR,
    (CauseKind.RECORDER, ANY): Desk.CONTRACTOR,
    (CauseKind.POLE, ANY): Desk.CONTRACTOR,
    (CauseKind.CAMERA, ANY): Desk.CONTRACTOR,
    (CauseKind.CAMERA, Outcome.AUTH_REFUSED): Desk.OWNER_IT,
    (CauseKind.CAMERA, Outcome.TLS_REFUSED): Desk.OWNER_IT,
    (CauseKind.CAMERA, Kind.OCCLUDED): Desk.PARKS,  # leaves, nine times in ten; a bag is handed on
    **{(CauseKind.CAMERA, what): Desk.US for what in OURS},
}

# A fault that comes back at its hours tells more than its outcome does.
BY_SHAPE: Final[Mapping[Shape, Desk]] = {Shape.STREET_LIGHTING: Desk.POWER, Shape.TIMER: Desk.POWER}

PAYS: Final[Mapping[Desk, Payer]] = {
    Desk.POWER: Payer.POWER,
    Desk.CARRIER: Payer.CARRIER,
    Desk.CONTRACTOR: Payer.MAINTENANCE,
    Desk.PARKS: Payer.OWNER,
    Desk.OWNER_IT: Payer.OWNER,
    Desk.US: Payer.OWNER,
}


def first_desk(
    kind: CauseKind,
    what: str,
    shape: Shape = Shape.NONE,
    *,
    has_contract: bool = True,
    here: Mapping[tuple[CauseKind, str], Desk] | None = None,
) -> Desk:
    """The desk that is asked first. here: this installation's own rows; the narrowest row wins, theirs before ours."""
    rows = (here or {}, ROUTES)
    desk = BY_SHAPE.get(shape)
    for key in ((kind, what), (kind, ANY)):
        for table in rows:
            if desk is None and key in table:
                desk = table[key]
    assert desk is not None, "every kind of cause has a route"
    return Desk.US if desk is Desk.CONTRACTOR and not has_contract else desk


def payer(desk: Desk, kind: CauseKind, *, in_warranty: bool) -> Payer:
    """Who pays. in_warranty: of the device that hung there when it failed; it covers the camera and nothing it hangs on."""
    if in_warranty and kind is CauseKind.CAMERA and desk is Desk.CONTRACTOR:
        return Payer.WARRANTY
    return PAYS[desk]
