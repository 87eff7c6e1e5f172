"""What sentences state of products: patterns over signed text (fact_text), each for one attribute.

A pattern asks for the attribute's word next to the figure, so that a sentence that merely has both states nothing.
Examples, quoted speech, comparisons and what no longer applies state nothing either. Knows no product.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from seatmate.domain.attributes import Attribute, attribute_of
from seatmate.ingest.fact_text import SIGNS, Sign, Signed, pattern
from seatmate.ingest.fact_values import FEES, KINDS, Statement, conditional, found, has_condition, zero

_A = Attribute
_ASIDE = r"(?:\s*[（(][^）)]{0,14}[）)])?"
_IS = (
    rf"{_ASIDE}\s*(?:[:：]|仍为|均为|同为|保持为|为|仍是|是|达|定为|按|只要|只需|仅需|维持在?|保持在?)?"
    r"\s*(?:年化|每年|人民币)?\s*"
)
_FEE_IS = rf"费(?:年?费率|年率|率)?{_IS}"
_CHANGED = r"(?:调整|下调|上调|变更|修改|修订|更改|恢复|改|降|升|提高|降低|优惠)(?:为|至|到)"
_FIGURES: tuple[tuple[Attribute, str], ...] = (
    (_A.RISK_LEVEL, rf"(?:风险(?:等级|级别|评级)|内部评级){_IS}(?P<v><R>)"),
    (_A.RISK_LEVEL, r"<W>[（(](?:<W>[，,、]\s*)?(?P<v><R>)[）)]"),
    (_A.RISK_LEVEL, r"<W>(?:为|属于?|是)(?P<v><R>)"),
    (_A.RISK_LEVEL, r"风险(?:等级|级别|评级)(?:为|是|[:：])\s*[^，,。；;（(：:]{1,8}[（(](?P<v><R>)[）)，,]"),
    (_A.ELIGIBILITY, r"(?P<v><C>)级?[）)]?(?:[\u4e00-\u9fff]{2,3}型)?(?:[（(]含[）)])?(?:及|或)?(?:[（(]含[）)])?以上"),
    (
        _A.ELIGIBILITY,
        r"适合[^，,。；;\ue007]{0,24}(?P<v><C>)(?![^，,。；;]*以上)[^，,。；;、\ue007]{0,8}(?:客户|投资者|个人|人群)",
    ),
    (
        _A.MIN_AMOUNT,
        r"(?<!追加)(?<!递增)(?:起(?:购|存|点|投|售)(?:金额|起点)?|(?:认购|申购|购买)起点|首次(?:购买|认购|申购)(?:的?最低)?(?:金额|起点)?|最低(?:认购|购买|申购)(?:金额)?)"
        rf"{_IS}(?:不低于|最低|至少)?\s*(?P<v><A>)起?",
    ),
    (
        _A.MIN_AMOUNT,
        r"(?<!追加)(?<!定投)(?:申购|认购|购买)的?[，,]?(?:单笔|每笔|首次)?(?:最低|不低于|至少|不少于)(?:金额)?(?:为|是)?(?P<v><A>)",
    ),
    (_A.MIN_AMOUNT, r"(?P<v><A>)(?:即可|就能|便可)?起(?:购|存|投|售)"),
    (
        _A.ADDITIONAL_AMOUNT,
        rf"(?:追加(?:购买|认购|申购)?(?:的?最低)?(?:金额|起点)?|递增金额){_IS}(?:以|最低|不低于)?\s*(?P<v><A>)(?:起|为最低金额)?",
    ),
    (_A.ADDITIONAL_AMOUNT, r"[以按](?P<v><A>)(?:的整数倍)?(?:为单位)?(?:递增|增加|追加)"),
    (_A.ADDITIONAL_AMOUNT, r"追加(?:购买|认购|申购)?(?:金额)?(?:须|应|需)?(?:为|以|按)?(?P<v><A>)的整数倍"),
    (_A.HOLDING_PERIOD, rf"最(?:短|低)持有(?:期限?|时间)?{_IS}(?P<v><D>)"),
    (_A.HOLDING_PERIOD, r"(?P<v><D>)的?最(?:短|低)持有期"),
    (_A.HOLDING_PERIOD, rf"持有期限?(?:同)?{_IS}(?P<v><D>)"),
    (_A.HOLDING_PERIOD, r"(?:须|需|应|要)(?:至少)?持有(?:满|至少|不少于)?(?P<v><D>)(?!内|以内)"),
    (
        _A.HOLDING_PERIOD,
        r"持有(?:期)?(?:未满|不满|不足)(?P<v><D>)(?:的份额|的)?[，,]?(?:客户|投资者)?(?:不能|不可|无法|不得)赎回",
    ),
    (
        _A.HOLDING_PERIOD,
        r"持有(?:期)?满(?P<v><D>)(?:后|之后|以后)?[的，,]{0,2}(?:客户|投资者)?"
        r"(?:可|可以|能|在|每个工作日|任<D>|任意工作日|都|均|仍|以|才|方|、|发起|申请|办理|提交|的|于|随时)*赎回(?!费)",
    ),
    (_A.TERM, rf"封闭(?:期限?|运作期?)?{_IS}(?P<v><D>)"),
    (_A.TERM, rf"(?:贷款|借款|产品|存款|投资)(?:期限|年限){_IS}(?:最长|为)?(?P<v><D>)"),
    (_A.CREDIT_LIMIT, rf"(?:信用额度|授信额度|最高额度|贷款额度){_IS}(?:最高)?(?P<v><A>)"),
    (_A.BENCHMARK, rf"业绩(?:比较)?基准{_IS}(?P<v><P>)"),
    (
        _A.BENCHMARK_BASIS,
        r"(?:参照|参考|依据|根据|基于|以|按照?)(?P<v><Y>)末(?=[^。；]*(?:收益水平|市场情况|测算|扣除))",
    ),
    (
        _A.RATE,
        rf"(?<!活期)(?<!活期存款)(?<!挂牌)(?<!定期)(?<!透支)(?<!基准)(?<![日月])(?:年化利率|年利率|执行利率|贷款利率|存款利率|利率){_IS}(?P<v><P>)",
    ),
    (_A.FEE_PURCHASE, rf"(?:认购/申购|申购/认购|认/申购|认购|申购){_FEE_IS}(?P<v><PAN>|免收?|不收取?)"),
    (_A.FEE_MANAGEMENT, rf"(?<!账户)(?:固定)?管理{_FEE_IS}(?P<v><PAN>|免收?|不收取?)"),
    (_A.FEE_CUSTODY, rf"托管{_FEE_IS}(?P<v><PAN>|免收?|不收取?)"),
    (_A.FEE_SALES, rf"销售服务{_FEE_IS}(?P<v><PAN>|免收?|不收取?)"),
    (_A.FEE_REDEMPTION, rf"赎回{_FEE_IS}(?P<v><PAN>|免收?|不收取?)"),
    (_A.FEE_REDEMPTION, r"(?P<v>免|不收|不设)(?:收|取)?(?:任何)?赎回费"),
    (_A.FEE_PURCHASE, r"(?P<v>免|不收|不设)(?:收|取)?(?:任何)?(?:认购/申购|申购/认购|认购|申购)费"),
    (_A.FEE_PURCHASE, r"(?:申购|认购)费率?(?:、|和|与|及)赎回费率?(?:均|都)为?(?P<v><PAN>|免收?|不收取?)"),
    (_A.FEE_PURCHASE, r"(?:申购|认购)(?:、|和|与|及)赎回(?:时)?(?:均|都)?(?P<v>不收费|免费|不收取费用)"),
    (_A.FEE_REDEMPTION, r"(?:申购|认购)(?:、|和|与|及)赎回(?:时)?(?:均|都)?(?P<v>不收费|免费|不收取费用)"),
    (_A.FEE_MANAGEMENT, r"(?P<v>免|不收|不设)(?:收|取)?(?:任何)?(?:固定)?管理费"),
    (_A.FEE_CUSTODY, r"(?P<v>免|不收|不设)(?:收|取)?(?:任何)?托管费"),
    (_A.FEE_SALES, r"(?P<v>免|不收|不设)(?:收|取)?(?:任何)?销售服务费"),
    (
        _A.FEE_REDEMPTION,
        r"(?P<v>免|不收|不设)(?:收|取)?(?:任何)?(?:认购/申购|申购/认购|认购|申购)费(?:率)?(?:、|和|与|及|以及|或)赎回费",
    ),
    (_A.PENALTY, rf"违约金{_IS}(?P<v><PN>|免收?|不收取?)(?!最)"),
    (_A.PENALTY, r"(?<![减豁])(?P<v>免|不收)(?:收|取)?(?:任何)?违约金"),
    (_A.START_DATE, rf"(?:成立日|起息日|成立日期){_ASIDE}{_IS}(?P<v><Y>)"),
    (_A.START_DATE, r"于(?P<v><Y>)(?:正式)?成立"),
    (_A.MATURITY, rf"到期日(?:期)?{_IS}(?P<v><Y>)"),
    (_A.MATURITY, r"(?P<v><Y>)(?:产品)?到期(?!还款|日|应)"),
    (_A.RAISING_PERIOD, rf"(?:募集期|发行期|认购期|募集时间|募集中){_IS}[（(]?(?:自|至|截至)?(?P<v><Y>)"),
)
_CONDITIONED: tuple[tuple[Attribute, str], ...] = (
    (_A.PENALTY, r"(?P<c>最低还款额未还部分)的?(?P<v><P>)"),
    (_A.FEE_ANNUAL, rf"(?P<c>主卡|附属卡)(?:年费)?{_IS}(?P<v><A>)"),
    (_A.MIN_AMOUNT, r"(?P<c>账单分期|消费分期|现金分期)(?P<v><A>)起"),
    (_A.FEE, rf"(?P<c>挂失|补卡|换卡)(?:手续费|工本费|费)?{_IS}(?P<v><AN>|免收?|不收费?)"),
    (_A.FEE, rf"(?P<c>货币转换)费?{_IS}(?:交易金额的)?(?P<v><P>|免收?)"),
    (_A.FEE, r"收(?:取)?(?P<v><P>)的(?P<c>货币转换)费"),
)
_NAMED: tuple[tuple[Attribute, str, str], ...] = (
    (_A.PENALTY, "提前结清", r"未还本金的?(?P<v><P>)的?违约金"),
    (_A.RATE, "提前支取", r"提前支取[^。；]{0,20}?活期(?:存款)?(?:挂牌)?利率(?P<v><P>)"),
    (_A.RATE, "透支（日）", r"按?日(?P<v><P>)(?:计收?透支利息|计息)"),
    (_A.RATE, "透支（日）", r"透支利率(?:为|[:：])?\s*(?:按)?日(?:利率)?(?P<v><P>)"),
)
_WORDED: tuple[tuple[Attribute, str, str], ...] = (
    (_A.PRINCIPAL_PROTECTION, "不保本", r"不保本(?!的)|非保本|不保证本金|不保障本金|不对本金[^，,。；;]{0,12}保证"),
    (_A.PRINCIPAL_PROTECTION, "保本", r"(?<![非不])保本浮动收益"),
    (_A.HOLDING_PERIOD, "term:0d", r"(?:无|没有|不设)(?:(?:最[短低])?持有期限?|锁定期)"),
    (_A.STATUS, "募集中", r"(?:目前|现|正|已)?(?:处于|进入)募集期"),
    (_A.OPENING_DAYS, "", r"(?P<v>每个(?:工作日|交易日))[^，,。；;]{0,12}?(?:申购|购买|认购)"),
    (_A.OPENING_DAYS, "", r"(?:申购|购买)均?(?:于|在)(?P<v>每个(?:工作日|交易日))开放"),
    (_A.OPENING_DAYS, "", r"(?:申购|购买)[:：](?P<v>每个(?:工作日|交易日))(?:均可|都可以|可以|可)?(?:受理|办理)?"),
    (
        _A.REDEMPTION_RULE,
        "不可提前赎回",
        r"(?:封闭期|封闭运作期|存续期)(?:内|间)?[^。；;]{0,12}?(?:不可|不能|不开放|无法|不得|不接受)[^。；;]{0,8}?(?:赎回|支取)"
        r"|(?:不可|不能|不接受|不支持|不得|不允许|无权)提前赎回",
    ),
    (
        _A.REDEMPTION_RULE,
        "持有期内不可赎回",
        r"(?:(?<!封闭)(?<!存续)持有期内|(?<!封闭)(?<!存续)期内|持有期?(?:未满|不满|不足)<D>(?:的份额|的)?)(?:不能|不可|无法|不得|不开放|暂不)赎回"
        r"|持有期(?:限)?(?:届满|期满|未满|到期|满)前?[^。；;]{0,10}?(?:不能|不可|无法|不得)赎回",
    ),
    (_A.REDEMPTION_RULE, "每个工作日可赎回", r"(?:每个工作日|任<D>|任意工作日)[^，,。；;的]{0,8}?赎回(?!费)"),
)
_ISSUER = pattern(
    r"(?:发行(?:机构|人)|(?<!基金)管理人|贷款人)(?:均)?(?:为|是|[:：])\s*(?P<v>[^，。；;（(\n]{2,24}(?:银行|公司|机构))"
    r"|由(?P<w>[^，。；;（(\n]{2,24}公司)(?:[（(][^）)]*[）)])?(?:自主)?(?:发行|管理|承保)"
)
_CONFIRM = pattern(
    r"(?P<v><T>)(?:个工作日|日)?(?:\ue009?前)?(?:内|可)?(?P<both>确认并到账|确认及到账)?(?P<what>确认|到账|划至|划付|划转|划入|返还)?"
)
_STOPPED = pattern(r"自(?P<d><Y>)(?:[（(]含[）)])?起(?:停售|停止(?:申购|销售|发售|购买))")
_STATE = re.compile(r"产品状态\s*[:：为]\s*(?P<v>在售|募集中|募集期|已成立|停售|已到期|已终止|存续期)")
_CHANGE = pattern(
    rf"(?P<a>[\u4e00-\u9fff/]{{2,14}}){_ASIDE}(?:自(?P<d><Y>)(?:[（(]含[）)])?起)?[，,]?"
    rf"(?:由(?:原来的|原)?(?:年化)?(?P<old><PARDTN>)(?:/年)?)?{_CHANGED}(?:年化)?(?P<v><PARDTN>)"
    rf"(?:[，,]?自(?P<d2><Y>)(?:[（(]含[）)])?起)?"
)
_ARROW = pattern(
    r"(?P<a>[\u4e00-\u9fff/]{2,14})(?:[（(][^）)]{0,10}[）)])?\s*[:：]?\s*(?:由|从)?(?P<old><PARDTN>)(?:/年)?\s*"
    r"(?:→|⇒|-{1,2}>|=>)\s*(?P<v><PARDTN>)(?:/年)?(?P<d>)?(?P<d2>)?"
)
_INSTALMENT = pattern(r"(?P<n><N>)?(?P<c>每期(?:手续)?费率|每期|总费率)(?P<v><P>)")
_COMMISSION = pattern(r"手续费率?(?:为|是|[:：])?按?(?:取现金额的)?(?P<v><PAN>|免收?(?![^，。；]{0,3}年)|不收取?)")
_DEPOSIT = pattern(r"(?P<w><W>)(?P<v><P>)")
_PAID = ("到账", "划至", "划付", "划转", "划入", "返还")
_NOT_REDEEMED = re.compile(r"退款|退回|退还|撤单|汇款|转账|募集失败|不成立")
_WHAT_FOR = ("取现", "转让", "挂失", "补卡", "货币转换")

_PLAIN = tuple((attribute, pattern(source)) for attribute, source in _FIGURES)
_WITH_CONDITION = tuple((attribute, pattern(source)) for attribute, source in _CONDITIONED)
_WITH_NAME = tuple((attribute, name, pattern(source)) for attribute, name, source in _NAMED)
_WORDS = tuple((attribute, value, pattern(source)) for attribute, value, source in _WORDED)
_BY_STAGES = ((_A.PENALTY, "违约金"), (_A.FEE_REDEMPTION, "赎回费"))

_EXAMPLE = re.compile(r"例如|比如|譬如|举例|示例|为例|假设(?=客户|您|购买|投资|存入|有)|假如|倘若|举个例子")
_UNTRUE = re.compile(
    r"不再适用|停止适用|停止使用|作废|原为|曾为|上[一个]*(?:封闭|开放)?期|上周期|上一?(?:年度|季度|年|月)|去年|同期(?!限)|前一|以往|历史|过往|并非|不是|不得(?!低于|少于|赎回|提前)|如(?:果|需要)|是否"
)
_RELATIVE = re.compile(r"的(?:产品|客户|份额|投资者|理财)")
_CLAUSE_END = "，,；;。！？"


def statements(s: Signed, text: str, heading: str = "") -> Iterator[Statement]:
    """Everything that one sentence states. `text` is the document's, `heading` what stands above the sentence."""
    if _EXAMPLE.search(s.text):
        return
    staged = {attribute for attribute, word in _BY_STAGES if word in s.text and has_condition(s)}
    changed = list(_changes(s))
    yield from changed
    yield from (statement for attribute in staged for statement in conditional(attribute, s, text))
    for statement in (*_figures(s, staged), *_conditioned(s, text), *_others(s, heading), *_worded(s)):
        if not any(c.raw_start <= statement.raw_start < c.raw_end for c in changed):
            yield statement


def _figures(s: Signed, staged: set[Attribute]) -> Iterator[Statement]:
    for attribute, wanted in _PLAIN:
        if attribute in staged:
            continue
        for m in wanted.finditer(s.text):
            if _holds(s, m, attribute is _A.ELIGIBILITY) and (statement := found(attribute, s, m)) is not None:
                yield statement


def _conditioned(s: Signed, text: str) -> Iterator[Statement]:
    for attribute, wanted in _WITH_CONDITION:
        for m in wanted.finditer(s.text):
            if _holds(s, m) and (statement := found(attribute, s, m, m["c"])) is not None:
                yield statement
    for attribute, name, wanted in _WITH_NAME:
        for m in wanted.finditer(s.text):
            if _holds(s, m) and (statement := found(attribute, s, m, name)) is not None:
                yield statement
    times = ""
    for m in _INSTALMENT.finditer(s.text):
        times = text[s.start(m.start("n")) : s.end(m.end("n"))] if m["n"] else times
        if times.endswith("期") and (statement := found(_A.FEE, s, m, times + m["c"].partition("费率")[0])) is not None:
            yield statement


def _others(s: Signed, heading: str) -> Iterator[Statement]:
    """What the words before decide: T+1 is of a purchase or of a redemption, a commission of what it is paid for."""
    for m in _CONFIRM.finditer(s.text):
        yield from _days(s, m)
    for m in _COMMISSION.finditer(s.text):
        before = s.text[: m.end()]
        paid_for = max(_WHAT_FOR, key=before.rfind)
        if paid_for not in before:
            paid_for = next((word for word in _WHAT_FOR if word in heading), "")
        if paid_for and _holds(s, m) and (statement := found(_A.FEE, s, m, paid_for)) is not None:
            yield statement
    for m in _DEPOSIT.finditer(s.text):
        sign = s.signs[m.start("w")]
        if sign.end > sign.start and (statement := found(_A.RATE, s, m)) is not None:
            yield replace(statement, at=m.end() - 1)


def _days(s: Signed, m: re.Match[str]) -> Iterator[Statement]:
    before = s.text[: m.start()]
    bought = max(before.rfind(word) for word in ("申购", "购买", "认购"))
    redeemed = max(before.rfind(word) for word in ("赎回", "到期后", "到期日后"))
    paid = m["what"] in _PAID
    if (max(bought, redeemed) < 0 and not paid) or (paid and (bought > redeemed or _NOT_REDEEMED.search(before))):
        return
    matured = "到期" if re.search(r"到期日?后|本金及收益|到期本息", before) else ""
    if m["both"] and redeemed > bought:
        wanted = [_A.REDEMPTION_CONFIRMATION, _A.REDEMPTION_ARRIVAL]
    elif paid:
        wanted = [_A.REDEMPTION_ARRIVAL]
    elif m["what"] == "确认" or before.endswith(("确认：", "确认:", "确认")):
        wanted = [_A.REDEMPTION_CONFIRMATION if redeemed > bought else _A.PURCHASE_CONFIRMATION]
    elif redeemed > bought and before.endswith(("到账：", "到账:", "到账")):
        wanted = [_A.REDEMPTION_ARRIVAL]
    else:
        return
    for attribute in wanted:
        if (statement := found(attribute, s, m, matured)) is not None:
            yield statement


def _worded(s: Signed) -> Iterator[Statement]:
    for attribute, value, wanted in _WORDS:
        for m in wanted.finditer(s.text):
            if _holds(s, m):
                start, end = (m.start("v"), m.end("v")) if m.groupdict().get("v") else m.span()
                yield _words(attribute, value or m["v"], s, m, start, end)
    for m in _ISSUER.finditer(s.text):
        group = "v" if m["v"] else "w"
        yield _words(_A.ISSUER, m[group], s, m, *m.span(group))
    for m in _STATE.finditer(s.text):
        yield _words(_A.STATUS, m["v"].replace("募集期", "募集中"), s, m, *m.span("v"))
    for m in _STOPPED.finditer(s.text):
        yield replace(_words(_A.STATUS, "停售", s, m, *m.span()), since=_day(s.signs[m.start("d")]))


def _words(attribute: Attribute, value: str, s: Signed, m: re.Match[str], start: int, end: int) -> Statement:
    return Statement(attribute, value, s.start(m.start()), s.end(m.end()), s.start(start), s.end(end), m.start())


def _changes(s: Signed) -> Iterator[Statement]:
    """「由A调整为B，自X起执行」: B from that day, A until it; without a day, from when the document holds."""
    for m in (*_CHANGE.finditer(s.text), *_ARROW.finditer(s.text)):
        attribute = _named_at_end(m["a"])
        if attribute not in KINDS:
            continue
        sign = next((s.signs[m.start(g)] for g in ("d", "d2") if m[g]), None)
        earlier = None if sign else _earlier_day(s, m.start())
        day = _day(sign or earlier) if sign or earlier else None
        for group in ("v", "old"):
            at = m.start(group)
            one = s.signs.get(at)
            if one is None or one.kind == "num" or not pattern(f"<{KINDS[attribute]}>").fullmatch(s.text[at]):
                continue
            value = zero(attribute) if attribute in FEES and one.value.endswith(":0") else one.value
            new = Statement(
                attribute, value, s.start(m.start()), s.end(m.end()), one.start, one.end, at, one.unit, since=day
            )
            yield new if group == "v" else replace(new, since=None, until=day, is_old=True)


def _named_at_end(words: str) -> Attribute | None:
    """The attribute that the words before a change end with: 一年期年利率 → rate."""
    return next((a for at in range(len(words) - 1) if (a := attribute_of(words[at:])) is not None), None)


def _earlier_day(s: Signed, before: int) -> Sign | None:
    """「自2026年11月9日起，…由A调整为B」."""
    found_day = None
    for m in _SINCE.finditer(s.text, 0, before):
        found_day = s.signs[m.start("d")]
    return found_day


_SINCE = pattern(r"自(?P<d><Y>)(?:[（(]含[）)])?起")


def _day(sign: Sign | None) -> date | None:
    value = sign.value.partition(":")[2].partition("T")[0] if sign else ""
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _holds(s: Signed, m: re.Match[str], of_customers: bool = False) -> bool:
    """Its clause does not take the statement back, and it is no mark of a group (赎回费为0的产品)."""
    start = max((s.text.rfind(mark, 0, m.start()) for mark in _CLAUSE_END), default=-1) + 1
    ends = [at for mark in _CLAUSE_END if (at := s.text.find(mark, m.end())) >= 0]
    clause = s.text[start : min(ends, default=len(s.text))]
    if s.text[m.end() - 1] == SIGNS["risk"] and re.match(r"级?(?:及|或|（含）|含)?以[上下]", s.text[m.end() :]):
        return False  # R3及以上 is a group
    if s.text[m.end() : m.end() + 1] == "起" and s.text[m.end() - 1] == SIGNS["pct"]:
        return False  # 5.40%起 is a bound
    return _UNTRUE.search(clause) is None and (of_customers or _RELATIVE.match(s.text, m.end()) is None)
