"""A dataset of a bank's own records, from the ledgers to a folder. Everything that is left out is left out with a reason.

    gathered → masked (or refused) → held against every suite → duplicates out → split by customer → balanced → written

Nothing here reaches for a store: the ledgers are ports, the rules are the recipe's. The same ledger and recipe give the
same bytes.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from seatmate.aftercall.fields import load_catalogue
from seatmate.domain.call_ports import CallLedger, Reviews
from seatmate.domain.feedback import FeedbackLedger
from seatmate.domain.overlap import WINDOW, folded
from seatmate.domain.ports import AnswerLedger, ApprovedAnswers, KnowledgeLedger, Message
from seatmate.domain.redaction import find_personal
from seatmate.prompts import Prompts
from seatmate_tune.build_recipe import BuildRecipe
from seatmate_tune.draft import Draft, Gathered, LeftOut, Reason, Source, together
from seatmate_tune.gold import read_gold
from seatmate_tune.near import near_duplicates
from seatmate_tune.pinned import gather_pinned
from seatmate_tune.records import Kit, gather_records
from seatmate_tune.suite_texts import SetPhrases, Suites, read_suites
from seatmate_tune.thumbed import OpenSearch, gather_thumbed

_SUREST = {source: rank for rank, source in enumerate(Source)}


@dataclass(frozen=True)
class Ledgers:
    """The bank's stores, as ports."""

    calls: CallLedger
    reviews: Reviews
    pinned: ApprovedAnswers
    knowledge: KnowledgeLedger
    answers: AnswerLedger
    feedback: FeedbackLedger
    open_search: OpenSearch


@dataclass(frozen=True)
class Built:
    """What goes into the folder."""

    recipe: BuildRecipe
    train: tuple[Draft, ...]
    held_out: tuple[Draft, ...]
    left_out: tuple[LeftOut, ...]
    suites_sha256: dict[str, str]
    prompts_sha256: str
    catalogue_sha256: str


def kit_of(recipe: BuildRecipe) -> Kit:
    """The prompts and the catalogue that the recipe names."""
    return Kit(recipe, Prompts.load(recipe.prompts), load_catalogue(recipe.rules))


async def build_dataset(kit: Kit, ledgers: Ledgers) -> Built:
    """The walk, read top to bottom."""
    recipe = kit.recipe
    suites = read_suites(recipe.suites, recipe.suite_calls)
    gathered = await gather(ledgers, kit)
    clean = refuse_personal_data(gathered)
    apart = keep_apart(clean, suites, recipe)
    single = drop_duplicates(apart, recipe.near)
    balanced = balance(single, recipe)
    train, held_out = split(balanced.drafts, recipe)
    return Built(
        recipe, train, held_out, balanced.left_out, dict(suites.sha256), kit.prompts.sha256, kit.catalogue.sha256
    )


async def gather(ledgers: Ledgers, kit: Kit) -> Gathered:
    """From every source that the recipe names, the surest first; tasks that it does not want are nobody's loss."""
    wanted = kit.recipe.sources
    parts: list[Gathered] = []
    if Source.GOLD in wanted:
        parts.append(read_gold(kit.recipe.gold, kit))
    if Source.CORRECTED in wanted or Source.WORDS in wanted:
        parts.append(await gather_records(ledgers.calls, ledgers.reviews, kit))
    if Source.PINNED in wanted:
        parts.append(await gather_pinned(ledgers.pinned, ledgers.knowledge, kit))
    if Source.THUMBED_UP in wanted:
        asked = (ledgers.feedback, ledgers.answers, ledgers.calls)
        parts.append(await gather_thumbed(*asked, ledgers.open_search, kit))
    found = together(parts)
    return Gathered(tuple(d for d in found.drafts if d.example.task in kit.recipe.tasks), found.left_out)


def refuse_personal_data(gathered: Gathered) -> Gathered:
    """Transcripts were masked when they were rendered; whatever still looks personal, there or in an answer, is out.

    Turn by turn, as it was said: across the labels of a rendered transcript (「…好\\n16 客户：」) names are seen that are none.
    """
    kept: list[Draft] = []
    left_out: list[LeftOut] = []
    for draft in gathered.drafts:
        texts = (*draft.origin.said, draft.example.target)
        kinds = {span.kind.value for text in texts for span in find_personal(text)}
        if kinds:
            left_out.append(_out(draft, Reason.PERSONAL_DATA, ", ".join(sorted(kinds))))
        else:
            kept.append(draft)
    return Gathered(tuple(kept), (*gathered.left_out, *left_out))


def keep_apart(gathered: Gathered, suites: Suites, recipe: BuildRecipe) -> Gathered:
    """Nothing that an eval suite says: not its calls, and no passage that only few customers' calls share with it."""
    origins = {draft.origin.key: draft.origin for draft in gathered.drafts}
    talks = [(origin.customer, origin.said) for origin in origins.values() if origin.kind != "answer"]
    phrases = SetPhrases(suites, talks, recipe.set_phrase_customers)
    found: dict[str, tuple[Reason, str]] = {}
    for key, origin in origins.items():
        if origin.kind != "answer" and origin.id in suites.calls:
            found[key] = (Reason.NAMED_BY_SUITE, origin.id)
            continue
        # A short turn that a suite has as well (嗯那我再想想) says nothing of a call, but all of a question.
        least = 0 if origin.kind == "answer" else WINDOW
        shared = (suites.shared_with(text, phrases, least) for text in origin.said)
        if first := next(filter(None, shared), None):
            found[key] = (Reason.OVERLAPS_SUITE, f"{first.suite}, {len(first.run)} letters")
    return _without(gathered, found)


def drop_duplicates(gathered: Gathered, near: float) -> Gathered:
    """Of origins that say the same, or nearly, the one with the surest source stays, then the first.

    A call of the ledger that somebody also marked by hand is one origin: what either has of a task complements the other.
    """
    ordered = sorted(gathered.drafts, key=lambda draft: _SUREST[draft.source])
    origins = list({draft.origin: None for draft in ordered})
    texts = ["\n".join(origin.said) for origin in origins]
    first: dict[str, int] = {}
    found: dict[str, tuple[Reason, str]] = {}
    for number, text in enumerate(texts):
        same = first.setdefault(folded(text), number)
        if origins[same].id != origins[number].id:
            found[origins[number].key] = (Reason.DUPLICATE, origins[same].key)
    for number, (other, share) in near_duplicates(texts, near).items():
        if origins[number].id != origins[other].id:
            found.setdefault(origins[number].key, (Reason.NEAR_DUPLICATE, f"{origins[other].key}, {share}"))
    return _one_answer_a_prompt(_without(replace(gathered, drafts=tuple(ordered)), found))


def _one_answer_a_prompt(gathered: Gathered) -> Gathered:
    """The surest one; drafts come with the surest first. What words told stands back behind whoever marked the task."""
    marked = {(d.origin.id, d.example.task): d for d in gathered.drafts if d.source is not Source.WORDS}
    asked: dict[tuple[Message, ...], Draft] = {}
    kept: list[Draft] = []
    out: list[LeftOut] = []
    for draft in gathered.drafts:
        surer = marked.get((draft.origin.id, draft.example.task)) if draft.source is Source.WORDS else None
        first = asked.setdefault(draft.example.prompt, surer or draft)
        if first is draft:
            kept.append(draft)
        else:
            out.append(_out(draft, Reason.DUPLICATE, first.origin.key))
    return Gathered(tuple(kept), (*gathered.left_out, *out))


def balance(gathered: Gathered, recipe: BuildRecipe) -> Gathered:
    """No task has more than `over` times its share beside the scarcest. What goes is chosen by hash, not by age."""
    counts = Counter(draft.example.task for draft in gathered.drafts)
    scarcest = min((counts[task] / share for task, share in recipe.tasks.items() if counts[task]), default=0.0)
    most = {task: max(1, int(scarcest * share * recipe.over)) for task, share in recipe.tasks.items()}
    drawn = sorted(gathered.drafts, key=lambda draft: (_SUREST[draft.source], _drawn(recipe.split_seed, draft)))
    have: Counter[str] = Counter()
    dropped: set[Draft] = set()
    for draft in drawn:
        task = draft.example.task
        if have[task] >= most.get(task, 0):  # type: ignore[call-overload]
            dropped.add(draft)
        have[task] += 1
    out = tuple(_out(draft, Reason.OVER_SHARE) for draft in gathered.drafts if draft in dropped)
    return Gathered(tuple(draft for draft in gathered.drafts if draft not in dropped), (*gathered.left_out, *out))


def split(drafts: Sequence[Draft], recipe: BuildRecipe) -> tuple[tuple[Draft, ...], tuple[Draft, ...]]:
    """By customer: nobody's words are on both sides."""
    apart = {draft.origin.customer for draft in drafts if _share(recipe, draft.origin.customer) < recipe.held_out}
    ordered = sorted(drafts, key=lambda draft: _drawn(recipe.split_seed, draft))
    return (
        tuple(draft for draft in ordered if draft.origin.customer not in apart),
        tuple(draft for draft in ordered if draft.origin.customer in apart),
    )


def _share(recipe: BuildRecipe, customer: str) -> float:
    """A customer's place between 0 and 1, the same in every dataset with this seed."""
    return int(hashlib.sha256(f"{recipe.split_seed}/{customer}".encode()).hexdigest()[:12], 16) / 16**12


def _drawn(seed: str, draft: Draft) -> str:
    said = (seed, draft.origin.key, draft.example.task, *(m.content for m in draft.example.messages))
    return hashlib.sha256("\x1f".join(said).encode()).hexdigest()


def _without(gathered: Gathered, found: dict[str, tuple[Reason, str]]) -> Gathered:
    kept = tuple(draft for draft in gathered.drafts if draft.origin.key not in found)
    out = tuple(_out(d, *found[d.origin.key]) for d in gathered.drafts if d.origin.key in found)
    return Gathered(kept, (*gathered.left_out, *out))


def _out(draft: Draft, reason: Reason, detail: str = "") -> LeftOut:
    return LeftOut(draft.origin.key, draft.example.task, reason, detail)
