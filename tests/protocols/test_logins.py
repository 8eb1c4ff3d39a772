"""Logins: the worked examples of the RFCs, challenges as cameras write them, and one refusal is enough."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenskeeper.base.errors import Invalid
from lenskeeper.base.secret import Secret
from lenskeeper.protocols.auth import Challenge, Credential, Login, authorization, read_challenges, strongest

MUFASA_7616 = Credential("Mufasa", Secret("Circle of Life"))
DIGEST_7616 = (
    'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm={}, '
    'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"'
)
CNONCE_7616 = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
CAMERA = Credential("admin", Secret("pass"))


def only(value: str) -> Challenge:
    (challenge,) = read_challenges([value])
    return challenge


def field(line: str, name: str) -> str:
    return only(line).get(name)


@pytest.mark.parametrize(
    ("algorithm", "response"),
    [
        ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
        ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ],
)
def test_the_worked_examples_of_rfc_7616_come_out(algorithm: str, response: str) -> None:
    line = authorization(
        only(DIGEST_7616.format(algorithm)),
        MUFASA_7616,
        method="GET",
        uri="/dir/index.html",
        nc=1,
        cnonce=CNONCE_7616,
    )
    assert field(line, "response") == response
    assert field(line, "nc") == "00000001"
    assert field(line, "qop") == "auth"
    assert field(line, "opaque") == "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"
    assert field(line, "algorithm") == algorithm


def test_the_worked_example_of_rfc_2617_comes_out() -> None:
    challenge = only(
        'Digest realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", '
        'opaque="5ccc069c403ebaf9f0171e9517f40e41"'
    )
    line = authorization(
        challenge,
        Credential("Mufasa", Secret("Circle Of Life")),
        method="GET",
        uri="/dir/index.html",
        nc=1,
        cnonce="0a4f113b",
    )
    assert field(line, "response") == "6629fae49393a05397450978507c4ef1"
    assert not field(line, "algorithm")  # not said, not echoed


def test_a_challenge_without_qop_is_answered_as_in_rfc_2069() -> None:
    challenge = only('Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"')
    line = authorization(
        challenge,
        Credential("Mufasa", Secret("CircleOfLife")),
        method="GET",
        uri="/dir/index.html",
        nc=1,
        cnonce="x",
    )
    assert field(line, "response") == "1949323746fe6a43ef61f9606e7febea"  # erratum 749 of RFC 2069
    assert "qop" not in line
    assert "cnonce" not in line


@pytest.mark.parametrize(
    ("algorithm", "digest"), [("MD5-sess", hashlib.md5), ("SHA-256-sess", hashlib.sha256)]
)
def test_session_variants_hash_the_secret_with_both_nonces(algorithm: str, digest: type) -> None:
    def h(text: str) -> str:
        value: str = digest(text.encode()).hexdigest()
        return value

    challenge = only(f'Digest realm="r", nonce="n", qop="auth", algorithm={algorithm}')
    line = authorization(challenge, CAMERA, method="DESCRIBE", uri="rtsp://c/1", nc=3, cnonce="c")
    secret = h(f"{h('admin:r:pass')}:n:c")
    assert field(line, "response") == h(f"{secret}:n:00000003:c:auth:{h('DESCRIBE:rtsp://c/1')}")


def test_basic_is_the_example_of_rfc_7617() -> None:
    line = authorization(
        only('Basic realm="WallyWorld"'),
        Credential("Aladdin", Secret("open sesame")),
        method="GET",
        uri="/",
        nc=1,
        cnonce="",
    )
    assert line == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="


def test_a_realm_in_another_script_goes_back_byte_by_byte() -> None:
    realm = "摄像机".encode().decode("latin-1")  # as headers are read
    line = authorization(
        only(f'Digest realm="{realm}", nonce="n"'), CAMERA, method="GET", uri="/", nc=1, cnonce="c"
    )

    def h(text: str) -> str:
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    assert field(line, "response") == h(f"{h('admin:摄像机:pass')}:n:{h('GET:/')}")
    assert 'realm="摄像机"' in line.encode("latin-1").decode()


@pytest.mark.parametrize(
    ("lines", "schemes"),
    [
        (['Digest realm="a", nonce="b"', 'Basic realm="a"'], ["digest", "basic"]),
        (['Digest realm="a, b", nonce="x,y=z", Basic realm="IP Camera(12345)"'], ["digest", "basic"]),
        (['Basic realm="/", Digest realm="/", nonce="1", algorithm=MD5, qop="auth"'], ["basic", "digest"]),
        (['digest  realm = "a" ,nonce= "b"  , stale=FALSE'], ["digest"]),
        (["Negotiate", 'Digest realm="a",nonce="b"'], ["negotiate", "digest"]),
        (['Digest realm="quo\\"ted", nonce="b"'], ["digest"]),
        (["", ",,,", "===", '"'], []),
    ],
)
def test_challenges_are_read_as_cameras_write_them(lines: list[str], schemes: list[str]) -> None:
    found = read_challenges(lines)
    assert [challenge.scheme for challenge in found] == schemes
    for challenge in found:
        if challenge.scheme == "digest":
            assert challenge.get("nonce")
            assert challenge.strength > 0


MD5 = 'Digest realm="a", nonce="b"'
SHA = 'Digest realm="a", nonce="b", algorithm=SHA-256, qop="auth"'
ODD = 'Digest realm="a", nonce="b", algorithm=SHA-512-256'
INT = 'Digest realm="a", nonce="b", qop="auth-int"'
BASIC = 'Basic realm="a"'


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        ([MD5, SHA], SHA),
        ([SHA, MD5, BASIC], SHA),
        ([BASIC, MD5], MD5),
        ([BASIC], BASIC),
        ([BASIC, ODD], None),  # a Digest that we do not speak is no reason to send the password in the clear
        ([ODD, MD5], MD5),
        ([INT], None),
        (["Negotiate"], None),
        ([], None),
    ],
)
def test_the_strongest_challenge_that_we_speak_wins(offered: list[str], chosen: str | None) -> None:
    assert strongest(read_challenges(offered)) == (only(chosen) if chosen else None)


STALE = only('Digest realm="a", nonce="c", stale=true')
FRESH = only(MD5)


@given(st.lists(st.sampled_from([STALE, FRESH]), min_size=1, max_size=12))
def test_a_connection_logs_in_once_and_once_more_when_stale_and_never_again(
    challenges: list[Challenge],
) -> None:
    login = Login(CAMERA, "c")
    n_tries = 0
    for challenge in challenges:
        authenticated = bool(login.line("DESCRIBE", "rtsp://c/"))
        if login.accept([challenge], authenticated=authenticated):
            n_tries += 1
        else:
            assert not login.may_answer([STALE], authenticated=True)
    assert n_tries <= 2
    if len(challenges) > 1 and challenges[1] is FRESH:
        assert n_tries == 1


def test_without_a_credential_nothing_is_answered() -> None:
    login = Login(None, "")
    assert not login.may_answer([FRESH], authenticated=False)
    assert login.line("GET", "/") == ""


def test_the_count_of_a_nonce_goes_up_and_begins_anew_with_the_next_nonce() -> None:
    login = Login(CAMERA, "c")
    login.accept([only(SHA)], authenticated=False)
    assert [field(login.line("GET", "/"), "nc") for _ in range(2)] == ["00000001", "00000002"]
    login.accept([only(SHA + ", stale=true")], authenticated=True)
    assert field(login.line("GET", "/"), "nc") == "00000001"


@pytest.mark.parametrize(("user", "password"), [("a\r\nb", "x"), ("a:b", "x"), ("", "x"), ("a", "x\n")])
def test_a_credential_that_cannot_be_sent_is_refused_before_any_camera_hears_of_it(
    user: str, password: str
) -> None:
    with pytest.raises(Invalid):
        Credential(user, Secret(password))


def test_a_password_is_never_shown() -> None:
    assert "hunter2" not in repr(Credential("admin", Secret("hunter2")))


@given(st.lists(st.text(max_size=200), max_size=4))
def test_no_challenge_is_too_odd_to_be_read(lines: list[str]) -> None:
    challenge = strongest(read_challenges(lines))
    if challenge is not None:
        authorization(challenge, CAMERA, method="GET", uri="/", nc=1, cnonce="c")
