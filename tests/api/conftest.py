"""An API over real records and a real index in a folder of the test; the model is scripted."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from seatmate.api.app import create_app
from seatmate.domain.ports import ChatModel
from seatmate.ingest.flow import BuildsHere
from seatmate.settings import HOME, ApiSettings, AskSettings, Settings
from seatmate.testing.models import ScriptedChatModel
from seatmate.wiring.api import Wiring, open_wiring

DROP = """path,doc_id,title,doc_type,product_codes,scope,valid_from,valid_to,published_at,supersedes
rate.md,rate,存款利率表,费率表,,retail,2026-01-01,,2026-11-02T09:00:00+08:00,
vip.md,vip,私人银行限额,限额,,private_banking,2026-01-01,,2026-11-02T09:00:00+08:00,
"""

OpenApi = Callable[..., AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    drop = tmp_path / "corpus" / "drops" / "2026-W45"
    drop.mkdir(parents=True)
    (tmp_path / "corpus" / "rules").symlink_to(HOME / "corpus" / "rules")
    (drop / "manifest.csv").write_text(DROP, encoding="utf-8")
    (drop / "rate.md").write_text("# 存款利率表\n\n整存整取一年期年利率为1.45%。\n", encoding="utf-8")
    (drop / "vip.md").write_text("# 私人银行限额\n\n私人银行客户转账限额为9,000万元。\n", encoding="utf-8")
    asked = AskSettings(passages=4, source_lines=4, max_tokens=64, shown_sources=0)  # the scripted model says it all
    few = {"corpus": tmp_path / "corpus", "ask": asked}
    return Settings.load().in_folder(tmp_path / "var").model_copy(update=few)


@pytest.fixture
def open_api(settings: Settings) -> OpenApi:
    """`async with open_api(model=…, api=…) as client`: the whole application, in process."""

    @asynccontextmanager
    async def opened(
        model: ChatModel | None = None,
        api: ApiSettings | None = None,
        publish: bool = True,
        teams: Mapping[str, tuple[str, ...]] | None = None,
    ) -> AsyncIterator[httpx.AsyncClient]:
        wanted = settings.model_copy(update={"api": api or settings.api, "teams": teams or {}})

        @asynccontextmanager
        async def wiring_with_model(given: Settings) -> AsyncIterator[Wiring]:
            scripted = model or ScriptedChatModel(lambda _: "年利率为«F1»。[1]")
            async with open_wiring(given, lambda settings, closing: scripted) as wiring:
                yield replace(wiring, builds=BuildsHere(wiring.stores))

        app = create_app(wanted, wiring_with_model)
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://t") as http,
        ):
            if publish:
                key = next(iter(wanted.api.keys), "")
                admin = {"Authorization": f"Bearer {key}"}
                built = await http.post("/api/knowledge/builds", json={"drop": "2026-W45"}, headers=admin)
                assert built.status_code == 200, built.text
                await http.post("/api/knowledge/publish", json={"snapshot": built.json()["snapshot"]}, headers=admin)
            yield http

    return opened
