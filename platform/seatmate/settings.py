"""Every setting of Seatmate, read once from the environment (`SEATMATE_…`, `__` between levels) and `.env`.

The only module that reads the environment; wiring passes plain values on. Half a configuration is an error at start.
"""

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    SerializationInfo,
    ValidationError,
    field_serializer,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from seatmate.domain.errors import Misconfigured

HOME = Path(__file__).resolve().parents[2]
"""The checkout: prompts/, corpus/, finetune/ and var/ live beside platform/."""


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _servable_rank(rank: int) -> int:
    if rank not in _RANKS:
        raise ValueError(f"vLLM serves LoRA ranks up to one of {_RANKS}")
    return rank


_RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)


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
    sends_priority: bool = False
    """With `base_url`: the server schedules by priority. An own engine does."""
    loads_adapters: bool = False
    """With `base_url`, then on loopback: adapters may be loaded into it while it runs. An own engine takes them."""
    port: Annotated[int, Field(ge=1, le=65535)] = 8601
    max_model_len: Annotated[int, Field(ge=512)] = 2048
    max_lora_rank: Annotated[int, AfterValidator(_servable_rank)] = 16
    max_loras: Annotated[int, Field(ge=1, le=64)] = 3
    """Adapters in one batch: those of the live release, of the canary and of the release before."""
    kv_cache_gib: Annotated[float, Field(gt=0)] = 0.5
    start_timeout_s: Annotated[int, Field(gt=0)] = 240
    request_timeout_s: Annotated[float, Field(gt=0)] = 60.0
    first_token_timeout_s: Annotated[float, Field(gt=0)] = 20.0
    merged: bool | None = None
    """An own engine serves the adapter merged into the base, under the adapter's name: quicker on a CPU (README), but
    no other adapter can be loaded, tried as a canary or promoted while it runs. Unset: the platform merges on a CPU
    while there is one adapter only (serving/engine)."""
    ngram_speculation: bool | None = None
    """Guess ahead by n-grams of the prompt while one or two requests run. Unset: with merged weights, where it pays."""

    @field_serializer("api_key")
    def _hidden(self, key: SecretStr, info: SerializationInfo) -> str:
        return _reveal(key, info)

    @model_validator(mode="after")
    def _for_an_engine_of_ours(self) -> Self:
        host = urlsplit(self.base_url or "http://127.0.0.1").hostname
        for name in ("loads_adapters", "merged"):
            if getattr(self, name) and host not in ("127.0.0.1", "localhost", "::1"):
                raise ValueError(f"SEATMATE_ENGINE__{name.upper()} is for an engine on loopback")
        if self.loads_adapters and self.merged:
            raise ValueError("an engine with merged weights loads no adapters: unset SEATMATE_ENGINE__MERGED")
        return self


def _fernet_key(key: SecretStr) -> SecretStr:
    try:
        raw = base64.urlsafe_b64decode(key.get_secret_value())
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise ValueError("a vault key is 32 bytes in url-safe base64")
    return key


def _reveal(key: SecretStr, info: SerializationInfo) -> str:
    """Secrets stay hidden except towards a child process."""
    return key.get_secret_value() if info.context and info.context.get("reveal") else str(key)


class RerankSettings(_Group):
    """A rerank server of the bank's own; `base_url` ends in /v1."""

    base_url: str
    model: str
    api_key: SecretStr = SecretStr("")
    timeout_s: Annotated[float, Field(gt=0)] = 2.0

    @field_serializer("api_key")
    def _hidden(self, key: SecretStr, info: SerializationInfo) -> str:
        return _reveal(key, info)


class EmbeddingSettings(RerankSettings):
    """An OpenAI-style embeddings server of the bank's own."""

    dimensions: Annotated[int, Field(ge=8, le=8192)]
    query_prefix: str = ""
    """What some models want before a query."""
    timeout_s: Annotated[float, Field(gt=0)] = 30.0


class IndexSettings(_Group):
    """The vector store: Qdrant Edge in a folder of this process, or a Qdrant server."""

    kind: Literal["edge", "server"] = "edge"
    path: Path = HOME / "var" / "index"
    url: str | None = None
    api_key: SecretStr | None = None
    collection: str = "seatmate"
    embedder: Path = HOME / "finetune" / "models" / "seatmate-embed"
    embeddings: EmbeddingSettings | None = None
    rerank: RerankSettings | None = None
    sparse_weight: Annotated[float, Field(ge=0)] = 1.0
    dense_weight: Annotated[float, Field(ge=0)] = 60.0
    """Beside BM25 scores; tuned for the shipped embedder (adapters/fuse)."""

    @field_serializer("api_key")
    def _hidden(self, key: SecretStr | None, info: SerializationInfo) -> str | None:
        return None if key is None else _reveal(key, info)

    @model_validator(mode="after")
    def _server_needs_url(self) -> Self:
        if self.kind == "server" and not self.url:
            raise ValueError("SEATMATE_INDEX__KIND=server needs SEATMATE_INDEX__URL")
        return self


class RecordSettings(_Group):
    """Where records are kept. SQLite by default; `postgresql+psycopg://…` in production."""

    url: str = f"sqlite:///{HOME / 'var' / 'seatmate.db'}"


class VaultSettings(_Group):
    """Where the values of masked numbers are kept. Without a key they are kept nowhere."""

    keys: tuple[Annotated[SecretStr, AfterValidator(_fernet_key)], ...] = ()
    """Fernet keys, 32 bytes in url-safe base64: the first seals, each opens. A new key goes in front."""

    @field_serializer("keys")
    def _hidden(self, keys: tuple[SecretStr, ...], info: SerializationInfo) -> list[str]:
        return [_reveal(key, info) for key in keys]


class ApiSettings(_Group):
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 8600
    keys: dict[str, tuple[str, ...]] = {}
    """API key → scopes that its holder may read. Empty: only loopback callers, with `open_scopes`."""
    open_scopes: tuple[str, ...] = ("retail", "admin", "quality")
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
    min_relevance: Annotated[float, Field(ge=0, le=1)] = 0.3
    """How much of the question the best passage must speak of (ask/relevance), else the answer is an abstention."""
    trust_source_at: Annotated[float, Field(ge=0, le=1)] = 0.3
    """When the model abstains although the best passage speaks of so much, the source answers in its own words. As
    shipped it is min_relevance: seatmate-mini's abstention counts for nothing, for of 30 suite questions from which it
    abstained against a source below .5, 24 have an answer. A good model deserves a higher one."""
    shown_sources: Annotated[int, Field(ge=0, le=10)] = 3
    """Source lines beside what the model says: the best one and those that are as relevant. 0 for a model that tells
    which line is meant: then one stands in its place, if nothing that it says passes."""
    close_words: bool = True
    """What the model says of a figure must be the source's own words (ask/closeness): without it 12 of 46 sentences of
    seatmate-mini that passed were untrue. False for a model that paraphrases well, as the bank's suites show."""
    model_rewrites: bool = False
    """A follow-up becomes a question that stands alone by the model, checked by code (ask/rewrite_check), and not by
    rule alone. For a bank's own model: seatmate-mini is not trained for it."""
    model_rewrite_s: Annotated[float, Field(gt=0, le=20)] = 2.0
    """How long that may take; then it is done by rule."""


class AftercallSettings(_Group):
    max_tokens: Annotated[int, Field(ge=32)] = 384
    part_chars: Annotated[int, Field(ge=200)] = 1_100
    """A longer transcript is read in parts: with candidates and output it must fit the engine's max_model_len.
    seatmate-mini takes about one token a character; a bigger model takes a call whole."""
    model_adds: frozenset[Literal["summary", "quotes", "kyc", "voc", "compliance"]] = frozenset()
    """What the model writes or adds to; code alone tells the rest. Empty for seatmate-mini, by measurement: of its
    picks 30 of 274 (KYC) and 4 of 47 (VOC) were right, and with its sentences a summary covers less
    (tests/bench/records.py --model). A bank's own model gets all but `quotes`, which is a summary that only chooses
    among what was said, for models that write badly or slowly."""
    poll_s: Annotated[float, Field(gt=0)] = 0.5
    concurrency: Annotated[int, Field(ge=1)] = 2
    max_attempts: Annotated[int, Field(ge=1)] = 5
    jobs_url: str = f"sqlite:///{HOME / 'var' / 'jobs.db'}"
    executor_id: str = "worker-1"
    """Fixed per worker, so that a restarted worker takes up its own unfinished jobs."""


class ReleaseSettings(_Group):
    """How a release comes into traffic here."""

    gate_key: SecretStr = SecretStr("")
    """Shared with who runs the gate: verdicts carry its HMAC, and others are no verdicts. Empty: a hash, which finds
    accidents and not intent."""
    max_verdict_age_days: Annotated[int, Field(ge=1)] = 14
    enforce: bool = False
    """Do not start when this installation cannot serve the live release. Unset: it serves what it is, and says so."""
    stand_down_window_s: Annotated[float, Field(gt=0)] = 900.0
    """A canary ends by itself when its answers within this time are surely worse than live's (domain/stand_down)."""
    stand_down_min_answers: Annotated[int, Field(ge=5)] = 20
    stand_down_margin: Annotated[float, Field(ge=0, le=1)] = 0.1

    @field_serializer("gate_key")
    def _hidden(self, key: SecretStr, info: SerializationInfo) -> str:
        return _reveal(key, info)


class Choices(_Group):
    """The settings that are part of a release; kept with it, so that it can be served again."""

    served_model: str | None
    ask: AskSettings
    max_tokens: int
    part_chars: int
    model_adds: tuple[Literal["summary", "quotes", "kyc", "voc", "compliance"], ...]


class WebhookSettings(_Group):
    """A system of the bank that is told of every record (Standard Webhooks 1.0)."""

    url: Annotated[str, Field(pattern=r"^https?://")]
    secret: SecretStr
    """Shared with the receiver, which checks the signature with it; 24 characters at least."""
    timeout_s: Annotated[float, Field(gt=0)] = 10.0

    @field_serializer("secret")
    def _hidden(self, key: SecretStr, info: SerializationInfo) -> str:
        return _reveal(key, info)

    @field_validator("secret")
    @classmethod
    def _long_enough(cls, secret: SecretStr) -> SecretStr:
        if len(secret.get_secret_value()) < 24:
            raise ValueError("a webhook's secret has 24 characters at least")
        return secret


WebhookName = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,64}$")]

_PREFIX = "SEATMATE_"


def _flat(values: dict[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for name, value in values.items():
        place = f"{path}{name.upper()}"
        if isinstance(value, dict) and place not in ("API__KEYS", "TEAMS"):
            yield from _flat(value, f"{place}__")
        elif isinstance(value, dict | list):
            yield place, json.dumps(value, ensure_ascii=False)
        elif value is not None:
            yield place, str(value)


class Settings(BaseSettings):
    """All of it. `Settings.load()` is called once, by a door."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX, env_nested_delimiter="__", env_file=".env", extra="forbid", frozen=True
    )

    var: Path = HOME / "var"
    prompts: Path = HOME / "prompts"
    corpus: Path = HOME / "corpus"
    engine: EngineSettings = EngineSettings()
    index: IndexSettings = IndexSettings()
    records: RecordSettings = RecordSettings()
    vault: VaultSettings = VaultSettings()
    api: ApiSettings = ApiSettings()
    ask: AskSettings = AskSettings()
    aftercall: AftercallSettings = AftercallSettings()
    releases: ReleaseSettings = ReleaseSettings()
    evals: Path = HOME / "eval"
    """Suites and gates, whose hashes a verdict must have."""
    webhooks: dict[WebhookName, WebhookSettings] = {}
    """By name: SEATMATE_WEBHOOKS__CRM__URL, SEATMATE_WEBHOOKS__CRM__SECRET."""
    teams: dict[str, tuple[str, ...]] = {}
    """Team → the ids of its agents, for rates: SEATMATE_TEAMS='{"一组": ["A-101", "A-102"]}'."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @property
    def team_of(self) -> dict[str, str]:
        """Agent → team."""
        return {agent: team for team, agents in self.teams.items() for agent in agents}

    def environment(self) -> dict[str, str]:
        """These settings as environment variables, for a child process that must see the same."""
        return {
            f"{_PREFIX}{path}": value for path, value in _flat(self.model_dump(mode="json", context={"reveal": True}))
        }

    def in_folder(self, var: Path) -> "Settings":
        """The same installation with all that it writes below another folder."""
        return self.model_copy(
            update={
                "var": var,
                "index": self.index.model_copy(update={"path": var / "index"}),
                "records": RecordSettings(url=f"sqlite:///{var / 'seatmate.db'}"),
                "aftercall": self.aftercall.model_copy(update={"jobs_url": f"sqlite:///{var / 'jobs.db'}"}),
            }
        )

    @property
    def choices(self) -> Choices:
        after = self.aftercall
        return Choices(
            served_model=self.engine.served_model,
            ask=self.ask,
            max_tokens=after.max_tokens,
            part_chars=after.part_chars,
            model_adds=tuple(sorted(after.model_adds)),
        )

    def of_release(self, folder: Path, choices: Choices) -> "Settings":
        """The same installation with the prompts, rules and choices of a release that is laid out in a folder."""
        after = {"max_tokens": choices.max_tokens, "part_chars": choices.part_chars}
        adds = frozenset(choices.model_adds)
        return self.model_copy(
            update={
                "prompts": folder / "prompts",
                "corpus": folder / "corpus",
                "ask": choices.ask,
                "engine": self.engine.model_copy(update={"served_model": choices.served_model}),
                "aftercall": self.aftercall.model_copy(update={**after, "model_adds": adds}),
            }
        )

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
