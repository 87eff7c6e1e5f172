"""What the words around a number call it: an id, a card, a telephone, an account, a tail, or something of no person.

The nearest word before a number decides; without one, the words right after it; without those, the question that was
asked (`talk`). A name for something else (订单号, 流水号, 客服电话) is as good a label as 卡号.
"""

import re
from enum import StrEnum

from seatmate.domain.personal.digits import Run

_BEFORE = 26
_NEAR = 14
_AFTER = 14


class Label(StrEnum):
    ID = "ID"
    CARD = "CARD"
    PHONE = "PHONE"
    LANDLINE = "LANDLINE"
    ACCOUNT = "ACCOUNT"
    TAIL = "TAIL"
    SECRET = "SECRET"
    OTHER = "OTHER"


_WORDS = {
    Label.TAIL: r"尾号|末(?:尾)?(?:四|4|三|3)位|(?:最后|后)(?:面)?(?:的)?(?:四|4)[位个]|后四|尾数",
    Label.SECRET: r"密码|口令|验证码|校验码|动态码|短信码|安全码|有效期",
    Label.OTHER: (
        r"境外(?:请)?拨打?|(?:客服|服务|官方|投诉|咨询|银行|我行|我们行?|网点|支行|全国|统一)的?(?:热线|电话|专线|座机|号码)"
        r"|热线|客服|到期日|还款日|账单日|起息日|开放日|订单|流水|单号|保单|合同|工单|编号|凭证|批次|快递|运单|代码|编码|交易号|交易码|参考号|业务号|受理号|工号"
        r"|发票|税号|邮编|排队|票号|机构号|行号|利率|收益率|金额|余额|额度|限额|日期|积分|期限|净值|回执|申请号|批号|序列号"
        r"|设备号|报文|条码|二维码|取件码|商户号|产品|登记号|备案|型号|版本|追踪号|票据|支票|冠字号|存单号|核验码|统一社会信用"
    ),
    Label.ID: r"身份证|身份證|证件号|證件|证件|身份号|身份信息|身分|社会保障号",
    Label.ACCOUNT: (
        r"[账帐賬帳](?:户|戶|号|號)|户头|户号|户口本?号|存折|客户号|公积金号|社保号|对公户|结算户|收款户|一类户|二类户"
    ),
    Label.CARD: (
        r"卡号|卡號|行卡|储蓄卡|借记卡|信用卡|贷记卡|工资卡|社保卡|[这那]张卡|卡片|副卡|主卡|白金卡|金卡|卡的?号|卡上|卡面"
        r"|卡是|卡"
    ),
    Label.LANDLINE: (r"座机|固话|固定电话|(?:家里|单位|办公室?|公司)的?电话|宅电|区号|总机"),
    Label.PHONE: (
        r"手机|手機|电话|電話|联系方式|联系号码|预留|新号|老号|旧号|原号|换号|换成了?|号码|號碼|微信|打给|拨打?|回拨|来电|致电"
        r"|打到|发到|发给|发送|通知|联系"
    ),
}
_NUMBER = "(?:的?(?:号码?|號碼?|编号|码))?"
_LABEL = re.compile("|".join(f"(?P<{label.value}>(?:{words}){_NUMBER})" for label, words in _WORDS.items()))
_CALLS = re.compile(r"打|拨|联系")
_LINK = re.compile(
    r"[，,、 ]?(?:对)?[，,]?(?:这|那|它)?(?:个|串|就|才)?(?:就)?是?(?:我|您|你|他|她|人|咱|俺)*家?的?(?:老|新|那张)?"
)


def label_before(text: str, start: int) -> Label | None:
    """The last label in the words before `start`, if it is near."""
    found = list(_LABEL.finditer(text, max(start - _BEFORE, 0), start))
    if not found or found[-1].lastgroup is None:
        return None
    last = found[-1]
    label = Label(str(last.lastgroup))
    if label is Label.OTHER and (start - last.end() > _NEAR or _CALLS.search(text, last.end(), start)):
        return None  # far away, or 快递员会打您…: no order's number
    return label


def label_after(text: str, end: int) -> Label | None:
    """The label that takes up a number just said: 「6228…，这是我的卡号」."""
    link = _LINK.match(text, end, end + _AFTER)
    found = _LABEL.match(text, link.end() if link else end)
    return Label(found.lastgroup) if found and found.lastgroup else None


def label_of(text: str, start: int, end: int) -> Label | None:
    return label_before(text, start) or label_after(text, end)


_UNIT = re.compile(
    r"\s*(?:多|几|来)?(?:元|块|万|千|百|亿|美元|港币|%|％|个|年|月|日|天|秒|分|小时|期|笔|次|岁|份|股|克|分钱|点|bp|BP)"
)
_SOME_NUMBER = re.compile(
    r"[^我你您他她它的这那个新老旧原手小大副本家人得记报打留拨换给写填]号码?(?:[，,：:\s是为]|就是|给您){0,3}$"
)


def is_named_otherwise(text: str, start: int) -> bool:
    """Is what comes at `start` the number of something that has no label here: 借据号…, 房间号…?"""
    return _SOME_NUMBER.search(text, max(start - _NEAR, 0), start) is not None


def last_label(text: str) -> Label | None:
    """What a text was speaking of when it ended."""
    last: str | None = None
    for found in _LABEL.finditer(text):
        last = found.lastgroup
    return Label(last) if last else None


def label_around(text: str, run: Run) -> Label | None:
    """The label of a run; one that is glued to capital letters is a code (YCWY180A)."""
    label = label_of(text, run.start, run.end)
    if label is None and (is_glued(text, run) or is_named_otherwise(text, run.start)):
        return Label.OTHER
    return label


def is_glued(text: str, run: Run) -> bool:
    """Does a capital letter stand right before it?"""
    return run.start > 0 and text[run.start - 1].isascii() and text[run.start - 1].isupper()


def is_counted(text: str, end: int) -> bool:
    """Does a unit follow?"""
    return _UNIT.match(text, end) is not None
