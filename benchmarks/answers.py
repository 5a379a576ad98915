"""Answers over thousands of articles: with the reader, and as the sentence engine gave them.

    python benchmarks/answers.py --data ../shared/data --work DIR [--json FILE] [--abstain FILE]

The RealTime QA news quiz, all articles indexed, questions whose SHA-256 is odd. Every question is
asked without a threshold; the shipped one is applied afterwards. Then each is asked once more
with the articles that are labelled as right kept out of the search: most questions then have no
answer, though other articles may hold it (`--abstain` writes the answers given all the same, to be
checked by hand).

The sentence engine is what came before the reader: the same retrieval and sentences, the logistic
model of sentence_engine.json without the reader's features, no pooling of answers.

A text or short answer is right where a gold answer stands in it, at word boundaries.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from realtimeqa import Quiz, load, write_folder

from assistant import Assistant
from assistant.answering import extractive, sentences
from assistant.answering.agreement import Group
from assistant.answering.citations import without_markers
from assistant.answering.confidence import default_threshold
from assistant.answering.drafting import Draft, compose, not_found
from assistant.answering.questions import Question, understand
from assistant.answering.reader import Reader
from assistant.answering.reader_weights import load as load_reader
from assistant.answering.retrieval import Retriever
from assistant.evaluation.confidence import aurc, auroc, risk_coverage
from assistant.evaluation.matching import holds
from assistant.indexing.index import Index
from assistant.records import Filters
from assistant.settings import Settings
from assistant.text import count_words
from assistant.training.examples import Without

_BEFORE = json.loads(Path(__file__).with_name("sentence_engine.json").read_text(encoding="utf-8"))
_PASSAGES = 8
_FURTHER = 0.15  # as it was; and it did not tell different answers apart
Engine = Callable[[Question, Retriever], Draft]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question's answer, and whether it is right; `words` are those of the text, `first` is
    about its first statement alone.
    """

    id: str
    question: str
    text: str
    short: str
    confidence: float
    words: int
    first_words: int
    first_right: bool
    text_right: bool
    short_right: bool
    article_right: bool
    seconds: float


def ask(quiz: Quiz, engine: Engine, retriever: Retriever) -> Asked:
    """Ask one question without a threshold."""
    started = time.perf_counter()
    draft = engine(understand(quiz.text), retriever)
    seconds = time.perf_counter() - started
    text = without_markers(draft.text) if draft.status == "answered" else ""
    first = without_markers(draft.text.partition("]")[0] + "]") if text else ""
    return Asked(
        quiz.id,
        quiz.text,
        draft.text,
        draft.short or "",
        draft.confidence,
        count_words(text),
        count_words(first),
        holds(first, quiz.answers),
        holds(text, quiz.answers),
        holds(draft.short or "", quiz.answers),
        any(citation.article in quiz.articles for citation in draft.citations),
        seconds,
    )


def with_reader(reader: Reader) -> Engine:
    """The assistant's own engine."""
    return lambda question, retriever: extractive.answer(
        question, retriever, reader, Filters(), threshold=0
    )


def sentence_engine(question: Question, retriever: Retriever) -> Draft:
    """The engine as it was before the reader."""
    vector = retriever.embed(question.text)
    evidence = retriever.retrieve(question.text, _PASSAGES, Filters(), vector)
    found = sentences.candidates(evidence)
    if not found:
        return not_found(0.0, evidence)
    reads = [sentences.Read(None, 0.0, 0.0)] * len(found)
    rows, vectors = sentences.features(question, found, reads, evidence, retriever, vector)
    weights = np.array([_BEFORE["weights"].get(name, 0.0) for name in sentences.FEATURES])
    odds = _BEFORE["intercept"] + rows @ weights
    scored = [
        sentences.Scored(sentence, float(value), embedded)
        for sentence, value, embedded in zip(found, odds, vectors, strict=True)
    ]
    scored.sort(key=lambda item: -item.odds)
    calibration = _BEFORE["calibration"]
    log_odds = calibration["slope"] * float(odds.max()) + calibration["intercept"]
    singles = [Group((item,), item.probability) for item in scored]
    return compose(
        extractive.statements(replace(question, asked="other"), singles, _FURTHER),
        1 / (1 + math.exp(-log_odds)),
        evidence,
    )


def figures(asked: Sequence[Asked], threshold: float) -> dict[str, float | None]:
    """Shares of all questions, without a threshold unless the name says otherwise."""
    given = [a.confidence >= threshold for a in asked]
    confidences = [a.confidence for a in asked]
    right = [a.text_right for a in asked]
    return {
        "questions": len(asked),
        "text": statistics.mean(right),
        "short": statistics.mean(a.short_right for a in asked),
        "article": statistics.mean(a.article_right for a in asked),
        "words": statistics.mean(a.words for a in asked),
        "first_sentence": statistics.mean(a.first_right for a in asked),
        "first_sentence_words": statistics.mean(a.first_words for a in asked),
        "answered_at_threshold": statistics.mean(given),
        "text_at_threshold": statistics.mean(
            a.text_right and g for a, g in zip(asked, given, strict=True)
        ),
        "risk_coverage_area": aurc(confidences, right),
        "risk_at_half": float(risk_coverage(confidences, right)[len(asked) // 2]),
        "auroc_right": auroc(confidences, right),
        "median_ms": 1000 * statistics.median(a.seconds for a in asked),
    }


def main() -> int:
    """Index once, ask, print a table, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with bench/ in it")
    parser.add_argument("--work", type=Path, required=True, help="where the index is kept")
    parser.add_argument("--split", choices=("odd", "even"), default="odd")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--abstain", type=Path, metavar="FILE", help="answers to check by hand")
    args = parser.parse_args()
    articles, questions = load(args.data, args.split)
    index = args.work / "index"
    if not (index / "current").is_file():
        print(f"indexing {len(articles):,} articles ...", file=sys.stderr)
        Assistant.build([write_folder(articles, args.work / "articles")], index).close()
    settings = Settings(index)
    with closing(Index.open(index, settings.embedding_model)) as opened:
        retriever = Retriever(opened, opened.load_embedder())
        reader = load_reader(settings.reader)
        engines: dict[str, tuple[Engine, float]] = {
            "with the reader": (with_reader(reader), default_threshold()),
            "sentence engine": (sentence_engine, _BEFORE["threshold"]),
        }
        results: dict[str, Any] = {"articles": len(articles), "split": args.split}
        kept: list[Asked] = []
        for name, (engine, threshold) in engines.items():
            asked, left = [], []
            for number, quiz in enumerate(questions, start=1):
                asked.append(ask(quiz, engine, retriever))
                blind = Without(retriever.index, retriever.embedder, kept_out=quiz.articles)
                left.append(ask(quiz, engine, blind))
                if number % 50 == 0:
                    print(f"{name}: {number} of {len(questions)}", file=sys.stderr)
            results[name] = figures(asked, threshold) | {
                "kept_out_refused": statistics.mean(a.confidence < threshold for a in left),
                "kept_out_text_right": statistics.mean(a.text_right for a in left),
                "auroc_kept_out": auroc(
                    [a.confidence for a in (*asked, *left)],
                    [True] * len(asked) + [False] * len(left),
                ),
            }
            if engine is not sentence_engine:
                kept = [a for a in left if a.confidence >= threshold]
    print(f"{'':<24}" + "".join(f"{name:>18}" for name in engines))
    for row in results["with the reader"]:
        values = (results[name][row] for name in engines)
        print(f"{row:<24}" + "".join(f"{value:>18.3f}" for value in values))
    if args.json:
        args.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    if args.abstain:
        lines = (
            json.dumps(
                {
                    "id": a.id,
                    "question": a.question,
                    "text": a.text,
                    "short": a.short,
                    "confidence": round(a.confidence, 3),
                    "holds_gold": a.text_right,
                },
                ensure_ascii=False,
            )
            for a in kept
        )
        args.abstain.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
