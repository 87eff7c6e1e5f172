"""Logs as one JSON object a line, with ids to find a conversation by and without anything that was said in it.

Personal numbers in a message become tokens. Of an exception only its type and its place are kept, and the detail of
Seatmate's own errors, which never echo a customer: the text of other errors may.
"""

import json
import logging
import traceback
from datetime import UTC, datetime
from typing import Any

from seatmate.domain.errors import SeatmateError
from seatmate.domain.redaction import redact

IDS = ("trace_id", "conversation_id", "answer_id", "release_id", "step")
"""What `logger.info(…, extra={…})` may add to a line."""


class JsonLines(logging.Formatter):
    """The formatter; redaction is part of it, so that no handler can be without."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": redact(record.getMessage()).text,
        }
        line |= {name: str(getattr(record, name)) for name in IDS if hasattr(record, name)}
        if record.exc_info and record.exc_info[1] is not None:
            line |= _told(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False)


def _told(error: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)
    told: dict[str, Any] = {
        "error": type(error).__name__,
        "at": [f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} {frame.name}" for frame in frames[-5:]],
    }
    if isinstance(error, SeatmateError):
        told["detail"] = redact(error.detail).text
    return told


def start_logging(level: str) -> None:
    """Once, by a door: everything goes to standard error through JsonLines."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    # These log addresses and bodies of requests at INFO.
    for chatty in ("httpx", "httpx2", "httpcore", "openai"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
