"""The command line's way into a running Seatmate: HTTP to the API on this machine, problems as plain sentences."""

from collections.abc import Mapping
from typing import Any

import httpx

from seatmate.domain.errors import SeatmateError
from seatmate.settings import Settings


class Refused(SeatmateError):
    """The API answered with a problem body."""

    code = "REFUSED"


class NotRunning(SeatmateError):
    code = "NOT_RUNNING"


class ApiClient:
    """Synchronous on purpose: a command does one thing at a time."""

    def __init__(self, settings: Settings, timeout_s: float = 120.0) -> None:
        key = next((key for key, scopes in settings.api.keys.items() if "admin" in scopes), "")
        self.base_url = f"http://{settings.api.host}:{settings.api.port}"
        self._http = httpx.Client(
            base_url=self.base_url, timeout=timeout_s, headers={"Authorization": f"Bearer {key}"} if key else {}
        )

    def get(self, path: str) -> Any:
        return self._send("GET", path)

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        return self._send("POST", path, json=dict(body or {}))

    def close(self) -> None:
        self._http.close()

    def _send(self, method: str, path: str, **body: Any) -> Any:
        try:
            reply = self._http.request(method, path, **body)
        except httpx.ConnectError as error:
            raise NotRunning(f"no Seatmate answers at {self.base_url}; start it with `make up`") from error
        except httpx.HTTPError as error:
            raise Refused(f"{self.base_url}{path}: {type(error).__name__}") from error
        if reply.is_error:
            body_ = reply.json() if "json" in reply.headers.get("content-type", "") else {}
            raise Refused(f"{body_.get('title', 'refused')}: {body_.get('detail', reply.text[:200])}")
        return reply.json()
