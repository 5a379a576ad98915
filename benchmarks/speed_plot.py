"""The figures of benchmarks/speed.py as one SVG: bars side by side, and growth on logarithms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from typing import Any

_WIDTH, _BAR, _PLOT = 640, 22, 260
_STYLE = (
    "text{font:12px sans-serif;fill:#333}.ours{fill:#2b6cb0}.other{fill:#b8bfc8}"
    "polyline{fill:none;stroke:#2b6cb0;stroke-width:2}.axis{stroke:#999}"
)
_CURVES = {
    "index_seconds": "indexing, s",
    "refresh_seconds": "refresh of one article, s",
    "index_mb": "memory to index, MB",
    "ask_mb": "memory to ask, MB",
    "disk_mb": "disk, MB",
    "ask_p50_ms": "ask, p50, ms",
    "retrieve_p50_ms": "of it retrieval, ms",
}


# Part, and two of its figures with what they are called: ours, and what it is held against.
_PAIRS = (
    (
        "cold",
        "assistant_seconds",
        "assistant ask, from start to answer, s",
        "llamaindex_seconds",
        "plain LlamaIndex, from start to nodes, s",
    ),
    (
        "indexing",
        "assistant_passages_per_second",
        "assistant index, passages/s",
        "encode_passages_per_second",
        "SentenceTransformer.encode alone, passages/s",
    ),
    (
        "indexing",
        "assistant_articles_per_second",
        "assistant index, articles/s",
        "llamaindex_articles_per_second",
        "LlamaIndex default ingestion, articles/s",
    ),
)


def plot(figures: dict[str, Any]) -> str:
    """An SVG document; what was not measured is left out."""
    pairs = [
        (found[ours], ours_name, found[other], other_name)
        for name, ours, ours_name, other, other_name in _PAIRS
        if (found := figures.get(name))
    ]
    parts = [_bars(pair, 10 + 2 * at * (_BAR + 8)) for at, pair in enumerate(pairs)]
    top = 20 + 2 * len(pairs) * (_BAR + 8)
    if "exponents" in figures:
        parts.append(_growth(figures["growth"], figures["exponents"], top))
        top += _PLOT + 60
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top}" role="img">'
        f"<title>Speed, side by side</title><style>{_STYLE}</style>{''.join(parts)}</svg>\n"
    )


def _bars(pair: tuple[float, str, float, str], top: float) -> str:
    ours, ours_name, other, other_name = pair
    most = max(ours, other)
    drawn = []
    bars = ((ours, ours_name, "ours"), (other, other_name, "other"))
    for number, (value, name, kind) in enumerate(bars):
        y = top + number * (_BAR + 4)
        width = 250 * value / most
        drawn.append(
            f'<text x="290" y="{y + 15}" text-anchor="end">{escape(name)}</text>'
            f'<rect class="{kind}" x="300" y="{y}" width="{width:.1f}" '
            f'height="{_BAR}"/><text x="{306 + width:.1f}" y="{y + 15}">{value:,.2f}</text>'
        )
    return "".join(drawn)


def _growth(sizes: Sequence[dict[str, Any]], exponents: dict[str, float], top: float) -> str:
    """Each figure's curve against passages, both logarithmic."""
    low, high = math.log10(sizes[0]["passages"]), math.log10(sizes[-1]["passages"])
    values = [math.log10(size[name]) for size in sizes for name in _CURVES]
    least, most = math.floor(min(values)), math.ceil(max(values))

    def place(size: dict[str, Any], name: str) -> tuple[float, float]:
        x = 60 + 330 * (math.log10(size["passages"]) - low) / (high - low)
        return x, top + _PLOT * (most - math.log10(size[name])) / (most - least)

    drawn = [
        f'<line class="axis" x1="60" x2="390" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<text x="52" y="{y + 4:.1f}" text-anchor="end">{10.0**power:g}</text>'
        for power in range(least, most + 1)
        for y in [top + _PLOT * (most - power) / (most - least)]
    ]
    drawn += [
        f'<text x="{place(size, "ask_mb")[0]:.1f}" y="{top + _PLOT + 18}" text-anchor="middle">'
        f"{size['passages']:,}</text>"
        for size in sizes
    ]
    drawn.append(f'<text x="225" y="{top + _PLOT + 36}" text-anchor="middle">passages</text>')
    ends = sorted((place(sizes[-1], name)[1], name) for name in _CURVES)
    label = -math.inf
    for end, name in ends:
        label = max(label + 15, end + 4)
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(size, name) for size in sizes))
        drawn.append(
            f'<polyline points="{points}"/><text x="400" y="{label:.1f}">'
            f"{escape(_CURVES[name])} (exponent {exponents[name]:.2f})</text>"
        )
    return "".join(drawn)
