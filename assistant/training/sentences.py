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
from assistant.answering.retrieval import Retriever
from assistant.answering.sentences import FEATURES, candidates, features
from assistant.indexing.build import refresh
from assistant.indexing.embedder import Embedder
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


def examples(library: Library, embedder: Embedder) -> Iterator[Example]:
    """The library's questions, each through indexing and retrieval as in use."""
    with tempfile.TemporaryDirectory() as folder:
        source, built = Path(folder, "articles"), Path(folder, "index")
        source.mkdir()
        for id_, text in library.articles.items():
            (source / f"{id_}.txt").write_bytes(text.encode())
        refresh(built, [source], lambda: embedder, embedder.name)
        index = Index.open(built, embedder.name)
        retriever = Retriever(index, embedder)
        for text, spans in library.questions:
            question = understand(text)
            vector = retriever.embed(text)
            evidence = retriever.retrieve(text, _PASSAGES, Filters(), vector)
            sentences = candidates(evidence)
            rows, _ = features(question, sentences, evidence, retriever, vector)
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


def choose_threshold(best: NDArray[np.float64], answerable: NDArray[np.bool_]) -> float:
    """The confidence below which the share of answerable questions refused stays allowed."""
    return float(np.quantile(best[answerable], _REFUSED))


def _confidence(example: Example, intercept: float, weights: NDArray[np.float64]) -> Any:
    return 1 / (1 + np.exp(-(intercept + example.rows @ weights)))


def cross_validate(data: Sequence[Example]) -> dict[str, float]:
    """Figures on all questions, each predicted by a model that saw only the other libraries."""
    from sklearn.metrics import roc_auc_score

    best, answerable, top1, top3 = [], [], [], []
    for held in sorted({e.library for e in data}):
        model = fit([e for e in data if e.library != held])
        for example in data:
            if example.library != held:
                continue
            probability = _confidence(example, *model)
            order = np.argsort(-probability)
            best.append(float(probability.max()))
            answerable.append(example.answerable)
            if example.answerable:
                top1.append(bool(example.right[order[:1]].any()))
                top3.append(bool(example.right[order[:3]].any()))
    chosen = choose_threshold(np.asarray(best), np.asarray(answerable))
    refused = [b < chosen for b, a in zip(best, answerable, strict=True) if not a]
    figures = {
        "questions": len(best),
        "best_sentence_right": np.mean(top1),
        "best_three_hold_right": np.mean(top3),
        "auroc_answerable": roc_auc_score(answerable, best),
        "threshold": chosen,
        "unanswerable_refused": np.mean(refused),
    }
    return {name: round(float(value), 3) for name, value in figures.items()}


def main() -> None:
    """Fit, print cross-validated figures, and write the model."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, required=True, help="holds bench/")
    parser.add_argument("--dev", type=Path, default=Path("benchmarks/dev"))
    parser.add_argument("--out", type=Path, default=Path("assistant/answering/sentence_model.json"))
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    embedder = Embedder.load()
    data: list[Example] = []
    articles = args.data / "bench" / "realtimeqa_dev_articles.jsonl.gz"
    for library in libraries(args.dev / "questions.jsonl", args.dev / "groups.json", articles):
        data += examples(library, embedder)
        log.info("%s: %d questions so far", library.name, len(data))
    figures = cross_validate(data)
    intercept, weights = fit(data)
    model = {
        "intercept": round(intercept, 4),
        "threshold": figures["threshold"],
        "weights": {n: round(float(w), 4) for n, w in zip(FEATURES, weights, strict=True)},
        "cross_validated": figures,
    }
    args.out.write_text(json.dumps(model, indent=1) + "\n", encoding="utf-8")
    log.info("%s", json.dumps(model, indent=1))


if __name__ == "__main__":
    main()
