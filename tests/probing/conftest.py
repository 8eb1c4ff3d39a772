"""Visits are tested on the loop that the product runs on, and in part on asyncio's own, which stands in for it."""

import asyncio
from collections.abc import Callable, Mapping

import pytest
import uvloop

ON_BOTH = ("test_sweep", "test_still_session")


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """uvloop's transports are no subclasses of asyncio's: 5,000 visits once fell over that, and no test saw it."""
    own: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"uvloop": uvloop.new_event_loop}
    return own | {"asyncio": asyncio.new_event_loop} if item.path.stem in ON_BOTH else own
