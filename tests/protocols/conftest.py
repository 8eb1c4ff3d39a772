"""The tests of this room share a packetiser; `tests.protocols...` is found from the root of the repository."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))  # import-mode=importlib leaves sys.path alone
