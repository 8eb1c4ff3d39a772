"""A contract's lot in the place of a unit: points across all departments, each while the contract kept it."""

from collections.abc import Mapping
from dataclasses import dataclass

from lenskeeper.base.spans import Span
from lenskeeper.inventory.ids import PointId
from lenskeeper.units.ids import UnitId


@dataclass(frozen=True, slots=True)
class Lot:
    """The points that a contract keeps in a range.

    name:  of the contract; a report of the lot bears it where another bears its unit's.
    times: when each point was in the lot, sorted and disjoint, UTC seconds.
    """

    contract_id: int
    name: str
    times: Mapping[PointId, tuple[Span, ...]]

    @property
    def unit_id(self) -> UnitId:
        """Minus the contract's number. Units count from 1, so the two never meet; and a column of its own in the
        report would give each report that was ever issued other bytes, and another hash."""
        return UnitId(-self.contract_id)
