"""The approved answer to a question, if there is one whose sources stand on the day that is asked about.

A question matches when it asks for the same in other words: the same products, the same figures, nearly the same
informative pieces. Nothing is guessed: what is merely alike goes to generation. Knows nothing of the model.
"""

from collections.abc import Sequence

from seatmate.ask.rewrite import StandaloneQuery, products_named
from seatmate.domain.answers import Citation, Figure, Sentence, SentenceSource
from seatmate.domain.approved import ApprovedAnswer
from seatmate.domain.figures import find_figures, is_supported
from seatmate.domain.knowledge import DocumentVersion, Product
from seatmate.domain.ports import ApprovedAnswers, KnowledgeLedger, Visible
from seatmate.domain.words import informative

_SAME = 0.8
"""From this share of common pieces on (Jaccard), two questions ask for the same."""


async def approved_answer(
    query: StandaloneQuery,
    visible: Visible,
    products: Sequence[Product],
    *,
    approved: ApprovedAnswers,
    knowledge: KnowledgeLedger,
) -> tuple[ApprovedAnswer, Sentence] | None:
    """The newest one that this caller may read, that holds at this moment and whose sources all stand."""
    for answer in reversed(await approved.pinned()):
        if not (_may_be_read(answer, visible) and _holds(answer, visible) and answers(answer, query, products)):
            continue
        documents = await knowledge.documents_named(visible.snapshot, [s.doc_id for s in answer.sources])
        sentence = standing(answer, [d for d in documents if _is_seen(d, visible)])
        if sentence is not None:
            return answer, sentence
    return None


def answers(answer: ApprovedAnswer, query: StandaloneQuery, products: Sequence[Product]) -> bool:
    """Is this one of the questions that the answer is pinned to?"""
    return any(_same(query.text, question, products) for question in answer.questions)


def standing(answer: ApprovedAnswer, documents: Sequence[DocumentVersion]) -> Sentence | None:
    """The answer with its citations, if each source's words stand in one of the documents and state its figures."""
    citations = []
    for source in answer.sources:
        document = next((d for d in documents if d.doc_id == source.doc_id and source.quote in d.text), None)
        if document is None:
            return None
        citations.append(_citation(document, source.quote))
    evidence = [figure for source in answer.sources for figure in find_figures(source.quote)]
    figures = find_figures(answer.text)
    if not all(is_supported(figure, evidence) for figure in figures):
        return None
    return Sentence(
        text=answer.text,
        source=SentenceSource.APPROVED,
        citations=tuple(citations),
        figures=tuple(Figure(raw=f.raw, normalised=f.normalised, supported=True) for f in figures),
    )


def _same(asked: str, pinned: str, products: Sequence[Product]) -> bool:
    sides = [(informative(text), products_named(text, products), find_figures(text)) for text in (asked, pinned)]
    (a, of_a, figures_a), (b, of_b, figures_b) = sides
    if {p.code for p in of_a} != {p.code for p in of_b}:
        return False
    if sorted(f.normalised for f in figures_a) != sorted(f.normalised for f in figures_b):
        return False
    names = informative(" ".join(name for p in of_a for name in p.names))
    a, b = a - names, b - names
    return len(a & b) >= _SAME * len(a | b) if a | b else a == b


def _may_be_read(answer: ApprovedAnswer, visible: Visible) -> bool:
    return bool(set(answer.scope) & set(visible.scopes))


def _holds(answer: ApprovedAnswer, visible: Visible) -> bool:
    since, until = answer.valid_from, answer.valid_until
    return (since is None or since <= visible.as_of) and (until is None or visible.as_of < until)


def _is_seen(document: DocumentVersion, visible: Visible) -> bool:
    """What the index's filter says, of a document that was fetched by its id."""
    withheld = len(document.product_codes) == 1 and document.product_codes[0] in visible.withheld
    return (
        bool(set(document.scope) & set(visible.scopes)) and document.validity.holds_at(visible.as_of) and not withheld
    )


def _citation(document: DocumentVersion, quote: str) -> Citation:
    start = document.text.index(quote)
    return Citation(
        doc_id=document.doc_id,
        version=document.version,
        title=document.title,
        start=start,
        end=start + len(quote),
        quote=quote,
        valid_from=document.validity.first_day,
        valid_to=document.validity.last_day,
    )
