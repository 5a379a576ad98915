"""RealTime QA's news articles and quiz questions, as several benchmarks use them.

`DIR/bench/realtimeqa_dev_articles.jsonl.gz` has lines of {id, url, title, published, text},
`DIR/bench/realtimeqa_dev_questions.jsonl.gz` of {id, date, question, answers, article_ids}. A
question is "even" or "odd" by the SHA-256 of its id: even ones are for choosing, odd ones for
reporting.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

SPLITS = ("even", "odd", "all")


@dataclass(frozen=True, slots=True)
class News:
    """An article: `ids` are those of every row with this very text, the first one its own."""

    ids: tuple[str, ...]
    title: str | None
    published: date
    url: str
    text: str

    @property
    def id(self) -> str:
        """The first of its ids."""
        return self.ids[0]


@dataclass(frozen=True, slots=True)
class Quiz:
    """A question asked on `asked`, and the articles (first ids) that are labelled as right."""

    id: str
    asked: date
    text: str
    answers: tuple[str, ...]
    articles: frozenset[str]


def load(data: Path, split: str = "odd") -> tuple[list[News], list[Quiz]]:
    """The articles, each text once, and the questions of one of SPLITS."""
    rows: dict[str, list[dict]] = {}
    for row in _lines(data / "bench" / "realtimeqa_dev_articles.jsonl.gz"):
        if row["text"].strip():
            rows.setdefault(row["text"], []).append(row)
    articles = [
        News(
            tuple(row["id"] for row in same),
            same[0]["title"] or None,
            _day(same[0]["published"]),
            same[0]["url"],
            text,
        )
        for text, same in rows.items()
    ]
    first = {id_: article.id for article in articles for id_ in article.ids}
    questions = [
        Quiz(
            row["id"],
            _day(row["date"]),
            row["question"],
            tuple(row["answers"]),
            frozenset(first[id_] for id_ in row["article_ids"] if id_ in first),
        )
        for row in _lines(data / "bench" / "realtimeqa_dev_questions.jsonl.gz")
        if split in ("all", "odd" if _is_odd(row["id"]) else "even")
    ]
    return articles, questions


def write_folder(articles: list[News], folder: Path) -> Path:
    """`folder` with a text file an article, and the sidecar that states its metadata."""
    folder.mkdir(parents=True, exist_ok=True)
    tables = []
    for article in articles:
        (folder / f"{article.id}.txt").write_text(article.text, encoding="utf-8", newline="")
        title = (
            f"title = {json.dumps(article.title, ensure_ascii=False)}\n" if article.title else ""
        )
        tables.append(
            f'["{article.id}.txt"]\n{title}published = {article.published}\n'
            f"url = {json.dumps(article.url)}\n"
        )
    (folder / "articles.toml").write_text("\n".join(tables), encoding="utf-8")
    return folder


def _is_odd(id_: str) -> bool:
    return int(hashlib.sha256(id_.encode()).hexdigest(), 16) % 2 == 1


def _day(text: str) -> date:
    return date.fromisoformat(text.replace("/", "-"))


def _lines(path: Path) -> Iterator[dict]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)
