"""Whose figure is it? A small bank of a rate table, two look-alike products, a tier table and a change of rate."""

from pathlib import Path
from typing import cast

import pytest

from seatmate.ask.compose import SourceLine, split_lines
from seatmate.ask.figure_check import FigureCheck, Traced
from seatmate.ask.flaws import Flaw
from seatmate.ask.names import Names
from seatmate.ask.polarity import flipped
from seatmate.ask.rewrite import StandaloneQuery
from seatmate.domain.knowledge import Passage, Product, Validity
from tests.bench import figures as bench

A = Product("YCWY090A", "远川稳盈90天A", ("稳盈90A",))
C = Product("YCWY090C", "远川稳盈90天C", ("稳盈90C",))
PARTNER = Product("HYWY090", "海岳稳盈90天", ())
PRODUCTS = (A, C, PARTNER)


def passage(doc_id: str, text: str, codes: tuple[str, ...] = (), columns: tuple[str, ...] = ()) -> Passage:
    return Passage(
        f"{doc_id}/{hash(text)}", doc_id, "v1", doc_id, "说明", codes, ("retail",), Validity(), 0, len(text), text,
        columns=columns,
    )  # fmt: skip


def table(doc_id: str, columns: tuple[str, ...], *rows: tuple[str, ...]) -> list[Passage]:
    return [
        passage(doc_id, "；".join(f"{c}：{v}" for c, v in zip(columns, row, strict=True)), columns=columns)
        for row in rows
    ]


RATES = table(
    "存款利率表",
    ("项目", "存期", "年利率", "起存金额"),
    ("整存整取", "一年", "1.40%", "50元"),
    ("整存整取", "二年", "1.55%", "50元"),
)
FEES = table(
    "费率一览",
    ("产品全称", "管理费（年）", "托管费（年）"),
    (A.name, "0.20%", "0.02%"),
    (C.name, "0.25%", "0.03%"),
    (PARTNER.name, "0.30%", "0.05%"),
)
TIERS = table("跨行转账收费", ("每笔金额（元）", "手续费（元/笔）"), ("2,000及以下", "2"), ("10,000以上至50,000", "15"))
LIMITS = table(
    "限额表",
    ("渠道", "单笔限额（元）", "日累计限额（元）"),
    ("手机银行", "20,000", "50,000"),
    ("柜面", "200,000", "500,000"),
)
COMPARED = table(
    "两款比较", ("比较项目", A.name, C.name), ("最低持有份额（份）", "1,000", "10"), ("单户上限", "500万元", "100万元")
)
BANK = (
    *COMPARED,
    *(*RATES, *FEES, *TIERS, *LIMITS),
    passage("A说明书", "风险等级为R2。起购金额10,000元，追加1,000元。业绩比较基准为年化2.30%–2.80%。", (A.code,)),
    passage("A说明书", "持有满90天后可以赎回，T+1确认，T+2到账。计划募集规模：1亿元至8亿元。", (A.code,)),
    passage("C说明书", "风险等级为R3。起购金额1元。业绩比较基准为年化2.15%–2.65%。每日赎回不超过50,000元。", (C.code,)),
    passage("公告", "自2026年11月9日起，一年期年利率由1.45%调整为1.40%。咨询电话959000。3个工作日内办结。"),
)


def lines() -> list[SourceLine]:
    spans = [(p, start, end) for p in BANK for start, end in split_lines(p)]
    return [SourceLine(n, p, start, end, p.text[start:end]) for n, (p, start, end) in enumerate(spans, start=1)]


def trace(sentence: str, cited: str, question: str = "", asked: tuple[Product, ...] = ()) -> list[Traced]:
    everything = lines()
    check = FigureCheck(StandaloneQuery(question, asked), everything, Names(PRODUCTS))
    return check.trace(sentence, [line for line in everything if cited in line.text])


def flaws(sentence: str, cited: str, question: str = "", asked: tuple[Product, ...] = ()) -> set[Flaw]:
    return {t.flaw for t in trace(sentence, cited, question, asked) if t.flaw is not None}


@pytest.mark.parametrize(
    ("sentence", "cited"),
    [
        ("整存整取一年期的年利率是1.4%，50元起存。", "存期：一年"),
        ("一年期、二年期年利率分别为1.40%和1.55%。", "存期："),
        ("年利率为百分之一点四零，这是整存整取一年期的。", "存期：一年"),
        ("远川稳盈90天A的管理费为0.20%，托管费为0.02%。", A.name),
        ("远川稳盈90天A和海岳稳盈90天的管理费分别为0.20%和0.30%。", "产品全称"),
        ("1万元以上至5万元的，手续费每笔15元。", "10,000以上"),
        ("手机银行单笔限额2万元，日累计限额5万元。", "渠道：手机银行"),
        ("稳盈90A一万元起购，追加1000元。", "起购金额10,000元"),
        ("稳盈90A的业绩比较基准为2.30%至2.80%。", "年化2.30%"),
        ("稳盈90A赎回T＋1确认，T＋2到账。", "T+2到账"),
        ("一年期年利率从2026-11-09起由1.45%调整为1.40%。", "由1.45%"),
        ("有疑问请拨打959000。", "959000"),
        ("远川稳盈90天C的单户上限为100万元。", "单户上限"),
    ],
)
def test_the_same_in_other_words_is_supported(sentence: str, cited: str) -> None:
    assert flaws(sentence, cited) == set()


@pytest.mark.parametrize(
    ("sentence", "cited", "flaw"),
    [
        ("整存整取一年期年利率为1.41%。", "存期：一年", Flaw.UNSUPPORTED_FIGURE),
        ("整存整取一年期年利率为14%。", "存期：一年", Flaw.UNSUPPORTED_FIGURE),
        ("整存整取一年期年利率为1.40‰。", "存期：一年", Flaw.UNSUPPORTED_FIGURE),
        ("稳盈90A起购金额为1元。", "起购金额10,000元", Flaw.UNSUPPORTED_FIGURE),
        ("稳盈90A起购金额为10,000美元。", "起购金额10,000元", Flaw.UNSUPPORTED_FIGURE),
        ("稳盈90A计划募集规模为1亿元至8万元。", "募集规模", Flaw.WRONG_RANGE),
        ("整存整取一年期年利率为1.55%。", "存期：二年", Flaw.WRONG_CONDITION),
        ("整存整取一年期年利率为1.55%。", "存期：一年", Flaw.UNSUPPORTED_FIGURE),
        ("1万元以上至5万元的，手续费每笔2元。", "2,000及以下", Flaw.WRONG_CONDITION),
        ("柜面单笔限额2万元。", "渠道：手机银行", Flaw.WRONG_CONDITION),
        ("手机银行单笔限额5万元。", "渠道：手机银行", Flaw.WRONG_CONDITION),
        ("远川稳盈90天A的托管费为0.20%。", A.name, Flaw.FIGURE_OF_SOMETHING_ELSE),
        ("远川稳盈90天A的管理费为0.25%。", C.name, Flaw.OTHER_PRODUCT),
        ("远川稳盈90天A的管理费为0.30%。", PARTNER.name, Flaw.OTHER_PRODUCT),
        ("稳盈90A追加金额10,000元。", "起购金额10,000元", Flaw.FIGURE_OF_SOMETHING_ELSE),
        ("稳盈90C每日赎回不低于50,000元。", "不超过50,000元", Flaw.WRONG_BOUND),
        ("稳盈90A业绩比较基准为2.80%–2.30%。", "年化2.30%", Flaw.WRONG_RANGE),
        ("稳盈90A业绩比较基准为2.30%–2.65%。", "年化2.30%", Flaw.WRONG_RANGE),
        ("稳盈90A业绩比较基准为2.30%。", "年化2.30%", Flaw.WRONG_RANGE),
        ("一年期年利率为1.45%。", "由1.45%", Flaw.FORMER_VALUE),
        ("自2026年11月8日起执行。", "2026年11月9日", Flaw.UNSUPPORTED_FIGURE),
        ("稳盈90A赎回T+1到账。", "T+2到账", Flaw.FIGURE_OF_SOMETHING_ELSE),
        ("稳盈90A风险等级为R3。", "风险等级为R2", Flaw.UNSUPPORTED_FIGURE),
        ("3天内办结。", "3个工作日内", Flaw.UNSUPPORTED_FIGURE),
        ("远川稳盈90天C的单户上限为500万元。", "单户上限", Flaw.OTHER_PRODUCT),
        ("咨询电话959001。", "959000", Flaw.UNSUPPORTED_FIGURE),
    ],
)
def test_a_neighbours_figure_is_caught(sentence: str, cited: str, flaw: Flaw) -> None:
    assert flaw in flaws(sentence, cited)


def test_a_former_value_told_as_such_is_true() -> None:
    assert flaws("一年期年利率原为1.45%。", "由1.45%") == set()
    assert flaws("一年期年利率由1.40%调整为1.45%。", "由1.45%") == {Flaw.FORMER_VALUE}


def test_what_the_sentence_leaves_unsaid_the_question_says() -> None:
    assert flaws("年利率为1.55%。", "存期：二年", question="整存整取一年期年利率多少") == {Flaw.WRONG_CONDITION}
    assert flaws("起购金额1元。", "起购金额1元", question="稳盈90A起购金额多少", asked=(A,)) == {Flaw.OTHER_PRODUCT}


def test_the_platform_finds_the_line_that_the_model_did_not_cite() -> None:
    (traced,) = trace("稳盈90A的起购金额为10,000元。", "业绩比较基准为年化2.30%")
    assert traced.flaw is None
    assert traced.line is not None
    assert "起购金额10,000元" in traced.line.text


def test_no_line_is_found_for_another_products_figure() -> None:
    assert flaws("稳盈90A的起购金额为1元。", "业绩比较基准为年化2.30%") == {Flaw.UNSUPPORTED_FIGURE}


@pytest.mark.parametrize(
    ("said", "source"),
    [
        ("本产品保本。", "本产品不保本、不保证收益。"),
        ("持有期内可以赎回。", "持有期内不能赎回。持有满90天后，每个工作日都可以赎回。"),
        ("该存单不可转让。", "持有满7天后可以转让。"),
        ("客户须另行办理手续。", "客户无须另行办理手续。"),
        ("快速赎回收取手续费。", "快速赎回免收手续费。"),
        ("年费免收。", "不再符合条件的，年费照常收取。"),
    ],
)
def test_a_claim_turned_round_is_caught(said: str, source: str) -> None:
    assert flipped(said, [source])
    assert not flipped(source, [source])


def test_each_of_two_opposite_claims_is_true_where_it_holds() -> None:
    source = "持有期内不能赎回。持有满90天后，每个工作日都可以赎回。"
    assert not flipped("持有满90天后可以赎回。", [source])
    assert not flipped("持有期内不能赎回。", [source])


def test_the_sample_banks_true_sentences_pass_and_their_swaps_do_not(tmp_path: Path) -> None:
    found = bench.run(tmp_path, seed=7, quick=True)
    true, false = ([*cast(dict[str, dict[str, int]], found[k]).values()] for k in ("true", "falsehoods"))
    assert sum(p["n"] for p in true) >= 80
    assert sum(p["false_alarms"] for p in true) <= 0.05 * sum(p["n"] for p in true)
    assert sum(p["n"] for p in false) >= 200
    assert sum(p["caught"] for p in false) >= 0.98 * sum(p["n"] for p in false)
