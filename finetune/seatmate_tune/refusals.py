"""What a run is refused for before its first step. Each of these trains to the end, looks well, and is worth nothing.

Every fault is found before anything is raised, so that a recipe is mended once. Messages count examples, they never
quote them. Knows nothing of torch.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from seatmate.domain.errors import Misconfigured
from seatmate.domain.ports import Message
from seatmate.serving.adapter_check import AdapterConfig
from seatmate_tune.example import Example
from seatmate_tune.hardware import Hardware
from seatmate_tune.recipe import Optimiser, Shapes
from seatmate_tune.render import Rendered, Renderer
from seatmate_tune.suite_texts import Suites
from seatmate_tune.tokenizer import END

_SAID = re.compile(r"^(?:\d+ (?:坐席|客户)|问题|追问)：(.+)$", re.MULTILINE)
"""What people say in a prompt: a numbered sentence of a call, a question or a follow-up to one. Instructions and documents
are no leak."""


class Why(StrEnum):
    NOTHING_LEARNED = "nothing_learned"
    STOP_NOT_LEARNED = "stop_not_learned"
    PAD_IS_STOP = "pad_is_stop"
    ANSWER_CUT_OFF = "answer_cut_off"
    UNSERVABLE = "unservable"
    OVERLAPS_SUITE = "overlaps_suite"
    RENDER_DIFFERS = "render_differs"
    OTHER_RUN = "other_run"
    DOES_NOT_FIT = "does_not_fit"
    OTHER_SHAPES = "other_shapes"
    PACKED_ON_CPU = "packed_on_cpu"


@dataclass(frozen=True)
class Fault:
    why: Why
    detail: str

    def __str__(self) -> str:
        return f"{self.why.value}: {self.detail}"


class RefusedRun(Misconfigured):
    """Every fault of a run at once."""

    code = "RUN_REFUSED"

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("refused before the first step:\n" + "\n".join(f"- {fault}" for fault in faults))
        self.faults = tuple(faults)


def refuse(faults: Iterable[Fault]) -> None:
    """Raises RefusedRun if there are any."""
    if found := list(faults):
        raise RefusedRun(found)


def mask_faults(
    examples: Sequence[Example], rows: Sequence[Rendered], renderer: Renderer, most: int
) -> Iterator[Fault]:
    """Is what is learned the assistant's words and their end, whole, after the prompt that is served?"""
    end: int = renderer.tokenizer.token_to_id(END) or -1
    found: Counter[tuple[Why, str, str]] = Counter()
    for example, row in zip(examples, rows, strict=True):
        for why, what in _row_faults(example, row, renderer, end, most):
            found[why, what, example.task] += 1
    counts = Counter(example.task for example in examples)
    for (why, what, task), count in sorted(found.items()):
        yield Fault(why, f"{count} of {counts[task]} {task} examples: {what}")


def _row_faults(example: Example, row: Rendered, renderer: Renderer, end: int, most: int) -> Iterator[tuple[Why, str]]:
    learned = [token for token, learns in zip(row.ids, row.mask, strict=True) if learns]
    answers = [m.content for m in example.messages if m.role == "assistant"]
    if not learned:
        yield Why.NOTHING_LEARNED, "no token is in the mask"
        return
    if learned.count(end) != len(answers) or learned[-1] != end:
        yield Why.STOP_NOT_LEARNED, f"{END} is not in the mask after every answer: the model would never stop"
    if len(row.ids) > most:
        yield Why.ANSWER_CUT_OFF, f"longer than the {most} positions"
    wanted = "".join(answer + END for answer in answers)
    text = renderer.tokenizer.decode(learned, skip_special_tokens=False)
    if text.replace(END, "") != wanted.replace(END, ""):
        yield Why.ANSWER_CUT_OFF, "what is learned is not the answer (a template that adds words of its own?)"
    if example.messages[-1].role == "assistant":
        prompt = renderer.prompt_ids(example.prompt)
        if list(row.ids[: len(prompt)]) != prompt:
            yield Why.RENDER_DIFFERS, "the served prompt is not the beginning of what is trained"


def stop_faults(base: Path, renderer: Renderer) -> Iterator[Fault]:
    """Padding must not be the stop token, and the server must stop at what the mask teaches."""
    end = renderer.tokenizer.token_to_id(END)
    if end is None:
        yield Fault(Why.STOP_NOT_LEARNED, f"the tokenizer of {base.name} has no {END}")
        return
    config, generation = _read(base / "config.json"), _read(base / "generation_config.json")
    named = _token(_read(base / "tokenizer_config.json").get("pad_token"))
    pads = {renderer.tokenizer.token_to_id(named)} if named else set()
    pads |= {settings["pad_token_id"] for settings in (config, generation) if settings.get("pad_token_id") is not None}
    if end in pads:
        yield Fault(Why.PAD_IS_STOP, f"{base.name} pads with {END}: its loss is masked and answers never end")
    ends = {token for settings in (config, generation) for token in _tokens(settings.get("eos_token_id"))}
    if ends and end not in ends:
        yield Fault(Why.STOP_NOT_LEARNED, f"{base.name} stops at {sorted(ends)}, training teaches {end} ({END})")


def shape_faults(base: Path, shapes: Shapes) -> Iterator[Fault]:
    """A recipe whose sizes are not its base's estimates nothing right, and cuts or keeps the wrong examples."""
    config = _read(base / "config.json")
    for key, wanted in (
        ("vocab_size", shapes.vocab),
        ("hidden_size", shapes.hidden),
        ("num_hidden_layers", shapes.layers),
        ("num_attention_heads", shapes.heads),
        ("num_key_value_heads", shapes.kv_heads),
        ("head_dim", shapes.head_dim),
        ("intermediate_size", shapes.mlp),
        ("tie_word_embeddings", shapes.tied),
    ):
        if key in config and config[key] != wanted:
            yield Fault(Why.OTHER_SHAPES, f"{base.name} has {key} {config[key]}, the recipe's shapes say {wanted}")
    if shapes.positions > config.get("max_position_embeddings", shapes.positions):
        yield Fault(Why.OTHER_SHAPES, f"{base.name} reads {config['max_position_embeddings']} positions at most")


def adapter_faults(config: Mapping[str, Any], max_rank: int) -> Iterator[Fault]:
    """What vLLM cannot serve of a LoRA, by the rules that the platform applies to a finished one."""
    try:
        read = AdapterConfig.model_validate_json(json.dumps(dict(config), default=_plain))
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        yield Fault(Why.UNSERVABLE, f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}")
        return
    yield from (Fault(Why.UNSERVABLE, why) for why in read.faults(max_rank))


def packing_faults(settings: Optimiser, hardware: Hardware) -> Iterator[Fault]:
    """Rows apart are of alike length, so that little is padded; what packing saves of it a CPU's attention loses."""
    if settings.packed and hardware.device == "cpu":
        told = "a CPU has no attention that skips other rows: it works through the square of all rows together"
        yield Fault(Why.PACKED_ON_CPU, f"{told}, which costs more than padding. Leave optimiser.packed out")


def overlap_faults(examples: Iterable[Example], suites: Suites, least: int = 0) -> Iterator[Fault]:
    """What somebody says in an example and in a suite. Set phrases of the suites' own calls are no leak."""
    found: Counter[tuple[str, str]] = Counter()
    longest: dict[tuple[str, str], int] = {}
    judged: dict[str, tuple[str, int] | None] = {}
    for example in examples:
        leaks = [leak for text in said_in(example) if (leak := _leak(text, suites, least, judged))]
        for suite, length in set(leaks):
            key = (suite, example.task)
            longest[key] = max(longest.get(key, 0), length)
        found.update({(suite, example.task) for suite, _ in leaks})
    for (suite, task), count in sorted(found.items()):
        told = f"{count} {task} examples share up to {longest[suite, task]} letters with {suite}"
        yield Fault(Why.OVERLAPS_SUITE, told)


def _leak(text: str, suites: Suites, least: int, judged: dict[str, tuple[str, int] | None]) -> tuple[str, int] | None:
    """Phrases of generators come again and again: each is looked at once."""
    if text not in judged:
        shared = suites.shared_with(text, suites.set_phrases, least)
        judged[text] = None if shared is None else (shared.suite, len(shared.run))
    return judged[text]


def said_in(example: Example) -> list[str]:
    """What people say in the prompts of an example."""
    return [said for m in example.messages if m.role == "user" for said in _SAID.findall(m.content)]


Tokenize = Callable[[Sequence[Message]], list[int]]


def render_faults(examples: Sequence[Example], renderer: Renderer, served: Tokenize, where: str) -> Iterator[Fault]:
    """Does the server read a prompt as the same token ids as training does?"""
    differing = Counter(e.task for e in examples if served(e.prompt) != renderer.prompt_ids(e.prompt))
    for task, count in sorted(differing.items()):
        yield Fault(Why.RENDER_DIFFERS, f"{where} reads {count} {task} prompts as other tokens than training does")


def _read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def _token(written: Any) -> str:
    return str(written.get("content", "")) if isinstance(written, dict) else str(written or "")


def _tokens(written: Any) -> list[int]:
    return list(written) if isinstance(written, list) else [] if written is None else [written]


def _plain(value: Any) -> Any:
    """peft keeps sets and enums."""
    return sorted(value) if isinstance(value, set | frozenset) else str(getattr(value, "value", value))
