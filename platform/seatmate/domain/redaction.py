"""A text or a conversation without the personal data in it: what logs, models and views may see.

`domain.personal` says where it is; here it becomes a token (class C2 of JR/T 0171-2020: ⟦PHONE⟧) or is blanked in place
before anything is stored (class C3: ＊＊＊＊＊＊). Offsets are code points and are mapped exactly, both ways; evidence
keeps pointing into the stored original. What the tokens stand for is in `Masked.values`, for a Vault or for nobody.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

from seatmate.domain.calls import Conversation, Speaker
from seatmate.domain.errors import BadInput
from seatmate.domain.personal.chains import Turn
from seatmate.domain.personal.kinds import BLANK, Kind, Span, as_written
from seatmate.domain.personal.secret_talk import all_secrets
from seatmate.domain.personal.talk import find_in_talk
from seatmate.domain.personal.text import find_personal
from seatmate.domain.simplified import simplified

__all__ = [
    "BLANK",
    "Kind",
    "Masked",
    "Redacted",
    "Span",
    "drop_secrets",
    "find_personal",
    "mask_conversation",
    "redact",
    "redact_conversation",
    "refuse_secrets",
    "reveal",
]


@dataclass(frozen=True)
class Redacted:
    """A text with a token in each span's place."""

    text: str
    spans: tuple[Span, ...]
    tokens: tuple[str, ...]
    """The token of each span, in its order."""

    def source_offset(self, offset: int) -> int:
        """The place in the source of a place in `text`; inside a token it is the start of what the token hides."""
        at = bisect_right(self._token_starts, offset) - 1
        if at < 0:
            return offset
        span, past = self.spans[at], offset - self._token_starts[at] - len(self.tokens[at])
        return span.end + past if past >= 0 else span.start

    def redacted_offset(self, offset: int) -> int:
        """The place in `text` of a place in the source; inside a hidden span it is the start of its token."""
        at = bisect_right(self._span_starts, offset) - 1
        if at < 0:
            return offset
        start, past = self._token_starts[at], offset - self.spans[at].end
        return start + len(self.tokens[at]) + past if past >= 0 else start

    @cached_property
    def _span_starts(self) -> list[int]:
        return [span.start for span in self.spans]

    @cached_property
    def _token_starts(self) -> list[int]:
        starts, shift = [], 0
        for span, token in zip(self.spans, self.tokens, strict=True):
            starts.append(span.start + shift)
            shift += len(token) - (span.end - span.start)
        return starts


@dataclass(frozen=True)
class Masked:
    """A conversation that a model may read, the map of each utterance, and what the tokens stand for."""

    conversation: Conversation
    utterances: tuple[Redacted, ...]
    values: Mapping[str, str] = field(repr=False)


def redact(text: str) -> Redacted:
    """Every personal datum becomes its kind's token."""
    spans = find_personal(text)
    return _with_tokens(text, spans, tuple(span.kind.token for span in spans))


def redact_conversation(conversation: Conversation) -> Conversation:
    """What a model may read. Utterance ids stay, offsets do not: evidence is copied from the original."""
    return mask_conversation(conversation).conversation


def mask_conversation(conversation: Conversation) -> Masked:
    """The same with its maps. One number has one token in a conversation: ⟦PHONE⟧, the next one ⟦PHONE_B⟧."""
    stored = drop_secrets(conversation)
    values: dict[str, str] = {}
    names: dict[tuple[Kind, str], str] = {}
    utterances: list[Redacted] = []
    for utterance, spans in zip(stored.utterances, _found(stored), strict=True):
        tokens = tuple(_name(span, names) for span in spans)
        utterances.append(_with_tokens(utterance.text, spans, tokens))
        values |= {token: s.value for token, s in zip(tokens, spans, strict=True) if s.kind is not Kind.SECRET}
    texts = [utterance.text for utterance in utterances]
    return Masked(_with_texts(stored, texts), tuple(utterances), MappingProxyType(values))


def drop_secrets(conversation: Conversation) -> Conversation:
    """What may be stored: each character of a secret is `＊`, everything else stays where it is.

    Looks again until it finds no more, so that what is stored stays as it is, and its hash with it.
    """
    texts = [utterance.text for utterance in conversation.utterances]
    while (blanked := _blanked([utterance.speaker for utterance in conversation.utterances], texts)) != texts:
        texts = blanked
    return _with_texts(conversation, texts)


def _blanked(speakers: Sequence[Speaker], texts: Sequence[str]) -> list[str]:
    blanked: list[str] = []
    read = [(speaker, simplified(text)) for speaker, text in zip(speakers, texts, strict=True)]
    for text, secrets in zip(texts, all_secrets(read), strict=True):
        characters = list(text)
        for start, end in secrets:
            characters[start:end] = BLANK * (end - start)
        blanked.append("".join(characters))
    return blanked


def refuse_secrets(values: Mapping[str, str]) -> None:
    """A secret has no value that anybody may keep. BadInput."""
    if Kind.SECRET.token in values:
        raise BadInput("a secret (class C3) is not kept")


def reveal(text: str, values: Mapping[str, str]) -> str:
    """A redacted text with the values of those tokens that the reader may know."""
    for token, value in values.items():
        text = text.replace(token, value)
    return text


def _with_tokens(text: str, spans: tuple[Span, ...], tokens: tuple[str, ...]) -> Redacted:
    if not spans:
        return Redacted(text, (), ())
    pieces: list[str] = []
    last = 0
    for span, token in zip(spans, tokens, strict=True):
        pieces += [text[last : span.start], token]
        last = span.end
    return Redacted("".join([*pieces, text[last:]]), spans, tokens)


def _name(span: Span, names: dict[tuple[Kind, str], str]) -> str:
    """The token of a value: the kind's own for the first of its kind, then with letters. Secrets have one for all."""
    if span.kind is Kind.SECRET:
        return span.kind.token
    key = (span.kind, span.value)
    if key not in names:
        earlier = sum(kind is span.kind for kind, _ in names)
        names[key] = f"⟦{span.kind.value}_{_letters(earlier)}⟧" if earlier else span.kind.token
    return names[key]


def _letters(number: int) -> str:
    """1 → B, 25 → Z, 26 → AA: no digit that could be taken for a figure."""
    letters = ""
    number += 1
    while number:
        number, letter = divmod(number - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return letters


def _found(conversation: Conversation) -> list[tuple[Span, ...]]:
    """The spans of each utterance. Traditional characters are read as simplified ones."""
    texts = [utterance.text for utterance in conversation.utterances]
    turns = [Turn(u.speaker, simplified(u.text)) for u in conversation.utterances]
    return [
        tuple(as_written(span, text, turn.text) for span in spans)
        for text, turn, spans in zip(texts, turns, find_in_talk(turns), strict=True)
    ]


def _with_texts(conversation: Conversation, texts: Sequence[str]) -> Conversation:
    if all(u.text == text for u, text in zip(conversation.utterances, texts, strict=True)):
        return conversation
    utterances = tuple(
        u.model_copy(update={"text": text}) for u, text in zip(conversation.utterances, texts, strict=True)
    )
    return conversation.model_copy(update={"utterances": utterances})
