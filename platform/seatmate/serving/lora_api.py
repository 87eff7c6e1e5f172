"""What a running vLLM is asked about its adapters, over HTTP alone: list, load, unload, a reply, who is busy.

Never `load_inplace`: vLLM would serve the old adapter's cache with the new weights, and read the folder at every step.
The paths are those of the OpenAI door, which ask for the key. Does not know why an adapter is loaded (rollout.py).
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from seatmate.domain.errors import ModelUnavailable
from seatmate.domain.ports import ChatRequest
from seatmate.serving.store import AdapterRefused

_BUSY = re.compile(r"^vllm:lora_requests_info\{(?P<labels>[^}]*)\} (?P<at>\S+)$", re.MULTILINE)
_LABEL = re.compile(r'(?:running|waiting)_lora_adapters="([^"]*)"')
_IN_USE = re.compile(r"^vllm:num_requests_(?:running|waiting)\{[^}]*\} (\S+)$", re.MULTILINE)


_LOOK_S = 5.0
"""To a question about itself a server that is alive answers at once."""


class RefusedByServer(AdapterRefused):
    """The folder is good and the server does not take it; it may have reasons of its own."""

    code = "ADAPTER_REFUSED_BY_SERVER"


@dataclass(frozen=True)
class Reply:
    text: str
    is_whole: bool
    """False: it was cut off at its length."""
    mean_logprob: float = 0.0
    """How certain the model was of its tokens; zero where the server does not tell."""


class LoraApi:
    """`sends_priority`: the server schedules by priority, and what is asked here comes after people's questions."""

    def __init__(self, base_url: str, api_key: str, *, load_s: float = 60.0, sends_priority: bool = False) -> None:
        self._sends_priority = sends_priority
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._base_url = base_url
        # Shorter than the five seconds after which uvicorn, and so vLLM, drops an idle connection.
        transport = httpx.AsyncHTTPTransport(retries=1, limits=httpx.Limits(keepalive_expiry=4.0), trust_env=False)
        self._http = httpx.AsyncClient(timeout=load_s, trust_env=False, headers=headers, transport=transport)

    async def listed(self) -> dict[str, str]:
        """Served names and the folder that each was read from."""
        listing = await self._looked("/v1/models")
        try:
            return {str(model["id"]): str(model.get("root") or "") for model in listing.json()["data"]}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelUnavailable("the model server's list of models is not an OpenAI-style list") from error

    async def load(self, name: str, folder: Path) -> None:
        """RefusedByServer with the server's own words when it does not take it."""
        await self._send("POST", "/load_lora_adapter", {"lora_name": name, "lora_path": str(folder)})

    async def unload(self, name: str) -> None:
        """What is being answered by it is answered to its end; who asks for it from now on is refused."""
        await self._send("POST", "/unload_lora_adapter", {"lora_name": name})

    async def reply(self, model: str, request: ChatRequest) -> Reply:
        body: dict[str, Any] = {
            "model": model,
            "messages": [{"role": message.role, "content": message.content} for message in request.messages],
            "max_tokens": request.max_tokens,
            "temperature": 0,
            "n": 1,
            "logprobs": True,
        }
        if request.schema is not None:
            schema = {"name": request.schema_name or "output", "schema": request.schema, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        if self._sends_priority:
            body["priority"] = request.priority
        answer = await self._send("POST", "/chat/completions", body)
        try:
            choice = answer.json()["choices"][0]
            tokens = [float(t["logprob"]) for t in (choice.get("logprobs") or {}).get("content") or ()]
            mean = sum(tokens) / len(tokens) if tokens else 0.0
            return Reply(str(choice["message"]["content"] or ""), choice["finish_reason"] == "stop", mean)
        except (ValueError, KeyError, IndexError, TypeError) as error:
            raise ModelUnavailable("the model server answers in a form that is not the OpenAI API's") from error

    async def busy(self) -> frozenset[str]:
        """Adapters that requests of any process are being answered by, or wait for, as far as the server tells."""
        return busy_adapters((await self._looked("/metrics")).text)

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _looked(self, path: str) -> httpx.Response:
        try:
            async with asyncio.timeout(_LOOK_S):
                return (await self._http.get(self._base_url.removesuffix("/v1") + path)).raise_for_status()
        except httpx.HTTPStatusError as error:
            raise ModelUnavailable(f"the model server answers {path} with HTTP {error.response.status_code}") from error
        except (TimeoutError, httpx.TimeoutException) as error:
            raise ModelUnavailable(f"the model server did not answer {path} in time") from error
        except httpx.HTTPError as error:
            raise ModelUnavailable(f"the model server cannot be reached: {type(error).__name__}") from error

    async def _send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> httpx.Response:
        try:
            reply = await self._http.request(method, f"{self._base_url}{path}", json=body)
        except httpx.TimeoutException as error:
            raise ModelUnavailable(f"the model server did not answer {path} in time") from error
        except httpx.HTTPError as error:
            raise ModelUnavailable(f"the model server cannot be reached: {type(error).__name__}") from error
        if reply.status_code in (401, 403, 429) or (
            reply.status_code == 404 and "adapter" in path and _no_route(reply)
        ):
            raise ModelUnavailable(f"the model server refuses {path} with HTTP {reply.status_code}")
        if reply.is_error:
            raise RefusedByServer(f"the model server refuses it with HTTP {reply.status_code}: {_said(reply)}")
        return reply


def busy_adapters(metrics: str) -> frozenset[str]:
    """From vLLM's metrics: of the rows of the gauge the newest holds, and none when no request is under way at all."""
    if not sum(float(count) for count in _IN_USE.findall(metrics)):
        return frozenset()
    rows = [(float(row["at"]), row["labels"]) for row in _BUSY.finditer(metrics)]
    labels = max(rows)[1] if rows else ""
    return frozenset(name for names in _LABEL.findall(labels) for name in names.split(",") if name)


def _no_route(reply: httpx.Response) -> bool:
    return "detail" in reply.text and "adapter" not in reply.text


def _said(reply: httpx.Response, most: int = 300) -> str:
    try:
        error: Sequence[Any] | Any = reply.json().get("error", {})
        said = error.get("message", "") if isinstance(error, dict) else str(error)
    except (ValueError, AttributeError):
        said = reply.text
    return " ".join(str(said).split())[:most]
