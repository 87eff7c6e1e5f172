"""What the report looks like: a larger value is never drawn left of a smaller one, and every word can be read."""

import re
from xml.etree import ElementTree

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seatmate_eval.report.charts import (
    Interval,
    axis,
    histogram,
    interval_plot,
    scale_of,
    scale_of_rates,
    scale_of_times,
)
from seatmate_eval.report.page import TEMPLATES

anything = st.floats(-1e6, 1e6, allow_nan=False)
shares = st.floats(0, 1)
durations = st.floats(0, 1e4)


@given(values=st.lists(anything, min_size=1, max_size=20))
@example(values=[5e-324])
def test_a_scale_holds_its_values_in_their_order(values: list[float]) -> None:
    for scale in (scale_of(values), scale_of_times([abs(value) for value in values])):
        places = [scale.at(value) for value in sorted(values)]
        assert places == sorted(places)
        assert all(2 <= place <= 98 for place in places)
    scale = scale_of(values)
    assert scale.low <= min(values)
    assert max(values) <= scale.high
    assert 2 <= len(scale.ticks) <= 12


@given(values=st.lists(shares, min_size=1))
def test_a_scale_of_shares_ends_at_all_and_begins_at_a_round_place(values: list[float]) -> None:
    scale = scale_of_rates(values)
    assert scale.high == 1
    assert scale.low <= min(values)
    assert scale.low in (0.0, 0.5, 0.8, 0.9)


@given(candidate=st.lists(durations, min_size=1, max_size=50), live=st.lists(durations, max_size=50))
def test_a_histogram_is_a_drawing_whatever_took_how_long(candidate: list[float], live: list[float]) -> None:
    drawn = ElementTree.fromstring(
        histogram(scale_of_times([*candidate, *live]), candidate, live, "时间", candidate[:1])
    )
    bars = drawn.findall("rect")
    assert bars
    assert max(float(bar.get("height", "0")) for bar in bars) <= 74
    assert all(0 <= float(bar.get("x", "").rstrip("%")) <= 100 for bar in bars)


def test_a_plot_tells_in_words_what_it_draws() -> None:
    scale = scale_of_rates([0.8, 1.0])
    drawn = interval_plot(scale, Interval(0.9, 0.85, 0.95), Interval(0.92), "候选 90% <b>", 0.85)
    svg = ElementTree.fromstring(drawn)
    assert svg.get("aria-label") == "候选 90% <b>"
    assert [mark.get("class") for mark in svg.findall("circle")] == ["live", "candidate"]
    assert [line.get("class") for line in svg.findall("line") if line.get("class") != "grid"] == [
        "threshold",
        "candidate-range",
    ]


def test_a_crowded_axis_names_only_some_of_its_ticks() -> None:
    scale = scale_of([-1.0, 1.0])
    assert axis(scale, str, most=3).count("<text") <= 3


INKS = ("ink", "soft", "accent", "good", "bad", "warn", "waive")
WASHES = {"good": "good-wash", "bad": "bad-wash", "warn": "warn-wash", "waive": "waive-wash"}


@pytest.mark.parametrize("sheet", ["light", "dark", "print"])
def test_every_ink_can_be_read_on_its_ground(sheet: str) -> None:
    """WCAG 2.2 AA: 4.5 to 1 for words."""
    css = (TEMPLATES / "page.css").read_text(encoding="utf-8")
    place = {"light": 0, "dark": css.index("prefers-color-scheme: dark"), "print": css.index("@media print")}[sheet]
    block = css[css.index(":root {", place) :]
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block[: block.index("}")]))
    for ink in INKS:
        for ground in ("paper", "card", *([WASHES[ink]] if ink in WASHES else [])):
            assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
    for wash in WASHES.values():
        assert contrast(colours["ink"], colours[wash]) >= 4.5
        assert contrast(colours["soft"], colours[wash]) >= 4.5


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts_ = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts_]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
