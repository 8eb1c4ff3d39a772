"""Grants: a role over a part of the organisation, for some purposes, for a time, approved by somebody else.

What grants add up to for one verb is a Scope; it is worked out here and nowhere else. No grant leads to an original
picture: there is no verb for it (charter clause 3).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from lenskeeper.accounts.ids import AccountId, GrantId
from lenskeeper.accounts.verbs import LOT_ROLES, ROLES, SECOND_FACTOR, Role, Verb
from lenskeeper.base.access import ActorId, Part, Scope
from lenskeeper.base.errors import Invalid, NotAllowed
from lenskeeper.units.ids import UnitId

PURPOSES_MAX: Final = 50  # of one grant: each is a part of the condition of every query
PURPOSE_CHARS_MAX: Final = 200


@dataclass(frozen=True, slots=True)
class Grant:
    """A role that an account has in [from_s, to_s), UTC seconds; to_s None: until further notice.

    unit_id, contract_id: over this unit with all below it, or over this contract's lot; both None: over everything.
    purposes: only cameras declared for one of these; empty: whatever they are for.
    """

    grant_id: GrantId
    account_id: AccountId
    role: Role
    unit_id: UnitId | None
    contract_id: int | None
    purposes: frozenset[str]
    from_s: int
    to_s: int | None
    approver: ActorId
    because: str
    at_s: int
    ended_s: int | None = None

    def holds(self, at_s: int) -> bool:
        """Whether it is in force at that instant."""
        ends = [each for each in (self.to_s, self.ended_s) if each is not None]
        return self.from_s <= at_s < min(ends, default=at_s + 1)

    def covers_all(self) -> bool:
        """Whether it is over the whole installation."""
        return self.unit_id is None and self.contract_id is None


class Holder(Protocol):
    """What is asked of somebody to work out a scope: see `Signed`."""

    @property
    def grants(self) -> tuple[Grant, ...]: ...
    @property
    def verbs(self) -> frozenset[Verb] | None: ...
    @property
    def has_factor(self) -> bool: ...


def counting(who: Holder, now_s: int) -> tuple[Grant, ...]:
    """The grants that count now: in force, and not of a role that waits for a second factor."""
    return tuple(
        each
        for each in who.grants
        if each.holds(now_s) and (who.has_factor or each.role not in SECOND_FACTOR)
    )


def verbs_of(who: Holder, now_s: int) -> frozenset[Verb]:
    """All that somebody may do anywhere."""
    have = frozenset(verb for each in counting(who, now_s) for verb in ROLES[each.role])
    return have if who.verbs is None else have & who.verbs


def scope_for(who: Holder, verb: Verb, now_s: int) -> Scope:
    """The part of the organisation upon which somebody may do this now. Empty where no grant gives it."""
    if who.verbs is not None and verb not in who.verbs:
        return NOTHING
    return scope_of(each for each in counting(who, now_s) if verb in ROLES[each.role])


def scope_of(grants: Iterable[Grant]) -> Scope:
    """What grants cover together. One that is over everything but for some purposes covers nothing: see `admitted`."""
    units: set[int] = set()
    lots: set[int] = set()
    parts: set[Part] = set()
    for each in grants:
        if each.covers_all():
            if not each.purposes:
                return Scope.ALL
        elif each.purposes:
            parts |= {Part(purpose, unit=each.unit_id, lot=each.contract_id) for purpose in each.purposes}
        elif each.unit_id is not None:
            units.add(each.unit_id)
        elif each.contract_id is not None:
            lots.add(each.contract_id)
    return Scope(frozenset(units), frozenset(lots), frozenset(parts))


NOTHING: Final = Scope(frozenset())


@dataclass(frozen=True, slots=True)
class Wanted:
    """A grant that is asked for: as `Grant`."""

    role: Role
    unit_id: UnitId | None = None
    contract_id: int | None = None
    purposes: frozenset[str] = frozenset()
    from_s: int = 0
    to_s: int | None = None
    because: str = ""


def admitted(wanted: Wanted) -> Wanted:
    """A grant that can be written. Invalid: it names two places, no reason, or purposes without a place."""
    if wanted.unit_id is not None and wanted.contract_id is not None:
        raise Invalid(
            "a grant is over a unit or over a contract's lot, and not over both", field="contract_id"
        )
    if wanted.contract_id is not None and wanted.role not in LOT_ROLES:
        may = ", ".join(sorted(LOT_ROLES))
        raise Invalid(
            f"over a contract's lot somebody may be {may}; {wanted.role} needs a unit", field="role"
        )
    if wanted.purposes and wanted.unit_id is None and wanted.contract_id is None:
        raise Invalid("a grant for some purposes names a unit: take the topmost for all", field="unit_id")
    purposes = frozenset(each.strip() for each in wanted.purposes)
    if len(purposes) > PURPOSES_MAX or not all(0 < len(each) <= PURPOSE_CHARS_MAX for each in purposes):
        raise Invalid(f"at most {PURPOSES_MAX} purposes, each in words", field="purposes")
    if wanted.to_s is not None and wanted.to_s <= wanted.from_s:
        raise Invalid("the grant ends before it begins", field="to_s")
    if not wanted.because.strip():
        raise Invalid("say why it is given: a letter, an order, a contract", field="because")
    return replace(wanted, purposes=purposes, because=wanted.because.strip())


def may_give(giver: ActorId, to: ActorId) -> None:
    """The separation of duty. NotAllowed: nobody gives a grant to himself, nor ends or prolongs his own."""
    if giver == to:
        raise NotAllowed("nobody grants to himself: ask another person who keeps the accounts")


def cut(
    grants: Sequence[Grant],
    *,
    unit_id: UnitId | None,
    below: frozenset[int],
    above: frozenset[int],
    purposes: frozenset[str],
) -> tuple[Grant, ...]:
    """Grants as far as a token leaves them: never more than each was.

    unit_id: the token's subtree, None for no limit; below: the units under it and itself; above: those over it and
    itself. purposes: the token's, empty for no limit. A lot has no place in the tree, so a token with a subtree has none.
    """
    out: list[Grant] = []
    for each in grants:
        kept = each
        if unit_id is not None:
            if each.contract_id is not None:
                continue
            if each.unit_id is None or each.unit_id in above:
                kept = replace(kept, unit_id=unit_id)
            elif each.unit_id not in below:
                continue
        if purposes:
            both = purposes & each.purposes if each.purposes else purposes
            if not both or kept.covers_all():
                continue
            kept = replace(kept, purposes=both)
        out.append(kept)
    return tuple(out)
