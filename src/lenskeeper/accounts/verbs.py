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

LOT_ROLES: Final = frozenset({Role.VIEWER, Role.OPERATOR, Role.CREW, Role.CONTRACT_MANAGER})
"""Roles that may be given over the lot of a contract. The others keep what belongs to a unit."""

TOKEN_VERBS: Final = frozenset(Verb) - {Verb.GRANT, Verb.READ_AUDIT}
"""What a program may do for a person. Whom to trust, and what was done, a person asks for."""

_MINUTE_S: Final = 60
_HOUR_S: Final = 3_600

IDLE_S: Final[Mapping[Role, int]] = {
    Role.VIEWER: 2 * _HOUR_S,
    Role.OPERATOR: 12 * _HOUR_S,  # a control room's shift: its screens stay on
    Role.REGISTRAR: 2 * _HOUR_S,
    Role.CREW: 12 * _HOUR_S,  # a day outdoors with gloves
    Role.CONTRACT_MANAGER: 2 * _HOUR_S,
    Role.SECURITY: 30 * _MINUTE_S,
    Role.AUDITOR: 30 * _MINUTE_S,
    Role.ADMINISTRATOR: 30 * _MINUTE_S,
}
"""How long a session may lie unused (ASVS 7.3.1); of several roles the shortest counts."""

IDLE_WITHOUT_ROLE_S: Final = 30 * _MINUTE_S
SESSION_S: Final = 16 * _HOUR_S  # however much it is used (ASVS 7.3.2): the longest shift with its hand-over
