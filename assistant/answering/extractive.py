"""The default engine: answers in the sources' own sentences.

The likeliest sentence leads; other outlets' versions of it become further citations of the same
statement; one or two more sentences follow where they add something and there is room.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from assistant.answering.citations import MAX_QUOTE_WORDS, MAX_TEXT_WORDS
from assistant.answering.drafting import (
    Draft,
    Statement,
    clip,
    compose,
    not_found,
    with_speaker,
)
from assistant.answering.overview import overview
from assistant.answering.questions import Question
from assistant.answering.retrieval import Retriever
from assistant.answering.sentences import Scored, Sentence, confidence, default_threshold, score
from assistant.records import Filters
from assistant.text import count_words

NAME = "extractive"
_PASSAGES = 8
# Chosen on benchmarks/dev.
_SAME_FACT = 0.8  # cosine between two sentences that tell the same fact
_REPEATS = 0.9  # cosine above which a further sentence adds nothing
_VERSIONS = 3  # outlets cited for one statement
_SENTENCES = 3
_SUPPORT = 0.15  # a further sentence is at least this likely, as a share of the leading one


def answer(
    question: Question, retriever: Retriever, filters: Filters, threshold: float | None = None
) -> Draft:
    """Answer a question, summary or comparison from the passages nearest to it.

    Below the confidence `threshold` (None: the sentence model's own) the draft is "not_found".
    """
    threshold = default_threshold() if threshold is None else threshold
    if question.turn in ("summary", "comparison"):
        return overview(question, retriever, filters, threshold)
    vector = retriever.embed(question.text)
    evidence = retriever.retrieve(question.text, _PASSAGES, filters, vector)
    scored = score(question, evidence, retriever, vector)
    sure = confidence(scored)
    if not scored or sure < threshold:
        return not_found(sure, evidence)
    return compose(_statements(scored), sure, evidence)


def _statements(scored: Sequence[Scored]) -> list[Statement]:
    """The leading sentence, and what is worth adding to it, within the length of an answer."""
    said: list[Scored] = []
    statements: list[Statement] = []
    room = MAX_TEXT_WORDS
    for item in scored:
        if len(said) == _SENTENCES or item.probability < _SUPPORT * scored[0].probability:
            break
        if any(float(item.vector @ other.vector) >= _REPEATS for other in said):
            continue
        versions = [item.sentence, *_versions(item, scored, said)]
        limit = min(room, MAX_QUOTE_WORDS)
        # With its speaker named if that fits, and repeats no sentence that was quoted already.
        choices = (with_speaker(item.sentence, limit), item.sentence)
        quoted = next(
            (
                span
                for choice in choices
                if (span := clip(choice, limit, whole=bool(said)))
                and not _overlaps(item.sentence.article.id, span, statements)
            ),
            None,
        )
        if quoted is None:
            continue
        said.append(item)
        room -= count_words(item.sentence.article.text[slice(*quoted)])
        statements.append(Statement(quoted, tuple(versions)))
    return statements


def _overlaps(article: str, span: tuple[int, int], statements: Sequence[Statement]) -> bool:
    cited = [
        (version.article.id, *(statement.quoted if number == 0 else (version.start, version.end)))
        for statement in statements
        for number, version in enumerate(statement.versions)
    ]
    return any(id_ == article and span[0] < end and start < span[1] for id_, start, end in cited)


def _versions(item: Scored, scored: Sequence[Scored], said: Sequence[Scored]) -> Iterable[Sentence]:
    """Other articles' sentences that tell the same fact, the likeliest first."""
    articles = {item.sentence.article.id}
    for other in scored:
        if len(articles) == _VERSIONS:
            break
        if (
            other.sentence.article.id not in articles
            and other.probability >= _SUPPORT * item.probability
            and float(other.vector @ item.vector) >= _SAME_FACT
            and all(other is not earlier for earlier in said)
        ):
            articles.add(other.sentence.article.id)
            yield other.sentence
