"""What changed between two versions of a document: passages by their words, figures beside each other."""

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatmate.domain.builds import FigureChange
from seatmate.domain.figures import find_figures
from seatmate.domain.knowledge import Passage, Validity
from seatmate.ingest.difference import Difference, difference, words_of


def passage(
    text: str,
    start: int = 0,
    headings: Sequence[str] = (),
    columns: Sequence[str] = (),
    title: str = "转账收费标准",
    version: str = "v",
) -> Passage:
    return Passage(
        passage_id=Passage.id_of("fee", version, start, start + len(text)),
        doc_id="fee",
        version=version,
        title=title,
        doc_type="费率表",
        product_codes=(),
        scope=("retail",),
        validity=Validity(),
        start=start,
        end=start + len(text),
        text=text,
        headings=tuple(headings),
        columns=tuple(columns),
    )


def row(amount: str, fee: str, start: int = 0, version: str = "v") -> Passage:
    return passage(f"金额：{amount}；手续费：{fee}", start, ["柜面"], ["金额", "手续费"], version=version)


def told(changed: Difference) -> list[tuple[str, str]]:
    return [(figure.old, figure.new) for figure in changed.figures()]


# ── what is the same ───────────────────────────────────────────────────────────────────────────────────────────────

TEXTS = st.lists(
    st.sampled_from(["年利率为1.45%。", "年利率为1.40%。", "手续费为5元。", "请到柜面办理。", ""]), max_size=8
)


def standing(texts: Sequence[str], version: str) -> list[Passage]:
    return [passage(text, 100 * n, version=version) for n, text in enumerate(texts)]


@given(TEXTS.flatmap(lambda texts: st.tuples(st.just(texts), st.permutations(texts))))
def test_moving_rows_around_changes_no_passage(sides: tuple[list[str], list[str]]) -> None:
    changed = difference(standing(sides[0], "v1"), standing(sides[1], "v2"))
    assert (changed.added, changed.removed, changed.unchanged) == ([], [], len(sides[0]))
    assert changed.figures() == ()


@given(TEXTS, TEXTS)
def test_every_passage_is_counted_once_on_its_side(old: list[str], new: list[str]) -> None:
    changed = difference(standing(old, "v1"), standing(new, "v2"))
    assert len(changed.removed) + changed.unchanged == len(old)
    assert len(changed.added) + changed.unchanged == len(new)
    removed, added = (Counter(map(words_of, side)) for side in (changed.removed, changed.added))
    assert not removed & added
    assert Counter(map(words_of, standing(old, "v"))) - removed == Counter(map(words_of, standing(new, "v"))) - added


@given(TEXTS, TEXTS)
def test_the_way_back_is_the_same_way(old: list[str], new: list[str]) -> None:
    there = difference(standing(old, "v1"), standing(new, "v2"))
    back = difference(standing(new, "v2"), standing(old, "v1"))
    assert (there.added, there.removed, there.unchanged) == (back.removed, back.added, back.unchanged)


def test_a_row_that_stands_twice_and_then_once_is_removed_once() -> None:
    twice = [row("5,000元以下", "5元"), row("5,000元以下", "5元", 100)]
    changed = difference(twice, twice[:1])
    assert (len(changed.removed), len(changed.added), changed.unchanged) == (1, 0, 1)


@pytest.mark.parametrize(
    "other",
    [
        passage("手续费为5元。", headings=["网银"]),
        passage("手续费为5元。", headings=["柜面"], title="汇款收费标准"),
        passage("手续费为5元。", headings=["柜面"], columns=["金额"]),
    ],
    ids=["another section", "another title", "another column"],
)
def test_the_same_words_elsewhere_are_another_passage(other: Passage) -> None:
    changed = difference([passage("手续费为5元。", headings=["柜面"])], [other])
    assert (changed.removed, changed.added) == ([passage("手续费为5元。", headings=["柜面"])], [other])
    assert changed.figures() == (), "its figures are the same"


def test_another_version_and_page_of_the_same_words_is_the_same_passage() -> None:
    assert difference([row("5万元", "10元")], [row("5万元", "10元", 4_000, "v2")]).unchanged == 1


# ── figures beside each other ──────────────────────────────────────────────────────────────────────────────────────


def test_old_and_new_figure_stand_side_by_side_with_their_place() -> None:
    changed = difference([passage("一年期年利率为1.45%。")], [passage("一年期年利率为1.40%。", version="v2")])
    assert changed.figures() == (
        FigureChange(place="转账收费标准", old="一年期年利率为1.45%。", new="一年期年利率为1.40%。"),
    )


def test_of_a_row_the_cell_that_changed_is_told_and_the_cell_that_names_it() -> None:
    changed = difference([row("5,000元以下", "5元")], [row("5,000元以下", "0元", version="v2")])
    assert changed.figures() == (
        FigureChange(place="转账收费标准 › 柜面 · 金额：5,000元以下", old="手续费：5元", new="手续费：0元"),
    )


def test_each_rows_figure_stands_beside_its_own_successor_though_the_rows_moved() -> None:
    old = [row("5,000元以下", "5元"), row("5万元以下", "10元", 50), passage("大额转账另收加急费20元。", 90)]
    new = [passage("大额转账另收加急费30元。"), row("5,000元以下", "0元", 50), row("5万元以下", "8元", 90)]
    pairs = dict(told(difference(old, new)))
    assert pairs["大额转账另收加急费20元。"] == "大额转账另收加急费30元。"
    assert len(pairs) == 3


def test_another_spelling_of_the_same_figure_is_no_change_of_it() -> None:
    changed = difference([passage("年利率为1.45%。")], [passage("年利率为百分之一点四五。")])
    assert (len(changed.removed), len(changed.added)) == (1, 1)
    assert changed.figures() == ()


def test_words_without_figures_are_counted_and_not_listed() -> None:
    changed = difference([passage("请到柜面办理。")], [passage("请到网点柜面办理。")])
    assert (len(changed.removed), len(changed.added), changed.figures()) == (1, 1, ())


def test_a_new_line_has_no_old_side_and_a_line_that_went_has_no_new_one() -> None:
    assert told(difference([], [passage("加急费20元。")])) == [("", "加急费20元。")]
    assert told(difference([passage("加急费20元。")], [])) == [("加急费20元。", "")]


def test_lines_that_say_different_things_are_not_set_beside_each_other() -> None:
    old, new = passage("一年期整存整取年利率为1.45%。"), passage("信用卡年费每卡300元，刷满六次免收。")
    assert sorted(told(difference([old], [new]))) == sorted([(old.text, ""), ("", new.text)])


def test_a_table_that_is_wholly_new_is_listed_line_by_line_and_every_line_once() -> None:
    old = [passage(f"第{n}档手续费为{n}元。", n) for n in range(1, 90)]
    new = [passage(f"第{n}档手续费为{n + 1000}元。", n) for n in range(1, 90)]
    listed = told(difference(old, new))
    assert Counter(before for before, _ in listed if before) == Counter(p.text for p in old)
    assert Counter(after for _, after in listed if after) == Counter(p.text for p in new)


LINES = st.lists(
    st.tuples(st.sampled_from(["柜面手续费为", "网银年费为", "一年期利率是"]), st.integers(1, 9)).map(
        lambda pair: f"{pair[0]}{pair[1]}元。"
    ),
    max_size=6,
    unique=True,
)


@given(LINES, LINES)
def test_every_line_whose_figure_changed_is_told_once_and_no_other(old: list[str], new: list[str]) -> None:
    changed = difference(standing(old, "v1"), standing(new, "v2"))
    listed = told(changed)
    gone, came = [before for before, _ in listed if before], [after for _, after in listed if after]
    assert sorted(gone) == sorted(set(old) - set(new))
    assert sorted(came) == sorted(set(new) - set(old))
    for before, after in listed:
        assert [f.normalised for f in find_figures(before)] != [f.normalised for f in find_figures(after)]
