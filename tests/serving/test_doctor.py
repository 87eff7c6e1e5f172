"""The doctor names each thing that is wrong in a sentence, and says what to do."""

import fcntl
import os
import socket
from pathlib import Path

import pytest

from seatmate.serving.doctor import Finding, Level, examine
from seatmate.settings import ApiSettings, EngineSettings, IndexSettings, RecordSettings, Settings
from tests.serving.folders import make_adapter


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def settings(base: Path, adapters: Path, tmp_path: Path) -> Settings:
    make_adapter(adapters, base)
    python = tmp_path / "python"
    python.touch(mode=0o755)
    return Settings(
        var=tmp_path / "var",
        engine=EngineSettings(model=base, adapters=adapters, python=python, port=free_port()),
        index=IndexSettings(path=tmp_path / "index"),
        records=RecordSettings(url=f"sqlite:///{tmp_path / 'records.db'}"),
        api=ApiSettings(port=free_port()),
    )


def wrong(settings: Settings, about: str) -> list[Finding]:
    return [finding for finding in examine(settings) if about in finding.text and finding.level is not Level.OK]


def test_a_good_machine_has_no_faults_in_what_is_ours(settings: Settings) -> None:
    # How much memory and disk this machine has is not the test's.
    ours = [f for f in examine(settings) if f.level is not Level.OK and "GiB" not in f.text and "CPU" not in f.text]
    assert ours == []


def test_every_finding_is_a_sentence_and_every_fault_has_a_remedy(settings: Settings, tmp_path: Path) -> None:
    broken = settings.model_copy(update={"prompts": tmp_path / "none", "engine": EngineSettings(model=tmp_path)})
    for finding in [*examine(settings), *examine(broken)]:
        assert finding.text.endswith(".")
        assert bool(finding.remedy) is (finding.level is not Level.OK)


def test_it_writes_nothing(settings: Settings, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    examine(settings)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_taken_port_is_a_warning(settings: Settings) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", settings.api.port))
        taken.listen()
        (finding,) = wrong(settings, f"Port {settings.api.port}")
    assert finding.level is Level.WARNING


def test_an_incomplete_model_is_a_fault(settings: Settings) -> None:
    (settings.engine.model / "tokenizer.json").unlink()
    (finding,) = wrong(settings, "tokenizer.json is missing")
    assert finding.level is Level.FAULT


def test_a_model_that_does_not_match_its_hashes_is_a_fault(settings: Settings) -> None:
    (settings.engine.model / "tokenizer.json").write_text("changed")
    assert wrong(settings, "its sha256 differs")


def test_an_adapter_that_cannot_be_served_is_a_fault(settings: Settings) -> None:
    make_adapter(settings.engine.adapters, settings.engine.model, weights=b"2", use_dora=True)
    assert wrong(settings, "DoRA")


def test_a_missing_engine_environment_is_a_fault(settings: Settings) -> None:
    settings.engine.python.unlink()
    assert wrong(settings, "no engine environment")


def test_prompts_that_do_not_load_are_a_fault(settings: Settings, tmp_path: Path) -> None:
    assert wrong(settings.model_copy(update={"prompts": tmp_path / "none"}), "prompts")


def test_records_that_do_not_answer_are_a_fault_and_the_password_stays_hidden(settings: Settings) -> None:
    url = f"postgresql+psycopg://me:hush@127.0.0.1:{free_port()}/seatmate"
    (finding,) = wrong(settings.model_copy(update={"records": RecordSettings(url=url)}), "records do not answer")
    assert finding.level is Level.FAULT
    assert "hush" not in finding.text + finding.remedy


def test_an_index_that_another_process_holds_is_a_warning(settings: Settings) -> None:
    wal = settings.index.path / "0123456789ab" / "wal"
    wal.mkdir(parents=True)
    folder = os.open(wal, os.O_RDONLY)
    fcntl.flock(folder, fcntl.LOCK_EX)
    try:
        (finding,) = wrong(settings, "open in another process")
    finally:
        os.close(folder)
    assert finding.level is Level.WARNING


def test_an_index_server_that_is_down_is_a_fault(settings: Settings) -> None:
    server = IndexSettings(kind="server", url=f"http://127.0.0.1:{free_port()}")
    assert wrong(settings.model_copy(update={"index": server}), "index server")


def test_with_a_running_engine_elsewhere_only_its_answer_counts(settings: Settings, tmp_path: Path) -> None:
    elsewhere = EngineSettings(base_url=f"http://127.0.0.1:{free_port()}/v1", model=tmp_path / "none")
    away = settings.model_copy(update={"engine": elsewhere})
    assert wrong(away, "No model server answers")
    assert not wrong(away, "Base model")
