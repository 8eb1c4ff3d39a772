"""The life of a ticket as a table. Whatever is not in it is a Conflict; the manual's diagram is drawn from it."""

from enum import StrEnum
from typing import Final

from lenskeeper.base.errors import Conflict


class Stage(StrEnum):
    """Where the work stands. A pause is no stage: it is a flag beside it, with a reason (rows_pauses.py)."""

    OPEN = "open"  # nobody has it yet: dispatch is held, or no desk is known
    ASSIGNED = "assigned"  # a desk has it
    ACCEPTED = "accepted"  # the desk says that it is theirs and that they will go
    ON_SITE = "on_site"  # somebody is there: nothing but he ends it
    DONE = "done"  # he says that it works; no look has agreed yet
    VERIFIED = "verified"  # looks agree
    REGRESSED = "regressed"  # it was done or verified, and fails again
    CANCELLED = "cancelled"  # no work after all: planned, a duplicate, not ours


class Step(StrEnum):
    """What may happen to a ticket. ASSIGN to LEAVE, FINISH and CANCEL are a person's; the rest are the looks'."""

    ASSIGN = "assign"
    ACCEPT = "accept"
    ARRIVE = "arrive"
    LEAVE = "leave"  # without having finished
    FINISH = "finish"
    VERIFY = "verify"  # looks agree with whoever finished
    RECOVER = "recover"  # all its cameras are well, and nobody had been there: it came back by itself
    FAIL = "fail"  # looks disagree with whoever finished, or it breaks again soon after
    CANCEL = "cancel"


NEXT: Final[dict[tuple[Stage, Step], Stage]] = {
    (Stage.OPEN, Step.ASSIGN): Stage.ASSIGNED,
    (Stage.OPEN, Step.RECOVER): Stage.VERIFIED,
    (Stage.OPEN, Step.CANCEL): Stage.CANCELLED,
    (Stage.ASSIGNED, Step.ASSIGN): Stage.ASSIGNED,  # handed on to another desk
    (Stage.ASSIGNED, Step.ACCEPT): Stage.ACCEPTED,
    (Stage.ASSIGNED, Step.ARRIVE): Stage.ON_SITE,
    (Stage.ASSIGNED, Step.FINISH): Stage.DONE,  # from afar, or told afterwards
    (Stage.ASSIGNED, Step.RECOVER): Stage.VERIFIED,
    (Stage.ASSIGNED, Step.CANCEL): Stage.CANCELLED,
    (Stage.ACCEPTED, Step.ASSIGN): Stage.ASSIGNED,
    (Stage.ACCEPTED, Step.ARRIVE): Stage.ON_SITE,
    (Stage.ACCEPTED, Step.FINISH): Stage.DONE,
    (Stage.ACCEPTED, Step.RECOVER): Stage.VERIFIED,
    (Stage.ACCEPTED, Step.CANCEL): Stage.CANCELLED,
    (Stage.ON_SITE, Step.LEAVE): Stage.ACCEPTED,
    (Stage.ON_SITE, Step.FINISH): Stage.DONE,
    (Stage.DONE, Step.VERIFY): Stage.VERIFIED,
    (Stage.DONE, Step.FAIL): Stage.REGRESSED,
    (Stage.VERIFIED, Step.FAIL): Stage.REGRESSED,
    (Stage.REGRESSED, Step.ASSIGN): Stage.ASSIGNED,
    (Stage.REGRESSED, Step.ACCEPT): Stage.ACCEPTED,
    (Stage.REGRESSED, Step.ARRIVE): Stage.ON_SITE,
    (Stage.REGRESSED, Step.FINISH): Stage.DONE,
    (Stage.REGRESSED, Step.RECOVER): Stage.VERIFIED,
    (Stage.REGRESSED, Step.CANCEL): Stage.CANCELLED,
}

ENDED: Final = frozenset({Stage.VERIFIED, Stage.CANCELLED})
LIVE: Final = frozenset(Stage) - ENDED


class Resolution(StrEnum):
    """How a ticket ended; a month's settlement pays for one of them only."""

    NONE = ""
    REPAIRED = "repaired"
    BY_ITSELF = "by_itself"
    CANCELLED = "cancelled"


def after(stage: Stage, step: Step) -> Stage:
    """The stage that a step leads to. Conflict: it may not be taken here; the text names those that may."""
    to = NEXT.get((stage, step))
    if to is None:
        may = ", ".join(s.value for (at, s) in NEXT if at is stage) or "nothing more"
        raise Conflict(f"a ticket that is {stage.value} admits no {step.value!r}; possible here: {may}")
    return to
