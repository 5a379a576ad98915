"""Retrieval over thousands of news articles: ours, its two halves, and LlamaIndex's defaults.

    python benchmarks/retrieval.py --data ../shared/data --work DIR [--split even] [--json FILE]
        [--float32] [--articles N]

Asked for each question of the RealTime QA news quiz: which articles? A passage counts for its
article; an article is right where the set labels it so. The labels are by rule (dated from 21 days
before the quiz to 7 after, holding the answer and half of the question's words), so they favour
lexical search and, more so, whatever knows the date.

- dense, BM25: the two searches that ours fuses, each alone.
- LlamaIndex: SentenceSplitter's 1024 tokens with an overlap of 200, VectorStoreIndex on Chroma,
  the same embedding model, the headline as metadata (which LlamaIndex embeds with the text).
- ours; and ours, told the day of the quiz: what questions say of dates ("this week") is counted
  from that day, and the days before it are preferred. No other system is told the date.

With --float32, in place of LlamaIndex: dense and ours with the embedding model as
sentence-transformers computes it, for passages and questions, where an index has its 8-bit export.
Embedding all passages so takes half an hour on two cores.

The intervals are 95%, percentile bootstrap over questions, paired for the differences. All that is
built lies in `--work` and is used again. With --articles, only so many: those that are labelled for
a question of the split, and others by the SHA-256 of their ids. Constants were chosen on
`--split even`; report `odd`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.bridge.pydantic import PrivateAttr
from numpy.typing import NDArray
from realtimeqa import News, Quiz, load, write_folder

from assistant.answering.dates import spoken_of
from assistant.answering.retrieval import Retriever
from assistant.api import refresh
from assistant.indexing import build
from assistant.indexing.embedder import BUNDLED, Embedder, EmbedderConfig
from assistant.indexing.index import Index
from assistant.records import Filters

_DEPTH = 100  # passages or chunks looked at for the first ten articles
_RESAMPLES = 10_000
_OURS, _DATED, _ABOVE = "ours", "ours, told the date", "ours above by"
_EXACT = ", float32"
_METRICS = ("hits@1", "hits@5", "mrr@10")
Search = Callable[[Quiz], Iterable[str]]
"""From a question to the ids of articles, best first, possibly repeated."""


@dataclass(frozen=True, slots=True)
class Run:
    """One system's figures a question, of shape (questions, metrics), and its time for each."""

    values: NDArray[np.float64]
    seconds: tuple[float, ...]


def ask(search: Search, questions: Sequence[Quiz]) -> Run:
    """Ask all questions."""
    rows, seconds = [], []
    for quiz in questions:
        started = time.perf_counter()
        found = list(search(quiz))
        seconds.append(time.perf_counter() - started)
        articles = list(dict.fromkeys(found))[:10]
        rank = next((i for i, id_ in enumerate(articles, 1) if id_ in quiz.articles), None)
        rows.append([rank == 1, rank is not None and rank <= 5, 1 / rank if rank else 0.0])
    return Run(np.array(rows, dtype=np.float64), tuple(seconds))


def interval(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The 95% interval of the mean of `values` (questions, metrics), for each metric."""
    samples = np.random.default_rng(0).integers(0, len(values), (_RESAMPLES, len(values)))
    counts = np.apply_along_axis(np.bincount, 1, samples, minlength=len(values))
    low, high = np.percentile(counts @ values / len(values), [2.5, 97.5], axis=0)
    return low, high


def figures(values: NDArray[np.float64]) -> dict[str, list[float]]:
    """Mean, lower and upper bound of each metric."""
    low, high = interval(values)
    return {
        name: [round(float(v), 4) for v in row]
        for name, *row in zip(_METRICS, values.mean(axis=0), low, high, strict=True)
    }


def compared(runs: dict[str, Run], chosen: NDArray[np.bool_]) -> dict[str, Any]:
    """Every system's figures over the chosen questions, and how much ours is above each other."""
    ours = runs[_OURS].values
    return {
        name: figures(run.values[chosen])
        | ({} if name == _OURS else {_ABOVE: figures((ours - run.values)[chosen])})
        for name, run in runs.items()
    }


def some(articles: Sequence[News], questions: Sequence[Quiz], count: int) -> list[News]:
    """`count` of the articles: those labelled for a question, and others by a hash of their ids."""
    labelled = {id_ for quiz in questions for id_ in quiz.articles}

    def order(article: News) -> tuple[bool, str]:
        return article.id not in labelled, hashlib.sha256(article.id.encode()).hexdigest()

    return sorted(articles, key=order)[:count]


def build_ours(articles: Sequence[News], work: Path) -> Path:
    """The index, built unless it is there, with what that took in `build.json` beside it."""
    index = work / "index"
    if (index / "current").is_file():
        return index
    folder = write_folder(list(articles), work / "articles")
    started = time.perf_counter()
    summary = refresh([folder], index, progress=_progress)
    built = time.perf_counter() - started
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    changed = folder / f"{articles[0].id}.txt"
    original = changed.read_bytes()
    changed.write_bytes(original + b"\n\nA quokka yodelled.\n")
    started = time.perf_counter()
    refresh([folder], index)
    refreshed = time.perf_counter() - started
    changed.write_bytes(original)
    refresh([folder], index)
    size = sum(file.stat().st_size for file in index.rglob("*") if file.is_file())
    took = {
        "articles": len(articles),
        "passages": summary.passages,
        "build_seconds": round(built, 1),
        "peak_memory_mb": round(memory),
        "disk_mb": round(size / 2**20),
        "refresh_seconds": round(refreshed, 1),
    }
    (work / "build.json").write_text(json.dumps(took) + "\n", encoding="utf-8")
    return index


def build_exact(articles: Sequence[News], work: Path) -> Path:
    """An index with the embedding model as sentence-transformers computes it, built once."""
    index = work / "float32"
    if not (index / "current").is_file():
        folder = write_folder(list(articles), work / "articles")
        build.refresh(index, [folder], _original, BUNDLED, _progress)
    return index


def _original(folder: Path) -> Embedder:
    embedder = Embedder.original(BUNDLED)
    # Kept by its name, as models are that cannot be exported.
    EmbedderConfig(BUNDLED, embedder.dimension, 0, None, "").write(folder)
    return embedder


class EmbedderAdapter(BaseEmbedding):
    """The assistant's embedder where LlamaIndex expects an embedding model."""

    _embedder: Embedder = PrivateAttr()

    def __init__(self, embedder: Embedder, batch: int) -> None:
        super().__init__(model_name=embedder.name, embed_batch_size=batch)
        self._embedder = embedder

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return self._embedder.encode(texts).tolist()

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embeddings([query])[0]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)


def build_llamaindex(articles: Sequence[News], work: Path, embedder: Embedder) -> Any:
    """LlamaIndex's defaults over the same articles, built unless it is there; a retriever."""
    import chromadb
    from llama_index.core import Document, StorageContext, VectorStoreIndex
    from llama_index.core.node_parser import SentenceSplitter
    from llama_index.vector_stores.chroma import ChromaVectorStore

    client = chromadb.PersistentClient(str(work / "llamaindex"))
    done = work / "llamaindex" / "done"
    if not done.is_file() and "articles" in [c.name for c in client.list_collections()]:
        client.delete_collection("articles")
    store = ChromaVectorStore(chroma_collection=client.get_or_create_collection("articles"))
    model = EmbedderAdapter(embedder, batch=256)
    if done.is_file():
        index = VectorStoreIndex.from_vector_store(store, embed_model=model)
    else:
        documents = [
            Document(text=a.text, id_=a.id, metadata={"title": a.title or ""}) for a in articles
        ]
        index = VectorStoreIndex.from_documents(
            documents,
            storage_context=StorageContext.from_defaults(vector_store=store),
            embed_model=model,
            transformations=[SentenceSplitter(chunk_size=1024, chunk_overlap=200)],
            show_progress=True,
        )
        done.touch()
    return index.as_retriever(similarity_top_k=_DEPTH)


def halves(index: Index, retriever: Retriever) -> dict[str, Search]:
    """What ours fuses, each alone, by name."""

    def articles(found: Iterable[tuple[str, float]]) -> list[str]:
        return [p.article_id for id_, _ in found if (p := index.library.passage(id_))]

    return {
        "dense": lambda quiz: articles(
            index.vectors.search(retriever.embed(quiz.text), _DEPTH, Filters())
        ),
        "BM25": lambda quiz: articles(index.library.search(quiz.text, _DEPTH, Filters())),
    }


def ours(retriever: Retriever, quiz: Quiz, filters: Filters = Filters()) -> list[str]:
    """The articles of the passages that the assistant finds."""
    return [e.article.id for e in retriever.retrieve(quiz.text, _DEPTH, filters)]


def exact_runs(index: Path, questions: Sequence[Quiz]) -> dict[str, Run]:
    """Dense search and ours with the embedding model in float32."""
    with closing(Index.open(index, BUNDLED)) as opened:
        retriever = Retriever(opened, opened.load_embedder())
        searches: dict[str, Search] = {
            "dense": halves(opened, retriever)["dense"],
            _OURS: lambda quiz: ours(retriever, quiz),
        }
        return {name + _EXACT: ask(search, questions) for name, search in searches.items()}


def kept_of_exact(results: dict[str, Any]) -> dict[str, dict[str, float]]:
    """How much of each of float32's figures is reached with 8 bits."""
    return {
        name.removesuffix(_EXACT): {
            metric: round(results[name.removesuffix(_EXACT)][metric][0] / exact[metric][0], 4)
            for metric in _METRICS
        }
        for name, exact in results.items()
        if name.endswith(_EXACT)
    }


def show(title: str, results: dict[str, Any]) -> None:
    """A table of one set of questions."""
    print(f"\n{title}\n{'':<22}" + "".join(f"{name:>26}" for name in _METRICS))
    for system, found in results.items():
        cells = (f"{m:.3f} [{low:.3f}, {high:.3f}]" for m, low, high in map(found.get, _METRICS))
        print(f"{system:<22}" + "".join(f"{cell:>26}" for cell in cells))
        if gains := found.get(_ABOVE):
            cells = (f"{m:+.3f} [{a:+.3f}, {b:+.3f}]" for m, a, b in map(gains.get, _METRICS))
            print(f"{'  ' + _ABOVE:<22}" + "".join(f"{cell:>26}" for cell in cells))


def main() -> int:
    """Build what is missing, ask, print tables, write JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with bench/ in it")
    parser.add_argument("--work", type=Path, required=True, help="where the indexes are kept")
    parser.add_argument("--split", choices=("odd", "even"), default="odd")
    parser.add_argument(
        "--articles", type=int, metavar="N", help="of all; with a --work of its own"
    )
    parser.add_argument("--float32", action="store_true", help="compare with float32")
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    articles, questions = load(args.data, args.split)
    if args.articles:
        articles = some(articles, questions, args.articles)
    index = build_ours(articles, args.work)
    with closing(Index.open(index, BUNDLED)) as opened:
        embedder = opened.load_embedder()
        retriever = Retriever(opened, embedder)
        searches = halves(opened, retriever)
        if not args.float32:
            llamaindex = build_llamaindex(articles, args.work, embedder)
            searches["LlamaIndex"] = lambda quiz: [
                n.node.ref_doc_id for n in llamaindex.retrieve(quiz.text)
            ]
        searches[_OURS] = lambda quiz: ours(retriever, quiz)
        searches[_DATED] = lambda quiz: ours(retriever, quiz, Filters(as_of=quiz.asked))
        runs = {name: ask(search, questions) for name, search in searches.items()}
        latency = milliseconds(ask(lambda quiz: _as_used(retriever, quiz), questions).seconds)
    if args.float32:
        runs |= exact_runs(build_exact(articles, args.work), questions)
    bound = np.array([spoken_of(quiz.text, quiz.asked) is not None for quiz in questions])
    results: dict[str, Any] = {
        "split": args.split,
        "build": json.loads((args.work / "build.json").read_text(encoding="utf-8")),
        "questions": len(questions),
        "all": compared(runs, np.ones(len(questions), dtype=bool)),
        "time_bound_questions": int(bound.sum()),
        "time_bound": compared(runs, bound),
        "milliseconds_for_8_passages": latency,
        "milliseconds_for_100_passages": {
            name: milliseconds(run.seconds) for name, run in runs.items()
        },
    }
    show(f"{len(questions)} questions ({args.split})", results["all"])
    if args.float32:
        results["share_of_float32"] = kept_of_exact(results["all"])
        print("\nof float32's figures:", results["share_of_float32"])
    show(f"the {bound.sum()} that speak of days", results["time_bound"])
    print()
    for name, took in results["milliseconds_for_100_passages"].items():
        print(f"{name:<22} median {took['median']} ms, 95th percentile {took['p95']} ms")
    print(f"ours, 8 passages as in use: median {latency['median']} ms, p95 {latency['p95']} ms")
    print(results["build"])
    if args.json:
        args.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    return 0


def milliseconds(seconds: Sequence[float]) -> dict[str, float]:
    """Median and 95th percentile."""
    return {
        "median": round(1000 * statistics.median(seconds), 1),
        "p95": round(1000 * statistics.quantiles(seconds, n=20)[-1], 1),
    }


def _as_used(retriever: Retriever, quiz: Quiz) -> list[str]:
    return [item.article.id for item in retriever.retrieve(quiz.text)]


def _progress(done: int, total: int) -> None:
    if done % 5120 == 0 or done == total:
        print(f"{done:,} of {total:,} passages", file=sys.stderr)


if __name__ == "__main__":
    raise SystemExit(main())
