"""An evaluation as plain text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.evaluation.compare import ALPHA, Comparison, direction
from assistant.evaluation.grading import OUTCOMES
from assistant.evaluation.metrics import BY_NAME, METRICS, SECTIONS
from assistant.evaluation.report import Report, Run

_BY_GROUP = {
    "text": "text_accuracy",
    "short": "short_accuracy",
    "evidence": "evidence_hit",
    "cited": "citation_article_precision",
    "hit@8": "hit@8",
    "mrr": "mrr",
    "answered": "coverage",
    "p50 s": "seconds_p50",
}


def to_text(report: Report) -> str:
    """The figures of every run, by group, and the comparisons."""
    questions = report.runs[0].questions
    answerable = sum(question.answerable for question in questions)
    lines = [
        f"{len(questions):,} questions, {answerable:,} of them answerable; "
        f"{report.index['articles']:,} articles in {report.index['path']}"
    ]
    for run in report.runs:
        lines += ["", f"{run.engine}, threshold {run.threshold:.3g}"]
        lines += [f"  {count:5,}  {OUTCOMES[name]}" for name, count in run.outcomes.items()]
    lines += _figures(report.runs)
    for run in report.runs:
        lines += _groups(run)
    for found in report.comparisons:
        lines += _comparison(found)
    return "\n".join(lines)


def number(value: float | None, digits: int = 3) -> str:
    """A figure as it is shown; a dash where it is not defined."""
    return "-" if value is None else f"{value:.{digits}f}"


def _figures(runs: Sequence[Run]) -> list[str]:
    lines = []
    for section, title in SECTIONS.items():
        lines += ["", f"{title:<28}" + "".join(f"{run.engine[-22:]:>24}" for run in runs)]
        for metric in METRICS:
            if metric.section == section:
                cells = "".join(f"{_with_interval(run, metric.name):>24}" for run in runs)
                lines.append(f"  {metric.name:<26}{cells}  {metric.title}")
    return lines


def _with_interval(run: Run, name: str) -> str:
    bounds = run.intervals[name]
    shown = f" [{bounds[0]:.3f}, {bounds[1]:.3f}]" if bounds else ""
    return number(run.figures[name]) + shown


def _groups(run: Run) -> list[str]:
    lines = ["", f"{run.engine + ' by group':<28}{'n':>6}" + "".join(f"{n:>10}" for n in _BY_GROUP)]
    for name, (count, figures) in run.groups.items():
        cells = "".join(f"{number(figures[metric]):>10}" for metric in _BY_GROUP.values())
        lines.append(f"  {name.removeprefix('kind '):<26}{count:>6}{cells}")
    return lines


def _comparison(found: Comparison) -> list[str]:
    better = sum(change.better is True for change in found.changes)
    worse = sum(change.better is False for change in found.changes)
    lines = [
        "",
        f"{found.new} held against {found.old}: {found.questions:,} questions in both, "
        f"{better:,} better, {worse:,} worse"
        + (f"; {found.left_out:,} left out" if found.left_out else ""),
    ]
    for item in found.differences:
        if item.old == item.new or BY_NAME[item.metric].section == "speed":
            continue
        sure = "more than chance" if item.p < ALPHA else "may be chance"
        word = {1: "better", -1: "worse", 0: ""}[direction(item)]
        lines.append(
            f"  {item.metric:<28}{number(item.old):>8} -> {number(item.new):<8}{word:<8}"
            f"p = {item.p:.3f} ({item.test}), {sure}"
        )
    lines += [
        f"  {'+' if change.better else '=' if change.better is None else '-'} {change.id}: "
        f"{change.old.replace('_', ' ')} -> {change.new.replace('_', ' ')}"
        for change in found.changes
    ]
    return lines
