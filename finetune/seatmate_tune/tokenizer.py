"""The tokenizer of seatmate-mini: byte-level BPE, digits one by one, one token per slot.

«F1»…«F64» and «P1»…«P64» are single tokens because the model selects figures and names, it does not spell them. Padding
is not the end of a text: pad == eos trains endless answers.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random

from seatmate.ask.slots import MAX_SLOTS
from seatmate_tune.recipe import Shapes

END_OF_TEXT, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
CONTROL = (END_OF_TEXT, START, END)
SLOT_TOKENS = tuple(f"«{kind}{n}»" for kind in "FP" for n in range(1, MAX_SLOTS + 1))
_SPLIT = r"\p{N}| ?[A-Za-z_]+|\p{Han}+|[^\s\p{L}\p{N}]+|\p{L}+|\s+"

CHAT_TEMPLATE = (
    "{%- for message in messages %}"
    "{{- '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{%- endfor %}"
    "{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"
)


def train_tokenizer(texts: Iterable[str], shapes: Shapes, folder: Path) -> int:
    """Write tokenizer.json, tokenizer_config.json and chat_template.jinja; returns the vocabulary's size."""
    from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_SPLIT), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    # The byte-level decoder would read the « of a slot as the byte 0xAB: give it the spelling of its two bytes.
    tokenizer.decoder = decoders.Sequence(
        [
            decoders.Replace(Regex(r"«(?=[FP]\d{1,2}»)"), "Â«"),
            decoders.Replace(Regex(r"(?<=«[FP]\d)»|(?<=«[FP]\d\d)»"), "Â»"),
            decoders.ByteLevel(),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=shapes.vocab - len(SLOT_TOKENS),
        special_tokens=list(CONTROL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        max_token_length=18,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_tokens([AddedToken(slot, normalized=False) for slot in SLOT_TOKENS])
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    config = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "eos_token": END,
        "pad_token": END_OF_TEXT,
        "model_max_length": shapes.positions,
        "clean_up_tokenization_spaces": False,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")
    (folder / "chat_template.jinja").write_text(CHAT_TEMPLATE, encoding="utf-8")
    return int(tokenizer.get_vocab_size())


def json_samples(rng: Random, schemas: Iterable[dict[str, object]], count: int) -> Iterator[str]:
    """Compact JSON with the keys and enums of the task schemas, so that their fragments become tokens."""
    schemas = list(schemas)
    for _ in range(count):
        yield json.dumps(_sample(rng, rng.choice(schemas)), ensure_ascii=False, separators=(",", ":"))


def _sample(rng: Random, schema: object) -> object:
    assert isinstance(schema, dict)
    if "enum" in schema:
        return rng.choice(schema["enum"])
    kind = schema["type"]
    if kind == "object":
        return {key: _sample(rng, part) for key, part in schema["properties"].items()}
    if kind == "array":
        return [_sample(rng, schema["items"]) for _ in range(rng.randint(0, 3))]
    if kind == "integer":
        return rng.randint(1, 40)
    return rng.random() < 0.5 if kind == "boolean" else "客户咨询利率"
