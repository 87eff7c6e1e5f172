"""What a source says of one of its siblings is not said of another: columns, rows, lists and exceptions in small."""

import pytest

from seatmate.ask.sibling_groups import groups_of
from seatmate.ask.siblings import belongs, misplaced
from seatmate.ask.spoken import figures_in
from seatmate.domain.knowledge import Passage, Validity


def passage(text: str, columns: tuple[str, ...] = ()) -> Passage:
    return Passage(text, "d", "v1", "资料", "说明", (), ("retail",), Validity(), 0, len(text), text, columns=columns)


def table(columns: str, *rows: str) -> list[Passage]:
    names = tuple(columns.split())
    return [
        passage("；".join(f"{c}：{v}" for c, v in zip(names, row.split(), strict=True)), columns=names) for row in rows
    ]


CARDS = table(
    "服务项目 普通 银卡 金卡 白金卡",
    "境外取现手续费 30元/笔 20元/笔 10元/笔 免费",
    "异地补卡 15元 15元 0 0",
    "贵宾厅 — — 2次/年 6次/年",
    "箱租折扣 不打折 9折 8折 5折",
)
LOANS = table("产品 甲档 乙档 丙档", "园区贷年利率 5.40%–7.20% 4.60%–5.90% 3.85%–4.80%")
MEMBERS = table("会员等级 跨行转账 理财额度", "翠竹 每笔3元 不享受", "青松 免费 50万元", "玄玉 免费 不限额")


def is_misplaced(sentence: str, *sources: Passage | str) -> bool:
    """The first is cited, the others are beside it."""
    first, *beside = [passage(s) if isinstance(s, str) else s for s in sources]
    return misplaced(sentence, [(first, first.start, first.end)], beside)


@pytest.mark.parametrize(
    ("row", "true", "false"),
    [
        (0, "白金卡客户境外取现免费。", "银卡客户境外取现免费。"),
        (0, "银卡境外取现每笔20元，金卡10元。", "金卡境外取现每笔20元，银卡10元。"),
        (0, "银卡客户境外取现每笔收20元。", "境外取现各等级客户都免费。"),
        (1, "金卡和白金卡补卡不收费。", "银卡补卡不收费。"),
        (1, "普通和银卡补卡收15元。", "普通和金卡补卡收15元。"),
        (2, "金卡一年能用2次贵宾厅。", "银卡一年能用2次贵宾厅。"),
        (3, "普通客户箱租不打折。", "白金卡箱租不打折。"),
    ],
)
def test_a_cell_is_of_the_level_in_its_columns_name(row: int, true: str, false: str) -> None:
    assert not is_misplaced(true, CARDS[row])
    assert is_misplaced(false, CARDS[row])


def test_a_range_is_of_the_grade_in_its_columns_name() -> None:
    assert not is_misplaced("园区贷年利率：乙档4.60%–5.90%，丙档3.85%–4.80%。", *LOANS)
    assert is_misplaced("园区贷年利率：丙档4.60%–5.90%，乙档3.85%–4.80%。", *LOANS)


def test_a_word_for_a_value_is_of_the_row_that_is_named() -> None:
    assert not is_misplaced("青松会员跨行转账免费。", MEMBERS[1], MEMBERS[0], MEMBERS[2])
    assert is_misplaced("翠竹会员跨行转账免费。", MEMBERS[1], MEMBERS[0], MEMBERS[2])
    assert is_misplaced("青松会员理财额度不限。", MEMBERS[2], MEMBERS[0], MEMBERS[1])


def test_the_row_that_the_sentence_names_decides_not_the_one_that_is_cited() -> None:
    free, fee = table("权益 启航版 远航版", "年费 0元 260元", "境外取现 15元 免费")
    assert not is_misplaced("启航版境外取现15元。", fee, free)
    assert is_misplaced("启航版境外取现免费。", free, fee)


@pytest.mark.parametrize(
    ("source", "true", "false"),
    [
        ("福字金条每克12元，生肖金条每克9元。", "生肖金条每克9元。", "福字金条每克9元。"),
        ("A、B级客户打3折，C、D级客户打1折。", "A级客户打3折。", "C、D级客户打3折。"),
        ("大号箱每年租金800元，中号箱500元，小号箱300元。", "小号箱一年300元。", "小号箱一年500元。"),
        ("箱租：迷你型200元、经济型350元、商务型680元。", "经济型350元。", "迷你型350元。"),
        ("学生账户、军人账户免管理费，一般账户每季收管理费6元。", "一般账户6元。", "军人账户每季收6元。"),
        ("调低限额即时生效；调高限额次日生效。", "调高限额第二天生效。", "调高限额马上生效。"),
        ("验证码方式年限额200万元，其他方式不设年限额。", "验证码方式200万元。", "所有方式年限额都是200万元。"),
        ("只有钻石客户可以享受接送，每年4次；其他客户不享受。", "钻石客户每年4次。", "其他客户每年4次。"),
        ("仅电子渠道加收每笔2元信息费，柜面不加收。", "电子渠道每笔加收2元。", "柜面加收每笔2元。"),
    ],
)
def test_each_of_a_list_has_its_own_value(source: str, true: str, false: str) -> None:
    assert not is_misplaced(true, source)
    assert is_misplaced(false, source)


@pytest.mark.parametrize(
    ("source", "true", "false"),
    [
        ("有效期12个月（青云卡、白鹭卡为6个月）。", "青云卡有效期6个月。", "白鹭卡有效期12个月。"),
        ("有效期12个月（青云卡、白鹭卡为6个月）。", "有效期一般是12个月。", "所有卡的有效期都是12个月。"),
        ("预约号保留15分钟（贵客通道保留30分钟）。", "贵客通道保留30分钟。", "贵客通道的预约号保留15分钟。"),
        ("除代发客户外，开户须预存100元。", "除代发客户外，开户要预存100元。", "代发客户开户须预存100元。"),
    ],
)
def test_an_exception_is_excepted(source: str, true: str, false: str) -> None:
    assert not is_misplaced(true, source)
    assert is_misplaced(false, source)


@pytest.mark.parametrize(
    ("sentence", "source"),
    [
        ("单笔限额5万元，日累计20万元。", "单笔限额：5万元；日累计限额：20万元"),
        ("月供不能超过家庭月收入的50%。", "借款人月供不得超过家庭月收入的50%，月供与其他债务合计不得超过55%。"),
        ("手续费最低10元，最高50元。", "手续费最低10元，最高50元。"),
        ("可以拨打959000（信用卡请拨959001）。", "可以拨打959000（信用卡请拨959001）。"),
    ],
)
def test_attributes_bounds_and_telephones_are_no_siblings(sentence: str, source: str) -> None:
    assert not is_misplaced(sentence, source)


def test_columns_that_say_what_is_told_of_a_thing_make_no_siblings() -> None:
    (row,) = table("套数 加减点 执行利率 最高成数", "首套 LPR−40BP 3.10% 80%")
    assert groups_of(row, row.start, row.end) == ()


def test_what_a_note_says_too_is_not_misplaced() -> None:
    (row,) = table("项目 小微户 一般户 备注", "维护费 免收 30元 日均5万元以上免收")
    assert not is_misplaced("一般户维护费30元，日均5万元以上免收。", row)


def test_a_figure_belongs_to_the_one_that_is_named() -> None:
    source = passage("美元账户管理费每月5美元，欧元账户每月4欧元。")
    for sentence, expected in (("欧元账户管理费每月4欧元。", True), ("美元账户管理费每月4欧元。", False)):
        (figure,) = figures_in(sentence)
        assert belongs(sentence, figure, (source, source.start, source.end)) is expected
