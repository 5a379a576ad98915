"""Two runs over the same questions: what got better and worse, whether by more than chance.

A gate is made of floors for figures, and of a run that the new one must not be worse than. "Worse"
is: a guarded figure fell, and by more than chance after Holm's adjustment for their number. Slow
decline, too small to tell from chance each time, is what floors are for.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import UsageError
from assistant.evaluation.grading import Outcome, Row
from assistant.evaluation.metrics import BY_NAME, GUARDED, METRICS
from assistant.evaluation.statistics import Difference, difference, holm

ALPHA = 0.05
_RANK: dict[Outcome, int] = {
    "right": 1,
    "rightly_refused": 1,
    "wrongly_refused": 0,
    "wrong": -1,
    "wrongly_answered": -1,
}


@dataclass(frozen=True, slots=True)
class Change:
    """A question whose outcome differs; `better` is None where one is as bad as the other."""

    id: str
    old: Outcome
    new: Outcome
    better: bool | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """A new run held against an old one, over the questions that are the same in both.

    `adjusted` are Holm's p values of the guarded figures, by name. `left_out` counts the questions
    that only one run has, or that have changed.
    """

    old: str
    new: str
    questions: int
    left_out: int
    differences: tuple[Difference, ...]
    adjusted: Mapping[str, float]
    changes: tuple[Change, ...]

    @property
    def worse(self) -> tuple[Difference, ...]:
        """The guarded figures that fell by more than chance."""
        return tuple(
            d
            for d in self.differences
            if self.adjusted.get(d.metric, 1.0) < ALPHA and direction(d) == -1
        )


def direction(found: Difference) -> int:
    """1 where the new figure is better, -1 where worse, 0 where the same or not defined."""
    higher_is_better = BY_NAME[found.metric].higher_is_better
    if found.old is None or found.new is None or found.old == found.new or higher_is_better is None:
        return 0
    return 1 if (found.new > found.old) == higher_is_better else -1


def compare(old_name: str, old: Sequence[Row], new_name: str, new: Sequence[Row]) -> Comparison:
    """Hold `new` against `old`. Raises UsageError where they share no question."""
    before = {row.id: row for row in old}
    pairs = [
        (before[row.id], row)
        for row in new
        if row.id in before and before[row.id].fingerprint == row.fingerprint
    ]
    if not pairs:
        raise UsageError(
            f"{old_name} and {new_name} have no question in common (the same id, question, "
            "answers and evidence); compare runs over the same gold questions"
        )
    olds, news = [a for a, _ in pairs], [b for _, b in pairs]
    differences = [difference(metric, olds, news) for metric in METRICS]
    guarded = [d for d in differences if BY_NAME[d.metric].guarded]
    adjusted = holm([d.p for d in guarded])
    return Comparison(
        old=old_name,
        new=new_name,
        questions=len(pairs),
        left_out=len({row.id for row in (*old, *new)}) - len(pairs),
        differences=tuple(differences),
        adjusted={d.metric: p for d, p in zip(guarded, adjusted, strict=True)},
        changes=tuple(_change(a, b) for a, b in pairs if a.outcome != b.outcome),
    )


def read_rows(path: Path, engine: str | None = None) -> tuple[str, list[Row]]:
    """The name and rows of a run in a report.json: that of `engine`, or the only one, else the
    first. Raises UsageError.
    """
    try:
        runs = json.loads(path.read_text(encoding="utf-8"))["runs"]
        named = [run for run in runs if run["engine"] == engine]
        run = (named or runs)[0]
        return run["engine"], [Row.from_values(q["row"]) for q in run["questions"]]
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror or error})") from error
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise UsageError(
            f"{path}: no report.json of this version ({type(error).__name__}: {error}); make one "
            "with 'assistant evaluate GOLD.jsonl --report DIR'"
        ) from error


def read_floor(text: str) -> tuple[str, float]:
    """METRIC=VALUE. Raises UsageError for an unknown figure or a value that is no number."""
    name, _, value = text.partition("=")
    if name not in BY_NAME:
        raise UsageError(f"no figure {name!r}; they are {', '.join(BY_NAME)}")
    try:
        return name, float(value)
    except ValueError:
        raise UsageError(f"{text!r} is not METRIC=VALUE with a number for VALUE") from None


def broken_floors(rows: Sequence[Row], floors: Mapping[str, float]) -> list[str]:
    """A line for each figure below its floor (above, where lower is better), or not defined."""
    lines = []
    for name, floor in floors.items():
        metric = BY_NAME[name]
        value = metric.value(rows)
        floor_is_ceiling = metric.higher_is_better is False
        side = "at most" if floor_is_ceiling else "at least"
        if value is None:
            lines.append(f"{name} is not defined on these questions; {side} {floor:g} was asked")
        elif (value > floor) if floor_is_ceiling else (value < floor):
            lines.append(f"{name} is {value:.4f}; {side} {floor:g} was asked")
    return lines


def worse_lines(found: Comparison) -> list[str]:
    """A line for each guarded figure that fell by more than chance."""
    return [
        f"{d.metric} went from {d.old:.4f} to {d.new:.4f}, more than chance "
        f"(p = {found.adjusted[d.metric]:.2g}, {d.test}, Holm over {len(GUARDED)} figures)"
        for d in found.worse
    ]


def _change(old: Row, new: Row) -> Change:
    gap = _RANK[new.outcome] - _RANK[old.outcome]
    return Change(new.id, old.outcome, new.outcome, None if gap == 0 else gap > 0)
