"""What may be done, and the roles: sets of verbs that are granted together."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Verb(StrEnum):
    """One thing that may be done to a part of the organisation. Each route of the web names exactly one."""

    SEE = "see"  # states, runs, figures, tickets
    SEE_ADDRESSES = "see_addresses"  # addresses, ports and paths of cameras (never a password)
    EXPORT = "export"  # carry lists away as files
    KEEP_REGISTER = "keep_register"  # import, correct, move, swap, retire
    DECLARE = "declare"  # place, purpose, legal basis, owner, contact
    TAKE_OVER = "take_over"  # accept a unit from a day, agree a backlog
    DISPATCH = "dispatch"  # assign, pause, hand over, verify and cancel tickets; plan a day; judge pictures
    REPAIR = "repair"  # accept a ticket, be on site, finish, remark: what a crew does
    PLAN_WORKS = "plan_works"  # maintenance windows and corrections that leave the denominator
    CONTRACT = "contract"  # contracts, acceptance of batches, deductions, assessment
    ISSUE = "issue"  # issue reports
    SET = "set"  # units, schedules, limits, uplinks, calendars, messages
    STOP = "stop"  # stop and resume the looks
    READ_AUDIT = "read_audit"  # the audit log, cases and proofs
    GRANT = "grant"  # people, grants, sessions and tokens of others
    BE_ONESELF = "be_oneself"  # own account, sessions, tokens, saved views: everybody who is signed in


class Role(StrEnum):
    """What somebody is for. Scope, purpose and time hang on the grant, so that no role is cloned for a town."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    REGISTRAR = "registrar"
    CREW = "crew"
    CONTRACT_MANAGER = "contract_manager"
    SECURITY = "security"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


_OWN: Final = frozenset({Verb.BE_ONESELF})
_SEE: Final = _OWN | {Verb.SEE}

ROLES: Final[Mapping[Role, frozenset[Verb]]] = {
    Role.VIEWER: _SEE,
    Role.OPERATOR: _SEE
    | {Verb.SEE_ADDRESSES, Verb.EXPORT, Verb.DISPATCH, Verb.REPAIR, Verb.PLAN_WORKS, Verb.ISSUE},
    Role.REGISTRAR: _SEE
    | {Verb.SEE_ADDRESSES, Verb.EXPORT, Verb.KEEP_REGISTER, Verb.DECLARE, Verb.TAKE_OVER, Verb.PLAN_WORKS},
    Role.CREW: _SEE | {Verb.REPAIR},
    Role.CONTRACT_MANAGER: _SEE | {Verb.EXPORT, Verb.DISPATCH, Verb.CONTRACT, Verb.ISSUE},
    Role.SECURITY: _SEE | {Verb.SEE_ADDRESSES, Verb.EXPORT, Verb.DECLARE, Verb.READ_AUDIT, Verb.STOP},
    Role.AUDITOR: _SEE | {Verb.READ_AUDIT},
    Role.ADMINISTRATOR: frozenset(Verb) - {Verb.READ_AUDIT},  # who grants does not read the log of it
}

SECOND_FACTOR: Final = frozenset({Role.ADMINISTRATOR, Role.SECURITY, Role.AUDITOR})
"""Roles that work only with a second factor (ASVS 6.3.3)."""
