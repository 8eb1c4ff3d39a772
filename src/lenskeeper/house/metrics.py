"""What `serve` shows of itself to a monitoring system: sums over the fleet in OpenMetrics, and whether it lives.

One series per camera would be 20,000 series that tell what the books tell better; here stand sums only.
"""

import ipaddress
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import StartResponse, WSGIEnvironment

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from lenskeeper.base.errors import Conflict, Invalid

encode: Callable[[CollectorRegistry], bytes] = generate_latest  # the package gives it no types
STOP_WITHIN_S: Final = 5
PREFIX: Final = "lenskeeper_"


@dataclass(frozen=True, slots=True)
class Reading:
    """One figure at this moment. Without a label, or one sum for each value of one label.

    kind: "gauge" goes up and down; "counter" only grows while the process lives.
    """

    name: str
    help: str
    kind: str
    values: dict[str, float]
    label: str = ""


class _Readings(Collector):
    def __init__(self, read: Callable[[], list[Reading]]) -> None:
        self._read = read

    def collect(self) -> Iterable[Metric]:
        for reading in self._read():
            labels = [reading.label] if reading.label else []
            family: Metric
            if reading.kind == "counter":
                counter = CounterMetricFamily(PREFIX + reading.name, reading.help, labels=labels)
                for value, figure in reading.values.items():
                    counter.add_metric([value] if labels else [], figure)
                family = counter
            else:
                gauge = GaugeMetricFamily(PREFIX + reading.name, reading.help, labels=labels)
                for value, figure in reading.values.items():
                    gauge.add_metric([value] if labels else [], figure)
                family = gauge
            yield family


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_words: object) -> None:
        """A monitoring system asks four times a minute; that is no news."""


@contextmanager
def shown(place: str, read: Callable[[], list[Reading]], healthy: Callable[[], str]) -> Iterator[str]:
    """Serve /metrics and /healthz at HOST:PORT until the block ends; gives the address. Port 0: any free one.

    healthy: an empty text, or what is wrong (then /healthz answers 503). Conflict: the port is taken. Invalid: the
    place is not this machine alone; there is no TLS here.
    """
    host, _, port = place.rpartition(":")
    if not _is_this_machine(host.strip("[]")):
        raise Invalid(
            f"{place}: metrics are shown without TLS, so to this machine only (127.0.0.1, ::1): let a proxy with TLS "
            "carry them further",
            field="serve.metrics",
        )
    registry = CollectorRegistry()
    registry.register(_Readings(read))

    def answer(environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        match environ.get("PATH_INFO"), environ.get("REQUEST_METHOD"):
            case "/metrics", "GET":
                start("200 OK", [("Content-Type", CONTENT_TYPE_LATEST)])
                return [encode(registry)]
            case "/healthz", "GET" | "HEAD":
                wrong = healthy()
                start(
                    "503 Service Unavailable" if wrong else "200 OK",
                    [("Content-Type", "text/plain; charset=utf-8")],
                )
                return [(wrong or "ok").encode() + b"\n"]
            case _:
                start("404 Not Found", [("Content-Type", "text/plain; charset=utf-8")])
                return [b"there are /metrics and /healthz\n"]

    try:
        server = make_server(host.strip("[]"), int(port), answer, WSGIServer, _Quiet)
    except OSError as error:
        raise Conflict(
            f"{place}: {error.strerror}; choose another place with serve.metrics, or leave it empty"
        ) from error
    thread = threading.Thread(target=server.serve_forever, name="metrics", daemon=True)
    thread.start()
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        server.shutdown()
        thread.join(STOP_WITHIN_S)
        server.server_close()


def _is_this_machine(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
