"""What the page keeps of a conversation: each question, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from assistant.answering.citations import cite
from assistant.api import Assistant
from assistant.records import Answer, Article, Citation, Evidence, Filters, Turn
from assistant.text import line_spans, sentence_spans

NEAREST = 3  # passages shown where the articles do not answer

SourceKind = Literal["citation", "nearest"]


@dataclass(frozen=True, slots=True)
class Source:
    """A quote to show: a citation, or one of the passages nearest to an unanswered question.

    `before` and `after` are the rest of the sentence or sentences that the quote stands in.
    """

    kind: SourceKind
    citation: Citation
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A question with its answer, or with what went wrong; neither: it is being answered."""

    question: str
    filters: Filters = Filters()
    answer: Answer | None = None
    sources: tuple[Source, ...] = ()
    problem: str = ""


Conversation = tuple[Exchange, ...]


def ask(
    assistant: Assistant, question: str, filters: Filters, before: Conversation = ()
) -> Exchange:
    """Ask, and keep what the page shows; not the evidence, which holds whole articles.

    `before` is what was said until now: a follow-up is understood by it.
    """
    history = [Turn(e.question, e.answer) for e in before if e.answer]
    answer = assistant.ask(question, filters, history=history)
    if answer.status == "not_found":
        sources = [_nearest(n, e) for n, e in enumerate(answer.evidence[:NEAREST], start=1)]
    else:
        articles = {c.article: assistant.article(c.article) for c in answer.citations}
        sources = [_source("citation", c, articles[c.article]) for c in answer.citations]
    return Exchange(question, filters, replace(answer, evidence=()), tuple(sources))


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
