"""A conversation as the outline reads it: folded turns, cut into sentences. Offsets are those of the utterances."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from seatmate.aftercall.candidates import has_cue
from seatmate.aftercall.outline_rules import Cue, Patterns
from seatmate.compliance.clauses import clause_around, clauses, fold, sentence_around
from seatmate.domain.calls import Conversation, Speaker


@dataclass(frozen=True)
class Sentence:
    """`utterances[turn].text[start:end]`, its closing mark included. Speech without marks is one sentence."""

    turn: int
    start: int
    end: int


@dataclass(frozen=True)
class Talk:
    conversation: Conversation
    texts: tuple[str, ...]
    speakers: tuple[Speaker, ...]

    @classmethod
    def of(cls, conversation: Conversation) -> "Talk":
        said = conversation.utterances
        return cls(conversation, tuple(fold(u.text) for u in said), tuple(u.speaker for u in said))

    @cached_property
    def ids(self) -> tuple[str, ...]:
        return tuple(u.utt_id for u in self.conversation.utterances)

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """Of both sides, in the order of the call; what the system says is no part of it."""
        found: dict[Sentence, None] = {}
        for turn, text in enumerate(self.texts):
            if self.speakers[turn] is not Speaker.SYSTEM:
                found |= {Sentence(turn, *sentence_around(text, *clause)): None for clause in clauses(text)}
        return tuple(found)

    def words(self, sentence: Sentence) -> str:
        return self.texts[sentence.turn][sentence.start : sentence.end]

    def turns(self, *speakers: Speaker) -> list[int]:
        """Those in which something was said."""
        return [n for n, speaker in enumerate(self.speakers) if speaker in speakers and self.texts[n].strip()]

    def before(self, turn: int) -> str:
        """What the other side said last, folded."""
        others = (n for n in range(turn - 1, -1, -1) if self.speakers[n] is not self.speakers[turn])
        return next((self.texts[n] for n in others if self.texts[n].strip()), "")

    def said(self, cue: Cue, sentence: Sentence) -> tuple[int, int] | None:
        """The clause of a sentence in which a cue stands and nothing takes it back."""
        if cue.speaker is not None and self.speakers[sentence.turn] is not cue.speaker:
            return None
        if cue.after and not has_cue(cue.after, self.before(sentence.turn)):
            return None
        text = self.texts[sentence.turn]
        for pattern in cue.says:
            for found in pattern.finditer(text, sentence.start, sentence.end):
                clause = clause_around(text, *found.span())
                if not _any(cue.unless, text[slice(*clause)]):
                    return clause
        return None

    def weight(self, cues: Sequence[Cue], sentence: Sentence) -> float:
        """What the cues that a sentence holds weigh together."""
        return sum(cue.weight for cue in cues if self.said(cue, sentence) is not None)


def _any(patterns: Patterns, text: str) -> bool:
    return any(pattern.search(text) for pattern in patterns)
