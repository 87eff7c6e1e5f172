"""Gold is written by hand and checked by code; a wrong gold label is found."""

from datetime import date

from seatmate.domain.calls import Conversation
from seatmate.domain.knowledge import DocumentVersion, Validity
from seatmate.testing.call_contract import conversation
from seatmate_eval.cases import (
    AskCase,
    CallCase,
    NodesCase,
)
from seatmate_eval.faults import faults_of_calls, faults_of_figures, faults_of_nodes, repeated_ids
from seatmate_eval.suites import faults_of_the_suites, node_pack


def test_the_gold_of_the_shipped_suites_is_right() -> None:
    assert list(faults_of_the_suites()) == []


def rate_table(rate: str) -> dict[str, list[DocumentVersion]]:
    since = Validity.of_days(date(2026, 11, 9), None)
    version = DocumentVersion(
        "rate", "v1", "rate.md", "利率表", "费率表", (), ("retail",), since, None, None, rate
    )  # fmt: skip
    return {"rate": [version]}


def ask(figure: str, as_of: str = "2026-11-18T10:00:00+08:00") -> AskCase:
    return AskCase.model_validate(
        {
            "id": "ask/1", "question": "利率多少", "as_of": as_of, "kind": "lookup", "figures": [figure],
            "doc_ids": ["rate"], "status": "grounded", "source": "test", "reviewer": "test",
        }
    )  # fmt: skip


def test_a_gold_figure_must_stand_in_its_document_on_its_day() -> None:
    documents = rate_table("一年期年利率为1.40%。")
    assert list(faults_of_figures([ask("1.40%")], documents)) == []
    assert "stands in none" in next(faults_of_figures([ask("1.45%")], documents))
    assert "in force" in next(faults_of_figures([ask("1.40%", "2026-11-08T10:00:00+08:00")], documents))


def test_a_gold_quote_must_be_the_customers_exact_words() -> None:
    call = conversation("C-1", "您好，您是老师吗", "我在学校教书")
    gold = {"field": "occupation", "subject": "self", "polarity": "affirmed", "modality": "fact"}
    base = {"id": "aftercall/C-1", "conversation_id": "C-1", "source": "test", "reviewer": "test"}

    def faults(utt: str, quote: str) -> list[str]:
        case = CallCase.model_validate(base | {"kyc": [gold | {"utt": utt, "quote": quote}]})
        return list(faults_of_calls([case], {"C-1": call}))

    assert faults("u2", "在学校教书") == []
    assert "does not say" in faults("u2", "在学校工作")[0]
    assert "not the customer's" in faults("u1", "老师")[0]


def test_an_id_occurs_once() -> None:
    assert list(repeated_ids([ask("1%"), ask("1%")])) == ["ask/1: this id occurs twice"]


def test_gold_nodes_are_those_of_the_scenario_and_do_not_contradict_themselves() -> None:
    pack = node_pack()
    call = conversation("C-1").model_copy(update={"scenario": "inbound_service"})
    ids = [node.id for node in pack.scenarios["inbound_service"].nodes]

    def faults(conversations: dict[str, Conversation], ids: list[str], *said: str) -> list[str]:
        verdicts = {verdict: verdict in said for verdict in ("eligible", "attempted", "met")}
        case = NodesCase.model_validate(
            {
                "id": "nodes/C-1", "conversation_id": "C-1", "part": "counting", "source": "test", "reviewer": "test",
                "nodes": [{"node_id": node_id, **verdicts} for node_id in ids],
            }
        )  # fmt: skip
        return list(faults_of_nodes([case], conversations, pack))

    assert faults({"C-1": call}, ids, "eligible", "attempted") == []
    assert "met without an attempt" in faults({"C-1": call}, ids, "eligible", "met")[0]
    assert "not those of inbound_service" in faults({"C-1": call}, ids[1:], "eligible")[0]
    assert "has no nodes" in faults({"C-1": call.model_copy(update={"scenario": "collection"})}, ids)[0]
    assert "there is no conversation" in faults({}, ids)[0]
