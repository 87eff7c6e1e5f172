"""Which pieces of a Chinese text carry its meaning: bigrams of characters, whole codes and numbers.

Cheap and without a dictionary: it ranks lines and tells whether a passage has anything to do with a question. The
retrieval index has its own, better tokens (adapters/sparse).
"""

import re
import unicodedata
from collections.abc import Set

from seatmate.domain.simplified import simplified

_RUN = re.compile(r"[\u4e00-\u9fff]+|[a-z0-9][a-z0-9.%+]*")
# Words of asking and of courtesy: they say that something is asked, not what.
_EMPTY = re.compile(
    r"请问一下|请问|麻烦|我想问一下|想问一下|我想问|帮我|查一下|查查|看一下|告诉我|一下|多少钱|多少|什么时候|什么|怎么办|怎么样"
    r"|怎么|如何|哪些|哪个|哪里|几个|是不是|有没有|能不能|可不可以|可以|现在|目前|今天|吗|呢|吧|啊|的|了|我们|咱们|你们|客户|这个|那个"
)


def folded(text: str) -> str:
    """One width, one case and simplified characters."""
    return simplified(unicodedata.normalize("NFKC", text)).lower()


def informative(text: str) -> frozenset[str]:
    """The informative pieces of a text, folded."""
    pieces: set[str] = set()
    for run in _RUN.findall(_EMPTY.sub(" ", folded(text))):
        if "\u4e00" <= run[0] <= "\u9fff":
            pieces.update(run[i : i + 2] for i in range(len(run) - 1))
            if len(run) == 1:
                pieces.add(run)
        else:
            pieces.add(run)
    return frozenset(pieces)


_EMPTY_CHARACTERS = frozenset(
    "的了吗呢吧啊么不是在有和与就都也还要会能可让给到对把被为我你他她它们这那个几多少怎样什哪谁请问客户一下先再去来做办拿看说算按"
    "得着过没别又才只光行该想用从跟往上下里中外前后时以及或但若如此每各某咋啥嘛呀啦哦嗯唉哎俺咱您其之所因由于则很太最更真挺好点些"
    "次回个张款只笔家种件条份块元毛角分号天日月年号位名叫成走弄搞整干当起出进开讲听找见等喔咦俩"
)
_TALK = {
    "who, which, how": (
        "自己 我们 他们 她们 你们 咱们 人家 大家 别人 这个 那个 这些 那些 这种 那种 这样 那样 这么 那么 这里 那里 "
        "这边 那边 这儿 那儿 这会儿 哪个 哪些 哪里 哪儿 哪款 哪种 哪样 怎么 怎样 怎么样 怎么着 咋样 啥样 什么 "
        "什么样 为什么 为啥 干嘛 干啥 多少 几个 若干 多久 多长 多大 多高 啥时候 什么时候 哪天 何时 每个 各个 某个 "
        "其中 其他 其它 一个 一种 一些 有些 有的 有人 一样 两个"
    ),
    "also, still, already, when": (
        "已经 还是 还有 也是 就是 都是 不是 不用 不能 不会 不想 不要 不行 不了 不到 不得 没有 没法 是不是 有没有 "
        "能不能 会不会 要不要 可不可以 行不行 对不对 好不好 用不用 非得 必须 一定 肯定 可能 大概 大约 差不多 到底 "
        "究竟 其实 真的 确实 反正 突然 刚刚 刚才 马上 立刻 赶紧 赶快 一直 总是 老是 经常 有时 平时 以前 以后 之前 "
        "之后 后来 原来 本来 现在 目前 今天 明天 昨天 最近 当时 然后 接着 最后 首先 只能 只要 只有 特别 非常 比较 "
        "更加 太多 很多 好多 好几 不少 几次 几回 多次 一起 一块 一共 总共 直接 自动 正好 刚好 再次 重新 另外 额外 "
        "单独 今年 明年 去年 前年 当年 上个月 这个月 下个月 上月 上周 这周 下周 礼拜 上礼拜 前天 后天 今晚 昨晚 "
        "月底 年底 当初 到时候 一会儿 回头 顺便 随便 就是说 还要 还得 就要 够用 快点 早点 不让 里头 好像 似乎 "
        "居然 难道"
    ),
    "and, if, because, by": (
        "如果 要是 假如 因为 所以 但是 可是 不过 而且 或者 以及 然而 虽然 万一 的话 关于 对于 按照 根据 通过 为了 除了"
    ),
    "may, want, give, get, do": (
        "可以 能够 应该 需要 想要 愿意 打算 准备 希望 知道 觉得 认为 以为 发现 听说 告诉 说是 就说 问问 看看 试试 "
        "想想 弄好 搞定 操作 处理 怎么弄 怎么办 怎么算 算是 属于 成为 变成 得到 拿到 出来 出去 进来 进去 回来 "
        "回去 过来 过去 起来 上来 下来 下去"
    ),
    "courtesy, mood, and things in general": (
        "请问 麻烦 谢谢 你好 您好 一下 一点 有点 点儿 那会儿 划算 合适 着急 急用 手头 手里 有事 情况 意思 问题 "
        "东西 事情 时候 时间 地方 样子"
    ),
    "whom the caller speaks of": (
        "老人 老人家 老妈 老爸 妈妈 爸爸 爸妈 我妈 我爸 孩子 小孩 儿子 女儿 老公 老婆 爱人 媳妇 丈夫 妻子 亲戚 "
        "朋友 同事 家里 家人 家里人 对象 弟弟 哥哥 姐姐 妹妹 父母 爷爷 奶奶 闺女 先生 太太 邻居 老板 小伙子"
    ),
    "the house itself": "银行 本行 贵行 你行 我行 咱行 客户 用户 顾客",
}
"""Words of every talk, by what they do in it. None of them says what a bank is asked."""
_EMPTY_WORDS = frozenset(word for words in _TALK.values() for word in words.split())


def is_empty_word(word: str) -> bool:
    """Does a word say nothing of what is asked? So do those of talk: pronouns, adverbs, 拿到, 我妈."""
    return word in _EMPTY_CHARACTERS if len(word) == 1 else word in _EMPTY_WORDS


def without_empty_words(text: str) -> str:
    """The text with a blank in the place of every word of asking and of courtesy."""
    return _EMPTY.sub(" ", text)


def coverage(wanted: Set[str], text: str) -> float:
    """Which share of the wanted pieces a text contains, 0 to 1; 0 when nothing is wanted."""
    return len(pieces_in(wanted, text)) / len(wanted) if wanted else 0.0


def pieces_in(wanted: Set[str], text: str) -> frozenset[str]:
    """Those of the wanted pieces that a text contains."""
    there = folded(text)
    return frozenset(piece for piece in wanted if piece in there)
