"""Where somebody lives or works, down to the house: 杭州市西湖区文三路478号3单元502室, 阳光小区三栋二单元五零一.

Found by the house (号, 栋, 单元, 室 after a number) with a street or an estate before it, taken with the districts in
front. A city or a district alone is not masked: it names nobody. A branch's address (网点, 支行) is public. After a
question for an address, a street alone is one too.
"""

import re
from collections.abc import Iterator

_DIGITS = "0-9０-９零〇一二三四五六七八九幺洞腰"
_N = rf"(?:[{_DIGITS}A-Za-z甲乙丙丁两十百千]+(?:[-－—之杠][{_DIGITS}A-Za-z十]+)*)"
_HAN = r"[\u4e00-\u9fff]"
_STREETS = "大道|大街|胡同|小区|花园|家园|公寓|大厦|广场|新村|家属院|宿舍|别墅|名苑|雅苑|嘉园|新城|佳苑|国际城"
_WAY = rf"(?:{_STREETS}|[路街巷弄道苑村庄里坊屯寨湾园府邸庭居轩湖城区院组队镇乡])"
_LANE = rf"(?:{_STREETS}|(?<![原一网思出马公铁电])路|[街巷弄村苑])"
_UNITS = r"(?:#|号楼|号院|弄堂|单元|楼层|号(?!码)|弄|栋|幢|座|室|楼|层|户|门|房|组|队|院|巷|排)"
_ROOM = rf"(?:[{_DIGITS}]{{3,4}})(?![0-9０-９元块万年月天%个次号位期])"
_NUMBERED = rf"{_N}[，, ]?{_UNITS}(?:[甲乙丙丁](?=$|\W|[吧啊呀了哈的]))?"
_DASHED = r"\d{1,3}[-－—]\d{1,3}(?:[-－—]\d{2,4})?(?!\d)"
_HOUSE = re.compile(
    rf"{_WAY}[，, ]?(?:的|那个)?"
    rf"(?P<house>(?:{_DASHED}|{_NUMBERED})(?:[，, 的]{{0,2}}[东西南北]?{_NUMBERED})*(?:[，, ]?{_ROOM})?)"
)
_AT = (
    "地址|住址|住所|住在|家在|搬到了?|搬去了?|寄到|寄去|送到|快递到|收件人?|单位在|公司在|户籍|老家"
    "|改成|改为|换成|变更为"
)
_CUE = re.compile(
    rf"(?:{_AT}|住的是)(?:[，,:：、\s]|是|在|的|我|就|改成|改为|变更为|换成|写|填|嗯|呃|那个|现在|新|请|您|这边|还|了)*"
)
_STOP = r"，,。；;？?！!：:"
_PLAIN = r"(?:(?![不会我你他您是的了吗呢想要来去办查问看能可哪])[\u4e00-\u9fff\dA-Za-z])"
_PLACE = re.compile(
    rf"(?:{_HAN}{{2,8}}?(?:省|自治区)|北京|上海|天津|重庆|{_HAN}{{2,7}}?(?:市|自治州))?[，, ]?"
    rf"(?:{_HAN}{{1,7}}?(?:市|区|县|旗))?[，, ]?"
    rf"(?:{_HAN}{{1,8}}?(?:街道|镇|乡|新区|开发区))?[，, ]?"
    rf"(?:{_PLAIN}{{1,12}}?{_LANE})"
)
_PUBLIC = re.compile(r"支行|网点|分行|营业厅|营业部|柜台|总行|我行|我们行|银行|ATM|自助|大堂")
_HOME = re.compile(r"(?:家在|家住|我家|人住|住在?|寄到?|户口在?|户籍在?|单位在?|公司在?|收件地址)[是为：:]?$")
_ASKED = re.compile(r"地址|住址|住在哪|住哪|寄到哪|寄哪|哪个小区|门牌|在哪里?住|邮寄")
_LEAD = re.compile(rf".*(?:{_AT}|我住|寄|是在|就是|登记为|我家|您家|[：:，,。]|是|在|到|住)")
_LEAD_ANSWER = re.compile(r"(?:[，, ]|嗯|呃|啊|哦|我|住|在|家|是|就|那个|地址|您|记一下|对|好)*")
_DISTRICT = re.compile(rf"[^{_STOP}]*[省市区县镇乡道]$")
_ROOMS = re.compile(rf"{_NUMBERED}(?:[，, 的]{{0,2}}{_NUMBERED})*(?:{_ROOM})?(?![年月])")
_INDOORS = re.compile(r"栋|幢|单元|室|号楼|弄|座|层")
_CLAUSE = re.compile(rf"[{_STOP}]")
_HINT = re.compile(r"[号弄栋幢座室楼层元户门房组队院巷排址住寄搬送递收位籍家]")
_FAR = 36
_NEAR = 16


def addresses_in(text: str, asked: bool = False) -> Iterator[tuple[int, int]]:
    """Addresses down to the house; `asked`, or after a cue, also down to the street."""
    taken = -1
    if _HINT.search(text) is None and not asked:
        return
    for found in _HOUSE.finditer(text):
        if found.start("house") < taken:
            continue
        start = _begin(text, max(found.start() - _FAR, taken, 0), found.start("house"))
        end = found.end("house")
        if start is not None and not _is_public(text, start, end):
            taken = end
            yield start, end
    for cue in _CUE.finditer(text):
        yield from _streets(text, cue.end(), taken)
    if asked:
        yield from _asked(text, taken)


def asks_address(text: str) -> bool:
    return bool(_ASKED.search(text)) and not _PUBLIC.search(text)


def _begin(text: str, least: int, house: int) -> int | None:
    """Where the streets and districts in front of a house begin; a comma may stand after a district."""
    lead = _LEAD.match(text, least, house)
    start = lead.end() if lead else least
    if lead and text[start - 1] in "，,":
        district = _DISTRICT.search(text[least : start - 1])
        if district:
            inner = _LEAD.match(district[0])
            start = least + district.start() + (inner.end() if inner else 0)
    while start < house and text[start] in "，, 的嗯呃啊那":
        start += 1
    return start if start < house else None


def _streets(text: str, at: int, taken: int) -> Iterator[tuple[int, int]]:
    if at < taken:
        return
    found = _PLACE.match(text, at)
    if found and len(found[0]) > 2 and not _is_public(text, *found.span()) and found.end() > taken:
        yield found.span()


def _asked(text: str, taken: int) -> Iterator[tuple[int, int]]:
    start = _LEAD_ANSWER.match(text)
    yield from _streets(text, start.end() if start else 0, taken)
    for found in _ROOMS.finditer(text):
        if found.start() >= taken and _INDOORS.search(found[0]):
            yield found.span()


def _is_public(text: str, start: int, end: int) -> bool:
    """Is it a branch's, by the words in front or by those that go on with it in the same clause?"""
    least = max(start - _NEAR, 0)
    if _HOME.search(text[least:start]):
        least = start  # 去你们中山路支行，家在…
    clause = _CLAUSE.search(text, end, end + 2 * _NEAR)
    return bool(_PUBLIC.search(text, least, clause.start() if clause else end + _NEAR))
