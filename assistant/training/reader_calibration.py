"""What a reader's scores mean: probability and threshold, fitted on held-out questions."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from assistant.answering.reader import Reader
from assistant.answering.reader_weights import ReaderConfig, load
from assistant.evaluation.confidence import auroc
from assistant.text import fold, words
from assistant.training.reader_data import Prepared


@dataclass(frozen=True, slots=True)
class Trial:
    """A held-out question with its passage; no `golds` where the passage does not answer it."""

    group: str
    question: str
    passage: str
    golds: tuple[str, ...]


def trials(prepared: Prepared) -> list[Trial]:
    """The held-out examples as made, and the held-out SQuAD questions on whole contexts."""
    made = [
        Trial(
            f"{example.source}/{example.kind}/{'null' if example.answer is None else 'answer'}",
            example.question,
            example.context,
            () if example.answer is None else (example.context[slice(*example.answer)],),
        )
        for example in prepared.held_out
    ]
    return made + [
        Trial(
            f"whole/{'answer' if item.answers else 'null'}",
            item.question,
            item.context,
            tuple(item.context[start:end] for start, end in item.answers),
        )
        for item in prepared.held_out_squad
    ]


def _likeness(answer: str, golds: Sequence[str]) -> float:
    """The best F1 over words between `answer` and one of `golds`."""
    best = 0.0
    ours = Counter(fold(word) for word in words(answer)) - Counter(("the", "a", "an"))
    for gold in golds:
        theirs = Counter(fold(word) for word in words(gold)) - Counter(("the", "a", "an"))
        shared = (ours & theirs).total()
        if shared:
            best = max(best, 2 * shared / (ours.total() + theirs.total()))
    return best


def attempt(reader: Reader, questions: Sequence[Trial]) -> tuple[np.ndarray, np.ndarray]:
    """(scores, F1) of the best span for each of `questions`; F1 is 0 where there is no answer."""
    scores, likeness = [], []
    for trial in questions:
        (reading,) = reader.read(trial.question, [trial.passage], top=1)
        span = reading.spans[0] if reading.spans else None
        scores.append(span.score if span else -50.0)
        answer = trial.passage[span.start : span.end] if span else ""
        likeness.append(_likeness(answer, trial.golds))
    return np.array(scores), np.array(likeness)


def platt(scores: np.ndarray, right: np.ndarray) -> tuple[float, float]:
    """(slope, intercept) of the logistic curve from score to the share that is right.

    Newton's method on the log-likelihood; targets are drawn in a little from 0 and 1 (Platt 1999)
    so that the curve stays finite where scores separate perfectly.
    """
    positive, negative = right.sum(), (~right).sum()
    target = np.where(right, (positive + 1) / (positive + 2), 1 / (negative + 2))
    x = np.stack((scores, np.ones_like(scores)), 1)
    weights = np.zeros(2)
    for _ in range(50):
        p = 1 / (1 + np.exp(-np.clip(x @ weights, -60, 60)))
        curvature = (x * (p * (1 - p))[:, None]).T @ x + 1e-6 * np.eye(2)
        step = np.linalg.solve(curvature, x.T @ (target - p))
        weights += step
        if np.abs(step).max() < 1e-8:
            break
    return float(weights[0]), float(weights[1])


def best_cut(scores: np.ndarray, likeness: np.ndarray, null: np.ndarray) -> tuple[float, float]:
    """(score, mean F1) where answering only at or above the score is worth most on average."""
    order = np.argsort(-scores, kind="stable")
    gain = np.where(null, -1.0, likeness)[order]
    values = (null.sum() + np.concatenate(([0.0], np.cumsum(gain)))) / len(scores)
    best = int(values.argmax())
    cut = scores[order[best - 1]] if best else scores.max() + 1
    return float(cut), float(values[best])


def calibrate(
    out: Path, questions: Sequence[Trial], name: str, max_tokens: int
) -> dict[str, object]:
    """Fit probability and threshold on held-out questions, write `config.json`, return figures.

    The curve is fitted on all of them, the threshold is the one with the best mean F1 over them.
    The figures are those of the very questions fitted on: two numbers off 3,000 questions.
    """
    config = ReaderConfig(name, max_tokens)

    def write(config: ReaderConfig) -> None:
        (out / "config.json").write_text(json.dumps(asdict(config), indent=1) + "\n", "utf-8")

    write(config)
    null = np.array([not trial.golds for trial in questions])
    scores, likeness = attempt(load(str(out)), questions)
    # Sums of words: half of a long answer is still what was asked for.
    right = likeness >= 0.5
    slope, intercept = platt(scores, right)
    cut, f1 = best_cut(scores, likeness, null)
    config = replace(config, slope=round(slope, 5), intercept=round(intercept, 5))
    config = replace(config, threshold=round(config.probability(cut), 4))
    write(config)
    chances = np.array([config.probability(score) for score in scores])
    bins = np.minimum((chances * 10).astype(int), 9)
    table = [
        (round(float(chances[bins == b].mean()), 3), round(float(right[bins == b].mean()), 3), n)
        for b in range(10)
        if (n := int((bins == b).sum()))
    ]
    groups: dict[str, object] = {}
    kinds = np.array([trial.group for trial in questions])
    for kind in sorted(set(kinds)):
        of = kinds == kind
        empty = kind.endswith("null")
        groups[kind] = {
            "questions": int(of.sum()),
            "answered": round(float((scores[of] >= cut).mean()), 3),
            "f1_without_threshold": None if empty else round(float(likeness[of].mean()), 3),
        }
    whole = np.array([trial.group.startswith("whole/") for trial in questions])
    return {
        "config": asdict(config),
        "mean_f1": round(f1, 4),
        "auroc_answerable": auroc(scores, ~null),
        "auroc_right": auroc(scores, right),
        "calibration_error": round(
            sum(n * abs(said - was) for said, was, n in table) / len(questions), 4
        ),
        "reliability (said, was, questions)": table,
        "whole_squad_best_f1": round(best_cut(scores[whole], likeness[whole], null[whole])[1], 4),
        "whole_squad_answerable_f1": round(float(likeness[whole & ~null].mean()), 4),
        "groups": groups,
    }
