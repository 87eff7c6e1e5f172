"""Does the model server answer and serve our model? Asked at most once in two seconds, outside of every question."""

import time

import httpx

_KEPT_S = 2.0


class ModelHealth:
    def __init__(self, base_url: str, api_key: str, model: str) -> None:
        self._url = f"{base_url}/models"
        self.model = model
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}  # no client sends an empty key
        self._http = httpx.AsyncClient(timeout=1.0, headers=headers, trust_env=False)
        self._asked_at = float("-inf")
        self._answered = False

    async def answers(self) -> bool:
        """True when the server lists the model."""
        if time.monotonic() - self._asked_at >= _KEPT_S:
            self._answered = await self._ask()
            self._asked_at = time.monotonic()
        return self._answered

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _ask(self) -> bool:
        try:
            reply = await self._http.get(self._url)
            return reply.status_code == 200 and any(m.get("id") == self.model for m in reply.json()["data"])
        except (httpx.HTTPError, ValueError, KeyError, AttributeError):
            return False
