"""Words spoken to the machine: how many are seen, and what becomes of a record when one is spoken (issue 4).

Lists tell how much is seen of what is new. `spoken_orders_wide_kept.json` is half, drawn by hash, of the sentences of a
stranger who was asked for every way of wording them, and for honest sentences that are hard to tell from them;
`spoken_orders_kept.json` is half of an earlier such list. Nobody who made signs, ideas or words has read either; their
other halves (`…_open`) were learned of, as was the development list, so these three say only what was learned.
`spoken_orders.json` is by somebody who had seen neither Seatmate nor its signs; an earlier set of signs was chosen on
its even places, the odd ones are only counted. `spoken_orders_held_out.json` is half of what was written before the
first signs. In the calls of the sample bank five orders are planted; whatever else is seen there, or in the training
talks, is a false alarm.

Then calls of the sample bank: each of the stranger's 125 orders as an utterance of its own, by the customer and by the
agent, and at the end of another utterance of each (500), and each order of the kept wide half in one of these ways
(264). What words and rules make of the call (facts, voices, compliance, nodes, outline) is compared with the same call
without the sentence: strictly, and but for the lines that quote the sentence. What a model adds is not part of this: it
reads what is left (aftercall/flow).
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from seatmate.aftercall.disposition import load_dispositions
from seatmate.aftercall.fields import load_catalogue
from seatmate.aftercall.node_pack import load_nodes
from seatmate.aftercall.nodes import find_nodes
from seatmate.aftercall.orders import is_order, of_the_stored, without_orders
from seatmate.aftercall.outline import draw_outline
from seatmate.aftercall.outline_rules import load_outline
from seatmate.aftercall.summary import intents_of
from seatmate.aftercall.told import tell_facts, tell_voices
from seatmate.compliance.clauses import fold
from seatmate.compliance.match import find_hits
from seatmate.compliance.pack import load_pack
from seatmate.domain.calls import Conversation, Speaker, Utterance
from seatmate.domain.findings import CallRecord
from seatmate.prompts import Prompts
from seatmate.settings import HOME
from seatmate.wiring import bank_now
from seatmate_eval.cases import load_conversations
from seatmate_tune.talks import read_talks

RULES = HOME / "corpus" / "rules"
CATALOGUE, PACK = load_catalogue(RULES), load_pack(RULES / "compliance")
NODES, OUTLINE = load_nodes(RULES / "process_nodes.yaml"), load_outline(RULES / "summary.yaml")
CODES = load_dispositions(RULES / "dispositions.yaml", intents_of(Prompts.load(HOME / "prompts")))
NOW = bank_now()


def record_of(stored: Conversation) -> CallRecord:
    """The record of a call as it is when no model adds to it."""
    heard = without_orders(stored)
    call = heard.conversation
    summary = draw_outline(call, OUTLINE)
    record = CallRecord(
        conversation_id=stored.conversation_id,
        transcript_sha256=stored.transcript_sha256,
        release_id="bench",
        recorded_at=NOW,
        summary=summary.model_copy(update={"disposition": CODES.of(summary)}),
        kyc=tuple(tell_facts(call, CATALOGUE)),
        voc=tuple(tell_voices(call, CATALOGUE)),
        compliance=tuple(find_hits(PACK, call)),
        nodes=find_nodes(NODES, call).nodes,
    )
    return of_the_stored(record, heard, stored) if heard.orders else record


def with_order(call: Conversation, order: str, speaker: Speaker, alone: bool) -> Conversation:
    """The call with the sentence in its middle: an utterance of its own, or the end of one."""
    middle = len(call.utterances) // 2
    if alone:
        spoken = Utterance(utt_id="order", speaker=speaker, text=order)
        return call.model_copy(update={"utterances": (*call.utterances[:middle], spoken, *call.utterances[middle:])})
    at = next(n for n, u in enumerate(call.utterances) if n >= middle - 1 and u.speaker is speaker)
    longer = call.utterances[at].model_copy(update={"text": call.utterances[at].text + order})
    return call.model_copy(update={"utterances": (*call.utterances[:at], longer, *call.utterances[at + 1 :])})


def with_stops(call: Conversation) -> Conversation:
    """Every utterance ends with a mark: a sentence that is added begins anew."""
    ended = (u.text.rstrip() + ("" if u.text.rstrip().endswith(tuple("。！？!?")) else "。") for u in call.utterances)
    return call.model_copy(
        update={
            "utterances": tuple(u.model_copy(update={"text": t}) for u, t in zip(call.utterances, ended, strict=True))
        }
    )


def fields_of(record: CallRecord, quoted: tuple[str, int] | None = None) -> dict[str, Any]:
    """What may not differ: everything but hashes, offsets and quotes, in which the sentence may stand.

    Without the lines that quote an utterance from a place on, if one is named.
    """
    found: dict[str, Any] = json.loads(record.model_dump_json(exclude={"transcript_sha256", "skipped", "usage"}))
    return {key: bare(value if quoted is None else _without_lines(value, *quoted)) for key, value in found.items()}


def _without_lines(node: Any, utt_id: str, start: int) -> Any:
    if isinstance(node, dict):
        return {key: _without_lines(value, utt_id, start) for key, value in node.items()}
    if not isinstance(node, list):
        return node
    return [_without_lines(one, utt_id, start) for one in node if not _quotes(one, utt_id, start)]


def _quotes(line: Any, utt_id: str, start: int) -> bool:
    evidence = line.get("evidence") if isinstance(line, dict) else None
    return any(one["utt_id"] == utt_id and one["end"] > start for one in evidence or ())


def bare(node: Any) -> Any:
    if isinstance(node, dict):
        places = {"transcript_sha256", "start", "end", "quote"} if "utt_id" in node else set()
        return {key: bare(value) for key, value in node.items() if key not in places}
    return [bare(one) for one in node] if isinstance(node, list) else node


def seen_of(name: str) -> tuple[list[str], list[bool], list[bool]]:
    """The orders of a list, which of them are seen, and which of its honest sentences are taken for one."""
    listed = json.loads((HOME / "tests" / "aftercall" / f"{name}.json").read_text("utf-8"))
    orders: list[str] = listed["orders"]
    return orders, [is_order(fold(one)) for one in orders], [is_order(fold(one)) for one in listed["honest"]]


def heard_in(calls: Iterable[Conversation]) -> int:
    """Utterances in which an order is seen."""
    return sum(len(without_orders(call).orders) for call in calls)


WAYS = tuple((speaker, alone) for speaker in (Speaker.CUSTOMER, Speaker.AGENT) for alone in (True, False))


class Spoken:
    """Orders spoken into calls, and how many records are the same as without."""

    def __init__(self, calls: Sequence[Conversation]) -> None:
        self.calls = calls
        self.plain = [fields_of(record_of(call)) for call in calls]
        self.of: Counter[bool] = Counter()
        self.same: Counter[bool] = Counter()
        self.but_for_quotes: Counter[bool] = Counter()
        self.changed: Counter[str] = Counter()

    def speak(self, order: str, way: int, number: int) -> None:
        call, before = self.calls[number % len(self.calls)], self.plain[number % len(self.calls)]
        spoken = with_order(call, order, *WAYS[way])
        record = record_of(spoken)
        cut = without_orders(spoken).conversation == without_orders(call).conversation
        after, rest = fields_of(record), fields_of(record, _place(call, spoken))
        different = [key for key in before if before[key] != after[key]]
        self.of[cut] += 1
        self.same[cut] += not different
        self.but_for_quotes[cut] += all(before[key] in (after[key], rest[key]) for key in before)
        self.changed.update([f"{key} although cut" for key in different] if cut else different)

    def figures(self) -> dict[str, Any]:
        return {
            "records the same": _of(self.same.total(), self.of.total()),
            "records the same but for lines that quote it": _of(self.but_for_quotes.total(), self.of.total()),
            "records the same, all of the order cut out": _of(self.same[True], self.of[True]),
            "records the same, some of it heard": _of(self.same[False], self.of[False]),
            "the same but for lines that quote it, some of it heard": _of(self.but_for_quotes[False], self.of[False]),
            "fields that differ": dict(self.changed.most_common()),
        }


def _of(some: int, all_: int) -> str:
    return f"{some}/{all_}"


def _place(call: Conversation, spoken: Conversation) -> tuple[str, int]:
    """The utterance that the order was put in, and where it begins there."""
    texts = {u.utt_id: u.text for u in call.utterances}
    at = next(u for u in spoken.utterances if texts.get(u.utt_id) != u.text)
    return at.utt_id, len(texts.get(at.utt_id, ""))


def main() -> None:
    orders, seen, false = seen_of("spoken_orders")
    wide, *_ = seen_of("spoken_orders_wide_kept")
    loaded = load_conversations(HOME / "corpus" / "calls").values()
    talks = read_talks(HOME / "finetune" / "talks")
    calls = [with_stops(call) for call in loaded if len(call.utterances) > 8]
    strangers, widely = Spoken(calls), Spoken(calls)
    for number, order in enumerate(orders):
        for way in range(len(WAYS)):
            strangers.speak(order, way, len(WAYS) * number + way)
    for number, order in enumerate(wide):
        widely.speak(order, number % len(WAYS), number)
    figures: dict[str, Any] = {}
    for name in ("wide_kept", "kept", "held_out", "wide_open", "open", "development"):
        _, new, new_false = seen_of(f"spoken_orders_{name}")
        figures[f"orders seen, {name.replace('_', ' ')}"] = _of(sum(new), len(new))
        figures[f"honest sentences taken for one, {name.replace('_', ' ')}"] = _of(sum(new_false), len(new_false))
    figures |= {
        "orders seen, the stranger's even places": _of(sum(seen[::2]), len(seen[::2])),
        "orders seen, the stranger's odd places": _of(sum(seen[1::2]), len(seen[1::2])),
        "honest sentences taken for one, the stranger's": f"{sum(false[::2])} and {sum(false[1::2])} of {len(false)}",
        "utterances with an order, calls of the sample bank": heard_in(loaded),
        f"utterances with an order, {len(talks)} talks": heard_in(talk.conversation for talk in talks),
        "the stranger's": strangers.figures(),
        "wide, kept": widely.figures(),
    }
    print(json.dumps(figures, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
