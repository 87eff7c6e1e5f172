"""Static embeddings for retrieval: a unigram vocabulary and one vector a token, trained on question–passage pairs.

The platform reads `tokens.txt` (token, tab, log probability), `embeddings.npy` and `scales.npy` with numpy alone
(seatmate.adapters.dense): traditional to simplified, NFKC, lower case, runs of white space to one space, stripped; then
the likeliest row of tokens (Viterbi), unknown characters skipped; mean of the vectors; length one. Training cuts text
in exactly that way; its texts are simplified.
"""

import json
import logging
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any

from seatmate.domain.knowledge import BANK_ZONE
from seatmate.serving.registry import write_manifest
from seatmate_tune.answers import ask
from seatmate_tune.corpus import data_hashes
from seatmate_tune.documents import library
from seatmate_tune.embed_pairs import (
    SAYINGS,
    Pair,
    bank_pairs,
    page_text,
    public_pairs,
    refuse_benchmarks,
    saying_pairs,
)
from seatmate_tune.paraphrases import CONCEPTS, held_out
from seatmate_tune.recipe import Recipe

log = logging.getLogger(__name__)

_BATCH = 512
_VOCABULARY_TEXTS = 40_000
"""The likeliest pieces do not change with more text, and the trainer's time does."""
_FIRST_SIZE = 0.1
"""Deviation of the vectors before training: small, so that a token hardly ever seen hardly counts."""

Ids = list[list[int]]


def train_embedder(recipe: Recipe) -> None:
    """Vocabulary, vectors, held-out recall, card."""
    import torch
    from sentence_transformers.models import StaticEmbedding

    torch.manual_seed(recipe.seed)
    rng = Random(recipe.seed)
    pairs = training_pairs(recipe, rng)
    tokenizer = vocabulary(recipe, pairs, rng)
    static = StaticEmbedding(tokenizer, embedding_dim=recipe.shapes.hidden)
    torch.nn.init.normal_(static.embedding.weight, std=_FIRST_SIZE)
    started = time.monotonic()
    fit(static, batches(recipe, tokenizer, pairs, rng), recipe)
    minutes = (time.monotonic() - started) / 60
    tokens: Sequence[tuple[str, float]] = json.loads(tokenizer.to_str())["model"]["vocab"]
    write_table(recipe.out, tokens, static.embedding.weight.detach().numpy())
    _card(recipe, {name: len(found) for name, found in pairs.items()}, len(tokens), minutes, measure(recipe.out))


def training_pairs(recipe: Recipe, rng: Random) -> dict[str, list[Pair]]:
    """Public pairs by source, and the generated ones: `tokens` counts the pairs of a stage."""
    refuse_benchmarks(recipe.text)
    pairs: dict[str, list[Pair]] = {}
    for source in recipe.text:
        if source.path.exists():
            pairs[source.path.parent.name] = list(public_pairs(source, rng))
        else:
            log.warning("not there, skipped: %s", source.path)
    for stage in recipe.stages:
        made = saying_pairs if stage.name == SAYINGS else bank_pairs
        pairs[stage.name] = list(made(Random(stage.seed), stage.tokens))
    log.info("pairs: %s", {name: len(found) for name, found in pairs.items()})
    return pairs


def vocabulary(recipe: Recipe, pairs: dict[str, list[Pair]], rng: Random) -> Any:
    """The tokenizer of these texts; one that an earlier run left in `work` is taken as it is."""
    from tokenizers import Tokenizer

    kept = recipe.work / "tokenizer.json"
    if kept.is_file():
        log.warning("vocabulary of an earlier run: %s", kept)
        return Tokenizer.from_file(str(kept))
    texts = [text for found in pairs.values() for pair in found for text in pair[:2]]
    tokenizer = unigram(rng.sample(texts, min(_VOCABULARY_TEXTS, len(texts))), recipe.shapes.vocab)
    kept.parent.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(kept))
    return tokenizer


def batches(recipe: Recipe, tokenizer: Any, pairs: dict[str, list[Pair]], rng: Random) -> list[tuple[Ids, ...]]:
    """Every batch of one source, so that its other passages are hard to tell apart; of the sayings, a concept once."""
    found: list[tuple[Ids, ...]] = []
    for name, of_source in pairs.items():
        size = len(CONCEPTS) if name == SAYINGS else _BATCH
        columns = [[e.ids for e in tokenizer.encode_batch(list(texts))] for texts in zip(*of_source, strict=True)]
        at = list(range(len(of_source)))
        if name != SAYINGS:  # these come concept by concept
            rng.shuffle(at)
        for start in range(0, len(at) - size + 1, size):
            found.append(tuple([column[i] for i in at[start : start + size]] for column in columns))
    rng.shuffle(found)
    return found


def fit(static: Any, steps: Sequence[tuple[Ids, ...]], recipe: Recipe) -> None:
    """One pass; the learning rate rises for a tenth of it and then falls to nothing."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.losses import MatryoshkaLoss, MultipleNegativesRankingLoss

    model = SentenceTransformer(modules=[static], device="cpu")
    half = recipe.shapes.hidden // 2
    loss = MatryoshkaLoss(model, MultipleNegativesRankingLoss(model), [recipe.shapes.hidden, half])
    optimiser = torch.optim.Adam(static.parameters(), lr=recipe.optimiser.lr)
    rate = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, recipe.optimiser.lr, total_steps=len(steps) + 1, pct_start=0.1, anneal_strategy="linear"
    )
    for number, columns in enumerate(steps):
        value = loss([_features(column) for column in columns], torch.empty(0))
        optimiser.zero_grad()
        value.backward()
        optimiser.step()
        rate.step()
        if number % 100 == 0:
            log.info("%d of %d: loss %.3f", number, len(steps), float(value.detach()))


def _features(column: Ids) -> dict[str, Any]:
    """As StaticEmbedding.tokenize makes them."""
    import torch

    starts = [0, *accumulate(len(ids) for ids in column)]
    flat = torch.tensor([i for ids in column for i in ids], dtype=torch.long)
    return {"input_ids": flat, "offsets": torch.tensor(starts[:-1], dtype=torch.long)}


def unigram(texts: Sequence[str], size: int) -> Any:
    """A tokenizer of at most `size` tokens that cuts as seatmate.adapters.dense does."""
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


def write_table(folder: Path, vocabulary: Sequence[tuple[str, float]], table: Any) -> None:
    """Vectors as 8-bit integers with a scale a row, tokens with their log probabilities."""
    import numpy as np

    folder.mkdir(parents=True, exist_ok=True)
    table = table.copy()
    table[0] = 0  # the unknown token; the platform skips what it does not know
    scales = np.maximum(np.abs(table).max(axis=1) / 127, 1e-8).astype(np.float32)
    np.save(folder / "embeddings.npy", np.rint(table / scales[:, None]).astype(np.int8))
    np.save(folder / "scales.npy", scales)
    lines = [f"{token}\t{value:.4f}" for token, value in vocabulary]
    (folder / "tokens.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def measure(folder: Path) -> dict[str, float]:
    """Recall on what was never trained on, through the platform's own reader, beside the untrained projection."""
    from seatmate.adapters.dense import open_dense

    metrics: dict[str, float] = {}
    for name, encoder in (("trained", open_dense(folder)), ("hashed", open_dense(Path("no such folder")))):
        for task, (questions, passages) in (("shelves", _shelves()), ("sayings", _sayings())):
            ranks = list(_ranks(encoder, questions, passages))
            for k in (1, 5, 10):
                metrics[f"{name}.{task}.recall@{k}"] = round(sum(r < k for r in ranks) / len(ranks), 4)
            metrics |= {f"{task}.questions": float(len(questions)), f"{task}.passages": float(len(passages))}
    log.info("%s", metrics)
    return metrics


def _shelves() -> tuple[list[tuple[str, set[int]]], list[str]]:
    """Questions to 60 shelves of banks that training never saw, among all their pages."""
    rng = Random("held-out/embedder")
    shelves = [library(rng) for _ in range(60)]
    pages = [page for shelf in shelves for page in shelf.pages]
    asked = [found for shelf in shelves for _ in range(4) if (found := ask(rng, shelf, "figure"))]
    gold = [(a.question, {at for at, page in enumerate(pages) if page in a.pages}) for a in asked]
    return gold, [page_text(page) for page in pages]


def _sayings() -> tuple[list[tuple[str, set[int]]], list[str]]:
    """The sayings kept out of training, among every written line of every concept."""
    rng = Random("held-out/sayings")
    lines = [(concept, line.replace("{v}", concept.value(rng))) for concept in CONCEPTS for line in concept.written]
    spoken = [(said, concept) for concept in CONCEPTS for said in concept.spoken if held_out(said)]
    gold = [(said, {at for at, (c, _) in enumerate(lines) if c is concept}) for said, concept in spoken]
    return gold, [line for _, line in lines]


def _ranks(encoder: Any, questions: Sequence[tuple[str, set[int]]], passages: Sequence[str]) -> Iterator[int]:
    import numpy as np

    table = np.array([encoder.encode(passage) for passage in passages])
    for question, gold in questions:
        order = np.argsort(-(table @ np.array(encoder.encode(question))), kind="stable")
        yield min(rank for rank, at in enumerate(order) if at in gold)


def _card(recipe: Recipe, pairs: dict[str, int], tokens: int, minutes: float, metrics: dict[str, float]) -> None:
    facts = {
        "name": "seatmate-embed", "created_at": datetime.now(BANK_ZONE).isoformat(timespec="seconds"),
        "recipe_sha256": recipe.sha256, "data_sha256": data_hashes(recipe.text), "pairs": pairs, "tokens": tokens,
        "dimensions": recipe.shapes.hidden, "minutes": round(minutes, 1), "metrics": metrics,
    }  # fmt: skip
    (recipe.out / "card.json").write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    figures = "\n".join(
        f"| {_TASKS[task]} | {int(metrics[f'{task}.passages'])} | {int(metrics[f'{task}.questions'])} | {name} | "
        + " | ".join(f"{metrics[f'{name}.{task}.recall@{k}']:.3f}" for k in (1, 5, 10))
        + " |"
        for task in _TASKS
        for name in ("trained", "hashed")
    )
    trained_on = "\n".join(f"- {name}: {count:,} pairs" for name, count in pairs.items())
    page = _PAGE.format(tokens=tokens, hidden=recipe.shapes.hidden, figures=figures, pairs=trained_on, seed=recipe.seed)
    (recipe.out / "README.md").write_text(page, encoding="utf-8")
    write_manifest(recipe.out)


_TASKS = {"shelves": "questions to unseen banks", "sayings": "unseen sayings"}
_PAGE = """# seatmate-embed

Static embeddings for Chinese banking text: {tokens:,} tokens of {hidden} dimensions, averaged. Trained from nothing by
`seatmate-tune embedder finetune/recipes/embed.yaml` (seed {seed}) with sentence-transformers (StaticEmbedding,
MultipleNegativesRankingLoss within MatryoshkaLoss). Served by `seatmate.adapters.dense.StaticTable` with numpy alone.

- `embeddings.npy`: 8-bit integers, one row a token; row 0 is the unknown token and is never looked up
- `scales.npy`: what each row is multiplied by
- `tokens.txt`: token, tab, log probability, in the order of the rows
- `card.json`: hashes of recipe and data, figures; `MANIFEST.sha256`: hashes of the files

A text is cut so: NFKC, traditional to simplified, lower case, white space to single spaces, stripped; the likeliest row
of tokens by the sum of their log probabilities (Viterbi); an unknown character is skipped.

## What it is for

The dense leg beside sparse retrieval: it understands everyday sayings for the words of a bank's documents (最少买多少 for
起购金额). Alone it is much weaker than words on exact names and figures.

## Figures

Recall of a right passage among all passages of the task. Of the sayings a fifth, drawn by hash, was never trained on;
the unseen banks come from the generator with another seed. `hashed` is the platform's untrained projection.

| task | passages | questions | encoder | recall@1 | recall@5 | recall@10 |
|---|---|---|---|---|---|---|
{figures}

How much it adds to retrieval as a whole is printed by `python -m tests.bench.retrieval`.

## Data

{pairs}

`bank` are questions to fictional banks made by the generators of seatmate_tune, `sayings` were written by hand
(`seatmate_tune.paraphrases`). No text of the sample bank, no customer data, and neither of the sets of the retrieval
benchmark (DRCD, CMRC 2018), which the loader refuses. Public text:

- laws_zh: https://github.com/LawRefBook/Laws at 2f4c5c2; laws and official documents carry no copyright in mainland
  China (Copyright Law art. 5); the collection has no licence file
- news_zh: https://github.com/IAAR-Shanghai/CRUD_RAG at 1aace38; Apache-2.0 by the badge of its README, no licence
  file; the texts are news reports of third parties. Only token vectors are kept here, no text

## Limits

- A mean of token vectors: it knows no word order and no negation. 「保本」 and 「不保本」 are near each other
- Simplified Chinese; Latin words and numbers carry little meaning
- Sayings were written by one author; recall on those of real callers will be lower
- Retrained or replaced, its fingerprint changes and the index is rebuilt
"""
