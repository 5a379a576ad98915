"""The report's plots, as SVG that takes its colours from the page."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from assistant.evaluation.confidence import bins, risk_coverage
from assistant.evaluation.grading import Row
from assistant.evaluation.metrics import is_correct

_WIDTH, _HEIGHT = 340, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 20, 10, 40
_STEPS = 160  # points a curve is drawn with at most
_COLUMNS = 16


@dataclass(frozen=True, slots=True)
class _Plane:
    """Data to picture: x from 0 to `x_most`, y from 0 to `y_most`."""

    x_most: float
    y_most: float

    def x(self, value: float) -> float:
        return _LEFT + (_WIDTH - _LEFT - _RIGHT) * value / self.x_most

    def y(self, value: float) -> float:
        return _HEIGHT - _BOTTOM - (_HEIGHT - _TOP - _BOTTOM) * value / self.y_most


def risk_against_coverage(rows: Sequence[Row]) -> str:
    """The share of wrong answers among the most confident; a dot where the threshold is."""
    curve = risk_coverage([r.confidence for r in rows], [is_correct(r) for r in rows])
    plane = _Plane(1, _ceiling(float(curve.max()) if len(curve) else 1.0))
    last = max(len(curve) - 1, 0)
    numbers = sorted({round(i * last / _STEPS) for i in range(_STEPS + 1)}) if len(curve) else []
    points = " ".join(
        f"{plane.x((i + 1) / len(curve)):.1f},{plane.y(curve[i]):.1f}" for i in numbers
    )
    body = f'<polyline class="curve" points="{points}"/>' if len(curve) else ""
    shown = [row for row in rows if row.answered]
    if shown:
        risk = 1 - sum(map(is_correct, shown)) / len(shown)
        body += _dot(
            plane,
            len(shown) / len(rows),
            min(risk, plane.y_most),
            5,
            "mark",
            f"at the threshold: {len(shown) / len(rows):.0%} answered, {risk:.0%} wrong",
        )
    return _frame(
        plane,
        "Risk against coverage",
        "share of questions answered",
        "share wrong",
        body,
        percent=(True, True),
    )


def calibration(rows: Sequence[Row]) -> str:
    """The share that is right by confidence; on the diagonal a confidence is what it says."""
    plane = _Plane(1, 1)
    body = (
        f'<line class="guide" x1="{plane.x(0)}" y1="{plane.y(0)}" '
        f'x2="{plane.x(1)}" y2="{plane.y(1)}"/>'
    )
    for found in bins([r.confidence for r in rows], [is_correct(r) for r in rows]):
        size = 3 + 10 * math.sqrt(found.count / len(rows))
        body += _dot(
            plane,
            found.confidence,
            found.accuracy,
            size,
            "bubble",
            f"{found.count} questions of confidence {found.confidence:.2f}: "
            f"{found.accuracy:.0%} right",
        )
    return _frame(plane, "Calibration", "confidence", "share right", body, percent=(False, True))


def latency(rows: Sequence[Row]) -> str:
    """How many questions took how long, with the median and the 95th percentile."""
    seconds = sorted(row.seconds for row in rows)
    most = _ceiling(seconds[-1] if seconds else 1.0)
    counts = [0] * _COLUMNS
    for value in seconds:
        counts[min(int(value / most * _COLUMNS), _COLUMNS - 1)] += 1
    plane = _Plane(most, _ceiling(max([*counts, 1])))
    body = ""
    for number, count in enumerate(counts):
        left, right = plane.x(number * most / _COLUMNS), plane.x((number + 1) * most / _COLUMNS)
        if count:
            body += (
                f'<rect class="bar" x="{left + 0.5:.1f}" y="{plane.y(count):.1f}" '
                f'width="{right - left - 1:.1f}" height="{plane.y(0) - plane.y(count):.1f}">'
                f"<title>{count} questions, {number * most / _COLUMNS:.2f} to "
                f"{(number + 1) * most / _COLUMNS:.2f} s</title></rect>"
            )
    # One below the other: the two may stand close together.
    for share, name, down in ((0.5, "p50", 9), (0.95, "p95", 21)):
        if seconds:
            x = plane.x(seconds[min(int(share * len(seconds)), len(seconds) - 1)])
            body += (
                f'<line class="guide" x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" '
                f'y2="{plane.y(0)}"/><text class="tick" x="{x + 3:.1f}" y="{_TOP + down}">'
                f"{name}</text>"
            )
    return _frame(plane, "Time", "seconds", "questions", body, percent=(False, False))


def bars(title: str, shares: Mapping[str, tuple[float | None, int]]) -> str:
    """A bar for each name, of a share from 0 to 1 with the number of questions behind it."""
    row, left = 22, 118
    height = row * len(shares) + 8
    room = _WIDTH - left - 50
    body = ""
    for place, (name, (share, count)) in enumerate(shares.items()):
        y = 4 + row * place
        said = "-" if share is None else f"{share:.0%}"
        shown = name if len(name) <= 18 else name[:17] + "…"
        body += (
            f'<text class="name" x="{left - 6}" y="{y + 14}">{escape(shown)}</text>'
            f'<rect class="rail" x="{left}" y="{y + 3}" width="{room}" height="{row - 8}"/>'
            f'<rect class="bar" x="{left}" y="{y + 3}" width="{room * (share or 0):.1f}" '
            f'height="{row - 8}"><title>{escape(name)}: {said} of {count}</title></rect>'
            f'<text class="tick" x="{left + room + 6}" y="{y + 14}">{said}</text>'
        )
    return _figure(title, height, body)


def _frame(
    plane: _Plane, title: str, x_label: str, y_label: str, body: str, percent: tuple[bool, bool]
) -> str:
    bottom, middle = _HEIGHT - _BOTTOM, (_TOP + _HEIGHT - _BOTTOM) / 2
    parts = []
    for step in range(5):
        x_value, y_value = plane.x_most * step / 4, plane.y_most * step / 4
        x, y = plane.x(x_value), plane.y(y_value)
        parts.append(
            f'<line class="grid" x1="{_LEFT}" y1="{y:.1f}" x2="{_WIDTH - _RIGHT}" y2="{y:.1f}"/>'
            f'<text class="tick end" x="{_LEFT - 5}" y="{y + 4:.1f}">'
            f"{_tick(y_value, percent[1])}</text>"
            f'<text class="tick middle" x="{x:.1f}" y="{bottom + 15}">'
            f"{_tick(x_value, percent[0])}</text>"
        )
    parts.append(
        f'<line class="axis" x1="{_LEFT}" y1="{bottom}" x2="{_WIDTH - _RIGHT}" y2="{bottom}"/>'
        f'<text class="label middle" x="{(_LEFT + _WIDTH - _RIGHT) / 2}" y="{_HEIGHT - 6}">'
        f"{escape(x_label)}</text>"
        f'<text class="label middle" transform="translate(11 {middle}) rotate(-90)">'
        f"{escape(y_label)}</text>"
    )
    return _figure(title, _HEIGHT, "".join(parts) + body)


def _figure(title: str, height: int, body: str) -> str:
    return (
        f'<figure><figcaption>{escape(title)}</figcaption><svg viewBox="0 0 {_WIDTH} {height}" '
        f'role="img" aria-label="{escape(title)}">{body}</svg></figure>'
    )


def _dot(plane: _Plane, x: float, y: float, size: float, kind: str, said: str) -> str:
    return (
        f'<circle class="{kind}" cx="{plane.x(x):.1f}" cy="{plane.y(y):.1f}" r="{size:.1f}">'
        f"<title>{escape(said)}</title></circle>"
    )


def _tick(value: float, percent: bool) -> str:
    return f"{value:.0%}" if percent else f"{value:.3g}"


def _ceiling(value: float) -> float:
    """The next round number that four steps divide well."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 4, 6, 8, 10) if value <= step * power * 1.0001)
