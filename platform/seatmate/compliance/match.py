"""A conversation against a rule pack: hits, each with the exact words. Rules only raise; nothing here can clear a hit.

Judges what was said, not what was meant: tone of voice, documents on a screen and what a form contained are not text.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from seatmate.compliance.clauses import clause_around, fold, sentence_around
from seatmate.compliance.pack import RulePack
from seatmate.compliance.rules import Defuses, Mismatch, Missing, Ordered, ReadsAloud, Rule, Says
from seatmate.domain.calls import Conversation, RiskTolerance, Speaker
from seatmate.domain.compliance import ComplianceHit
from seatmate.domain.evidence import Evidence, quote_of
from seatmate.domain.redaction import find_personal
