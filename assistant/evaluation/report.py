"""What an evaluation found, as records and as files: report.json, questions.csv, report.html."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from assistant.errors import UsageError
from assistant.evaluation import statistics
from assistant.evaluation.compare import Comparison
from assistant.evaluation.engines import Engine
from assistant.evaluation.gold import Gold
from assistant.evaluation.grading import OUTCOMES, Outcome, Row, grade
from assistant.evaluation.metrics import METRICS, groups, measure
from assistant.evaluation.replies import Reply
from assistant.evaluation.run import Replied
from assistant.records import GoldQuestion

SCHEMA = 1
Figures = dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Run:
    """One engine's replies, graded. `intervals` are of 95%; `groups` figures by group of questions,
    with their number.
    """

    engine: str
    threshold: float
    settings: Mapping[str, Any]
    questions: tuple[GoldQuestion, ...]
    replies: tuple[Reply, ...]
    rows: tuple[Row, ...]
    figures: Figures
    intervals: Mapping[str, tuple[float, float] | None]
    groups: Mapping[str, tuple[int, Figures]]

    @property
    def outcomes(self) -> dict[Outcome, int]:
        """How many questions had each outcome, the bad ones first."""
        counts = Counter(row.outcome for row in self.rows)
        return {outcome: counts[outcome] for outcome in OUTCOMES}


@dataclass(frozen=True, slots=True)
class Report:
    """An evaluation: what was asked of whom over which index, and what came of it."""

    made: str
    version: str
    gold: Gold
    index: Mapping[str, Any]
    runs: tuple[Run, ...]
    comparisons: tuple[Comparison, ...] = ()
    failures: tuple[str, ...] = ()


def make_run(
    engine: Engine,
    questions: Sequence[GoldQuestion],
    replied: Sequence[Replied],
    texts: Mapping[str, str],
    threshold: float | None = None,
) -> Run:
    """Grade an engine's replies, and measure; `threshold` replaces the engine's own."""
    limit = engine.threshold if threshold is None else threshold
    rows = tuple(
        grade(question, item.reply, item.seconds, texts).at(limit)
        for question, item in zip(questions, replied, strict=True)
    )
    return Run(
        engine=engine.name,
        threshold=limit,
        settings=engine.settings,
        questions=tuple(questions),
        replies=tuple(item.reply for item in replied),
        rows=rows,
        figures=measure(rows),
        intervals={metric.name: statistics.interval(metric, rows) for metric in METRICS},
        groups={name: (len(part), measure(part)) for name, part in groups(rows).items()},
    )


def to_values(report: Report) -> dict[str, Any]:
    """The report as JSON values; `--compare` reads the rows in it again."""
    return {
        "schema": SCHEMA,
        "made": report.made,
        "version": report.version,
        "gold": [asdict(file) for file in report.gold.files],
        "index": dict(report.index),
        "runs": [
            {
                **summary(run),
                "questions": [
                    {
                        "question": question.question,
                        "answers": list(question.answers),
                        "row": row.values(),
                        "reply": reply.values(),
                    }
                    for question, row, reply in zip(
                        run.questions, run.rows, run.replies, strict=True
                    )
                ],
            }
            for run in report.runs
        ],
        "comparisons": [comparison_values(found) for found in report.comparisons],
        "failures": list(report.failures),
    }


def summary(run: Run) -> dict[str, Any]:
    """A run's figures as JSON values, without its questions."""
    return {
        "engine": run.engine,
        "threshold": run.threshold,
        "settings": dict(run.settings),
        "outcomes": run.outcomes,
        "figures": run.figures,
        "intervals": dict(run.intervals),
        "groups": {
            name: {"questions": count, "figures": figures}
            for name, (count, figures) in run.groups.items()
        },
    }


def comparison_values(found: Comparison) -> dict[str, Any]:
    """A comparison as JSON values."""
    return {**asdict(found), "worse": [d.metric for d in found.worse]}


def write(report: Report, folder: Path, texts: Mapping[str, str]) -> Path:
    """Write report.html, report.json and questions.csv into `folder`; the path of the page.

    `texts` are the articles' texts by id, to show gold evidence from. Raises UsageError where that
    cannot be done.
    """
    from assistant.evaluation.page import to_html

    try:
        folder.mkdir(parents=True, exist_ok=True)
        text = json.dumps(to_values(report), ensure_ascii=False, indent=1)
        _write(folder / "report.json", text + "\n")
        with (folder / "questions.csv").open(
            "w", encoding="utf-8", errors="replace", newline=""
        ) as file:
            _write_csv(report, file)
        page = folder / "report.html"
        _write(page, to_html(report, texts))
    except OSError as error:
        raise UsageError(
            f"the report cannot be written to {folder} ({error.strerror or error})"
        ) from error
    return page


def _write(path: Path, text: str) -> None:
    # A lone surrogate, which JSON can smuggle in, has no UTF-8.
    path.write_bytes(text.encode("utf-8", "replace"))


def _write_csv(report: Report, file: Any) -> None:
    writer = csv.writer(file)
    writer.writerow(
        [
            "engine",
            "id",
            "kind",
            "question",
            "understood",
            "answerable",
            "outcome",
            "confidence",
            "seconds",
            "short",
            "text",
            "accepted",
            "citations",
            "citations_right",
            "citations_verbatim",
            "first_evidence_rank",
        ]
    )
    for run in report.runs:
        for question, reply, row in zip(run.questions, run.replies, run.rows, strict=True):
            writer.writerow(
                _plain(value)
                for value in (
                    run.engine,
                    row.id,
                    row.kind,
                    question.question,
                    reply.understood,
                    row.answerable,
                    row.outcome,
                    f"{row.confidence:.4f}",
                    f"{row.seconds:.3f}",
                    reply.short or "",
                    reply.text,
                    " | ".join(question.answers),
                    len(row.citations),
                    sum(c.right for c in row.citations),
                    sum(c.verbatim for c in row.citations),
                    row.relevant[0] if row.relevant else "",
                )
            )


def _plain(value: object) -> object:
    """`value` so that no spreadsheet takes it for a formula."""
    if isinstance(value, str) and value.lstrip()[:1] in ("=", "+", "-", "@"):
        return "'" + value
    return value
