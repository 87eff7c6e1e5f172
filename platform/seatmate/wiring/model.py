"""The model server by the settings, and the release: what answers now, every part by hash."""

import hashlib
from contextlib import AsyncExitStack
from pathlib import Path

from seatmate.adapters.chat import OpenAIChat
from seatmate.adapters.model_health import ModelHealth
from seatmate.ask.retrieve import RankWeights
from seatmate.domain.ports import ChatModel, Encoder
from seatmate.domain.releases import Release
from seatmate.prompts import Prompts
from seatmate.settings import EngineSettings, Settings
from seatmate.wiring.knowledge import fusion_of

NO_MODEL = "none"
"""The served name when no model server is set: every answer is then source text."""


def open_model(settings: EngineSettings, closing: AsyncExitStack) -> ChatModel:
    """The live model, of whatever server the settings name."""
    base_url, key, name = model_address(settings)
    model = OpenAIChat(
        base_url,
        key,
        name,
        total_timeout_s=settings.request_timeout_s,
        first_token_timeout_s=settings.first_token_timeout_s,
        sends_priority=settings.sends_priority,
    )
    closing.push_async_callback(model.aclose)
    return model


def health_of(settings: EngineSettings) -> ModelHealth:
    return ModelHealth(*model_address(settings))


def model_address(settings: EngineSettings) -> tuple[str, str, str]:
    """Base URL, key and served name."""
    base_url = settings.base_url or f"http://127.0.0.1:{settings.port}/v1"
    return base_url, settings.api_key.get_secret_value(), settings.served_model or NO_MODEL


def _sha12(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def _folder_sha12(folder: Path, pattern: str) -> str:
    """One hash over a folder's files and their places."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob(pattern)):
        digest.update(f"{path.relative_to(folder)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


CODE = _folder_sha12(Path(__file__).parents[1], "*.py")
"""Of the code as it was loaded: files that change afterwards change nothing that runs."""


def release_of(settings: Settings, prompts: Prompts, encoder: Encoder) -> Release:
    """What these settings make, every part by hash."""
    manifest, after = settings.engine.model / "MANIFEST.sha256", settings.aftercall
    return Release(
        base_model=_sha12(manifest.read_bytes()) if manifest.is_file() else "external",
        adapter=settings.engine.served_model or NO_MODEL,
        prompts=prompts.sha256[:12],
        rules=_folder_sha12(settings.corpus / "rules", "*.yaml"),
        encoder=encoder.fingerprint,
        retrieval=_sha12(f"{settings.ask!r}{fusion_of(settings.index)!r}{RankWeights()!r}".encode()),
        analysis=_sha12(repr((sorted(after.model_adds), after.max_tokens, after.part_chars)).encode()),
        code=CODE,
    )
