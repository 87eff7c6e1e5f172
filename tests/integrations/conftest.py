"""A whole Seatmate over a small bank of three weeks, behind a real uvicorn on a free port."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
import uvicorn

from seatmate.api.app import create_app
from seatmate.settings import HOME, ApiSettings, Settings
from seatmate.wiring.api import open_wiring

HEADER = "path,doc_id,title,doc_type,product_codes,scope,valid_from,valid_to,published_at,supersedes\n"
OCTOBER = "rate-oct.md,rate-oct,存款利率表,费率表,,retail,2026-10-01,2026-10-31,,\n"
NOVEMBER = "rate-nov.md,rate-nov,存款利率表,费率表,,retail,2026-11-01,2026-11-30,,\n"
DECEMBER = "rate-dec.md,rate-dec,存款利率表,费率表,,retail,2026-12-01,,,\n"
PRIVATE = "vip.md,vip,私人银行限额,限额,,private_banking,2026-01-01,,,\n"
LOSS = "loss.md,loss,挂失流程,流程,,retail,2026-01-01,,,\n"
TEXTS = {
    "rate-oct.md": "# 存款利率表\n\n## 整存整取\n\n整存整取一年期年利率为1.45%。\n",
    "rate-nov.md": "# 存款利率表\n\n## 整存整取\n\n整存整取一年期年利率为1.40%。\n",
    "rate-dec.md": "# 存款利率表\n\n## 整存整取\n\n整存整取一年期年利率为1.35%。\n",
    "vip.md": "# 私人银行限额\n\n私人银行客户转账限额为9,000万元。\n",
    "loss.md": "# 挂失流程\n\n银行卡口头挂失免费，立即生效。\n",
}
DROPS = {
    "2026-W45": OCTOBER + NOVEMBER + DECEMBER + PRIVATE,
    "2026-W46": OCTOBER + NOVEMBER + DECEMBER + PRIVATE + LOSS,
}
KEYS: dict[str, tuple[str, ...]] = {
    "key-of-admin-7001": ("admin", "retail", "private_banking"),
    "key-of-retail-7002": ("retail",),
    "key-of-nobody-7003": (),
}
ADMIN, RETAIL, NOBODY = KEYS


@dataclass(frozen=True)
class Bank:
    """A running Seatmate: the first week is snapshot 1, the second, with the document on losses, is snapshot 2."""

    url: str


@pytest.fixture(scope="module")
def bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bank]:
    folder = tmp_path_factory.mktemp("bank")
    for name, rows in DROPS.items():
        drop = folder / "corpus" / "drops" / name
        drop.mkdir(parents=True)
        (drop / "manifest.csv").write_text(HEADER + rows, encoding="utf-8")
        for path in rows.splitlines():
            file = path.partition(",")[0]
            (drop / file).write_text(TEXTS[file], encoding="utf-8")
    (folder / "corpus" / "rules").symlink_to(HOME / "corpus" / "rules")
    settings = Settings.load().in_folder(folder / "var")
    settings = settings.model_copy(update={"corpus": folder / "corpus", "api": ApiSettings(keys=KEYS)})
    with serving(settings) as url:
        publish(url)
        yield Bank(url)


class serving:
    """`with serving(settings) as url`: uvicorn in a thread, until the block ends."""

    def __init__(self, settings: Settings) -> None:
        self._server = uvicorn.Server(
            uvicorn.Config(create_app(settings, open_wiring), host="127.0.0.1", port=0, log_config=None)
        )
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> str:
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive()
            self._thread.join(0.02)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()


def publish(url: str) -> None:
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {ADMIN}"}, timeout=60, trust_env=False) as http:
        for drop in DROPS:
            built = http.post("/api/knowledge/builds", json={"drop": drop})
            assert built.status_code == 200, built.text
            http.post("/api/knowledge/publish", json={"snapshot": built.json()["snapshot"]}).raise_for_status()


def document_text(url: str, doc_id: str, version: str) -> str:
    """Of a document, through the door that citations are opened with."""
    headers = {"Authorization": f"Bearer {RETAIL}"}
    reply = httpx.get(f"{url}/api/knowledge/documents/{doc_id}/{version}", headers=headers, trust_env=False)
    reply.raise_for_status()
    text: str = reply.json()["text"]
    return text
