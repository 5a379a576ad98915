"""What a confidence is worth: ranking, risk against coverage, calibration.

Every question counts. An answer to an unanswerable question is wrong; equal confidences are equal,
whatever order the questions came in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of about one confidence: how many, their mean confidence, the share that is right."""

    count: int
    confidence: float
    accuracy: float


def auroc(scores: ArrayLike, positive: ArrayLike) -> float | None:
    """The probability that a positive scores above a negative, ties counting half (Mann-Whitney).

    None where there are no positives or no negatives.
    """
    values = np.asarray(scores, dtype=float)
    mask = np.asarray(positive, dtype=bool)
    ups, downs = int(mask.sum()), int((~mask).sum())
    if not ups or not downs:
        return None
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(counts) - (counts - 1) / 2)[place]  # from 1, ties sharing their mean
    return float((ranks[mask].sum() - ups * (ups + 1) / 2) / (ups * downs))


def risk_coverage(scores: Sequence[float], right: Sequence[bool]) -> NDArray[np.float64]:
    """The share of wrong answers among the 1, 2, ... n most confident ones, of shape (n,).

    Within a tie the answers are taken as equally wrong.
    """
    values = np.asarray(scores, dtype=float)
    wrong = ~np.asarray(right, dtype=bool)
    if not len(values):
        return np.zeros(0)
    _, place, counts = np.unique(-values, return_inverse=True, return_counts=True)
    share = np.bincount(place, weights=wrong) / counts
    errors = np.repeat(share, counts)
    curve: NDArray[np.float64] = np.cumsum(errors) / np.arange(1, len(values) + 1)
    return curve


def aurc(scores: Sequence[float], right: Sequence[bool]) -> float | None:
    """The mean of the risk-coverage curve: 0 is perfect."""
    curve = risk_coverage(scores, right)
    return float(curve.mean()) if len(curve) else None


def bins(scores: Sequence[float], right: Sequence[bool]) -> list[Bin]:
    """The answers by confidence in ten bins of equal width, lowest first, without empty ones."""
    values = np.asarray(scores, dtype=float)
    correct = np.asarray(right, dtype=float)
    numbers = np.minimum((values * BINS).astype(int), BINS - 1)
    return [
        Bin(int(inside.sum()), float(values[inside].mean()), float(correct[inside].mean()))
        for number in range(BINS)
        if (inside := numbers == number).any()
    ]


def calibration_error(scores: Sequence[float], right: Sequence[bool]) -> float | None:
    """The mean gap between confidence and accuracy over the bins, weighted by their counts."""
    if not len(scores):
        return None
    found = bins(scores, right)
    return sum(b.count * abs(b.confidence - b.accuracy) for b in found) / len(scores)
