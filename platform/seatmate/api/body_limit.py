"""Refuse a body that is too large before it is read into memory, whether or not it announces its length."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seatmate.api.problems import problem


class BodyTooLarge(Exception):
    """More bytes came than the door takes."""


class BodyLimit:
    """ASGI middleware: at most `max_bytes` a request, else 413."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._max = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if not announced.isdigit() or int(announced) > self._max:
            await self._refuse(scope, receive, send)
            return
        taken = 0
        answered = False

        async def limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._max:
                raise BodyTooLarge
            return message

        async def watched(message: Message) -> None:
            nonlocal answered
            answered = answered or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, limited, watched)
        except BodyTooLarge:
            if not answered:
                await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        detail = f"A request may have at most {self._max} bytes."
        await problem(413, "BODY_TOO_LARGE", "The body is too large", detail)(scope, receive, send)
