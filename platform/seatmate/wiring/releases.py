"""Releases in traffic: what is installed here, what of the ledger it can serve, and who answers which conversation.

The ledger says which release is live and which is the canary; each is laid out from its kept files, so that an edited
prompt on disk answers nobody before it is promoted. A promotion or a rollback is seen within a second, without a
restart and without indexing anything anew.
"""

import asyncio
import hashlib
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Generic, Protocol, TypeVar

import httpx

from seatmate.domain.errors import Misconfigured, SeatmateError
from seatmate.domain.ports import Encoder
from seatmate.domain.release_ports import Releases
from seatmate.domain.releases import Gatekeeper, Release, ReleaseRecord, Routing
from seatmate.prompts import Prompts
from seatmate.release.files import CHOICES, gather, lay_out
from seatmate.release.flow import ReleaseFlow
from seatmate.serving.registry import is_adapter_name
from seatmate.settings import Choices, Settings
from seatmate.wiring.model import model_address, release_of

log = logging.getLogger(__name__)

GATES = "gates.yaml"
_ROUTING_S = 1.0
"""How long a process may not have heard of a promotion or a rollback."""

Part = TypeVar("Part")
LoadAdapter = Callable[[str], Awaitable[object]]
"""Into the running model server, checked and tested; a SeatmateError says why not."""


class Routes(Protocol):
    @property
    def known(self) -> Routing | None:
        """Who answers whom here by the last look; nobody is asked. None before the first."""
        ...


@dataclass(frozen=True)
class Installation:
    """What this process was started with. Knows the ledger's releases by their kept files alone."""

    settings: Settings
    encoder: Encoder
    release: Release
    releases: Releases
    load_adapter: LoadAdapter | None = None
    """None: adapters are given to the model server by somebody else."""

    @classmethod
    def of(
        cls, settings: Settings, encoder: Encoder, releases: Releases, load_adapter: LoadAdapter | None = None
    ) -> "Installation":
        release = release_of(settings, Prompts.load(settings.prompts), encoder)
        return cls(settings, encoder, release, releases, load_adapter)

    def files(self, adapter: str | None = None) -> dict[str, bytes]:
        choices = self._with(adapter).choices.model_dump_json(indent=1)
        return gather(self.settings.prompts, self.settings.corpus / "rules", choices)

    def as_on_disk(self, adapter: str | None = None) -> tuple[Release, dict[str, bytes]]:
        """The release that the files on disk make now: prompts and rules may have been edited since the start.

        With another adapter than this installation was started with, when one is named.
        """
        settings = self._with(adapter)
        return release_of(settings, Prompts.load(settings.prompts), self.encoder), self.files(adapter)

    def _with(self, adapter: str | None) -> Settings:
        if adapter is None:
            return self.settings
        return self.settings.model_copy(
            update={"engine": self.settings.engine.model_copy(update={"served_model": adapter})}
        )

    async def settings_of(self, record: ReleaseRecord) -> Settings:
        """These settings with the release's files laid out. Misconfigured when this installation cannot serve it."""
        if reason := _other_installation(record.parts, self.release):
            raise Misconfigured(reason)
        if self.settings.engine.merged and record.parts.adapter != self.release.adapter:
            raise Misconfigured(f"不能改用 {record.parts.adapter}：{merged_alone(self.release.adapter)}")
        files = await self.releases.files(record.release_id)
        return await asyncio.to_thread(self._lay_out, record, files)

    async def can_serve(self, record: ReleaseRecord) -> str:
        """Why not; empty when it can. Where it is ours to do, its adapter is loaded and tested first."""
        try:
            settings = await self.settings_of(record)
            if record.parts.adapter == self.release.adapter:
                return ""
            if self.load_adapter is None or not is_adapter_name(record.parts.adapter):
                return await _adapter_is_missing(settings)
            await self.load_adapter(record.parts.adapter)
        except SeatmateError as error:
            return error.detail
        return ""

    def _lay_out(self, record: ReleaseRecord, files: dict[str, bytes]) -> Settings:
        folder = lay_out(files, self.settings.var / "releases" / record.release_id)
        choices = Choices.model_validate_json((folder / CHOICES).read_bytes())
        settings = self.settings.of_release(folder, choices)
        made = release_of(settings, Prompts.load(settings.prompts), self.encoder)
        if made != record.parts:
            raise Misconfigured(f"{_differing(made, record.parts)} 与 {record.release_id} 登记的不一致")
        return settings


class InTraffic(Generic[Part]):
    """One part of the flow for each release in traffic, opened when it is first needed."""

    def __init__(
        self,
        flow: ReleaseFlow,
        installation: Installation,
        open_part: Callable[[Settings, str], Awaitable[Part]],
    ) -> None:
        self._flow = flow
        self._installation = installation
        self._open_part = open_part
        self._opened: dict[str, Part] = {}
        self._routing: Routing | None = None
        self._asked_at = float("-inf")
        self._opening = asyncio.Lock()
        self.trouble = ""
        """Why the live release of the ledger is not what answers; empty when it is."""

    async def start(self) -> None:
        """Open what is live. Misconfigured when it cannot be served here and the settings insist."""
        await self.routing()
        if self.trouble and self._installation.settings.releases.enforce:
            raise Misconfigured(f"在用版本无法由此安装提供：{self.trouble}")

    @property
    def known(self) -> Routing | None:
        """By the last look: a look of the autopilot's own would let a question pass by the old release meanwhile."""
        return self._routing

    async def routing(self) -> Routing:
        """Who answers whom here. Asked of the ledger at most once a second; what cannot be opened stops nothing."""
        if self._routing is None or time.monotonic() - self._asked_at >= _ROUTING_S:
            await self._look()
        assert self._routing is not None
        return self._routing

    async def release_for(self, conversation_id: str | None) -> str:
        return (await self.routing()).release_for(conversation_id)

    async def serving(self, conversation_id: str | None) -> Part:
        return self._opened[await self.release_for(conversation_id)]

    async def of(self, release_id: str) -> Part:
        """Of any release in the ledger that can be served here. NotFound, Misconfigured."""
        if release_id not in self._opened:
            async with self._opening:
                if release_id not in self._opened:
                    self._opened[release_id] = await self._open(release_id)
        return self._opened[release_id]

    async def _look(self) -> None:
        self._asked_at = time.monotonic()
        installation = self._installation
        try:
            wanted = await self._flow.routing(installation.release, installation.files)
            await self.of(wanted.live)
            if wanted.canary is not None:
                await self.of(wanted.canary)
            self._routing, self.trouble = wanted, ""
        except SeatmateError as error:
            if error.detail != self.trouble:
                log.error("release in traffic cannot be served: %s", error.detail)
            self.trouble = error.detail
            if self._routing is None:
                self._routing = await self._as_installed()

    async def _as_installed(self) -> Routing:
        installed = self._installation.release.release_id
        if installed not in self._opened:
            self._opened[installed] = await self._open_part(self._installation.settings, installed)
        return Routing(installed)

    async def _open(self, release_id: str) -> Part:
        record = await self._installation.releases.release(release_id)
        return await self._open_part(await self._installation.settings_of(record), release_id)


def flow_of(installation: Installation, now: Callable[[], datetime]) -> ReleaseFlow:
    settings = installation.settings
    return ReleaseFlow(installation.releases, lambda: gatekeeper_of(settings), installation.can_serve, now)


def gatekeeper_of(settings: Settings) -> Gatekeeper:
    """Verdicts are held against the suites and gates as they are on disk now."""
    suites = {path.stem: _sha256(path) for path in sorted((settings.evals / "suites").glob("*.jsonl"))}
    gates = settings.evals / GATES
    return Gatekeeper(
        suites_sha256=suites,
        gates_sha256=_sha256(gates) if gates.is_file() else "",
        key=settings.releases.gate_key.get_secret_value(),
        max_age=timedelta(days=settings.releases.max_verdict_age_days),
    )


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def merged_alone(adapter: str) -> str:
    here = f"模型服务提供的是并入基座的 {adapter}，运行中不加载别的适配器"
    return f"{here}；要试用别的，请设 SEATMATE_ENGINE__MERGED=false 后重启"


def _other_installation(wanted: Release, here: Release) -> str:
    """What only another start of the platform can change."""
    fixed = {"code": "代码", "base_model": "基座模型", "encoder": "向量编码"}
    other = [label for part, label in fixed.items() if getattr(wanted, part) != getattr(here, part)]
    return f"{'、'.join(other)}不同，需要换装后重启" if other else ""


def _differing(made: Release, wanted: Release) -> str:
    return "、".join(part for part, value in made.model_dump().items() if value != getattr(wanted, part))


async def _adapter_is_missing(settings: Settings) -> str:
    """Why an adapter that was not there at start is not known to be served by now; empty when it is."""
    base_url, key, name = model_address(settings.engine)
    async with httpx.AsyncClient(timeout=2.0, trust_env=False) as http:
        try:
            headers = {"Authorization": f"Bearer {key}"} if key else {}
            reply = await http.get(f"{base_url}/models", headers=headers)
            listed = {model["id"] for model in reply.json()["data"]}
        except (httpx.HTTPError, ValueError, KeyError, TypeError):
            return f"模型服务没有应答，无法确认它提供 {name}"
    return "" if name in listed else f"模型服务没有加载 {name}"
