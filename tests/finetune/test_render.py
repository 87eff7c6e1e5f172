"""Token ids and loss mask, with the committed tokenizer. Runs where `tokenizers` is installed."""

from itertools import groupby, islice
from pathlib import Path
from random import Random

import pytest

from seatmate.domain.ports import Message
from seatmate.prompts import Prompts
from seatmate_tune.answers import answer_examples
from seatmate_tune.example import Example, answered
from seatmate_tune.render import Rendered, Renderer
from seatmate_tune.tasks import call_examples
from seatmate_tune.tokenizer import SLOT_TOKENS

pytest.importorskip("tokenizers")
ROOT = Path(__file__).parents[2]
BASE = ROOT / "finetune" / "models" / "seatmate-mini"
pytestmark = pytest.mark.skipif(not BASE.is_dir(), reason="no tokenizer in this checkout")


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(BASE)


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    prompts = Prompts.load(ROOT / "prompts")
    found = list(islice(answer_examples(Random(2), prompts, (2, 8), 3), 10))
    for task in ("summary", "kyc", "voc", "calls"):
        found += islice(call_examples(Random(2), prompts, task, (8, 40)), 5)
    return found


def test_only_the_assistants_words_and_their_end_are_learned(renderer: Renderer, examples: list[Example]) -> None:
    for example, row in zip(examples, renderer.render(examples), strict=True):
        learned = [i for i, m in zip(row.ids, row.mask, strict=True) if m]
        wanted = "".join(m.content + "<|im_end|>" for m in example.messages if m.role == "assistant")
        assert renderer.tokenizer.decode(learned, skip_special_tokens=False) == wanted


def test_the_mask_can_be_read(renderer: Renderer) -> None:
    """Printed (pytest -s) as a data scientist wants to see it: what is learned stands in 【】, all else is given."""
    asked = (Message("system", "只按资料回答。"), Message("user", "[1] «P1»：年费«F1»。\n问题：年费多少？"))
    talk = (*asked, Message("assistant", "年费«F1»。[1]"), Message("user", "问题：还有呢？"))
    (row,) = renderer.render([answered("answer", talk, "无答案。")])
    shown = masked(renderer, row)
    print(shown)
    assert shown == (
        "<|im_start|>system\n只按资料回答。<|im_end|>\n"
        "<|im_start|>user\n[1] «P1»：年费«F1»。\n问题：年费多少？<|im_end|>\n"
        "<|im_start|>assistant\n【年费«F1»。[1]<|im_end|>】\n"
        "<|im_start|>user\n问题：还有呢？<|im_end|>\n"
        "<|im_start|>assistant\n【无答案。<|im_end|>】\n"
    )


def masked(renderer: Renderer, row: Rendered) -> str:
    shown = ""
    for learned, tokens in groupby(zip(row.mask, row.ids, strict=True), key=lambda token: token[0]):
        text = renderer.tokenizer.decode([token for _, token in tokens], skip_special_tokens=False)
        shown += f"【{text}】" if learned else text
    return shown


def test_a_slot_is_one_token_and_survives_decoding(renderer: Renderer) -> None:
    for slot in SLOT_TOKENS:
        ids = renderer.tokenizer.encode(f"为{slot}。", add_special_tokens=False).ids
        assert renderer.tokenizer.token_to_id(slot) in ids
        assert renderer.tokenizer.decode(ids, skip_special_tokens=False) == f"为{slot}。"


def test_any_text_survives(renderer: Renderer) -> None:
    text = "瘫痪的龘字、emoji😀、«abc»、café、3.05%\n第二行"
    assert renderer.tokenizer.decode(renderer.tokenizer.encode(text).ids, skip_special_tokens=False) == text


def test_digits_are_tokens_of_their_own(renderer: Renderer) -> None:
    assert len(renderer.tokenizer.encode("20261123").ids) == 8


def test_the_prompt_is_the_start_of_the_training_text(renderer: Renderer, examples: list[Example]) -> None:
    for example, row in zip(examples, renderer.render(examples), strict=True):
        ids = renderer.prompt_ids(example.prompt)
        assert list(row.ids[: len(ids)]) == ids


def test_the_render_is_that_of_transformers(renderer: Renderer, examples: list[Example]) -> None:
    transformers = pytest.importorskip("transformers")
    served = transformers.AutoTokenizer.from_pretrained(str(BASE))
    for example in examples:
        chat = [{"role": m.role, "content": m.content} for m in example.prompt]
        text = served.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
        assert served(text, add_special_tokens=False)["input_ids"] == renderer.prompt_ids(example.prompt)
