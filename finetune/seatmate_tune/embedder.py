"""Static embeddings for retrieval: a unigram vocabulary and one vector a token, trained on question–passage pairs.

The platform reads `tokens.txt` (token, tab, log probability) and `embeddings.npy` with numpy alone
(seatmate.adapters.dense): NFKC, lower case, runs of white space to one space, stripped; then the likeliest row of tokens
(Viterbi), unknown characters skipped; mean of the vectors; length one. Training cuts text in exactly that way.
"""

import json
import logging
import math
import time
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

from seatmate.domain.knowledge import BANK_ZONE
from seatmate.serving.registry import write_manifest
from seatmate_tune.answers import ask
from seatmate_tune.corpus import data_hashes, rows
from seatmate_tune.documents import Page, library
from seatmate_tune.recipe import Recipe

log = logging.getLogger(__name__)
Pair = tuple[str, str, str]
"""question, its passage, a passage that looks like it"""


def train_embedder(recipe: Recipe) -> None:
    """Vocabulary, vectors, held-out recall, card."""
    import numpy as np
    import torch
    from datasets import Dataset
    from sentence_transformers import (
        SentenceTransformer,
        SentenceTransformerTrainer,
        SentenceTransformerTrainingArguments,
    )
    from sentence_transformers.losses import MatryoshkaLoss, MultipleNegativesRankingLoss
    from sentence_transformers.models import StaticEmbedding

    torch.manual_seed(recipe.seed)
    rng = Random(recipe.seed)
    pairs = [*public_pairs(recipe, rng), *bank_pairs(rng, recipe.stages[0].tokens)]
    rng.shuffle(pairs)
    tokenizer = unigram([text for pair in pairs for text in pair[:2]], recipe.shapes.vocab)
    static = StaticEmbedding(tokenizer, embedding_dim=recipe.shapes.hidden)
    model = SentenceTransformer(modules=[static], device="cpu")
    loss = MatryoshkaLoss(model, MultipleNegativesRankingLoss(model), [256, 128])
    arguments = SentenceTransformerTrainingArguments(
        output_dir=str(recipe.work), num_train_epochs=2, per_device_train_batch_size=256, learning_rate=recipe.optimiser.lr,
        warmup_steps=0.1, use_cpu=True, save_strategy="no", report_to="none", logging_steps=100, seed=recipe.seed,
        disable_tqdm=True,
    )  # fmt: skip
    columns = dict(zip(("anchor", "positive", "negative"), map(list, zip(*pairs, strict=True)), strict=True))
    started = time.monotonic()
    SentenceTransformerTrainer(model=model, args=arguments, train_dataset=Dataset.from_dict(columns), loss=loss).train()
    minutes = (time.monotonic() - started) / 60
    recipe.out.mkdir(parents=True, exist_ok=True)
    table = static.embedding.weight.detach().numpy().astype(np.float16)
    vocabulary: Sequence[tuple[str, float]] = json.loads(tokenizer.to_str())["model"]["vocab"]
    table[0] = 0  # the unknown token; the platform skips what it does not know
    np.save(recipe.out / "embeddings.npy", table)
    lines = [f"{token}\t{value:.4f}" for token, value in vocabulary]
    (recipe.out / "tokens.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    metrics = held_out_recall(recipe)
    _card(recipe, len(pairs), len(vocabulary), minutes, metrics)


def fold(text: str) -> str:
    """As seatmate.adapters.dense folds."""
    return " ".join(unicodedata.normalize("NFKC", text).lower().split())


def unigram(texts: Sequence[str], size: int) -> Any:
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Lowercase(), normalizers.Replace(Regex(r"\s+"), " "), normalizers.Strip()]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"\p{Han}+|[a-z]+|[0-9]+|[^\p{Han}a-z0-9]"), "isolated")
    trainer = trainers.UnigramTrainer(
        vocab_size=size, unk_token="<unk>", special_tokens=["<unk>"], max_piece_length=6, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def public_pairs(recipe: Recipe, rng: Random) -> Iterator[Pair]:
    """Questions with their passages, titles with their texts; the negative is another piece of the same source."""
    for source in recipe.text:
        if not source.path.exists():
            log.warning("not there, skipped: %s", source.path)
            continue
        found: list[tuple[str, str]] = []
        for row in rows(source.path, source.rows):
            if source.kind == "passages":
                found += [(qa["question"], row["passage"][:500]) for qa in row["qas"]]
            elif source.kind == "turns":
                for turn in row["turns"]:
                    found += [
                        (turn["text"], str(k["attrvalue"])[:300])
                        for k in turn.get("knowledge") or ()
                        if len(turn["text"]) > 6
                    ]
            elif row.get("title"):
                articles = [a for a in str(row["text"]).split("\n") if len(a) > 40]
                found += [(f"{row['title']} {a[8:24]}", a[:300]) for a in rng.sample(articles, min(4, len(articles)))]
            else:
                head, _, rest = str(row["text"]).partition("。")
                if 8 < len(head) < 80 and len(rest) > 60:
                    found.append((head, rest[:300]))
        for at, (question, passage) in enumerate(found):
            yield question, passage, found[at - 1][1]


def bank_pairs(rng: Random, count: int) -> Iterator[Pair]:
    """Questions of fictional banks; the negative is another page of the same shelf."""
    while count > 0:
        shelf = library(rng)
        for _ in range(4):
            asked = ask(rng, shelf, rng.choice(("figure", "quote")))
            others = [page for page in shelf.pages if asked and page not in asked.pages]
            if asked is not None and others:
                count -= 1
                yield asked.question, _text(asked.pages[0]), _text(rng.choice(others))


def _text(page: Page) -> str:
    return f"{page.passage.context} {page.passage.text}"


def held_out_recall(recipe: Recipe) -> dict[str, float]:
    """Recall of the right page among all pages of 60 unseen shelves, through the platform's own reader."""
    import numpy as np

    from seatmate.adapters.dense import open_dense

    rng = Random("held-out/embedder")
    shelves = [library(rng) for _ in range(60)]
    pages = [page for shelf in shelves for page in shelf.pages]
    metrics: dict[str, float] = {}
    questions = [(a.question, a.pages) for s in shelves for _ in range(4) if (a := ask(rng, s, "figure"))]
    for name, folder in (("trained", recipe.out), ("hashed", Path("no such folder"))):
        encoder = open_dense(folder)
        table = np.array([encoder.encode(_text(page)) for page in pages])
        ranks = []
        for question, gold in questions:
            order = np.argsort(-(table @ np.array(encoder.encode(question))), kind="stable")
            ranks.append(min(i for i, at in enumerate(order) if pages[at] in gold))
        metrics |= {f"{name}.recall@{k}": round(sum(r < k for r in ranks) / len(ranks), 4) for k in (1, 5, 10)}
    metrics["pages"], metrics["questions"] = float(len(pages)), float(len(questions))
    log.info("%s", metrics)
    return metrics


def _card(recipe: Recipe, pairs: int, tokens: int, minutes: float, metrics: dict[str, float]) -> None:
    facts = {
        "name": "seatmate-embed", "created_at": datetime.now(BANK_ZONE).isoformat(timespec="seconds"),
        "recipe_sha256": recipe.sha256, "data_sha256": data_hashes(recipe.text), "pairs": pairs, "tokens": tokens,
        "dimensions": recipe.shapes.hidden, "minutes": round(minutes, 1), "metrics": metrics,
    }  # fmt: skip
    (recipe.out / "card.json").write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    table = "\n".join(f"| {name} | {value} |" for name, value in metrics.items() if not math.isnan(value))
    (recipe.out / "CARD.md").write_text(
        f"# seatmate-embed\n\n{_PAGE}\n| metric | value |\n|---|---|\n{table}\n", encoding="utf-8"
    )
    write_manifest(recipe.out)


_PAGE = """Static embeddings: one 256-dimensional float16 vector a token, averaged. `tokens.txt` holds a token, a tab and its
log probability, in the order of the rows of `embeddings.npy`; row 0 is the unknown token and is never looked up.

Cutting a text: NFKC, lower case, white space to single spaces, stripped; the likeliest row of tokens by the sum of their
log probabilities (Viterbi, no word marks); an unknown character is skipped. Mean of the vectors, then length one. No
tokenizer library is needed (`seatmate.adapters.dense.StaticTable`).

Trained with sentence-transformers (StaticEmbedding, MultipleNegativesRankingLoss within MatryoshkaLoss 256/128) on public
question–passage and title–text pairs and on generated questions of fictional banks. Held-out questions below come from the
same generator with another seed. It knows words, not meaning in context: use it beside sparse retrieval.
"""
