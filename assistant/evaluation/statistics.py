"""How sure a figure is, and whether two runs differ by more than chance.

Intervals: percentile bootstrap over questions (Efron and Tibshirani 1993). Paired tests: McNemar's,
exact (McNemar 1947; advised by Dietterich 1998), where each question is simply right or wrong; else
the paired bootstrap (Berg-Kirkpatrick et al. 2012). Several tests at once: Holm 1979.
All are seeded, so that the same rows give the same numbers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from assistant.evaluation.grading import Row
from assistant.evaluation.metric import Metric

if TYPE_CHECKING:
    from numpy.typing import NDArray

RESAMPLES = 1000
_SEED = 0


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure in an old and a new run over the same questions. `p` is two-sided."""

    metric: str
    old: float | None
    new: float | None
    p: float
    test: str


def interval(metric: Metric, rows: Sequence[Row]) -> tuple[float, float] | None:
    """The 95% interval of a figure; None where fewer than two questions define it."""
    values = _resampled(metric, rows, _samples(len(rows)))
    known = values[~np.isnan(values)]
    if len(rows) < 2 or len(known) < RESAMPLES / 2:
        return None
    low, high = np.percentile(known, [2.5, 97.5])
    return float(low), float(high)


def difference(metric: Metric, old: Sequence[Row], new: Sequence[Row]) -> Difference:
    """The figure in both runs, and how likely so great a difference is by chance.

    The rows are of the same questions in the same order.
    """
    before, after = metric.value(old), metric.value(new)
    if metric.parts is not None:
        pairs = [(metric.of(a), metric.of(b)) for a, b in zip(old, new, strict=True)]
        if all(a[1] == b[1] and {a, b} <= {(0.0, 0.0), (0.0, 1.0), (1.0, 1.0)} for a, b in pairs):
            gained = sum(b[0] > a[0] for a, b in pairs)
            lost = sum(a[0] > b[0] for a, b in pairs)
            return Difference(metric.name, before, after, mcnemar(gained, lost), "McNemar")
    p = 1.0
    if before is not None and after is not None and before != after:
        samples = _samples(len(old))
        gaps = _resampled(metric, new, samples) - _resampled(metric, old, samples)
        gaps = gaps[~np.isnan(gaps)]
        observed = after - before
        # How often resampling alone moves the difference by as much as the difference itself.
        far = int((np.abs(gaps - observed) >= abs(observed)).sum())
        p = (far + 1) / (len(gaps) + 1)
    return Difference(metric.name, before, after, p, "paired bootstrap")


def mcnemar(gained: int, lost: int) -> float:
    """Two-sided exact p of `gained` against `lost` among the questions that changed."""
    changed = gained + lost
    tail = sum(math.comb(changed, k) for k in range(min(gained, lost) + 1))
    return min(1.0, float(2 * tail / 2**changed))


def holm(ps: Sequence[float]) -> list[float]:
    """The p values adjusted for their number, in the order given."""
    adjusted = [1.0] * len(ps)
    highest = 0.0
    for rank, number in enumerate(sorted(range(len(ps)), key=ps.__getitem__)):
        highest = max(highest, min(1.0, ps[number] * (len(ps) - rank)))
        adjusted[number] = highest
    return adjusted


def _samples(count: int) -> NDArray[np.int64]:
    """Row numbers drawn with replacement, of shape (RESAMPLES, count)."""
    return np.random.default_rng(_SEED).integers(0, max(count, 1), size=(RESAMPLES, count))


def _resampled(
    metric: Metric, rows: Sequence[Row], samples: NDArray[np.int64]
) -> NDArray[np.float64]:
    """The figure in each resample, of shape (RESAMPLES,); nan where it is not defined."""
    if metric.parts is None:
        found = [metric.value([rows[i] for i in sample]) for sample in samples]
        return np.array([math.nan if value is None else value for value in found])
    parts = np.array([metric.of(row) for row in rows], dtype=float).reshape(-1, 2)
    above, below = parts[samples, 0].sum(axis=1), parts[samples, 1].sum(axis=1)
    values = np.full(len(samples), math.nan)
    np.divide(above, below, out=values, where=below > 0)
    return values
