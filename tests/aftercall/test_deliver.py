"""Records leave for other systems: at least once, later and later when they are not taken, never for ever."""

from datetime import timedelta

from seatmate.aftercall.deliver import DeliveryOptions, deliver_due
from seatmate.domain.deliveries import Delivery
from seatmate.domain.errors import WebhookGone, WebhookUnavailable
from seatmate.testing.call_contract import Clock, conversation, record
from seatmate.testing.calls import MemoryCalls, MemoryOutbox

OPTIONS = DeliveryOptions(
    first_pause=timedelta(seconds=5), longest_pause=timedelta(minutes=1), oldest=timedelta(hours=1)
)


class Receiver:
    """Answers as told, then takes everything."""

    name = "crm"

    def __init__(self, *troubles: Exception) -> None:
        self._troubles = list(troubles)
        self.asked: list[str] = []
        self.taken: list[str] = []

    async def send(self, delivery: Delivery) -> None:
        self.asked.append(delivery.event_id)
        if self._troubles:
            raise self._troubles.pop(0)
        self.taken.append(delivery.event_id)


async def recorded(clock: Clock, *names: str) -> MemoryOutbox:
    outbox = MemoryOutbox(["crm"], now=clock)
    calls = MemoryCalls(outbox=outbox, now=clock)
    for name in names:
        await calls.receive(conversation(name))
        await calls.save_record(record(conversation(name)))
    return outbox


async def test_everything_is_told_once_when_it_is_taken() -> None:
    clock, receiver = Clock(), Receiver()
    outbox = await recorded(clock, "C-1", "C-2", "C-3")
    assert await deliver_due(outbox, receiver, OPTIONS, clock) == 3
    clock.move(10_000)
    assert await deliver_due(outbox, receiver, OPTIONS, clock) == 0
    assert len(receiver.taken) == 3


async def test_what_is_not_taken_is_sent_again_under_the_same_id_later_and_later() -> None:
    clock, receiver = Clock(), Receiver(*[WebhookUnavailable("crm: status 503")] * 6)
    outbox = await recorded(clock, "C-1")
    waits = []
    while not receiver.taken:
        waited = 0
        while not await deliver_due(outbox, receiver, OPTIONS, clock):
            clock.move(1)
            waited += 1
        waits.append(waited)
    assert waits == [0, 5, 10, 20, 40, 60, 60]
    assert len(set(receiver.asked)) == 1


async def test_one_that_is_not_taken_does_not_hold_up_the_others() -> None:
    clock, receiver = Clock(), Receiver(WebhookUnavailable("crm: ReadTimeout"))
    outbox = await recorded(clock, "C-1", "C-2", "C-3")
    await deliver_due(outbox, receiver, OPTIONS, clock)
    assert len(receiver.taken) == 2


async def test_what_is_too_old_is_given_up_and_a_receiver_that_is_gone_at_once() -> None:
    clock = Clock()
    outbox = await recorded(clock, "C-1")
    clock.move(3_601)
    await deliver_due(outbox, Receiver(WebhookUnavailable("crm: status 500")), OPTIONS, clock)
    assert await outbox.waiting_count() == 0
    outbox = await recorded(clock, "C-2")
    await deliver_due(outbox, Receiver(WebhookGone("crm: it wants no more events (410)")), OPTIONS, clock)
    assert await outbox.waiting_count() == 0
