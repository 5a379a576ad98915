"""A full-text index over passages: BM25 over Porter stems, in tables of the library's file.

A term's postings are one array: the numbers of the passages with it, ascending, and how often it is
in each one's text and title. A question's scores are computed for all passages at once: SQLite's
FTS5, which looks up each match's length by itself, takes many times as long. A change rewrites the
postings of the changed passages' terms and no others: bm25s, the library made for speed, computes
every score anew. benchmarks/lexical.py measures the three.

BM25 as in Robertson and Zaragoza 2009 (doi:10.1561/1500000019), with FTS5's constants and Lucene's
idf, which is never negative.
"""

from __future__ import annotations

import math
import re
import sqlite3
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from assistant.text import STOPWORDS, fold, stem, words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SCHEMA = """
CREATE TABLE postings (term TEXT PRIMARY KEY, passages BLOB NOT NULL);
CREATE TABLE lengths (id INTEGER PRIMARY KEY, terms BLOB NOT NULL);
INSERT INTO lengths VALUES (0, x'');
"""
_POSTING = [("passage", "<u4"), ("text", "u1"), ("title", "u1")]
_K1, _B = 1.2, 0.75
_UNWRITTEN = 4_000_000  # postings held in memory before they are written: some 50 MB
_PART = re.compile(r"[^\W_]+")


class Lexical:
    """The full-text index of one library. `connection` is its caller's to guard and to commit."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._db = connection
        self._new: dict[str, array[int]] = {}  # _POSTING's fields, one after the other
        self._new_lengths: dict[int, int] = {}
        self._unwritten = 0
        self._read: tuple[NDArray[np.uint16], NDArray[np.float32]] | None = None

    def add(self, passage: int, text: str, title: str) -> None:
        """Index a passage, and its article's title with it, by a number.

        The number must be higher than any that is indexed.
        """
        in_text, in_title = Counter(terms(text)), Counter(terms(title))
        for term in in_text | in_title:
            posting = passage, min(in_text[term], 255), min(in_title[term], 255)
            if term in self._new:
                self._new[term].extend(posting)
            else:
                self._new[term] = array("I", posting)
            self._unwritten += 1
        self._new_lengths[passage] = min(in_text.total() + in_title.total(), 65_535)
        if self._unwritten > _UNWRITTEN:
            self.flush()

    def remove(self, passages: Mapping[int, tuple[str, str]]) -> None:
        """Remove passages by number, given with the text and the title they were added with."""
        import numpy as np

        self.flush()
        gone = np.array(list(passages), np.uint32)
        for term in {t for texts in passages.values() for text in texts for t in terms(text)}:
            postings = self._postings(term)
            self._write(term, postings[~np.isin(postings["passage"], gone)])
        lengths = self._lengths().copy()
        lengths[gone] = 0
        self._write_lengths(lengths)

    def flush(self) -> None:
        """Write what was added."""
        import numpy as np

        if not self._new_lengths:
            return
        for term, flat in self._new.items():
            rows = np.array(flat, np.uint32).reshape(-1, 3)
            added = np.empty(len(rows), _POSTING)
            added["passage"], added["text"], added["title"] = rows.T
            self._write(term, np.concatenate([self._postings(term), added]))
        before = self._lengths()
        lengths = np.zeros(max(len(before), *(n + 1 for n in self._new_lengths)), np.uint16)
        lengths[: len(before)] = before
        lengths[list(self._new_lengths)] = list(self._new_lengths.values())
        self._write_lengths(lengths)
        self._new, self._new_lengths, self._unwritten = {}, {}, 0

    def search(
        self, question: str, limit: int, among: Iterable[int] | None = None
    ) -> list[tuple[int, float]]:
        """(passage number, score) of passages with the question's words, best first.

        `among`: the numbers of the only passages looked for; None is all.
        """
        import numpy as np

        self.flush()
        lengths, norms = self._norms()
        scores = np.zeros(len(lengths), np.float32)
        total = int(np.count_nonzero(lengths))
        for term in dict.fromkeys(terms(question)):
            passages, counts = self._counts(term)
            scores[passages] += _weights(counts, norms[passages], total)
        if among is not None:
            allowed = np.zeros(len(scores), bool)
            allowed[np.fromiter(among, np.int64)] = True
            scores[~allowed] = 0
        return _best(scores, limit)

    def search_groups(
        self, question: str, limit: int, groups: NDArray[np.int64]
    ) -> list[tuple[int, float]]:
        """(group, score) of passages taken together as one text a group, best first.

        `groups`: the group, from 0, of each passage number from 0 to the highest.
        """
        import numpy as np

        self.flush()
        known = self._lengths()[: len(groups)]
        lengths = np.bincount(groups[: len(known)], known)
        norms = _norms(lengths)
        scores = np.zeros(len(lengths), np.float32)
        total = int(np.count_nonzero(lengths))
        for term in dict.fromkeys(terms(question)):
            passages, counts = self._counts(term)
            sums = np.bincount(groups[passages], counts, len(lengths))
            with_term = np.flatnonzero(sums)
            scores[with_term] += _weights(sums[with_term], norms[with_term], total)
        return _best(scores, limit)

    def frequency(self, word: str) -> int:
        """How many passages' texts hold a word of the same stem, or of all its parts' stems."""
        import numpy as np

        self.flush()
        found: NDArray[np.uint32] | None = None
        for term in terms(word):
            postings = self._postings(term)
            passages = postings["passage"][postings["text"] > 0]
            found = passages if found is None else np.intersect1d(found, passages, True)
        return 0 if found is None else len(found)

    def _counts(self, term: str) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
        """The passages with a term, and how often each has it, title included."""
        import numpy as np

        postings = self._postings(term)
        return postings["passage"], postings["text"].astype(np.float32) + postings["title"]

    def _postings(self, term: str) -> NDArray[np.void]:
        import numpy as np

        row = self._db.execute("SELECT passages FROM postings WHERE term = ?", (term,)).fetchone()
        return np.frombuffer(row[0] if row else b"", _POSTING)

    def _write(self, term: str, postings: NDArray[np.void]) -> None:
        if len(postings):
            row = (term, postings.tobytes())
            self._db.execute("INSERT OR REPLACE INTO postings VALUES (?, ?)", row)
        else:
            self._db.execute("DELETE FROM postings WHERE term = ?", (term,))

    def _lengths(self) -> NDArray[np.uint16]:
        """How many terms each passage has, by number; 0 where there is none of that number."""
        import numpy as np

        return np.frombuffer(self._db.execute("SELECT terms FROM lengths").fetchone()[0], "<u2")

    def _write_lengths(self, lengths: NDArray[np.uint16]) -> None:
        self._db.execute("UPDATE lengths SET terms = ?", (lengths.astype("<u2").tobytes(),))
        self._read = None

    def _norms(self) -> tuple[NDArray[np.uint16], NDArray[np.float32]]:
        """Lengths, and their norms (see `_norms`), by passage number."""
        if self._read is None:
            lengths = self._lengths()
            self._read = lengths, _norms(lengths)
        return self._read


def _norms(lengths: NDArray[Any]) -> NDArray[np.float32]:
    """What BM25 adds to the count of a term in a text of each length."""
    import numpy as np

    mean = lengths.sum(dtype=np.float64) / max(np.count_nonzero(lengths), 1)
    norms: NDArray[np.float32] = _K1 * (1 - _B + _B * lengths.astype(np.float32) / max(mean, 1))
    return norms


def _weights(counts: NDArray[Any], norms: NDArray[Any], total: int) -> NDArray[Any]:
    """BM25 of one term in each of the texts with it, of `total` texts."""
    idf = math.log(1 + (total - len(counts) + 0.5) / (len(counts) + 0.5))
    weights: NDArray[Any] = idf * (_K1 + 1) * counts / (counts + norms)
    return weights


def _best(scores: NDArray[np.float32], limit: int) -> list[tuple[int, float]]:
    """The places of the highest scores above 0, and the scores."""
    import numpy as np

    limit = min(limit, int(np.count_nonzero(scores)))
    if not limit:
        return []
    best = np.argpartition(-scores, limit - 1)[:limit]
    best = best[np.lexsort((best, -scores[best]))]
    return [(int(place), float(scores[place])) for place in best]


def terms(text: str) -> list[str]:
    """What is indexed of a text: the stems of its words, function words aside, in order."""
    return [term for word in words(fold(text)) for term in _terms(word)]


@lru_cache(maxsize=1 << 17)
def _terms(word: str) -> tuple[str, ...]:
    if word in STOPWORDS:
        return ()
    return tuple(stem(part) for part in _PART.findall(word) if part not in STOPWORDS)
