"""What tests of the web share."""

from collections.abc import Callable

from starlette.testclient import TestClient

ClientOf = Callable[..., TestClient]
