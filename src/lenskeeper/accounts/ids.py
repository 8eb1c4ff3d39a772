"""Numbers of what the accounts room keeps, inside one database; and the name under which a person's acts are entered."""

from typing import NewType

from lenskeeper.base.access import ActorId

AccountId = NewType("AccountId", int)
GrantId = NewType("GrantId", int)
SessionId = NewType("SessionId", int)
TokenId = NewType("TokenId", int)
ViewId = NewType("ViewId", int)


def actor_of(name: str) -> ActorId:
    """Who did it, as the audit log has it: "account:" and the login name, which is never given to another person."""
    return ActorId(f"account:{name}")
