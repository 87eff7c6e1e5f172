"""A dataset of a bank's records: what comes in, and that everything else is left out for its own reason."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from seatmate.aftercall.fields import Catalogue, load_catalogue
from seatmate.aftercall.told import tell_facts
from seatmate.aftercall.transcript import number_transcript
from seatmate.ask.retrieve import Retrieval
from seatmate.domain.calls import Conversation
from seatmate.domain.compliance import ComplianceHit, Severity
from seatmate.domain.corrections import lines_of
from seatmate.domain.errors import Misconfigured
from seatmate.domain.evidence import quote_of
from seatmate.domain.fits import misfit
from seatmate.domain.ports import Message
from seatmate.domain.redaction import find_personal
from seatmate.domain.reviews import dismiss
from seatmate.domain.timeline import CustomerCall
from seatmate.prompts import Prompts
from seatmate.settings import HOME, RecordSettings, Settings
from seatmate.testing.calls import MemoryAnswers, MemoryCalls, MemoryReviews
from seatmate.testing.feedback import MemoryFeedback
from seatmate.testing.stores import MemoryApproved, MemoryKnowledge
from seatmate_tune.build import Built, Ledgers, build_dataset, drop_duplicates
from seatmate_tune.build_recipe import BuildRecipe, load_build
from seatmate_tune.dataset_folder import CARD, HELD_OUT, TRAIN, read_dataset, write_dataset
from seatmate_tune.draft import Draft, Gathered, Origin, Reason, Source, example_of, row_of
from seatmate_tune.example import answered
from seatmate_tune.ledger import open_ledgers
from seatmate_tune.records import Kit
from seatmate_tune.talks import Talk, read_talks
from tests.finetune.made_records import keep, record_of, send_back, with_id

AT = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def talks() -> list[Talk]:
    """Short ones with a summary and a candidate or two."""
    found = read_talks(HOME / "finetune" / "talks")
    short = [talk for talk in found if sum(len(u.text) for u in talk.conversation.utterances) < 700 and talk.facts]
    return short[:8]


@pytest.fixture
def suites(tmp_path: Path) -> Path:
    """One case, about nothing that a talk is about."""
    folder = tmp_path / "suites"
    folder.mkdir()
    case = {"id": "ask/1", "question": "周末能不能去网点预约换外币零钱呀我想问问", "conversation_id": "the-suites-call"}
    (folder / "ask.jsonl").write_text(json.dumps(case, ensure_ascii=False) + "\n", encoding="utf-8")
    return folder


async def no_search() -> Retrieval:
    raise AssertionError("no thumbs, no search")


class World:
    """A ledger and the recipe over it."""

    def __init__(self, kit: Kit) -> None:
        self.kit = kit
        self.reviews = MemoryReviews()
        self.calls = MemoryCalls(reviews=self.reviews)
        self.answers = MemoryAnswers()
        self.feedback = MemoryFeedback(self.answers)

    async def add(self, talk: Talk, conversation: Conversation | None = None, reviewed: bool = True) -> CustomerCall:
        said = conversation or talk.conversation
        call = CustomerCall(said, record_of(replace(talk, conversation=said), said))
        await keep(self.calls, [call])
        if reviewed:
            await send_back(self.calls, call.record, "situation", lines_of(call.record, "situation"))
        return call

    async def build(self, **changes: object) -> Built:
        recipe = BuildRecipe.model_validate(self.kit.recipe.model_dump() | changes)
        ledgers = Ledgers(
            self.calls,
            self.reviews,
            MemoryApproved(),
            MemoryKnowledge(),
            self.answers,
            self.feedback,
            no_search,
        )
        return await build_dataset(replace(self.kit, recipe=recipe), ledgers)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue(HOME / "corpus" / "rules")


@pytest.fixture
def world(suites: Path, tmp_path: Path, catalogue: Catalogue) -> World:
    recipe = BuildRecipe(
            name="trial", out=tmp_path / "datasets", begin=datetime(2020, 1, 1, tzinfo=UTC),
            end=datetime(2030, 1, 1, tzinfo=UTC), sources=(Source.CORRECTED, Source.WORDS),
            tasks={"summary": 0.4, "kyc": 0.3, "voc": 0.3}, over=100, held_out=0.3, prompts=HOME / "prompts",
            rules=HOME / "corpus" / "rules", suites=suites, suite_calls=HOME / "corpus" / "calls", licence="none",
            purpose="a test",
        )  # fmt: skip
    return World(Kit(recipe, Prompts.load(recipe.prompts), catalogue))


def reasons(built: Built, key: str) -> set[Reason]:
    return {out.reason for out in built.left_out if out.origin == f"call:{key}"} - {Reason.NOTHING_TO_ASK}


def of(built: Built, task: str = "") -> list[Draft]:
    return [draft for draft in (*built.train, *built.held_out) if not task or draft.example.task == task]


async def test_examples_are_served_prompts_and_answers_that_fit_their_schema(world: World, talks: list[Talk]) -> None:
    for talk in talks:
        await world.add(talk)
    built = await world.build()
    assert {draft.example.task for draft in of(built)} == {"summary", "kyc", "voc"}
    prompts = Prompts.load(HOME / "prompts")
    for draft in of(built):
        example = draft.example
        system = prompts["aftercall/transcript"].render(transcript="")[0].content
        assert example.messages[0].content == system
        schema = prompts[f"aftercall/{example.task}"].schema
        assert schema is not None
        assert misfit(schema, json.loads(example.target)) == ""
        assert not any(find_personal(said) for said in (*draft.origin.said, example.target))


async def test_a_correction_takes_the_place_of_the_records_lines_and_keeps_their_evidence(
    world: World, talks: list[Talk]
) -> None:
    call = await world.add(talks[0], reviewed=False)
    before = call.record.summary.situation[0]
    shorter = before.text[: max(6, len(before.text) // 2)].rstrip("，、 ")
    await send_back(world.calls, call.record, "situation", [shorter])
    await send_back(world.calls, call.record, "objections", [])
    (draft,) = of(await world.build(), "summary")
    wanted = json.loads(draft.example.target)
    assert [line["t"] for line in wanted["situation"]] == [shorter]
    numbers = wanted["situation"][0]["u"]
    said = [u.text for u in call.conversation.utterances]
    assert shorter[:6] in said[numbers[0] - 1]
    assert wanted["objections"] == []


async def test_a_corrected_line_that_the_call_does_not_hold_is_no_answer(world: World, talks: list[Talk]) -> None:
    call = await world.add(talks[0], reviewed=False)
    await send_back(world.calls, call.record, "action", ["坐席为客户开通了股票期权交易权限"])
    built = await world.build()
    assert Reason.UNGROUNDED in reasons(built, call.record.conversation_id)
    assert not of(built, "summary")


async def test_personal_data_that_an_agent_wrote_is_refused_without_being_repeated(
    world: World, talks: list[Talk]
) -> None:
    call = await world.add(talks[0], reviewed=False)
    await send_back(world.calls, call.record, "action", ["请回电13812345678"])
    built = await world.build()
    assert Reason.PERSONAL_DATA in reasons(built, call.record.conversation_id)
    assert not any("138" in out.detail for out in built.left_out)


async def test_personal_data_that_a_customer_says_is_masked(world: World, talks: list[Talk]) -> None:
    spoken = talks[0].conversation.utterances
    last = spoken[-1].model_copy(update={"text": "我手机号13812345678，身份证330106198704121537"})
    said = talks[0].conversation.model_copy(update={"utterances": (*spoken[:-1], last)})
    await world.add(talks[0], said)
    built = await world.build()
    texts = "\n".join(m.content for draft in of(built) for m in draft.example.messages)
    assert "⟦PHONE⟧" in texts
    assert "13812345678" not in texts
    assert "330106198704121537" not in texts


async def test_what_nobody_reviewed_or_somebody_objected_to_is_left_out(world: World, talks: list[Talk]) -> None:
    keys = [(await world.add(talk, reviewed=n != 0)).record.conversation_id for n, talk in enumerate(talks[:3])]
    built = await world.build(without_calls=[keys[1]])
    assert reasons(built, keys[0]) == {Reason.NOT_APPROVED}
    assert reasons(built, keys[1]) == {Reason.EXCLUDED}
    assert {draft.origin.id for draft in of(built)} == {keys[2]}


async def test_of_the_same_words_one_stays(world: World, talks: list[Talk]) -> None:
    first = await world.add(talks[0])
    await world.add(talks[0], with_id(talks[0].conversation, "again"))
    spoken = talks[0].conversation.utterances
    nearly = (*spoken[:-1], spoken[-1].model_copy(update={"text": "行，那先这样"}))
    near = with_id(talks[0].conversation, "nearly").model_copy(update={"utterances": nearly})
    await world.add(talks[0], near)
    built = await world.build()
    assert {draft.origin.id for draft in of(built)} <= {first.record.conversation_id, "again", "nearly"}
    assert len({draft.origin.id for draft in of(built)}) == 1
    out = {out.origin: out.reason for out in built.left_out if "duplicate" in out.reason}
    assert sorted(out.values()) == [Reason.DUPLICATE, Reason.NEAR_DUPLICATE]


async def test_a_call_that_somebody_marked_as_well_is_one_origin(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "talks"
    folder.mkdir()
    text = (HOME / "finetune" / "talks" / "lingjiang-phone.txt").read_text(encoding="utf-8")
    (folder / "some.txt").write_text("===".join(text.split("===")[:3]), encoding="utf-8")
    for talk in read_talks(folder):
        await world.add(talk)
    built = await world.build(sources=[Source.GOLD, Source.CORRECTED, Source.WORDS], gold=[folder])
    sources = {(draft.origin.id, draft.example.task): draft.source for draft in of(built)}
    assert sources["lj-001", "summary"] is Source.CORRECTED
    assert sources["lj-001", "kyc"] is Source.GOLD, "a person's marks are surer than a rule's"
    assert len(sources) == len(of(built)), "one example of a task of a call"
    assert all(out.reason is Reason.DUPLICATE for out in built.left_out if out.task == "kyc")


async def test_a_suites_call_is_left_out_by_name_and_by_its_words(world: World, talks: list[Talk]) -> None:
    await world.add(talks[0], with_id(talks[0].conversation, "the-suites-call"))
    spoken = talks[1].conversation.utterances
    asked = spoken[1].model_copy(update={"text": "对了，周末能不能去网点预约换外币零钱呀，我想问问"})
    said = talks[1].conversation.model_copy(update={"utterances": (spoken[0], asked, *spoken[2:])})
    leaked = await world.add(replace(talks[1], facts=(), voices=()), said)
    await world.add(talks[2])
    built = await world.build()
    assert reasons(built, "the-suites-call") == {Reason.NAMED_BY_SUITE}
    assert reasons(built, leaked.record.conversation_id) == {Reason.OVERLAPS_SUITE}
    assert {draft.origin.id for draft in of(built)} == {talks[2].conversation.conversation_id}


async def test_what_many_customers_hear_is_no_leak(world: World, talks: list[Talk]) -> None:
    greeting = "对了，周末能不能去网点预约换外币零钱呀，我想问问"
    for talk in talks[:4]:
        spoken = talk.conversation.utterances
        first = spoken[0].model_copy(update={"text": greeting})
        said = talk.conversation.model_copy(update={"utterances": (first, *spoken[1:])})
        await world.add(talk, said)
    assert not of(await world.build(set_phrase_customers=5))
    assert len({draft.origin.id for draft in of(await world.build(set_phrase_customers=4))}) == 4


async def test_a_customer_is_on_one_side_and_always_on_the_same(world: World, talks: list[Talk]) -> None:
    for n, talk in enumerate(talks):
        await world.add(talk, with_id(talk.conversation, talk.conversation.conversation_id, f"customer-{n // 2}"))
    built = await world.build(held_out=0.5)
    train, held_out = ({draft.origin.customer for draft in part} for part in (built.train, built.held_out))
    assert train
    assert held_out
    assert not train & held_out
    again = await world.build(held_out=0.5, name="another")
    assert {draft.origin.customer for draft in again.held_out} == held_out


async def test_no_task_has_more_than_its_share(world: World, talks: list[Talk]) -> None:
    for talk in talks:
        await world.add(talk)
    built = await world.build(over=1.0, tasks={"summary": 0.2, "kyc": 0.8})
    counts = {task: len(of(built, task)) for task in ("summary", "kyc", "voc")}
    assert counts["kyc"] == 8
    assert counts["summary"] == 2
    assert counts["voc"] == 0
    assert Reason.OVER_SHARE in {out.reason for out in built.left_out}


async def test_the_folder_is_named_after_its_bytes_and_read_back(world: World, talks: list[Talk]) -> None:
    for talk in talks:
        await world.add(talk)
    built = await world.build()
    folder = write_dataset(built, AT)
    assert write_dataset(await world.build(), AT) == folder
    read = read_dataset(folder)
    assert folder.name == f"trial@{read.sha256[:12]}"
    assert read.examples(TRAIN) == [draft.example for draft in built.train]
    assert read.examples(HELD_OUT) == [draft.example for draft in built.held_out]
    assert [example_of(row_of(draft)) for draft in built.train] == [draft.example for draft in built.train]
    assert set(read.card["suites_sha256"]) == {"ask.jsonl"}
    assert read.card["left_out"].keys() == {out.reason.value for out in built.left_out}
    assert "## Left out" in (folder / "CARD.md").read_text(encoding="utf-8")
    assert not [path for path in folder.parent.iterdir() if path != folder]
    written = "".join(path.read_text(encoding="utf-8") for path in folder.iterdir())
    assert not any(f'"{talk.conversation.customer_id}"' in written for talk in talks)


async def test_a_changed_dataset_is_none(world: World, talks: list[Talk]) -> None:
    await world.add(talks[0], with_id(talks[0].conversation, "one", "customer-1"))
    folder = write_dataset(await world.build(held_out=0.0001), AT)
    with (folder / TRAIN).open("a", encoding="utf-8") as file:
        file.write("\n")
    with pytest.raises(Misconfigured, match="not those of its card"):
        read_dataset(folder)
    (folder / CARD).unlink()
    with pytest.raises(Misconfigured, match="no dataset"):
        read_dataset(folder)


async def test_nothing_left_or_no_suite_to_hold_it_against_is_an_error(world: World, tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="no example"):
        write_dataset(await world.build(), AT)
    with pytest.raises(Misconfigured, match="no suite"):
        await world.build(suites=tmp_path)


def test_of_the_same_draft_twice_one_stays() -> None:
    asked = answered("kyc", (Message("user", "候选：1) 2 children"),), '{"facts":[]}')
    origins = [Origin("gold", "t-1", "t-1", ("我有个女儿在上大学",)) for _ in range(2)]
    single = drop_duplicates(Gathered(tuple(Draft(origin, Source.GOLD, asked) for origin in origins), ()), near=0.8)
    assert len(single.drafts) == 1
    assert [out.reason for out in single.left_out] == [Reason.DUPLICATE]


async def test_hand_marked_talks_are_gold(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "talks"
    folder.mkdir()
    text = (HOME / "finetune" / "talks" / "lingjiang-phone.txt").read_text(encoding="utf-8")
    (folder / "some.txt").write_text("===".join(text.split("===")[:5]), encoding="utf-8")
    built = await world.build(sources=[Source.GOLD], gold=[folder])
    assert {draft.source for draft in of(built)} == {Source.GOLD}
    assert any(json.loads(draft.example.target)["facts"] for draft in of(built, "kyc"))
    for talk in read_talks(folder):
        # Serving asks of no candidate that words have told.
        asked = [
            d.example.prompt[-1].content for d in of(built, "kyc") if d.origin.id == talk.conversation.conversation_id
        ]
        numbers = number_transcript(talk.conversation)
        for fact in tell_facts(talk.conversation, world.kit.catalogue):
            settled = f" {numbers.number(fact.evidence[0].utt_id)} {fact.field}"
            assert not any(re.search(rf"{settled}(?:；|$)", prompt) for prompt in asked)
    with pytest.raises(Misconfigured, match="no gold"):
        await world.build(sources=[Source.GOLD], gold=[tmp_path / "missing"])


async def test_the_ledger_in_sql_gives_what_the_one_in_memory_gives(
    world: World, talks: list[Talk], tmp_path: Path
) -> None:
    settings = Settings(records=RecordSettings(url=f"sqlite:///{tmp_path}/records.db"))
    async with open_ledgers(settings) as ledgers:
        for talk in talks[:3]:
            call = await world.add(talk)
            await keep(ledgers.calls, [call])
            await send_back(ledgers.calls, call.record, "situation", lines_of(call.record, "situation"))
        built = await build_dataset(world.kit, ledgers)
    assert (built.train, built.held_out) == ((in_memory := await world.build()).train, in_memory.held_out)


async def test_a_grave_hit_that_nobody_has_decided_keeps_a_call_out(world: World, talks: list[Talk]) -> None:
    quote = quote_of(talks[0].conversation, talks[0].conversation.utterances[0].utt_id)
    assert quote is not None
    hit = ComplianceHit(
        rule="promise_return@1", title="x", severity=Severity.MAJOR, evidence=(quote,), verdict="hit", clause="x"
    )
    call = CustomerCall(talks[0].conversation, record_of(talks[0]).model_copy(update={"compliance": (hit,)}))
    await keep(world.calls, [call])
    await send_back(world.calls, call.record, "situation", lines_of(call.record, "situation"))
    key = call.record.conversation_id
    assert reasons(await world.build(), key) == {Reason.UNDER_REVIEW}
    (review,) = await world.reviews.of_call(key)
    await world.reviews.keep(dismiss(review, "inspector-1", AT, "a near miss"))
    assert {draft.origin.id for draft in of(await world.build())} == {key}


def test_the_recipe_in_the_repository_loads() -> None:
    for path in sorted((HOME / "finetune" / "recipes" / "data").glob("*.yaml")):
        assert load_build(path).suites == Path("eval/suites")
        assert path.name in path.read_text(encoding="utf-8").splitlines()[0]
