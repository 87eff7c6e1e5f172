"""Processes for tests and measurements to kill, forked from one that has imported what they run.

A start costs a fork, not three seconds of imports. Nothing else is shared: each opens its stores anew.
"""

import multiprocessing
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.diary_worker", "tests.api.killed_intake"])


def forked(run: Callable[..., None], *args: object) -> ForkServerProcess:
    """It does not outlive whoever starts it."""
    process = _forks.Process(target=run, args=args, daemon=True)
    process.start()
    return process
