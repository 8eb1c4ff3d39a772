"""The map's routes: what there is, points, rings for a part of the map, the list beside it, a camera's card."""

from typing import Annotated, Final, Literal

import msgspec
from fastapi import APIRouter, Depends, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from lenskeeper.accounts.verbs import Verb
from lenskeeper.base.errors import Invalid
from lenskeeper.house.map_overlays import load_overlay, remove_overlay, share_overlay
from lenskeeper.house.tiles import Tiles
from lenskeeper.inventory.ids import PointId
from lenskeeper.reporting import screens_map
from lenskeeper.reporting.overlays import BYTES_MAX
from lenskeeper.reporting.rows_overlays import overlays, shapes_of
from lenskeeper.reporting.screen_states import STATE_WORDS, Seen
from lenskeeper.reporting.screens_map import POINTS_MAX, SINGLE_MAX, MapFilter, Window
from lenskeeper.units.ids import UnitId
from lenskeeper.web.asking import Asking, may
from lenskeeper.web.pages import Cursor, Limit, Page, Shown, cursor_of, read_cursor

router = APIRouter(prefix="/api/map", tags=["map"])

SEEN: Final = {word: state for state, word in STATE_WORDS.items()}
KLASSES: Final = frozenset({1, 2, 3})


class StateCounts(Shown):
    """Cameras by how they stand; unknown is counted apart from down."""

    not_watched: int
    unknown: int
    down: int
    fault: int
    up: int


class MapWindow(Shown):
    """A part of the map, degrees WGS-84."""

    west: float
    south: float
    east: float
    north: float


class MapTotals(Shown):
    """What the map would show. mode: points, all at once; or rings, for each part of the map."""

    states: StateCounts
    without_place: int
    mode: str
    window: MapWindow | None


class MapDots(Shown):
    """Cameras with a place, column by column. state: numbers of the states, in the order of `states`."""

    states: list[str]
    point_id: list[int]
    lon: list[float]
    lat: list[float]
    state: list[int]


class MapRing(Shown):
    """Cameras near each other. states: how many in each, in the order of `states`."""

    lon: float
    lat: float
    states: tuple[int, int, int, int, int]


class MapPart(Shown):
    """A part of the map: rings, or the cameras themselves where they are few."""

    states: list[str]
    rings: list[MapRing]
    dots: MapDots | None


class MapCamera(Shown):
    """A camera in the list beside the map."""

    point_id: int
    name: str
    code: str
    klass: int
    state: str
    reason: str
    since_s: int | None
    ticket_id: int | None
    lon: float | None
    lat: float | None


class CardProof(Shown):
    """A look behind a state."""

    at_s: int
    state: str
    reason: str
    prober: str


class CardFault(Shown):
    """A fault of the picture that stands."""

    kind: str
    severity: str
    since_s: int
    figure: float
    limit: float
    compared_with: str


class CardTicket(Shown):
    """The work under way."""

    ticket_id: int
    cause: str
    stage: str
    desk: str
    restore_by_s: int


class CameraCard(Shown):
    """One camera: how it stands, since when, why, by what evidence, who mends it, and what it is for."""

    camera: MapCamera
    unit: str
    purpose: str
    legal_basis: str
    owner_department: str
    is_planned: bool
    evidence: list[CardProof]
    faults: list[CardFault]
    ticket: CardTicket | None


class BaseMap(Shown):
    """What is drawn under the cameras. crs: of the tiles; the cameras are moved to it for drawing only."""

    has_tiles: bool
    crs: Literal["wgs84", "gcj02"]
    attribution: str
    zoom_max: int


class MapAreas(Shown):
    """A set of areas without its shapes."""

    overlay_id: int
    name: str
    is_shared: bool
    is_own: bool
    at_s: int


class MapAreasMade(Shown):
    """The number of a set of areas that was loaded."""

    overlay_id: int


TileNumber = Annotated[int, Path(ge=0, le=2**20)]
RowNumber = Annotated[int, Path(ge=1, le=2**31 - 1)]


def wanted(
    state: Annotated[str, Query(max_length=60, description="states by commas; empty: all")] = "",
    klass: Annotated[str, Query(pattern=r"^([123](,[123])*)?$", description="classes by commas")] = "",
    unit: Annotated[int | None, Query(ge=1, description="this unit and what hangs below it")] = None,
    q: Annotated[str, Query(max_length=100, description="in the name or code")] = "",
) -> MapFilter:
    """The filter of the map and of its list."""
    words = [each for each in state.split(",") if each]
    if unknown := set(words) - set(SEEN):
        raise Invalid(f"{min(unknown)!r} is no state: {', '.join(SEEN)}", field="state")
    return MapFilter(
        frozenset(SEEN[each] for each in words),
        frozenset(int(each) for each in klass.split(",") if each),
        None if unit is None else UnitId(unit),
        q.strip(),
    )


def window_of(
    west: Annotated[float, Query(ge=-180, le=180)],
    south: Annotated[float, Query(ge=-90, le=90)],
    east: Annotated[float, Query(ge=-180, le=180)],
    north: Annotated[float, Query(ge=-90, le=90)],
) -> Window:
    """The part of the map that is on screen."""
    if east <= west or north <= south:
        raise Invalid("the part of the map is empty: west < east, south < north", field="east")
    return Window(west, south, east, north)


def window_if_any(
    west: Annotated[float | None, Query(ge=-180, le=180)] = None,
    south: Annotated[float | None, Query(ge=-90, le=90)] = None,
    east: Annotated[float | None, Query(ge=-180, le=180)] = None,
    north: Annotated[float | None, Query(ge=-90, le=90)] = None,
) -> Window | None:
    """The same, or all of the map."""
    if west is None or south is None or east is None or north is None:
        return None
    return window_of(west, south, east, north)


See = Annotated[Asking, may(Verb.SEE)]
Wanted = Annotated[MapFilter, Depends(wanted)]


@router.get("")
def map_totals(asking: See, only: Wanted) -> MapTotals:
    """How many cameras there are by state, whether they are sent as points or as rings, and where they lie."""
    with asking.home.store.read() as connection:
        found = screens_map.totals(connection, asking.scope, only, now_s=asking.now_s)
        where = screens_map.extent(connection, asking.scope, now_s=asking.now_s)
    return MapTotals(
        states=StateCounts(**{STATE_WORDS[Seen(n)]: count for n, count in enumerate(found.states)}),
        without_place=found.without_place,
        mode="points" if sum(found.states) <= POINTS_MAX else "rings",
        window=None
        if where is None
        else MapWindow(west=where.west, south=where.south, east=where.east, north=where.north),
    )


@router.get("/points", response_model=MapDots)
def map_points(asking: See, only: Wanted) -> Response:
    """All cameras with a place, at most 50,000: of more, ask for rings."""
    with asking.home.store.read() as connection:
        found = screens_map.dots(connection, asking.scope, only, now_s=asking.now_s)
    # not by way of a model: 50,000 checked rows would take a second
    body = {"states": list(STATE_WORDS.values()), **msgspec.to_builtins(found)}
    return Response(msgspec.json.encode(body), media_type="application/json")


@router.get("/rings")
def map_rings(asking: See, only: Wanted, window: Annotated[Window, Depends(window_of)]) -> MapPart:
    """A part of the map: rings of states, or the cameras themselves where they are few."""
    with asking.home.store.read() as connection:
        found = screens_map.rings(connection, asking.scope, only, window, now_s=asking.now_s)
        few = sum(sum(ring.states) for ring in found) <= SINGLE_MAX
        dots = (
            screens_map.dots(connection, asking.scope, only, now_s=asking.now_s, window=window)
            if few
            else None
        )
    names = list(STATE_WORDS.values())
    return MapPart(
        states=names,
        rings=[] if few else [MapRing(lon=r.lon, lat=r.lat, states=r.states) for r in found],
        dots=None
        if dots is None
        else MapDots(states=names, point_id=dots.point_id, lon=dots.lon, lat=dots.lat, state=dots.state),
    )


@router.get("/cameras")
def map_cameras(
    asking: See,
    only: Wanted,
    window: Annotated[Window | None, Depends(window_if_any)],
    limit: Limit = 100,
    cursor: Cursor = None,
) -> Page[MapCamera]:
    """The list beside the map, by name: the same filter, the same part of the map."""
    after = read_cursor(cursor, str, int)
    with asking.home.store.read() as connection:
        rows = screens_map.listed(
            connection,
            asking.scope,
            only,
            now_s=asking.now_s,
            window=window,
            after=None if after is None else (after[0], after[1]),
            limit=limit + 1,
        )
    kept = rows[:limit]
    more = cursor_of(kept[-1].name, kept[-1].point_id) if len(rows) > limit else None
    return Page(rows=[_camera(row) for row in kept], next=more)


@router.get("/cameras/{point_id}")
def map_card(asking: See, point_id: RowNumber) -> CameraCard:
    """A camera's card."""
    with asking.home.store.read() as connection:
        found = screens_map.card(connection, asking.scope, PointId(point_id), now_s=asking.now_s)
    return CameraCard(
        camera=_camera(found.row),
        unit=found.unit,
        purpose=found.purpose,
        legal_basis=found.legal_basis,
        owner_department=found.owner_department,
        is_planned=found.is_planned,
        evidence=[CardProof(**msgspec.to_builtins(each)) for each in found.evidence],
        faults=[CardFault(**msgspec.to_builtins(each)) for each in found.faults],
        ticket=None if found.ticket is None else CardTicket(**msgspec.to_builtins(found.ticket)),
    )


@router.get("/base")
def map_base(asking: See) -> BaseMap:
    """What is drawn under the cameras: an operator's tiles through us, or land, coast and a graticule."""
    said = asking.home.settings.map
    return BaseMap(
        has_tiles=bool(said.tiles), crs=said.crs, attribution=said.attribution or "", zoom_max=said.zoom_max
    )


@router.get(
    "/tiles/{z}/{x}/{y}",
    response_class=Response,
    responses={200: {"content": {"image/png": {}}, "description": "a tile of the base map"}},
)
def map_tile(request: Request, asking: See, z: TileNumber, x: TileNumber, y: TileNumber) -> Response:
    """A tile of the operator's base map, fetched by us."""
    state = request.app.state
    if not hasattr(state, "tiles"):
        state.tiles = Tiles(asking.home.settings.map)
    tile = state.tiles.tile(z, x, y)
    return Response(tile.body, media_type=tile.kind, headers={"cache-control": "private, max-age=86400"})


@router.get("/areas")
def map_areas(asking: See) -> list[MapAreas]:
    """Areas that may be drawn over the map: one's own, and those that are shared."""
    with asking.home.store.read() as connection:
        return [MapAreas(**msgspec.to_builtins(each)) for each in overlays(connection, asking.actor)]


@router.get(
    "/areas/{overlay_id}",
    response_class=Response,
    responses={200: {"content": {"application/geo+json": {}}, "description": "GeoJSON, WGS-84"}},
)
def map_area_shapes(asking: See, overlay_id: RowNumber) -> Response:
    """The shapes of some areas, as GeoJSON in WGS-84."""
    with asking.home.store.read() as connection:
        shapes = shapes_of(connection, overlay_id, asking.actor)
    return Response(shapes, media_type="application/geo+json")


@router.post("/areas", status_code=201)
async def load_areas(
    request: Request,
    asking: See,
    name: Annotated[str, Query(min_length=1, max_length=100)],
    crs: Annotated[str, Query(max_length=20, description="wgs84, gcj02, bd09 or cgcs2000, as declared")],
) -> MapAreasMade:
    """Load areas for oneself: the body is a GeoJSON file with polygons."""
    data = await sized_body(request, BYTES_MAX)
    made = await run_in_threadpool(load_overlay, asking.home, name, data, crs, actor=asking.actor)
    return MapAreasMade(overlay_id=made)


@router.post("/areas/{overlay_id}/share", status_code=204)
def share_areas(asking: Annotated[Asking, may(Verb.SET)], overlay_id: RowNumber) -> None:
    """Show one's own areas to everybody."""
    share_overlay(asking.home, overlay_id, actor=asking.actor)


@router.delete("/areas/{overlay_id}", status_code=204)
def remove_areas(asking: See, overlay_id: RowNumber) -> None:
    """Remove one's own areas."""
    remove_overlay(asking.home, overlay_id, actor=asking.actor)


async def sized_body(request: Request, bytes_max: int) -> bytes:
    """The body of a request. Invalid: it is larger."""
    said = bytearray()
    async for part in request.stream():
        said += part
        if len(said) > bytes_max:
            raise Invalid(f"the file is over {bytes_max // 2**20} MB: simplify its lines", field="file")
    return bytes(said)


def _camera(row: screens_map.MapRow) -> MapCamera:
    return MapCamera(**msgspec.to_builtins(row))
