"""Each way out of the house, over real sockets of this machine: what arrives, and what becomes of what does not."""

import asyncio
import base64
import email
import email.policy
import hashlib
import hmac
import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import trustme
from pydantic import TypeAdapter
from tests.house.message_servers import listening, post_office, web

from lenskeeper.base.errors import Invalid, NotFound
from lenskeeper.base.secret import Secret
from lenskeeper.house import http_post, senders
from lenskeeper.house.message_settings import To
from lenskeeper.house.senders import SIGNATURE, Sender, SendFailed, sender_of
from lenskeeper.tickets.messages import Message

NOW_MS = 1_700_000_000_123
KEY = "sesame-sesame-sesame"
MESSAGE = Message(
    "lenskeeper-duty-1-1", "#17 新建工单", "#17 新建工单：交换机，200 台摄像机", {"changes": [{"ticket": 17}]}
)


def sender(**settings: Any) -> Sender:
    to: To = TypeAdapter[To](To).validate_python({"name": "duty", **settings})
    return sender_of(to, lambda: NOW_MS)


async def failed(way: Sender, message: Message = MESSAGE) -> SendFailed:
    with pytest.raises(SendFailed) as told:
        await way.send(message)
    assert "127.0.0.1" not in str(told.value)
    assert "sesame" not in str(told.value)
    return told.value


@dataclass
class Authority:
    """One that our servers are certified by, and its file."""

    made: trustme.CA = field(default_factory=trustme.CA)
    file: Path = Path()

    def server(self, name: str = "127.0.0.1") -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.made.issue_cert(name).configure_cert(context)
        return context


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    found = Authority(file=tmp_path / "ca.pem")
    found.made.cert_pem.write_to_path(found.file)
    return found


# ---- webhook


async def test_a_webhook_gets_json_that_whoever_has_the_key_can_verify() -> None:
    with web() as there:
        there.status, there.reply = 204, b""
        await sender(kind="webhook", url=there.url + "/in?a=1", key=KEY).send(MESSAGE)
    [came] = there.came
    assert came.path == "/in?a=1"
    at, _, sign = came.headers[SIGNATURE].partition(",v1=")
    assert at == "t=1700000000"
    assert hmac.compare_digest(
        sign, hmac.new(KEY.encode(), b"1700000000." + came.body, hashlib.sha256).hexdigest()
    )
    assert json.loads(came.body) == {
        "id": MESSAGE.key, "title": MESSAGE.title, "text": MESSAGE.text, "changes": [{"ticket": 17}],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "may_retry"),
    [
        (301, True),
        (400, False),
        (401, True),
        (404, True),
        (413, False),
        (429, True),
        (500, True),
        (503, True),
    ],
)
async def test_a_status_says_whether_a_second_try_may_help(status: int, *, may_retry: bool) -> None:
    with web() as there:
        there.status, there.more = status, {"Location": there.url + "/elsewhere"}
        told = await failed(sender(kind="webhook", url=there.url, key=KEY))
    assert (str(told), told.may_retry) == (f"the answer was HTTP {status}", may_retry)
    assert len(there.came) == 1, "no redirection is followed"


async def test_tls_is_verified_against_ones_own_authority_and_nobody_else(authority: Authority) -> None:
    with web(authority.server()) as there:
        await sender(kind="webhook", url=there.url, key=KEY, ca_file=authority.file).send(MESSAGE)
        told = await failed(sender(kind="webhook", url=there.url, key=KEY))
        assert told.may_retry
        assert "certificate is not accepted" in str(told)
    with web(authority.server("elsewhere.example")) as there:
        told = await failed(sender(kind="webhook", url=there.url, key=KEY, ca_file=authority.file))
        assert "certificate is not accepted: it is for another name" in str(told)
    assert not there.came


async def test_a_certificate_file_that_is_not_there_is_a_failure_and_no_crash(authority: Authority) -> None:
    with web(authority.server()) as there:
        told = await failed(sender(kind="webhook", url=there.url, key=KEY, ca_file=Path("/nonesuch.pem")))
    assert told.may_retry


async def test_nobody_there_garbage_and_silence_are_failures_within_their_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_post, "WHOLE_S", 0.3)

    answer = b""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if answer == b"drip":
            while not writer.is_closing():
                writer.write(b"x")
                await asyncio.sleep(0.02)
        writer.write(answer)
        await reader.read()

    async with listening(talk) as port:
        url = f"http://127.0.0.1:{port}"
        for said, why in [
            (b"SSH-2.0-x\r\n\r\n", "no HTTP"),
            (b"", "no answer within"),
            (b"drip", "no answer within"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", "no answer within"),
        ]:
            answer = said
            began = time.perf_counter()
            told = await failed(sender(kind="webhook", url=url, key=KEY))
            assert why in str(told)
            assert told.may_retry
            assert time.perf_counter() - began < 2
    assert "no connection" in str(await failed(sender(kind="webhook", url=url, key=KEY)))


async def test_an_endless_answer_is_cut() -> None:
    with web() as there:
        there.reply = b"x" * 3_000_000
        reply = await http_post.post(Secret(there.url), b"{}", {})
    assert len(reply.body) == http_post.REPLY_BYTES_MAX


# ---- robots


async def test_a_robot_of_wecom_gets_a_text_of_at_most_2048_bytes() -> None:
    with web() as there:
        await sender(kind="wecom", url=there.url + "/send?key=sesame").send(
            Message("k", "t", "修" * 1_000, {})
        )
    body = json.loads(there.came[0].body)
    assert there.came[0].path == "/send?key=sesame"
    assert body == {"msgtype": "text", "text": {"content": "修" * 682}}


async def test_a_robot_of_dingtalk_is_signed_as_its_manual_says() -> None:
    with web() as there:
        await sender(kind="dingtalk", url=there.url + "/robot/send?access_token=sesame", key="SECa").send(
            MESSAGE
        )
    query = parse_qs(urlsplit(there.came[0].path).query)
    sign = hmac.new(b"SECa", b"1700000000123\nSECa", hashlib.sha256).digest()
    assert query == {
        "access_token": ["sesame"],
        "timestamp": ["1700000000123"],
        "sign": [base64.b64encode(sign).decode()],
    }
    assert json.loads(there.came[0].body) == {"msgtype": "text", "text": {"content": MESSAGE.text}}


@pytest.mark.parametrize(
    ("reply", "why", "may_retry"),
    [
        (b'{"errcode":45009,"errmsg":"sesame"}', "errcode 45009", True),
        (b'{"errcode":310000}', "errcode 310000", True),
        (b'{"errcode":40058}', "errcode 40058", False),
        (b"<html>sesame", "not one of a robot", True),
        (b'{"errcode":"0"}', "not one of a robot", True),
        (b"\xff\xfe", "not one of a robot", True),
    ],
)
async def test_a_robot_that_says_no_in_a_200_is_not_believed(
    reply: bytes, why: str, *, may_retry: bool
) -> None:
    with web() as there:
        there.reply = reply
        told = await failed(sender(kind="wecom", url=there.url))
    assert why in str(told)
    assert told.may_retry is may_retry


# ---- SMS gateway


async def test_a_gateway_gets_the_fields_that_it_wants_and_no_word_is_filled_twice() -> None:
    with web() as there:
        there.reply = b"code=0;ok"
        way = sender(
            kind="sms", url=there.url, to="13,14", fields={"mobile": "{to}", "msg": "[lk] {text} {x", "id": "{key}"},
            secret={"apikey": "sesame"}, authorization="Bearer sesame", says="ok", chars_max=20,
        )  # fmt: skip
        await way.send(Message("k{to}", "t", "{to} & {secret} = " + "x" * 50, {}))
        there.reply = b"code=7"
        told = await failed(way)
        assert "does not say that it was taken" in str(told)
    first = there.came[0]
    assert first.headers["Authorization"] == "Bearer sesame"
    assert parse_qs(first.body.decode()) == {
        "mobile": ["13,14"], "msg": ["[lk] {to} & {secret} = xx {x"], "id": ["k{to}"], "apikey": ["sesame"],
    }  # fmt: skip


async def test_a_gateway_may_want_json() -> None:
    with web() as there:
        await sender(kind="sms", url=there.url, form="json", to="13", fields={"m": "{title}"}).send(MESSAGE)
    assert json.loads(there.came[0].body) == {"m": MESSAGE.title}
    assert "Authorization" not in there.came[0].headers


# ---- e-mail

MAILBOX = {"sender": "lk@example.org", "to": ["a@example.org", "b@example.org"], "host": "127.0.0.1"}


def read(mail: bytes) -> Any:
    return email.message_from_bytes(mail, policy=email.policy.default)


@pytest.mark.parametrize("security", ["tls", "starttls", "none"])
async def test_a_mail_arrives_over_tls_with_a_login(security: str, authority: Authority) -> None:
    context = authority.server()
    async with post_office(
        tls=context if security == "tls" else None, starttls=context if security == "starttls" else None
    ) as office:
        await sender(
            kind="email", port=office.port, security=security, ca_file=authority.file, user="lk", password="sesame", **MAILBOX
        ).send(MESSAGE)  # fmt: skip
    mail = read(office.mails[0])
    assert (mail["Subject"], mail["From"], mail["To"]) == (
        "#17 新建工单", "lk@example.org", "a@example.org, b@example.org",
    )  # fmt: skip
    assert mail["Message-ID"] == "<lenskeeper-duty-1-1@example.org>"
    assert mail["Date"] == "Tue, 14 Nov 2023 22:13:20 +0000"
    assert mail.get_content() == MESSAGE.text + "\n"
    assert office.logins == [b"\0lk\0sesame"]
    if security == "starttls":
        assert office.commands.index("STARTTLS") < office.commands.index("AUTH")


async def test_no_login_is_shown_to_a_server_that_offers_no_tls() -> None:
    async with post_office() as office:
        way = sender(
            kind="email", port=office.port, security="starttls", user="lk", password="sesame", **MAILBOX
        )
        told = await failed(way)
    assert told.may_retry
    assert not office.logins


async def test_a_mail_server_with_a_strange_certificate_gets_nothing(authority: Authority) -> None:
    async with post_office(tls=authority.server()) as office:
        told = await failed(sender(kind="email", port=office.port, **MAILBOX))
    assert "certificate is not accepted" in str(told)
    assert not office.commands


@pytest.mark.parametrize(
    ("says", "why", "may_retry"),
    [
        ({"RCPT": "550 no such user"}, "refused every mailbox (550)", False),
        ({"RCPT": "450 later"}, "refused every mailbox (450)", True),
        ({"AUTH": "535 no"}, "refused our login (535)", True),
        ({"END": "554 spam"}, "did not take the mail (554)", False),
        ({"END": "451 later"}, "did not take the mail (451)", True),
        ({"MAIL": "421 busy"}, "said 421", True),
    ],
)
async def test_what_a_mail_server_says_decides_about_a_second_try(
    says: dict[str, str], why: str, *, may_retry: bool
) -> None:
    async with post_office() as office:
        office.says = says
        way = sender(kind="email", port=office.port, security="none", user="lk", password="sesame", **MAILBOX)
        told = await failed(way)
    assert why in str(told)
    assert told.may_retry is may_retry


async def test_a_mail_server_that_says_nothing_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(senders, "SMTP_STEP_S", 5.0)
    monkeypatch.setattr(senders, "SMTP_WHOLE_S", 0.3)
    async with post_office() as office:
        office.is_silent = True
        began = time.perf_counter()
        told = await failed(sender(kind="email", port=office.port, security="none", **MAILBOX))
        await asyncio.wait_for(office.was_left.wait(), 2)
    assert "took more than" in str(told)
    assert told.may_retry
    assert time.perf_counter() - began < 3


async def test_no_mail_server_is_a_failure() -> None:
    async with post_office() as office:
        pass
    assert "no mail server there" in str(
        await failed(sender(kind="email", port=office.port, security="none", **MAILBOX))
    )


# ---- other packages


class Pigeon:
    def __init__(self, options: Mapping[str, Secret]) -> None:
        self.ring = options["ring"].reveal()

    async def send(self, message: Message) -> None:
        FLOWN.append((self.ring, message.key))


FLOWN: list[tuple[str, str]] = []


def plug(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    found = EntryPoints([EntryPoint("pigeon", value, "lenskeeper.senders")])
    monkeypatch.setattr(senders, "entry_points", lambda group: found.select(group=group))


async def test_another_package_brings_a_way_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    plug(monkeypatch, f"{__name__}:Pigeon")
    monkeypatch.setitem(__import__("sys").modules, __name__, __import__("sys").modules[Pigeon.__module__])
    await sender(kind="plugin", plugin="pigeon", options={"ring": "sesame"}).send(MESSAGE)
    assert [("sesame", MESSAGE.key)] == FLOWN


def test_a_plugin_that_is_not_there_or_falls_is_told_without_its_options(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(NotFound, match="no package has the sender 'pigeon'; there are: none is installed"):
        sender(kind="plugin", plugin="pigeon", options={"ring": "sesame"})
    plug(monkeypatch, f"{__name__}:Pigeon")
    with pytest.raises(NotFound, match="there are: pigeon"):
        sender(kind="plugin", plugin="raven")
    with pytest.raises(Invalid, match="was not made \\(KeyError\\)") as told:
        sender(kind="plugin", plugin="pigeon", options={"sesame": "sesame"})
    assert "sesame" not in str(told.value)
