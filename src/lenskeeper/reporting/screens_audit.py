"""What of the audit log concerns one camera: acts upon itself, its tickets, plans, lots, sheets and declarations."""

from sqlalchemy import Connection, select, union_all

from lenskeeper.availability.schema import maintenance, maintenance_point
from lenskeeper.base.access import Scope
from lenskeeper.inventory.ids import PointId
from lenskeeper.inventory.rows_points import get
from lenskeeper.inventory.schema import (
    contract_point,
    declaration_point,
    import_change,
    installation,
    membership,
    point,
)
from lenskeeper.tickets.schema import accept_point, day_stop, guarantee_point, ticket_point
from lenskeeper.units.schema import unit_closure


def subjects_of(connection: Connection, scope: Scope, point_id: PointId, at_s: int) -> list[str]:
    """All that an act may be upon to concern this camera, as the log writes it: point:17, ticket:4, unit:2 and so on.

    Its unit stands for acceptance and moves of it and of those above, past ones too; a login for whoever changed the
    password that it is asked with. NotFound: no such camera, or it may not be seen.
    """
    get(connection, scope, point_id, at_s)
    by_point = [
        ("ticket", ticket_point.c.ticket_id, ticket_point.c.point_id),
        ("day_plan", day_stop.c.plan_id, day_stop.c.point_id),
        ("import", import_change.c.batch_id, import_change.c.point_id),
        ("declaration", declaration_point.c.declaration_id, declaration_point.c.point_id),
        ("contract", contract_point.c.contract_id, contract_point.c.point_id),
        ("guarantee", guarantee_point.c.guarantee_id, guarantee_point.c.point_id),
        ("acceptance", accept_point.c.batch_id, accept_point.c.point_id),
        ("maintenance", maintenance_point.c.plan_id, maintenance_point.c.point_id),
        ("credential", installation.c.credential_id, installation.c.point_id),
    ]
    found = {f"point:{point_id}"}
    for kind, number, owner in by_point:
        rows = connection.execute(select(number).where(owner == point_id, number.is_not(None)).distinct())
        found |= {f"{kind}:{row[0]}" for row in rows}
    above = (
        select(unit_closure.c.ancestor_id)
        .join(membership, membership.c.unit_id == unit_closure.c.descendant_id)
        .where(membership.c.point_id == point_id)
    )
    found |= {f"unit:{row[0]}" for row in connection.execute(above.distinct())}
    plans = union_all(
        select(maintenance.c.id).where(maintenance.c.unit_id.in_(above)),
        select(maintenance.c.id)
        .join(point, point.c.site == maintenance.c.site)
        .where(point.c.id == point_id, point.c.site != ""),
    )
    found |= {f"maintenance:{row[0]}" for row in connection.execute(plans)}
    return sorted(found)
