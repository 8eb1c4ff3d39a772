"""How a message leaves the house: e-mail, webhook, SMS gateway, robots of WeCom and DingTalk, and other packages' ways.

None is required. A sender takes one message and sends it, or says that it could not and whether a second try may help;
who is told what and when stands in tickets/messages.py, and the loop that asks it in house/messages.py.
"""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import smtplib
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from importlib.metadata import entry_points
from typing import Final, Protocol
from urllib.parse import quote_plus, urlencode

import msgspec

from lenskeeper.base.errors import Invalid, NotFound
from lenskeeper.base.secret import Secret
from lenskeeper.house.http_post import PostFailed, Reply, distrusted, post, trust
from lenskeeper.house.message_settings import (
    DingtalkTo,
    EmailTo,
    PluginTo,
    SmsTo,
    To,
    WebhookTo,
    WecomTo,
)
from lenskeeper.tickets.messages import Message

GROUP: Final = "lenskeeper.senders"
SMTP_STEP_S: Final = 15.0
SMTP_WHOLE_S: Final = 60.0
ROBOT_BYTES_MAX: Final = 2_048  # of WeCom's text; DingTalk takes more
REMARK_CHARS_MAX: Final = 200
SIGNATURE: Final = "X-Lenskeeper-Signature"
SPOILT: Final = frozenset({400, 413, 414, 415, 422, 431})  # the message itself is not liked; the next may be
ROBOT_SPOILT: Final = frozenset({40008, 40035, 40058, 44004})  # the same, in the numbers of WeCom


class SendFailed(Exception):
    """A message did not go. may_retry: a later try may do; otherwise this message is given up.

    The text is one line for the operator, without address or secret.
    """

    def __init__(self, text: str, *, may_retry: bool) -> None:
        super().__init__(text[:REMARK_CHARS_MAX])
        self.may_retry = may_retry


class Sender(Protocol):
    """A way out of the house. It must end within a minute by itself; what it raises besides is taken for a failure."""

    async def send(self, message: Message) -> None:
        """Send it once. SendFailed: it did not go, or nobody knows."""
        ...


Maker = Callable[[Mapping[str, Secret]], Sender]
"""What an entry point of `lenskeeper.senders` is: it makes a sender of the options in the settings."""


def sender_of(to: To, now_ms: Callable[[], int]) -> Sender:
    """The way that a recipient of the settings is reached. NotFound: no package has such a plug-in. Invalid: it fell."""
    match to:
        case EmailTo():
            return Email(to, now_ms)
        case WebhookTo():
            return Webhook(to, now_ms)
        case SmsTo():
            return Sms(to)
        case WecomTo():
            return Wecom(to)
        case DingtalkTo():
            return Dingtalk(to, now_ms)
        case PluginTo():
            return _plugged_in(to)


def _plugged_in(to: PluginTo) -> Sender:
    found = [each for each in entry_points(group=GROUP) if each.name == to.plugin]
    if not found:
        there = ", ".join(sorted({each.name for each in entry_points(group=GROUP)})) or "none is installed"
        raise NotFound(f"messages.to {to.name}: no package has the sender {to.plugin!r}; there are: {there}")
    try:
        maker: Maker = found[0].load()
        return maker(to.options)
    except Exception as error:  # noqa: BLE001  another package's code; its words may hold what was in the options
        raise Invalid(
            f"messages.to {to.name}: the sender {to.plugin!r} was not made ({type(error).__name__})",
            field="messages.to",
        ) from None


# ---- e-mail


@dataclass(frozen=True, slots=True)
class Email:
    """SMTP in a thread of its own; a server that drips is hung up on after SMTP_WHOLE_S."""

    to: EmailTo
    now_ms: Callable[[], int]

    async def send(self, message: Message) -> None:
        """One mail to all mailboxes of the recipient."""
        line = _Line()
        try:
            async with asyncio.timeout(SMTP_WHOLE_S):
                await asyncio.to_thread(self._send, message, line)
        except TimeoutError:
            raise SendFailed(f"the mail server took more than {SMTP_WHOLE_S:.0f} s", may_retry=True) from None
        finally:
            line.hang_up()

    def _send(self, message: Message, line: "_Line") -> None:
        try:
            with self._unconnected() as line.server:
                server = line.server
                server._host = self.to.host  # type: ignore[attr-defined]  # what TLS checks; else only the constructor sets it
                server.connect(self.to.host, self.to.port)
                if self.to.security == "starttls":
                    server.starttls(context=trust(self.to.ca_file))
                if self.to.user:
                    server.login(self.to.user, self.to.password.reveal())
                server.send_message(self._mail(message))
        except smtplib.SMTPRecipientsRefused as wrong:
            codes = {code for code, _ in wrong.recipients.values()}
            raise SendFailed(
                f"the mail server refused every mailbox ({_codes(codes)})", may_retry=min(codes) < 500
            ) from None
        except smtplib.SMTPAuthenticationError as wrong:
            raise SendFailed(
                f"the mail server refused our login ({wrong.smtp_code})", may_retry=True
            ) from None
        except smtplib.SMTPDataError as wrong:
            raise SendFailed(
                f"the mail server did not take the mail ({wrong.smtp_code})", may_retry=wrong.smtp_code < 500
            ) from None
        except smtplib.SMTPResponseException as wrong:
            raise SendFailed(f"the mail server said {wrong.smtp_code}", may_retry=True) from None
        except ssl.SSLCertVerificationError as wrong:
            raise SendFailed(f"the mail server's {distrusted(wrong)}", may_retry=True) from None
        except (OSError, smtplib.SMTPException) as wrong:
            raise SendFailed(f"no mail server there ({type(wrong).__name__})", may_retry=True) from None

    def _unconnected(self) -> smtplib.SMTP:
        """local_hostname: our own name is nobody's business, and looking it up may take its time."""
        if self.to.security == "tls":
            return smtplib.SMTP_SSL(
                local_hostname="lenskeeper", timeout=SMTP_STEP_S, context=trust(self.to.ca_file)
            )
        return smtplib.SMTP(local_hostname="lenskeeper", timeout=SMTP_STEP_S)

    def _mail(self, message: Message) -> EmailMessage:
        mail = EmailMessage()
        mail["Subject"] = message.title
        mail["From"] = self.to.sender
        mail["To"] = ", ".join(self.to.to)
        mail["Date"] = format_datetime(datetime.fromtimestamp(self.now_ms() // 1000, UTC))
        mail["Message-ID"] = f"<{message.key}@{self.to.sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(message.text + "\n", cte="base64")
        return mail


class _Line:
    """What the thread holds open, so that it can be shut from outside."""

    server: smtplib.SMTP | None = None

    def hang_up(self) -> None:
        """Whoever still waits for the server is woken by it."""
        held = None if self.server is None else self.server.sock
        if held is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(held, socket.SHUT_RDWR)  # TLS would say goodbye first, and wait


def _codes(codes: set[int]) -> str:
    return ", ".join(map(str, sorted(codes)))


# ---- what goes by HTTP


@dataclass(frozen=True, slots=True)
class Webhook:
    """JSON: id, title, text, changes. Signed: `t=SECONDS,v1=HEX`, the HMAC-SHA256 of `SECONDS.BODY` under the key."""

    to: WebhookTo
    now_ms: Callable[[], int]

    async def send(self, message: Message) -> None:
        """One POST; any status of success is taken for one."""
        body = msgspec.json.encode(
            {"id": message.key, "title": message.title, "text": message.text, **message.data}
        )
        at_s = self.now_ms() // 1000
        sign = hmac.new(self.to.key.reveal().encode(), f"{at_s}.".encode() + body, hashlib.sha256)
        headers = {"Content-Type": "application/json", SIGNATURE: f"t={at_s},v1={sign.hexdigest()}"}
        _taken(await _posted(self.to.url, body, headers, self.to))


@dataclass(frozen=True, slots=True)
class Sms:
    """The fields that a gateway wants, as a form or as JSON."""

    to: SmsTo

    async def send(self, message: Message) -> None:
        """One POST, however many numbers."""
        words = {
            "text": message.text[: self.to.chars_max],
            "title": message.title,
            "key": message.key,
            "to": self.to.to,
        }
        fields = {name: _filled(template, words) for name, template in self.to.fields.items()}
        fields |= {name: secret.reveal() for name, secret in self.to.secret.items()}
        is_json = self.to.form == "json"
        body = msgspec.json.encode(fields) if is_json else urlencode(fields).encode()
        headers: dict[str, str | Secret] = {
            "Content-Type": "application/json" if is_json else "application/x-www-form-urlencoded"
        }
        if self.to.authorization.reveal():
            headers["Authorization"] = self.to.authorization
        reply = await _posted(self.to.url, body, headers, self.to)
        _taken(reply)
        if self.to.says.encode() not in reply.body:
            raise SendFailed("the gateway's answer does not say that it was taken", may_retry=True)


def _filled(template: str, words: Mapping[str, str]) -> str:
    """Each {word} once; what a word brings along is not looked at again."""
    out, rest = "", template
    while (at := rest.find("{")) >= 0:
        end = rest.find("}", at)
        if end < 0:
            break
        word = rest[at + 1 : end]
        if word in words:
            out, rest = out + rest[:at] + words[word], rest[end + 1 :]
        else:
            out, rest = out + rest[: at + 1], rest[at + 1 :]
    return out + rest


@dataclass(frozen=True, slots=True)
class Wecom:
    """A robot of a WeCom group."""

    to: WecomTo

    async def send(self, message: Message) -> None:
        """One text of at most 2,048 bytes."""
        await _robot(self.to.url, message)


@dataclass(frozen=True, slots=True)
class Dingtalk:
    """A robot of a DingTalk group; its signature is valid for an hour, so our clock must be right."""

    to: DingtalkTo
    now_ms: Callable[[], int]

    async def send(self, message: Message) -> None:
        """One text."""
        url, key, at_ms = self.to.url.reveal(), self.to.key.reveal(), self.now_ms()
        sign = hmac.new(key.encode(), f"{at_ms}\n{key}".encode(), hashlib.sha256).digest()
        joint = "&" if "?" in url else "?"
        signed = f"{url}{joint}timestamp={at_ms}&sign={quote_plus(base64.b64encode(sign))}"
        await _robot(Secret(signed), message)


class _RobotReply(msgspec.Struct):
    errcode: int


async def _robot(url: Secret, message: Message) -> None:
    """Both robots take the same text and answer errcode 0."""
    text = message.text.encode()[:ROBOT_BYTES_MAX].decode(errors="ignore")
    body = msgspec.json.encode({"msgtype": "text", "text": {"content": text}})
    reply = await _posted(url, body, {"Content-Type": "application/json"}, None)
    _taken(reply)
    try:
        code = msgspec.json.decode(reply.body, type=_RobotReply).errcode
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise SendFailed("the robot's answer is not one of a robot", may_retry=True) from None
    if code != 0:
        raise SendFailed(f"the robot said errcode {code}", may_retry=code not in ROBOT_SPOILT)


async def _posted(
    url: Secret, body: bytes, headers: Mapping[str, str | Secret], to: WebhookTo | SmsTo | None
) -> Reply:
    try:
        return await post(url, body, headers, ca_file=None if to is None else to.ca_file)
    except PostFailed as failed:
        raise SendFailed(str(failed), may_retry=True) from None


def _taken(reply: Reply) -> None:
    """Settings that are wrong are tried again, since somebody will mend them; a message that is wrong is not."""
    if not 200 <= reply.status < 300:
        raise SendFailed(f"the answer was HTTP {reply.status}", may_retry=reply.status not in SPOILT)
