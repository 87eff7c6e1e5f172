"""What this machine offers the engine and the doctor: cores, instruction sets, free memory. Reads /proc only.

Knows Linux; elsewhere it says so by empty answers, and the caller takes the safe choice.
"""

import math
import os
from pathlib import Path
from typing import Literal

_BFLOAT16 = frozenset({"avx512_bf16", "amx_bf16"})
_MOST_THREADS = 16


def cpu_flags() -> frozenset[str]:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except FileNotFoundError:
        return frozenset()
    return next((frozenset(line.split()[2:]) for line in lines if line.startswith("flags")), frozenset())


def engine_dtype(*, with_adapter: bool, flags: frozenset[str] | None = None) -> Literal["float32", "bfloat16"]:
    """float32, unless the base serves alone on a CPU that multiplies bfloat16.

    Without such units a bfloat16 matrix product was measured 100 times slower. With them (13 M parameters, two cores)
    bfloat16 brings the base from 510 to 753 tokens a second at eight streams, but with an adapter nothing: 142 against
    157, and 51 against 55 for one stream. So an adapter keeps the numbers that it was trained and measured with.
    """
    flags = cpu_flags() if flags is None else flags
    return "bfloat16" if flags & _BFLOAT16 and not with_adapter else "float32"


def usable_cores() -> int:
    """Cores this process may use; a container's quota counts, which the affinity mask does not show.

    Sixteen at most: our models are too small to share their work among more.
    """
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(affinity, _quota(), _MOST_THREADS))


def _quota() -> int:
    try:
        allowed, period = Path("/sys/fs/cgroup/cpu.max").read_text().split()
    except (FileNotFoundError, PermissionError, ValueError):
        return _MOST_THREADS
    return _MOST_THREADS if allowed == "max" else math.ceil(int(allowed) / int(period))


def available_memory_gib() -> float | None:
    """Memory that can be had without swapping; None: unknown."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except FileNotFoundError:
        return None
    kib = next((int(line.split()[1]) for line in lines if line.startswith("MemAvailable:")), None)
    return None if kib is None else kib / 2**20
