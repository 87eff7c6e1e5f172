"""Text in disguise: what is hidden from people, what is spelt otherwise, and how both read in plain letters.

Knows spelling only: width, case, blanks and pictures between letters, letters of other alphabets that look alike,
digits for letters, words backwards, and one layer of base64, hex, percent, rot13 or \\u escapes. No homophones.
"""

import base64
import binascii
import codecs
import re
import unicodedata
from collections.abc import Iterable, Iterator
from urllib.parse import unquote

LONG_BLOB = 200
"""Characters from which on a stretch that nobody can read is withheld whatever it says."""

_INVISIBLE = re.compile(
    r"[\u200b-\u200f\u2060-\u206f\ufeff\u00ad\u180e\u202a-\u202e\ufe00-\ufe0f\U000e0000-\U000e01ef]"
)
_BIDI_OR_TAG = re.compile(r"[\u202d\u202e]|[\U000e0020-\U000e007e]{6,}(?!\U000e007f)")
"""Tags make the flags of small countries too, five to a flag."""
_ZERO_WIDTH = re.compile(r"(?:[A-Za-z\u4e00-\u9fff][\u200b\u200c\u2060\ufeff]){3,}")
"""Between the letters of words. A run of them is what web editors leave behind."""
_HIDDEN_MARKUP = re.compile(
    r"<\w+[^>\n]{0,200}?(?:display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*[012](?:px|pt|em"
    r"|;|\"|')|opacity\s*:\s*0(?!\.[2-9])"
    r"|color\s*:\s*(?:white|#fff|#fefefe|transparent)|(?:left|text-indent|top)\s*:\s*-\d{3,}"
    r"|\shidden(?=[\s>=]))[^>\n]{0,200}>"
    r"|<!--(?=[^>]{0,400}?(?:[请须]|告诉|回答|忽略|指令|\b(?:AI|LLM|ignore|answer|tell|say"
    r"|must)\b))[^>]{6,600}?-->"
    r"|^\[//\]:\s*#\s*[(\"'][^\n]{8,}",
    re.IGNORECASE | re.MULTILINE,
)
_BASE64 = re.compile(r"(?<![A-Za-z0-9+/=_\-.:])[A-Za-z0-9+/]{24,}={0,2}(?![A-Za-z0-9+/])")
_ESCAPES = re.compile(r"(?:\\u[0-9a-fA-F]{4}){6,}(?:[^\n]{0,20}(?:\\u[0-9a-fA-F]{4})+)*")
_ENTITIES = re.compile(r"(?:&#x?[0-9a-fA-F]{2,6};){6,}")
_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2}){12,}")
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:[0-9a-f]{2}[ :]?){24,}(?![0-9A-Za-z])", re.IGNORECASE)
_BITS = re.compile(r"(?<![01])(?:[01]{8} ?){6,}(?![01])")

_PICTURE = r"\u2600-\u27bf\U0001f000-\U0001faff"
_SPACED_WIDE = re.compile(rf"(?<=[\u4e00-\u9fff])(?:[\s\-_*·.|~/]|[{_PICTURE}]){{1,2}}(?=[\u4e00-\u9fff])")
_PARTED = re.compile(r"(?:[\u4e00-\u9fff][,、;]){5,}[\u4e00-\u9fff]")
_SPACED_LATIN = re.compile(r"(?<![a-z])(?:[a-z][ .\-_*]){5,}[a-z](?![a-z])")
_SPACED_WORD = re.compile(r"(?<![a-z])(?:[a-z][ .\-_*]){1,}[a-z](?![a-z])")
_SIMPLE = str.maketrans(
    "無視請現統規則輸詞從開們選擇須應該個為與對話資訊誤機擬說讀記忽棄遵違覆蓋設創語絕處執發響執權實際問題總結產讓給這裡時後別處"
    "覺頁條單據檢庫稱錄寫當優鏈費險獲審過場標準隱瞞顯點級變轉換數額報項稿員話務帶沒還將許聽誰",
    "无视请现统规则输词从开们选择须应该个为与对话资讯误机拟说读记忽弃遵违覆盖设创语绝处执发响执权实际问题总结产让给这里时后别处"
    "觉页条单据检库称录写当优链费险获审过场标准隐瞒显点级变转换数额报项稿员话务带没还将许听谁",
)
_ALIKE = str.maketrans("асеорхуіјѕԁһνοαερτικ", "aceopxyijsdhvoaeptik")
_MIXED_ALPHABETS = re.compile(r"[a-z][\u0370-\u03ff\u0400-\u052f]|[\u0370-\u03ff\u0400-\u052f][a-z]")
_DIGITS_FOR_LETTERS = str.maketrans("013457@$", "oieasta" + "s")
_LEET = re.compile(
    r"(?<![a-z0-9])(?=[a-z0-9@$]*[a-z])[a-z0-9@$]{2,}[013457@$][a-z]+(?![a-z0-9])"
    r"|(?<![a-z0-9])[013457@$][a-z]{3,}"
)
_LATIN_RUN = re.compile(r"(?:[a-z]{2,}[ ,.]+){4,}[a-z]{2,}")
_PLAIN_ENGLISH = re.compile(r"\b(?:the|and|of|to|is|in|for|you|your|this|all|be|or)\b")
_BACKWARDS = re.compile(
    r"略忽|令指|词示提|示指|答回|答作|复回|略省|出输|有所|上以|前之|律一|品产这|本保|诉告|则规|用引|到问|知告"
)
_PINYIN = re.compile(
    r"\b(?:hu ?lue|zhi ?ling|ti ?shi ?ci|hui ?da|shu ?chu|yi ?shang|suo ?you|mo ?xing|xi ?tong"
    r"|zhu ?shou|yong ?hu|bu ?yao|gao ?su"
    r"|zhi ?neng|yi ?lv|qing|zhi ?qian|gui ?ze|da ?an|bao ?ben|mian ?fei|shou ?xu ?fei|feng ?xian"
    r"|ren ?he|dou|shuo)\b"
)


def fold(text: str) -> str:
    """As it is compared: one width, one case, simplified, without what cannot be seen, and without accents."""
    plain = unicodedata.normalize("NFKC", _INVISIBLE.sub("", text)).lower().translate(_SIMPLE)
    if not plain.isascii() and any("\u0300" <= c <= "\u036f" for c in unicodedata.normalize("NFD", plain)):
        plain = "".join(c for c in plain if not "\u0300" <= c <= "\u036f")
    return plain.translate(_ALIKE) if _MIXED_ALPHABETS.search(plain) else plain


def readings(text: str) -> list[str]:
    """The folded text, and other ways to read it where there are any."""
    folded = fold(text)
    others = [_closed_up(folded)]
    if len(_LEET.findall(folded)) > 1:
        others.append(_LEET.sub(lambda m: m[0].translate(_DIGITS_FOR_LETTERS), folded))
    if len(set(_BACKWARDS.findall(folded))) > 1:
        others += ["。".join(part[::-1] for part in re.split(r"[。\n]", folded))]
    if (run := _LATIN_RUN.search(folded)) and not _PLAIN_ENGLISH.search(run[0]):
        others.append(codecs.decode(run[0], "rot13"))
    return list(dict.fromkeys([folded, *others]))


def is_pinyin(folded: str) -> bool:
    """Sentences in pinyin are written so that people pass over them."""
    return len(set(_PINYIN.findall(folded))) > 3


def hidden(text: str) -> Iterator[tuple[int, int]]:
    """Places that readers of the page do not see."""
    for pattern in (_BIDI_OR_TAG, _ZERO_WIDTH, _HIDDEN_MARKUP):
        for found in pattern.finditer(text):
            yield found.span()


def decoded(text: str) -> Iterator[tuple[int, int, str]]:
    """Stretches that are text in another spelling, and what they say; empty where they are no text."""
    for found in _BASE64.finditer(text):
        if _mixed(found[0]):
            yield found.start(), found.end(), _readable(_from_base64(found[0]))
    for found in _HEX.finditer(text):
        yield found.start(), found.end(), _readable(bytes.fromhex(re.sub(r"[ :]", "", found[0])))
    for found in _BITS.finditer(text):
        yield found.start(), found.end(), _readable(int(b, 2) for b in re.findall(r"[01]{8}", found[0]))
    for found in _ESCAPES.finditer(text):
        yield *found.span(), re.sub(r"\\u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), found[0])
    for found in _ENTITIES.finditer(text):
        yield *found.span(), re.sub(r"&#(x?)([0-9a-fA-F]+);", _entity, found[0])
    for found in _PERCENT.finditer(text):
        yield *found.span(), unquote(found[0])


def _mixed(blob: str) -> bool:
    kinds: Iterable[str] = ("[a-z]", "[A-Z]", "[0-9+/=]")
    return all(re.search(kind, blob) for kind in kinds)


def _from_base64(blob: str) -> bytes:
    try:
        return base64.b64decode(blob + "=" * (-len(blob) % 4))
    except (binascii.Error, ValueError):
        return b""


def _readable(data: Iterable[int]) -> str:
    try:
        text = bytes(data).decode("utf-8")
    except UnicodeDecodeError:
        return ""
    return text if text.isprintable() else ""


def _entity(found: re.Match[str]) -> str:
    number = int(found[2], 16 if found[1] else 10) if found[1] or found[2].isdigit() else 0
    return chr(number) if 0 < number < 0x110000 else ""


def _closed_up(folded: str) -> str:
    """忽 略 以 上 → 忽略以上; i g n o r e → ignore, words being parted by two blanks."""
    spaced = _SPACED_WORD if _SPACED_LATIN.search(folded) else _SPACED_LATIN
    latin = spaced.sub(lambda m: re.sub(r"[ .\-_*]", "", m[0]), folded)
    parted = _PARTED.sub(lambda m: re.sub(r"[,、;]", "", m[0]), latin)
    return _SPACED_WIDE.sub("", parted)
