"""Each way in which a run can be worthless is seen before its first step, and a good run is let be."""

import json
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from seatmate.domain.errors import ModelUnavailable
from seatmate.domain.ports import Message
from seatmate.prompts import Prompts
from seatmate.serving.registry import file_sha256
from seatmate.settings import HOME
from seatmate_tune.example import Example, answered
from seatmate_tune.plan import lora_settings
from seatmate_tune.recipe import Adapter, Shapes
from seatmate_tune.refusals import (
    Fault,
    RefusedRun,
    Why,
    adapter_faults,
    mask_faults,
    overlap_faults,
    refuse,
    render_faults,
    said_in,
    shape_faults,
    stop_faults,
)
from seatmate_tune.render import Rendered, Renderer
from seatmate_tune.run_folder import keep_facts, rendered_sha256, resume_faults, weights_sha256
from seatmate_tune.served_tokens import tokenize_at
from seatmate_tune.suite_texts import SetPhrases, read_suites
from seatmate_tune.tasks import call_examples

pytest.importorskip("tokenizers")
BASE = HOME / "finetune" / "models" / "seatmate-mini"
pytestmark = pytest.mark.skipif(not BASE.is_dir(), reason="no tokenizer in this checkout")
LORA = {"peft_type": "LORA", "r": 16, "lora_alpha": 32, "target_modules": ["q_proj"]}
CASE = {"question": "周末能不能去网点预约换外币零钱呀我想问问"}


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(BASE)


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    prompts = Prompts.load(HOME / "prompts")
    return [e for task in ("kyc", "voc") for e in islice(call_examples(Random(5), prompts, task, (8, 12)), 3)]


def whys(faults: Iterator[Fault]) -> set[Why]:
    return {fault.why for fault in faults}


def served(renderer: Renderer, folder: Path, template: str) -> Renderer:
    """The same tokenizer with another template."""
    (folder / "tokenizer.json").write_bytes((BASE / "tokenizer.json").read_bytes())
    (folder / "chat_template.jinja").write_text(template, encoding="utf-8")
    return Renderer(folder)


def test_a_good_run_has_no_fault(renderer: Renderer, examples: list[Example]) -> None:
    rows = renderer.render(examples)
    assert list(mask_faults(examples, rows, renderer, 2048)) == []
    assert list(stop_faults(BASE, renderer)) == []
    assert list(adapter_faults(LORA, 16)) == []
    assert list(render_faults(examples, renderer, renderer.prompt_ids, "itself")) == []
    refuse([])


def test_an_example_that_teaches_nothing(renderer: Renderer, examples: list[Example]) -> None:
    rows = [Rendered(row.ids, (0,) * len(row.ids)) for row in renderer.render(examples)]
    assert whys(mask_faults(examples, rows, renderer, 2048)) == {Why.NOTHING_LEARNED}


def test_a_stop_token_outside_the_mask(renderer: Renderer, examples: list[Example]) -> None:
    rows = []
    for row in renderer.render(examples):
        last = max(place for place, learns in enumerate(row.mask) if learns)
        rows.append(Rendered(row.ids, (*row.mask[:last], 0, *row.mask[last + 1 :])))
    assert whys(mask_faults(examples, rows, renderer, 2048)) == {Why.STOP_NOT_LEARNED}


def test_an_answer_that_is_cut_off(renderer: Renderer, examples: list[Example]) -> None:
    rows = renderer.render(examples)
    longest = max(len(row.ids) for row in rows)
    (fault,) = {f for f in mask_faults(examples, rows, renderer, longest - 1) if f.why is Why.ANSWER_CUT_OFF}
    assert "longer than" in fault.detail
    shortened = [Rendered(row.ids[: len(row.ids) - 4], row.mask[: len(row.ids) - 4]) for row in rows]
    assert Why.ANSWER_CUT_OFF in whys(mask_faults(examples, shortened, renderer, 2048))


def test_a_template_that_puts_words_into_the_answer(
    renderer: Renderer, examples: list[Example], tmp_path: Path
) -> None:
    """As Qwen3's own template does with its empty thoughts."""
    template = (BASE / "chat_template.jinja").read_text(encoding="utf-8")
    thinking = template.replace(
        "+ message['content']",
        "+ ('<think>\n\n</think>\n\n' if message['role'] == 'assistant' else '') + message['content']",
    )
    other = served(renderer, tmp_path, thinking)
    assert Why.ANSWER_CUT_OFF in whys(mask_faults(examples, other.render(examples), other, 2048))


def test_a_prompt_that_is_not_the_beginning_of_what_is_trained(
    renderer: Renderer, examples: list[Example], tmp_path: Path
) -> None:
    template = (BASE / "chat_template.jinja").read_text(encoding="utf-8")
    other = served(renderer, tmp_path, "{% if add_generation_prompt %}先想。{% endif %}" + template)
    assert Why.RENDER_DIFFERS in whys(mask_faults(examples, other.render(examples), other, 2048))


@pytest.mark.parametrize(
    ("file", "content", "why"),
    [
        ("config.json", {"eos_token_id": 2, "pad_token_id": 2}, Why.PAD_IS_STOP),
        ("generation_config.json", {"pad_token_id": 2}, Why.PAD_IS_STOP),
        ("tokenizer_config.json", {"pad_token": "<|im_end|>"}, Why.PAD_IS_STOP),
        ("tokenizer_config.json", {"pad_token": {"content": "<|im_end|>"}}, Why.PAD_IS_STOP),
        ("generation_config.json", {"eos_token_id": [0]}, Why.STOP_NOT_LEARNED),
        ("config.json", {"eos_token_id": 0}, Why.STOP_NOT_LEARNED),
    ],
)
def test_padding_with_the_stop_token_and_another_stop_than_the_trained(
    renderer: Renderer, tmp_path: Path, file: str, content: dict[str, object], why: Why
) -> None:
    (tmp_path / file).write_text(json.dumps(content), encoding="utf-8")
    assert whys(stop_faults(tmp_path, renderer)) == {why}


def test_a_second_end_that_is_the_padding_is_no_fault(renderer: Renderer, tmp_path: Path) -> None:
    """Qwen3 stops at <|im_end|> and at <|endoftext|>, and pads with the latter."""
    (tmp_path / "generation_config.json").write_text('{"eos_token_id": [2, 0], "pad_token_id": 0}', encoding="utf-8")
    assert list(stop_faults(tmp_path, renderer)) == []


@pytest.mark.parametrize(
    "more",
    [
        {"use_dora": True},
        {"modules_to_save": ["lm_head"]},
        {"lora_bias": True},
        {"bias": "all"},
        {"r": 64},
        {"rank_pattern": {"q_proj": 32}},
        {"init_lora_weights": "pissa"},
        {"trainable_token_indices": [1]},
        {"alora_invocation_tokens": [1, 2]},
        {"layer_replication": [[0, 2]]},
        {"use_qalora": True},
        {"peft_type": "IA3"},
        {"r": "sixteen"},
    ],
    ids=lambda more: next(iter(more)),
)
def test_an_adapter_that_vllm_does_not_serve(more: dict[str, object]) -> None:
    assert whys(adapter_faults({**LORA, **more}, 16)) == {Why.UNSERVABLE}


def test_every_adapter_that_a_recipe_can_say_is_one_that_vllm_serves() -> None:
    for targets in ("all", "attention", "mlp"):
        for rslora in (False, True):
            settings = lora_settings(Adapter.model_validate({"targets": targets, "rslora": rslora}))
            assert list(adapter_faults({"peft_type": "LORA", **settings}, 16)) == []


def test_sizes_that_are_not_the_bases(tmp_path: Path) -> None:
    assert list(shape_faults(BASE, Shapes())) == []
    assert whys(shape_faults(BASE, Shapes(hidden=512, layers=12))) == {Why.OTHER_SHAPES}
    assert len(list(shape_faults(BASE, Shapes(tied=False, positions=4096)))) == 2
    assert list(shape_faults(tmp_path, Shapes(hidden=1))) == [], "there is nothing to hold it against"


def test_a_base_of_one_file_and_one_of_parts_have_a_digest(tmp_path: Path) -> None:
    assert weights_sha256(tmp_path) == ""
    (tmp_path / "model.safetensors").write_bytes(b"a")
    assert weights_sha256(tmp_path) == file_sha256(tmp_path / "model.safetensors")
    (tmp_path / "model.safetensors").rename(tmp_path / "model-00001-of-00002.safetensors")
    (tmp_path / "model-00002-of-00002.safetensors").write_bytes(b"b")
    first = weights_sha256(tmp_path)
    (tmp_path / "model-00002-of-00002.safetensors").write_bytes(b"c")
    assert weights_sha256(tmp_path) not in ("", first)


def test_pefts_own_sets_are_read() -> None:
    assert list(adapter_faults({**LORA, "target_modules": {"q_proj", "v_proj"}}, 16)) == []


def test_an_overlap_with_a_suite(tmp_path: Path, examples: list[Example]) -> None:
    (tmp_path / "ask.jsonl").write_text(json.dumps(CASE, ensure_ascii=False), encoding="utf-8")
    suites = read_suites(tmp_path, HOME / "corpus" / "calls")
    assert list(overlap_faults(examples, suites)) == []
    asked = Message(
        role="user", content=f"资料：\n[1] 标题：正文\n\n日期：2026-11-28\n问题：请问{CASE['question']}，谢谢"
    )
    (fault,) = overlap_faults([*examples, answered("answer", (asked,), "[1]")], suites)
    assert fault.why is Why.OVERLAPS_SUITE
    assert "1 answer examples" in fault.detail
    assert CASE["question"] not in fault.detail
    assert said_in(answered("answer", (asked,), "[1]")) == [f"请问{CASE['question']}，谢谢"]


def test_what_a_document_says_is_no_leak(tmp_path: Path) -> None:
    (tmp_path / "ask.jsonl").write_text(json.dumps(CASE, ensure_ascii=False), encoding="utf-8")
    suites = read_suites(tmp_path, tmp_path)
    asked = Message(role="user", content=f"资料：\n[1] 常见问题：{CASE['question']}\n\n问题：外币")
    assert list(overlap_faults([answered("answer", (asked,), "[1]")], suites)) == []


def test_a_set_phrase_is_what_many_customers_hear(tmp_path: Path) -> None:
    (tmp_path / "ask.jsonl").write_text(json.dumps(CASE, ensure_ascii=False), encoding="utf-8")
    suites = read_suites(tmp_path, tmp_path)
    said = [(f"customer-{n % 3}", [f"嗯{CASE['question']}"]) for n in range(9)]
    assert suites.shared_with(CASE["question"], SetPhrases(suites, said, 3)) is None
    assert suites.shared_with(CASE["question"], SetPhrases(suites, said, 4)) is not None
    assert suites.shared_with("理财非存款，产品有风险，投资须谨慎") is None


class _Server(BaseHTTPRequestHandler):
    """Answers /tokenize with fixed tokens."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        body = b'{"tokens": [1, 2, 3]}' if self.path == "/tokenize" else b"{}"
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Quiet."""


def test_a_server_that_reads_a_prompt_as_other_tokens(renderer: Renderer, examples: list[Example]) -> None:
    server = HTTPServer(("127.0.0.1", 0), _Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        tokenize = tokenize_at(f"http://127.0.0.1:{server.server_port}", "seatmate-mini")
        assert tokenize(examples[0].prompt) == [1, 2, 3]
        found = list(render_faults(examples, renderer, tokenize, "the server"))
    finally:
        server.shutdown()
        server.server_close()
    assert [fault.why for fault in found] == [Why.RENDER_DIFFERS, Why.RENDER_DIFFERS]
    with pytest.raises(ModelUnavailable):
        tokenize(examples[0].prompt)


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(RefusedRun) as raised:
        refuse([Fault(Why.PAD_IS_STOP, "one"), Fault(Why.UNSERVABLE, "two")])
    assert "one" in str(raised.value)
    assert "two" in str(raised.value)
    assert raised.value.code == "RUN_REFUSED"


def test_a_killed_run_goes_on_only_as_what_it_was(tmp_path: Path, renderer: Renderer, examples: list[Example]) -> None:
    rows = renderer.render(examples)
    facts = {
        "recipe_sha256": "a",
        "rendered_sha256": rendered_sha256(rows),
        "base_sha256": "b",
        "template_sha256": "c",
        "datasets": [],
        "started_at": "now",
        "code_sha256": "d",
        "environment": {},
        "command": [],
    }
    assert list(resume_faults(tmp_path, facts)) == []
    keep_facts(tmp_path, facts)
    assert list(resume_faults(tmp_path, facts | {"recipe_sha256": "z"})) == [], "nothing was trained yet"
    (tmp_path / "state.pt").write_bytes(b"")
    assert list(resume_faults(tmp_path, facts)) == []
    for name in ("recipe_sha256", "rendered_sha256", "base_sha256", "template_sha256"):
        assert whys(resume_faults(tmp_path, facts | {name: "other"})) == {Why.OTHER_RUN}
    keep_facts(tmp_path, facts | {"started_at": "later"})
    kept = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert kept["started_at"] == "now"
    assert [again["started_at"] for again in kept["resumed"]] == ["later"]


def test_the_digest_sees_a_changed_mask_and_order(renderer: Renderer, examples: Sequence[Example]) -> None:
    rows = renderer.render(list(examples))
    flipped = replace(rows[0], mask=(1, *rows[0].mask[1:]))
    assert rendered_sha256(rows) == rendered_sha256(renderer.render(list(examples)))
    assert rendered_sha256([flipped, *rows[1:]]) != rendered_sha256(rows)
    assert rendered_sha256(rows[::-1]) != rendered_sha256(rows)
