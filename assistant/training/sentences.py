"""Fit the sentence model and the confidence: `python -m assistant.training.sentences --data DIR`.

The labelled questions are our own, in benchmarks/dev, about groups of news articles in DIR/bench;
those that the project reports on are others, about other articles. How they are asked is told in
`examples`. Each candidate sentence is one example of the sentence model. The confidence is fitted
on what sentence models that have not seen a group make of its questions, an example a question,
right where the answer quotes a right sentence. The figures printed, and the threshold, are from
cross-validation by group, on the small libraries.

`--archive` is an index of all the articles, as benchmarks/answers.py makes it under its `--work`.
"""

from __future__ import annotations

import argparse
import json
import logging
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from assistant.answering import confidence
from assistant.answering.agreement import groups
from assistant.answering.extractive import statements
from assistant.answering.reader_weights import BUNDLED
from assistant.answering.reader_weights import load as load_reader
from assistant.answering.retrieval import Retriever
from assistant.answering.sentences import FEATURES, logistic, ranked
from assistant.evaluation.confidence import auroc
from assistant.indexing.embedder import BUNDLED as EMBEDDING_MODEL
from assistant.indexing.embedder_export import keep
from assistant.indexing.index import Index
from assistant.training.examples import Example, in_archive, in_library, libraries, overlaps

if TYPE_CHECKING:
    from numpy.typing import NDArray

log = logging.getLogger(__name__)

# Share of answerable questions that the threshold may refuse here; unseen ones may be some points
# worse off.
_REFUSED = 0.08
_REGULARISATION = 1.0
_CONFIDENCE_REGULARISATION = 0.03


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


def predict_held_out(data: Sequence[Example], others: Sequence[Example]) -> list[Prediction]:
    """A prediction for every question, each from those `others` that are not of its library."""
    predictions = []
    for held in sorted({e.library for e in data}):
        intercept, weights = fit([e for e in others if e.library != held])
        for example in data:
            if example.library == held:
                predictions.append(_predict(example, intercept + example.rows @ weights))
    return predictions


def _predict(example: Example, odds: NDArray[np.float64]) -> Prediction:
    cosines = example.rows[:, FEATURES.index("sentence_cosine")]
    best = groups(ranked(example.sentences, odds, example.vectors, example.reads, cosines))
    lead = best[0].members[0]
    right = {s for s, ok in zip(example.sentences, example.right, strict=True) if ok}
    gold = [(s.article.id, s.start, s.end) for s in right]
    said = [
        overlaps(statement.versions[0].article.id, statement.quoted, gold)
        for statement in statements(example.question, best)
    ]
    row = np.asarray(
        confidence.features(example.question, lead, example.evidence, example.passages)
    )
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


def fitted_model(small: Sequence[Example], large: Sequence[Example]) -> dict[str, Any]:
    """Both models with their held-out figures, as sentence_model.json holds them."""
    everything = [*small, *large]
    predictions = predict_held_out(small, everything)
    archived = predict_held_out(large, everything)
    confidences = confidences_held_out([*predictions, *archived])
    figures = describe(predictions, confidences[: len(small)])
    given = np.asarray([p.given for p in archived])
    refused = confidences[len(small) :] < figures["threshold"]
    archive = {
        "questions": len(large),
        "quoted_right": np.mean(given),
        "right_refused": np.mean(refused[given]),
        "wrong_refused": np.mean(refused[~given]),
    }
    confident = fit_confidence([*predictions, *archived])
    return {
        **_rounded(FEATURES, *fit(everything)),
        "confidence": _rounded(confidence.FEATURES, *confident),
        "threshold": figures["threshold"],
        "cross_validated": figures,
        "in_archive": {name: round(float(value), 3) for name, value in archive.items()},
    }


def describe(predictions: Sequence[Prediction], confidences: NDArray[np.float64]) -> dict[str, Any]:
    """Figures on held-out questions, and the threshold that refuses few that have an answer."""
    answerable = np.asarray([p.answerable for p in predictions])
    chosen = float(np.quantile(confidences[answerable], _REFUSED))
    figures = {
        "questions": len(predictions),
        "best_sentence_right": np.mean([p.first for p in predictions if p.answerable]),
        "quoted_right": np.mean([p.given for p in predictions if p.answerable]),
        "auroc_answerable": auroc(confidences, answerable),
        "auroc_right": auroc(confidences, [p.given for p in predictions]),
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
    parser.add_argument("--archive", type=Path, required=True, help="index of all its articles")
    parser.add_argument("--dev", type=Path, default=Path("benchmarks/dev"))
    parser.add_argument("--out", type=Path, default=Path("assistant/answering/sentence_model.json"))
    parser.add_argument("--reader", default=BUNDLED, help="folder of another reader's weights")
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    reader = load_reader(args.reader)
    small: list[Example] = []
    large: list[Example] = []
    articles = args.data / "bench" / "realtimeqa_dev_articles.jsonl.gz"
    with (
        tempfile.TemporaryDirectory() as kept,
        closing(Index.open(args.archive, EMBEDDING_MODEL)) as index,
    ):
        embedder = keep(EMBEDDING_MODEL, Path(kept))
        archive = Retriever(index, index.load_embedder())
        for library in libraries(args.dev / "questions.jsonl", args.dev / "groups.json", articles):
            small += in_library(library, embedder, reader)
            large += in_archive(library, archive, reader)
            log.info("%s: %d questions so far", library.name, len(small))
    model = fitted_model(small, large)
    args.out.write_text(json.dumps(model, indent=1) + "\n", encoding="utf-8")
    log.info("%s", json.dumps(model, indent=1))


if __name__ == "__main__":
    main()
