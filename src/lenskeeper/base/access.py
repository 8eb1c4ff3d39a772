"""Who acts, and which part of the organisation a query may see."""

from dataclasses import dataclass
from typing import ClassVar, NewType

ActorId = NewType("ActorId", str)

LOCAL_OPERATOR = ActorId("local")  # whoever may run commands on this machine
ROUNDS = ActorId("rounds")  # lenskeeper itself, when it writes what its looks found
DESK = ActorId("desk")  # the same, when it opens, joins and closes tickets


@dataclass(frozen=True, slots=True)
class Scope:
    """The part of the organisation that a query may see: some subtrees of the unit tree, or all of it.

    units: the roots of the subtrees, as unit ids; empty sees nothing; None sees everything, also what belongs
    to no unit.
    lots:  contracts, by id, whose work is seen besides: a contractor sees tickets of his lot and nothing else.
    """

    units: frozenset[int] | None
    lots: frozenset[int] = frozenset()

    ALL: ClassVar["Scope"]


Scope.ALL = Scope(None)
