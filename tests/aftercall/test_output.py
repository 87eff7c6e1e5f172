"""What a model wrote is read as far as it is whole, and never further."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatmate.aftercall.output import read_object


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('{"facts":[]}', {"facts": []}),
        ('好的：{"facts":[]} 以上', {"facts": []}),
        ('{"facts":[{"u":1},{"u":2,"f":', {"facts": [{"u": 1}, {"u": 2}]}),
        ('{"a":"x，', {}),
        ("没有", None),
        ("[1]", None),
    ],
)
def test_it_reads_what_is_whole(text: str, wanted: Any) -> None:
    assert read_object(text) == wanted


values = st.recursive(
    st.integers() | st.text(max_size=5) | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=3), values, max_size=3), st.data())
def test_a_cut_never_breaks_the_reader(whole: dict[str, Any], data: st.DataObject) -> None:
    text = json.dumps(whole, ensure_ascii=False)
    assert read_object(text) == whole
    cut = text[: data.draw(st.integers(1, len(text)))]
    found = read_object(cut)
    assert found is not None
    assert set(found) <= set(whole)


@given(st.text(max_size=60))
def test_nonsense_never_breaks_the_reader(text: str) -> None:
    read_object(text)
