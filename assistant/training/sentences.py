"""Fit the sentence model: `python -m assistant.training.sentences --data DIR`.

The labelled questions are our own, in benchmarks/dev, about ten groups of news articles in
DIR/bench; those that the project reports on are others, about other articles. Every question goes
through the assistant's own indexing and retrieval; each candidate sentence is one example, right
where it overlaps the evidence. The figures printed are from cross-validation by group.

Questions of SQuAD 2.0 in addition (840 of 14 of its articles) made news answers worse and were
left out.
"""

from __future__ import annotations

import argparse
import gzip
import json
import logging
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from assistant.answering.questions import understand
from assistant.answering.reader import Reader
from assistant.answering.reader_weights import BUNDLED
from assistant.answering.reader_weights import load as load_reader
from assistant.answering.retrieval import Retriever
from assistant.answering.sentences import FEATURES, candidates, features, read
from assistant.indexing.build import refresh
from assistant.indexing.embedder import BUNDLED as EMBEDDING_MODEL
from assistant.indexing.embedder import Embedder
from assistant.indexing.embedder_export import keep
from assistant.indexing.index import Index
from assistant.records import Filters

if TYPE_CHECKING:
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

_PASSAGES = 8
# Share of answerable questions that the threshold may refuse here; unseen ones may be some points
# worse off.
_REFUSED = 0.06
_REGULARISATION = 1.0
_Asked = tuple[str, tuple[tuple[str, int, int], ...]]


@dataclass(frozen=True, slots=True)
class Library:
    """Articles by id, and questions with evidence as (article, start, end)."""

    name: str
    articles: dict[str, str]
    questions: tuple[_Asked, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """One question: features (n, f) of its candidates, and which of them are right."""

    library: str
    answerable: bool
    rows: NDArray[np.float32]
    right: NDArray[np.bool_]


def libraries(questions: Path, groups: Path, articles: Path) -> Iterator[Library]:
    """One library a group of news articles."""
    with gzip.open(articles, "rt", encoding="utf-8") as lines:
        texts = {entry["id"]: entry["text"] for entry in map(json.loads, lines)}
    asked: dict[str, list[Any]] = {}
    for line in questions.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        spans = tuple((e["article"], e["start"], e["end"]) for e in entry["evidence"])
        asked.setdefault(entry["group"], []).append((entry["question"], spans))
    for name, ids in json.loads(groups.read_text(encoding="utf-8")).items():
        yield Library(name, {i: texts[i] for i in ids}, tuple(asked[name]))


def examples(library: Library, embedder: Embedder, reader: Reader) -> Iterator[Example]:
    """The library's questions, each through indexing and retrieval as in use."""
    with tempfile.TemporaryDirectory() as folder:
        source, built = Path(folder, "articles"), Path(folder, "index")
        source.mkdir()
        for id_, text in library.articles.items():
            (source / f"{id_}.txt").write_bytes(text.encode())
        refresh(built, [source], lambda kept: embedder, embedder.name)
        index = Index.open(built, embedder.name)
        retriever = Retriever(index, embedder)
        for text, spans in library.questions:
            question = understand(text)
            vector = retriever.embed(text)
            evidence = retriever.retrieve(text, _PASSAGES, Filters(), vector)
            sentences = candidates(evidence)
            reads = read(question, sentences, evidence, reader)
            rows, _ = features(question, sentences, reads, evidence, retriever, vector)
            right = [
                any(
                    s.article.id == a and s.start < end and start < s.end for a, start, end in spans
                )
                for s in sentences
            ]
            yield Example(library.name, bool(spans), rows, np.asarray(right))
        index.close()


def fit(data: Sequence[Example]) -> tuple[float, NDArray[np.float64]]:
    """Intercept and weights of the logistic model; every question weighs the same."""
    from sklearn.linear_model import LogisticRegression

    rows = np.concatenate([e.rows for e in data])
    right = np.concatenate([e.right for e in data])
    weight = np.concatenate([np.full(len(e.rows), 1 / len(e.rows)) for e in data])
    spread = rows.std(axis=0) + 1e-9
    model = LogisticRegression(C=_REGULARISATION * len(data), max_iter=2000)
    model.fit(rows / spread, right, weight * len(rows) / weight.sum())
    return float(model.intercept_[0]), model.coef_[0] / spread


@dataclass(frozen=True, slots=True)
class Prediction:
    """A question as a model saw it that was fitted on the other libraries only.

    `score` is the best sentence's log-odds; `first` and `given` say whether that sentence, and
    whether one of the best three, is right.
    """

    score: float
    answerable: bool
    first: bool
    given: bool


def predict_held_out(data: Sequence[Example]) -> list[Prediction]:
    """A prediction for every question."""
    predictions = []
    for held in sorted({e.library for e in data}):
        intercept, weights = fit([e for e in data if e.library != held])
        for example in data:
            if example.library == held:
                scores = intercept + example.rows @ weights
                right = example.right[np.argsort(-scores)]
                predictions.append(
                    Prediction(
                        float(scores.max()),
                        example.answerable,
                        bool(right[:1].any()),
                        bool(right[:3].any()),
                    )
                )
    return predictions


def calibrate(predictions: Sequence[Prediction]) -> tuple[float, float]:
    """Slope and intercept that turn a score into the log-odds of a right answer (Platt 1999)."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=1e6)
    model.fit([[p.score] for p in predictions], [p.given for p in predictions])
    return float(model.coef_[0, 0]), float(model.intercept_[0])


def describe(predictions: Sequence[Prediction], confidences: NDArray[np.float64]) -> dict[str, Any]:
    """Figures on held-out questions, and the threshold that refuses few that have an answer."""
    from sklearn.metrics import roc_auc_score

    answerable = np.asarray([p.answerable for p in predictions])
    chosen = float(np.quantile(confidences[answerable], _REFUSED))
    figures = {
        "questions": len(predictions),
        "best_sentence_right": np.mean([p.first for p in predictions if p.answerable]),
        "best_three_hold_right": np.mean([p.given for p in predictions if p.answerable]),
        "auroc_answerable": roc_auc_score(answerable, confidences),
        "threshold": chosen,
        "unanswerable_refused": np.mean(confidences[~answerable] < chosen),
    }
    return {name: round(float(value), 3) for name, value in figures.items()}


def main() -> None:
    """Fit, print cross-validated figures, and write the model."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, required=True, help="holds bench/")
    parser.add_argument("--dev", type=Path, default=Path("benchmarks/dev"))
    parser.add_argument("--out", type=Path, default=Path("assistant/answering/sentence_model.json"))
    parser.add_argument("--reader", default=BUNDLED, help="folder of another reader's weights")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    reader = load_reader(args.reader)
    data: list[Example] = []
    articles = args.data / "bench" / "realtimeqa_dev_articles.jsonl.gz"
    with tempfile.TemporaryDirectory() as kept:
        embedder = keep(EMBEDDING_MODEL, Path(kept))
        for library in libraries(args.dev / "questions.jsonl", args.dev / "groups.json", articles):
            data += examples(library, embedder, reader)
            log.info("%s: %d questions so far", library.name, len(data))
    predictions = predict_held_out(data)
    slope, offset = calibrate(predictions)
    log_odds = slope * np.asarray([p.score for p in predictions]) + offset
    figures = describe(predictions, 1 / (1 + np.exp(-log_odds)))
    intercept, weights = fit(data)
    model = {
        "intercept": round(intercept, 4),
        "calibration": {"slope": round(slope, 4), "intercept": round(offset, 4)},
        "threshold": figures["threshold"],
        "weights": {n: round(float(w), 4) for n, w in zip(FEATURES, weights, strict=True)},
        "cross_validated": figures,
    }
    args.out.write_text(json.dumps(model, indent=1) + "\n", encoding="utf-8")
    log.info("%s", json.dumps(model, indent=1))


if __name__ == "__main__":
    main()
