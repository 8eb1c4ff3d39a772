"""Lists that leave the house as files. What leaves, for whom and how much is entered before the first byte is made."""

from dataclasses import asdict, dataclass
from typing import Final, Literal

from lenskeeper.base.access import ActorId, Scope
from lenskeeper.base.errors import Invalid
from lenskeeper.base.languages import Language
from lenskeeper.house.audit import entered
from lenskeeper.house.home import Home
from lenskeeper.inventory.ids import PointId
from lenskeeper.reporting.as_csv import csv_bytes
from lenskeeper.reporting.as_xlsx import sheets_xlsx
from lenskeeper.reporting.camera_list import cameras_sheet
from lenskeeper.reporting.screens_cameras import After, CameraFilter, CameraLine, counted, listed
from lenskeeper.reporting.screens_exports import addresses

ROWS_MAX: Final = {"csv": 200_000, "xlsx": 50_000}  # a larger workbook takes more memory than its reader has
ROWS_AT_ONCE: Final = 5_000


@dataclass(frozen=True, slots=True)
class ListOrder:
    """What somebody carries away. with_addresses: a column of addresses, for those cameras whose address may be seen."""

    wanted: CameraFilter
    kind: Literal["csv", "xlsx"]
    language: Language
    with_addresses: bool


def export_cameras(
    home: Home, scope: Scope, may_see_addresses: Scope, order: ListOrder, actor: ActorId
) -> bytes:
    """The cameras that were asked for, as a file. scope: what may be exported; may_see_addresses: whose address may stand.

    Invalid: more rows than such a file holds.
    """
    now_s = home.now_s()
    with home.store.read() as connection:
        count = counted(connection, scope, order.wanted, now_s=now_s)
    if count > ROWS_MAX[order.kind]:
        raise Invalid(
            f"{count} cameras are more than a .{order.kind} of ours holds: filter them", field="kind"
        )
    asked = {name: value for name, value in asdict(order.wanted).items() if value}
    if "states" in asked:
        asked["states"] = sorted(int(state) for state in order.wanted.states)
    if "klasses" in asked:
        asked["klasses"] = sorted(order.wanted.klasses)
    if order.with_addresses:
        detail = {"filter": asked, "count": count, "kind": order.kind}
        entered(home, actor, act="export.addresses", subject="cameras", detail=detail)
    else:
        detail = {"filter": asked, "count": count, "kind": order.kind}
        entered(home, actor, act="export.list", subject="cameras", detail=detail)
    lines: list[CameraLine] = []
    after: After | None = None
    places: dict[PointId, str] = {}
    while True:
        with home.store.read() as connection:
            some = listed(
                connection, scope, order.wanted, "name", now_s=now_s, after=after, limit=ROWS_AT_ONCE
            )
            if order.with_addresses:
                places |= addresses(connection, may_see_addresses, [one.point_id for one in some], now_s)
        lines += some
        if len(some) < ROWS_AT_ONCE:
            break
        after = (some[-1].name, some[-1].point_id)
    sheet = cameras_sheet(lines, places if order.with_addresses else None, order.language)
    if order.kind == "csv":
        return csv_bytes(sheet, order.language, home.tz())
    return sheets_xlsx([sheet], order.language, home.tz(), exercise=bool(home.exercise))
