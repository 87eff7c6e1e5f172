"""Why a sentence of the model was not shown. The names are kept with the answer, for the data scientists."""

from enum import StrEnum


class Flaw(StrEnum):
    NO_CITATION = "NO_CITATION"
    UNKNOWN_CITATION = "UNKNOWN_CITATION"
    UNKNOWN_SLOT = "UNKNOWN_SLOT"
    UNSUPPORTED_FIGURE = "UNSUPPORTED_FIGURE"
    """No source line states the value."""
    FIGURE_OF_SOMETHING_ELSE = "FIGURE_OF_SOMETHING_ELSE"
    """The value is another attribute's."""
    WRONG_CONDITION = "WRONG_CONDITION"
    """The value is that of another term, tier, channel or day."""
    WRONG_BOUND = "WRONG_BOUND"
    """不超过 for 不低于, 以上 for 以下."""
    WRONG_RANGE = "WRONG_RANGE"
    """The ends are swapped, or of two ranges, or one end stands for the whole."""
    FORMER_VALUE = "FORMER_VALUE"
    """What was, told as what is; or the other way round."""
    FLIPPED_CLAIM = "FLIPPED_CLAIM"
    """保本 for 不保本, 可以赎回 for 不可赎回."""
    OTHER_PRODUCT = "OTHER_PRODUCT"
    UNSUPPORTED_WORDS = "UNSUPPORTED_WORDS"
    AGAINST_THE_RULES = "AGAINST_THE_RULES"
    """An agent might not say it either: it breaks a rule of the compliance pack."""
    EMPTY = "EMPTY"
