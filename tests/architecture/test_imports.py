"""Nothing connects, reads or prints at import; and a live request carries no framework it does not need."""

import os
import pkgutil
import subprocess
import sys

import seatmate

HEAVY = ("langchain", "langchain_core", "llama_index", "ragas", "torch", "transformers")


def modules() -> list[str]:
    return [m.name for m in pkgutil.walk_packages(seatmate.__path__, "seatmate.") if ".migrations" not in m.name]


def test_every_module_imports_without_environment_and_without_network() -> None:
    code = (
        "import socket, importlib\n"
        "def refuse(*a, **k): raise RuntimeError('a module opened a socket at import')\n"
        "socket.socket.connect = refuse\n"
        f"for name in {modules()!r}: importlib.import_module(name)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={"PATH": os.environ["PATH"], "HOME": "/tmp"}
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout == ""


def test_the_api_process_imports_no_framework_of_other_walks() -> None:
    code = f"import sys, seatmate.api.app, seatmate.wiring.api\nprint([n for n in {HEAVY!r} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
