"""What the process is allowed, and what happens where it is allowed less."""

import subprocess
import sys

SCRIPT = """
import resource
from lenskeeper.house.process import FILES_KEPT_FREE, raise_file_limit
resource.setrlimit(resource.RLIMIT_NOFILE, (70, 300))
print(raise_file_limit(100), raise_file_limit(5000), resource.getrlimit(resource.RLIMIT_NOFILE)[0], FILES_KEPT_FREE)
"""


def test_the_soft_limit_is_raised_as_far_as_the_hard_one_lets_us_and_fewer_run_at_a_time_beyond() -> None:
    ran = subprocess.run(  # noqa: S603  ourselves
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=30, check=True
    )
    modest, greedy, soft, kept_free = map(int, ran.stdout.split())
    assert (modest, greedy, soft) == (100, 300 - kept_free, 300)
