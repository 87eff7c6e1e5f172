"""The command line's way into a running Seatmate: HTTP to the API on this machine, problems as plain sentences."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
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

    def get(self, path: str, **params: str | list[str]) -> Any:
        return self._send("GET", path, params=params)

    def post(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        return self._send("POST", path, json=dict(body or {}))

    def patch(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._send("PATCH", path, json=body)

    def delete(self, path: str, **params: str) -> Any:
        return self._send("DELETE", path, params=params)

    def events(self, path: str, body: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        """(name, data) of each server-sent event as it comes; a `problem` among them is raised."""
        headers = {"Accept": "text/event-stream"}
        with self._plain_words(path), self._http.stream("POST", path, json=dict(body), headers=headers) as reply:
            if reply.is_error:
                reply.read()
                raise _refusal(reply)
            name = ""
            for line in reply.iter_lines():
                key, _, value = line.partition(": ")
                if key == "event":
                    name = value
                elif key == "data" and name == "problem":
                    problem = json.loads(value)
                    raise Refused(f"{problem['title']}: {problem['detail']}")
                elif key == "data":
                    yield name, json.loads(value)

    def close(self) -> None:
        self._http.close()

    def _send(self, method: str, path: str, **body: Any) -> Any:
        with self._plain_words(path):
            reply = self._http.request(method, path, **body)
        if reply.is_error:
            raise _refusal(reply)
        return reply.json()

    @contextmanager
    def _plain_words(self, path: str) -> Iterator[None]:
        try:
            yield
        except httpx.ConnectError as error:
            raise NotRunning(f"no Seatmate answers at {self.base_url}; start it with `make up`") from error
        except httpx.HTTPError as error:
            raise Refused(f"{self.base_url}{path}: {type(error).__name__}") from error


def _refusal(reply: httpx.Response) -> Refused:
    problem = reply.json() if "json" in reply.headers.get("content-type", "") else {}
    return Refused(f"{problem.get('title', 'refused')}: {problem.get('detail', reply.text[:200])}")
