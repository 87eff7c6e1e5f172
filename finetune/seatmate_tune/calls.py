"""Synthetic calls with everything the three tasks have to find in them. Knows nothing of prompts.

A call is a scenario (sometimes two), small talk, and sentences that hold facts about the customer or opinions. Every label
is attached to the utterance that carries it, so the gold is right by construction.
"""

from dataclasses import dataclass, field
from random import Random

from seatmate.domain.calls import Channel, Conversation, Direction, Speaker, Utterance
from seatmate_tune import names
from seatmate_tune.documents import some_day
from seatmate_tune.kyc_phrases import KYC, MODALITIES, SUBJECTS
from seatmate_tune.scenarios import DAYS, SCENARIOS, TERMS, Scenario
from seatmate_tune.voc_phrases import POLARITY, VOC

_GREET = (
    "您好，很高兴为您服务，请问有什么可以帮您", "您好，这里是{b}远程银行，请问您需要办理什么业务", "您好，工号{g}为您服务", "早上好，请问有什么可以帮到您", "喂您好，这里是{b}客服",
    "您好，请讲",
)  # fmt: skip
_HELLO = ("你好", "喂，你好", "喂", "哎你好你好", "嗯你好", "您好，听得到吗")
_VERIFY = (
    ("请问怎么称呼您", "我姓{x}", "免贵姓{x}", "叫我{x}先生就行"),
    ("请问是本人吗", "是我本人", "对，本人", "是的"),
    ("请您核对一下身份信息", "好，你问吧", "没问题", "行"),
    ("请稍等，我查一下", "好的", "嗯，你查", "行，我等着"),
    ("您看这样可以吗", "可以", "嗯嗯行", "可以的"),
    ("请问还有其他问题吗", "我想想", "还有个事", "嗯，等一下"),
    ("您那边信号不太好，能听清吗", "能听到", "能，你说", "刚才卡了一下"),
    ("今天天气热，您注意防暑", "谢谢啊", "是啊热死了", "哈哈还行"),
    ("感谢您的耐心等待", "没事", "嗯", "好"),
    ("我跟您确认一下，您的意思是要办理对吗", "对", "对对", "是这样的"),
    ("好的，明白您的意思", "嗯", "嗯嗯", "那就行"),
    ("不好意思，刚才没听清，您再说一遍", "我说我想办那个", "就是刚才那个事", "喂喂，听得见吗"),
    ("系统有点慢，请您稍等", "好，不急", "快点啊", "嗯"),
)
_ACK = (
    "好的", "嗯，我了解了", "好的，我记下了", "明白", "是这样啊", "嗯嗯，您继续说", "理解您的心情", "好的，我给您备注一下", "您说得对", "这边了解", "没关系的", "哦哦好的", "嗯，是的",
)  # fmt: skip
_NOISE = (
    "",
    "",
    "",
    "",
    "",
    "嗯，",
    "那个，",
    "就是说，",
    "呃，",
    "哎，",
    "其实吧，",
    "然后呢，",
    "我跟你说，",
    "那什么，",
    "说实话，",
)
_TAIL = ("", "", "", "", "啊", "呢", "嘛", "呀", "的", "你知道吧", "，是吧", "，唉")
_ANGRY = ("气死我了，", "你们怎么搞的，", "真是的，", "太过分了，", "我都急死了，")
_PLEASED = ("你们服务一直挺好，", "心情不错，", "谢谢你们啊，", "一直很信任你们，")
_OTHER_WORDS: dict[str, tuple[str, ...]] = {
    "我老公": ("我爱人", "我先生", "我丈夫", "我对象", "孩子他爸", "我家那位"),
    "我老婆": ("我爱人", "我妻子", "我太太", "我媳妇", "孩子妈"),
    "我儿子": ("我女儿", "我闺女", "我家孩子", "我家老大", "我小孩"),
    "我妈": ("我爸", "我母亲", "我父亲", "我爸妈", "老人家", "我公公", "我岳母"),
    "我朋友": ("我同事", "我邻居", "我同学", "我表弟", "隔壁老王", "我哥们", "我姐", "我二舅", "有个亲戚"),
    "人家": ("别人", "我朋友", "我同学他们", "隔壁那家"),
    "打算": ("准备", "计划", "想着", "琢磨着"),
    "准备": ("打算", "计划"),
    "如果": ("要是", "假如", "假设", "万一"),
    "要是": ("如果", "假如", "万一"),
    "孩子": ("娃", "小孩"),
    "五十万": ("二十万", "八十万", "一百来万", "三十几万"),
    "八千": ("五千", "九千", "一万"),
    "市区": ("老家", "城东", "学校旁边", "县城"),
    "会计": ("销售", "司机", "厨师", "设计师", "护士", "工程师"),
    "餐饮": ("装修", "服装", "教育", "汽配", "农产品"),
}
_OUTCOMES: dict[str, tuple[tuple[str, str], ...]] = {
    "resolved": (("c", "好的，问题解决了，谢谢"), ("c", "明白了，这下清楚了"), ("c", "办好了是吧，行，谢谢你"), ("a", "已经为您办理成功"), ("c", "好，我弄好了"), ("c", "可以了，能用了")),
    "partly": (("c", "那先这样，剩下的我再看看"), ("a", "这部分先给您处理，另外的还要等审核"), ("c", "一个好了，另一个还没弄明白"), ("c", "先办这个吧，别的以后再说")),
    "unresolved": (("c", "说了半天还是没解决"), ("c", "算了，你们也解决不了"), ("a", "抱歉，目前系统处理不了您的问题"), ("c", "还是不行，我再想办法"), ("c", "那我白打了")),
    "handed_over": (("a", "我为您转接专席处理，请不要挂机"), ("a", "这个问题需要转给网点客户经理跟进"), ("a", "我给您转到信用卡中心"), ("a", "已经升级给主管处理")),
    "abandoned": (("c", "我有事先挂了"), ("c", "不说了，来电话了"), ("c", "喂，喂，听不见，挂了"), ("c", "我在开会，回头再说")),
}  # fmt: skip
_BYE = {
    "positive": ("太感谢了，你服务真不错", "真好，谢谢你啊小姑娘", "非常满意，再见", "哎呀太谢谢你了"),
    "neutral": ("好，再见", "嗯，那就这样", "行，拜拜", "好的再见"),
    "negative": ("哼，以后不来了", "真让人失望", "什么破银行", "太让人生气了"),
}
_END = ("感谢您的来电，再见", "祝您生活愉快，再见", "好的，再见", "请对我的服务作出评价，再见")
_SECTION = {
    "open": "situation",
    "act": "action",
    "object": "objections",
    "promise": "commitments",
    "next": "follow_ups",
    "risk": "risk_notes",
}


@dataclass(frozen=True)
class Mark:
    """What an utterance carries: `kind` a section, intent, outcome, kyc, voc, or a trap; `code` as in the phrase banks."""

    kind: str
    value: str
    code: str = ""


@dataclass
class Turn:
    speaker: Speaker
    text: str
    marks: list[Mark] = field(default_factory=list)


@dataclass(frozen=True)
class Call:
    """A conversation and its gold, by utterance number."""

    conversation: Conversation
    summary: dict[str, object]
    kyc: tuple[dict[str, object], ...]
    kyc_candidates: tuple[tuple[int, str], ...]
    voc: tuple[dict[str, object], ...]
    voc_candidates: tuple[tuple[int, str], ...]


def call(rng: Random, turns: tuple[int, int] = (8, 40)) -> Call:
    wanted = rng.randint(*turns)
    first = rng.choice(SCENARIOS)
    begin = rng.choices(("neutral", "negative", "positive"), (65, 25, 10))[0]
    if first.intent in ("complaint", "fraud") and rng.random() < 0.7:
        begin = "negative"
    outcome = rng.choices(tuple(_OUTCOMES), (50, 14, 16, 13, 7))[0]
    end = rng.choice(
        {"resolved": ("neutral", "neutral", "positive"), "unresolved": ("negative", "neutral")}.get(
            outcome, ("neutral",)
        )
    )
    middle = [_about(rng, first, begin)]
    if rng.random() < 0.15 and wanted > 14:
        middle.append(_about(rng, rng.choice([s for s in SCENARIOS if s is not first]), "neutral"))
    body = [turn for part in middle for turn in part]
    opening = _opening(rng)
    closing = _closing(rng, outcome, end)
    asides = _asides(rng, wanted)
    while asides and len(opening) + len(body) + len(closing) + 2 <= wanted:
        at = rng.choice(
            [
                i
                for i in range(1, len(body) + 1)
                if i == len(body) or body[i].speaker is Speaker.CUSTOMER or rng.random() < 0.3
            ]
            or [len(body)]
        )
        body[at:at] = asides.pop()
    return _label(rng, [*opening, *body, *closing], begin, end, outcome)


def drill(rng: Random, size: int) -> Call:
    """A short exchange in which nearly every customer turn holds a fact or an opinion: dense practice for KYC and VOC."""
    turns = [Turn(Speaker.AGENT, rng.choice(("您好，请讲", "您好", "请问有什么可以帮您")))]
    for _ in range(size):
        pair = rng.choices((_facts, _opinion, _small_talk), (60, 28, 12))[0](rng)
        turns += pair if rng.random() < 0.5 else [t for t in pair if t.speaker is Speaker.CUSTOMER]
    turns.append(Turn(Speaker.CUSTOMER, rng.choice(_BYE["neutral"])))
    return _label(rng, turns, "neutral", "neutral", "resolved")


def _opening(rng: Random) -> list[Turn]:
    greet = rng.choice(_GREET).format(b=names.bank(rng), g=rng.randint(1001, 9999))
    turns = [Turn(Speaker.AGENT, greet)]
    if rng.random() < 0.4:
        turns += [
            Turn(Speaker.CUSTOMER, rng.choice(_HELLO)),
            Turn(Speaker.AGENT, rng.choice(("请讲", "您好，请说", "您请说"))),
        ]
    return turns


def _about(rng: Random, scenario: Scenario, mood: str) -> list[Turn]:
    d, n = rng.choice(TERMS), rng.choice(DAYS)

    def turn(section: str, speaker: Speaker, extra: str = "") -> list[Turn]:
        lines = scenario.lines(section)
        if not lines:
            return []
        line = rng.choice(lines)
        said, summary = line.said.format(d=d, n=n), line.summary.format(d=d, n=n)
        noise = rng.choice(_NOISE) if speaker is Speaker.CUSTOMER else ""
        tail = rng.choice(_TAIL) if speaker is Speaker.CUSTOMER and rng.random() < 0.3 else ""
        marks = [Mark("intent", scenario.intent)] if section == "open" else []
        if section in _SECTION:
            marks.append(Mark(_SECTION[section], summary))
        return [Turn(speaker, f"{extra}{noise}{said}{tail}", marks)]

    lead = rng.choice(_ANGRY) if mood == "negative" else rng.choice(_PLEASED) if mood == "positive" else ""
    made = turn("open", Speaker.CUSTOMER, lead)
    made += turn("act", Speaker.AGENT)
    for _ in range(rng.randint(0, 2)):
        made += turn("ask", Speaker.CUSTOMER) + turn("act", Speaker.AGENT)
    if rng.random() < (0.6 if mood == "negative" else 0.25):
        made += [*turn("object", Speaker.CUSTOMER), Turn(Speaker.AGENT, rng.choice(_ACK))]
    if rng.random() < 0.4:
        made += [*turn("risk", Speaker.CUSTOMER), Turn(Speaker.AGENT, rng.choice(_ACK))]
    if rng.random() < 0.4:
        made += [
            *turn("promise", Speaker.AGENT),
            Turn(Speaker.CUSTOMER, rng.choice(("好的", "行", "嗯", "那麻烦你了"))),
        ]
    if rng.random() < 0.45:
        lines = scenario.lines("next")
        if lines:
            line = rng.choice(lines)
            own = line.said.startswith(("我", "{n}来"))
            mark = Mark("follow_ups", line.summary.format(d=d, n=n))
            made.append(Turn(Speaker.CUSTOMER if own else Speaker.AGENT, line.said.format(d=d, n=n), [mark]))
            made.append(Turn(Speaker.AGENT if own else Speaker.CUSTOMER, rng.choice(("好的", "嗯好", "知道了"))))
    return made


def _asides(rng: Random, wanted: int) -> list[list[Turn]]:
    """Pairs of turns that do not belong to the scenario: facts, opinions, traps, small talk."""
    found: list[list[Turn]] = []
    for _ in range(rng.choice((0, 1, 2, 2, 3, 4, 5))):
        found.append(_facts(rng))
    for _ in range(rng.choice((0, 0, 1, 1, 2))):
        found.append(_opinion(rng))
    found += [_small_talk(rng) for _ in range(wanted // 2 - len(found))]
    if rng.random() < 0.3:
        asked = rng.choice(KYC)[2].replace("我", "您", 1)
        found.append(
            [Turn(Speaker.AGENT, f"请问{asked}吗"), Turn(Speaker.CUSTOMER, rng.choice(("嗯", "这个嘛", "哦")))]
        )
    rng.shuffle(found)
    return sorted(found, key=lambda pair: not any(t.marks for t in pair), reverse=True)


def _facts(rng: Random) -> list[Turn]:
    said = [_fact(rng) for _ in range(2 if rng.random() < 0.15 else 1)]
    return _said(rng, "，".join(text for text, _ in said), [mark for _, mark in said])


def _opinion(rng: Random) -> list[Turn]:
    label, code, words = rng.choice(VOC)
    return _said(rng, words, [Mark("voc-trap" if code == "N" else "voc", label, code)])


def _small_talk(rng: Random) -> list[Turn]:
    agent, *replies = rng.choice(_VERIFY)
    return [Turn(Speaker.AGENT, agent), Turn(Speaker.CUSTOMER, rng.choice(replies).format(x=names.surname(rng)))]


_USUAL = tuple(row for row in KYC if row[1] == "s+F")
_AS_USUAL = 0.55
"""So that two of three facts are the customer's own, affirmed and so today, as in the hand-written talks. A reading is
written only where it is not as usual (aftercall/picks): a model that mostly saw unusual ones writes one by habit."""


def _fact(rng: Random) -> tuple[str, Mark]:
    name, code, said = rng.choice(_USUAL if rng.random() < _AS_USUAL else KYC)
    if code == "N":
        return said, Mark("kyc-trap", name)
    for word, others in _OTHER_WORDS.items():
        if word in said and rng.random() < 0.7:
            said = said.replace(word, rng.choice(others), 1)
    return said, Mark("kyc", name, code)


def _said(rng: Random, words: str, marks: list[Mark]) -> list[Turn]:
    return [Turn(Speaker.CUSTOMER, _spoken(rng, words), marks), Turn(Speaker.AGENT, rng.choice(_ACK))]


def _spoken(rng: Random, said: str) -> str:
    return f"{rng.choice(_NOISE)}{said}{rng.choice(_TAIL) if rng.random() < 0.4 else ''}"


def _closing(rng: Random, outcome: str, end: str) -> list[Turn]:
    who, said = rng.choice(_OUTCOMES[outcome])
    turns = [Turn(Speaker.CUSTOMER if who == "c" else Speaker.AGENT, said, [Mark("outcome", outcome)])]
    if outcome == "abandoned":
        return turns
    if end != "neutral" or rng.random() < 0.6:
        turns.append(Turn(Speaker.CUSTOMER, rng.choice(_BYE[end])))
    return [*turns, Turn(Speaker.AGENT, rng.choice(_END))]


def _kyc(number: int, mark: Mark) -> dict[str, object]:
    subject, polarity, modality = tuple(mark.code)
    return {
        "u": number, "f": mark.value, "s": SUBJECTS[subject], "p": "affirmed" if polarity == "+" else "negated",
        "m": MODALITIES[modality],
    }  # fmt: skip


_LIMITS = {"situation": 2, "action": 3, "commitments": 2, "follow_ups": 2, "objections": 2, "risk_notes": 2}


def _label(rng: Random, turns: list[Turn], begin: str, end: str, outcome: str) -> Call:
    sections: dict[str, list[dict[str, object]]] = {name: [] for name in _LIMITS}
    intents: list[dict[str, object]] = []
    kyc: list[dict[str, object]] = []
    voc: list[dict[str, object]] = []
    kyc_all: list[tuple[int, str]] = []
    voc_all: list[tuple[int, str]] = []
    said: set[str] = set()
    ended: dict[str, object] = {"s": outcome, "u": [len(turns)]}
    for number, turn in enumerate(turns, 1):
        for mark in turn.marks:
            if mark.kind == "intent":
                intents.append({"l": mark.value, "r": outcome == "resolved", "u": [number]})
            elif mark.kind == "outcome":
                ended = {"s": outcome, "u": [number]}
            elif mark.kind.startswith("kyc"):
                told = (number, mark.value) in kyc_all
                kyc_all.append((number, mark.value))
                if mark.code and not told:
                    kyc.append(_kyc(number, mark))
            elif mark.kind.startswith("voc"):
                voc_all.append((number, mark.value))
                if mark.code != "N":
                    polarity, severity = POLARITY[mark.code[0]], int(mark.code[1])
                    voc.append({"u": number, "p": polarity, "l": mark.value, "v": severity})
            elif len(sections[mark.kind]) < _LIMITS[mark.kind] and mark.value not in said:
                said.add(mark.value)
                sections[mark.kind].append({"t": mark.value, "u": [number]})
    customers = [n for n, turn in enumerate(turns, 1) if turn.speaker is Speaker.CUSTOMER and not turn.marks]
    fields = sorted({row[0] for row in KYC})
    labels = sorted({row[0] for row in VOC})
    carriers = [n for n, turn in enumerate(turns, 1) if any(m.kind in ("kyc", "voc") for m in turn.marks)]
    for _ in range(rng.choice((0, 0, 1, 1, 2, 3))):
        places = carriers if carriers and rng.random() < 0.4 else customers
        if places:
            kyc_all.append((rng.choice(places), rng.choice(fields)))
            voc_all += [(rng.choice(places), rng.choice(labels))] if rng.random() < 0.5 else []
    summary: dict[str, object] = {
        "intents": intents[:2], **sections, "outcome": ended, "begin": begin, "end": end,
    }  # fmt: skip
    conversation = Conversation(
        conversation_id="c", channel=Channel.PHONE, direction=Direction.INBOUND, scenario=str(intents[0]["l"]) if intents else "other",
        started_at=some_day(rng), agent_id="a", customer_id="k",
        utterances=tuple(Utterance(utt_id=str(n), speaker=t.speaker, text=t.text) for n, t in enumerate(turns, 1)),
    )  # fmt: skip
    return Call(
        conversation, summary, tuple(kyc[:8]), tuple(sorted(set(kyc_all))), tuple(voc[:6]), tuple(sorted(set(voc_all)))
    )
