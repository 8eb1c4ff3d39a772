"""Who acts, and which part of the organisation a query may see."""

from dataclasses import dataclass
from typing import ClassVar, NewType

ActorId = NewType("ActorId", str)

LOCAL_OPERATOR = ActorId("local")  # whoever may run commands on this machine
ROUNDS = ActorId("rounds")  # lenskeeper itself, when it writes what its looks found
DESK = ActorId("desk")  # the same, when it opens, joins and closes tickets


@dataclass(frozen=True, slots=True)
class Part:
    """Of a subtree of the unit tree, or of a contract's lot, only the cameras that are declared for one purpose."""

    purpose: str
    unit: int | None = None
    lot: int | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """The part of the organisation that a query may see: some subtrees of the unit tree, or all of it.

    units: the roots of the subtrees, as unit ids; empty sees nothing; None sees everything, also what belongs
    to no unit.
    lots:  contracts, by id: their cameras and their work are seen besides.
    parts: what is seen besides for one purpose only. What is told of a unit or a lot as a whole is not in it.
    """

    units: frozenset[int] | None
    lots: frozenset[int] = frozenset()
    parts: frozenset[Part] = frozenset()

    ALL: ClassVar["Scope"]


Scope.ALL = Scope(None)
