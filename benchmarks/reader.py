"""How well the reader answers SQuAD-style questions, and how well it knows when not to.

    python benchmarks/reader.py --data FILE.json[.gz] --json [--predictions OUT.json]

Takes any file in SQuAD 1.1 or 2.0 JSON. Scores follow the definitions of the official SQuAD 2.0
evaluation (Rajpurkar, Jia and Liang 2018, arXiv:1806.03822): answers are compared in lower case,
without punctuation, without the articles a, an and the, and with single spaces; exact match asks
for equality, F1 is the harmonic mean of precision and recall over the words two answers share,
counted with repetition; of several gold answers the kindest counts. On an unanswerable question
silence scores 1 and any answer 0, and silence on an answerable one scores 0.
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import string
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from assistant.answering.reader_weights import BUNDLED
from assistant.answering.reader_weights import load as load_reader
from assistant.evaluation.confidence import auroc

_ARTICLES = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


@dataclass(frozen=True, slots=True)
class Question:
    """One question with its passage; no `golds` means that the passage does not answer it."""

    id: str
    text: str
    passage: str
    golds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the reader made of one question: its best span, never mind the threshold.

    `exact` and `overlap` (F1) score that span; both are 0 where there is no gold answer.
    """

    answerable: bool
    confidence: float
    exact: float
    overlap: float


@dataclass(frozen=True, slots=True)
class Figures:
    """Percentages, but for counts, thresholds, `auroc` (0 to 1) and milliseconds.

    `best_threshold_f1` chooses its threshold on these very questions: an upper bound, not a
    result. `has_answer_f1_without_threshold` takes the best span of every answerable question.
    """

    questions: int
    answerable: int
    em: float
    f1: float
    has_answer_em: float | None
    has_answer_f1: float | None
    no_answer_accuracy: float | None
    has_answer_em_without_threshold: float | None
    has_answer_f1_without_threshold: float | None
    best_threshold_f1: float
    best_threshold: float
    auroc: float | None
    threshold: float
    ms_per_question: float
    reader: str


def load(path: Path) -> list[Question]:
    """The questions of a SQuAD-JSON file, gzipped or not."""
    raw = path.read_bytes()
    if raw[:2] == b"\x1f\x8b":
        raw = gzip.decompress(raw)
    questions = []
    for article in json.loads(raw)["data"]:
        for paragraph in article["paragraphs"]:
            for qa in paragraph["qas"]:
                golds = tuple(answer["text"] for answer in qa.get("answers", ()))
                if qa.get("is_impossible"):
                    golds = ()
                questions.append(
                    Question(str(qa["id"]), qa["question"], paragraph["context"], golds)
                )
    return questions


def normal(answer: str) -> list[str]:
    """The words of an answer as they are compared."""
    return _ARTICLES.sub(" ", answer.lower().translate(_PUNCTUATION)).split()


def word_f1(answer: str, gold: str) -> float:
    """F1 between the words of two answers; two empty ones agree."""
    ours, theirs = normal(answer), normal(gold)
    if not ours or not theirs:
        return float(ours == theirs)
    shared = (Counter(ours) & Counter(theirs)).total()
    return 2 * shared / (len(ours) + len(theirs))


def score(question: Question, answer: str, confidence: float) -> Outcome:
    """`answer` against the gold answers of `question`."""
    # A gold answer of nothing but articles and punctuation cannot be matched; SQuAD drops it.
    golds = [gold for gold in question.golds if normal(gold)]
    exact = max((float(normal(answer) == normal(gold)) for gold in golds), default=0.0)
    overlap = max((word_f1(answer, gold) for gold in golds), default=0.0)
    return Outcome(bool(golds), confidence, exact, overlap)


def best_threshold(outcomes: Sequence[Outcome]) -> tuple[float, float]:
    """(F1 in percent, threshold) where F1 is highest if only answers at or above it are given."""
    ranked = sorted(outcomes, key=lambda outcome: -outcome.confidence)
    current = float(sum(not outcome.answerable for outcome in ranked))
    best, threshold = current, 1.01
    for place, outcome in enumerate(ranked):
        current += outcome.overlap if outcome.answerable else -1.0
        # Equal confidences are answered together or not at all.
        last = place + 1 == len(ranked)
        if current > best and (last or ranked[place + 1].confidence < outcome.confidence):
            best, threshold = current, outcome.confidence
    return 100 * best / max(1, len(ranked)), threshold


def summarise(
    outcomes: Sequence[Outcome], threshold: float, seconds: float, reader: str
) -> Figures:
    """The figures over `outcomes` if only answers of at least `threshold` are given."""
    answerable = [outcome for outcome in outcomes if outcome.answerable]
    silent = [outcome for outcome in outcomes if not outcome.answerable]
    given = [outcome for outcome in answerable if outcome.confidence >= threshold]
    refused = sum(outcome.confidence < threshold for outcome in silent)
    best, at = best_threshold(outcomes)

    def percent(part: float, whole: int) -> float | None:
        return round(100 * part / whole, 2) if whole else None

    exact, overlap = sum(o.exact for o in given), sum(o.overlap for o in given)
    area = auroc([o.confidence for o in outcomes], [o.answerable for o in outcomes])
    return Figures(
        questions=len(outcomes),
        answerable=len(answerable),
        em=percent(exact + refused, len(outcomes)) or 0.0,
        f1=percent(overlap + refused, len(outcomes)) or 0.0,
        has_answer_em=percent(exact, len(answerable)),
        has_answer_f1=percent(overlap, len(answerable)),
        no_answer_accuracy=percent(refused, len(silent)),
        has_answer_em_without_threshold=percent(sum(o.exact for o in answerable), len(answerable)),
        has_answer_f1_without_threshold=percent(
            sum(o.overlap for o in answerable), len(answerable)
        ),
        best_threshold_f1=round(best, 2),
        best_threshold=round(at, 4),
        auroc=None if area is None else round(area, 4),
        threshold=threshold,
        ms_per_question=round(1000 * seconds / max(1, len(outcomes)), 2),
        reader=reader,
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Read every question's passage and print the figures."""
    parser = argparse.ArgumentParser(description="Measure the reader on a SQuAD-JSON file.")
    parser.add_argument("--data", type=Path, required=True, metavar="FILE.json[.gz]")
    parser.add_argument(
        "--reader", default=BUNDLED, help="folder or name of another reader (default: %(default)s)"
    )
    parser.add_argument("--threshold", type=float, help="instead of the shipped one")
    parser.add_argument("--json", action="store_true", help="one JSON object on one line")
    parser.add_argument("--predictions", type=Path, metavar="OUT.json")
    args = parser.parse_args(argv)
    questions = load(args.data)
    reader = load_reader(args.reader)
    threshold = reader.config.threshold if args.threshold is None else args.threshold
    outcomes, predictions = [], {}
    started = time.perf_counter()
    for question in questions:
        (reading,) = reader.read(question.text, [question.passage], top=1)
        answer, confidence = "", 0.0
        if reading.spans:
            span = reading.spans[0]
            answer, confidence = question.passage[span.start : span.end], span.probability
        outcomes.append(score(question, answer, confidence))
        given = answer if confidence >= threshold else ""
        predictions[question.id] = {"text": given, "confidence": round(confidence, 6)}
    seconds = time.perf_counter() - started
    if args.predictions is not None:
        text = json.dumps(predictions, ensure_ascii=False, indent=0)
        args.predictions.write_text(text + "\n", encoding="utf-8")
    figures = asdict(summarise(outcomes, threshold, seconds, reader.config.name))
    if args.json:
        sys.stdout.write(json.dumps(figures) + "\n")
    else:
        for name, value in figures.items():
            sys.stdout.write(f"{name:34} {value}\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
