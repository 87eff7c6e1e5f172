"""What is wrong, or may be wrong, with the documents of a build, told to whoever owns them (DESIGN §4).

A finding says which documents, which products and which words. Nothing here is decided by a model.
"""

from enum import StrEnum

from seatmate.domain.model import Shape


class LintKind(StrEnum):
    OVERLAPPING = "overlapping"
    """Two documents in force together say the same."""
    CONTRADICTING = "contradicting"
    """Two documents in force together say nearly the same with another figure, or of a product another value."""
    ORPHAN = "orphan"
    """A document that names what nobody has, or that nobody can read."""
    EXPIRING = "expiring"
    """Ends soon, has ended, or has not yet begun."""
    INJECTION = "injection"
    """Text that addresses a model, or hides from people. Its passages are withheld from the index."""
    UNREADABLE = "unreadable"
    """Tables or characters that did not come out of the file as their writer saw them."""
    CROWDED = "crowded"
    """A long article of several subjects."""


class LintCode(StrEnum):
    """The exact finding. `kind` is the family it belongs to."""

    SAME_DOCUMENT = "same_document"
    SAME_PASSAGES = "same_passages"
    OTHER_FIGURE = "other_figure"
    PRODUCT_DISAGREES = "product_disagrees"
    SUPERSEDES_UNKNOWN = "supersedes_unknown"
    SUPERSEDES_ITSELF = "supersedes_itself"
    SUPERSEDED_STILL_THERE = "superseded_still_there"
    PRODUCT_WITHOUT_SHEET = "product_without_sheet"
    NO_SCOPE = "no_scope"
    ENDS_SOON = "ends_soon"
    HAS_ENDED = "has_ended"
    NOT_YET = "not_yet"
    STEERS_A_MODEL = "steers_a_model"
    READS_LIKE_AN_ORDER = "reads_like_an_order"
    """Not withheld: for a person to look at."""
    PROMPT_DELIMITER = "prompt_delimiter"
    ENCODED_TEXT = "encoded_text"
    HIDDEN_TEXT = "hidden_text"
    TABLE_REMARK = "table_remark"
    GARBLED = "garbled"
    SEVERAL_SUBJECTS = "several_subjects"

    @property
    def kind(self) -> LintKind:
        return _KINDS[self]


_KINDS = {
    LintCode.SAME_DOCUMENT: LintKind.OVERLAPPING,
    LintCode.SAME_PASSAGES: LintKind.OVERLAPPING,
    LintCode.OTHER_FIGURE: LintKind.CONTRADICTING,
    LintCode.PRODUCT_DISAGREES: LintKind.CONTRADICTING,
    LintCode.SUPERSEDES_UNKNOWN: LintKind.ORPHAN,
    LintCode.SUPERSEDES_ITSELF: LintKind.ORPHAN,
    LintCode.SUPERSEDED_STILL_THERE: LintKind.ORPHAN,
    LintCode.PRODUCT_WITHOUT_SHEET: LintKind.ORPHAN,
    LintCode.NO_SCOPE: LintKind.ORPHAN,
    LintCode.ENDS_SOON: LintKind.EXPIRING,
    LintCode.HAS_ENDED: LintKind.EXPIRING,
    LintCode.NOT_YET: LintKind.EXPIRING,
    LintCode.STEERS_A_MODEL: LintKind.INJECTION,
    LintCode.READS_LIKE_AN_ORDER: LintKind.INJECTION,
    LintCode.PROMPT_DELIMITER: LintKind.INJECTION,
    LintCode.ENCODED_TEXT: LintKind.INJECTION,
    LintCode.HIDDEN_TEXT: LintKind.INJECTION,
    LintCode.TABLE_REMARK: LintKind.UNREADABLE,
    LintCode.GARBLED: LintKind.UNREADABLE,
    LintCode.SEVERAL_SUBJECTS: LintKind.CROWDED,
}


class Severity(StrEnum):
    INFO = "info"
    WARNING = "warning"
    BLOCKING = "blocking"
    """Something is kept from readers until a person decides: a passage, a product, or the document itself."""


class LintPlace(Shape):
    """Words in a document: `document(doc_id, version).text[start:end] == quote`."""

    doc_id: str
    version: str
    start: int
    end: int
    quote: str


class LintFinding(Shape):
    """One thing to look at. `detail` is a sentence for the documents' owner; `code` is for programs."""

    kind: LintKind
    code: LintCode
    severity: Severity
    doc_ids: tuple[str, ...]
    product_codes: tuple[str, ...] = ()
    places: tuple[LintPlace, ...] = ()
    detail: str
