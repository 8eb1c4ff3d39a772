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


def test_accounts_are_found_by_host_and_by_port_first(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        '["10.0.0.1"]\nuser="a"\npassword="1"\n["10.0.0.1:8554"]\nuser="b"\npassword="2"\n'
        f'["10.0.0.2"]\ncertificate_sha256="{PIN}"\n',
    )
    known = Credentials(read_credentials(file), everywhere=Credential("c", Secret("3")))
    assert known.of(parse_target("rtsp://10.0.0.1/1")).credential == Credential("a", Secret("1"))
    assert known.of(parse_target("rtsp://10.0.0.1:8554/1")).credential == Credential("b", Secret("2"))
    assert known.of(parse_target("rtsps://10.0.0.2/1")) == KnownHost(None, PIN)
    assert known.of(parse_target("rtsp://10.0.0.9/1")).credential == Credential("c", Secret("3"))


WRONG = [
    ('["10.0.0.*"]\nuser="a"\npassword="hunter2"\n', "wildcards are refused"),
    ('["10.0.0.0/24"]\nuser="a"\npassword="hunter2"\n', "wildcards are refused"),
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
