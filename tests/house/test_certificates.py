"""The certificate of the pages, and where they may be served without one."""

import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from lenskeeper.base.errors import Conflict, Invalid, NotFound
from lenskeeper.house.certificates import DAYS, make_pair, own_pair
from lenskeeper.house.home import Home, NewHome, make_home, opened
from lenskeeper.web.listening import bind


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    made = make_home(NewHome(tmp_path / "city", "City", "UTC"))
    yield made
    made.store.close()


def test_a_browser_that_holds_the_ca_trusts_the_host_by_name_and_by_address(home: Home) -> None:
    ca = make_pair(home, ["cameras.example", "127.0.0.1"])
    pair = own_pair(home)
    assert pair is not None
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(pair.certificate, pair.key)
    for name in ("cameras.example", "127.0.0.1"):
        ours, theirs = socket.socketpair()

        def answer(end: socket.socket = theirs) -> None:
            with server.wrap_socket(end, server_side=True) as spoken:
                spoken.recv(1)

        thread = threading.Thread(target=answer)
        thread.start()
        with ssl.create_default_context(cafile=ca).wrap_socket(ours, server_hostname=name) as spoken:
            assert spoken.version() == "TLSv1.3"
            spoken.send(b"x")
        thread.join(5)
    ours, theirs = socket.socketpair()
    thread = threading.Thread(target=_try_to_answer, args=(server, theirs))
    thread.start()
    trusting = ssl.create_default_context(cafile=ca)
    with pytest.raises(ssl.SSLCertVerificationError):
        trusting.wrap_socket(ours, server_hostname="other.example")
    ours.close()
    thread.join(5)


def _try_to_answer(server: ssl.SSLContext, end: socket.socket) -> None:
    try:
        server.wrap_socket(end, server_side=True).close()
    except OSError:
        end.close()


def test_a_new_certificate_keeps_the_ca_and_keys_are_for_the_owner_only(home: Home) -> None:
    first = make_pair(home, ["a.example"]).read_bytes()
    folder = home.folder / "tls"
    old = x509.load_pem_x509_certificate((folder / "server.crt").read_bytes())
    assert old.not_valid_after_utc - old.not_valid_before_utc <= timedelta(days=DAYS, hours=1)
    assert make_pair(home, ["a.example"]).read_bytes() == first
    assert (
        x509.load_pem_x509_certificate((folder / "server.crt").read_bytes()).serial_number
        != old.serial_number
    )
    assert {file.name for file in folder.iterdir() if file.stat().st_mode & 0o077 == 0} == {
        "ca.key",
        "server.key",
    }


def test_half_a_ca_is_not_made_whole_by_a_new_one(home: Home) -> None:
    make_pair(home, ["a.example"])
    (home.folder / "tls" / "ca.key").unlink()
    with pytest.raises(Conflict, match="half"):
        make_pair(home, ["a.example"])
    with pytest.raises(Invalid, match="name the host"):
        make_pair(home, [])


def test_off_this_machine_nothing_is_served_without_a_certificate(home: Home) -> None:
    with pytest.raises(Invalid, match="certificate"):
        bind(home, "0.0.0.0:0")
    place = bind(home, "127.0.0.1:0")
    assert place.url.startswith("http://localhost:")
    assert place.pair is None
    with pytest.raises(Conflict, match="another port"):
        bind(home, f"127.0.0.1:{place.bound.getsockname()[1]}")
    place.bound.close()
    make_pair(home, ["a.example"])
    place = bind(home, "0.0.0.0:0")
    assert place.url.startswith("https://")
    assert place.pair is not None
    place.bound.close()
    for wrong in ("9480", "127.0.0.1:", "127.0.0.1:70000", "127.0.0.1:web"):
        with pytest.raises(Invalid, match="HOST:PORT"):
            bind(home, wrong)


@pytest.mark.parametrize(
    ("lines", "error", "words"),
    [
        ('tls_cert = "a.pem"', Invalid, "both"),
        ('tls_cert = "a.pem"\ntls_key = "b.pem"', NotFound, "no file"),
    ],
)
def test_settings_that_name_half_a_pair_or_none_that_is_there_are_told(
    home: Home, lines: str, error: type[Exception], words: str
) -> None:
    with (home.folder / "lenskeeper.toml").open("a") as file:
        file.write(f"[web]\n{lines}\n")
    with opened(home.folder / "lenskeeper.toml") as again, pytest.raises(error, match=words):
        own_pair(again)
