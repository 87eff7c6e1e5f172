"""Does the rule pack find what people who did not know it would call a breach, and nothing else? (issue 4)

The rules were written in six rounds: with the 42 old calls, with the development half of the later ones, and four
times with lines and talks of other banks (finetune/talks). What nobody who wrote rules has read is the held-out half of
the later calls and eval/suites/compliance.jsonl, 735 lines by somebody who knew titles and clauses only: recall there
was 0.50, after the third round 0.74, after the fourth 0.83, now, with a table of signs a rule (rule_signs.py), 0.95.
Patterns remember wording, and in whole calls most of what they found was false: of talks by six more such writers, 0.37
was right. Where the table may drop a pattern's find, 0.80 is (0.73 of the breaches found; the half of those talks that
nobody read, by weights that they did not make). rule_signs.py prints that figure for all talks when it makes tables.

`--show` prints what is missed and what is false in the old and the development calls; of held-out calls, only counts.
"""

import argparse
import json

from seatmate.compliance.pack import load_pack
from seatmate.settings import HOME
from seatmate_eval.cases import CallCase, LineCase, load_cases, load_conversations
from seatmate_eval.metrics.compliance import PARTS, compared, counted, counted_lines, part_of

NEIGHBOURS = (
    {"promise_return", "principal_guarantee", "expected_yield", "past_performance", "benchmark_misuse"},
    {"principal_guarantee", "product_confusion"},
    {"act_for_client", "privacy", "dual_record_flow"},
    {"privacy", "collection_conduct"},
    {"dual_record_flow", "risk_not_disclosed", "assessment_gaming"},
    {"risk_not_disclosed", "misleading_pressure", "mismatch_sale"},
    {"mismatch_sale", "assessment_gaming", "private_product_public"},
    {"misleading_pressure", "gift_inducement", "tie_in"},
)
"""Rules that one and the same words often break together, where a reader marks one of them."""


def are_neighbours(rule: str, other: str) -> bool:
    return rule != other and any({rule, other} <= group for group in NEIGHBOURS)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--show", action="store_true")
    show = options.parse_args().show
    calls = load_conversations(HOME / "corpus" / "calls")
    cases = [
        c for path in sorted((HOME / "eval" / "suites").glob("aftercall-*.jsonl")) for c in load_cases(path, CallCase)
    ]
    pack = load_pack(HOME / "corpus" / "rules" / "compliance")
    figures = {}
    for part in PARTS:
        found = list(compared(pack, (case for case in cases if part_of(case.conversation_id) == part), calls))
        per_rule = counted(found)
        rules = {rule: str(counts) for rule, counts in sorted(per_rule.rules.items())}
        figures[part] = {"all rules": str(per_rule.total), **rules}
        if show and part != "held_out":
            for call in found:
                said = {u.utt_id: u.text for u in calls[call.case.conversation_id].utterances}
                for what, places in (("miss", call.gold - call.found), ("false", call.found - call.gold)):
                    for rule, utt in sorted(places):
                        near = " NEAR MISS" if (rule, utt) in call.near_misses else ""
                        print(f"── {what}{near} {call.case.conversation_id} {utt} {rule}: {said[utt]}")
    lines = counted_lines(pack, load_cases(HOME / "eval" / "suites" / "compliance.jsonl", LineCase))
    figures["lines"] = {"all rules": str(lines.total), **{r: str(c) for r, c in sorted(lines.rules.items())}}
    print(json.dumps(figures, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
