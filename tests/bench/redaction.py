"""Is personal data found however it is said, are other numbers left alone, and how fast is it? (issue 4)

10,000 calls are made (seeded) from scenes written by hand (`redaction_bank`): asking, telling, repeating, correcting,
in pieces over utterances, in digits and as spoken, between other numbers. A planted datum counts as found when every
digit or character of it is masked, another number as falsely masked when any part of it is. `tuned` scenes are what
the recognisers were made with; `held_out` ones were written afterwards by the same hand and only counted.

presidio-analyzer runs in the same process on the same utterances, without a model (NoOpNlpEngine): its recognisers
for cards and (Chinese) telephones alone, and with all the patterns it has for any language. `--show` prints misses.
"""

import argparse
import json
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from seatmate.domain.calls import Speaker
from seatmate.domain.personal.chains import Turn
from seatmate.domain.personal.kinds import Span
from seatmate.domain.personal.talk import find_in_talk
from seatmate.domain.personal.text import find_personal
from tests.bench.redaction_bank import held_out, said
from tests.bench.redaction_bank.made import Call, Planted, made_calls

CALLS = 10_000
PEER_CALLS = 500
SEED = 20261128
_SILENT = frozenset(" ，,、。.-－—·…嗯啊哦呃然后那个面后是不对错了应该说/X叉")
"""What a number's place may have besides its digits; whether it is masked does not matter."""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--calls", type=int, default=CALLS)
    options.add_argument("--seed", type=int, default=SEED)
    options.add_argument("--peer-calls", type=int, default=PEER_CALLS)
    options.add_argument("--show", type=int, default=0, help="print so many misses and false masks of the tuned bank")
    chosen = options.parse_args()
    tuned = list(made_calls(said, chosen.calls, chosen.seed))
    kept = list(made_calls(held_out, chosen.calls, chosen.seed + 1))
    figures: dict[str, Any] = {
        "calls": chosen.calls,
        "tuned": measured(tuned, chosen.show),
        "held_out": measured(kept, chosen.show),
    }
    if chosen.peer_calls:
        figures["beside presidio-analyzer"] = beside_presidio(tuned[: chosen.peer_calls])
    print(json.dumps(figures, ensure_ascii=False, indent=2))


def measured(calls: Sequence[Call], show: int) -> dict[str, Any]:
    planted: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    others: Counter[str] = Counter()
    masked: Counter[str] = Counter()
    elsewhere = characters = 0
    shown: dict[str, int] = defaultdict(int)
    took = 0.0
    for call in calls:
        turns = [Turn(Speaker(speaker), text) for speaker, text in call.turns]
        characters += sum(len(turn.text) for turn in turns)
        began = time.perf_counter()
        spans = find_in_talk(turns)
        took += time.perf_counter() - began
        for one in call.personal:
            planted[one.name] += 1
            if not is_masked(one, call, spans):
                missed[one.name] += 1
                _show(shown, show, "miss", one, call, spans)
        for one in call.others:
            others[one.name] += 1
            if any(span.start < one.end and one.start < span.end for span in spans[one.turn]):
                masked[one.name] += 1
                _show(shown, show, "false", one, call, spans)
        for turn, found in enumerate(spans):
            for span in found:
                if not any(_touch(one, turn, span) for one in (*call.personal, *call.others)):
                    elsewhere += 1
                    one = Planted("elsewhere", turn, span.start, span.end, "")
                    _show(shown, show, "elsewhere", one, call, spans)
    return {
        "planted": sum(planted.values()),
        "recall": {name: _share(planted[name] - missed[name], planted[name]) for name in sorted(planted)},
        "other numbers": sum(others.values()),
        "falsely masked": _share(masked.total(), others.total()),
        "falsely masked by kind": {name: _share(masked[name], others[name]) for name in sorted(others)},
        "masked where nothing was planted, per 1,000 utterances": round(
            1000 * elsewhere / sum(len(call.turns) for call in calls), 2
        ),
        "characters a second": round(characters / took),
    }


def is_masked(one: Planted, call: Call, spans: Sequence[Sequence[Span]]) -> bool:
    text = call.turns[one.turn][1]
    hidden = {at for span in spans[one.turn] for at in range(span.start, span.end)}
    return all(at in hidden or text[at] in _SILENT for at in range(one.start, one.end))


def _touch(one: Planted, turn: int, span: Span) -> bool:
    return one.turn == turn and span.start < one.end and one.start < span.end


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f} % ({part}/{whole})"


def _show(
    shown: dict[str, int], most: int, what: str, one: Planted, call: Call, spans: Sequence[Sequence[Span]]
) -> None:
    shown[what + one.name] += 1
    if shown[what + one.name] > most:
        return
    print(f"── {what} {one.name}")
    for turn in range(max(one.turn - 4, 0), min(one.turn + 3, len(call.turns))):
        speaker, text = call.turns[turn]
        here = f"   ◀ {text[one.start : one.end]}" if turn == one.turn else ""
        found = " ".join(f"{span.kind}:{text[span.start : span.end]}" for span in spans[turn])
        print(f"   {speaker[:2]} {text}   [{found}]{here}")


def beside_presidio(calls: Sequence[Call]) -> dict[str, Any]:
    texts = [text for call in calls for _, text in call.turns]
    characters = sum(map(len, texts))
    ours = _speed(lambda: [find_personal(text) for text in texts], characters)
    talk = _speed(lambda: [find_in_talk([Turn(Speaker(s), t) for s, t in call.turns]) for call in calls], characters)
    figures: dict[str, Any] = {
        "utterances": len(texts),
        "seatmate, each utterance alone": {"characters a second": ours},
        "seatmate, whole conversations": {"characters a second": talk},
    }
    for name, everything in (("its card and telephone recognisers", False), ("all its pattern recognisers", True)):
        analyse = presidio(everything)
        speed = _speed(lambda analyse=analyse: [analyse(text) for text in texts], characters)  # type: ignore[misc]
        figures[f"presidio-analyzer, {name}"] = {
            "characters a second": speed,
            "seatmate is faster by (utterances alone)": round(ours / speed, 1),
            "seatmate is faster by (whole conversations)": round(talk / speed, 1),
            "recall": _peer_recall(calls, analyse),
        }
    return figures


def _speed(work: Callable[[], object], characters: int) -> int:
    began = time.perf_counter()
    work()
    return round(characters / (time.perf_counter() - began))


def _peer_recall(calls: Sequence[Call], analyse: Callable[[str], Sequence[Any]]) -> dict[str, str]:
    planted: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for call in calls:
        spans = [analyse(text) for _, text in call.turns]
        for one in call.personal:
            planted[one.name] += 1
            found[one.name] += is_masked(one, call, spans)
    return {name: _share(found[name], planted[name]) for name in sorted(planted)}


def presidio(everything: bool) -> Callable[[str], Sequence[Any]]:
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NoOpNlpEngine
    from presidio_analyzer.predefined_recognizers import CreditCardRecognizer, PhoneRecognizer

    engine = NoOpNlpEngine([{"lang_code": "zh", "model_name": "none"}])
    engine.load()
    registry = RecognizerRegistry(supported_languages=["zh"])
    if everything:
        registry.load_predefined_recognizers(languages=["zh"], nlp_engine=engine)
    registry.add_recognizer(CreditCardRecognizer(supported_language="zh"))
    registry.add_recognizer(PhoneRecognizer(supported_language="zh", supported_regions=("CN",)))
    analyzer = AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=["zh"])
    return lambda text: analyzer.analyze(text, language="zh")


if __name__ == "__main__":
    main()
