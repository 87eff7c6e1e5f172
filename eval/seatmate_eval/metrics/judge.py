"""ragas, and the only file that imports it: answers measured by strings and vectors, and by the bank's own model.

    judge = Judge(chat, encoder.encode, Prompts.load(settings.prompts / "eval"))
    async for score in judge.scores(samples, JUDGED): …
    computed(sample, encoder.encode)                                  # asks no model

The judge speaks through our ChatModel with our Chinese instructions (prompts/eval) and a bounded JSON schema; ragas
itself sends nothing anywhere, and its telemetry is off before it is imported. What has no verdict has no value and a
reason: late, refused, cut off, no JSON, a verdict that is neither 0 nor 1, fewer verdicts than statements, NaN.
ragas gives some of these as 0 or leaves them out; never here. Values are what ragas defines; whether they may count
is not decided here (judges.py, agreement.py).

Of ragas' metrics without a model, not used, and why. RougeScore: its tokeniser keeps a–z and 0–9, so Chinese texts
agree in their digits alone. BleuScore: splits sentences at 「. 」, counts words between blanks. ExactMatch,
StringPresence: an answer in words never is its gold. NonLLMContextPrecision and -Recall: compare whole passages
by edit distance, and our gold is a quote of one. QuotedSpansAlignment: quotes of three words between blanks, and an
answer without quotes is worth 1. IDBased…: from a path that ragas has deprecated; answers.py and retrieval.py count it.
"""

import asyncio
import math
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from pydantic import BaseModel, ValidationError

from seatmate.domain.errors import ModelUnavailable, Overloaded
from seatmate.domain.ports import ChatModel, ChatRequest, Message
from seatmate.prompts import Prompt, Prompts
from seatmate_eval.judges import COMPUTED, JUDGED, Sample
from seatmate_eval.results import Score

os.environ["RAGAS_DO_NOT_TRACK"] = "true"  # ragas reads it when it would report, and knows no other switch

import ragas
from ragas.embeddings.base import BaseRagasEmbedding
from ragas.llms.base import InstructorBaseRagasLLM
from ragas.metrics import collections as metrics

RAGAS: str = ragas.__version__
MAX_TOKENS = 512
ITEM_TIMEOUT_S = 90.0
_MOST_STATEMENTS = 8
_MOST_CHARS = 120
_PRIORITY = 9
"""After every question and call: a judge can wait."""

Encode = Callable[[str], Sequence[float]]
Measure = Callable[[Sample], Awaitable[Any]]
_ReplyT = TypeVar("_ReplyT", bound=BaseModel)


class Judge:
    """Asks `chat` for all verdicts. `item_timeout_s` is for one metric of one answer, all its questions together."""

    def __init__(
        self,
        chat: ChatModel,
        encode: Encode,
        prompts: Prompts,
        *,
        item_timeout_s: float = ITEM_TIMEOUT_S,
        max_tokens: int = MAX_TOKENS,
        concurrency: int = 2,
    ) -> None:
        self._item_s = item_timeout_s
        self._concurrency = concurrency
        self._measures = _measures(_Model(chat, max_tokens), _Vectors(encode), prompts)

    async def scores(self, samples: Iterable[Sample], names: Sequence[str] = JUDGED) -> AsyncIterator[Score]:
        """A score for every sample and metric, as they come. Leaving early ends what is under way."""
        wanted = iter([(sample, name) for sample in samples for name in names if sample.has(name)])
        running: set[asyncio.Task[Score]] = set()
        try:
            while True:
                while len(running) < self._concurrency and (pair := next(wanted, None)) is not None:
                    running.add(asyncio.create_task(self._score(*pair)))
                if not running:
                    return
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    yield task.result()
        finally:
            for task in running:
                task.cancel()

    async def _score(self, sample: Sample, name: str) -> Score:
        if sample.missing:
            return sample.score(name, None, sample.missing)
        if not sample.contexts and name in _READS_CONTEXTS:
            return sample.score(name, None, "the answer cites nothing")
        try:
            async with asyncio.timeout(self._item_s):
                result = await self._measures[name](sample)
        except TimeoutError:
            return sample.score(name, None, f"no verdict within {self._item_s:g} s")
        except (Unjudged, ModelUnavailable, Overloaded) as error:
            return sample.score(name, None, str(error))
        except Exception as error:  # noqa: BLE001  the door of ragas: whatever it trips over has no score
            return sample.score(name, None, f"ragas stopped with {type(error).__name__}")
        return _checked(sample, name, result.value)


class Unjudged(Exception):
    """The judge answered, and it is no verdict."""


def computed(sample: Sample, encode: Encode) -> Iterator[Score]:
    """ragas' metrics that need no model and can read Chinese: characters in order, character n-grams, vectors."""
    made: Mapping[str, Callable[[], Any]] = {
        "ragas_string_similarity": lambda: metrics.NonLLMStringSimilarity(),
        "ragas_chrf": lambda: metrics.CHRFScore(),
        "ragas_semantic_similarity": lambda: metrics.SemanticSimilarity(embeddings=_Vectors(encode)),
    }
    for name in COMPUTED:
        if not sample.has(name):
            continue
        if sample.missing:
            yield sample.score(name, None, sample.missing)
            continue
        try:
            with np.errstate(invalid="ignore", divide="ignore"):
                result = _at_once(made[name]().ascore(reference=sample.reference, response=sample.answer))
        except Exception as error:  # noqa: BLE001  the door of ragas
            yield sample.score(name, None, f"ragas stopped with {type(error).__name__}")
        else:
            yield _checked(sample, name, result.value)


def _checked(sample: Sample, name: str, value: Any) -> Score:
    if not isinstance(value, int | float) or not math.isfinite(value):
        return sample.score(name, None, f"ragas gave {value}")
    # ragas divides by a little more than the sum, and a cosine may be a hair above 1, or below 0.
    return sample.score(name, min(1.0, max(0.0, round(float(value), 6))))


def _at_once(measured: Coroutine[Any, Any, Any]) -> Any:
    """What a coroutine that waits for nothing gives, inside an event loop too; ragas' own `score` refuses there."""
    try:
        measured.send(None)
    except StopIteration as done:
        return done.value
    measured.close()
    raise RuntimeError("a metric that asks no model waited for something")


_READS_CONTEXTS = frozenset({"ragas_faithfulness", "ragas_context_precision", "ragas_context_recall"})


def _measures(model: "_Model", vectors: "_Vectors", prompts: Prompts) -> Mapping[str, Measure]:
    """Each metric of ragas with our words in place of its English examples."""
    faithfulness = metrics.Faithfulness(llm=model)
    faithfulness.statement_generator_prompt = _Words(prompts["judge/statements"])
    faithfulness.nli_statement_prompt = _Words(prompts["judge/verdicts"])
    # One question, not three: at temperature 0 the other two are the same.
    relevancy = metrics.AnswerRelevancy(llm=model, embeddings=vectors, strictness=1)
    relevancy.prompt = _Words(prompts["judge/question"])
    precision = metrics.ContextPrecision(llm=model)
    precision.prompt = _Words(prompts["judge/usefulness"])
    recall = metrics.ContextRecall(llm=model)
    recall.prompt = _Words(prompts["judge/attribution"])
    correctness = metrics.FactualCorrectness(llm=model)
    correctness.prompt = _Words(prompts["judge/claims"])
    correctness.nli_prompt = _Words(prompts["judge/verdicts"])
    return {
        "ragas_faithfulness": lambda s: faithfulness.ascore(
            user_input=s.question, response=s.answer, retrieved_contexts=list(s.contexts)
        ),
        "ragas_answer_relevancy": lambda s: _quiet(relevancy.ascore(user_input=s.question, response=s.answer)),
        "ragas_context_precision": lambda s: precision.ascore(
            user_input=s.question, reference=s.reference, retrieved_contexts=list(s.contexts)
        ),
        "ragas_context_recall": lambda s: recall.ascore(
            user_input=s.question, reference=s.reference, retrieved_contexts=list(s.contexts)
        ),
        "ragas_factual_correctness": lambda s: correctness.ascore(response=s.answer, reference=s.reference),
    }


async def _quiet(measured: Awaitable[Any]) -> Any:
    """Without numpy's warning: 0/0 is a NaN that _checked finds."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return await measured


class _Asked(str):
    """A question to the judge, as ragas passes it on: a text, and with it what ragas would lose."""

    messages: tuple[Message, ...]
    statements: int | None
    """How many verdicts there must be."""


class _Words:
    """One of our prompts where ragas expects one of its own."""

    def __init__(self, prompt: Prompt) -> None:
        self._prompt = prompt

    def to_string(self, data: BaseModel) -> str:
        given = data.model_dump()
        statements = given.get("statements")
        if statements is not None:
            given["statements"] = "\n".join(f"{at}. {said}" for at, said in enumerate(statements, 1))
        given["answer"] = given.get("answer") or given.get("response") or ""
        messages = self._prompt.render(**{name: str(given[name]) for name in self._prompt.variables})
        asked = _Asked("\n".join(message.content for message in messages))
        asked.messages = messages
        asked.statements = None if statements is None else len(statements)
        return asked


class _Model(InstructorBaseRagasLLM):  # type: ignore[misc]
    """ragas' language model over our ChatModel, with a grammar that bounds what it can say."""

    def __init__(self, chat: ChatModel, max_tokens: int) -> None:
        self._chat = chat
        self._max_tokens = max_tokens

    def generate(self, prompt: str, response_model: type[_ReplyT]) -> _ReplyT:
        raise NotImplementedError("asked in an event loop only")

    async def agenerate(self, prompt: str, response_model: type[_ReplyT]) -> _ReplyT:
        if not isinstance(prompt, _Asked):
            raise Unjudged("ragas asked in its own words")
        request = ChatRequest(
            messages=prompt.messages,
            max_tokens=self._max_tokens,
            schema_name=f"judge_{response_model.__name__}_{prompt.statements or 0}",
            schema=_bounded(response_model.model_json_schema(), prompt.statements),
            priority=_PRIORITY,
        )
        reply = await self._chat.complete(request)
        if reply.finish_reason == "length":
            raise Unjudged(f"the judge's answer was cut off after {self._max_tokens} tokens")
        try:
            found = response_model.model_validate_json(reply.text)
        except ValidationError:
            raise Unjudged("the judge's answer is not the JSON that was asked for") from None
        if fault := _fault_of(found.model_dump(), prompt.statements):
            raise Unjudged(fault)
        return found


_FLAGS = ("verdict", "attributed", "noncommittal")


def _fault_of(found: dict[str, Any], statements: int | None) -> str:
    """What ragas would not mind: it takes 7 for a yes, no verdicts for none needed, and no question for a 0."""
    lists = [value for value in found.values() if isinstance(value, list)]
    rows = [row for rows in lists for row in rows if isinstance(row, dict)] or [found]
    for name in _FLAGS:
        if any(row.get(name, 0) not in (0, 1) for row in rows):
            return f"{name} is neither 0 nor 1"
    if any(not rows for rows in lists):
        return "the judge found nothing to judge"
    if statements is not None and any(len(rows) != statements for rows in lists):
        return f"the judge gave {len(lists[0])} verdicts for {statements} statements"
    if "question" in found and not found["question"].strip():
        return "the judge wrote no question"
    return ""


def _bounded(schema: dict[str, Any], statements: int | None) -> dict[str, Any]:
    """The schema with an end to every text and list: a weak model repeats itself until its tokens are used up."""

    def bound(node: Any, name: str = "") -> Any:
        if isinstance(node, list):
            return [bound(part) for part in node]
        if not isinstance(node, dict):
            return node
        kept = {k: v for k, v in node.items() if k not in ("title", "description") or not isinstance(v, str)}
        bounded = {k: bound(v, k) for k, v in kept.items() if k != "properties"}
        if "properties" in kept:
            bounded["properties"] = {field: bound(shape, field) for field, shape in kept["properties"].items()}
            bounded["additionalProperties"] = False
        if kept.get("type") == "string":
            bounded["maxLength"] = _MOST_CHARS
        if kept.get("type") == "array":
            bounded["minItems"], bounded["maxItems"] = statements or 1, statements or _MOST_STATEMENTS
        if kept.get("type") == "integer" and name in _FLAGS:
            bounded = {"enum": [0, 1]}
        return bounded

    found: dict[str, Any] = bound(schema)
    return found


class _Vectors(BaseRagasEmbedding):  # type: ignore[misc]
    """Our own encoder as ragas' embedding."""

    def __init__(self, encode: Encode) -> None:
        super().__init__()
        self._encode = encode

    def embed_text(self, text: str, **kwargs: Any) -> list[float]:
        return list(self._encode(text))

    async def aembed_text(self, text: str, **kwargs: Any) -> list[float]:
        return self.embed_text(text)
