"""What an agent is told of time: that an answer is about an earlier day, or that what was found is not in force.

Written by code from the validity of the documents, never by the model. Expired text itself is not shown.
"""

from collections.abc import Sequence
from datetime import date, datetime

from seatmate.domain.answers import Citation
from seatmate.domain.knowledge import BANK_ZONE, Passage


def note_of_another_day(as_of: datetime, asked_at: datetime, shown: Sequence[Citation], *, answers: bool) -> str:
    """The day that the answer, or the search for one, is about, and which of what is shown no longer holds."""
    today = asked_at.astimezone(BANK_ZONE).date()
    over = dict.fromkeys((c.title, c.valid_to) for c in shown if c.valid_to is not None and c.valid_to < today)
    ended = "".join(f"《{title}》的相关内容有效期至{_written(day)}，现已失效。" for title, day in over)
    day = _written(as_of.astimezone(BANK_ZONE).date())
    return f"（{'以上为' if answers else '查的是'}{day}的口径。{ended}）"


def note_of_what_is_not_in_force(passage: Passage, as_of: datetime) -> str:
    """Which document would have answered, and why it may not."""
    since, last_day = passage.validity.since, passage.validity.last_day
    if since is not None and as_of < since:
        return f"《{passage.title}》自{_written(since.astimezone(BANK_ZONE).date())}起才生效。"
    return f"《{passage.title}》的相关内容已于{_written(last_day)}到期。" if last_day else ""


def _written(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
