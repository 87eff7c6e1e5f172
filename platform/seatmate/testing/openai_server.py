"""A small OpenAI-compatible server on loopback, in a thread: a real socket for adapters to be tested and timed against.

    with OpenAIServer(lambda body: "你好") as server:
        OpenAIChat(server.base_url, "key", "mock")

Answers /v1/models, /v1/chat/completions (streamed or not), /v1/embeddings and /v1/rerank; counts one token per
character. It does not know of chat templates, and obeys no schema. `fail_with` makes the next requests fail on purpose.
With `loras` it takes and drops adapters at run time as vLLM does, and tells in /metrics which are being answered by.
"""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

Body = dict[str, Any]

_ON_PURPOSE = b'{"error":{"message":"on purpose","type":"test"}}'


@dataclass
class Trouble:
    """One bad moment of the server."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    """Answer this, with 200 too, and not what was asked for."""
    wait_s: float = 0.0
    """Wait before answering at all."""
    drip_s: float = 0.0
    """Wait before every byte of `body`."""
    break_after: int | None = None
    """Close the connection after so many chunks of a stream."""


def lengths(text: str) -> list[float]:
    """An embedding for tests that only look at which text a vector belongs to."""
    return [float(len(text)), 1.0]


def shared_letters(query: str, text: str) -> float:
    """A relevance for tests: the share of the query's characters that the text has."""
    return len(set(query) & set(text)) / len(set(query)) if query else 0.0


class OpenAIServer:
    """`last_first`: rows of embeddings and reranks come in reverse order, their indices right."""

    def __init__(
        self,
        reply: Callable[[Body], str] = lambda body: "",
        *,
        embed: Callable[[str], Sequence[float]] = lengths,
        rerank: Callable[[str, str], float] = shared_letters,
        last_first: bool = False,
        api_key: str = "",
        models: tuple[str, ...] = ("mock",),
        chunk: int = 1,
        chunk_pause_s: float = 0.0,
        loras: dict[str, str] | None = None,
    ) -> None:
        self.reply = reply
        self.embed = embed
        self.rerank = rerank
        self.last_first = last_first
        self.api_key = api_key
        self.models = models
        self.chunk = chunk
        self.chunk_pause_s = chunk_pause_s
        self.loras = loras
        """Folder by name; None: no adapter is taken."""
        self.answering: Counter[str] = Counter()
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
        """The next requests that post something meet these, one each."""
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
        elif self._allowed() and self.path == "/metrics":
            self._send(200, self._metrics().encode())
        elif self._allowed():
            served = dict.fromkeys(self.mock.models, "") | (self.mock.loras or {})
            rows = [{"id": name, "object": "model", "root": root} for name, root in served.items()]
            self._json({"object": "list", "data": rows})

    def _metrics(self) -> str:
        busy = [name for name, count in self.mock.answering.items() if count]
        gauge = f'vllm:lora_requests_info{{running_lora_adapters="{",".join(busy)}",waiting_lora_adapters=""}}'
        return f'vllm:num_requests_running{{engine="0"}} {len(busy)}\n{gauge} {time.time()}\n'

    def do_POST(self) -> None:
        body: Body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if not self._allowed():
            return
        self.mock.bodies.append(body)
        trouble = self.mock.troubles.pop(0) if self.mock.troubles else Trouble()
        time.sleep(trouble.wait_s)
        if trouble.status != 200 or trouble.body is not None:
            self._send(
                trouble.status, _ON_PURPOSE if trouble.body is None else trouble.body, trouble.headers, trouble.drip_s
            )
        elif self.path.endswith("/embeddings"):
            self._embed(body)
        elif self.path.endswith("/rerank"):
            self._rerank(body)
        elif self.path.endswith("/chat/completions"):
            self._answer(body, trouble)
        elif self.path.endswith("_lora_adapter") and self.mock.loras is not None:
            self._change_loras(self.mock.loras, body)
        else:
            self._send(404, b'{"error":{"message":"no such path"}}')

    def _embed(self, body: Body) -> None:
        texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
        rows = [
            {"object": "embedding", "index": at, "embedding": list(self.mock.embed(t))} for at, t in enumerate(texts)
        ]
        tokens = sum(map(len, texts))
        usage = {"prompt_tokens": tokens, "total_tokens": tokens}
        self._json({"object": "list", "model": body["model"], "data": self._ordered(rows), "usage": usage})

    def _rerank(self, body: Body) -> None:
        scores = [self.mock.rerank(body["query"], text) for text in body["documents"]]
        rows = [{"index": at, "relevance_score": score} for at, score in enumerate(scores)]
        rows.sort(key=lambda row: -row["relevance_score"])
        self._json({"model": body["model"], "results": self._ordered(rows[: body.get("top_n", len(rows))])})

    def _ordered(self, rows: list[Body]) -> list[Body]:
        return rows[::-1] if self.mock.last_first else rows

    def _answer(self, body: Body, trouble: Trouble) -> None:
        if self.mock.loras is not None and body["model"] not in (*self.mock.models, *self.mock.loras):
            self._send(404, b'{"error":{"message":"no such model"}}')
            return
        self.mock.answering[body["model"]] += 1
        try:
            self._complete(body, trouble)
        finally:
            self.mock.answering[body["model"]] -= 1

    def _change_loras(self, loras: dict[str, str], body: Body) -> None:
        name, loads = body["lora_name"], self.path.endswith("/load_lora_adapter")
        if loads == (name in loras):
            known = b'{"error":{"message":"it has already been loaded"}}'
            self._send(400 if loads else 404, known if loads else b'{"error":{"message":"adapter not found"}}')
            return
        if loads:
            loras[name] = body["lora_path"]
        else:
            del loras[name]
        self._send(200, b"Success")

    def _complete(self, body: Body, trouble: Trouble) -> None:
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

    def _send(self, status: int, data: bytes, headers: dict[str, str] | None = None, drip_s: float = 0.0) -> None:
        try:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            for piece in (data[at : at + 1] for at in range(len(data))) if drip_s else (data,):
                time.sleep(drip_s)
                self.wfile.write(piece)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # the caller has stopped waiting

    def log_message(self, format: str, *args: Any) -> None:
        """Silent: a test's output is the test's."""


def _head(body: Body, kind: str) -> Body:
    return {"id": "mock-1", "object": kind, "created": 0, "model": body["model"]}
