"""The mock upstream: what tests and benchmarks lean on."""

import json
import urllib.error
import urllib.request

import pytest

from seatmate.testing.openai_server import OpenAIServer, Trouble


def get(url: str, key: str = "", body: dict[str, object] | None = None) -> bytes:
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(url, data, {"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        content: bytes = answer.read()
    return content


BODY: dict[str, object] = {"model": "mock", "messages": [{"role": "user", "content": "问"}], "max_tokens": 9}


def test_it_lists_its_models() -> None:
    with OpenAIServer(lambda body: "", models=("a", "b")) as server:
        listed = json.loads(get(f"{server.base_url}/models"))
    assert [model["id"] for model in listed["data"]] == ["a", "b"]


def test_the_reply_is_made_from_the_body() -> None:
    with OpenAIServer(lambda body: body["messages"][0]["content"] * 2) as server:
        whole = json.loads(get(f"{server.base_url}/chat/completions", body=BODY))
    assert whole["choices"][0]["message"]["content"] == "问问"


def test_a_wrong_key_is_refused() -> None:
    with (
        OpenAIServer(lambda body: "", api_key="right") as server,
        pytest.raises(urllib.error.HTTPError, match="401") as raised,
    ):
        get(f"{server.base_url}/models", "wrong")
    raised.value.close()


def test_trouble_lasts_for_one_request() -> None:
    with OpenAIServer(lambda body: "好") as server:
        server.fail_with(Trouble(500))
        with pytest.raises(urllib.error.HTTPError, match="500") as raised:
            get(f"{server.base_url}/chat/completions", body=BODY)
        raised.value.close()
        assert get(f"{server.base_url}/chat/completions", body=BODY)


def test_a_stream_ends_with_usage_and_done() -> None:
    with OpenAIServer(lambda body: "好的") as server:
        lines = get(f"{server.base_url}/chat/completions", body={**BODY, "stream": True}).decode().split("\n\n")
    assert lines[-2] == "data: [DONE]"
    assert json.loads(lines[-3].removeprefix("data: "))["usage"]["completion_tokens"] == 2
