"""Sums in OpenMetrics, and a word whether it lives."""

from collections.abc import Callable, Iterable
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from prometheus_client.core import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from lenskeeper.base.errors import Conflict, Invalid
from lenskeeper.house.metrics import Reading, shown

parse: Callable[[str], Iterable[Metric]] = text_string_to_metric_families  # the package gives it no types
READINGS = [
    Reading("points", "points in service", "gauge", {"": 3}),
    Reading("slots", "slots by end", "counter", {"done": 7, "missed": 0}, "end"),
]


def fetch(url: str) -> str:
    with urlopen(url, timeout=5) as answer:  # noqa: S310  our own loopback
        return str(answer.read().decode())


def test_the_readings_come_as_open_metrics() -> None:
    with shown("127.0.0.1:0", lambda: READINGS, lambda: "") as address:
        families = {f.name: f for f in parse(fetch(f"{address}/metrics"))}
    assert families["lenskeeper_points"].samples[0].value == 3
    assert {s.labels["end"]: s.value for s in families["lenskeeper_slots"].samples} == {
        "done": 7,
        "missed": 0,
    }


def test_health_says_ok_or_what_is_wrong() -> None:
    wrong = ""
    with shown("127.0.0.1:0", lambda: READINGS, lambda: wrong) as address:
        assert fetch(f"{address}/healthz") == "ok\n"
        wrong = "the books cannot be written"
        with pytest.raises(HTTPError) as told:
            fetch(f"{address}/healthz")
        assert (told.value.code, told.value.read()) == (503, b"the books cannot be written\n")
        told.value.close()


def test_nothing_else_is_there_and_a_taken_port_is_told() -> None:
    with shown("127.0.0.1:0", lambda: READINGS, lambda: "") as address:
        with pytest.raises(HTTPError) as told:
            fetch(f"{address}/cameras")
        told.value.close()
        with pytest.raises(Conflict, match=r"serve\.metrics"), shown(address[7:], list, lambda: ""):
            pass


@pytest.mark.parametrize("place", ["0.0.0.0:9464", "192.0.2.7:9464", "monitor.city:9464", "[::]:9464"])
def test_without_tls_it_is_shown_to_this_machine_only(place: str) -> None:
    with pytest.raises(Invalid, match="proxy with TLS"), shown(place, list, lambda: ""):
        pass
