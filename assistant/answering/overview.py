"""Summaries and comparisons: a few cited sentences, one an article."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from assistant.answering.citations import MAX_TEXT_WORDS
from assistant.answering.confidence import confidence
from assistant.answering.drafting import (
    Draft,
    Statement,
    clip,
    compose,
    not_found,
    source_name,
)
from assistant.answering.questions import Question, understand
from assistant.answering.reader import Reader
from assistant.answering.retrieval import Retriever
from assistant.answering.sentences import Sentence, score
from assistant.records import Article, Filters
from assistant.text import count_words, sentence_spans

_PASSAGES = 16  # an overview looks further than an answer
_EVIDENCE = 8
_ON_TOPIC = 0.7  # share of the best cosine with a topic from which a sentence is about it
_COMPARED = 2  # articles that a comparison names at least, where there are so many
_OPENINGS = 5  # articles tried for a summary of everything


def overview(
    question: Question,
    retriever: Retriever,
    reader: Reader,
    filters: Filters,
    threshold: float,
) -> Draft:
    """A few cited sentences, one an article: by outlet for a comparison."""
    compared = question.turn == "comparison"
    if question.topic:
        topic = understand(question.topic)
        vector = retriever.embed(question.topic)
        evidence = retriever.retrieve(question.topic, _PASSAGES, filters, vector)
        scored = score(topic, evidence, retriever, reader, vector)
        sure = confidence(topic, scored[0] if scored else None, evidence, retriever.passages)
        if not scored or sure < threshold:
            return not_found(sure, evidence[:_EVIDENCE])
        # Body text only: a headline or caption says little in a summary.
        told = [(s.sentence, float(s.vector @ vector)) for s in scored if s.sentence.in_body]
        about = _ON_TOPIC * max((cosine for _, cosine in told), default=0.0)
        sentences = _one_each(sentence for sentence, cosine in told if cosine >= about)
        if compared and len(sentences) < _COMPARED:
            sentences = _one_each(sentence for sentence, _ in told)[:_COMPARED]
        total = len(sentences)
    else:
        evidence = ()
        leads = (_lead(article) for article in retriever.index.library.articles(filters))
        sentences = list(islice((lead for lead in leads if lead), _OPENINGS))
        total = retriever.index.library.count(filters)[0]
        sure = 1.0 if sentences else 0.0
    statements: list[Statement] = []
    room = MAX_TEXT_WORDS
    for number, sentence in enumerate(sentences):
        label = f"{source_name(sentence.article)}: " if compared else ""
        # The room is shared, so that more than one article has its say.
        share = max(room // max(1, min(3, len(sentences)) - number), 20)
        span = clip(sentence, min(share, room) - count_words(label))
        if span is None:
            continue
        statements.append(Statement(span, (sentence,), label))
        room -= count_words(label) + count_words(sentence.article.text[slice(*span)])
    if not statements:
        return not_found(sure, evidence[:_EVIDENCE])
    notes: tuple[str, ...] = ()
    if len(statements) < total:
        notes = (f"{len(statements)} of {total:,} articles are quoted; ask about one for more",)
    return compose(statements, sure, evidence[:_EVIDENCE], notes)


def _one_each(sentences: Iterable[Sentence]) -> list[Sentence]:
    """The first sentence of each article."""
    first: dict[str, Sentence] = {}
    for sentence in sentences:
        first.setdefault(sentence.article.id, sentence)
    return list(first.values())


def _lead(article: Article) -> Sentence | None:
    """The article's first full sentence of body text."""
    for span in article.spans:
        if span.kind == "body":
            for start, end in sentence_spans(article.text, span.start, span.end):
                if count_words(article.text[start:end]) >= 8:
                    return Sentence(article, 0, start, end)
    return None
