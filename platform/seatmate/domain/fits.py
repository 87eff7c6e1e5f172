"""Does a value fit a JSON schema, as far as the schemas in prompts/ go? What does not could never be decoded."""

from collections.abc import Mapping
from typing import Any

_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "boolean": bool,
    "number": (int, float),
}


def misfit(schema: Mapping[str, Any], value: Any, place: str = "") -> str:
    """Where a value does not fit and why, without the value itself; empty: it fits."""
    wanted = _TYPES.get(str(schema.get("type", "")))
    if wanted is not None and (not isinstance(value, wanted) or (wanted is int and isinstance(value, bool))):
        return f"{place or 'it'} is no {schema['type']}"
    if "enum" in schema and value not in schema["enum"]:
        return f"{place} is none of the schema's values"
    if isinstance(value, dict):
        return _object_misfit(schema, value, place)
    if isinstance(value, list):
        return _array_misfit(schema, value, place)
    if isinstance(value, str) and len(value) > schema.get("maxLength", len(value)):
        return f"{place} has {len(value)} characters, at most {schema['maxLength']}"
    number = isinstance(value, int) and not isinstance(value, bool)
    if number and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        return f"{place} is out of range"
    return ""


def _object_misfit(schema: Mapping[str, Any], value: Mapping[str, Any], place: str) -> str:
    known: Mapping[str, Any] = schema.get("properties", {})
    if missing := [key for key in schema.get("required", ()) if key not in value]:
        return f"{place or 'it'} lacks {missing[0]}"
    for key, part in value.items():
        if key not in known:
            if schema.get("additionalProperties") is False:
                return f"{place or 'it'} has a key too many"
        elif why := misfit(known[key], part, f"{place}.{key}".lstrip(".")):
            return why
    return ""


def _array_misfit(schema: Mapping[str, Any], value: list[Any], place: str) -> str:
    least, most = schema.get("minItems", 0), schema.get("maxItems", len(value))
    if not least <= len(value) <= most:
        return f"{place} has {len(value)} items, the schema takes {least} to {most}"
    found = (misfit(schema.get("items", {}), part, f"{place}[{n}]") for n, part in enumerate(value))
    return next(filter(None, found), "")
