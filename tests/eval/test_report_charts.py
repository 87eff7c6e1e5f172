"""The charts: every value has a place on the drawing, and a larger one is never left of a smaller one."""

from xml.etree import ElementTree

from hypothesis import given
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

anything = st.floats(-1e6, 1e6, allow_nan=False)
shares = st.floats(0, 1)
durations = st.floats(0, 1e4)


@given(values=st.lists(anything, min_size=1, max_size=20))
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
