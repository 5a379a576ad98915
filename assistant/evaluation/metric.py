"""What a figure is, and the ways in which it is made from rows of verdicts.

Most are ratios: each question adds to a numerator and a denominator, so that a question on which a
figure is not defined adds nothing to either. The others are made from all rows at once. All are
None where nothing defines them, such as the precision of refusals where none was refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from assistant.evaluation.grading import Row

Parts = tuple[float, float]
NOTHING: Parts = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Metric:
    """A figure. Either `parts` (a row's numerator and denominator) or `whole` computes it.

    `higher_is_better` is None where that depends. `guarded` figures are those that --no-worse-than
    watches.
    """

    name: str
    title: str
    section: str
    definition: str
    source: str
    higher_is_better: bool | None
    parts: Callable[[Row], Parts] | None = None
    whole: Callable[[Sequence[Row]], float | None] | None = None
    guarded: bool = False
    unit: str = ""

    def value(self, rows: Sequence[Row]) -> float | None:
        """The figure over `rows`, None where it is not defined."""
        if self.whole is not None:
            return self.whole(rows)
        pairs = [self.of(row) for row in rows]
        below = sum(pair[1] for pair in pairs)
        return sum(pair[0] for pair in pairs) / below if below else None

    def of(self, row: Row) -> Parts:
        """What one row adds to the ratio; nothing for a figure that is no ratio."""
        return self.parts(row) if self.parts is not None else NOTHING


def over_answerable(value: Callable[[Row], float]) -> Callable[[Row], Parts]:
    """The mean of `value` over answerable questions."""
    return lambda row: (float(value(row)), 1.0) if row.answerable else NOTHING


def over_all(value: Callable[[Row], float]) -> Callable[[Row], Parts]:
    """The mean of `value` over all questions."""
    return lambda row: (float(value(row)), 1.0)


def over_answered(value: Callable[[Row], float]) -> Callable[[Row], Parts]:
    """The mean of `value` over the questions that got an answer."""
    return lambda row: (float(value(row)), 1.0) if row.answered else NOTHING


def share(items: Iterable[bool]) -> float:
    """The share that is true; 0 of none."""
    flags = list(items)
    return sum(flags) / len(flags) if flags else 0.0


def pooled(flag: Callable[[Row], Iterable[bool]]) -> Callable[[Row], Parts]:
    """The share of true flags among those of all answers given, each counting the same."""

    def parts(row: Row) -> Parts:
        flags = list(flag(row)) if row.answered else []
        return float(sum(flags)), float(len(flags))

    return parts


def ranking(
    measure: Callable[[Sequence[float], Sequence[bool]], float | None],
    positive: Callable[[Row], bool],
) -> Callable[[Sequence[Row]], float | None]:
    """A measure of how well confidence tells `positive` rows from others."""
    return lambda rows: measure([r.confidence for r in rows], [positive(r) for r in rows])
