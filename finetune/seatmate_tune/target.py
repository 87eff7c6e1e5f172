"""How a wanted answer is written: compact JSON, as serving's grammar decodes it."""

import json
from collections.abc import Mapping
from typing import Any


def compact(wanted: Mapping[str, Any]) -> str:
    """Keys in the order given, which is the schema's."""
    return json.dumps(wanted, ensure_ascii=False, separators=(",", ":"))
