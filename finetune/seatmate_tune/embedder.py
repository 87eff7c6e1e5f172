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
from pathlib import Path
from random import Random
from typing import Any

from seatmate.domain.knowledge import BANK_ZONE
from seatmate.serving.registry import write_manifest
from seatmate_tune.answers import ask
from seatmate_tune.corpus import data_hashes
from seatmate_tune.documents import library
from seatmate_tune.embed_pairs import (
    Pair,
    bank_pairs,
    page_text,
    paraphrase_pairs,
    public_pairs,
    refuse_benchmarks,
)
from seatmate_tune.paraphrases import CONCEPTS, held_out
from seatmate_tune.recipe import Recipe

log = logging.getLogger(__name__)

_EPOCHS = 3
_BATCH = 512
_VOCABULARY_TEXTS = 60_000
"""The likeliest pieces do not change with more text, and the trainer's time does."""


def train_embedder(recipe: Recipe) -> None:
    """Vocabulary, vectors, held-out recall, card."""
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
    pairs = training_pairs(recipe, rng)
    texts = [text for found in pairs.values() for pair in found for text in pair[:2]]
    tokenizer = unigram(rng.sample(texts, min(_VOCABULARY_TEXTS, len(texts))), recipe.shapes.vocab)
    static = StaticEmbedding(tokenizer, embedding_dim=recipe.shapes.hidden)
    model = SentenceTransformer(modules=[static], device="cpu")
    loss = MatryoshkaLoss(model, MultipleNegativesRankingLoss(model), [recipe.shapes.hidden, recipe.shapes.hidden // 2])
    arguments = SentenceTransformerTrainingArguments(
        output_dir=str(recipe.work), num_train_epochs=_EPOCHS, per_device_train_batch_size=_BATCH,
        learning_rate=recipe.optimiser.lr, warmup_steps=0.1, use_cpu=True, save_strategy="no", report_to="none",
        logging_steps=100, seed=recipe.seed, disable_tqdm=True, multi_dataset_batch_sampler="proportional",
    )  # fmt: skip
    # A dataset a source: a batch's other passages are then of the same source, and harder to tell apart.
    data = {name: Dataset.from_dict(_columns(found)) for name, found in pairs.items()}
    started = time.monotonic()
    SentenceTransformerTrainer(model=model, args=arguments, train_dataset=data, loss=loss).train()
    minutes = (time.monotonic() - started) / 60
    vocabulary: Sequence[tuple[str, float]] = json.loads(tokenizer.to_str())["model"]["vocab"]
    write_table(recipe.out, vocabulary, static.embedding.weight.detach().numpy())
    _card(recipe, {name: len(found) for name, found in pairs.items()}, len(vocabulary), minutes, measure(recipe.out))


def training_pairs(recipe: Recipe, rng: Random) -> dict[str, list[Pair]]:
    """By source, in a random order. `stages` count the generated ones: `tokens` pairs each."""
    refuse_benchmarks(recipe.text)
    pairs: dict[str, list[Pair]] = {}
    for source in recipe.text:
        if source.path.exists():
            pairs[source.path.parent.name] = list(public_pairs(source, rng))
        else:
            log.warning("not there, skipped: %s", source.path)
    for stage in recipe.stages:
        made = paraphrase_pairs if stage.name == "paraphrase" else bank_pairs
        pairs.setdefault("bank", []).extend(made(Random(stage.seed), stage.tokens))
    for found in pairs.values():
        rng.shuffle(found)
    log.info("pairs: %s", {name: len(found) for name, found in pairs.items()})
    return pairs


def _columns(pairs: Sequence[Pair]) -> dict[str, list[str]]:
    return dict(zip(("anchor", "positive", "negative"), map(list, zip(*pairs, strict=True)), strict=True))


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
    write_manifest(recipe.out)
