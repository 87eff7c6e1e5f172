"""Server-sent events: when they are wanted, and how one is written."""

EVENTS = "text/event-stream"


def event(name: str, json_data: str) -> str:
    return f"event: {name}\ndata: {json_data}\n\n"
