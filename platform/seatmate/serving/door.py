"""Stands before vLLM's own routes and lets nobody in without the key. Runs in the engine's process: stdlib only.

vLLM asks for its key below /v1 and a few other prefixes only. Once adapters may be loaded at run time, whoever reaches
its port can load any folder of the machine by `POST /adapters`, remove one by `DELETE /adapters/…` and ask it by
`/invocations`, without a key; on loopback that is every user of the machine. vLLM takes this as
`--middleware seatmate.serving.door.KeyedDoor`. Only `GET /health` stays open: it tells and changes nothing.
"""

import hmac
import os
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

KEY = "VLLM_API_KEY"


class KeyedDoor:
    """ASGI. Without a key in its environment it lets nobody in at all."""

    def __init__(self, app: App) -> None:
        self._app = app
        # The one place besides settings.py: here the environment is the engine's, and its only way to know the key.
        self._wanted = f"Bearer {os.environ[KEY]}".encode() if os.environ.get(KEY) else b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan" or self._is_open(scope) or self._has_key(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            head = [(b"content-type", b"application/json")]
            await send({"type": "http.response.start", "status": 401, "headers": head})
            await send({"type": "http.response.body", "body": b'{"error":"Unauthorized"}'})
        else:
            await send({"type": "websocket.close", "code": 1008})

    def _is_open(self, scope: Scope) -> bool:
        return (scope["type"], scope.get("method"), scope["path"]) == ("http", "GET", "/health")

    def _has_key(self, scope: Scope) -> bool:
        given = [value for name, value in scope["headers"] if name == b"authorization"]
        return bool(self._wanted) and len(given) == 1 and hmac.compare_digest(given[0], self._wanted)
