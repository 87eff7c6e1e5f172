"""A bank of scopes whose every document, product and approved answer holds words that only its readers may ever see.

A canary is a made-up word of Latin letters, so that no encoding of a reply hides it; each stands in exactly one place
and has a fixed set of readers. Some scopes are named as part, pattern or look-alike of another.
"""

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from seatmate.domain.approved import ApprovedAnswer, ApprovedSource
from seatmate.domain.knowledge import BANK_ZONE
from seatmate.testing.drops import drop, pdf, word, workbook

SCOPES = (
    "retail", "Retail", "retai1", "ｒetail", "re", "*", "%", "retail|vip", "vip", "ＶＩＰ",
    "private_banking", "private", "wealth", "wealth_mgmt", "o'neill", "null", "信用卡", "信用", "retail*", "零售",
)  # fmt: skip
PINNED_QUESTION = "开户周年礼品在哪里领取"
_WORD = re.compile("ZK[BCDFGHJLMNPQRSTVWX]{6}")


@dataclass(frozen=True)
class Canary:
    """`readers`: whoever has one of these scopes, or, where `all_of`, whoever has them all.

    `once` could read it when it was published, and may not any more.
    """

    word: str
    readers: frozenset[str]
    place: str
    all_of: bool = False
    once: frozenset[str] = frozenset()

    def may_be_read_with(self, scopes: frozenset[str]) -> bool:
        return self.readers <= scopes if self.all_of else bool(self.readers & scopes)


@dataclass
class Canaries:
    """All canaries of one bank, by their word."""

    dice: random.Random
    by_word: dict[str, Canary] = field(default_factory=dict)

    def new(self, readers: Sequence[str], place: str, all_of: bool = False, once: Sequence[str] = ()) -> str:
        while (word := "ZK" + "".join(self.dice.choices("BCDFGHJLMNPQRSTVWX", k=6))) in self.by_word:
            pass
        self.by_word[word] = Canary(word, frozenset(readers), place, all_of, frozenset(once))
        return word

    def found_in(self, text: str) -> set[str]:
        return {word for word in _WORD.findall(text.upper()) if word in self.by_word}

    def words_of(self, place: str) -> list[str]:
        return [c.word for c in self.by_word.values() if c.place == place]


@dataclass(frozen=True)
class File:
    """A document of a drop, and the scopes that its row gives it."""

    path: str
    content: str | bytes
    row: Mapping[str, str]
    readers: tuple[str, ...]


@dataclass(frozen=True)
class CanaryBank:
    """Three weeks: the first two are published, the third is built and waits."""

    scopes: tuple[str, ...]
    canaries: Canaries
    weeks: tuple[tuple[File, ...], ...]
    approved: tuple[ApprovedAnswer, ...]

    def write_drops(self, corpus: Path, only: frozenset[str] | None = None) -> list[str]:
        """The drops' names. `only`: no document that none of these scopes may read."""
        names = []
        for number, files in enumerate(self.weeks, start=1):
            kept = [f for f in files if only is None or only & set(f.readers)]
            names.append(f"2026-W{44 + number}")
            published = {"published_at": f"2026-11-{7 * number - 5:02}T09:00:00+08:00"}
            rows = [{**f.row, **published} for f in kept]
            drop(corpus / "drops" / names[-1], {f.path: f.content for f in kept}, rows)
        return names


def canary_bank(seed: int, scopes: int = len(SCOPES), crossing: bool = True) -> CanaryBank:
    """The same bank for the same seed. Only the first scopes, where fewer are wanted.

    `crossing`: also products whose sheet is for one scope and whose fees are for its neighbour, and documents that are
    handed over from one to the other. Without, what a scope may read is made of nothing that it may not.
    """
    names = SCOPES[:scopes]
    canaries = Canaries(random.Random(seed))
    first: list[File] = []
    second: list[File] = []
    third: list[File] = []
    approved: list[ApprovedAnswer] = []
    for number, scope in enumerate(names):
        neighbour = names[(number + 1) % len(names)]
        own = [*_documents(canaries, number, (scope,)), _shared_notice(canaries, number, (scope, neighbour))]
        first += own
        second += own
        first += [_weekly(canaries, number, scope, "first week"), _leaving(canaries, number, scope)]
        if crossing:
            of_two = _product_of_two_scopes(canaries, number, scope, neighbour)
            first += of_two
            second += of_two
            for before, after in _handed_over(canaries, number, scope, neighbour):
                first.append(before)
                second.append(after)
        second.append(_weekly(canaries, number, scope, "second week"))
        third.append(_weekly(canaries, number, scope, "unpublished"))
        approved += _approved(canaries, number, scope, neighbour, own[0])
    third += [file for file in second if not file.path.startswith("weekly-")]
    return CanaryBank(names, canaries, (tuple(first), tuple(second), tuple(third)), tuple(approved))


def _documents(canaries: Canaries, number: int, readers: tuple[str, ...]) -> Iterator[File]:
    """One of every format and a product sheet: a canary in every place that a text can come from."""

    def new(place: str) -> str:
        return canaries.new(readers, place)

    yield _file(
        canaries, readers, "md", f"存款利率表{new('title')}",
        f"# 存款利率表\n\n## 整存整取{new('heading')}\n\n整存整取一年期年利率为1.{number:02}%，编号{new('text')}。\n\n"
        f"| 存期{new('column')} | 年利率 |\n|---|---|\n| 整存整取三年{new('cell')} | 1.{80 + number % 20}% |\n",
    )  # fmt: skip
    yield _file(
        canaries, readers, "txt", f"转账收费{new('title')}",
        f"柜面转账手续费\n\n柜面转账每笔收费{number + 2}元，内部编号{new('text')}。\n",
    )  # fmt: skip
    yield _file(
        canaries, readers, "html", f"转账限额{new('title')}",
        f"<html><head><title>限额</title></head><body><h1>转账限额{new('heading')}</h1>"
        f"<p>手机银行转账每日限额{number + 5}万元，见{new('text')}。</p>"
        f"<table><tr><th>渠道{new('column')}</th><th>限额</th></tr>"
        f"<tr><td>网上银行{new('cell')}</td><td>{number + 10}万元</td></tr></table></body></html>",
    )  # fmt: skip
    yield _file(
        canaries, readers, "docx", f"挂失流程{new('title')}",
        word(
            ("Heading 1", f"银行卡挂失{new('heading')}"), ("Normal", f"口头挂失立即生效，服务暗号{new('text')}。"),
            table=[["业务", f"费用{new('column')}"], [f"书面挂失{new('cell')}", f"{number + 1}元"]],
        ),
    )  # fmt: skip
    yield _file(
        canaries, readers, "xlsx", f"贷款利率表{new('title')}",
        workbook({f"利率{new('sheet')}": [
            ["贷款品种", f"年利率{new('column')}"], [f"个人经营贷款{new('cell')}", f"3.{number:02}%"],
        ]}),
    )  # fmt: skip
    yield _file(
        canaries, readers, "pdf", f"通知存款规则{new('title')}",
        pdf([
            (40, f"通知存款规则{new('heading')}"), (40, f"七天通知存款起存金额{number + 5}万元，代号{new('text')}。"),
        ]),
    )  # fmt: skip
    code = new("product code")
    yield _file(
        canaries, readers, "md", f"远川{new('product name')}180天产品说明书",
        f"# 产品说明书\n\n本产品客户常叫“{new('product alias')}”。风险等级为R{number % 5 + 1}。"
        f"起购金额为{number + 1}万元，说明{new('text')}。产品期限为180天。\n",
        doc_type="产品说明书", product_codes=code,
    )  # fmt: skip


def _shared_notice(canaries: Canaries, number: int, readers: tuple[str, ...]) -> File:
    text = f"# 营业时间\n\n节假日网点营业时间为9:00至16:30，公告{canaries.new(readers, 'text')}。\n"
    return _file(canaries, readers, "md", f"营业时间公告{canaries.new(readers, 'title')}", text)


def _product_of_two_scopes(canaries: Canaries, number: int, scope: str, neighbour: str) -> tuple[File, File]:
    """The sheet is for one scope; the neighbour may read of the fees, which name the code, and not the sheet."""
    code = canaries.new((scope, neighbour), "product code")
    name, alias = canaries.new((scope,), "name of a hidden sheet"), canaries.new((scope,), "alias of a hidden sheet")
    sheet = _file(
        canaries, (scope,), "md", f"远川{name}360天产品说明书",
        f"# 产品说明书\n\n本产品客户常叫“{alias}”。风险等级为R3。"
        f"管理费率为0.{number + 10}%，{canaries.new((scope,), 'text')}。\n",
        doc_type="产品说明书", product_codes=code,
    )  # fmt: skip
    fees = _file(
        canaries, (neighbour,), "md", f"代销费率{canaries.new((neighbour,), 'title')}",
        f"# 代销费率\n\n{code}的认购费率为0.{number + 20}%，{canaries.new((neighbour,), 'text')}。\n",
        product_codes=code,
    )  # fmt: skip
    return sheet, fees


def _weekly(canaries: Canaries, number: int, scope: str, place: str) -> File:
    """A document that changes every week. Of what is not published, only an administrator may know."""
    readers = (scope, "admin") if place == "unpublished" else (scope,)
    word = canaries.new(readers, place, all_of=True)
    text = f"# 本周活动\n\n本周活动满{number + 1}万元赠礼，口令{word}。\n"
    row = {"path": f"weekly-{number}.md", "doc_id": f"weekly-{number}", "title": "本周活动", "scope": scope}
    return File(row["path"], text, row, (scope,))


def _leaving(canaries: Canaries, number: int, scope: str) -> File:
    """Not in the second week any more."""
    text = f"# 旧版须知\n\n旧版须知规定保管箱年费{number + 200}元，{canaries.new((scope,), 'withdrawn')}。\n"
    row = {"path": f"old-{number}.md", "doc_id": f"old-{number}", "title": "旧版须知", "scope": scope}
    return File(row["path"], text, row, (scope,))


def _handed_over(canaries: Canaries, number: int, scope: str, neighbour: str) -> Iterator[tuple[File, File]]:
    """For this scope in the first week and for its neighbour alone from the second on: corrected, and from a day on."""
    for name, first, second in (("hand", "", ""), ("turn", "2026-10-01", "2026-11-09")):
        word = canaries.new((neighbour,), "handed over", once=(scope,))
        text = f"# 内部通讯录\n\n内部通讯录的暗号是{word}。\n"
        row = {"path": f"{name}-{number}.md", "doc_id": f"{name}-{number}", "title": "内部通讯录"}
        before = row | {"scope": scope, "valid_from": first}
        after = row | {"scope": neighbour, "valid_from": second}
        yield File(row["path"], text, before, (scope,)), File(row["path"], text, after, (neighbour,))


def _approved(canaries: Canaries, number: int, scope: str, neighbour: str, document: File) -> Iterator[ApprovedAnswer]:
    """Every scope has its own answer to the same question; and one of them rests on what its readers may not read."""
    assert isinstance(document.content, str)
    quote = next(line for line in document.content.splitlines() if line.startswith("整存整取一年期"))
    at = datetime(2026, 11, 2, 9, number, tzinfo=BANK_ZONE)
    source = ApprovedSource(doc_id=document.row["doc_id"], quote=quote)
    text = f"请到网点领取，口令{canaries.new((scope,), 'approved answer')}。"
    yield ApprovedAnswer(
        approved_id=f"gift-{number}", questions=(PINNED_QUESTION,), text=text, sources=(source,), scope=(scope,),
        reviewed_by="知识运营", pinned_at=at,
    )  # fmt: skip
    text = f"不得外传，{canaries.new((scope, neighbour), 'approved answer on a hidden source', all_of=True)}。"
    yield ApprovedAnswer(
        approved_id=f"hidden-{number}", questions=(f"{PINNED_QUESTION}贵宾",), text=text, sources=(source,),
        scope=(neighbour,), reviewed_by="知识运营", pinned_at=at,
    )  # fmt: skip


def _file(
    canaries: Canaries, readers: tuple[str, ...], suffix: str, title: str, content: str | bytes, **row: str
) -> File:
    doc_id = f"doc-{canaries.new(readers, 'document id')}"
    path = f"{canaries.new(readers, 'file name')}.{suffix}"
    cells = {"path": path, "doc_id": doc_id, "title": title, "scope": ";".join(readers), **row}
    return File(path, content, cells, readers)
