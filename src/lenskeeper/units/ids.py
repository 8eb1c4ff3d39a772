"""The name of a unit inside one database."""

from typing import NewType

UnitId = NewType("UnitId", int)
