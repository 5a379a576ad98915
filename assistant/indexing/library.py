"""Articles, passages and a full-text index over them, in one SQLite file.

Articles are kept as indexed, so a citation holds even where a source file changes later.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.indexing import lexical
from assistant.indexing.lexical import Lexical
from assistant.records import Article, Filters, Passage, Span

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SCHEMA = """
CREATE TABLE articles (
    id TEXT PRIMARY KEY, text TEXT NOT NULL, title TEXT, outlet TEXT, published INTEGER,
    url TEXT, origin TEXT NOT NULL, spans TEXT NOT NULL
);
CREATE TABLE passages (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,
    article TEXT NOT NULL, start INTEGER NOT NULL, end INTEGER NOT NULL
);
CREATE INDEX passages_article ON passages (article);
"""


@dataclass(frozen=True, slots=True)
class Listing:
    """One line about an indexed article; `published` as in Article."""

    id: str
    title: str | None
    outlet: str | None
    published: date | None
    words: int
    passages: int


class Library:
    """An open library file. Reading is safe from several threads."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._lock = threading.Lock()
        self._lexical = Lexical(connection)
        self._articles: NDArray[np.int64] | None = None  # rowid by passage number, once read

    @classmethod
    def create(cls, path: Path) -> Library:
        """A new, empty library."""
        # Durability comes from publishing a finished generation, not from each write.
        db = sqlite3.connect(path, check_same_thread=False)
        db.execute("PRAGMA synchronous = OFF")
        db.executescript(_SCHEMA + lexical.SCHEMA)
        return cls(db)

    @classmethod
    def open(cls, path: Path) -> Library:
        """An existing library to read, held until closed: meanwhile `is_held(path)`."""
        db = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro", uri=True, check_same_thread=False
        )
        # An open read transaction keeps a shared lock on the file as long as this process lives.
        try:
            db.execute("BEGIN")
            db.execute("SELECT 1 FROM articles LIMIT 1").fetchone()
        except sqlite3.Error:
            db.close()
            raise
        return cls(db)

    def copy_to(self, path: Path) -> Library:
        """A copy to write to."""
        # Not a file copy: closing a copied file would drop this process's locks on it (POSIX).
        copy = sqlite3.connect(path, check_same_thread=False)
        copy.execute("PRAGMA synchronous = OFF")
        with self._lock:
            self._db.backup(copy)
        return Library(copy)

    def close(self) -> None:
        """Release the file."""
        self._db.close()

    def commit(self) -> None:
        """Write what was added and removed."""
        self._lexical.flush()
        self._db.commit()

    def add(self, article: Article, passages: Iterable[Passage]) -> None:
        """Add an article and its passages."""
        spans = json.dumps([[s.kind, s.start, s.end] for s in article.spans])
        published = article.published.toordinal() if article.published else None
        self._db.execute(
            "INSERT INTO articles VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                article.id,
                article.text,
                article.title,
                article.outlet,
                published,
                article.url,
                article.origin,
                spans,
            ),
        )
        self._articles = None
        for passage in passages:
            cursor = self._db.execute(
                "INSERT INTO passages (id, article, start, end) VALUES (?, ?, ?, ?)",
                (passage.id, article.id, passage.start, passage.end),
            )
            self._lexical.add(cursor.lastrowid or 0, passage.text, article.title or "")

    def remove(self, article_id: str) -> list[str]:
        """Remove an article; the ids of the passages it had."""
        article = self.article(article_id)
        if article is None:
            return []
        self._articles = None
        rows = self._rows(
            "SELECT number, id, start, end FROM passages WHERE article = ?", (article_id,)
        )
        title = article.title or ""
        self._lexical.remove(
            {number: (article.text[start:end], title) for number, _, start, end in rows}
        )
        self._db.execute("DELETE FROM passages WHERE article = ?", (article_id,))
        self._db.execute("DELETE FROM articles WHERE id = ?", (article_id,))
        return [id_ for _, id_, _, _ in rows]

    def article(self, id_: str) -> Article | None:
        """One article, or None."""
        rows = self._rows("SELECT * FROM articles WHERE id = ?", (id_,))
        return _article(rows[0]) if rows else None

    def articles(self, filters: Filters = Filters()) -> Iterator[Article]:
        """Every article that passes `filters`, by id."""
        where, values = _conditions(filters)
        for (id_,) in self._rows(f"SELECT id FROM articles a WHERE 1 {where} ORDER BY id", values):
            article = self.article(id_)
            if article is not None:
                yield article

    def origins(self) -> dict[str, str]:
        """Every article's origin, by id."""
        return dict(self._rows("SELECT id, origin FROM articles ORDER BY id"))

    def listings(self) -> list[Listing]:
        """A line about every article, by id."""
        rows = self._rows(
            "SELECT id, title, outlet, published, text, "
            "(SELECT count(*) FROM passages WHERE article = a.id) FROM articles a ORDER BY id"
        )
        return [
            Listing(id_, title, outlet, _date(published), len(text.split()), passages)
            for id_, title, outlet, published, text, passages in rows
        ]

    def outlets(self) -> list[str]:
        """The outlets that articles state, each once."""
        return [
            row[0]
            for row in self._rows(
                "SELECT DISTINCT outlet FROM articles WHERE outlet IS NOT NULL ORDER BY outlet"
            )
        ]

    def passage(self, id_: str) -> Passage | None:
        """One passage by id, or None."""
        rows = self._rows(
            "SELECT p.id, p.article, p.start, p.end, substr(a.text, p.start + 1, p.end - p.start) "
            "FROM passages p JOIN articles a ON a.id = p.article WHERE p.id = ?",
            (id_,),
        )
        return Passage(*rows[0]) if rows else None

    def search(self, question: str, limit: int, filters: Filters) -> list[tuple[str, float]]:
        """(passage id, BM25 score) of passages with the question's words, best first."""
        among = None
        if filters:
            where, values = _conditions(filters)
            query = f"SELECT id FROM articles a WHERE 1 {where}"
            rows = self._rows(f"SELECT number FROM passages WHERE article IN ({query})", values)
            among = [number for (number,) in rows]
        with self._lock:
            found = self._lexical.search(question, limit, among)
        ids = dict(
            self._rows(
                f"SELECT number, id FROM passages WHERE number IN ({', '.join('?' * len(found))})",
                [number for number, _ in found],
            )
        )
        return [(ids[number], score) for number, score in found]

    def search_articles(self, question: str, limit: int) -> list[tuple[str, float]]:
        """(article id, BM25 score) of whole articles with the question's words, best first."""
        if self._articles is None:
            self._articles = self._read_articles()
        with self._lock:
            found = dict(self._lexical.search_groups(question, limit, self._articles))
        rows = self._rows(
            f"SELECT rowid, id FROM articles WHERE rowid IN ({', '.join('?' * len(found))})",
            list(found),
        )
        ids = dict(rows)
        return [(ids[rowid], score) for rowid, score in found.items()]

    def _read_articles(self) -> NDArray[np.int64]:
        """Each passage's article by its rowid; 0 where there is no passage of a number."""
        import numpy as np

        rows = self._rows(
            "SELECT p.number, a.rowid FROM passages p JOIN articles a ON a.id = p.article"
        )
        pairs = np.array(rows, np.int64).reshape(-1, 2)
        articles = np.zeros(pairs[:, 0].max(initial=0) + 1, np.int64)
        articles[pairs[:, 0]] = pairs[:, 1]
        return articles

    def owners(self, passage_ids: Collection[str]) -> dict[str, tuple[str, date | None]]:
        """The article of each passage, by passage id: its id, and when it was published."""
        marks = ", ".join("?" * len(passage_ids))
        rows = self._rows(
            "SELECT p.id, a.id, a.published FROM passages p JOIN articles a ON a.id = p.article "
            f"WHERE p.id IN ({marks})",
            list(passage_ids),
        )
        return {passage: (article, _date(published)) for passage, article, published in rows}

    def passage_frequency(self, word: str) -> int:
        """How many passages hold a word of the same stem."""
        with self._lock:
            return self._lexical.frequency(word)

    def count(self, filters: Filters | None = None) -> tuple[int, int]:
        """How many articles and passages pass `filters`."""
        where, values = _conditions(filters or Filters())
        articles = self._rows(f"SELECT count(*) FROM articles a WHERE 1 {where}", values)
        joined = f"JOIN articles a ON a.id = p.article WHERE 1 {where}" if where else ""
        passages = self._rows(f"SELECT count(*) FROM passages p {joined}", values)
        return articles[0][0], passages[0][0]

    def undated(self, outlets: tuple[str, ...] = ()) -> int:
        """How many articles, of these outlets if any are given, state no date."""
        where, values = _conditions(Filters(outlets))
        rows = self._rows(
            f"SELECT count(*) FROM articles a WHERE published IS NULL {where}", values
        )
        return int(rows[0][0])

    def _rows(self, query: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._db.execute(query, values).fetchall()


def is_held(path: Path) -> bool:
    """Whether somebody has this library open."""
    db = sqlite3.connect(path, timeout=0, isolation_level=None)
    try:
        db.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        return True
    except sqlite3.DatabaseError:
        return False  # damaged: nobody can have it open
    finally:
        db.close()
    return False


def _conditions(filters: Filters) -> tuple[str, list[object]]:
    """SQL after WHERE ... for `filters`, and its values."""
    sql = ""
    values: list[object] = []
    if filters.outlets:
        sql += f" AND a.outlet IN ({', '.join('?' * len(filters.outlets))})"
        values += filters.outlets
    if filters.since:
        sql += " AND a.published >= ?"
        values.append(filters.since.toordinal())
    if filters.until:
        sql += " AND a.published <= ?"
        values.append(filters.until.toordinal())
    return sql, values


def _date(ordinal: int | None) -> date | None:
    return None if ordinal is None else date.fromordinal(ordinal)


def _article(
    row: tuple[str, str, str | None, str | None, int | None, str | None, str, str],
) -> Article:
    id_, text, title, outlet, published, url, origin, spans = row
    marked = tuple(Span(*span) for span in json.loads(spans))
    return Article(id_, text, title, outlet, _date(published), url, origin, marked)
