"""The model server: one that already runs, or a vLLM child process on loopback. Walk: check, command, start, wait.

vLLM is a process and never imported here. Its key does not guard all of its routes, so it is bound to loopback, only
the platform speaks to it, and a door of ours (door.py) asks for the key on every route. Behind that door alone may
adapters be loaded while it runs (rollout.py); it has no resolvers and no plugins. Does not know of questions and calls;
adapters/chat.py speaks to what this starts.

    engine = Engine(settings.engine, settings.var, on_progress=print)
    endpoint = await engine.start()     # ModelUnavailable or Misconfigured when it does not come up
    …
    await engine.stop()
"""

import asyncio
import json
import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from seatmate.domain.errors import Misconfigured, ModelUnavailable
from seatmate.serving.door import KeyedDoor
from seatmate.serving.hardware import engine_dtype, usable_cores
from seatmate.serving.merged import merged_folder
from seatmate.serving.process import Child, ChildState, ChildStatus, Command, end_leftover
from seatmate.serving.registry import AdapterFolder, is_adapter_name, list_adapters, newest_adapter, read_base
from seatmate.serving.store import AdapterStore
from seatmate.settings import EngineSettings

TASK = "bank"
"""The one adapter of all tasks: a second one would need the transcript prefilled a second time."""

Progress = Callable[[str, float], None]
"""Told the stage that begins and the seconds since the start."""

_GUESSED = 5
_FEW_REQUESTS = 2
"""How many tokens are guessed ahead by n-grams of the prompt, and up to how many running requests."""

_STAGES = (
    ("non-default args", "reading the model's configuration"),
    ("Initializing a V1 LLM engine", "starting the engine"),
    ("Starting to load model", "loading weights"),
    ("init engine", "loading adapters"),
    ("Application startup complete", "answering"),
)
"""What vLLM writes into its log, and what it does from there on."""


@dataclass(frozen=True)
class Endpoint:
    """How the ChatModel adapter reaches the server."""

    base_url: str
    api_key: str
    model: str
    sends_priority: bool
    """Whether the server schedules by priority: ours does, of another the settings tell."""
    loads_adapters: bool = False
    """Whether adapters may be loaded into it while it runs."""


class Engine:
    def __init__(
        self, settings: EngineSettings, var: Path, on_progress: Progress = lambda stage, seconds: None
    ) -> None:
        self._settings = settings
        self._on_progress = on_progress
        self._store = AdapterStore(var / "adapter-store", settings.model, settings.max_lora_rank)
        self._merged = var / "merged"
        self._log = var / "log" / "engine.log"
        self._pid_file = var / "run" / "engine.pid"
        self._child: Child | None = None

    @property
    def status(self) -> ChildStatus:
        return self._child.status if self._child else ChildStatus(ChildState.STOPPED)

    async def start(self) -> Endpoint:
        """Start it, or check the one that runs; returns once it answers and lists the wanted model."""
        if self._settings.base_url is not None:
            return await check_running(self._settings)
        adapter = await asyncio.to_thread(self._kept_adapter)
        merged = await asyncio.to_thread(self._merged_weights, adapter)
        await asyncio.to_thread(end_leftover, self._pid_file)
        _port_is_free(self._settings.port)
        key = self._settings.api_key.get_secret_value() or secrets.token_urlsafe(32)
        endpoint = Endpoint(
            f"http://127.0.0.1:{self._settings.port}/v1",
            key,
            adapter.name if adapter else self._settings.model.name,
            sends_priority=True,
            loads_adapters=takes_adapters(self._settings, adapter),
        )
        command = engine_command(self._settings, adapter, key, self._log, self._pid_file, merged)
        stages = _Stages(self._log, self._on_progress)

        async def is_ready() -> bool:
            await asyncio.to_thread(stages.report)
            return await _listens(self._settings.port) and await answers(endpoint)

        self._child = Child(command, is_ready)
        await self._child.start()
        await self._first_answer(self._child)
        return endpoint

    def _kept_adapter(self) -> AdapterFolder | None:
        """The engine reads copies of ours only: a folder that somebody deletes would take the engine with it."""
        adapter = checked_adapter(self._settings)
        return self._store.adopt(adapter.path) if adapter else None

    def _merged_weights(self, adapter: AdapterFolder | None) -> Path | None:
        """None: the base is served, the adapter beside it."""
        if adapter is None or not self._settings.merged:
            return None
        return merged_folder(self._settings.model, adapter, self._merged)

    async def _first_answer(self, child: Child) -> None:
        try:
            async with asyncio.timeout(self._settings.start_timeout_s):
                status = await child.settled()
        except TimeoutError:
            await child.stop()
            raise ModelUnavailable(
                f"the engine did not answer within {self._settings.start_timeout_s} s "
                f"(SEATMATE_ENGINE__START_TIMEOUT_S); see {self._log}"
            ) from None
        if status.state is not ChildState.READY:
            await child.stop()
            raise ModelUnavailable(
                f"the engine stopped with exit code {status.last_exit} at its start; see {self._log}"
            )

    async def stop(self) -> None:
        if self._child is not None:
            await self._child.stop()


def checked_adapter(settings: EngineSettings) -> AdapterFolder | None:
    """The adapter to serve; None: the base alone, since there are no adapters. Misconfigured lists all faults."""
    base = read_base(settings.model)
    if base.faults:
        raise Misconfigured(f"base model {settings.model}: {'; '.join(base.faults)}")
    adapters = list_adapters(settings.adapters, settings.model, settings.max_lora_rank)
    wanted = settings.served_model
    if wanted == settings.model.name or (wanted is None and not adapters):
        return None
    if wanted is not None:
        adapters = [adapter for adapter in adapters if adapter.name == wanted]
        found = adapters[0] if adapters and not adapters[0].faults else None
    else:
        found = newest_adapter(adapters, TASK)
    if found is None:
        faults = "; ".join(f"{adapter.name}: {', '.join(adapter.faults)}" for adapter in adapters if adapter.faults)
        raise Misconfigured(f"no adapter {wanted or TASK + '@…'} to serve in {settings.adapters}. {faults}".rstrip())
    return found


def is_merged(settings: EngineSettings, adapter: AdapterFolder | None, var: Path) -> bool:
    """By the settings; without any, on a CPU and while there is no second adapter that could ever be asked for."""
    if adapter is None or settings.merged is not None:
        return adapter is not None and bool(settings.merged)
    names = AdapterStore(var / "adapter-store", settings.model, settings.max_lora_rank).names()
    if settings.adapters.is_dir():
        names += [path.name for path in settings.adapters.iterdir() if is_adapter_name(path.name)]
    return _is_cpu_build(settings.python) and set(names) <= {adapter.name}


def takes_adapters(settings: EngineSettings, adapter: AdapterFolder | None) -> bool:
    """Whether adapters may be loaded into our own engine while it runs: through its door, beside another one."""
    return adapter is not None and not settings.merged and has_door(settings.python)


def engine_command(
    settings: EngineSettings,
    adapter: AdapterFolder | None,
    key: str,
    log: Path,
    pid_file: Path,
    merged: Path | None = None,
) -> Command:
    """vLLM's command line. The key goes by the environment: every user of the machine can read an argument list.

    `merged`: the adapter's weights within the base's (serving/merged), served under the adapter's name.
    """
    model, name = settings.model, settings.model.name
    if merged is not None and adapter is not None:
        model, name = merged, adapter.name
    argv = [
        *(str(settings.python), "-m", "vllm.entrypoints.openai.api_server"),
        *("--host", "127.0.0.1", "--port", str(settings.port)),
        *("--model", str(model), "--served-model-name", name),
        *("--load-format", "safetensors"),
        *("--chat-template", str(model / "chat_template.jinja")),
        # Sampling is ours alone: a generation_config.json beside the weights must not change it.
        *("--generation-config", "vllm"),
        *("--max-model-len", str(settings.max_model_len)),
        *("--structured-outputs-config", json.dumps({"backend": "xgrammar", "disable_any_whitespace": True})),
        *("--scheduling-policy", "priority"),
        "--enable-prefix-caching",
        "--enable-prompt-tokens-details",
        "--disable-uvicorn-access-log",
        "--disable-fastapi-docs",
    ]
    if adapter is not None and merged is None:
        argv += [
            *("--enable-lora", "--max-lora-rank", str(settings.max_lora_rank)),
            *("--max-loras", str(settings.max_loras), "--max-cpu-loras", str(2 * settings.max_loras)),
            *("--lora-modules", f"{adapter.name}={adapter.path}"),
        ]
    guesses = settings.ngram_speculation
    if guesses or (guesses is None and merged is not None):
        how = {"method": "ngram", "num_speculative_tokens": _GUESSED, "prompt_lookup_min": 2, "prompt_lookup_max": 4}
        # From the third running request on, a wrong guess takes the time of somebody else's token.
        by_load = [[1, _FEW_REQUESTS, _GUESSED], [_FEW_REQUESTS + 1, 2**16, 0]]
        argv += ["--speculative-config", json.dumps(how | {"num_speculative_tokens_per_batch_size": by_load})]
    env = {
        "VLLM_API_KEY": key,
        "VLLM_PLUGINS": "",  # unset would load every plugin that is installed
        "VLLM_MAX_N_SEQUENCES": "4",
        "VLLM_NO_USAGE_STATS": "1",
        "DO_NOT_TRACK": "1",
        "HF_HUB_OFFLINE": "1",
    }
    if adapter is not None and has_door(settings.python):
        argv += ["--middleware", f"{KeyedDoor.__module__}.{KeyedDoor.__qualname__}"]
        if merged is None:
            env["VLLM_ALLOW_RUNTIME_LORA_UPDATING"] = "1"
    if _is_cpu_build(settings.python):
        argv += _cpu_options(settings, adapter)
        env |= _cpu_environment(settings.python)
    # Ours may hold a database password, and a VLLM_ variable of someone else's could open what we keep shut.
    return Command("engine", argv, log, pid_file, env=env, without=("SEATMATE_", "VLLM_"))


def _cpu_options(settings: EngineSettings, adapter: AdapterFolder | None) -> list[str]:
    return [
        *("--dtype", engine_dtype(with_adapter=adapter is not None)),
        # One process fewer: 36 s instead of 55 s to start, 2.3 GB instead of 2.8, and a quarter to a half more tokens
        # a second. vLLM honours it only with VLLM_ENABLE_V1_MULTIPROCESSING=0, and then leaves threads to us.
        *("--distributed-executor-backend", "uni"),
        "--enforce-eager",
        # VLLM_CPU_KVCACHE_SPACE takes whole GiB only.
        *("--kv-cache-memory-bytes", str(int(settings.kv_cache_gib * 2**30))),
    ]


def _cpu_environment(python: Path) -> dict[str, str]:
    """Threads that sleep when they wait. GNU OpenMP's spin: beside one busy core, 56 tokens a second became 0.8."""
    env = {
        "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
        "VLLM_CPU_OMP_THREADS_BIND": "nobind",
        "OMP_NUM_THREADS": str(usable_cores()),
        "OMP_WAIT_POLICY": "passive",
    }
    intel = python.parent.parent / "lib" / "libiomp5.so"
    if intel.is_file():
        # Spins 5 ms, then sleeps: 49 tokens a second alone, 24 beside a busy core; GNU OpenMP, passive: 25 and 28.
        env |= {"LD_PRELOAD": str(intel), "KMP_BLOCKTIME": "5"}
        del env["OMP_WAIT_POLICY"]
    return env


def has_door(python: Path) -> bool:
    """Is Seatmate installed beside the engine? Without its door nothing may be loaded at run time."""
    return any(python.parent.parent.glob("lib/python3*/site-packages/seatmate-*.dist-info"))


def _is_cpu_build(python: Path) -> bool:
    return any(python.parent.parent.glob("lib/python3*/site-packages/vllm_cpu-*.dist-info"))


def _port_is_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            raise Misconfigured(f"port {port} is taken: stop what uses it, or set SEATMATE_ENGINE__PORT") from None


async def _listens(port: int) -> bool:
    """Cheap to ask four times a second, while an HTTP client, which reads the certificates first, is not."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True


async def answers(endpoint: Endpoint) -> bool:
    """Healthy, and lists the wanted model under our key."""
    try:
        return endpoint.model in await _listed(endpoint.base_url, endpoint.api_key, health=True)
    except httpx.HTTPError:
        return False


async def check_running(settings: EngineSettings) -> Endpoint:
    """The server at `base_url`, once it is sure that it answers and serves the wanted model."""
    base_url, key = str(settings.base_url).rstrip("/"), settings.api_key.get_secret_value()
    try:
        served = await _listed(base_url, key)
    except httpx.HTTPStatusError as error:
        hint = ": set SEATMATE_ENGINE__API_KEY" if error.response.status_code in (401, 403) else ""
        raise Misconfigured(f"{base_url}/models answers HTTP {error.response.status_code}{hint}") from error
    except httpx.HTTPError as error:
        raise ModelUnavailable(f"no model server answers at {base_url}: {type(error).__name__}") from error
    wanted = settings.served_model
    if wanted is None and len(served) == 1:
        wanted = served[0]
    if wanted not in served:
        raise Misconfigured(
            f"{base_url} serves {served}: set SEATMATE_ENGINE__SERVED_MODEL to one of them, not {wanted}"
        )
    return Endpoint(base_url, key, wanted, settings.sends_priority, settings.loads_adapters)


async def _listed(base_url: str, key: str, *, health: bool = False) -> list[str]:
    """`trust_env=False`: an outside proxy has no part in this."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with httpx.AsyncClient(timeout=5, trust_env=False, headers=headers) as client:
        if health:
            (await client.get(base_url.removesuffix("/v1") + "/health")).raise_for_status()
        listing = (await client.get(f"{base_url}/models")).raise_for_status()
    try:
        return [str(model["id"]) for model in listing.json()["data"]]
    except (ValueError, KeyError, TypeError) as error:
        raise Misconfigured(f"{base_url}/models is not an OpenAI-style list of models") from error


class _Stages:
    """Follows the log file of one start and tells which stage begins."""

    def __init__(self, log: Path, on_progress: Progress) -> None:
        self._log = log
        self._on_progress = on_progress
        self._at = log.stat().st_size if log.exists() else 0
        self._waiting = list(_STAGES)
        self._began = time.monotonic()
        on_progress("loading libraries", 0.0)

    def report(self) -> None:
        if not self._waiting or not self._log.exists():
            return
        with self._log.open("rb") as log:
            log.seek(self._at)
            fresh = log.read()
        # Whole lines only: a half-written one is read again next time.
        whole = fresh[: fresh.rfind(b"\n") + 1]
        self._at += len(whole)
        for line in whole.decode(errors="replace").splitlines():
            if self._waiting and self._waiting[0][0] in line:
                self._on_progress(self._waiting.pop(0)[1], time.monotonic() - self._began)
