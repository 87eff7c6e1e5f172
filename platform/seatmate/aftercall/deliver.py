"""Records leave for the bank's other systems: what is due is sent, what fails is sent again, later and later.

At least once and in no order: an event keeps its id, and says when it happened. Knows nothing of HTTP and SQL.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from seatmate.domain.call_ports import Outbox, Webhook
from seatmate.domain.deliveries import Delivery
from seatmate.domain.errors import WebhookGone, WebhookUnavailable

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class DeliveryOptions:
    batch: int = 20
    """Sent at the same time to one webhook."""
    first_pause: timedelta = timedelta(seconds=5)
    longest_pause: timedelta = timedelta(hours=1)
    oldest: timedelta = timedelta(days=3)
    """Older than that, an event is given up; it stays in the outbox with its reason."""


async def deliver_due(outbox: Outbox, webhook: Webhook, options: DeliveryOptions, now: Callable[[], datetime]) -> int:
    """Send one batch of what is due; returns how many were taken from the outbox."""
    due = await outbox.take_due(webhook.name, options.batch)
    await asyncio.gather(*(_deliver(outbox, webhook, delivery, options, now) for delivery in due))
    return len(due)


async def _deliver(
    outbox: Outbox, webhook: Webhook, delivery: Delivery, options: DeliveryOptions, now: Callable[[], datetime]
) -> None:
    try:
        await webhook.send(delivery)
    except WebhookGone as error:
        await outbox.give_up(delivery, error.detail)
    except WebhookUnavailable as error:
        if now() - delivery.happened_at > options.oldest:
            await outbox.give_up(delivery, error.detail)
            log.error("event given up: %s", error.detail, extra={"conversation_id": delivery.record.conversation_id})
        else:
            pause = min(options.first_pause * 2 ** min(delivery.attempts, 20), options.longest_pause)
            await outbox.postpone(delivery, error.detail, now() + pause)
    else:
        await outbox.delivered(delivery)
