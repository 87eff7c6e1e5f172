"""Numbers, names and addresses for made calls, and how each is said. Random by the dice given; nothing is anybody's."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

_SPOKEN = "零一二三四五六七八九"
_WIDE = "０１２３４５６７８９"
_FILLERS = ("嗯", "，嗯，", "，", " ", "，那个，", "，然后", "，然后是", " 啊 ", "、", "…", "，后面是")
_GROUPS = {
    18: ((6, 4, 4, 4), (6, 8, 4), (3, 3, 4, 4, 4), (6, 4, 2, 2, 4)),
    19: ((4, 4, 4, 4, 3), (6, 6, 7), (4, 3, 4, 4, 4)),
    16: ((4, 4, 4, 4), (6, 5, 5)),
    17: ((4, 4, 4, 5),),
    11: ((3, 4, 4), (4, 4, 3), (3, 3, 3, 2)),
    12: ((4, 4, 4),),
    10: ((3, 7), (4, 3, 3)),
    6: ((3, 3), (2, 2, 2)),
    14: ((4, 4, 4, 2),),
    15: ((3, 4, 4, 4),),
}


def grouped(digits: str, dice: random.Random) -> list[str]:
    sizes = dice.choice(_GROUPS.get(len(digits), ((len(digits),),)))
    groups, at = [], 0
    for size in sizes:
        groups.append(digits[at : at + size])
        at += size
    return groups


def spoken(digits: str, dice: random.Random, *, one: str, repeats: bool) -> str:
    said, at = "", 0
    while at < len(digits):
        size = next((n for n in (4, 3) if digits[at : at + n] == digits[at] * n), 1)
        if repeats and size > 1 and digits[at].isdigit() and digits[at + size : at + size + 1] != digits[at]:
            said += f"{'三' if size == 3 else '四'}个{one if digits[at] == '1' else _SPOKEN[int(digits[at])]}"
            at += size
            continue
        digit = digits[at]
        said += "X" if digit == "X" else one if digit == "1" else _SPOKEN[int(digit)]
        at += 1
    return said


def in_style(groups: Sequence[str], style: int, dice: random.Random) -> str:
    """One of eight ways to write or say groups of digits."""
    whole = "".join(groups)
    if style == 0:
        return whole
    if style == 1:
        return dice.choice((" ", "-", " - ")).join(groups)
    if style == 2:
        return "".join(_WIDE[int(d)] if d.isdigit() else "Ｘ" for d in whole)
    if style == 3:
        return spoken(whole, dice, one="幺", repeats=True)
    if style == 4:
        return dice.choice((" ", "，")).join(spoken(g, dice, one="幺", repeats=True) for g in groups)
    if style == 5:
        return spoken(whole, dice, one="一", repeats=False)
    if style == 6:
        joined = ""
        for n, group in enumerate(groups):
            joined += (dice.choice(_FILLERS) if n else "") + spoken(group, dice, one="幺", repeats=False)
        return joined
    return "，".join(
        g if dice.random() < 0.5 else spoken(g, dice, one=dice.choice("幺一腰"), repeats=False) for g in groups
    )


@dataclass(frozen=True)
class Number:
    """A number as one scene says it: its speaker keeps a style, the agent has another."""

    digits: str
    style: int
    other_style: int
    pieces: int

    def slot(self, slot: str, dice: random.Random) -> str:
        groups = grouped(self.digits, random.Random(self.digits))
        if slot in ("n", "r"):
            return in_style(groups, self.style if slot == "n" else self.other_style, dice)
        if slot in ("a", "b", "c"):
            return in_style(_dealt(groups, self.pieces)["abc".index(slot)], self.style, dice)
        if slot in ("ra", "rb"):
            return in_style(_dealt(groups, 2)["ab".index(slot[1])], self.other_style, dice)
        if slot == "w":
            return self._with_slip(groups, dice)
        if slot == "m":
            at = dice.randrange(2, len(self.digits) - 1)
            wrong = self.digits[:at] + str((int(self.digits[at]) + dice.randint(1, 9)) % 10) + self.digits[at + 1 :]
            return in_style(grouped(wrong, random.Random(self.digits)), self.style, dice)
        return self.digits[-4:]

    def _with_slip(self, groups: Sequence[str], dice: random.Random) -> str:
        at = dice.randrange(1, len(groups)) if len(groups) > 1 else 0
        wrong = "".join(str((int(d) + 3) % 10) if d.isdigit() and dice.random() < 0.4 else d for d in groups[at])
        slip = dice.choice(("，不对，", "，哦不对，", "，啊说错了，", "，不是，是", "，错了，应该是"))
        said = [in_style([g], 0 if self.style in (0, 1, 2) else 3, dice) for g in groups]
        bad = in_style([wrong], 0 if self.style in (0, 1, 2) else 3, dice)
        return " ".join(said[:at]) + " " + bad + slip + " ".join(said[at:])


def _dealt(groups: Sequence[str], parts: int) -> list[list[str]]:
    """Groups dealt to so many pieces, each with at least one."""
    if len(groups) < parts:
        whole = "".join(groups)
        size = -(-len(whole) // parts)
        return [[whole[at : at + size]] for at in range(0, len(whole), size)]
    cuts = [round(n * len(groups) / parts) for n in range(parts + 1)]
    return [list(groups[a:b]) for a, b in pairwise(cuts)]


@dataclass(frozen=True)
class Words:
    text: str

    def slot(self, slot: str, dice: random.Random) -> str:
        return self.text


@dataclass(frozen=True)
class Secret:
    code: Number
    short: str
    letters: str
    expiry: str

    def slot(self, slot: str, dice: random.Random) -> str:
        alone = {"v": self.short, "l": self.letters, "x": self.expiry}
        return alone[slot] if slot in alone else self.code.slot(slot, dice)


def _number(digits: str, dice: random.Random, pieces: int) -> Number:
    return Number(digits, dice.randrange(8), dice.randrange(8), pieces)


def citizen_id(dice: random.Random) -> str:
    region = dice.choice(
        ("110105", "310104", "440305", "330106", "510107", "420111", "320583", "610113", "370202", "430104")
    )
    born = date(1950, 1, 1) + timedelta(days=dice.randrange(20_000))
    body = f"{region}{born:%Y%m%d}{dice.randrange(1000):03}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(w * int(d) for w, d in zip(weights, body, strict=True)) % 11]


def card(dice: random.Random) -> str:
    prefix, size = dice.choice(
        (
            ("622848", 19),
            ("621700", 19),
            ("622202", 19),
            ("621226", 19),
            ("436742", 16),
            ("552599", 16),
            ("625912", 16),
            ("356839", 16),
            ("955880", 19),
            ("622588", 16),
        )
    )
    body = prefix + "".join(dice.choice("0123456789") for _ in range(size - len(prefix) - 1))
    total = sum(int(d) if n % 2 else sum(divmod(2 * int(d), 10)) for n, d in enumerate(reversed(body)))
    return body + str(-total % 10)


def mobile(dice: random.Random) -> str:
    return dice.choice(("138", "139", "150", "159", "186", "188", "177", "199", "135", "133")) + _digits(8, dice)


def landline(dice: random.Random) -> str:
    area = dice.choice(("010", "021", "020", "0755", "0571", "028", "027", "0512"))
    return area + dice.choice("2345678") + _digits(7, dice)


def account(dice: random.Random) -> str:
    return dice.choice("1235678") + _digits(dice.choice((11, 13, 14, 16, 18)), dice)


def _digits(size: int, dice: random.Random) -> str:
    return "".join(dice.choice("0123456789") for _ in range(size))


_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜"
_GIVEN = "伟芳娜秀英敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂建国志华文博宇轩浩然子涵欣怡雨桐晓东海燕玉梅春生德胜永红庆丰"


def name(dice: random.Random) -> str:
    surname = dice.choice(_SURNAMES) if dice.random() < 0.95 else dice.choice(("欧阳", "司马", "上官", "诸葛"))
    return surname + "".join(dice.choice(_GIVEN) for _ in range(dice.choice((1, 2, 2))))


def address(dice: random.Random) -> str:
    city = dice.choice(
        (
            "浙江省杭州市西湖区",
            "杭州市余杭区",
            "北京市朝阳区",
            "上海市浦东新区",
            "广东省深圳市南山区",
            "成都市武侯区",
            "武汉市洪山区",
            "江苏省苏州市昆山市",
            "",
        )
    )
    way = dice.choice(("文三路", "人民路", "建设大道", "解放街", "中山北路", "科技园路", "长江西路"))
    estate = dice.choice(("阳光小区", "金色家园", "翠湖花园", "万科城", "丽景苑"))

    def n(most: int) -> int:
        return dice.randint(1, most)

    house = dice.choice(
        (
            f"{way}{n(900)}号",
            f"{way}{n(900)}号{n(20)}栋{n(4)}单元{n(30)}0{n(4)}室",
            f"{estate}{n(30)}栋{n(4)}单元{n(20)}0{n(4)}",
            f"{way}{_quantity(n(99))}号{estate}{_quantity(n(20))}栋{_quantity(n(4))}单元{spoken(f'{n(20)}0{n(4)}', dice, one='幺', repeats=False)}",
            f"{estate}{_quantity(n(20))}号楼{spoken(f'{n(20)}0{n(4)}', dice, one='幺', repeats=False)}室",
        )
    )
    return city + house


def _secret(dice: random.Random, pieces: int) -> Secret:
    code = _digits(6, dice)
    short = _digits(3, dice)
    letters = dice.choice(("abc", "wang", "Zh", "qwe", "Li")) + _digits(dice.choice((4, 6)), dice)
    month, year = dice.randint(1, 12), dice.randint(27, 35)
    expiry = dice.choice(
        (f"{month:02}/{year}", f"{month:02}{year}", spoken(f"{month:02}{year}", dice, one="幺", repeats=False))
    )
    return Secret(
        _number(code, dice, pieces), dice.choice((short, spoken(short, dice, one="幺", repeats=False))), letters, expiry
    )


PERSONAL: dict[str, Callable[[random.Random, int], Number | Words | Secret]] = {
    "ID": lambda dice, pieces: _number(citizen_id(dice), dice, pieces),
    "CARD": lambda dice, pieces: _number(card(dice), dice, pieces),
    "PHONE": lambda dice, pieces: _number(mobile(dice), dice, pieces),
    "LANDLINE": lambda dice, pieces: _number(landline(dice), dice, pieces),
    "ACCOUNT": lambda dice, pieces: _number(account(dice), dice, pieces),
    "NAME": lambda dice, _: Words(name(dice)),
    "ADDRESS": lambda dice, _: Words(address(dice)),
    "SECRET": _secret,
}


# ── other numbers ──────────────────────────────────────────────────────────────────────────────────────────────────


def _quantity(number: int) -> str:
    if number >= 10_000:
        return _quantity(number // 10_000) + "万" + (_quantity(number % 10_000) if number % 10_000 else "")
    said, zero = "", False
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // unit % 10
        if digit:
            said += ("零" if zero and said else "") + _SPOKEN[digit] + name
            zero = False
        else:
            zero = True
    return said.removeprefix("一") if said.startswith("一十") else said


def amount(dice: random.Random) -> str:
    value = dice.choice(
        (
            dice.randint(1, 999),
            dice.randint(1, 999) * 100,
            dice.randint(1, 500) * 10_000,
            dice.randint(1000, 99_999_999),
        )
    )
    return dice.choice(
        (
            f"{value}元",
            f"{value:,}元",
            f"{value:,}.{dice.randint(0, 99):02}元",
            f"{value}块",
            f"{_quantity(value)}块",
            f"{_quantity(value)}元",
            f"{value / 10_000:g}万",
        )
    )


def rate(dice: random.Random) -> str:
    value = dice.randint(80, 620) / 100
    whole, _, part = f"{value:.2f}".partition(".")
    return dice.choice(
        (
            f"{value:.2f}%",
            f"百分之{_SPOKEN[int(whole)]}点{''.join(_SPOKEN[int(d)] for d in part)}",
            f"{_SPOKEN[int(whole)]}点{_SPOKEN[int(part[0])]}",
            f"{value:.1f}个点",
        )
    )


def term(dice: random.Random) -> str:
    return dice.choice(
        (
            "三个月",
            "六个月",
            "一年",
            "两年",
            "三年",
            "365天",
            "180天",
            "九十天",
            "12个月",
            "36期",
            "十二期",
            "三百六十五天",
            "两个月",
        )
    )


def day(dice: random.Random) -> str:
    at = date(2024, 1, 1) + timedelta(days=dice.randrange(1200))
    return dice.choice(
        (
            f"{at:%Y%m%d}",
            f"{at:%Y-%m-%d}",
            f"{at:%Y/%m/%d}",
            f"{at.year}年{at.month}月{at.day}日",
            f"{''.join(_SPOKEN[int(d)] for d in str(at.year))}年{_quantity(at.month)}月{_quantity(at.day)}号",
            f"{at.month}月{at.day}号",
            f"{at:%Y.%m.%d}",
        )
    )


def order(dice: random.Random) -> str:
    at = date(2025, 1, 1) + timedelta(days=dice.randrange(700))
    digits = dice.choice(
        (
            f"{at:%Y%m%d}{_digits(10, dice)}",
            f"{at:%Y%m%d}{_digits(6, dice)}",
            _digits(dice.choice((12, 14, 16, 19, 20)), dice),
        )
    )
    return dice.choice(
        (
            digits,
            digits,
            spoken(digits, dice, one="幺", repeats=False),
            " ".join(digits[n : n + 4] for n in range(0, len(digits), 4)),
            "SF" + digits[:13],
        )
    )


def code(dice: random.Random) -> str:
    return dice.choice(("YCWY", "AXJX", "LC", "QJ")) + dice.choice(
        (f"{_digits(3, dice)}A", _digits(4, dice), f"{_digits(6, dice)}", f"2026{_digits(4, dice)}B")
    )


OTHERS: dict[str, Callable[[random.Random], str]] = {
    "amount": amount,
    "rate": rate,
    "term": term,
    "date": day,
    "order": order,
    "code": code,
    "service": lambda dice: dice.choice(
        (
            "959001",
            "95588",
            "95533",
            "4008895533",
            "400-889-5533",
            "12378",
            "九五五八八",
            "九五九零零幺",
            "四零零 八八九 五五三三",
            "12315",
        )
    ),
    "tail": lambda dice: dice.choice((_digits(4, dice), spoken(_digits(4, dice), dice, one="幺", repeats=False))),
    "staff": lambda dice: dice.choice(
        (_digits(4, dice), _digits(3, dice), spoken(_digits(4, dice), dice, one="幺", repeats=False))
    ),
    "count": lambda dice: dice.choice(("三次", "5次", "十分钟", "128号", "四十分钟", "6次", "二十多分钟")),
    "seconds": lambda dice: dice.choice(("60秒", "六十秒", "5分钟", "120秒")),
    "points": lambda dice: dice.choice(
        (str(dice.randint(100, 999_999)), f"{dice.randint(1000, 99_999):,}", _quantity(dice.randint(100, 99_999)))
    ),
    "branch": lambda dice: dice.choice(("人民路88号", "建设大道128号", "中山北路三百号", "解放街12号")),
    "time": lambda dice: dice.choice(("10:30", "下午三点二十", "15点40分", "22:00:00", "晚上八点半")),
}
