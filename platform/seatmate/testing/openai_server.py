"""A small OpenAI-compatible server on loopback, in a thread: a real socket for adapters to be tested and timed against.

    with OpenAIServer(lambda body: "你好") as server:
        OpenAIChat(server.base_url, "key", "mock")

Answers /v1/models and /v1/chat/completions, streamed or not; counts one token per character. It does not know of chat
templates, and obeys no schema. `fail_with` makes the next requests fail on purpose.
"""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

Body = dict[str, Any]


@dataclass
class Trouble:
    """One bad moment of the server."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b'{"error":{"message":"on purpose","type":"test"}}'
    wait_s: float = 0.0
    """Wait before answering at all."""
    break_after: int | None = None
    """Close the connection after so many chunks of a stream."""


class OpenAIServer:
    def __init__(
        self,
        reply: Callable[[Body], str],
        *,
        api_key: str = "",
        models: tuple[str, ...] = ("mock",),
        chunk: int = 1,
        chunk_pause_s: float = 0.0,
    ) -> None:
        self.reply = reply
        self.api_key = api_key
        self.models = models
        self.chunk = chunk
        self.chunk_pause_s = chunk_pause_s
        self.bodies: list[Body] = []
        self.troubles: list[Trouble] = []
        server = self

        class Door(_Door):
            mock = server

        self._http = _Listener(("127.0.0.1", 0), Door)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}/v1"

    def fail_with(self, *troubles: Trouble) -> None:
        """The next requests for a completion meet these, one each."""
        self.troubles.extend(troubles)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256  # five, the default, refuses callers that come at once


class _Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = 5
    mock: OpenAIServer

    def do_GET(self) -> None:
        if self.path == "/health":
            self._send(200, b"")
        elif self._allowed():
            self._json({"object": "list", "data": [{"id": name, "object": "model"} for name in self.mock.models]})

    def do_POST(self) -> None:
        body: Body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if not self._allowed():
            return
        self.mock.bodies.append(body)
        trouble = self.mock.troubles.pop(0) if self.mock.troubles else Trouble()
        time.sleep(trouble.wait_s)
        if trouble.status != 200:
            self._send(trouble.status, trouble.body, trouble.headers)
            return
        whole = self.mock.reply(body)
        text = whole[: body.get("max_completion_tokens", body.get("max_tokens"))]  # the newer name, the older one
        finish = "stop" if text == whole else "length"
        prompt = sum(len(message["content"]) for message in body["messages"])
        usage = {
            "prompt_tokens": prompt,
            "completion_tokens": len(text),
            "total_tokens": prompt + len(text),
            "prompt_tokens_details": {"cached_tokens": prompt // 2},
        }
        if body.get("stream"):
            self._stream(body, text, finish, usage, trouble.break_after)
        else:
            message = {"role": "assistant", "content": text}
            choice = {"index": 0, "message": message, "finish_reason": finish}
            self._json({**_head(body, "chat.completion"), "choices": [choice], "usage": usage})

    def _stream(self, body: Body, text: str, finish: str, usage: Body, break_after: int | None) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        head = _head(body, "chat.completion.chunk")
        pieces = [text[at : at + self.mock.chunk] for at in range(0, len(text), self.mock.chunk)]
        events: list[Body] = [{"choices": [{"index": 0, "delta": {"content": piece}}]} for piece in pieces]
        events.append({"choices": [{"index": 0, "delta": {}, "finish_reason": finish}]})
        events.append({"choices": [], "usage": usage})
        try:
            for number, event in enumerate(events):
                if number == break_after:
                    self.close_connection = True
                    return
                self._chunk(b"data: " + json.dumps({**head, **event}).encode() + b"\n\n")
                time.sleep(self.mock.chunk_pause_s)
            self._chunk(b"data: [DONE]\n\n")
            self._chunk(b"")
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the caller has heard enough

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        self.wfile.flush()

    def _allowed(self) -> bool:
        if self.mock.api_key and self.headers.get("authorization") != f"Bearer {self.mock.api_key}":
            self._send(401, b'{"error":{"message":"Unauthorized"}}')
            return False
        return True

    def _json(self, payload: Body) -> None:
        self._send(200, json.dumps(payload).encode(), {"content-type": "application/json"})

    def _send(self, status: int, data: bytes, headers: dict[str, str] | None = None) -> None:
        try:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the caller has stopped waiting

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: a test's output is the test's."""


def _head(body: Body, kind: str) -> Body:
    return {"id": "mock-1", "object": kind, "created": 0, "model": body["model"]}
