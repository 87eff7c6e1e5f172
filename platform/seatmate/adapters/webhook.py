"""A webhook of the bank's: events posted and signed as Standard Webhooks 1.0 has it.

Headers `webhook-id` (the same at every attempt), `webhook-timestamp` (seconds) and `webhook-signature`, `v1,` and the
base64 of HMAC-SHA256 over `id.timestamp.body`. A receiver checks the signature, refuses old timestamps and drops ids
that it has seen. Redirects are not followed: a record goes where it was configured to go and nowhere else.
"""

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime

import httpx

from seatmate.domain.deliveries import Delivery
from seatmate.domain.errors import WebhookGone, WebhookUnavailable

_GONE = 410


class HttpWebhook:
    """One receiver. `secret` is shared with it."""

    def __init__(
        self, name: str, url: str, secret: bytes, *, timeout_s: float = 10.0, now: Callable[[], datetime]
    ) -> None:
        self.name = name
        self._url = url
        self._secret = secret
        self._now = now
        self._http = httpx.AsyncClient(timeout=timeout_s, follow_redirects=False, trust_env=False)

    async def send(self, delivery: Delivery) -> None:
        body = delivery.body().encode()
        at = str(int(self._now().timestamp()))
        headers = {
            "content-type": "application/json",
            "webhook-id": delivery.event_id,
            "webhook-timestamp": at,
            "webhook-signature": signature(self._secret, delivery.event_id, at, body),
        }
        try:
            reply = await self._http.post(self._url, content=body, headers=headers)
        except httpx.HTTPError as error:
            raise WebhookUnavailable(f"{self.name}: {type(error).__name__}") from error
        if reply.status_code == _GONE:
            raise WebhookGone(f"{self.name}: it wants no more events (410)")
        if not reply.is_success:
            raise WebhookUnavailable(f"{self.name}: status {reply.status_code}")

    async def aclose(self) -> None:
        await self._http.aclose()


def signature(secret: bytes, event_id: str, timestamp: str, body: bytes) -> str:
    signed = hmac.new(secret, f"{event_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(signed).decode()}"
