"""Does an answer say what the gold says, cite where it says so, and refuse where there is nothing to say?

Figures are compared by value, words folded. A degraded answer, source text without a model, is judged by what it says
and told apart (`degraded`). Whether an answer is true of its citations is metrics/grounding.
"""

from collections.abc import Iterator, Sequence

from seatmate.ask.spoken import figures_in
from seatmate.compliance.clauses import fold
from seatmate.domain.answers import Answer, AnswerStatus, SentenceSource
from seatmate.domain.figures import is_supported
from seatmate_eval.cases import AskCase
from seatmate_eval.metrics.documents import Documents, in_force
from seatmate_eval.metrics.grounding import Asked, cited, moment_of
from seatmate_eval.metrics.measured import Measured, share, verdict

SPELLINGS = "|"


def asked_of(case: AskCase) -> Asked:
    return Asked("\n".join([*(turn.content for turn in case.history), case.question]), case.as_of, case.scopes)


def measure(case: AskCase, answer: Answer, documents: Documents) -> Iterator[Measured]:
    """Against the gold."""
    traps = list(_traps(case, answer))
    wrong = [*_wrong_status(case, answer), *_missing(case, answer.text), *traps]
    yield verdict("right", not wrong, wrong)
    yield verdict("trap_hit", bool(traps), traps)
    documents_cited = dict.fromkeys(citation.doc_id for citation in cited(answer))
    if case.doc_ids:
        strange = [f"cites {doc_id}" for doc_id in documents_cited if doc_id not in case.doc_ids]
        yield from share("citation_precision", len(documents_cited) - len(strange), len(documents_cited), strange)
        yield from _citation_recall(case, answer, documents)
    refuses, should = answer.status is AnswerStatus.ABSTAINED, case.status == "abstained"
    if refuses:
        yield verdict("refusal_precision", should, () if should else [f"refuses: {answer.reason}"])
    if should:
        yield verdict("refusal_recall", refuses, () if refuses else [f"answers 「{answer.text[:80]}」"])


def diagnose(answer: Answer) -> Iterator[Measured]:
    """Who wrote it, what was kept back, and what it cost: of any answer, without gold."""
    own = sum(sentence.source is SentenceSource.MODEL for sentence in answer.sentences)
    yield from share("by_model", own, len(answer.sentences))
    rejected = [f"{one.reason} 「{one.text[:60]}」" for one in answer.rejected]
    passed = own + sum(sentence.source is SentenceSource.QUOTE for sentence in answer.sentences)
    yield from share("accepted", passed, passed + len(rejected), rejected)
    yield Measured("rejected_sentences", len(rejected), evidence="; ".join(rejected)[:400])
    yield verdict("degraded", answer.status is AnswerStatus.DEGRADED)
    if answer.latency_ms.first_sentence is not None:
        yield Measured("first_sentence_ms", answer.latency_ms.first_sentence)
    yield Measured("total_ms", answer.latency_ms.total)
    yield Measured("answer_tokens", answer.prompt_tokens + answer.completion_tokens)


def says(text: str, point: str) -> bool:
    """Is a point made in one of its spellings?"""
    told = _bare(text)
    return any(_bare(spelling) in told for spelling in point.split(SPELLINGS))


def states(text: str, figure: str) -> bool:
    """Does a text have the figure, or all figures of 2.50%–3.00%, in whatever spelling?"""
    there, wanted = figures_in(text), figures_in(figure)
    return bool(wanted) and all(is_supported(one, there) for one in wanted)


def _wrong_status(case: AskCase, answer: Answer) -> Iterator[str]:
    if (answer.status is AnswerStatus.ABSTAINED) != (case.status == "abstained"):
        yield f"is {answer.status}, should be {case.status}"


def _missing(case: AskCase, text: str) -> Iterator[str]:
    yield from (f"{figure} is missing" for figure in case.figures if not states(text, figure))
    yield from (f"「{point}」 is missing" for point in case.points if not says(text, point))


def _traps(case: AskCase, answer: Answer) -> Iterator[str]:
    """Of the sentences alone: the note may name the day on which an older document ended."""
    told = "\n".join(sentence.text for sentence in answer.sentences)
    yield from (f"shows {figure}, a trap" for figure in case.trap_figures if states(told, figure))
    there = dict.fromkeys(citation.doc_id for citation in cited(answer))
    yield from (f"cites {doc_id}, a trap" for doc_id in there if doc_id in case.trap_doc_ids)


def _citation_recall(case: AskCase, answer: Answer, documents: Documents) -> Iterator[Measured]:
    """The gold's documents may be several that say the same: each thing that it asks for must have one of them."""
    texts = _cited_gold(case, answer, documents)
    uncited = [figure for figure in case.figures if not any(states(text, figure) for text in texts)]
    uncited += [point for point in case.points if not any(says(text, point) for text in texts)]
    wanted = len(case.figures) + len(case.points)
    if not wanted:
        wanted, uncited = 1, [] if texts else ["、".join(case.doc_ids)]
    yield from share("citation_recall", wanted - len(uncited), wanted, [f"no citation for {one}" for one in uncited])


def _cited_gold(case: AskCase, answer: Answer, documents: Documents) -> Sequence[str]:
    moment = moment_of(answer, asked_of(case))
    of_the_gold = (citation for citation in cited(answer) if citation.doc_id in case.doc_ids)
    held = (in_force(documents, citation, moment) for citation in of_the_gold)
    return [version.text for version in held if version is not None]


def _bare(text: str) -> str:
    return "".join(fold(text).split())
