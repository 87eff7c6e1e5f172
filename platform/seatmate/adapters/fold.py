"""One writing of a text for both kinds of vectors: widths folded (NFKC), traditional characters simplified.

Case and white space are left as they are: the encoders differ there.
"""

import unicodedata
from functools import cache, lru_cache

import opencc


@lru_cache(maxsize=256)
def fold(text: str) -> str:
    """Cached, because the same text is encoded twice, once for its words and once for its meaning."""
    return str(_converter().convert(unicodedata.normalize("NFKC", text)))


@cache
def _converter() -> "opencc.OpenCC":
    """Loaded when first needed: its dictionaries take tens of milliseconds."""
    return opencc.OpenCC("t2s")
