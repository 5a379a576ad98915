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


def plot(figures: dict[str, Any]) -> str:
    """An SVG document."""
    cold, index = figures["cold"], figures["indexing"]
    bars = [
        ("assistant ask, from start to answer, s", cold["assistant_seconds"], True),
        ("plain LlamaIndex, from start to nodes, s", cold["llamaindex_seconds"], False),
        ("assistant index, passages/s", index["assistant_passages_per_second"], True),
        (
            "SentenceTransformer.encode alone, passages/s",
            index["encode_passages_per_second"],
            False,
        ),
        ("assistant index, articles/s", index["assistant_articles_per_second"], True),
        (
            "LlamaIndex default ingestion, articles/s",
            index["llamaindex_articles_per_second"],
            False,
        ),
    ]
    parts = [_bars(bars[at : at + 2], 10 + at * (_BAR + 8)) for at in range(0, len(bars), 2)]
    top = 20 + len(bars) * (_BAR + 8)
    if len(figures["growth"]) > 1:
        parts.append(_growth(figures["growth"], figures["exponents"], top))
        top += _PLOT + 60
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {top}" role="img">'
        f"<title>Speed, side by side</title><style>{_STYLE}</style>{''.join(parts)}</svg>\n"
    )


def _bars(bars: Sequence[tuple[str, float, bool]], top: float) -> str:
    most = max(value for _, value, _ in bars)
    drawn = []
    for number, (name, value, ours) in enumerate(bars):
        y = top + number * (_BAR + 4)
        width = 250 * value / most
        drawn.append(
            f'<text x="290" y="{y + 15}" text-anchor="end">{escape(name)}</text>'
            f'<rect class="{"ours" if ours else "other"}" x="300" y="{y}" width="{width:.1f}" '
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
