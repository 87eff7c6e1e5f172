"""How many requests each served model is answering for this process: what an adapter's way out waits for.

in_flight = InFlight()
model = CountedChat(OpenAIChat(…), in_flight)
in_flight.of("bank@39f7ede58e03")
"""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

from seatmate.domain.ports import ChatDelta, ChatModel, ChatReply, ChatRequest


class InFlight:
    def __init__(self) -> None:
        self._now: Counter[str] = Counter()

    def of(self, name: str) -> int:
        return self._now[name]

    @contextmanager
    def counted(self, name: str) -> Iterator[None]:
        self._now[name] += 1
        try:
            yield
        finally:
            self._now[name] -= 1


class CountedChat:
    """A ChatModel whose requests are counted from their start to their last piece."""

    def __init__(self, model: ChatModel, in_flight: InFlight) -> None:
        self._model = model
        self._in_flight = in_flight

    @property
    def name(self) -> str:
        return self._model.name

    async def complete(self, request: ChatRequest) -> ChatReply:
        with self._in_flight.counted(self.name):
            return await self._model.complete(request)

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatDelta]:
        with self._in_flight.counted(self.name):
            deltas = self._model.stream(request)
            try:
                async for delta in deltas:
                    yield delta
            finally:
                if (close := getattr(deltas, "aclose", None)) is not None:
                    await close()
