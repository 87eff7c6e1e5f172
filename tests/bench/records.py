"""How much of what the gold names is in the records, and how much of the records the gold names: KYC and VOC (issue 4).

    python -m tests.bench.records            words alone, no model
    python -m tests.bench.records --model    with the model's picks too: of the engine that SEATMATE_ENGINE__* name, or
                                             of one started for it where they name none

The calls fall into `old` ones, on which the wide cues were written, and `new` ones. The words that tell by themselves
were written on the training talks of other banks (finetune/talks) by people who had not read either. Intervals are
95 %, bootstrapped over calls. Gold is one reader's: what a finding says and the gold does not may be true all the same,
so `--false` lists such findings for a second reader. `certain` are those that reach the customer's timeline, the brief
and other systems (aftercall/certainty.py); the rest are to be confirmed.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from seatmate.adapters.langchain_chat import LangChainChat, open_langchain
from seatmate.aftercall.disposition import load_dispositions
from seatmate.aftercall.fields import Catalogue, load_catalogue
from seatmate.aftercall.flow import Aftercall
from seatmate.aftercall.node_pack import load_nodes
from seatmate.aftercall.outline_rules import load_outline
from seatmate.aftercall.summary import intents_of
from seatmate.aftercall.told import tell_facts, tell_voices
from seatmate.compliance.pack import load_pack
from seatmate.domain.calls import Conversation
from seatmate.domain.findings import CallRecord, KycFact, StepUsage, VocItem
from seatmate.prompts import Prompts
from seatmate.serving.engine import Endpoint, Engine
from seatmate.settings import HOME, Settings
from seatmate.testing.calls import MemoryCalls
from seatmate.testing.stores import MemoryKnowledge
from seatmate.wiring import bank_now
from seatmate_eval.cases import CallCase, load_cases, load_conversations
from seatmate_eval.metrics.compliance import part_of
from seatmate_eval.metrics.findings import Compared, Score, compare_facts, compare_voices, facts_of, interval, voices_of

Findings = tuple[Sequence[KycFact], Sequence[VocItem]]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--model", action="store_true", help="let the served model add its picks")
    options.add_argument("--false", action="store_true", help="list what the gold does not name")
    options.add_argument("--missed", action="store_true", help="list what was not found in the old calls")
    asked = options.parse_args()
    calls = load_conversations(HOME / "corpus" / "calls")
    cases = [
        c for path in sorted((HOME / "eval" / "suites").glob("aftercall-*.jsonl")) for c in load_cases(path, CallCase)
    ]
    catalogue = load_catalogue(HOME / "corpus" / "rules")
    usage: list[StepUsage] = []
    if asked.model:
        records = asyncio.run(with_engine([calls[case.conversation_id] for case in cases], catalogue))
        found = {r.conversation_id: (r.kyc, r.voc) for r in records}
        usage = [step for record in records for step in record.usage]
    else:
        found = {c: (tell_facts(call, catalogue), tell_voices(call, catalogue)) for c, call in calls.items()}
    if asked.false or asked.missed:
        show(cases, calls, found, asked.false)
        return
    figures: dict[str, Any] = {}
    for part in ("old", "new"):
        of_part = [case for case in cases if (part_of(case.conversation_id) == "old") == (part == "old")]
        figures[part] = measured(of_part, calls, found)
    if usage:
        figures["model"] = cost(usage, len(cases))
    print(json.dumps(figures, ensure_ascii=False, indent=2))


def measured(cases: Sequence[CallCase], calls: Mapping[str, Conversation], found: Mapping[str, Findings]) -> Any:
    kyc = [kyc_of(case, calls[case.conversation_id], found[case.conversation_id][0]) for case in cases]
    voc = [voc_of(case, calls[case.conversation_id], found[case.conversation_id][1]) for case in cases]
    facts = [kyc_of(c, calls[c.conversation_id], [f for f in found[c.conversation_id][0] if f.certain]) for c in cases]
    voices = [voc_of(c, calls[c.conversation_id], [v for v in found[c.conversation_id][1] if v.certain]) for c in cases]
    polarity = [Compared(scores=by_polarity(one)) for one in voc]
    return {
        "calls": len(cases),
        "kyc": told([one.total for one in kyc]),
        "kyc certain": told([one.total for one in facts]),
        "kyc fields": {name: told([score]) for name, score in sorted(summed(kyc).items())},
        "voc": told([one.total for one in voc]),
        "voc certain": told([one.total for one in voices]),
        "voc polarities": {name: told([score]) for name, score in sorted(summed(polarity).items())},
        "voc labels": {name: told([score]) for name, score in sorted(summed(voc).items())},
    }


def kyc_of(case: CallCase, call: Conversation, facts: Sequence[KycFact]) -> Compared:
    return compare_facts(facts, facts_of(case, call))


def voc_of(case: CallCase, call: Conversation, voices: Sequence[VocItem]) -> Compared:
    return compare_voices(voices, voices_of(case, call))


def summed(calls: Sequence[Compared]) -> dict[str, Score]:
    scores: dict[str, Score] = defaultdict(Score)
    for call in calls:
        for name, score in call.scores.items():
            scores[name] += score
    return scores


def by_polarity(call: Compared) -> dict[str, Score]:
    scores: dict[str, Score] = defaultdict(Score)
    for name, score in call.scores.items():
        scores[name.split()[0]] += score
    return scores


def told(calls: Sequence[Score]) -> str:
    whole = sum(calls, Score())
    shares = []
    for of, part, of_all in (
        ("precision", whole.right, whole.right + whole.false),
        ("recall", whole.found, whole.gold),
    ):
        share = interval(calls, of)
        spread = "" if share is None or len(calls) == 1 else f" [{share.low:.2f}, {share.high:.2f}]"
        shares.append(f"{of} {'–' if share is None else f'{share.value:.2f}'}{spread} ({part}/{of_all})")
    typed = f", subject, polarity and modality right {whole.whole}/{whole.right}" if whole.whole else ""
    return ", ".join(shares) + typed


def show(
    cases: Sequence[CallCase], calls: Mapping[str, Conversation], found: Mapping[str, Findings], false: bool
) -> None:
    for case in cases:
        call, (facts, voices) = calls[case.conversation_id], found[case.conversation_id]
        said = {u.utt_id: u.text for u in call.utterances}
        for compared in (kyc_of(case, call, facts), voc_of(case, call, voices)):
            if false:
                for name, evidence in compared.false:
                    words = said[evidence.utt_id]
                    print(f"{case.conversation_id}\t{evidence.utt_id}\t{name}\t{evidence.quote}\t{words}")
            elif part_of(case.conversation_id) == "old":
                for gold in compared.missed:
                    words = said[gold.utt_id]
                    print(
                        f"{case.conversation_id}\t{gold.utt_id}\t{gold.name}\t{words[gold.start : gold.end]}\t{words}"
                    )


async def with_engine(conversations: Sequence[Conversation], catalogue: Catalogue) -> list[CallRecord]:
    settings = Settings.load()
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(settings.engine, Path(folder))
        try:
            return await recorded(conversations, catalogue, settings, await engine.start())
        finally:
            await engine.stop()


async def recorded(
    conversations: Sequence[Conversation], catalogue: Catalogue, settings: Settings, endpoint: Endpoint
) -> list[CallRecord]:
    name, timeout_s = endpoint.model, settings.engine.request_timeout_s
    client = open_langchain(endpoint.base_url, endpoint.api_key, name, total_timeout_s=timeout_s)
    model = LangChainChat(client, name, total_timeout_s=timeout_s, sends_priority=endpoint.sends_priority)
    calls, rules, prompts = MemoryCalls(), HOME / "corpus" / "rules", Prompts.load(settings.prompts)
    flow = Aftercall(
        prompts=prompts,
        model=model,
        calls=calls,
        knowledge=MemoryKnowledge(),
        catalogue=catalogue,
        rules=load_pack(rules / "compliance"),
        nodes=load_nodes(rules / "process_nodes.yaml"),
        outline=load_outline(rules / "summary.yaml"),
        dispositions=load_dispositions(rules / "dispositions.yaml", intents_of(prompts)),
        model_adds=frozenset({"summary", "kyc", "voc"}),
        release_id="bench",
        max_tokens=settings.aftercall.max_tokens,
        part_chars=settings.aftercall.part_chars,
        now=bank_now,
    )
    limit = asyncio.Semaphore(settings.aftercall.concurrency)

    async def one(conversation: Conversation) -> CallRecord:
        async with limit:
            await calls.receive(conversation)
            return await flow.close_call(conversation)

    began = time.perf_counter()
    records = await asyncio.gather(*(one(conversation) for conversation in conversations))
    print(f"# {len(records)} records in {time.perf_counter() - began:.0f} s")
    await model.aclose()
    return list(records)


def cost(usage: Sequence[StepUsage], calls: int) -> dict[str, str]:
    """What a record costs, step by step."""
    steps: dict[str, list[StepUsage]] = defaultdict(list)
    for step in usage:
        steps[step.step.partition(".")[0]].append(step)
    return {
        name: f"{sum(s.prompt_tokens for s in of) / calls:.0f} prompt tokens a call, "
        f"{sum(s.cached_tokens for s in of) / calls:.0f} of them cached, "
        f"{sum(s.completion_tokens for s in of) / calls:.0f} written, {sum(s.seconds for s in of) / calls:.1f} s"
        for name, of in steps.items()
    }


if __name__ == "__main__":
    main()
