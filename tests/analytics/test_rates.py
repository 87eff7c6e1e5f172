"""Rates over records count each call once, say what they leave out, and group by agent, team or week."""

from datetime import UTC, datetime, timedelta

import pytest

from seatmate.aftercall.node_pack import load_nodes
from seatmate.aftercall.nodes import find_nodes
from seatmate.analytics.rates import EVERYBODY, NO_TEAM, By, NotCounted, node_rates
from seatmate.domain.calls import Channel, Conversation, Direction, Speaker, Utterance
from seatmate.domain.findings import CallRecord, Summary
from seatmate.domain.nodes import NodeRate
from seatmate.settings import HOME

PACK = load_nodes(HOME / "corpus" / "rules" / "process_nodes.yaml")
MONDAY = datetime(2026, 11, 9, 2, tzinfo=UTC)
POLITE = ("您好，我是远川银行客户经理，工号202，请问是高女士吗？", "是我，你说。")
RUDE = ("喂，高女士，您那笔钱到期了。", "哪个？")


def call(
    conversation_id: str,
    said: tuple[str, ...],
    agent: str = "A-1",
    at: datetime = MONDAY,
    scenario: str = "outbound_maturity",
) -> Conversation:
    speakers = (Speaker.AGENT, Speaker.CUSTOMER)
    utterances = tuple(Utterance(utt_id=f"u{n}", speaker=speakers[n % 2], text=text) for n, text in enumerate(said))
    return Conversation(
        conversation_id=conversation_id, channel=Channel.PHONE, direction=Direction.OUTBOUND, scenario=scenario,
        started_at=at, agent_id=agent, customer_id="K-1", utterances=utterances,
    )  # fmt: skip


def record(conversation: Conversation, at: datetime = MONDAY) -> CallRecord:
    return CallRecord(
        conversation_id=conversation.conversation_id,
        transcript_sha256=conversation.transcript_sha256,
        release_id="rel",
        recorded_at=at,
        summary=Summary(),
        nodes=find_nodes(PACK, conversation).nodes,
    )


CALLS = {
    conversation.conversation_id: conversation
    for conversation in (
        call("C-1", POLITE),
        call("C-2", RUDE, at=MONDAY + timedelta(days=7)),
        call("C-3", POLITE, agent="A-2"),
        call("C-4", RUDE, agent="A-3"),
    )
}
TEAMS = {"A-1": "一组", "A-2": "一组"}


def rates(by: By, node_id: str = "identity") -> dict[str, NodeRate]:
    found = node_rates([record(c) for c in CALLS.values()], CALLS, by, TEAMS)
    assert (found.calls, found.left_out) == (4, ())
    return {rate.group: rate for rate in found.rates if rate.node_id == node_id}


@pytest.mark.parametrize(
    ("by", "met"),
    [
        (By.ALL, {EVERYBODY: (2, 4)}),
        (By.AGENT, {"A-1": (1, 2), "A-2": (1, 1), "A-3": (0, 1)}),
        (By.TEAM, {"一组": (2, 3), NO_TEAM: (0, 1)}),
        (By.WEEK, {"2026-W46": (2, 3), "2026-W47": (0, 1)}),
    ],
)
def test_calls_are_counted_in_their_group(by: By, met: dict[str, tuple[int, int]]) -> None:
    assert {group: (rate.met.count, rate.met.of) for group, rate in rates(by).items()} == met


def test_nodes_stand_in_the_order_of_the_pack() -> None:
    found = node_rates([record(CALLS["C-1"])], CALLS, By.ALL, {})
    assert [rate.node_id for rate in found.rates] == [n.id for n in PACK.scenarios["outbound_maturity"].nodes]


def test_every_figure_has_its_interval() -> None:
    rate = rates(By.ALL)[EVERYBODY]
    assert rate.met.low < 0.5 < rate.met.high


def test_a_node_that_never_applied_has_no_share() -> None:
    assert rates(By.AGENT, "suitability")["A-1"].met.share is None


def test_what_is_not_counted_is_named() -> None:
    unknown, changed, other = (
        call("C-7", POLITE),
        call("C-1", (*POLITE, "好的。")),
        call("C-8", POLITE, scenario="collection"),
    )
    again = record(CALLS["C-2"], MONDAY + timedelta(hours=1))
    found = node_rates(
        [record(unknown), record(changed), record(other), record(CALLS["C-2"]), again],
        {**CALLS, "C-8": other},
        By.ALL,
        TEAMS,
    )
    assert found.calls == 1
    assert {(out.conversation_id, out.reason) for out in found.left_out} == {
        ("C-7", NotCounted.CONVERSATION_MISSING),
        ("C-1", NotCounted.TRANSCRIPT_CHANGED),
        ("C-8", NotCounted.NO_NODES),
        ("C-2", NotCounted.SUPERSEDED),
    }
