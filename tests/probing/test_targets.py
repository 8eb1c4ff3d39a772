"""What may be named as a target, and what may not."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lenskeeper.base.errors import Invalid, NotAllowed
from lenskeeper.probing.targets import (
    Route,
    Target,
    admit_address,
    parse_target,
    read_targets,
    without_credential,
)

GOOD = [
    ("rtsp://10.1.2.3/Streaming/Channels/102", Route.RTSP, "10.1.2.3", 554),
    ("RTSP://10.1.2.3:8554/a?b=c", Route.RTSP, "10.1.2.3", 8554),
    ("rtsps://cam.example/1", Route.RTSPS, "cam.example", 322),
    ("http://[fd00::1]:8080/snap.jpg", Route.HTTP, "fd00::1", 8080),
    ("https://cam.example/a@b", Route.HTTPS, "cam.example", 443),
    ("folder/still.JPG", Route.IMAGE, "", 0),
    ("clip.mp4", Route.VIDEO, "", 0),
]


@pytest.mark.parametrize(("text", "route", "host", "port"), GOOD)
def test_what_people_type_is_understood(text: str, route: Route, host: str, port: int) -> None:
    assert parse_target(f" {text} ") == Target(text, route, host, port)


BAD = [
    ("rtsp://admin:secret@10.1.2.3/1", "take the account out of the address"),
    ("rtsp://admin@10.1.2.3/1", "take the account out of the address"),
    ("ftp://10.1.2.3/1", "use rtsp://"),
    ("rtsp:///1", "no host"),
    ("rtsp://10.1.2.3:0/1", "port 0"),
    ("rtsp://10.1.2.3:99999/1", "rtsp://HOST:PORT/PATH"),
    ("rtsp://[::1/1", "rtsp://HOST:PORT/PATH"),
    ("rtsp://10.1.2.3/a\r\nX: y", "control character"),
    ("", "1 to"),
    ("rtsp://h/" + "a" * 3000, "1 to"),
]


@pytest.mark.parametrize(("text", "cure"), BAD)
def test_what_cannot_be_looked_at_is_refused_with_its_cure(text: str, cure: str) -> None:
    with pytest.raises(Invalid, match=cure) as told:
        parse_target(text)
    assert "secret" not in str(told.value)


@given(st.text(), st.text(alphabet=st.characters(exclude_characters="/@?#")))
def test_a_password_never_shows(user: str, password: str) -> None:
    needle = f"needle{password}needle"
    assert needle not in without_credential(f"rtsp://{user.replace('/', '')}:{needle}@10.1.2.3/path")


def test_lists_are_lines_or_a_csv_with_a_column() -> None:
    lines = ["# our river", "", "rtsp://10.0.0.1/1", "rtsp://10.0.0.2/1,Bridge"]
    assert [t.host for t in read_targets(lines, source="-")] == ["10.0.0.1", "10.0.0.2"]
    table = ["\ufeffname,URL", '"Bridge, north",rtsp://10.0.0.3/1', "Weir,rtsp://10.0.0.4/1"]
    assert [t.host for t in read_targets(table, source="x.csv")] == ["10.0.0.3", "10.0.0.4"]


def test_a_wrong_line_is_named() -> None:
    with pytest.raises(Invalid, match=r"fleet\.csv, line 3: ftp://b: use rtsp://"):
        read_targets(["target", "rtsp://a/1", "ftp://b"], source="fleet.csv")
    with pytest.raises(Invalid, match="no target in it"):
        read_targets(["# nothing"], source="fleet.csv")
    with pytest.raises(Invalid, match=r"line 2: no column 2"):
        read_targets(["name,url", "only"], source="fleet.csv")


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
