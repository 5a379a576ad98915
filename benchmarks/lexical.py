"""Which lexical index: ours (assistant/indexing/lexical.py), SQLite FTS5 or bm25s.

Each indexes the passages of the RealTime QA news articles and ranks passages for its questions;
a passage counts for its article. Measured: MRR@10 of articles, seconds to build, seconds until one
changed article among all of them can be found, and milliseconds per question. Only questions
whose SHA-256 is even are asked: the others are kept for reports.

    python benchmarks/lexical.py --data ../shared/data       (needs `pip install bm25s`)
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import snowballstemmer

from assistant.corpus.metadata import Stated, find_date
from assistant.corpus.passages import split_passages
from assistant.corpus.reading import make_article
from assistant.indexing.library import Library
from assistant.records import Article, Filters, Passage
from assistant.text import STOPWORDS, fold, words

_DEPTH = 100  # passages looked at for the first ten articles
Search = Callable[[str], list[str]]


def main() -> None:
    """Measure, and print a table and JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="folder with bench/ in it")
    args = parser.parse_args()
    articles = list(read_articles(args.data / "bench" / "realtimeqa_dev_articles.jsonl.gz"))
    questions = [
        question
        for question in read_lines(args.data / "bench" / "realtimeqa_dev_questions.jsonl.gz")
        if int(hashlib.sha256(question["id"].encode()).hexdigest(), 16) % 2 == 0
    ]
    texts = [(article, split_passages(article)) for article in articles]
    figures = {
        "articles": len(articles),
        "passages": sum(len(passages) for _, passages in texts),
        "questions": len(questions),
        "ours": measure(Ours, texts, questions),
        "fts5": measure(Fts5, texts, questions),
        "bm25s": measure(Bm25s, texts, questions),
    }
    rows = ("mrr@10", "build_seconds", "change_one_seconds", "query_p50_ms")
    engines = ("ours", "fts5", "bm25s")
    print(f"{'':<20}" + "".join(f"{engine:>12}" for engine in engines))
    for row in rows:
        print(f"{row:<20}" + "".join(f"{figures[engine][row]:>12.3f}" for engine in engines))
    print(json.dumps(figures))


def read_lines(path: Path) -> Iterator[dict]:
    """The JSON objects of a compressed file."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def read_articles(path: Path) -> Iterator[Article]:
    """The benchmark's articles as the assistant reads them, each text once."""
    seen = set()
    for row in read_lines(path):
        if row["text"].strip() and row["text"] not in seen:
            seen.add(row["text"])
            published = find_date(row["published"].replace("/", "-"))
            stated = Stated(row["title"] or None, None, published, row["url"])
            yield make_article(row["id"], row["text"], stated)


class Ours:
    """The assistant's own library, on disk."""

    def __init__(self, texts: list[tuple[Article, tuple[Passage, ...]]]) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._path = Path(self._folder.name, "library.sqlite")
        library = Library.create(self._path)
        self._articles = {}
        for article, passages in texts:
            library.add(article, passages)
            self._articles.update((passage.id, article.id) for passage in passages)
        library.commit()
        library.close()
        self._library = Library.open(self._path)

    def search(self, question: str) -> list[str]:
        """Article ids, best first, one a passage."""
        found = self._library.search(question, _DEPTH, Filters())
        return [self._articles[id_] for id_, _ in found]

    def change(self, article: Article, passages: tuple[Passage, ...]) -> None:
        """Another version of an article, as a build makes it: in a copy of the library."""
        copy = self._library.copy_to(self._path.with_name("next.sqlite"))
        copy.remove(article.id)
        copy.add(article, passages)
        copy.commit()
        copy.close()
        self._library.close()
        self._library = Library.open(self._path.with_name("next.sqlite"))
        self._articles.update((passage.id, article.id) for passage in passages)

    def close(self) -> None:
        """Let go of the files."""
        self._library.close()
        self._folder.cleanup()


class Fts5:
    """SQLite's own full-text index, on disk, with Porter stems and without function words."""

    def __init__(self, texts: list[tuple[Article, tuple[Passage, ...]]]) -> None:
        self._folder = tempfile.TemporaryDirectory()
        self._db = sqlite3.connect(Path(self._folder.name, "fts5.sqlite"))
        self._db.execute(
            "CREATE VIRTUAL TABLE passages USING fts5 (title, text, article UNINDEXED, "
            'tokenize = "porter unicode61 remove_diacritics 2")'
        )
        for article, passages in texts:
            self._add(article, passages)
        self._db.commit()

    def _add(self, article: Article, passages: tuple[Passage, ...]) -> None:
        rows = [(fold(article.title or ""), fold(p.text), article.id) for p in passages]
        self._db.executemany("INSERT INTO passages VALUES (?, ?, ?)", rows)

    def search(self, question: str) -> list[str]:
        """Article ids, best first, one a passage."""
        terms = dict.fromkeys(w for w in words(fold(question)) if w not in STOPWORDS)
        match = " OR ".join(f'"{term}"' for term in terms)
        rows = self._db.execute(
            "SELECT article FROM passages WHERE passages MATCH ? ORDER BY rank LIMIT ?",
            (match, _DEPTH),
        )
        return [article for (article,) in rows]

    def change(self, article: Article, passages: tuple[Passage, ...]) -> None:
        """Another version of an article, in place."""
        self._db.execute("DELETE FROM passages WHERE article = ?", (article.id,))
        self._add(article, passages)
        self._db.commit()

    def close(self) -> None:
        """Let go of the files."""
        self._db.close()
        self._folder.cleanup()


class Bm25s:
    """bm25s with its defaults, over the same folded words, stemmed."""

    def __init__(self, texts: list[tuple[Article, tuple[Passage, ...]]]) -> None:
        self._stem = snowballstemmer.stemmer("porter").stemWord
        self._stems: dict[str, str] = {}
        self._texts = {article.id: (article, passages) for article, passages in texts}
        self._tokens = {article.id: self._tokenise(article, ps) for article, ps in texts}
        self._index()

    def _tokenise(self, article: Article, passages: tuple[Passage, ...]) -> list[list[str]]:
        return [self._words(f"{article.title or ''} {passage.text}") for passage in passages]

    def _words(self, text: str) -> list[str]:
        found = [word for word in words(fold(text)) if word not in STOPWORDS]
        for word in found:
            if word not in self._stems:
                self._stems[word] = self._stem(word)
        return [self._stems[word] for word in found]

    def _index(self) -> None:
        import bm25s

        self._owners = [id_ for id_, rows in self._tokens.items() for _ in rows]
        self._retriever = bm25s.BM25()
        corpus = [row for rows in self._tokens.values() for row in rows]
        self._retriever.index(corpus, show_progress=False)

    def search(self, question: str) -> list[str]:
        """Article ids, best first, one a passage."""
        tokens = self._words(question)
        if not tokens:
            return []
        found, scores = self._retriever.retrieve([tokens], k=_DEPTH, show_progress=False)
        return [self._owners[i] for i, s in zip(found[0], scores[0], strict=True) if s > 0]

    def change(self, article: Article, passages: tuple[Passage, ...]) -> None:
        """Another version of an article: the scores of all passages are computed again."""
        self._texts[article.id] = (article, passages)
        self._tokens[article.id] = self._tokenise(article, passages)  # the others' are kept
        self._index()

    def close(self) -> None:
        """Nothing is on disk."""


def measure(
    engine: type[Ours] | type[Fts5] | type[Bm25s],
    texts: list[tuple[Article, tuple[Passage, ...]]],
    questions: list[dict],
) -> dict[str, float]:
    """One engine's figures."""
    started = time.perf_counter()
    index = engine(texts)
    build = time.perf_counter() - started
    ranks, seconds = [], []
    for question in questions:
        started = time.perf_counter()
        found = index.search(question["question"])
        seconds.append(time.perf_counter() - started)
        first = list(dict.fromkeys(found))[:10]
        right = [i for i, id_ in enumerate(first, start=1) if id_ in question["article_ids"]]
        ranks.append(1 / right[0] if right else 0.0)
    old = texts[len(texts) // 2][0]
    new = make_article(old.id, f"The quokka of Zanzibar yodels.\n\n{old.text}", Stated(old.title))
    new = replace(new, published=old.published)
    started = time.perf_counter()
    index.change(new, split_passages(new))
    assert index.search("Which quokka yodels in Zanzibar?")[0] == old.id
    change = time.perf_counter() - started
    index.close()
    return {
        "mrr@10": statistics.mean(ranks),
        "build_seconds": build,
        "change_one_seconds": change,
        "query_p50_ms": statistics.median(seconds) * 1000,
    }


if __name__ == "__main__":
    main()
