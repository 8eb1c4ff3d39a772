"""Every wrong recipient is named with its cure, and none of them shows a secret."""

from pathlib import Path

import pytest

from lenskeeper.base.errors import Invalid
from lenskeeper.base.languages import Language
from lenskeeper.base.secret import DOTS
from lenskeeper.house.message_settings import EmailTo, SmsTo, WebhookTo
from lenskeeper.house.settings import read_settings
from lenskeeper.tickets.messages import Recipient

WEBHOOK = 'kind = "webhook"\nurl = "https://desk.example/in"\nkey = "sesame-sesame-sesame"\n'
MAIL = 'kind = "email"\nhost = "mail.example"\nsender = "lk@example.org"\nto = ["desk@example.org"]\n'
SMS = 'kind = "sms"\nurl = "https://sms.example/send"\nto = "13"\nfields = {m = "{text}"}\n'

WRONG = [
    (WEBHOOK.replace('url = "https:', 'url = "http:'), "url is ••••••: messages go over TLS: write https://"),
    (WEBHOOK.replace("https://desk", "https://sesame@desk"), "url is ••••••: this is no address"),
    (WEBHOOK.replace("https://desk.example", "sesame"), "url is ••••••: this is no address"),
    (WEBHOOK.replace("sesame-sesame-sesame", "sesame"), "key is ••••••: a key that signs has at least 16"),
    (WEBHOOK.replace("key =", "kee ="), "key is"),
    (
        WEBHOOK.replace("sesame-sesame-sesame", "env:LK_NO_SUCH"),
        "key is ••••••: the environment has no LK_NO_SUCH",
    ),
    (WEBHOOK + 'token = "sesame"\n', "token is ••••••: extra inputs are not permitted"),
    (WEBHOOK + 'quiet = "22-7"\n', "quiet is '22-7': write it like 22:00-07:00"),
    (WEBHOOK + 'quiet = "06:00-23:00"\n', "quiet is '06:00-23:00': quiet hours last from a minute to 16 h"),
    (WEBHOOK + 'quiet = "06:00-06:00"\n', "quiet hours last from a minute"),
    (WEBHOOK + 'tz = "Mars/Base"\n', "tz is 'Mars/Base': 'Mars/Base' is no time zone"),
    (WEBHOOK + 'desks = ["kitchen"]\n', "desks.0 is 'kitchen': input should be 'power'"),
    (WEBHOOK + 'changes = ["born"]\n', "changes.0 is 'born': input should be 'opened'"),
    (WEBHOOK + "classes = [4]\n", "classes.0 is 4: input should be 1, 2 or 3"),
    (WEBHOOK + "per_hour = 0\n", "per_hour is 0: input should be greater than or equal to 1"),
    (
        WEBHOOK + "digest_minutes = 1000\n",
        "digest_minutes is 1000: input should be less than or equal to 720",
    ),
    (WEBHOOK + 'language = "fr"\n', "language is 'fr': input should be 'zh-CN' or 'en'"),
    (MAIL + 'security = "none"\npassword = "sesame"\n', "mail goes over TLS"),
    (MAIL + 'security = "hope"\n', "security is 'hope': input should be 'tls', 'starttls' or 'none'"),
    (MAIL + "port = 0\n", "port is 0: input should be greater than or equal to 1"),
    (MAIL.replace("desk@example.org", "desk"), "to.0 is ••••••: string should match pattern"),
    (MAIL.replace('["desk@example.org"]', "[]"), "to is {••••••}: tuple should have at least 1 item"),
    (MAIL.replace("lk@example.org", "lk@ex\\nBcc: x"), "sender is ••••••"),
    (SMS.replace("{text}", "{password}"), "{password} is nothing: fields are made of"),
    (SMS.replace("{text}", "hello"), "no field holds {text}"),
    ('kind = "fax"\n', "input tag 'fax' found using 'kind' does not match any of the expected tags"),
    ('url = "https://sesame"\n', "is {name, url}: unable to extract tag using discriminator 'kind'"),
]


def read(folder: Path, text: str, name: str = "duty") -> None:
    file = folder / "lenskeeper.toml"
    file.write_text(f'[[messages.to]]\nname = "{name}"\n{text}')
    read_settings(file)


@pytest.mark.parametrize(("text", "message"), WRONG)
def test_a_wrong_recipient_is_named_with_its_cure_and_without_its_secret(
    text: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(Invalid) as told:
        read(tmp_path, text)
    assert message in str(told.value)
    assert str(told.value).startswith("setting messages.to.0")
    assert "sesame" not in str(told.value)


def test_two_recipients_of_one_name_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "lenskeeper.toml"
    one = f'[[messages.to]]\nname = "duty"\n{WEBHOOK}'
    file.write_text(one + one)
    with pytest.raises(Invalid, match="two recipients are called duty"):
        read_settings(file)


def test_recipients_are_read_and_their_secrets_print_as_dots(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LK_MAIL", "sesame")
    file = tmp_path / "lenskeeper.toml"
    file.write_text(
        f'[[messages.to]]\nname = "a"\n{MAIL}password = "env:LK_MAIL"\n'
        f'[[messages.to]]\nname = "b"\n{WEBHOOK}desks = ["power"]\nclasses = [1]\nchanges = ["overdue"]\n'
        'quiet = "22:00-07:30"\ndigest_minutes = 15\nlanguage = "zh-CN"\ncontracts = ["Lot 3"]\n'
        f'[[messages.to]]\nname = "c"\n{SMS}secret = {{apikey = "sesame"}}\n'
    )
    messages = read_settings(file).messages
    mail, webhook, sms = messages.to
    assert isinstance(mail, EmailTo)
    assert isinstance(webhook, WebhookTo)
    assert isinstance(sms, SmsTo)
    assert mail.password.reveal() == "sesame"
    assert webhook.recipient("Asia/Shanghai") == Recipient(
        "b", Language.ZH, "Asia/Shanghai", frozenset({"power"}), frozenset({"Lot 3"}), frozenset({"overdue"}),
        frozenset({1}), (79_200, 27_000), 900, 20,
    )  # fmt: skip
    assert mail.recipient("UTC").tz == "UTC"
    assert "sesame" not in repr(messages)
    assert "sesame" not in str(messages.model_dump())
    assert DOTS in repr(messages)
