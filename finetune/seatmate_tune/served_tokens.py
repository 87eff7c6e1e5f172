"""The token ids that a running vLLM makes of a chat: its `/tokenize`, with its own copy of the template."""

import json
import urllib.error
import urllib.request
from collections.abc import Sequence

from seatmate.domain.errors import ModelUnavailable
from seatmate.domain.ports import Message
from seatmate_tune.refusals import Tokenize

_TIMEOUT_S = 60


def tokenize_at(server: str, model: str) -> Tokenize:
    """`server` is the address without /v1. ModelUnavailable when it does not answer."""

    def tokenize(messages: Sequence[Message]) -> list[int]:
        chat = [{"role": m.role, "content": m.content} for m in messages]
        body = {"model": model, "messages": chat, "add_generation_prompt": True}
        asked = urllib.request.Request(
            f"{server.rstrip('/')}/tokenize", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(asked, timeout=_TIMEOUT_S) as answer:
                return [int(token) for token in json.loads(answer.read())["tokens"]]
        except (urllib.error.URLError, OSError, ValueError, KeyError) as error:
            raise ModelUnavailable(f"{server}/tokenize does not answer: {error}") from error

    return tokenize
