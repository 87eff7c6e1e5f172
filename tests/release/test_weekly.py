"""Which questions a week raises, and how their answers are judged."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatmate.domain.answers import AbstainReason, Answer, AnswerStatus, Citation, Latency, Sentence, SentenceSource
from seatmate.domain.attributes import Attribute
from seatmate.domain.facts import ProductFact
from seatmate.domain.figures import find_figures
from seatmate.domain.knowledge import BANK_ZONE, Passage, Product, Validity
from seatmate.domain.weekly import Difference, JudgedAnswer, Judgement, QuestionKind, WeeklyQuestion
from seatmate.release.weekly import Weeks, questions_of
from seatmate.release.weekly_judge import Sources, judge, occurs, place_of
from seatmate.release.weekly_lines import ChangedDocument, LineQuestions, lines_of

NOW = datetime(2026, 11, 17, 10, tzinfo=BANK_ZONE)
FIRST, MONDAY, NEXT = date(2026, 10, 1), date(2026, 11, 16), date(2026, 11, 23)
A, C, D = Product("P90A", "稳盈90天A"), Product("P90C", "稳盈90天C"), Product("X30", "安享30天")
PRODUCTS = tuple(Product(p.code, p.name, scope=("retail",)) for p in (A, C, D))
FEE, AMOUNT, LEVEL = Attribute.FEE_SALES, Attribute.MIN_AMOUNT, Attribute.RISK_LEVEL


def fact(
    product: Product,
    attribute: Attribute,
    value: str,
    since: date | None = FIRST,
    last: date | None = None,
    *,
    doc: str = "table",
    condition: str = "",
    scope: tuple[str, ...] = ("retail",),
    start: int = 0,
) -> ProductFact:
    raw = value.partition(":")[2]
    validity = Validity.of_days(since, last)
    place = (doc, "v1", start, start + 5, raw)
    return ProductFact(product.code, attribute, value, raw, "", condition, validity, scope, *place)


def week(before: list[ProductFact], after: list[ProductFact], **more: object) -> list[WeeklyQuestion]:
    return list(questions_of(Weeks(before, after, PRODUCTS, NOW, **more)).asked)  # type: ignore[arg-type]


def of_kind(questions: list[WeeklyQuestion], kind: QuestionKind) -> list[WeeklyQuestion]:
    return [question for question in questions if question.kind is kind]


CHANGED = (
    [fact(C, FEE, "pct:0.35"), fact(A, FEE, "pct:0.2")],
    [fact(C, FEE, "pct:0.35", FIRST, MONDAY - timedelta(days=1)), fact(C, FEE, "pct:0.25", MONDAY),
     fact(A, FEE, "pct:0.2")],
)  # fmt: skip


def test_a_changed_value_is_asked_for_now_for_the_minute_before_and_of_the_neighbour() -> None:
    new, old, neighbour = week(*CHANGED)
    assert (new.kind, new.wanted, new.traps, new.asked_at) == (
        QuestionKind.NEW_VALUE, ("pct:0.25",), ("pct:0.35",), NOW,
    )  # fmt: skip
    assert (old.kind, old.wanted, old.traps) == (QuestionKind.AS_OF_OLD, ("pct:0.35",), ("pct:0.25",))
    assert old.asked_at == datetime(2026, 11, 15, 23, 59, tzinfo=BANK_ZONE)
    assert (neighbour.product_code, neighbour.wanted, neighbour.traps) == (A.code, ("pct:0.2",), ("pct:0.25",))
    assert neighbour.trap_of == C.code


def test_a_product_whose_name_nobody_confuses_is_no_neighbour() -> None:
    other = fact(D, FEE, "pct:0.2")
    asked = week([CHANGED[0][0], other], [*CHANGED[1][:2], other])
    assert of_kind(asked, QuestionKind.NEIGHBOUR) == []


def test_the_same_with_a_new_date_raises_no_question() -> None:
    before = [fact(C, FEE, "pct:0.35")]
    assert week(before, [fact(C, FEE, "pct:0.35", MONDAY)]) == []


def test_the_first_snapshot_raises_none() -> None:
    assert week([], CHANGED[1]) == []


def test_several_documents_that_say_the_same_are_one_question() -> None:
    after = [*CHANGED[1], fact(C, FEE, "pct:0.25", MONDAY, doc="sheet")]
    [new] = of_kind(week(CHANGED[0], after), QuestionKind.NEW_VALUE)
    assert new.doc_ids == ("sheet", "table")


def test_what_vanished_and_what_ended_is_asked_for_and_its_value_is_the_trap() -> None:
    for after in ([], [fact(C, FEE, "pct:0.35", FIRST, MONDAY)]):
        [gone] = week([fact(C, FEE, "pct:0.35")], after)
        assert (gone.kind, gone.wanted, gone.traps) == (QuestionKind.WITHDRAWN, (), ("pct:0.35",))


def test_what_ended_by_its_own_date_since_the_last_publishing_has_ended_this_week() -> None:
    same = [fact(C, FEE, "pct:0.35", FIRST, MONDAY)]
    assert week(same, same) == []
    [gone] = week(same, same, live_since=NOW - timedelta(days=7))
    assert gone.kind is QuestionKind.WITHDRAWN


def test_a_change_to_come_is_asked_for_when_it_begins_and_the_old_value_until_then() -> None:
    before = [fact(C, FEE, "pct:0.35")]
    after = [fact(C, FEE, "pct:0.35", FIRST, NEXT - timedelta(days=1)), fact(C, FEE, "pct:0.25", NEXT)]
    asked = {(q.asked_at.astimezone(BANK_ZONE).date(), q.wanted, q.must_answer) for q in week(before, after)}
    assert asked == {
        (NEXT, ("pct:0.25",), False),
        (NEXT - timedelta(days=1), ("pct:0.35",), False),
        (NOW.date(), ("pct:0.35",), True),
    }


def test_a_day_that_the_document_itself_says_is_asked_for() -> None:
    before = [fact(C, FEE, "pct:0.35")]
    after = [fact(C, FEE, "pct:0.35", FIRST, NEXT - timedelta(days=1)), fact(C, FEE, "pct:0.25", NEXT)]
    said = {"table": datetime(2026, 11, 16, tzinfo=BANK_ZONE)}
    asked = {(q.asked_at, q.wanted) for q in of_kind(week(before, after, said=said), QuestionKind.NEW_VALUE)}
    assert (NOW, ("pct:0.25",)) in asked


def test_two_products_that_took_each_others_values_in_one_document_are_held_to_their_old_ones() -> None:
    before = [fact(A, AMOUNT, "amt:10000"), fact(C, AMOUNT, "amt:1")]
    after = [fact(A, AMOUNT, "amt:1", MONDAY), fact(C, AMOUNT, "amt:10000", MONDAY)]
    asked = of_kind(week(before, after), QuestionKind.EXCHANGED)
    assert {(q.product_code, q.wanted, q.traps) for q in asked} == {
        (A.code, ("amt:10000",), ("amt:1",)),
        (C.code, ("amt:1",), ("amt:10000",)),
    }


def test_a_sheet_of_a_product_that_left_the_list_is_asked_for_unless_it_says_so_itself() -> None:
    lists = [fact(p, AMOUNT, "amt:1") for p in (A, C)]
    sheet = fact(C, AMOUNT, "amt:1", doc="sheet")
    [left] = week([*lists, sheet], [lists[0], sheet])
    assert (left.kind, left.product_code) == (QuestionKind.WITHDRAWN, C.code)
    stopped = fact(C, Attribute.STATUS, "停售", doc="sheet")
    assert of_kind(week([*lists, sheet], [lists[0], sheet, stopped]), QuestionKind.WITHDRAWN) == []


def test_a_list_that_left_out_a_column_took_no_product_off_the_shelf() -> None:
    lists = [fact(p, AMOUNT, "amt:1") for p in (A, C)]
    sheets = [fact(p, AMOUNT, "amt:1", doc=f"sheet-{p.code}") for p in (A, C)]
    levels = [fact(p, LEVEL, "level:R2") for p in (A, C)]
    assert week([*lists, *sheets, *levels], [*sheets, *levels]) == []


@pytest.mark.parametrize(
    ("more", "scope", "risk"),
    [
        ([fact(C, LEVEL, "level:R4")], ("retail",), "R4"),
        ([], ("private_banking",), "私人银行"),
        ([], ("retail",), ""),
    ],
)
def test_what_can_do_most_harm_is_marked(more: list[ProductFact], scope: tuple[str, ...], risk: str) -> None:
    before, after = fact(C, FEE, "pct:0.35", scope=scope), fact(C, FEE, "pct:0.25", MONDAY, scope=scope)
    new = week([before, *more], [after, *more])[0]
    assert new.scopes == scope
    assert risk in new.high_risk
    assert bool(risk) is bool(new.high_risk)


def test_over_the_most_changes_come_first_neighbours_last_and_what_is_left_out_is_said() -> None:
    many = [Product(f"N{n}", f"新品{n}号", scope=("retail",)) for n in range(5)]
    added = [fact(p, AMOUNT, "amt:5000", MONDAY) for p in many]
    weeks = Weeks(CHANGED[0], [*CHANGED[1], *added], (*PRODUCTS, *many), NOW)
    few, all_of_them = questions_of(weeks, most=4), questions_of(weeks)
    assert [q.difference for q in few.asked] == [Difference.CHANGED] * 2 + [Difference.ADDED] * 2
    assert few.left_out == len(all_of_them.asked) - 4
    assert all_of_them.asked[-1].kind is QuestionKind.NEIGHBOUR


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(["pct:0.2", "pct:0.25", "pct:0.35"]), max_size=3),
    st.lists(st.sampled_from(["pct:0.2", "pct:0.25", "pct:0.35"]), max_size=3),
)
def test_no_question_wants_what_it_traps(before: list[str], after: list[str]) -> None:
    asked = week([fact(C, FEE, v) for v in before], [fact(C, FEE, v, MONDAY) for v in after])
    assert all(not set(q.wanted) & set(q.traps) for q in asked)
    if before and not set(after) - set(before) and after:
        assert asked == []


# ── judging ────────────────────────────────────────────────────────────────────────────────────────────────────────

ROW = "产品代码：P90C；产品全称：稳盈90天C；管理费（年）：0.20%；销售服务费（年）：0.25%"
NEW, OLD = QuestionKind.NEW_VALUE, QuestionKind.AS_OF_OLD


def cited(
    quote: str, *, doc: str = "table", start: int = 0, first: date | None = FIRST, last: date | None = None
) -> Citation:
    return Citation(
        doc_id=doc, version="v1", title=doc, start=start, end=start + len(quote), quote=quote, valid_from=first,
        valid_to=last,
    )  # fmt: skip


def says(
    *sentences: str, source: SentenceSource = SentenceSource.SOURCE_TEXT, citation: Citation | None = None
) -> Answer:
    told = tuple(Sentence(text=s, source=source, citations=(citation or cited(s),)) for s in sentences)
    return Answer(
        answer_id="ans-1",
        release_id="rel-1",
        snapshot=2,
        as_of=NOW,
        question="",
        standalone_query="",
        text="".join(sentences),
        sentences=told,
        status=AnswerStatus.GROUNDED if told else AnswerStatus.ABSTAINED,
        reason=None if told else AbstainReason.NO_EVIDENCE,
        latency_ms=Latency(rewrite=0, retrieve=0, first_sentence=None, total=0),
    )


def asking(
    wanted: str = "pct:0.25", trap: str = "pct:0.35", kind: QuestionKind = NEW, **more: object
) -> WeeklyQuestion:
    given = {
        "kind": kind, "difference": Difference.CHANGED, "question": "稳盈90天C的销售服务费是多少？", "asked_at": NOW,
        "scopes": ("retail",), "product_code": C.code, "attribute": FEE, "wanted": (wanted,) if wanted else (),
        "traps": (trap,) if trap else (),
    }  # fmt: skip
    return WeeklyQuestion.model_validate(given | more)


def judged(question: WeeklyQuestion, answer: Answer, *facts: ProductFact) -> JudgedAnswer:
    scopes = {("table", "v1"): ("retail",), ("secret", "v1"): ("private_banking",)}
    known = {("table", "v1"): [f for f in facts if f.doc_id == "table"]}
    return judge(question, answer, Sources(known, scopes, PRODUCTS))


@pytest.mark.parametrize(
    ("text", "judgement"),
    [
        (ROW, Judgement.RIGHT),
        ("稳盈90天C的销售服务费为0.25%。", Judgement.RIGHT),
        ("稳盈90天C的销售服务费由0.35%调整为0.25%。", Judgement.RIGHT),
        ("稳盈90天C的销售服务费为0.35%。", Judgement.WRONG),
        (ROW.replace("0.25%", "0.35%"), Judgement.WRONG),
        ("稳盈90天C的管理费为0.35%。", Judgement.UNANSWERED),
        ("稳盈90天C每年收0.35%。", Judgement.REVIEW),
        ("销售服务费为0.35%。", Judgement.REVIEW),
        ("稳盈90天A的销售服务费为0.35%。", Judgement.UNANSWERED),
        ("稳盈90天A的销售服务费为0.25%。", Judgement.UNANSWERED),
        ("稳盈90天C不收认购费。", Judgement.UNANSWERED),
    ],
)
def test_a_figure_counts_for_what_its_words_say_it_is_of(text: str, judgement: Judgement) -> None:
    assert judged(asking(), says(text)).judgement is judgement


def test_a_right_sentence_does_not_excuse_a_wrong_one() -> None:
    both = says("稳盈90天C的销售服务费为0.25%。", "稳盈90天C的销售服务费为0.35%。")
    assert judged(asking(), both).judgement is Judgement.WRONG


def test_a_figure_is_of_what_the_facts_of_the_cited_place_say() -> None:
    text = "该项每年0.35%。"
    mine = fact(C, FEE, "pct:0.35", start=2)
    other = fact(C, Attribute.FEE_MANAGEMENT, "pct:0.35", start=2)
    assert judged(asking(), says(text), mine).judgement is Judgement.WRONG
    assert judged(asking(), says(text), other).judgement is Judgement.UNANSWERED
    assert judged(asking(), says(text)).judgement is Judgement.REVIEW


def test_another_value_in_the_models_own_words_is_for_a_person() -> None:
    text = "稳盈90天C的销售服务费为T+1。"
    assert judged(asking(), says(text, source=SentenceSource.MODEL)).judgement is Judgement.REVIEW
    assert judged(asking(), says(text)).judgement is Judgement.UNANSWERED


def test_a_neighbours_value_is_wrong_under_the_name_asked_for_and_in_doubt_under_its_own() -> None:
    question = asking("pct:0.2", "pct:0.25", QuestionKind.NEIGHBOUR, product_code=A.code, trap_of=C.code)
    assert judged(question, says("稳盈90天A的销售服务费为0.25%。")).judgement is Judgement.WRONG
    assert judged(question, says("稳盈90天C的销售服务费为0.25%。")).judgement is Judgement.REVIEW


def test_of_what_was_withdrawn_silence_and_other_things_are_right_and_the_value_is_wrong() -> None:
    question = asking("", "pct:0.35", QuestionKind.WITHDRAWN)
    assert judged(question, says()).judgement is Judgement.RIGHT
    assert judged(question, says("稳盈90天C自11月16日起停售。")).judgement is Judgement.RIGHT
    assert judged(question, says("稳盈90天C的销售服务费为0.35%。")).judgement is Judgement.WRONG


def test_a_figure_that_is_of_many_things_does_not_bring_back_what_was_withdrawn() -> None:
    question = asking("", "pct:0", QuestionKind.WITHDRAWN)
    assert judged(question, says("事项：App跨行转账；普通：0%")).judgement is Judgement.RIGHT
    assert judged(question, says("稳盈90天C：0%")).judgement is Judgement.REVIEW


def test_an_answer_about_another_day_than_the_one_asked_about_is_for_a_person() -> None:
    earlier = says("稳盈90天C的销售服务费为0.35%。").model_copy(update={"as_of": NOW - timedelta(days=30)})
    assert judged(asking(), earlier).judgement is Judgement.REVIEW


def test_silence_is_a_mistake_only_where_there_is_something_to_be_said() -> None:
    assert judged(asking(), says()).judgement is Judgement.UNANSWERED
    assert judged(asking(must_answer=True), says()).judgement is Judgement.WRONG
    withheld = says().model_copy(update={"reason": AbstainReason.PRODUCT_WITHHELD})
    assert judged(asking(must_answer=True), withheld).judgement is Judgement.UNANSWERED


def test_what_is_not_in_force_or_not_for_the_reader_is_wrong_whatever_it_says() -> None:
    text = "稳盈90天C的销售服务费为0.25%。"
    for bad in (cited(text, last=MONDAY), cited(text, first=NEXT), cited(text, doc="secret")):
        assert judged(asking(), says(text, citation=bad)).judgement is Judgement.WRONG
    assert judged(asking(), says(text, citation=cited(text, last=NOW.date()))).judgement is Judgement.RIGHT


def test_a_person_looks_at_failures_doubts_and_silence_on_what_can_do_most_harm() -> None:
    assert not judged(asking(), says()).for_people
    assert judged(asking(high_risk="风险等级 R4"), says()).for_people
    assert not judged(asking(high_risk="风险等级 R4"), says(ROW)).for_people
    assert judged(asking(), says("稳盈90天C每年收0.35%。")).for_people


@pytest.mark.parametrize(
    ("value", "text", "found"),
    [
        ("pct:2.4~pct:2.9", "年化2.40%–2.90%", True),
        ("pct:2.4~pct:2.9", "年化2.40%–2.80%", False),
        ("date:2026-11-09T09:00~date:2026-11-20T17:00", "2026年11月9日9:00至2026年11月20日17:00", True),
        ("date:2026-11-20T17:00", "2026年11月20日15:00", False),
        ("amt:10000", "起购1万元", True),
        ("不可提前赎回", "本产品不可提前 赎回", True),
        ("在售", "停售", False),
    ],
)
def test_a_value_is_found_however_it_is_spelt(value: str, text: str, found: bool) -> None:
    assert occurs(value, text) is found
    assert (place_of(value, text) is not None) is found


@settings(deadline=None)
@given(st.decimals(min_value="0.01", max_value="99", places=2), st.text("服务费约为的是年化，。 ", max_size=12))
def test_a_rate_is_found_where_it_stands(rate: object, words: str) -> None:
    text = f"{words}{rate}%"
    [figure] = [f for f in find_figures(text) if f.kind == "pct"]
    assert place_of(figure.normalised, text) == figure.start


# ── lines of documents ─────────────────────────────────────────────────────────────────────────────────────────────


def passage(text: str, since: date, version: str, columns: tuple[str, ...] = ()) -> Passage:
    place = Passage.id_of("rates", version, 0, len(text))
    return Passage(
        place, "rates", version, "存款利率表", "费率表", (), ("retail",), Validity.of_days(since, None), 0, len(text),
        text, columns=columns,
    )  # fmt: skip


def lines(old: list[str], new: list[str], columns: tuple[str, ...] = ("项目", "存期", "年利率")) -> LineQuestions:
    before = [passage(text, FIRST, "v1", columns) for text in old]
    return lines_of([ChangedDocument(before, [passage(text, MONDAY, "v2", columns) for text in new])], (), NOW)


def test_a_changed_cell_is_asked_for_by_the_other_cells_of_its_row() -> None:
    found = lines(
        ["项目：二、整存整取；存期：一年；年利率：1.45%", "项目：二、整存整取；存期：三年；年利率：1.80%"],
        ["项目：二、整存整取；存期：一年；年利率：1.40%", "项目：二、整存整取；存期：三年；年利率：1.80%"],
    )
    new, old = found.asked
    assert (new.question, new.words) == ("整存整取一年的年利率是多少？", ("整存整取", "一年"))
    assert (new.wanted, new.traps, new.asked_at) == (("pct:1.4",), ("pct:1.45",), NOW)
    assert (old.wanted, old.asked_at) == (("pct:1.45",), datetime(2026, 11, 15, 23, 59, tzinfo=BANK_ZONE))
    assert found.unworded == ()


def test_a_row_that_says_itself_when_it_holds_is_for_a_person() -> None:
    found = lines(
        ["项目：限额；存期：L2；年利率：500,000元"],
        [
            "项目：限额；存期：L2（2026年11月17日前）；年利率：500,000元",
            "项目：限额；存期：L2（自2026年11月18日起）；年利率：300,000元",
        ],
    )
    assert found.asked == ()
    assert found.unworded


def test_a_changed_sentence_is_asked_for_by_its_subject_and_another_one_is_for_a_person() -> None:
    found = lines(
        ["整存整取一年期年利率为1.45%。满额可享0.1%优惠。"], ["整存整取一年期年利率为1.40%。优惠另加0.2%。"], columns=()
    )
    assert (found.asked[0].question, found.asked[0].wanted) == ("整存整取一年期年利率是多少？", ("pct:1.4",))
    assert found.unworded == ("存款利率表：优惠另加0.2%",)


def test_an_answer_about_a_line_is_judged_by_the_lines_words() -> None:
    question = lines(
        ["项目：整存整取；存期：一年；年利率：1.45%"], ["项目：整存整取；存期：一年；年利率：1.40%"]
    ).asked[0]
    assert judged(question, says("整存整取一年期年利率为1.40%。")).judgement is Judgement.RIGHT
    assert judged(question, says("整存整取一年期年利率为1.45%。")).judgement is Judgement.WRONG
    assert judged(question, says("另有一项为1.45%。")).judgement is Judgement.REVIEW


def test_what_facts_state_is_not_asked_for_a_second_time() -> None:
    text = "项目：稳盈90天C；存期：一年；年利率：0.25%"
    changed = ChangedDocument([passage(text.replace("0.25", "0.35"), FIRST, "v1", ("项目",))],
                              [passage(text, MONDAY, "v2", ("项目",))])  # fmt: skip
    place = ("rates", "v2", 0, 5, "0.25%")
    known = ProductFact(C.code, FEE, "pct:0.25", "0.25%", "%", "", Validity(), ("retail",), *place)
    assert lines_of([changed], [known], NOW) == LineQuestions((), ())
