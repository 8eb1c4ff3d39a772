"""Somebody who acts again and again and is made to be killed: it says the number of each act once it is durable.

Run as a program by tests/house/test_audit_acts.py: python -m tests.audit_child FOLDER
"""

import sys
from pathlib import Path

from lenskeeper.base.access import LOCAL_OPERATOR
from lenskeeper.house import audit
from lenskeeper.house.home import opened


def act(folder: Path) -> None:
    with opened(folder / "lenskeeper.toml") as home:
        for turn in range(100_000):
            number = audit.entered(
                home, LOCAL_OPERATOR, act="export.list", subject="list:1", detail={"turn": turn}
            )
            print(number, flush=True)
            if turn % 20 == 0:
                print(-audit.checkpoint(home).size, flush=True)


if __name__ == "__main__":
    act(Path(sys.argv[1]))
