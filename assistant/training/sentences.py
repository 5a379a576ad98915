"""Fit the sentence model and the confidence: `python -m assistant.training.sentences --data DIR`.

The labelled questions are our own, in benchmarks/dev, about two dozen groups of news articles in
DIR/bench; those that the project reports on are others, about other articles. Every question goes
through the assistant's own indexing and retrieval; each candidate sentence is one example of the
sentence model, right where it overlaps the evidence. The confidence is fitted on what sentence
models that have not seen a group make of its questions, an example a question, right where the
answer quotes the evidence. The figures printed, and the threshold, are from cross-validation by
group.
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

from assistant.answering import confidence
from assistant.answering.agreement import groups
from assistant.answering.extractive import statements
from assistant.answering.questions import Question, understand
from assistant.answering.reader import Reader
from assistant.answering.reader_weights import BUNDLED
from assistant.answering.reader_weights import load as load_reader
from assistant.answering.retrieval import Retriever
from assistant.answering.sentences import (
    FEATURES,
    Read,
    Sentence,
    candidates,
    features,
    logistic,
    ranked,
    read,
)
from assistant.indexing.build import refresh
from assistant.indexing.embedder import BUNDLED as EMBEDDING_MODEL
from assistant.indexing.embedder import Embedder
from assistant.indexing.embedder_export import keep
from assistant.indexing.index import Index
from assistant.records import Evidence, Filters

if TYPE_CHECKING:
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

_PASSAGES = 8
# Share of answerable questions that the threshold may refuse here; unseen ones may be some points
# worse off.
_REFUSED = 0.06
_REGULARISATION = 1.0
_CONFIDENCE_REGULARISATION = 0.03
_Asked = tuple[str, tuple[tuple[str, int, int], ...]]


@dataclass(frozen=True, slots=True)
class Library:
    """Articles by id, and questions with evidence as (article, start, end)."""

    name: str
    articles: dict[str, str]
    questions: tuple[_Asked, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """One question: its candidates with features (n, f), and which of them are right."""

    library: str
    question: Question
    answerable: bool
    evidence: tuple[Evidence, ...]
    sentences: tuple[Sentence, ...]
    reads: tuple[Read, ...]
    vectors: NDArray[np.float32]
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
            rows, vectors = features(question, sentences, reads, evidence, retriever, vector)
            right = [overlaps(s.article.id, (s.start, s.end), spans) for s in sentences]
            yield Example(
                library.name,
                question,
                bool(spans),
                evidence,
                tuple(sentences),
                tuple(reads),
                vectors,
                rows,
                np.asarray(right),
            )
        index.close()


def overlaps(article: str, span: tuple[int, int], gold: Sequence[tuple[str, int, int]]) -> bool:
    """Whether a stretch of an article shares a character with the gold evidence."""
    return any(id_ == article and span[0] < end and start < span[1] for id_, start, end in gold)


def fit(data: Sequence[Example]) -> tuple[float, NDArray[np.float64]]:
    """Intercept and weights of the sentence model; every question weighs the same."""
    rows = np.concatenate([e.rows for e in data])
    right = np.concatenate([e.right for e in data])
    weight = np.concatenate([np.full(len(e.rows), 1 / len(e.rows)) for e in data])
    weight *= len(rows) / weight.sum()
    return logistic_model(rows, right, _REGULARISATION * len(data), weight)


def logistic_model(
    rows: NDArray[Any], right: NDArray[np.bool_], strength: float, weight: NDArray[Any] | None
) -> tuple[float, NDArray[np.float64]]:
    """Intercept and weights; `strength` is sklearn's C, for features of unit variance."""
    from sklearn.linear_model import LogisticRegression

    spread = rows.std(axis=0) + 1e-9
    model = LogisticRegression(C=strength, max_iter=2000)
    model.fit((rows - rows.mean(axis=0)) / spread, right, weight)
    weights = model.coef_[0] / spread
    return float(model.intercept_[0] - rows.mean(axis=0) @ weights), weights


@dataclass(frozen=True, slots=True)
class Prediction:
    """A question as a sentence model saw it that was fitted on the other libraries only.

    `row` are the features of its confidence; `first` and `given` say whether the best sentence,
    and whether one of those that the answer quotes, is right.
    """

    library: str
    answerable: bool
    row: NDArray[np.float64]
    first: bool
    given: bool


def predict_held_out(data: Sequence[Example]) -> list[Prediction]:
    """A prediction for every question."""
    predictions = []
    for held in sorted({e.library for e in data}):
        intercept, weights = fit([e for e in data if e.library != held])
        for example in data:
            if example.library == held:
                predictions.append(_predict(example, intercept + example.rows @ weights))
    return predictions


def _predict(example: Example, odds: NDArray[np.float64]) -> Prediction:
    best = groups(ranked(example.sentences, odds, example.vectors, example.reads))
    lead = best[0].members[0]
    right = {s for s, ok in zip(example.sentences, example.right, strict=True) if ok}
    gold = [(s.article.id, s.start, s.end) for s in right]
    said = [
        overlaps(statement.versions[0].article.id, statement.quoted, gold)
        for statement in statements(example.question, best)
    ]
    row = np.asarray(confidence.features(example.question, lead, example.evidence))
    return Prediction(example.library, example.answerable, row, lead.sentence in right, any(said))


def fit_confidence(data: Sequence[Prediction]) -> tuple[float, NDArray[np.float64]]:
    """Intercept and weights of the confidence."""
    rows, right = np.stack([p.row for p in data]), np.asarray([p.given for p in data])
    return logistic_model(rows, right, _CONFIDENCE_REGULARISATION, None)


def confidences_held_out(data: Sequence[Prediction]) -> NDArray[np.float64]:
    """Every question's confidence by a model fitted on the other libraries."""
    found = np.zeros(len(data))
    for held in sorted({p.library for p in data}):
        intercept, weights = fit_confidence([p for p in data if p.library != held])
        for i, prediction in enumerate(data):
            if prediction.library == held:
                found[i] = logistic(intercept + float(prediction.row @ weights))
    return found


def describe(predictions: Sequence[Prediction], confidences: NDArray[np.float64]) -> dict[str, Any]:
    """Figures on held-out questions, and the threshold that refuses few that have an answer."""
    from sklearn.metrics import roc_auc_score

    answerable = np.asarray([p.answerable for p in predictions])
    chosen = float(np.quantile(confidences[answerable], _REFUSED))
    figures = {
        "questions": len(predictions),
        "best_sentence_right": np.mean([p.first for p in predictions if p.answerable]),
        "quoted_right": np.mean([p.given for p in predictions if p.answerable]),
        "auroc_answerable": roc_auc_score(answerable, confidences),
        "auroc_right": roc_auc_score([p.given for p in predictions], confidences),
        "threshold": chosen,
        "unanswerable_refused": np.mean(confidences[~answerable] < chosen),
    }
    return {name: round(float(value), 3) for name, value in figures.items()}


def _rounded(
    names: Sequence[str], intercept: float, weights: NDArray[np.float64]
) -> dict[str, Any]:
    named = {name: round(float(w), 4) for name, w in zip(names, weights, strict=True)}
    return {"intercept": round(intercept, 4), "weights": named}


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
    figures = describe(predictions, confidences_held_out(predictions))
    model = {
        **_rounded(FEATURES, *fit(data)),
        "confidence": _rounded(confidence.FEATURES, *fit_confidence(predictions)),
        "threshold": figures["threshold"],
        "cross_validated": figures,
    }
    args.out.write_text(json.dumps(model, indent=1) + "\n", encoding="utf-8")
    log.info("%s", json.dumps(model, indent=1))


if __name__ == "__main__":
    main()
