"""Follow-ups of an agent and the question that each of them stands for, about the products of fictional banks.

What a follow-up leaves out is the product, the attribute or both; it may point (它, 这款), switch to another product,
change a condition or a figure, deny one, correct what was said, or begin something new, where nothing may be taken over.
The prompt is made by `seatmate.ask.rewrite_by_model`, so the training render is the served one; an example whose target
serving would not use is not taught. Knows nothing of documents and answers.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from random import Random

from seatmate.ask.rewrite import rewrite
from seatmate.ask.rewrite_by_model import earlier_questions, rewrite_request
from seatmate.ask.rewrite_check import FollowUp, flaws_of
from seatmate.domain.answers import Question, Turn
from seatmate.domain.knowledge import BANK_ZONE, Product
from seatmate.prompts import Prompts
from seatmate_tune import attributes, names
from seatmate_tune.example import Example, answered

_NOW = datetime(2026, 6, 1, 10, tzinfo=BANK_ZONE)
_OPEN = ("", "", "", "请问", "问一下", "帮我查下", "客户问", "我想了解一下", "您好，")
_CLOSE = ("？", "？", "", "", "啊？", "呀", "，谢谢")
_BETWEEN = ("", "的", "，")
_PRODUCT_DROPPED = (
    "那{w}呢？",
    "{w}呢？",
    "它{w}？",
    "它的{w}呢",
    "这款{w}？",
    "那它{w}",
    "还有{w}？",
    "那这款的{w}呢？",
    "另外{w}呢",
)
_ATTRIBUTE_DROPPED = ("那{p}呢？", "{p}呢？", "换成{p}呢", "那{p}的呢？", "{p}的呢", "要是{p}呢？", "那么{p}呢")
_CASE_CHANGED = ("那{q}呢？", "{q}呢？", "换成{q}呢", "{q}的呢？", "要是{q}呢", "那如果{q}呢？", "那{q}的呢")
_CORRECTED = ("不对，我问的是{x}", "说错了，是{x}", "不好意思，我要问的是{x}", "错了，是{x}的", "哦，说错了，是{x}")
_CASES: dict[str, tuple[tuple[str, ...], ...]] = {
    "wealth": (("手机银行购买", "柜台购买", "网上银行购买"), ("新客户", "老客户", "代发客户"), ("工作日", "周末", "节假日")),
    "deposit": (("柜面开立", "线上开立"), ("到期支取", "部分支取", "自动转存"), ("对公客户", "个人客户")),
    "card": (("主卡", "附属卡"), ("境内消费", "境外消费"), ("普卡", "金卡", "白金卡"), ("线上申请", "网点申请")),
    "loan": (("首套房", "二套房"), ("等额本息", "等额本金", "先息后本"), ("企业主", "个体户", "上班族")),
    "service": (("手机银行", "网上银行", "柜台"), ("行内转账", "跨行转账"), ("人民币", "美元", "港币"), ("金卡客户", "普通客户")),
}  # fmt: skip
_DENIED = (
    ("本行客户", "不是本行客户"), ("做过风险测评", "没做过风险测评"), ("本人办理", "非本人办理"), ("逾期", "未逾期"),
    ("开通短信", "没有开通短信"), ("绑定工资卡", "没绑定工资卡"), ("带身份证", "没带身份证"), ("提前支取", "不提前支取"),
)  # fmt: skip
_FIGURES = (
    "{n}万元档", "{n}万以上", "不超过{n}万", "{n}年期", "{n}个月", "满{n}天", "{n}期", "不满{n}年", "{n}万元以下"
)  # fmt: skip
_NUMBERS = ("1", "2", "3", "5", "6", "10", "12", "20", "30", "50", "一", "两", "三", "五", "十", "二十")


@dataclass(frozen=True)
class Dialogue:
    """What was asked before, the follow-up, and what it stands for: `product` and `words` of the whole question."""

    kind: str
    earlier: tuple[str, ...]
    asked: str
    product: str
    words: str
    products: tuple[Product, ...]

    @property
    def target(self) -> str:
        """The product first, then 的: score.py takes it apart again."""
        return f"{self.product}的{self.words}？" if self.product else f"{self.words}？"


@dataclass(frozen=True)
class _Shelf:
    """Some products of one kind, and what may be asked of them."""

    rng: Random
    kind: str
    products: tuple[Product, ...]

    def words(self, but: str = "") -> str:
        """An attribute as documents or people call it, with no 的 of its own."""
        attribute = self.rng.choice(attributes.BY_KIND[self.kind])
        words = self.rng.choice((self.rng.choice(attribute.written), self.rng.choice(attribute.spoken)))
        return self.words(but) if "的" in words or words == but else words

    def name(self, but: str = "") -> str:
        """A product as it is said; empty for the bank's services, which are nobody's."""
        if not self.products:
            return ""
        others = [p for p in self.products if but not in p.names]
        product = self.rng.choice(others)
        return self.rng.choice((product.name, *product.aliases))

    def question(self, product: str, words: str) -> str:
        opening, closing = self.rng.choice(_OPEN), self.rng.choice(_CLOSE)
        return f"{opening}{product}{self.rng.choice(_BETWEEN) if product else ''}{words}{closing}"

    def case(self) -> tuple[str, str]:
        return tuple(self.rng.sample(self.rng.choice(_CASES[self.kind]), 2))  # type: ignore[return-value]

    def figure(self) -> tuple[str, str]:
        form, (one, other) = self.rng.choice(_FIGURES), self.rng.sample(_NUMBERS, 2)
        return form.format(n=one), form.format(n=other)


def rewrite_examples(rng: Random, prompts: Prompts) -> Iterator[Example]:
    """Without end."""
    for made in dialogues(rng):
        request = rewrite_request(prompts, made.asked, made.earlier)
        yield answered("rewrite", request.messages, made.target)


def dialogues(rng: Random) -> Iterator[Dialogue]:
    """Those whose target serving would use."""
    return (made for made in drawn(rng) if is_served(made))


def drawn(rng: Random) -> Iterator[Dialogue]:
    while True:
        shelf = _shelf(rng)
        made = rng.choice(_KINDS)(shelf)
        if made is not None:
            yield before_it(made, shelf)


def _shelf(rng: Random) -> _Shelf:
    kind = rng.choice(("wealth", "wealth", "deposit", "card", "loan", "service"))
    made = [] if kind == "service" else names.family(rng, kind, rng.randint(2, 4))
    calls = [alias for _, aliases in made for alias in aliases]
    made = [(name, tuple(alias for alias in aliases if calls.count(alias) == 1)) for name, aliases in made]
    return _Shelf(
        rng, kind, tuple(Product(f"{kind[:2].upper()}{i}", name, aliases) for i, (name, aliases) in enumerate(made))
    )


def before_it(made: Dialogue, shelf: _Shelf) -> Dialogue:
    """Sometimes with questions before it that it does not stand on."""
    rng = shelf.rng
    more = [shelf.question(shelf.name(), shelf.words()) for _ in range(rng.choice((0, 0, 0, 1, 1, 2)))]
    return replace(made, earlier=(*more, *made.earlier))


def _product_dropped(shelf: _Shelf) -> Dialogue | None:
    """The attribute is new; sometimes one was asked about in the same way just before it."""
    if not shelf.products:
        return None
    product, before = shelf.name(), shelf.words()
    words, between = shelf.words(before), shelf.words(before)
    earlier = [shelf.question(product, before)]
    if between != words and shelf.rng.random() < 0.3:
        earlier.append(shelf.rng.choice(_PRODUCT_DROPPED).format(w=between))
    asked = shelf.rng.choice(_PRODUCT_DROPPED).format(w=words)
    return Dialogue("product_dropped", tuple(earlier), asked, product, words, shelf.products)


def _attribute_dropped(shelf: _Shelf) -> Dialogue | None:
    """The product is another one: the attribute is that of the question before it."""
    if not shelf.products:
        return None
    words, first = shelf.words(), shelf.name()
    product = shelf.name(first)
    asked = shelf.rng.choice(_ATTRIBUTE_DROPPED).format(p=product)
    return Dialogue("attribute_dropped", (shelf.question(first, words),), asked, product, words, shelf.products)


def _switched(shelf: _Shelf) -> Dialogue | None:
    """Two products were spoken of: the last one is meant."""
    if not shelf.products:
        return None
    first, words = shelf.name(), shelf.words()
    product, new = shelf.name(first), shelf.words(words)
    turn = shelf.rng.choice((shelf.question(product, words), shelf.rng.choice(_ATTRIBUTE_DROPPED).format(p=product)))
    asked = shelf.rng.choice(_PRODUCT_DROPPED).format(w=new)
    return Dialogue("switched", (shelf.question(first, words), turn), asked, product, new, shelf.products)


def _changed(kind: str, pair: Callable[[_Shelf], tuple[str, str]]) -> Callable[[_Shelf], Dialogue | None]:
    """Both product and attribute are dropped, and a condition is another one."""

    def make(shelf: _Shelf) -> Dialogue | None:
        product, words = shelf.name(), shelf.words()
        before, now = pair(shelf)
        asked = shelf.rng.choice(_CASE_CHANGED).format(q=now)
        return Dialogue(
            kind, (shelf.question(product, before + words),), asked, product, now + words, shelf.products
        )  # fmt: skip

    return make


def _corrected_product(shelf: _Shelf) -> Dialogue | None:
    if not shelf.products:
        return None
    words, wrong = shelf.words(), shelf.name()
    product = shelf.name(wrong)
    asked = shelf.rng.choice(_CORRECTED).format(x=product)
    return Dialogue("corrected", (shelf.question(wrong, words),), asked, product, words, shelf.products)


def _corrected_attribute(shelf: _Shelf) -> Dialogue | None:
    if not shelf.products:
        return None
    product, wrong = shelf.name(), shelf.words()
    words = shelf.words(wrong)
    asked = shelf.rng.choice(_CORRECTED[:3]).format(x=words)
    return Dialogue("corrected", (shelf.question(product, wrong),), asked, product, words, shelf.products)


def _new_question(shelf: _Shelf) -> Dialogue | None:
    """It says all that it needs: nothing may be taken over."""
    if not shelf.products:
        return None
    first, before = shelf.name(), shelf.words()
    product, words = shelf.name(first), shelf.words(before)
    asked = shelf.question(product, words)
    return Dialogue("new", (shelf.question(first, before),), asked, product, words, shelf.products)


def _new_topic(shelf: _Shelf) -> Dialogue | None:
    """Of the bank's services, which belong to no product."""
    if not shelf.products:
        return None
    words = replace(shelf, kind="service", products=()).words()
    asked = shelf.question("", words)
    return Dialogue("new", (shelf.question(shelf.name(), shelf.words()),), asked, "", words, shelf.products)


def _denied(shelf: _Shelf) -> tuple[str, str]:
    one, other = shelf.rng.choice(_DENIED)
    return (one, other) if shelf.rng.random() < 0.7 else (other, one)


_KINDS: tuple[Callable[[_Shelf], Dialogue | None], ...] = (
    _product_dropped, _product_dropped, _attribute_dropped, _attribute_dropped, _switched,
    _changed("case_changed", _Shelf.case), _changed("figure_changed", _Shelf.figure), _changed("denied", _denied),
    _corrected_product, _corrected_attribute, _new_question, _new_topic,
)  # fmt: skip


def is_served(made: Dialogue) -> bool:
    """Would serving use the target?"""
    history = tuple(Turn(role="user", content=text) for text in made.earlier)
    question = Question(question=made.asked, history=history)
    by_rule = rewrite(question, made.products, _NOW)
    follow_up = FollowUp(made.asked, earlier_questions(question), _NOW, by_rule)
    return not any(flaws_of(made.target, follow_up, made.products))
