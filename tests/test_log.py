"""A log line finds a conversation and tells nothing that was said in it."""

import json
import logging
import sys

from seatmate.domain.errors import ModelUnavailable
from seatmate.log import JsonLines


def line(message: str, error: Exception | None = None, **extra: str) -> dict[str, object]:
    record = logging.LogRecord("seatmate", logging.INFO, "worker.py", 1, message, (), None)
    record.__dict__.update(extra)
    if error is not None:
        try:
            raise error
        except type(error):
            record.exc_info = sys.exc_info()
    told: dict[str, object] = json.loads(JsonLines().format(record))
    return told


def test_a_personal_number_in_a_message_is_a_token() -> None:
    assert line("来电13800138000，密码是123456")["message"] == "来电⟦PHONE⟧，密码是⟦SECRET⟧"


def test_only_ids_may_be_added() -> None:
    told = line("x", conversation_id="C-1", transcript="客户说了什么")
    assert told["conversation_id"] == "C-1"
    assert "transcript" not in told


def test_a_foreign_error_is_told_by_type_and_place_alone() -> None:
    told = line("x", ValueError("客户说：我儿子明年结婚"))
    assert told["error"] == "ValueError"
    assert "结婚" not in json.dumps(told, ensure_ascii=False)


def test_an_own_error_says_what_it_has_to_say() -> None:
    assert line("x", ModelUnavailable("the server is down"))["detail"] == "the server is down"
