"""A webhook of the bank's: what it is sent, how it is signed, and what its answers mean."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from seatmate.adapters.webhook import HttpWebhook
from seatmate.domain.deliveries import Delivery, EventType, event_id_of
from seatmate.domain.errors import WebhookGone, WebhookUnavailable
from seatmate.testing.call_contract import NOON, conversation, record

SECRET = b"a-secret-that-both-sides-have"
NOW = datetime(2026, 11, 9, 12, 0, 5, tzinfo=UTC)


class Receiver:
    """Another system: keeps what it is sent and answers with `status`."""

    def __init__(self) -> None:
        self.status = 200
        self.got: list[tuple[dict[str, str], bytes]] = []
        receiver = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(receiver.status)
                if receiver.status == 302:
                    self.send_header("location", f"{receiver.url}/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing is printed."""

        self._server = HTTPServer(("127.0.0.1", 0), Door)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.stop()


@pytest.fixture
async def webhook(receiver: Receiver) -> AsyncIterator[HttpWebhook]:
    webhook = HttpWebhook("crm", f"{receiver.url}/events", SECRET, now=lambda: NOW)
    yield webhook
    await webhook.aclose()


def delivery() -> Delivery:
    told = record(conversation())
    return Delivery(event_id_of(told), "crm", EventType.CALL_RECORDED, NOON, 0, "K-1", "A-1", told)


async def test_a_receiver_can_check_who_sent_it_and_when(receiver: Receiver, webhook: HttpWebhook) -> None:
    await webhook.send(delivery())
    [(headers, body)] = receiver.got
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    wanted = base64.b64encode(hmac.new(SECRET, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{wanted}"
    assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))


async def test_the_event_is_the_record_with_whose_it_is(receiver: Receiver, webhook: HttpWebhook) -> None:
    await webhook.send(delivery())
    [(headers, body)] = receiver.got
    event = json.loads(body)
    assert (event["type"], event["timestamp"]) == ("call.recorded", NOON.isoformat())
    assert event["data"]["customer_id"] == "K-1"
    assert event["data"]["record"] == record(conversation()).model_dump(mode="json")
    assert headers["webhook-id"] == event_id_of(record(conversation()))


@pytest.mark.parametrize("status", [302, 400, 401, 429, 500, 503])
async def test_what_is_not_taken_can_be_sent_again(status: int, receiver: Receiver, webhook: HttpWebhook) -> None:
    receiver.status = status
    with pytest.raises(WebhookUnavailable, match=f"status {status}"):
        await webhook.send(delivery())
    assert len(receiver.got) == 1, "a record goes where it was configured to go and nowhere else"


async def test_a_receiver_that_is_gone_wants_no_more(receiver: Receiver, webhook: HttpWebhook) -> None:
    receiver.status = 410
    with pytest.raises(WebhookGone):
        await webhook.send(delivery())


async def test_a_receiver_that_does_not_answer_is_unavailable() -> None:
    nobody = HttpWebhook("crm", "http://127.0.0.1:9", SECRET, timeout_s=0.5, now=lambda: NOW)
    with pytest.raises(WebhookUnavailable, match="ConnectError"):
        await nobody.send(delivery())
    await nobody.aclose()
