"""A follow-up to a question that stands alone, by the release's own model; by rule where that fails (ask/rewrite).

The model is asked for one line, in little time, and sees the user's questions only: its own earlier answers are no
evidence. What it writes is used when code finds nothing against it (ask/rewrite_check).
"""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from seatmate.ask.rewrite import StandaloneQuery, asked_before, asked_now, rewrite
from seatmate.ask.rewrite_check import MOST_ADDED, FollowUp, RewriteFlaw, flaws_of
from seatmate.domain.answers import Question, RewrittenBy
from seatmate.domain.errors import ModelUnavailable, Overloaded
from seatmate.domain.knowledge import Product
from seatmate.domain.ports import ChatModel, ChatRequest, Usage
from seatmate.prompts import Prompts

log = logging.getLogger(__name__)

_EARLIER = 4
"""Questions before it that are shown."""
_LONG = 240
"""Characters. A question as long as that stands alone, and so much of an earlier one is shown."""


@dataclass(frozen=True)
class Rewriting:
    query: StandaloneQuery
    by: RewrittenBy
    usage: Usage = field(default_factory=Usage)


async def rewrite_by_model(
    question: Question,
    by_rule: StandaloneQuery,
    products: Sequence[Product],
    asked_at: datetime,
    *,
    prompts: Prompts,
    model: ChatModel,
    within_s: float,
) -> Rewriting:
    """Raises nothing of the model's: down, too slow or untrue, and the rule's rewriting is used."""
    asked, earlier = asked_now(question), earlier_questions(question)
    if not earlier or len(asked) > _LONG:
        return Rewriting(by_rule, RewrittenBy.RULE)
    try:
        async with asyncio.timeout(within_s):
            reply = await model.complete(rewrite_request(prompts, asked, earlier))
    except (ModelUnavailable, Overloaded, TimeoutError) as error:
        log.info("rewritten by rule: the model did not answer (%s)", type(error).__name__)
        return Rewriting(by_rule, RewrittenBy.RULE)
    written = reply.text.strip()
    flaws = list(flaws_of(written, FollowUp(asked, earlier, asked_at, by_rule), products))
    if reply.finish_reason != "stop":
        flaws.append(RewriteFlaw.CUT_OFF)
    if flaws:
        log.info("rewritten by rule: what the model wrote is not used (%s)", ", ".join(flaws))
        return Rewriting(by_rule, RewrittenBy.RULE, reply.usage)
    return Rewriting(rewrite(Question(question=written), products, asked_at), RewrittenBy.MODEL, reply.usage)


def earlier_questions(question: Question) -> tuple[str, ...]:
    """The user's last ones, the newest at the end."""
    said = [text.strip() for text in asked_before(question) if text.strip()]
    return tuple(text[:_LONG] for text in said[-_EARLIER:])


def rewrite_request(prompts: Prompts, asked: str, earlier: Sequence[str]) -> ChatRequest:
    """Also what training renders."""
    shown = "\n".join(f"问题：{' '.join(text.split())}" for text in earlier)
    messages = prompts["ask/rewrite"].render(earlier=shown, question=" ".join(asked.split()))
    return ChatRequest(messages, max_tokens=len(asked) + MOST_ADDED)
