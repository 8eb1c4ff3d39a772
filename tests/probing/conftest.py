"""Visits are tested on the loop that the product runs on, and in part on asyncio's own, which stands in for it."""

import asyncio
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import uvloop

sys.path.insert(0, str(Path(__file__).parents[2]))  # import-mode=importlib leaves sys.path alone; for tests.probing.simulator_kit

ON_BOTH = ("test_sweep", "test_still_session")


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """uvloop's transports are no subclasses of asyncio's: 5,000 visits once fell over that, and no test saw it."""
    own: dict[str, Callable[[], asyncio.AbstractEventLoop]] = {"uvloop": uvloop.new_event_loop}
    return own | {"asyncio": asyncio.new_event_loop} if item.path.stem in ON_BOTH else own
