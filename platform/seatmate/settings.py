"""Every setting of Seatmate, read once from the environment (`SEATMATE_…`, `__` between levels) and `.env`.

The only module that reads the environment; wiring passes plain values on. Half a configuration is an error at start.
"""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from seatmate.domain.errors import Misconfigured

HOME = Path(__file__).resolve().parents[2]
"""The checkout: prompts/, corpus/, finetune/ and var/ live beside platform/."""


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EngineSettings(_Group):
    """The model server: one that already runs (`base_url`), or a vLLM child process on loopback."""

    base_url: str | None = None
    """OpenAI-style base URL of a running server, ending in /v1. Unset: Seatmate starts its own."""
    api_key: SecretStr = SecretStr("")
    """Empty with an own engine: a fresh key is made at every start."""
    python: Path = HOME / ".venv-engine" / "bin" / "python"
    """The interpreter of the engine environment."""
    model: Path = HOME / "finetune" / "models" / "seatmate-mini"
    adapters: Path = HOME / "finetune" / "models" / "adapters"
    """One folder per adapter, named task@sha12."""
    served_model: str | None = None
    """With `base_url`: the name to ask for. With an own engine: the newest bank@… in `adapters`."""
    port: Annotated[int, Field(ge=1, le=65535)] = 8601
    max_model_len: Annotated[int, Field(ge=512)] = 2048
    max_lora_rank: Literal[8, 16, 32, 64, 128] = 16
    kv_cache_gib: Annotated[float, Field(gt=0)] = 0.5
    start_timeout_s: Annotated[int, Field(gt=0)] = 240
    request_timeout_s: Annotated[float, Field(gt=0)] = 60.0
    first_token_timeout_s: Annotated[float, Field(gt=0)] = 20.0
    ngram_speculation: bool = False
    """n-gram speculative decoding; `make bench` measures whether it pays here."""


class IndexSettings(_Group):
    """The vector store: Qdrant Edge in a folder of this process, or a Qdrant server."""

    kind: Literal["edge", "server"] = "edge"
    path: Path = HOME / "var" / "index"
    url: str | None = None
    api_key: SecretStr | None = None
    collection: str = "seatmate"
    embedder: Path = HOME / "finetune" / "models" / "seatmate-embed"
    sparse_weight: Annotated[float, Field(ge=0)] = 1.0
    dense_weight: Annotated[float, Field(ge=0)] = 0.5

    @model_validator(mode="after")
    def _server_needs_url(self) -> Self:
        if self.kind == "server" and not self.url:
            raise ValueError("SEATMATE_INDEX__KIND=server needs SEATMATE_INDEX__URL")
        return self


class RecordSettings(_Group):
    """Where records are kept. SQLite by default; `postgresql+psycopg://…` in production."""

    url: str = f"sqlite:///{HOME / 'var' / 'seatmate.db'}"


class ApiSettings(_Group):
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8600
    keys: dict[str, tuple[str, ...]] = {}
    """API key → scopes that its holder may read. Empty: only loopback callers, with `open_scopes`."""
    open_scopes: tuple[str, ...] = ("retail",)
    max_body_bytes: int = 2_000_000
    max_waiting_calls: int = 10_000
    max_live_questions: int = 16
    """Questions answered at the same time; one more is refused with 429 and Retry-After."""

    @model_validator(mode="after")
    def _open_door_is_loopback(self) -> Self:
        if not self.keys and self.host not in ("127.0.0.1", "localhost", "::1"):
            raise ValueError("SEATMATE_API__HOST is not loopback: set SEATMATE_API__KEYS")
        return self


class AskSettings(_Group):
    passages: Annotated[int, Field(ge=1, le=50)] = 8
    """Passages taken from retrieval."""
    source_lines: Annotated[int, Field(ge=1, le=100)] = 8
    """Lines of source text put before the model; a bigger model takes more."""
    max_tokens: Annotated[int, Field(ge=16)] = 192
    min_relevance: Annotated[float, Field(ge=0, le=1)] = 0.34
    """Share of the question's informative words that the best passage must cover, else the answer is an abstention."""


class AftercallSettings(_Group):
    max_tokens: Annotated[int, Field(ge=32)] = 384
    poll_s: Annotated[float, Field(gt=0)] = 0.5
    concurrency: Annotated[int, Field(ge=1)] = 2
    max_attempts: Annotated[int, Field(ge=1)] = 5
    jobs_url: str = f"sqlite:///{HOME / 'var' / 'jobs.db'}"
    executor_id: str = "worker-1"
    """Fixed per worker, so that a restarted worker takes up its own unfinished jobs."""


class Settings(BaseSettings):
    """All of it. `Settings.load()` is called once, by a door."""

    model_config = SettingsConfigDict(
        env_prefix="SEATMATE_", env_nested_delimiter="__", env_file=".env", extra="forbid", frozen=True
    )

    var: Path = HOME / "var"
    prompts: Path = HOME / "prompts"
    corpus: Path = HOME / "corpus"
    engine: EngineSettings = EngineSettings()
    index: IndexSettings = IndexSettings()
    records: RecordSettings = RecordSettings()
    api: ApiSettings = ApiSettings()
    ask: AskSettings = AskSettings()
    aftercall: AftercallSettings = AftercallSettings()
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @classmethod
    def load(cls) -> "Settings":
        """Read the environment; every fault is listed at once."""
        try:
            return cls()
        except ValidationError as error:
            faults = "; ".join(
                f"SEATMATE_{'__'.join(str(part).upper() for part in fault['loc'])}: {fault['msg']}"
                for fault in error.errors()
            )
            raise Misconfigured(f"settings: {faults}") from error
