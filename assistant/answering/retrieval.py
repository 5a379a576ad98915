"""Find the passages nearest to a question: dense and lexical search, fused.

A passage's score mixes its cosine with the question, its BM25 score and that of its whole article,
so that a passage counts for more in an article that tells of everything asked for. Where the
question speaks of days, articles of those days are preferred. What was tried, and what each part
gives, is told in benchmarks/retrieval.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from assistant.answering.dates import Period, spoken_of, week_before
from assistant.indexing.embedder import Embedder
from assistant.indexing.index import Index
from assistant.records import Article, Evidence, Filters
from assistant.text import STOPWORDS, fold, words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CANDIDATES = 50  # of each search
_ARTICLES = 100
# Share of a passage's lexical score. A convex combination of normalised scores needs no more tuning
# than reciprocal ranks and beats them (Bruch et al. 2023, arXiv:2210.11934).
_LEXICAL = 0.3
# What a unit of a whole article's BM25 adds. It is not normalised: it sums how much each shared
# word tells (idf), so that among a few articles on one subject it counts for little, as it should.
_WHOLE = 0.02
_DATED = 0.1  # what being of the right days is worth: an opinion, see benchmarks/retrieval.md
_NEAR_IDENTICAL = 0.8  # Jaccard similarity of content words
_COPIES = 2  # near-identical passages of different articles kept before the rest has its turn


@dataclass(frozen=True, slots=True)
class Retriever:
    """Searches an index with the embedder it was built with."""

    index: Index
    embedder: Embedder

    @property
    def passages(self) -> int:
        """How many passages there are to find."""
        return self.index.library.count()[1]

    def embed(self, question: str) -> NDArray[np.float32]:
        """The question's vector, of shape (dimension,)."""
        vector: NDArray[np.float32] = self.embedder.encode([question])[0]
        return vector

    def retrieve(
        self,
        question: str,
        limit: int = 8,
        filters: Filters = Filters(),
        vector: NDArray[np.float32] | None = None,
    ) -> tuple[Evidence, ...]:
        """The `limit` nearest passages, best first; fewer where there are fewer."""
        vector = self.embed(question) if vector is None else vector
        dense = dict(self.index.vectors.search(vector, _CANDIDATES, filters))
        lexical = dict(self.index.library.search(question, _CANDIDATES, filters))
        if not dense and not lexical:
            return ()
        scores = self._scores(question, dense, lexical, filters)
        articles: dict[str, Article] = {}
        found: list[Evidence] = []
        for id_ in sorted(scores, key=lambda i: (-scores[i], i))[: limit * 4]:
            passage = self.index.library.passage(id_)
            if passage is None:
                continue  # a vector without its text: cannot be cited
            if passage.article_id not in articles:
                article = self.index.library.article(passage.article_id)
                if article is None:
                    continue
                articles[passage.article_id] = article
            article = articles[passage.article_id]
            found.append(Evidence(passage, article, scores[id_], dense.get(id_), lexical.get(id_)))
        return tuple(_diverse(found)[:limit])

    def _scores(
        self, question: str, dense: dict[str, float], lexical: dict[str, float], filters: Filters
    ) -> dict[str, float]:
        """The fused score of every passage that one of the searches returned, by id."""
        library = self.index.library
        whole = dict(library.search_articles(question, _ARTICLES))
        period = _preferred(question, filters.as_of)
        # A passage that only the other search returned scores no better than the last of this one.
        floor = min(dense.values(), default=0.0)
        lowest = min(lexical.values()) if len(lexical) == _CANDIDATES else 0.0
        top = max(lexical.values(), default=1.0)
        scores = {}
        for id_, (article, published) in library.owners(dense.keys() | lexical.keys()).items():
            scores[id_] = (
                (1 - _LEXICAL) * dense.get(id_, floor)
                + _LEXICAL * lexical.get(id_, lowest) / top
                + _WHOLE * whole.get(article, 0.0)
            )
            if period and published:
                scores[id_] += _DATED * period.closeness(published)
        return scores


def _preferred(question: str, as_of: date | None) -> Period | None:
    """The days the question speaks of; if it does of none, the week before the day it is asked."""
    said = spoken_of(question, as_of or date.today())
    return said or (week_before(as_of) if as_of else None)


def _diverse(evidence: Sequence[Evidence]) -> list[Evidence]:
    """The same, best first, with the third and further copies of one text moved to the end."""
    kept: list[tuple[Evidence, frozenset[str]]] = []
    copies: list[Evidence] = []
    for item in evidence:
        content = frozenset(w for w in words(fold(item.passage.text)) if w not in STOPWORDS)
        alike = sum(
            len(content & other) >= _NEAR_IDENTICAL * len(content | other) for _, other in kept
        )
        if alike >= _COPIES:
            copies.append(item)
        else:
            kept.append((item, content))
    return [item for item, _ in kept] + copies
