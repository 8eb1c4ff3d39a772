"""What may be named as a target, and what may not."""

import contextlib
import ipaddress
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenskeeper.base.errors import Invalid, NotAllowed
from lenskeeper.probing import targets
from lenskeeper.probing.targets import (
    DEFAULT_PORTS,
    METADATA_ADDRESSES,
    Route,
    Target,
    admit_address,
    host_key,
    parse_target,
    read_targets,
    without_credential,
)
from lenskeeper.protocols.http import HttpDialogue
from lenskeeper.protocols.rtsp import RtspDialogue

GOOD = [
    ("rtsp://10.1.2.3/Streaming/Channels/102", Route.RTSP, "10.1.2.3", 554, ""),
    ("RTSP://10.1.2.3:8554/a?b=c", Route.RTSP, "10.1.2.3", 8554, "rtsp://10.1.2.3:8554/a?b=c"),
    ("rtsps://cam.example/1", Route.RTSPS, "cam.example", 322, ""),
    ("rtsps://Cam.Example./1", Route.RTSPS, "cam.example", 322, "rtsps://cam.example/1"),
    ("http://[fd00::1]:8080/snap.jpg", Route.HTTP, "fd00::1", 8080, ""),
    ("http://[FD00::1]", Route.HTTP, "fd00::1", 80, "http://[fd00::1]"),
    ("http://cam:/x", Route.HTTP, "cam", 80, "http://cam/x"),
    ("https://cam.example/a@b", Route.HTTPS, "cam.example", 443, ""),
    ("https://cam.example:8443/a%40b", Route.HTTPS, "cam.example", 8443, ""),
    ("https://cam.example?mail=a@b", Route.HTTPS, "cam.example", 443, ""),
    ("rtsp://h/通道1", Route.RTSP, "h", 554, "rtsp://h/%E9%80%9A%E9%81%931"),
    ("rtsp://h/a b%20c;d?e=f g", Route.RTSP, "h", 554, "rtsp://h/a%20b%20c;d?e=f%20g"),
    ("http://h/图.jpg", Route.HTTP, "h", 80, "http://h/%E5%9B%BE.jpg"),
    ("rtsp://Bücher.example/1", Route.RTSP, "xn--bcher-kva.example", 554, "rtsp://xn--bcher-kva.example/1"),
]
FILES = [
    ("folder/still.JPG", Route.IMAGE),
    ("clip.mp4", Route.VIDEO),
    ("photo@2x.jpg", Route.IMAGE),
    ("./12:30@gate.jpg", Route.IMAGE),
    ("/archive/12:30@gate.mp4", Route.VIDEO),
    ("10.1.2.3/still.jpg", Route.IMAGE),
    ("10.1.2.3.jpg", Route.IMAGE),
    ("./10.1.2.3", Route.VIDEO),
]


@pytest.mark.parametrize(("text", "route", "host", "port", "url"), GOOD)
def test_what_people_type_is_understood(text: str, route: Route, host: str, port: int, url: str) -> None:
    assert parse_target(f" {text} ") == Target(text, route, host, port, url or text)


@pytest.mark.parametrize(("text", "route"), FILES)
def test_a_path_is_a_file(text: str, route: Route) -> None:
    assert parse_target(text) == Target(text, route)


BAD = [
    ("rtsp://admin:secret@10.1.2.3/1", "take the account out of the address"),
    ("rtsp://admin@10.1.2.3/1", "take the account out of the address"),
    ("rtsp://admin:pa/secret@10.0.0.1/x", "take the account out of the address"),
    ("rtsp://admin:p?secret@h/x", "take the account out of the address"),
    ("rtsp://admin:p#secret@h/x", "take the account out of the address"),
    ("rtsp://admin:12/secret@host/x", "take the account out of the address"),
    ("rtsp://admin:12/secret@x@host/x", "take the account out of the address"),
    ("rtsp:///admin:secret@host/x", "take the account out of the address"),
    ("https://cam.example:8443/a@b", "written %40"),
    ("admin:secret@10.0.0.1/stream", "take the account out of the address"),
    ("admin:sec://secret@10.0.0.1/stream", "take the account out of the address"),
    ("rtsp//admin:secret@10.0.0.1/stream", "take the account out of the address"),
    ("//admin:secret@10.0.0.1/stream", "take the account out of the address"),
    ("ftp://admin:secret@10.1.2.3/1", "use rtsp://"),
    ("ftp://10.1.2.3/?pwd=secret", "use rtsp://"),
    ("rtsp://admin:secret/10.1.2.3", "the port is no number"),
    ("rtsp://admin:secret%40host/1", "the port is no number"),
    ("ftp://10.1.2.3/1", "use rtsp://"),
    ("rtsp:///1", "no host"),
    ("rtsp://./1", "no host"),
    ("rtsp://10.1.2.3:0/1", "port 0"),
    ("rtsp://10.1.2.3:99999/1", "rtsp://HOST:PORT/PATH"),
    ("rtsp://10.1.2.3:٣/1", "rtsp://HOST:PORT/PATH"),
    ("rtsp://[::1/1", "rtsp://HOST:PORT/PATH"),
    ("rtsp://[10.0.0.1]/1", "no IPv6 address"),
    ("rtsp://fd00::1/1", "in brackets"),
    ("rtsp://a..b/1", "empty part"),
    ("rtsp://.b/1", "empty part"),
    ("rtsp://" + "a" * 64 + ".b/1", "longer than"),
    ("rtsp://" + "a." * 130 + "b/1", "more than 253"),
    ("rtsp://" + "\u00fc" * 60 + "/1", "in ASCII"),
    ("rtsp://\u200b/1", "in ASCII|no host|empty"),
    ("rtsp://a b/1", "letters, digits"),
    ("rtsp://a%20b/1", "letters, digits"),
    ("rtsp://a\\b/1", "letters, digits"),
    ("rtsp://10.1.2.3/a\r\nX: y", "control character"),
    ("rtsp://10.1.2.3/a\x9b", "control character"),
    ("rtsp://10.1.2.3/a\udc80", "no UTF-8"),
    ("10.1.2.3", "write rtsp://10.1.2.3/PATH"),
    ("10.1.2.3:554/x", "write rtsp://10.1.2.3/PATH"),
    ("10.1.2.3:80/still.jpg", "write rtsp://10.1.2.3/PATH"),
    ("10.1.2.3/1", "write rtsp://10.1.2.3/PATH"),
    ("fd00::1", r"write rtsp://\[fd00::1\]/PATH"),
    ("[fd00::1]:554/x", r"write rtsp://\[fd00::1\]/PATH"),
    ("", "1 to"),
    ("rtsp://h/" + "a" * 3000, "1 to"),
    ("rtsp://h/" + "道" * 1000, "percent-encoded"),
]


@pytest.mark.parametrize(("text", "cure"), BAD)
def test_what_cannot_be_looked_at_is_refused_with_its_cure(text: str, cure: str) -> None:
    with pytest.raises(Invalid, match=cure) as told:
        parse_target(text)
    assert "secret" not in str(told.value)


@given(st.text(), st.text(), st.sampled_from(["rtsp://", "http://", "ftp://", ""]))
def test_a_password_never_shows(user: str, password: str, scheme: str) -> None:
    text = f"{scheme}{user}:needle{password}needle@10.1.2.3/path"
    assert "needle" not in without_credential(text)
    said, target = asked(text)
    assert "needle" not in said
    if target is not None:
        assert target.route.is_file
        assert text.strip().startswith(("/", "./", "../", "~"))


def asked(text: str) -> tuple[str, Target | None]:
    """What the operator is told, and the target if there is one."""
    try:
        return "", parse_target(text)
    except Invalid as wrong:
        return str(wrong), None


PARAMETERS = [
    ("http://h/snap.cgi?usr=admin&pwd=needle", "http://h/snap.cgi?usr=admin&pwd=••••••"),
    ("http://h/snap.cgi?PWD=ne/ed?le;&ch=2", "http://h/snap.cgi?PWD=••••••&ch=2"),
    (
        "rtsp://h:554/user=admin&password=needle&channel=1&stream=0.sdp?real_stream",
        "rtsp://h:554/user=admin&password=••••••&channel=1&stream=0.sdp?real_stream",
    ),
    (
        "rtsp://h/user=admin_password=needle_channel=1_stream=0.sdp?real_stream",
        "rtsp://h/user=admin_password=••••••_channel=1_stream=0.sdp?real_stream",
    ),
    ("rtsp://h/live;psw=needle;ch=2", "rtsp://h/live;psw=••••••;ch=2"),
    ("rtsp://h/live?token=needle&access_token=needle&key=needle", "rtsp://h/live?token=••••••&access_token=••••••&key=••••••"),
    ("rtsp://h/live?monkey=1&passage=2", "rtsp://h/live?monkey=1&passage=2"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "shown"), PARAMETERS)
def test_a_password_among_the_parameters_is_sent_and_never_shown(text: str, shown: str) -> None:
    target = parse_target(text)
    assert (target.name, target.url) == (shown, text)
    assert "needle" not in f"{target!r} {without_credential(text)}"


@given(st.text(max_size=100), st.sampled_from(list(DEFAULT_PORTS)))
def test_whatever_is_accepted_can_be_asked_for(path: str, route: Route) -> None:
    """An address that a dialogue refuses would raise amid a sweep of thousands."""
    try:
        target = parse_target(f"{route}://h/{path}")
    except Invalid:
        return
    dialogue = RtspDialogue if route in (Route.RTSP, Route.RTSPS) else HttpDialogue
    talk = dialogue(target.url, user_agent="x")
    assert (talk.describe() if isinstance(talk, RtspDialogue) else talk.get()).isascii()
    assert parse_target(target.url).url == target.url


@given(st.text(max_size=300), st.sampled_from(list(DEFAULT_PORTS)))
def test_any_host_that_is_accepted_can_be_resolved_and_asked(host: str, route: Route) -> None:
    try:
        target = parse_target(f"{route}://{host}/1")
    except Invalid:
        return
    target.host.encode("idna")
    assert target.host == target.host.lower()
    parse_target(target.url)


SPELLINGS = [
    ("127.9", "127.0.0.9"),
    ("0x7f.9", "127.0.0.9"),
    ("2130706441", "127.0.0.9"),
    ("::ffff:127.0.0.9", "127.0.0.9"),
    ("[::FFFF:7F00:9]", "127.0.0.9"),
    ("127.0.0.9.", "127.0.0.9"),
    ("FD00:0::1", "fd00::1"),
    ("Cam.City.", "cam.city"),
    ("Bücher.example", "xn--bcher-kva.example"),
]


@pytest.mark.parametrize(("host", "key"), SPELLINGS)
def test_all_spellings_of_a_host_have_one_key(host: str, key: str) -> None:
    assert host_key(host) == key
    assert host_key(key) == key


@given(st.text())
def test_any_text_has_a_key(host: str) -> None:
    host_key(host)


def test_lists_are_lines_or_a_csv_with_a_column() -> None:
    lines = ["# our river", "", "rtsp://10.0.0.1/1", "rtsp://10.0.0.2/1,Bridge"]
    assert [t.host for t in read_targets(lines, source="-")] == ["10.0.0.1", "10.0.0.2"]
    table = ["\ufeffname,URL", '"Bridge, north",rtsp://10.0.0.3/1', "Weir,rtsp://10.0.0.4/1"]
    assert [t.host for t in read_targets(table, source="x.csv")] == ["10.0.0.3", "10.0.0.4"]


@pytest.mark.parametrize(
    "lines",
    [
        ["name;url", "Bridge;rtsp://a/1;x"],
        ["name\turl", "Bridge\trtsp://a/1"],
        ["名称,地址", '"a;b",rtsp://a/1'],
        ["rtsp://a/1,Bridge;north"],
        ["rtsp://a/1,"],
        ["\ufeff# ours", "rtsp://a/1"],
    ],
)
def test_spreadsheets_write_lists_in_many_ways(lines: list[str]) -> None:
    assert [t.host for t in read_targets(lines, source="x.csv")] == ["a"]


def test_a_semicolon_in_a_path_is_no_column() -> None:
    assert read_targets(["rtsp://a/1;ch=2"], source="-")[0].url == "rtsp://a/1;ch=2"
    assert read_targets(["still.jpg,Bridge"], source="-")[0].name == "still.jpg"


WRONG_LISTS = [
    (["target", "rtsp://a/1", "ftp://b"], r"line 3: ftp://b: use rtsp://"),
    (["# nothing"], "no target in it"),
    ([], "no target in it"),
    (["name,url", "", "# none"], "no target in it"),
    (["name,url", "only"], "line 2: no column 2"),
    (["name,rtsp", "Bridge,rtsp://a/1"], "line 1: no column named target, url, address or 地址; found: name, rtsp"),
    (["name;rtsp", "Bridge;rtsp://a/1"], "line 1: no column named target, url, address or 地址; found: name, rtsp"),
    (["Bridge,10.0.0.1,admin,hunter2"], "line 1: no column named .*: the first line names the columns"),
    (["Bridge,rtsp://admin:hunter2@a/1"], "line 1: no column named .*: the first line names the columns"),
    (["rtsp://admin:hunter2@a/1,Bridge"], "line 1: .*take the account out"),
    (["10.1.2.3,Bridge"], "line 1: .*write rtsp://10.1.2.3/PATH"),
    (["target", "rtsp://a/1", "x" * 200_000], "line 3: no CSV: field larger"),
    (["target", "rtsp://a/1\rrtsp://b/1"], "line 2: "),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "told"), WRONG_LISTS)
def test_a_wrong_line_is_named(lines: list[str], told: str) -> None:
    with pytest.raises(Invalid, match=rf"^fleet\.csv(, |: ){told}") as wrong:
        read_targets(lines, source="fleet.csv")
    assert "hunter2" not in str(wrong.value)


@given(st.lists(st.text(max_size=40), max_size=6))
def test_no_list_is_too_odd_to_be_refused_in_words(lines: list[str]) -> None:
    with contextlib.suppress(Invalid):
        assert read_targets(lines, source="-")


def test_an_endless_list_is_put_down_after_the_last_line_that_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "TARGETS_MAX", 10)
    lines = (f"rtsp://a/{n}" for n in itertools.count())
    with pytest.raises(Invalid, match="more than 10 lines"):
        read_targets(lines, source="-")
    assert next(lines) == "rtsp://a/12"
    assert len(read_targets(["url", *[f"rtsp://a/{n}" for n in range(10)]], source="-")) == 10


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "169.254.1.1", "fe80::1", "fe80::1%eth0", "224.0.0.1", "0.0.0.0", "::", "255.255.255.255",
     "100.100.100.200", "::ffff:169.254.169.254", "ff02::1"],
)  # fmt: skip
def test_no_camera_lives_at_a_metadata_or_link_local_address(address: str) -> None:
    with pytest.raises(NotAllowed):
        admit_address(address)


def test_declared_networks_are_the_only_ones() -> None:
    networks = [ipaddress.ip_network("10.0.0.0/8")]
    admit_address("10.9.9.9", networks)
    admit_address("192.168.1.1")
    with pytest.raises(NotAllowed, match="add its network"):
        admit_address("192.168.1.1", networks)


@given(st.ip_addresses(v=4))
def test_the_quick_rule_for_addresses_is_the_libraries_own(ip: ipaddress.IPv4Address) -> None:
    broadcast = ipaddress.ip_address("255.255.255.255")
    refused = (
        ip.is_link_local
        or ip.is_multicast
        or ip.is_unspecified
        or ip == broadcast
        or ip in METADATA_ADDRESSES
    )
    try:
        admit_address(str(ip))
    except NotAllowed:
        assert refused
    else:
        assert not refused
