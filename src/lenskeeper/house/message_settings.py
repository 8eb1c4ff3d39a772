"""The settings of `[[messages.to]]`: who is told, of what, how, and when not. What opens a door is a Secret."""

import os
import re
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    field_validator,
    model_validator,
)

from lenskeeper.base.days import zone_of
from lenskeeper.base.errors import Invalid
from lenskeeper.base.languages import Language
from lenskeeper.base.secret import DOTS, Secret
from lenskeeper.tickets.messages import DAY_S, HOUR_S, ChangeKind, Recipient
from lenskeeper.tickets.routing import Desk

RECIPIENTS_MAX: Final = 50
QUIET_H_MAX: Final = 16  # a message that waited for a day is given up
FROM_ENVIRONMENT: Final = "env:"
MADE_OF: Final = frozenset({"text", "title", "key", "to"})  # what the fields of a gateway may take
_QUIET: Final = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_WORD: Final = re.compile(r"\{(\w*)\}")
# What a wrong setting may show of itself; everything else in [[messages.to]] may hold a secret under a misspelt name.
SHOWN: Final = frozenset(
    {"name", "kind", "language", "tz", "desks", "changes", "classes", "quiet", "digest_minutes", "per_hour", "port",
     "security", "form", "plugin"}
)  # fmt: skip


def _sealed(value: object) -> object:
    """Text becomes a Secret; `env:NAME` is read from the environment."""
    if not isinstance(value, str):
        return value
    if value.startswith(FROM_ENVIRONMENT):
        name = value.removeprefix(FROM_ENVIRONMENT)
        if not os.environ.get(name):
            raise ValueError(f"the environment has no {name}")
        return Secret(os.environ[name])
    return Secret(value)


Sealed = Annotated[InstanceOf[Secret], BeforeValidator(_sealed)]
NO_SECRET: Final = Secret("")


def _door(value: object) -> object:
    """An address that messages are handed to: TLS, or this very machine."""
    sealed = _sealed(value)
    if not isinstance(sealed, Secret):
        return sealed
    try:
        parts = urlsplit(sealed.reveal())
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError("this is no address: write https://HOST/PATH") from None
    if not host or parts.scheme not in {"https", "http"} or parts.username is not None or parts.fragment:
        raise ValueError("this is no address: write https://HOST/PATH, without an account in it")
    if parts.scheme == "http" and not is_this_machine(host):
        raise ValueError("messages go over TLS: write https://; http:// is for this machine only (127.0.0.1)")
    return sealed


def is_this_machine(host: str) -> bool:
    """Whether a host's name can only be ours."""
    return host in {"localhost", "::1"} or bool(re.fullmatch(r"127(\.\d{1,3}){3}", host))


Door = Annotated[InstanceOf[Secret], BeforeValidator(_door)]


class _To(BaseModel):
    """What every recipient has. An empty list is all."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
    language: Language = Language.EN
    tz: str = ""
    desks: frozenset[Desk] = frozenset()
    contracts: frozenset[str] = frozenset()
    changes: frozenset[ChangeKind] = frozenset()
    classes: frozenset[Literal[1, 2, 3]] = frozenset()
    quiet: str = ""
    digest_minutes: Annotated[int, Field(ge=0, le=720)] = 0
    per_hour: Annotated[int, Field(ge=1, le=200)] = 20

    @field_validator("tz")
    @classmethod
    def _is_zone(cls, value: str) -> str:
        try:
            if value:
                zone_of(value)
        except Invalid as wrong:
            raise ValueError(str(wrong)) from None
        return value

    @field_validator("quiet")
    @classmethod
    def _is_quiet(cls, value: str) -> str:
        if not value:
            return value
        found = _QUIET.fullmatch(value)
        if found is None:
            raise ValueError("write it like 22:00-07:00")
        a, b = _seconds(value)
        if not 0 < (b - a) % DAY_S <= QUIET_H_MAX * HOUR_S:
            raise ValueError(
                f"quiet hours last from a minute to {QUIET_H_MAX} h: what waits for a day is given up"
            )
        return value

    def recipient(self, tz: str) -> Recipient:
        """For the rules. tz: where none is set."""
        return Recipient(
            name=self.name,
            language=self.language,
            tz=self.tz or tz,
            desks=frozenset(one.value for one in self.desks),
            contracts=self.contracts,
            changes=frozenset(one.value for one in self.changes),
            classes=frozenset[int](self.classes),
            quiet=_seconds(self.quiet) if self.quiet else None,
            digest_s=self.digest_minutes * 60,
            per_hour=self.per_hour,
        )


def _seconds(quiet: str) -> tuple[int, int]:
    a, b = (int(part[:2]) * HOUR_S + int(part[3:]) * 60 for part in quiet.split("-"))
    return a, b


Mailbox = Annotated[str, Field(pattern=r"^[^@\s<>,;\"]{1,64}@[^@\s<>,;\"]{1,190}$")]


class EmailTo(_To):
    """By SMTP. security: tls from the first byte, starttls, or none, which is for this machine only."""

    kind: Literal["email"]
    host: Annotated[str, Field(pattern=r"^[A-Za-z0-9.:_-]{1,253}$")]
    port: Annotated[int, Field(ge=1, le=65_535)] = 465
    security: Literal["tls", "starttls", "none"] = "tls"
    user: str = ""
    password: Sealed = NO_SECRET
    sender: Mailbox
    to: Annotated[tuple[Mailbox, ...], Field(min_length=1, max_length=20)]
    ca_file: Path | None = None

    @model_validator(mode="after")
    def _is_safe(self) -> "EmailTo":
        if self.security == "none" and not is_this_machine(self.host):
            raise ValueError("mail goes over TLS: security = tls or starttls; none is for this machine only")
        return self


class WebhookTo(_To):
    """JSON by POST, signed with HMAC-SHA256."""

    kind: Literal["webhook"]
    url: Door
    key: Annotated[InstanceOf[Secret], BeforeValidator(_sealed)]
    ca_file: Path | None = None

    @field_validator("key")
    @classmethod
    def _is_long(cls, value: Secret) -> Secret:
        if len(value.reveal()) < 16:
            raise ValueError("a key that signs has at least 16 characters")
        return value


class SmsTo(_To):
    """By the HTTP of an SMS gateway. fields: what it wants, made of {text} {title} {key} {to}; secret: as they are.

    says: what the gateway's answer holds when it has taken the message; empty: the status is enough.
    """

    kind: Literal["sms"]
    url: Door
    form: Literal["form", "json"] = "form"
    fields: Annotated[dict[str, str], Field(min_length=1, max_length=30)]
    secret: Annotated[dict[str, Sealed], Field(max_length=10)] = {}
    authorization: Sealed = NO_SECRET
    to: Annotated[str, Field(min_length=1, max_length=500)]
    says: str = ""
    chars_max: Annotated[int, Field(ge=20, le=1000)] = 300
    ca_file: Path | None = None

    @field_validator("fields")
    @classmethod
    def _is_template(cls, value: dict[str, str]) -> dict[str, str]:
        words = {word for text in value.values() for word in _WORD.findall(text)}
        if strange := sorted(words - MADE_OF):
            raise ValueError(
                f"{{{strange[0]}}} is nothing: fields are made of {{text}} {{title}} {{key}} {{to}}"
            )
        if not words & {"text", "title"}:
            raise ValueError("no field holds {text}: the gateway would send nothing")
        return value


class WecomTo(_To):
    """A robot of a WeCom group. url: as the group shows it; its key stands in it."""

    kind: Literal["wecom"]
    url: Door


class DingtalkTo(_To):
    """A robot of a DingTalk group, of the kind that signs (加签). key: begins with SEC."""

    kind: Literal["dingtalk"]
    url: Door
    key: Sealed


class PluginTo(_To):
    """Another package's: the name of its entry point in `lenskeeper.senders`, and what it wants to know."""

    kind: Literal["plugin"]
    plugin: Annotated[str, Field(min_length=1, max_length=100)]
    options: Annotated[dict[str, Sealed], Field(max_length=30)] = {}


To = Annotated[EmailTo | WebhookTo | SmsTo | WecomTo | DingtalkTo | PluginTo, Field(discriminator="kind")]


class MessageSettings(BaseModel):
    """Who is told. Nobody, unless it is set."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    to: Annotated[tuple[To, ...], Field(max_length=RECIPIENTS_MAX)] = ()

    @field_validator("to")
    @classmethod
    def _are_apart(cls, value: tuple[To, ...]) -> tuple[To, ...]:
        names = [each.name for each in value]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two recipients are called {twice[0]}")
        return value


def shown(where: tuple[int | str, ...], value: Any) -> str:
    """What a message about a wrong setting of a recipient may show of it."""
    field = "".join(
        str(part) for part in where[4:5]
    )  # messages, to, its number, its kind, and then the field
    if isinstance(value, (dict, list, tuple)):
        keys = ", ".join(sorted(str(key) for key in value)) if isinstance(value, dict) else DOTS
        return f"{{{keys}}}"
    return repr(value) if field in SHOWN else DOTS
