"""What the page keeps of a conversation: each question, and what came of it."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from assistant.answering.citations import cite
from assistant.api import Assistant
from assistant.errors import CorpusError
from assistant.records import Answer, Article, Citation, Evidence, Filters, Turn
from assistant.text import line_spans, sentence_spans

NEAREST = 3  # passages shown where the articles do not answer

SourceKind = Literal["citation", "nearest"]
SourceState = Literal["held", "changed", "gone"]


@dataclass(frozen=True, slots=True)
class Source:
    """A quote to show: a citation, or one of the passages nearest to an unanswered question.

    `before` and `after` are the rest of the sentence or sentences that the quote stands in.
    `state` is how the quote stands to the article as it is indexed now.
    """

    kind: SourceKind
    citation: Citation
    before: str = ""
    after: str = ""
    state: SourceState = "held"


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question with its answer, or with what went wrong; neither: it is being answered.

    A `partial` answer is growing, or was stopped while it did. `helpful` is the reader's verdict,
    known to the feedback file by `id`.
    """

    question: str
    filters: Filters = Filters()
    answer: Answer | None = None
    sources: tuple[Source, ...] = ()
    problem: str = ""
    partial: bool = False
    helpful: bool | None = None
    id: str = ""

    @property
    def pending(self) -> bool:
        """Whether more is to come."""
        return not self.problem and (self.partial or self.answer is None)


Conversation = tuple[Exchange, ...]


def answers(
    assistant: Assistant, exchange: Exchange, before: Conversation = ()
) -> Iterator[Exchange]:
    """`exchange` as its answer grows, the last one complete; what the page shows is kept.

    `before` is what was said until now: a follow-up is understood by it.
    """
    history = [Turn(e.question, e.answer) for e in before if e.answer]
    for answer in assistant.stream(exchange.question, exchange.filters, history=history):
        if answer.status == "not_found":
            sources = [_nearest(n, e) for n, e in enumerate(answer.evidence[:NEAREST], start=1)]
        else:
            articles = {c.article: assistant.article(c.article) for c in answer.citations}
            sources = [_source("citation", c, articles[c.article]) for c in answer.citations]
        # Not the evidence, which holds whole articles.
        kept = replace(answer, evidence=())
        exchange = replace(exchange, answer=kept, sources=tuple(sources), partial=True)
        yield exchange
    yield replace(exchange, partial=False, id=uuid.uuid4().hex)


def stopped(exchange: Exchange, problem: str) -> Exchange:
    """`exchange` with nothing more to come: what was answered until now, or `problem`."""
    if not exchange.pending:
        return exchange
    if exchange.answer is None:
        return replace(exchange, problem=problem)
    notes = (*exchange.answer.notes, problem)
    return replace(exchange, answer=replace(exchange.answer, notes=notes), partial=False)


def compared(conversation: Conversation, assistant: Assistant) -> Conversation:
    """`conversation` with the state of each source in the index of `assistant`."""
    articles: dict[str, Article | None] = {}

    def state(citation: Citation) -> SourceState:
        if citation.article not in articles:
            try:
                articles[citation.article] = assistant.article(citation.article)
            except CorpusError:
                articles[citation.article] = None
        article = articles[citation.article]
        if article is None:
            return "gone"
        return "held" if holds(article, citation) else "changed"

    return tuple(
        replace(e, sources=tuple(replace(s, state=state(s.citation)) for s in e.sources))
        for e in conversation
    )


def holds(article: Article, citation: Citation) -> bool:
    """Whether the quote stands where the citation says."""
    return article.text[citation.start : citation.end] == citation.quote


def _nearest(number: int, evidence: Evidence) -> Source:
    passage = evidence.passage
    citation = cite(number, evidence.article, passage.start, passage.end)
    return _source("nearest", citation, evidence.article)


def _source(kind: SourceKind, citation: Citation, article: Article) -> Source:
    """`citation` with what precedes and follows it in its sentences."""
    start, end = citation.start, citation.end
    for line_start, line_end in line_spans(article.text):
        if line_start <= citation.start < line_end or line_start < citation.end <= line_end:
            for left, right in sentence_spans(article.text, line_start, line_end):
                if left < citation.end and citation.start < right:
                    start, end = min(start, left), max(end, right)
    before, after = article.text[start : citation.start], article.text[citation.end : end]
    return Source(kind, citation, before, after)
