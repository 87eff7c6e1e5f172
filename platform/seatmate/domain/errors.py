"""Every error that Seatmate raises on purpose.

    SeatmateError
    ├── BadInput                 what came in cannot be used; the sender can mend it
    │   ├── InvalidConversation
    │   └── UnreadableDocument
    ├── NotFound
    ├── Conflict                 the same id with different content
    ├── Overloaded               try again after `retry_after_s`
    ├── ModelUnavailable         the model server is down, slow or answers nonsense
    ├── StoreUnavailable         records or index cannot be reached
    ├── WebhookUnavailable       another system did not take an event; try again later
    ├── WebhookGone              it wants no more events
    └── Misconfigured            settings, models or prompts that cannot work together

Callers catch a family. A message says what was wanted, what was found and what to do; it echoes no customer's text.
"""


class SeatmateError(Exception):
    """Root of the tree. `code` is stable and machine-readable; `detail` is for people."""

    code = "SEATMATE_ERROR"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class BadInput(SeatmateError):
    code = "BAD_INPUT"


class InvalidConversation(BadInput):
    code = "INVALID_CONVERSATION"


class UnreadableDocument(BadInput):
    code = "UNREADABLE_DOCUMENT"


class NotFound(SeatmateError):
    code = "NOT_FOUND"


class Conflict(SeatmateError):
    code = "CONFLICT"


class Overloaded(SeatmateError):
    code = "OVERLOADED"

    def __init__(self, detail: str, retry_after_s: int = 2) -> None:
        super().__init__(detail)
        self.retry_after_s = retry_after_s


class ModelUnavailable(SeatmateError):
    code = "MODEL_UNAVAILABLE"


class StoreUnavailable(SeatmateError):
    code = "STORE_UNAVAILABLE"


class WebhookUnavailable(SeatmateError):
    code = "WEBHOOK_UNAVAILABLE"


class WebhookGone(SeatmateError):
    code = "WEBHOOK_GONE"


class Misconfigured(SeatmateError):
    code = "MISCONFIGURED"


def error_of(code: str, detail: str) -> SeatmateError:
    """The error that another process of ours raised, by its code."""
    return _BY_CODE.get(code, SeatmateError)(detail)


def _families(root: type[SeatmateError]) -> list[type[SeatmateError]]:
    return [root, *(family for child in root.__subclasses__() for family in _families(child))]


_BY_CODE = {family.code: family for family in _families(SeatmateError)}
