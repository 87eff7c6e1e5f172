"""The charts of the report, as inline SVG: no script, no picture file, no network.

Places across are percentages of the drawing's width, places down are pixels, so that one drawing is right at 390 and at
1280 pixels and its words never shrink. Colours come from the page's style by class. The candidate is a filled mark and
the live release a hollow one, so that nothing rests on colour. Knows numbers; what they measure is said around it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor, log10

from markupsafe import Markup, escape

BINS_PER_DECADE = 8


@dataclass(frozen=True)
class Interval:
    """An estimate and what is known of its place; without bounds only the estimate is."""

    value: float
    low: float | None = None
    high: float | None = None

    @property
    def ends(self) -> tuple[float, float]:
        return (
            self.value if self.low is None else self.low,
            self.value if self.high is None else self.high,
        )


@dataclass(frozen=True)
class Scale:
    """From a value to its place across, in per cent; with a little room at both ends for the marks."""

    low: float
    high: float
    ticks: tuple[float, ...]
    logarithmic: bool = False

    def at(self, value: float) -> float:
        low, high, here = self.low, self.high, min(max(value, self.low), self.high)
        if self.logarithmic:
            low, high, here = log10(low), log10(high), log10(here)
        share = (here - low) / (high - low)
        return round(2 + 96 * share, 2)


def scale_of_rates(values: Sequence[float]) -> Scale:
    """For shares: from the lowest of them, at a round place, to 1. A wide one starts at 0."""
    lowest = min(values, default=0.0)
    for start, step in ((0.9, 0.02), (0.8, 0.05), (0.5, 0.1)):
        if lowest >= start:
            return Scale(start, 1.0, _ticks(start, 1.0, step))
    return Scale(0.0, 1.0, _ticks(0.0, 1.0, 0.25))


_NO_WIDTH = 1e-9
"""Ticks are rounded to ten places."""


def scale_of(values: Sequence[float]) -> Scale:
    """For anything: round places around the values, with 0 in it when it is near."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    if low > 0 and low < high / 2:
        low = 0.0
    if high < 0 and high > low / 2:
        high = 0.0
    width = (high - low) or abs(high)
    step = _round_step(width if width > _NO_WIDTH else 1.0)
    first, last = floor(low / step) * step, ceil(high / step) * step
    if first == last:
        last = first + step
    return Scale(first, last, _ticks(first, last, step))


def scale_of_times(seconds: Sequence[float]) -> Scale:
    """Whole decades, for what takes from milliseconds to minutes."""
    shown = [max(value, 0.001) for value in seconds] or [0.1, 1.0]
    low, high = floor(log10(min(shown))), ceil(log10(max(shown)))
    if low == high:
        high += 1
    return Scale(10.0**low, 10.0**high, tuple(10.0**power for power in range(low, high + 1)), logarithmic=True)


def axis(scale: Scale, label_of: Callable[[float], str], most: int = 6) -> Markup:
    """The ticks of a column of drawings that share a scale; stands above them once. At most so many are named."""
    step = ceil(len(scale.ticks) / most)
    words = Markup("").join(
        Markup('<text x="{}%" y="12" text-anchor="middle">{}</text>').format(scale.at(tick), escape(label_of(tick)))
        for tick in scale.ticks[::step]
    )
    return Markup('<svg class="axis" width="100%" height="16" aria-hidden="true">{}</svg>').format(words)


def interval_plot(
    scale: Scale, candidate: Interval | None, live: Interval | None, told: str, threshold: float | None = None
) -> Markup:
    """One row of a dot plot: candidate above, live below, each with its interval; the threshold as a line across."""
    height = 30 if live else 20
    parts = [*_grid(scale, height)]
    if threshold is not None:
        x = scale.at(threshold)
        parts.append(_line("threshold", x, x, 1, height - 1))
    if live:
        parts += _interval("live", scale, live, 21)
    if candidate:
        parts += _interval("candidate", scale, candidate, 9)
    return _drawing("plot", height, told, parts)


def histogram(
    scale: Scale, candidate: Sequence[float], live: Sequence[float], told: str, marks: Sequence[float]
) -> Markup:
    """How many took how long, on a scale of times: bars for the candidate, steps for the live release."""
    height, top, floor_at = 84, 6, 80
    edges = _edges(scale)
    counts = [_count(edges, values) for values in (candidate, live)]
    shares = [[n / max(len(values), 1) for n in c] for c, values in zip(counts, (candidate, live), strict=True)]
    tallest = max(max(shares[0], default=0.0), max(shares[1], default=0.0)) or 1.0
    parts = [*_grid(scale, height)]
    for index, (of_candidate, of_live) in enumerate(zip(*shares, strict=True)):
        left, right = scale.at(edges[index]), scale.at(edges[index + 1])
        if of_candidate:
            rise = round((floor_at - top) * of_candidate / tallest, 1)
            parts.append(_rect("bar", left + 0.2, right - left - 0.4, floor_at - rise, rise))
        if of_live:
            level = round(floor_at - (floor_at - top) * of_live / tallest, 1)
            parts.append(_line("live-step", left, right, level, level))
    parts += [_line("percentile", scale.at(mark), scale.at(mark), top, floor_at) for mark in marks]
    parts.append(_line("base", 2, 98, floor_at, floor_at))
    return _drawing("plot", height, told, parts)


def _drawing(kind: str, height: int, told: str, parts: Sequence[Markup]) -> Markup:
    return Markup('<svg class="{}" width="100%" height="{}" role="img" aria-label="{}">{}</svg>').format(
        kind, height, told, Markup("").join(parts)
    )


def _interval(kind: str, scale: Scale, interval: Interval, y: int) -> Iterator[Markup]:
    low, high = (scale.at(end) for end in interval.ends)
    if high > low:
        yield _line(f"{kind}-range", low, high, y, y)
    yield Markup('<circle class="{}" cx="{}%" cy="{}" r="4.5"/>').format(kind, scale.at(interval.value), y)


def _grid(scale: Scale, height: int) -> Iterator[Markup]:
    for tick in scale.ticks:
        x = scale.at(tick)
        yield _line("zero" if tick == 0 and scale.low < 0 else "grid", x, x, 0, height)


def _line(kind: str, x1: float, x2: float, y1: float, y2: float) -> Markup:
    return Markup('<line class="{}" x1="{}%" x2="{}%" y1="{}" y2="{}"/>').format(kind, x1, x2, y1, y2)


def _rect(kind: str, x: float, width: float, y: float, height: float) -> Markup:
    return Markup('<rect class="{}" x="{}%" width="{}%" y="{}" height="{}"/>').format(
        kind, round(x, 2), round(width, 2), round(y, 1), height
    )


def _ticks(low: float, high: float, step: float) -> tuple[float, ...]:
    return tuple(round(low + step * index, 10) for index in range(round((high - low) / step) + 1))


def _round_step(width: float) -> float:
    """A fourth or so of the width, as 1, 2 or 5 times a power of ten."""
    rough = width / 4
    power = 10.0 ** floor(log10(rough))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)


def _edges(scale: Scale) -> list[float]:
    decades = round(log10(scale.high / scale.low))
    return [scale.low * 10 ** (index / BINS_PER_DECADE) for index in range(decades * BINS_PER_DECADE + 1)]


def _count(edges: Sequence[float], values: Sequence[float]) -> list[int]:
    counts = [0] * (len(edges) - 1)
    for value in values:
        place = log10(max(value, edges[0]) / edges[0]) * BINS_PER_DECADE
        counts[min(int(place + 1e-9), len(counts) - 1)] += 1
    return counts
