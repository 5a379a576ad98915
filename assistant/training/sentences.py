"""Fit the sentence model: `python -m assistant.training.sentences --data DIR`.

Two sources of labelled questions: SQuAD 2.0 (DIR/train/squad2_25articles.json.gz), each of its
articles a library whose paragraphs are the articles; and benchmarks/dev, questions of our own about
news articles in DIR/bench. Every question goes through the assistant's own retrieval; each
candidate sentence is one example, right where it overlaps the evidence. The figures printed are
from cross-validation by library; the questions that the project reports on are in neither source.
"""

from __future__ import annotations

import argparse
import gzip
import json
import logging
import random
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

_SEED = 7
_SQUAD_QUESTIONS = 60  # a library, half of them unanswerable
_PASSAGES = 8
_REFUSED = 0.08  # share of answerable questions that the threshold may refuse
_REGULARISATION = 1.0
# News questions are what the product is for; SQuAD's are there for their number.
_Asked = tuple[str, tuple[tuple[str, int, int], ...]]
_WEIGHT = {"news": 3.0, "squad": 1.0}


@dataclass(frozen=True, slots=True)
class Library:
    """Articles by id, and questions with evidence as (article, start, end)."""

    name: str
    source: str
    articles: dict[str, str]
    questions: tuple[_Asked, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """One question: features (n, f) of its candidates, and which of them are right."""

    library: str
    source: str
    answerable: bool
    rows: NDArray[np.float32]
    right: NDArray[np.bool_]


def squad_libraries(path: Path, chooser: random.Random) -> Iterator[Library]:
    """One library an article of a SQuAD file, its paragraphs as articles."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        data = json.load(file)["data"]
    for number, entry in enumerate(data):
        articles: dict[str, str] = {}
        answerable: list[_Asked] = []
        unanswerable: list[_Asked] = []
        for at, paragraph in enumerate(entry["paragraphs"]):
            id_ = f"p{at:03d}"
            articles[id_] = paragraph["context"]
            for qa in paragraph["qas"]:
                spans = tuple(
                    {
                        (id_, a["answer_start"], a["answer_start"] + len(a["text"]))
                        for a in qa["answers"]
                    }
                )
                (answerable if spans else unanswerable).append((qa["question"], spans))
        half = _SQUAD_QUESTIONS // 2
        chosen = chooser.sample(answerable, min(half, len(answerable)))
        chosen += chooser.sample(unanswerable, min(half, len(unanswerable)))
        yield Library(f"squad{number:02d}", "squad", articles, tuple(chosen))


def news_libraries(questions: Path, groups: Path, articles: Path) -> Iterator[Library]:
    """One library a group of news articles."""
    with gzip.open(articles, "rt", encoding="utf-8") as lines:
        texts = {entry["id"]: entry["text"] for entry in map(json.loads, lines)}
    asked: dict[str, list[Any]] = {}
    for line in questions.read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        spans = tuple((e["article"], e["start"], e["end"]) for e in entry["evidence"])
        asked.setdefault(entry["group"], []).append((entry["question"], spans))
    for name, ids in json.loads(groups.read_text(encoding="utf-8")).items():
        yield Library(name, "news", {i: texts[i] for i in ids}, tuple(asked[name]))


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
            yield Example(library.name, library.source, bool(spans), rows, np.asarray(right))
        index.close()


def fit(data: Sequence[Example]) -> tuple[float, NDArray[np.float64]]:
    """Intercept and weights of the logistic model; every question weighs the same."""
    from sklearn.linear_model import LogisticRegression

    rows = np.concatenate([e.rows for e in data])
    right = np.concatenate([e.right for e in data])
    weight = np.concatenate([np.full(len(e.rows), _WEIGHT[e.source] / len(e.rows)) for e in data])
    spread = rows.std(axis=0) + 1e-9
    model = LogisticRegression(C=_REGULARISATION * len(data), max_iter=2000)
    model.fit(rows / spread, right, weight * len(rows) / weight.sum())
    return float(model.intercept_[0]), model.coef_[0] / spread


def choose_threshold(best: NDArray[np.float64], answerable: NDArray[np.bool_]) -> float:
    """The confidence below which the share of answerable questions refused stays allowed."""
    return float(np.quantile(best[answerable], _REFUSED))


def _confidence(example: Example, intercept: float, weights: NDArray[np.float64]) -> Any:
    return 1 / (1 + np.exp(-(intercept + example.rows @ weights)))


def cross_validate(data: Sequence[Example], source: str, folds: int = 10) -> dict[str, float]:
    """Figures on the questions of `source`, each predicted by a model that saw other libraries."""
    from sklearn.metrics import roc_auc_score

    names = sorted({e.library for e in data})
    best, answerable, top1, top3 = [], [], [], []
    for fold in range(folds):
        held = set(names[fold::folds])
        model = fit([e for e in data if e.library not in held])
        for example in data:
            if example.library not in held or example.source != source:
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
    return {
        "questions": len(best),
        "best_sentence_right": float(np.mean(top1)),
        "best_three_hold_right": float(np.mean(top3)),
        "auroc_answerable": float(roc_auc_score(answerable, best)),
        "threshold": chosen,
        "unanswerable_refused": float(np.mean(refused)),
    }


def main() -> None:
    """Fit on both sources, print cross-validated figures, and write the model."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, required=True, help="holds train/ and bench/")
    parser.add_argument("--dev", type=Path, default=Path("benchmarks/dev"))
    parser.add_argument("--out", type=Path, default=Path("assistant/answering/sentence_model.json"))
    args = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    embedder = Embedder.load()
    libraries = [
        *news_libraries(
            args.dev / "questions.jsonl",
            args.dev / "groups.json",
            args.data / "bench" / "realtimeqa_dev_articles.jsonl.gz",
        ),
        *squad_libraries(args.data / "train" / "squad2_25articles.json.gz", random.Random(_SEED)),
    ]
    data: list[Example] = []
    for number, library in enumerate(libraries, start=1):
        data += examples(library, embedder)
        log.info("%d of %d libraries", number, len(libraries))
    figures = {source: cross_validate(data, source) for source in ("news", "squad")}
    intercept, weights = fit(data)
    model = {
        "intercept": round(intercept, 4),
        "threshold": round(figures["news"]["threshold"], 3),
        "weights": {n: round(float(w), 4) for n, w in zip(FEATURES, weights, strict=True)},
        "cross_validated": figures,
    }
    args.out.write_text(json.dumps(model, indent=1) + "\n", encoding="utf-8")
    log.info("%s", json.dumps(model, indent=1))


if __name__ == "__main__":
    main()
