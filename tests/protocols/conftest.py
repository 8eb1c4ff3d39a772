"""The tests of this room share a packetiser (`tests.protocols...`) and, with the bench, the fuzz inputs."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "benches")]  # import-mode=importlib leaves sys.path alone
