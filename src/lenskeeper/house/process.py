"""What the process needs before any room works: an event loop, descriptors, no core dump, workers."""

import asyncio
import os
import resource
import sys
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

from lenskeeper.house.settings import PictureSettings
from lenskeeper.pictures.pool import WorkerPool
from lenskeeper.pictures.worker import forbid_dumps

T = TypeVar("T")

FILES_KEPT_FREE: Final = 64  # descriptors for workers, name service, logs and the terminal


def run_loop(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` on uvloop where it is installed, else on asyncio's own loop; this process leaves no core dump."""
    forbid_dumps()
    try:
        import uvloop  # noqa: PLC0415  has no build for some machines, and nothing else differs
    except ImportError:
        return asyncio.run(main)
    return uvloop.run(main)


def raise_file_limit(wanted: int) -> int:
    """Raise the soft limit of descriptors as far as the hard one lets us; returns how many sockets fit.

    Every visit holds one. At the hard limit fewer run at a time and the rest wait: nothing fails.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    need = wanted + FILES_KEPT_FREE
    if soft < need:
        soft = need if hard == resource.RLIM_INFINITY else min(need, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(1, min(wanted, soft - FILES_KEPT_FREE))


def picture_workers(settings: PictureSettings) -> WorkerPool:
    """A pool of `lenskeeper.house.worker` children, one per core unless the settings say otherwise."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    command = [sys.executable, "-m", "lenskeeper.house.worker"]
    return WorkerPool(command, workers=settings.workers or cores)
