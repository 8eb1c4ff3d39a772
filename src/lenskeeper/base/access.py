"""Who acts, and which part of the organisation a query may see."""

from dataclasses import dataclass
from typing import ClassVar, NewType

ActorId = NewType("ActorId", str)

LOCAL_OPERATOR = ActorId("local")  # whoever may run commands on this machine
ROUNDS = ActorId("rounds")  # lenskeeper itself, when it writes what its looks found


@dataclass(frozen=True, slots=True)
class Scope:
    """The part of the organisation that a query may see: some subtrees of the unit tree, or all of it.

    units: the roots of the subtrees, as unit ids; empty sees nothing; None sees everything, also what belongs
    to no unit.
    """

    units: frozenset[int] | None

    ALL: ClassVar["Scope"]


Scope.ALL = Scope(None)
