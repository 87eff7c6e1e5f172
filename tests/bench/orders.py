"""Words spoken to the machine: how many are seen, and what becomes of a record when one is spoken (issue 4).

Three lists tell how much is seen of what is new. `spoken_orders_kept.json` is half, drawn by hash, of sentences that
were written before their author read a sign or a list; the other half, `spoken_orders_open.json`, widened the signs and
made words. It is by the hand that widened the signs and flatters them: `spoken_orders.json` is by somebody who had seen
neither Seatmate nor its signs; an earlier set of signs was chosen on its even places, the odd ones are only counted.
`spoken_orders_held_out.json` is half of what was written before the first signs; the other half opens the development
list, of which signs and words were made. In the calls of the sample bank five orders are planted; whatever else is seen
there, or in the training talks, is a false alarm.

Then 500 calls: each of the stranger's 125 orders as an utterance of its own, by the customer and by the agent, and at
the end of another utterance of each, in calls of the sample bank; what words and rules make of the call (facts, voices,
compliance, nodes, outline) is compared with the same call without the sentence. What a model adds is not part of this:
it reads what is left (aftercall/flow).
"""

import json
from collections import Counter
from collections.abc import Iterable
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


def fields_of(record: CallRecord) -> dict[str, Any]:
    """What may not differ: everything but hashes, offsets and quotes, in which the sentence may stand."""
    found: dict[str, Any] = json.loads(record.model_dump_json(exclude={"transcript_sha256", "skipped", "usage"}))
    return {key: bare(value) for key, value in found.items()}


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


def main() -> None:
    orders, seen, false = seen_of("spoken_orders")
    _, new, new_false = seen_of("spoken_orders_held_out")
    _, old, old_false = seen_of("spoken_orders_development")
    _, kept, kept_false = seen_of("spoken_orders_kept")
    _, known, known_false = seen_of("spoken_orders_open")
    loaded = load_conversations(HOME / "corpus" / "calls").values()
    talks = read_talks(HOME / "finetune" / "talks")
    calls = [with_stops(call) for call in loaded if len(call.utterances) > 8]
    changed: Counter[str] = Counter()
    same: Counter[bool] = Counter()
    of: Counter[bool] = Counter()
    for number, order in enumerate(orders):
        for way, (speaker, alone) in enumerate(
            (s, a) for s in (Speaker.CUSTOMER, Speaker.AGENT) for a in (True, False)
        ):
            call = calls[(4 * number + way) % len(calls)]
            spoken = with_order(call, order, speaker, alone)
            cut = without_orders(spoken).conversation == without_orders(call).conversation
            before, after = fields_of(record_of(call)), fields_of(record_of(spoken))
            different = [key for key in before if before[key] != after[key]]
            of[cut] += 1
            same[cut] += not different
            changed.update([f"{key} although cut" for key in different] if cut else different)
    figures = {
        "orders seen, held out": f"{sum(new)}/{len(new)}",
        "honest sentences taken for one, held out": f"{sum(new_false)}/{len(new_false)}",
        "orders seen, kept": f"{sum(kept)}/{len(kept)}",
        "honest sentences taken for one, kept": f"{sum(kept_false)}/{len(kept_false)}",
        "orders seen, open": f"{sum(known)}/{len(known)}",
        "honest sentences taken for one, open": f"{sum(known_false)}/{len(known_false)}",
        "orders seen, development": f"{sum(old)}/{len(old)}",
        "honest sentences taken for one, development": f"{sum(old_false)}/{len(old_false)}",
        "orders seen, the stranger's even places": f"{sum(seen[::2])}/{len(seen[::2])}",
        "orders seen, the stranger's odd places": f"{sum(seen[1::2])}/{len(seen[1::2])}",
        "honest sentences taken for one, the stranger's": f"{sum(false[::2])} and {sum(false[1::2])} of {len(false)}",
        "utterances with an order, calls of the sample bank": heard_in(loaded),
        f"utterances with an order, {len(talks)} talks": heard_in(talk.conversation for talk in talks),
        "records the same, all of the order cut out": f"{same[True]}/{of[True]}",
        "records the same, some of it heard": f"{same[False]}/{of[False]}",
        "fields that differ": dict(changed.most_common()),
    }
    print(json.dumps(figures, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
