"""Cameras: the list with its filters; one camera with its past, its picture's figures, what hangs there, what is declared."""

from datetime import date
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Depends, Query

from lenskeeper.accounts.grants import scope_for
from lenskeeper.accounts.verbs import Verb
from lenskeeper.base.errors import Invalid
from lenskeeper.diagnosis.evidence import Evidence
from lenskeeper.diagnosis.known import Known
from lenskeeper.diagnosis.parts import Key
from lenskeeper.house.cameras import picture_of
from lenskeeper.inventory import rows_devices, rows_points
from lenskeeper.inventory.completeness import completeness
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_seen import times_seen
from lenskeeper.reporting import screens_cameras, screens_changes
from lenskeeper.reporting.screen_states import STATE_WORDS
from lenskeeper.reporting.screens_cameras import PAST_DAYS_MAX, CameraFilter, Order, key_of
from lenskeeper.units.ids import UnitId
from lenskeeper.web.asking import Asking, may
from lenskeeper.web.pages import ID_MAX, Cursor, Limit, Number, Page, Shown, cursor_of, read_cursor

router = APIRouter(prefix="/api/cameras", tags=["cameras"])

DAY_S: Final = 86_400
SEEN: Final = {word: state for state, word in STATE_WORDS.items()}
See = Annotated[Asking, may(Verb.SEE)]


class CameraRow(Shown):
    """A camera in the list. unit: the path of its unit; since_s: since when it stands so."""

    point_id: int
    name: str
    code: str
    klass: int
    unit_id: int | None
    unit: str
    state: str
    reason: str
    since_s: int | None
    ticket_id: int | None
    is_planned: bool


class Hung(Shown):
    """A device that hangs or hung there. to_s empty: it hangs there now. url: for who may see addresses."""

    device_id: int
    from_s: int
    to_s: int | None
    make: str
    model: str
    serial: str
    codec: str
    warranty_until: date | None
    url: str


class BandShown(Shown):
    """A state that held over [from_s, to_s); what no band covers is unknown."""

    lane: str
    from_s: int
    to_s: int
    is_up: bool


class CameraFileShown(Shown):
    """What the register knows of one camera. missing: what of the declaration is not there (charter clause 6).

    required, lacking: how many fields the standard asks of a camera of its class, and those that are not there.
    """

    point_id: int
    name: str
    common_name: str
    code: str
    klass: int | None
    unit: str
    unit_id: int | None
    address: str
    lon: float | None
    lat: float | None
    tz: str
    in_service_from_s: int
    in_service_to_s: int | None
    place_kind: str
    purpose: str
    legal_basis: str
    owner_department: str
    contact: str
    missing: list[str]
    required: int
    lacking: list[str]
    revision: int
    devices: list[Hung]
    may_see_addresses: bool


class Reference(Shown):
    """What is usual at a camera in one light and on one rung: medians over many looks, and nothing of a single one.

    usual, spread: of each figure by name: median and robust standard deviation. doubts: kinds for which it looks odd.
    """

    light: str
    rung: str
    looks: int
    from_s: int
    renewed_s: int
    doubts: list[str]
    is_confirmed: bool
    usual: dict[str, float]
    spread: dict[str, float]


class PictureChange(Shown):
    """A verdict that changed, with the figures of its look beside those that it was judged against, by name."""

    at_s: int
    what: str
    kind: str
    light: str
    rung: str
    looks: int
    figures: dict[str, float]
    usual: dict[str, float]
    spread: dict[str, float]


class CameraPicture(Shown):
    """What is known of a camera's picture. judged_s: of the last look that was saved; empty: there was none."""

    judged_s: int | None
    word: str
    reason: str
    is_provisional: bool
    references: list[Reference]
    changes: list[PictureChange]


class CameraPast(Shown):
    """The bands of one camera over [from_s, to_s)."""

    from_s: int
    to_s: int
    bands: list[BandShown]


class ValueShown(Shown):
    """What was, or came to be. is_known false: no book tells it, or it is not for this reader."""

    is_known: bool
    value: str | int | float | bool | None


class FieldChanged(Shown):
    """One value of the register that changed, by its name there."""

    name: str
    before: ValueShown
    after: ValueShown


class CameraChange(Shown):
    """One act upon a camera in the register. why: the reason, the sheet or the document; empty: none was given."""

    at_s: int
    actor: str
    act: str
    why: str
    fields: list[FieldChanged]


def wanted(  # noqa: PLR0917  each is a word of the address
    state: Annotated[str, Query(max_length=60, description="states by commas; empty: all")] = "",
    klass: Annotated[str, Query(pattern=r"^([123](,[123])*)?$", description="classes by commas")] = "",
    unit: Annotated[
        int | None, Query(ge=1, le=ID_MAX, description="this unit and what hangs below it")
    ] = None,
    q: Annotated[str, Query(max_length=100, description="in the name or code")] = "",
    reason: Annotated[str, Query(max_length=40, description="an outcome or a kind of fault")] = "",
    ticket: Annotated[bool, Query(description="only those with a ticket")] = False,  # noqa: FBT002  a query
    undeclared: Annotated[bool, Query(description="only those whose declaration lacks something")] = False,  # noqa: FBT002  a query
) -> CameraFilter:
    """The filter of the list, as the map has it, and more."""
    words = [each for each in state.split(",") if each]
    if unknown := set(words) - set(SEEN):
        raise Invalid(f"{min(unknown)!r} is no state: {', '.join(SEEN)}", field="state")
    return CameraFilter(
        states=frozenset(SEEN[each] for each in words),
        klasses=frozenset(int(each) for each in klass.split(",") if each),
        unit_id=None if unit is None else UnitId(unit),
        words=q.strip(),
        reason=reason.strip(),
        has_ticket=ticket,
        undeclared=undeclared,
    )


Wanted = Annotated[CameraFilter, Depends(wanted)]


@router.get("")
def cameras(
    asking: See, only: Wanted, order: Order = "name", limit: Limit = 100, cursor: Cursor = None
) -> Page[CameraRow]:
    """The cameras that were asked for and may be seen; how many there are is told with the first page."""
    kind = str if order.lstrip("-") == "name" else int
    after = read_cursor(cursor, kind, int)
    with asking.home.store.read() as connection:
        rows = screens_cameras.listed(
            connection,
            asking.scope,
            only,
            order,
            now_s=asking.now_s,
            after=None if after is None else (after[0], after[1]),
            limit=limit + 1,
        )
        total = None if after else screens_cameras.counted(connection, asking.scope, only, now_s=asking.now_s)
    kept = rows[:limit]
    more = cursor_of(key_of(kept[-1], order), kept[-1].point_id) if len(rows) > limit else None
    return Page(rows=[CameraRow(**msgspec.to_builtins(row)) for row in kept], next=more, total=total)


@router.get("/{point_id}")
def camera(asking: See, point_id: Number) -> CameraFileShown:
    """One camera as the register has it. NotFound: there is none, or it may not be seen."""
    number = PointId(point_id)
    with asking.home.store.read() as connection:
        found = rows_points.get(connection, asking.scope, number, asking.now_s)
        hung = rows_devices.history(connection, asking.scope, number, asking.now_s)
        addresses = scope_for(asking.person, Verb.SEE_ADDRESSES, asking.now_s)
        spans = times_seen(connection, addresses, [number]).get(number, [])
        sees = any(a <= asking.now_s < b for a, b in spans)
    file = found.file
    whole = completeness(file)
    declared = {
        "place_kind": file.place_kind,
        "purpose": file.purpose,
        "legal_basis": file.legal_basis,
        "owner_department": file.owner_department,
        "contact": file.contact,
    }
    return CameraFileShown(
        point_id=found.point_id,
        name=file.name,
        common_name=file.common_name,
        code=file.code,
        klass=file.klass,
        unit=file.unit,
        unit_id=found.unit_id,
        address=file.address,
        lon=file.lon,
        lat=file.lat,
        tz=found.tz,
        in_service_from_s=found.in_service_from_s,
        in_service_to_s=found.in_service_to_s,
        **declared,
        missing=[name for name, value in declared.items() if not value],
        required=whole.required,
        lacking=list(whole.missing),
        revision=found.revision,
        devices=[
            Hung(
                device_id=each.device_id,
                from_s=each.from_s,
                to_s=each.to_s,
                make=each.equipment.make,
                model=each.equipment.model,
                serial=each.equipment.serial,
                codec=each.equipment.codec,
                warranty_until=each.equipment.warranty_until,
                url=each.mount.url if sees else "",
            )
            for each in reversed(hung)
        ],
        may_see_addresses=sees,
    )


@router.get("/{point_id}/changes")
def changes(asking: See, point_id: Number) -> list[CameraChange]:
    """Who changed what of a camera in the register, when and why: the last 200 acts. Addresses for who may see them."""
    number = PointId(point_id)
    addresses = scope_for(asking.person, Verb.SEE_ADDRESSES, asking.now_s)
    with asking.home.store.read() as connection:
        spans = times_seen(connection, addresses, [number]).get(number, [])
        sees = any(a <= asking.now_s < b for a, b in spans)
        found = screens_changes.changes(connection, asking.scope, number, asking.now_s, sees_addresses=sees)
    return [CameraChange(**msgspec.to_builtins(each)) for each in found]


@router.get("/{point_id}/past")
def past(
    asking: See,
    point_id: Number,
    days: Annotated[int, Query(ge=1, le=PAST_DAYS_MAX, description="so many days back from now")] = 7,
) -> CameraPast:
    """The bands of one camera's past: what held, lane by lane; gaps are unknown."""
    number, to_s = PointId(point_id), asking.now_s
    with asking.home.store.read() as connection:
        rows_points.get(connection, asking.scope, number, asking.now_s)
        found = screens_cameras.bands(connection, asking.scope, number, to_s - days * DAY_S, to_s)
    shown = [BandShown(**msgspec.to_builtins(each)) for each in found]
    return CameraPast(from_s=to_s - days * DAY_S, to_s=to_s, bands=shown)


@router.get("/{point_id}/figures")
def figures(asking: See, point_id: Number) -> CameraPicture:
    """The figures of one camera's picture: what is usual there, and those of the looks that changed its verdict."""
    number = PointId(point_id)
    with asking.home.store.read() as connection:
        rows_points.get(connection, asking.scope, number, asking.now_s)
    file = picture_of(asking.home, number, asking.scope)
    return CameraPicture(
        judged_s=None if file.standing is None else file.standing.judged_s,
        word="" if file.standing is None else file.standing.word.value,
        reason="" if file.standing is None else file.standing.reason,
        is_provisional=file.standing is not None and file.standing.is_provisional,
        references=[_reference(key, known) for key, known in sorted(file.memory.learnt.known.items())],
        changes=[_changed(each.evidence) for each in file.changes],
    )


def _reference(key: Key, known: Known) -> Reference:
    past = known.past()
    return Reference(
        light=key.part.name.lower(),
        rung=key.rung.value,
        looks=known.looks,
        from_s=known.from_s,
        renewed_s=known.renewed_s,
        doubts=[each.value for each in known.doubts],
        is_confirmed=known.is_confirmed,
        usual=past.centre,
        spread=past.spread,
    )


def _changed(record: Evidence) -> PictureChange:
    change = record.change
    return PictureChange(
        at_s=change.at_s,
        what=change.what.value,
        kind="" if change.kind is None else change.kind.value,
        light="" if record.key is None else record.key.part.name.lower(),
        rung=change.rung.value,
        looks=record.baseline_looks,
        figures=dict(record.figures),
        usual=dict(record.usual),
        spread=dict(record.spread),
    )
