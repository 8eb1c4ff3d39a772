"""One account a host, from a file that only its owner reads."""

from pathlib import Path

import pytest

from lenskeeper.base.errors import Invalid, NotFound
from lenskeeper.base.secret import Secret
from lenskeeper.probing.credentials import Credentials, KnownHost, read_credentials
from lenskeeper.probing.targets import parse_target
from lenskeeper.protocols.auth import Credential

PIN = "ab" * 32


def written(folder: Path, text: str, mode: int = 0o600) -> Path:
    file = folder / "accounts.toml"
    file.write_text(text)
    file.chmod(mode)
    return file


def account(name: str) -> str:
    return f'user="{name}"\npassword="1"\n'


def test_accounts_are_found_by_host_and_by_port_first(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        '["10.0.0.1"]\nuser="a"\npassword="1"\n["10.0.0.1:8554"]\nuser="b"\npassword="2"\n'
        f'["10.0.0.2"]\ncertificate_sha256="{PIN}"\n',
    )
    rest = Credential("c", Secret("3"))
    known = Credentials(read_credentials(file), everywhere=rest)
    assert known.of(parse_target("rtsp://10.0.0.1/1")).credential == Credential("a", Secret("1"))
    assert known.of(parse_target("rtsp://10.0.0.1:8554/1")).credential == Credential("b", Secret("2"))
    assert known.of(parse_target("rtsps://10.0.0.2/1")) == KnownHost(rest, PIN, may_use_basic=True)
    assert known.of(parse_target("rtsp://10.0.0.9/1")).credential == rest


NAMES = [
    ("Cam.City", "rtsp://cam.city/1"),
    ("cam.city.", "rtsp://CAM.city/1"),
    ("Bücher.example", "rtsp://bücher.example/1"),
    ("10.0.0.1", "rtsp://[::ffff:10.0.0.1]/1"),
    ("127.0.0.9", "rtsp://127.9/1"),
    ("fd00::1", "rtsp://[fd00:0::1]/1"),
    ("[fd00::1]", "rtsp://[fd00::1]/1"),
    ("[FD00::1]:554", "rtsp://[fd00::1]/1"),
    ("cam.city:8554", "rtsp://cam.city:8554/1"),
]


@pytest.mark.parametrize(("key", "address"), NAMES)
def test_a_host_is_found_however_it_is_written(key: str, address: str, tmp_path: Path) -> None:
    known = Credentials(read_credentials(written(tmp_path, f'["{key}"]\n{account("a")}')))
    assert known.of(parse_target(address)).credential == Credential("a", Secret("1"))
    assert known.of(parse_target("rtsp://[fd00::1:554]/1")).credential is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Cam.City", "cam.city"),
        ("10.0.0.1", "::ffff:10.0.0.1"),
        ("fd00::1", "[fd00:0::1]"),
        ("a:80", "A.:080"),
    ],
)
def test_a_host_that_is_named_twice_is_told(one: str, other: str, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="same host: keep one"):
        read_credentials(written(tmp_path, f'["{one}"]\n{account("a")}["{other}"]\n{account("b")}'))


def test_a_password_goes_in_clear_only_to_a_host_that_was_named_for_it(tmp_path: Path) -> None:
    pinned = f'["10.0.0.2"]\ncertificate_sha256="{PIN}"\n'
    by_host = read_credentials(written(tmp_path, f'["10.0.0.1"]\n{account("a")}{pinned}'))
    known = Credentials(by_host, everywhere=Credential("c", Secret("3")))
    allowed = {
        address: known.of(parse_target(address)).may_use_basic
        for address in ("rtsp://10.0.0.1/1", "rtsps://10.0.0.2/1", "rtsp://10.0.0.2/1", "rtsps://10.0.0.3/1")
    }
    assert list(allowed.values()) == [True, True, False, False], allowed
    assert (
        not Credentials(everywhere=Credential("c", Secret("3"))).of(parse_target("http://a/")).may_use_basic
    )


WRONG = [
    ('["10.0.0.*"]\nuser="a"\npassword="hunter2"\n', "wildcards are refused"),
    ('["10.0.0.0/24"]\nuser="a"\npassword="hunter2"\n', "wildcards are refused"),
    ('["rtsp://10.0.0.1/1"]\nuser="a"\npassword="hunter2"\n', "without scheme and path"),
    ('["admin:hunter2@10.0.0.1"]\nuser="a"\npassword="1"\n', "must be one host"),
    ('["admin:hunter2@10.0.0.1"]\nuser="a"\n', "must be one host"),
    ('["admin:hunter2"]\nuser="a"\n', "must be one host"),
    ('["admin:hunter2"]\nuser="a"\npassword="1"\n', "must be one host"),
    ('["[fd00::1"]\nuser="a"\npassword="1"\n', "must be one host"),
    ('["a..b"]\nuser="a"\npassword="1"\n', "empty part"),
    ('["10.0.0.1:0"]\nuser="a"\npassword="1"\n', "port 0"),
    ('[""]\nuser="a"\npassword="1"\n', "no host"),
    ('["10.0.0.1"]\nuser="a"\n', "needs user and password"),
    ('["10.0.0.1"]\nuser="a"\npassword=1\n', "needs user and password"),
    ('["10.0.0.1"]\nuser="a"\npassword="hunter2"\npath="x"\n', "may hold user, password"),
    ('["10.0.0.1"]\ncertificate_sha256="AB:CD"\n', "64 digits"),
    ("password = hunter2\n", "no TOML"),
    ('password = "hunter2"\n', "may hold user, password"),
]


@pytest.mark.parametrize(("text", "cure"), WRONG)
def test_a_wrong_file_is_refused_without_quoting_it(text: str, cure: str, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=cure) as told:
        read_credentials(written(tmp_path, text))
    assert "hunter2" not in str(told.value)


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="chmod 600"):
        read_credentials(written(tmp_path, "", mode=0o644))
    with pytest.raises(NotFound):
        read_credentials(tmp_path / "none.toml")
