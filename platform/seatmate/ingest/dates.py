"""From when until when a document holds, in its own words; and what may be made of a manifest's day.

Only words that say of the document itself that it applies count. A day of a statistic, of a product (成立日, 募集期),
of another document, of an example or of a customer is no validity. Knows no holidays, no 次年 and no 次月, and no
paragraph that holds at another time than the rest of its document: what is not plain is not said.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import IntEnum
from functools import cached_property
from itertools import islice

from seatmate.domain.knowledge import BANK_ZONE
from seatmate.domain.numerals import narrow, parse_chinese
from seatmate.domain.simplified import simplified
from seatmate.ingest.moments import MOMENT, Moment, end_of_range, moment_of


@dataclass(frozen=True)
class Said:
    """Words that state a bound: `text[start:end] == quote`. `moment` begins the validity, or is the first after it."""

    moment: datetime
    quote: str
    start: int
    end: int


@dataclass(frozen=True)
class DateWords:
    """What a document's own words say; None where they say nothing plain."""

    since: Said | None
    until: Said | None
    published: date | None


class _Rank(IntEnum):
    """How surely words speak of the whole document; the surest count, of several as sure the first."""

    ITSELF = 0
    """「本办法自…起施行」, a line of its own, or a label."""
    CARRIED = 1
    """After a comma, or the time of the activity that an announcement is about."""
    ANNOUNCED = 2
    """What an announcement announces: 「本行自…起调整…」."""


@dataclass(frozen=True)
class _Statement:
    rank: _Rank
    said: Said
    labelled: bool = False
    """Read from a label. A table may have one in each row: different ones say nothing of the document."""


# Texts are compared after `narrow`: , : ( ) are ASCII here.
_DOCUMENT = (
    r"(?:公告|通知|通告|说明书?|办法|规定|规则|制度|细则|规范|指引|流程|标准|[费利]率表|表|清单|手册|方案|话术|文件|条款|须知|指南|口径|问答|目录"
    r"|活动|优惠|政策|版本?|意见|章程|要求|措施|调整|规程|价目|法|条例|决定|解释|批复|准则|合约)"
)
_OWN = re.compile(rf"本(?:次|期|项|版)?[^,。;:\s]{{0,12}}?{_DOCUMENT}(?:\([^()]{{1,20}}\))?\s*(?:的)?$")
_ANNOUNCED = re.compile(
    r"(?:(?:调整|修订|变更|修改|更新)后的?|^新(?:版|的|标准|利率|费率|规|政策|限额)|^(?:上述|以上|以下|本次|此次)[^,。;:]{0,8}?(?:标准|[利费]率|收费|政策|限额|规定|调整)|活动|优惠|减免)[^,。;:]{0,16}$"
)
_BANK = re.compile(r"(?:银行|我行|本行|本公司|总行)[^,。;:]{0,12}$")
_IS_ANNOUNCEMENT = re.compile(r"公告|通知|通告|启事|告客户书")
_PASSING = re.compile(r"(?:现|并|均|将|已|也|应|统一|一律|改为|改|兹|予以|正式|开始|起)+$")
_MARKS = re.compile(r"[\s\-•●·*#>()\[\]【】|/]+|\d{1,2}[.、]|[一二三四五六七八九十]{1,3}[、.]")

_OF_OTHERS = re.compile(
    r"例如|比如|譬如|举例|示例|案例|样例|假[设如定]|如果|倘若|[若如]客户|某(?:客户|先生|女士|公司|企业|行)|[\u4e00-\u9fff](?:先生|女士|小姐)"
    r"|[赵钱孙李周吴郑王陈张刘杨黄]某|客户[甲乙丙A-Z]|该客户|是否|是不是|并非|不是|而非|以为|误[传称]|草案|拟于?$|^\W*(?:原|旧|此前|上期|上一|曾)"
)
_OTHER_SUBJECT = re.compile(r"\W*(?:《|该|其(?!中))")
_DIALOGUE = re.compile(r"\s*(?:客户|坐席|柜员|问|[QA])\d*\s*:")
_EXAMPLES = re.compile(r"案例|示例|举例|样例|情景|例题")
_NOT_A_DOCUMENT = re.compile(
    r"合同|协议|保单|借据|存单|担保|冻结|证件|身份证|护照|执照|许可证|测评|评估结果|卡片|验证码|授信|优惠券|积分|密码"
)

_INTRO = r"(?:自从?|从|(?<!决)(?<!规)定于|于|由|(?:推迟|延期|延后|顺延|改期)[至到])"
_HOW = r"(?:正式|开始|统一|全面|一律|均|(?:按|依|依照|按照)[^,。;]{0,10}|在[^,。;]{1,10}?)?"
_APPLY = r"(?:执行|施行|实施|生效|适用|实行|试行|有效|启用|起用)(?!的|后|前|以来|之|了|至|到|情况)"
_STARTS = re.compile(rf"\s*(?:起|开始|之?日起)\s*,?\s*{_HOW}{_APPLY}")
_STARTS_BARE = re.compile(rf"\s*{_HOW}{_APPLY}")
_REPLACES = re.compile(r"\s*起\s*,?\s*(?:正式)?(?:代替|取代|替代|替换|使用)(?!的)")
_CHANGES = re.compile(
    r"\s*起\s*,?\s*(?:正式|开始|统一)?"
    r"(?:调整|停止|暂停|取消|开通|上线|新增|下调|上调|优化|使用|推出|开展)(?!的|后|为|至|到|成)"
)
_ENDS = re.compile(
    r"\s*起\s*,?\s*(?:正式|同时)?"
    r"(?:废止|失效|作废|停止(?:执行|使用|适用|施行)|不再(?:执行|适用|有效|使用|施行))(?!的)"
)
_QUESTION = re.compile(r"[^,。;\n]{0,6}[??吗]")

_LEADING = " \n\t,;。()|、·-【】]"
_BOUNDARY = r"(?:^|[\s,;。()|、·\-【】\]])"
_START_LABEL = re.compile(
    rf"(?:{_BOUNDARY}|本[^,。;:\s]{{1,10}})(?:执行|生效|施行|实施|启用|试行)(?:日期|时间|日)\s*[:为是]?\s*(?:自|从)?\s*$"
)
_PERIOD = re.compile(
    rf"(?:(?:活动|优惠|减免|推广|促销|试行)(?:起止)?(?:时间|期间|期限|期|日期|时段)|(?:{_BOUNDARY}|本[^,。;:\s]{{1,10}})(?:的)?"
    r"(?:有效|执行|适用|实施)(?:起止)?(?:时间|期间|期限|期|日期))\s*(?:[:为是]\s*)?(?:自|从|由)?\s*$"
)
_END_LABEL = re.compile(
    rf"(?:(?:{_BOUNDARY}|本[^,。;:\s]{{1,10}})(?:失效|有效期?截止)"
    r"|(?:^|\n\s*|本[^,。;:\s]{1,10}|活动|优惠)(?:截止|终止|结束))(?:日期|时间|日)\s*[:为是]?\s*(?:至|到)?\s*$"
)
_UNTIL = re.compile(
    rf"(?P<subject>{_BOUNDARY}|本[^,。;:\s]{{1,12}}?)(?:的)?(?:有效(?:期限?|时间)?\s*[:为是]?\s*(?:截止|截)?[至到]"
    r"|(?:执行|施行|实施|试行|适用)(?:期限?)?\s*[至到])\s*$"
)
_LASTS = re.compile(
    r"(?:活动|优惠|减免|政策|公告)[^,。;:]{0,10}?(?:延长|延续|顺延|持续|进行|截止|截|执行|有效)[至到]\s*$"
)
_UP_TO = re.compile(r"截[至止]到?\s*$")
_STOP = re.compile(r"\s*止(?!的|损|年度|期间|\s*[\d一二三四五六九十]+个?月)")
_DURATION = re.compile(
    r"[^。;\n]{0,30}?(?:,|执行|施行|实施|生效|试行)(?:有效期|试行期)限?(?:为|:)?\s*(?P<n>\d{1,2}|[一二两三四五六七八九十]{1,2})\s*"
    r"(?P<u>年|个月)(?!度)"
)
_FROM_NOW = re.compile(
    r"(?P<intro>自|从)?(?:即日|本?(?:公告|通知|办法|规定|文件|细则|制度)?(?:发布|公布|印发|下发|公告|发文)之日)\s*起"
)
_APPLIES = re.compile(rf"\s*,?\s*{_HOW}{_APPLY}")
_COUNTED = re.compile(r"\s*(?:满|第|[\d一二三四五六七八九十]+\s*(?:个|日|天|年|月|工作)|[^,。;]{0,8}[内后])")
_PUBLISHED = re.compile(r"(?:发布|印发|公布|发文|公告)(?:日期|时间|日)\s*[:为]\s*$")
_CLOSING = re.compile(r"(?:[^。;:,]{0,30}(?:公司|银行|中心|行|部|委员会|办公室))?\s*")
_CLOSED = re.compile(r"\s*(?:发布|印发)?\s*$")


def dates_in(text: str, title: str = "", published: date | None = None) -> DateWords:
    """What the text says. `published` is the day meant by 即日起 where the text has no such day of its own."""
    page = _Page(simplified(narrow(text)), text, narrow(title))
    own_day = _published_day(page)
    statements = list(_statements(page, own_day or published))
    since = _surest([s for bound, s in statements if bound == "since"])
    until = _surest([s for bound, s in statements if bound == "until"])
    return DateWords(since, until, own_day)


def parse_day(cell: str) -> date:
    """A manifest's day: 2026-11-09, 2026/11/9, 20261109 or 2026年11月9日; ValueError for anything else."""
    found = re.fullmatch(r"(\d{4})(\d{2})(\d{2})", cell) or re.fullmatch(
        r"(\d{4})\s*(?:年|[-/.])\s*(\d{1,2})\s*(?:月|[-/.])\s*(\d{1,2})\s*日?", cell
    )
    if found is None:
        raise ValueError(f"{cell!r} is no date")
    return date(int(found[1]), int(found[2]), int(found[3]))


_MANY = 1_000
_FAR = 2_000
"""Characters before a day that are looked at for the beginning of its line."""


@dataclass(frozen=True)
class _Page:
    text: str
    """Narrowed and simplified, one code point for one: its offsets are those of `original`."""
    original: str
    title: str

    @cached_property
    def moments(self) -> list[re.Match[str]]:
        """Every day named; of very many those near the beginning and the end, where a document speaks of itself."""
        found = list(MOMENT.finditer(self.text))
        return found if len(found) <= 2 * _MANY else [*found[:_MANY], *found[-_MANY:]]

    @property
    def announces(self) -> bool:
        return bool(_IS_ANNOUNCEMENT.search(self.title) or _IS_ANNOUNCEMENT.search(self.text[:80]))

    def said(self, moment: datetime, start: int, end: int) -> Said:
        return Said(moment, self.original[start:end], start, end)


def _statements(page: _Page, published: date | None) -> Iterator[tuple[str, _Statement]]:
    for found in page.moments:
        moment = moment_of(found)
        if moment is not None:
            yield from _of_moment(page, found.start(), found.end(), moment)
    if published is not None:
        today = Moment(datetime.combine(published, time.min, BANK_ZONE), None)
        for found in islice(_FROM_NOW.finditer(page.text), _MANY):
            yield from _from_now(page, found, today)


def _of_moment(page: _Page, start: int, end: int, moment: Moment) -> Iterator[tuple[str, _Statement]]:
    """What one day in the text says, by the words before and after it."""
    if _of_others(page, start):
        return
    before = page.text[max(0, start - 60) : start]
    if label := _PERIOD.search(before):
        yield from _period(page, start - len(label[0].lstrip(_LEADING)), start, end, moment)
    elif label := _START_LABEL.search(before):
        at = start - len(label[0].lstrip(_LEADING))
        yield "since", _Statement(_Rank.ITSELF, page.said(moment.begin, at, end), labelled=True)
    elif label := _LASTS.search(before):
        at = start - len(label[0])
        own = _is_own(page, at + 2)
        if own or page.announces:
            surely = _Rank.ITSELF if own else _Rank.ANNOUNCED
            yield "until", _Statement(surely, page.said(moment.finish, at, end))
    elif label := _END_LABEL.search(before):
        at = start - len(label[0].lstrip(_LEADING))
        yield "until", _Statement(_Rank.ITSELF, page.said(moment.finish, at, end), labelled=True)
    elif (label := _UNTIL.search(before)) and _whose_end(page, start, label):
        at = start - len(label[0].lstrip(_LEADING))
        yield "until", _Statement(_Rank.ITSELF, page.said(moment.finish, at, end))
    elif (label := _UP_TO.search(before)) and (stop := _STOP.match(page.text, end)):
        rank = _rank(page, start - len(label[0]))
        if rank is _Rank.ANNOUNCED or _is_own(page, start - len(label[0])):
            yield "until", _Statement(rank or _Rank.ITSELF, page.said(moment.finish, start - len(label[0]), stop.end()))
    else:
        yield from _sentence(page, start, end, moment)


def _period(page: _Page, at: int, start: int, end: int, moment: Moment) -> Iterator[tuple[str, _Statement]]:
    """「活动时间：…至…」. One day alone after such a label begins the period if it says 起, and else says nothing."""
    itself = "有效" in page.text[at:start] or "执行" in page.text[at:start]
    rank = _Rank.ITSELF if itself else _Rank.CARRIED
    if (closing := end_of_range(page.text, end, moment)) is not None:
        finish, stop = closing
        yield "since", _Statement(rank, page.said(moment.begin, at, end), labelled=True)
        if finish is not None:
            yield "until", _Statement(rank, page.said(finish, at, stop), labelled=True)
    elif page.text[end : end + 1] == "起":
        yield "since", _Statement(rank, page.said(moment.begin, at, end + 1), labelled=True)


def _sentence(page: _Page, start: int, end: int, moment: Moment) -> Iterator[tuple[str, _Statement]]:
    """「自…起执行」, 「自…起至…止」, 「自…起废止」, and what an announcement announces."""
    intro = re.search(rf"{_INTRO}\s*$", page.text[max(0, start - 8) : start])
    at = start - len(intro[0]) if intro else start
    rank = _rank(page, at)
    if rank is None:
        return
    ranged = intro is not None and not intro[0].strip().endswith("于") and rank is not _Rank.CARRIED
    if ranged and (closing := end_of_range(page.text, end, moment)) is not None:
        finish, stop = closing
        if rank is _Rank.ITSELF and not _is_own(page, at) and (not page.announces or page.text[at - 1 : at] == "("):
            return
        yield "since", _Statement(max(rank, _Rank.CARRIED), page.said(moment.begin, at, end))
        if finish is not None:
            yield "until", _Statement(max(rank, _Rank.CARRIED), page.said(finish, at, stop))
        return
    own = _is_own(page, at)
    if intro is not None and intro[0].strip().endswith("于") and not own:
        return
    starts = _STARTS.match(page.text, end) or (_STARTS_BARE.match(page.text, end) if intro else None)
    if starts is None and own:
        starts = _REPLACES.match(page.text, end)
    if starts is not None and not _QUESTION.match(page.text, starts.end()):
        yield "since", _Statement(rank, page.said(moment.begin, at, starts.end()))
        yield from _duration(page, rank, at, starts.end(), moment)
    elif (ends := _ENDS.match(page.text, end)) is not None:
        if own:
            yield "until", _Statement(rank, page.said(moment.begin, at, ends.end()))
    elif page.announces and (changes := _CHANGES.match(page.text, end)) is not None:
        yield "since", _Statement(_Rank.ANNOUNCED, page.said(moment.begin, at, changes.end()))


def _duration(page: _Page, rank: _Rank, at: int, end: int, moment: Moment) -> Iterator[tuple[str, _Statement]]:
    """「自2026年1月1日起施行，有效期两年」 ends where the same day comes round."""
    found = _DURATION.match(page.text, end)
    if found is None:
        return
    number = int(found["n"]) if found["n"].isdigit() else int(parse_chinese(found["n"]) or 0)
    months = moment.begin.month - 1 + number * (12 if found["u"] == "年" else 1)
    try:
        finish = moment.begin.replace(year=moment.begin.year + months // 12, month=months % 12 + 1)
    except ValueError:
        return
    if finish > moment.begin:
        yield "until", _Statement(rank, page.said(finish, at, found.end()))


def _from_now(page: _Page, found: re.Match[str], today: Moment) -> Iterator[tuple[str, _Statement]]:
    """「即日起」, 「自发布之日起」: the day the document was published."""
    if _of_others(page, found.start()):
        return
    start, end = found.span()
    before = page.text[max(0, start - 60) : start]
    label = _PERIOD.search(before)
    rank = _Rank.CARRIED if label else _rank(page, start)
    if rank is None:
        return
    closing = end_of_range(page.text, end, today)
    applies = _APPLIES.match(page.text, end)
    if closing is None and applies is None and not label and (not page.announces or _COUNTED.match(page.text, end)):
        return
    strength = rank if applies else max(rank, _Rank.CARRIED if closing or label else _Rank.ANNOUNCED)
    yield "since", _Statement(strength, page.said(today.begin, start, applies.end() if applies else end))
    if closing is not None and closing[0] is not None:
        yield "until", _Statement(strength, page.said(closing[0], start, closing[1]))


def _rank(page: _Page, at: int) -> _Rank | None:
    """How surely the clause that ends at `at` is the document speaking of itself; None: of something else."""
    sentence = _sentence_before(page.text, at)
    clauses = sentence.split(",")
    subject = _PASSING.sub("", clauses[-1]).rpartition(":")[2]
    if sentence.endswith((" ", "(", "|")) or not _MARKS.sub("", subject):
        carried = _MARKS.sub("", "".join(clauses[:-1]))
        if not carried:
            return _Rank.ITSELF
        if _OTHER_SUBJECT.match(sentence) and not _own_title(page, sentence):
            return None
        return (
            None
            if _NOT_A_DOCUMENT.search(carried) and not re.search(rf"本[^,]{{0,12}}{_DOCUMENT}", sentence)
            else (_Rank.CARRIED)
        )
    if _is_own(page, at):
        return _Rank.ITSELF
    if _NOT_A_DOCUMENT.search(subject):
        return None
    return _Rank.ANNOUNCED if _ANNOUNCED.search(subject) or _BANK.search(subject) else None


def _is_own(page: _Page, at: int) -> bool:
    subject = _PASSING.sub("", re.split(r"[,:]", _sentence_before(page.text, at))[-1].rstrip())
    return bool(_OWN.search(subject)) or _own_title(page, subject)


def _own_title(page: _Page, words: str) -> bool:
    """《the document's own title》."""
    title = page.title or _heading(page)
    named = re.findall(r"《([^》]{4,})》", words)
    return bool(named) and bool(title) and (named[-1] in title or title in named[-1])


def _heading(page: _Page) -> str:
    """The first line, if it is no sentence."""
    first = page.text.partition("\n")[0]
    return "" if "。" in first or len(first) > 60 else first


def _whose_end(page: _Page, start: int, label: re.Match[str]) -> bool:
    """「有效期至」 of the document: of 本公告, or of nothing that has a validity of its own."""
    if label["subject"].startswith("本"):
        return bool(_OWN.search(label["subject"]))
    sentence = _sentence_before(page.text, start)
    return not _NOT_A_DOCUMENT.search(sentence) and (not _OTHER_SUBJECT.match(sentence) or _own_title(page, sentence))


def _sentence_before(text: str, at: int) -> str:
    begin = max(text.rfind(mark, max(0, at - 200), at) for mark in "。!?！？;；\n")
    return text[max(begin + 1, at - 200, 0) : at]


def _of_others(page: _Page, at: int) -> bool:
    """Inside an example, a quotation, a conversation or a supposition."""
    begin = max(page.text.rfind("\n", max(0, at - _FAR), at) + 1, at - _FAR, 0)
    line = page.text[max(begin, at - 400) : at]
    if any(line.count(opening) > line.count(closing) for opening, closing in ("“”", "「」", "『』", "‘’")):
        return True
    if line.count('"') % 2 or _DIALOGUE.match(page.text, begin, at):
        return True
    above = page.text[max(0, begin - 80) : begin].split("\n")[:-1]
    if any(len(head) <= 15 and "。" not in head and _EXAMPLES.search(head) for head in above[-3:]):
        return True
    return bool(_OF_OTHERS.search(_sentence_before(page.text, at)))


def _surest(statements: list[_Statement]) -> Said | None:
    """What is said most surely, and of that the first. Labels that differ, as in the rows of a table, say nothing."""
    labels: dict[_Rank, set[datetime]] = {}
    for statement in statements:
        if statement.labelled:
            labels.setdefault(statement.rank, set()).add(statement.said.moment)
    usable = [s for s in statements if not s.labelled or len(labels[s.rank]) == 1]
    return min(usable, key=lambda s: (s.rank, s.said.start)).said if usable else None


def _published_day(page: _Page) -> date | None:
    """By a label, or the day under the text (落款)."""
    for found in page.moments:
        moment = moment_of(found)
        if moment is not None and _PUBLISHED.search(page.text[max(0, found.start() - 12) : found.start()]):
            return moment.begin.date()
    lines = [line for line in page.text.split("\n") if line.strip()]
    if len(lines) < 2:
        return None
    for line in reversed(lines[-3:]):
        found_last = next(iter(MOMENT.finditer(line)), None)
        if found_last and _CLOSING.fullmatch(line[: found_last.start()]) and _CLOSED.match(line, found_last.end()):
            moment = moment_of(found_last)
            return None if moment is None else moment.begin.date()
    return None
