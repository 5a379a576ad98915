"""What flows through the assistant: small frozen records, offsets in Unicode code points.

Files become `Article`s, articles are cut into `Passage`s, a question finds `Evidence`, and an
engine turns evidence into an `Answer` with `Citation`s. Nothing else is passed between rooms.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

SpanKind = Literal["headline", "body", "caption", "boilerplate"]
Status = Literal["answered", "not_found"]


@dataclass(frozen=True, slots=True)
class Span:
    """A marked stretch of an article's text: `text[start:end]` is of this kind."""

    kind: SpanKind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Article:
    """One article exactly as read; metadata is what the text or the sidecar states, else None."""

    id: str
    text: str
    title: str | None = None
    outlet: str | None = None
    published: date | None = None
    url: str | None = None
    origin: str = ""
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Passage:
    """A citable stretch of an article, with `article.text[start:end] == text`."""

    id: str
    article_id: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Filters:
    """Which articles may answer: of these outlets (empty: all), dated since and until, inclusive.

    An undated article is outside any date filter. `as_of` leaves no article out: it is the day on
    which the question is asked, for "last week"; articles of the days before it are preferred.
    None is today, without a preference.
    """

    outlets: tuple[str, ...] = ()
    since: date | None = None
    until: date | None = None
    as_of: date | None = None

    def __bool__(self) -> bool:
        return bool(self.outlets or self.since or self.until)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A passage found for a question, with its article, its score and how it was found.

    `score` orders evidence within one answer (higher is nearer). `dense` is the cosine between
    question and passage, `lexical` the BM25 score; None where that search did not return it.
    """

    passage: Passage
    article: Article
    score: float
    dense: float | None = None
    lexical: float | None = None


@dataclass(frozen=True, slots=True)
class Citation:
    """A numbered quote, with `article.text[start:end] == quote`, verified before it is returned."""

    number: int
    article: str
    title: str | None
    outlet: str | None
    published: date | None
    start: int
    end: int
    quote: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer whose every quote is a verbatim slice of an indexed article.

    `confidence` is the probability, 0 to 1, that the best candidate answer is right, also where
    `status` is "not_found". Every [n] in `text` is the number of a citation.
    """

    question: str
    understood: str
    status: Status
    text: str
    short: str | None
    confidence: float
    citations: tuple[Citation, ...]
    evidence: tuple[Evidence, ...]
    notes: tuple[str, ...]
    engine: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Turn:
    """One exchange of a conversation."""

    question: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class EvidenceSpan:
    """Where a gold answer stands: `article.text[start:end]`, which is `quote` where that is given.

    The quote is what finds the place again after the article has changed.
    """

    article: str
    start: int
    end: int
    quote: str | None = None


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """A question with the answers a careful reader accepts, and where they stand.

    `history` are the questions asked before it in the same conversation, `as_of` the day it is
    asked on, on which the answers are right.
    """

    id: str
    question: str
    kind: str
    answers: tuple[str, ...]
    evidence: tuple[EvidenceSpan, ...]
    answerable: bool
    history: tuple[str, ...] = ()
    as_of: date | None = None
