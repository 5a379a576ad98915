"""The default engine: answers in the sources' own sentences.

Sentences that agree on the answer are pooled. The likeliest of the best answer leads; other
articles' sentences with the same answer become further citations of the same statement; another
sentence or two follow where they are nearly as likely, said to be another report where they give
another answer. The reader's span in the leading sentence is the answer's short form.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from assistant.answering.agreement import Group, groups
from assistant.answering.citations import MAX_QUOTE_WORDS, MAX_TEXT_WORDS
from assistant.answering.confidence import confidence, default_threshold
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
from assistant.answering.reader import Reader
from assistant.answering.retrieval import Retriever
from assistant.answering.sentences import Scored, Sentence, score
from assistant.answering.short import short_form
from assistant.records import Evidence, Filters
from assistant.text import count_words

_PASSAGES = 8
# Chosen on benchmarks/dev.
_SAME_FACT = 0.8  # cosine between two sentences that tell the same fact
_REPEATS = 0.9  # cosine above which a further sentence adds nothing
_VERSIONS = 3  # outlets cited for one statement
_SENTENCES = 3
_SUPPORT = 0.15  # a further citation is at least this likely, as a share of the leading one
_FURTHER = 0.25  # and so is a further sentence
_OTHER = 0.4  # and, where there is one right answer, a sentence with another
_ONE_ANSWER = ("person", "time", "place", "age", "duration", "amount", "count")
_ALSO = "Also reported: "


def answer(
    question: Question,
    retriever: Retriever,
    reader: Reader,
    filters: Filters,
    threshold: float | None = None,
) -> Draft:
    """Answer a question, summary or comparison from the passages nearest to it.

    Below the confidence `threshold` (None: the sentence model's own) the draft is "not_found".
    """
    threshold = default_threshold() if threshold is None else threshold
    if question.turn in ("summary", "comparison"):
        return overview(question, retriever, reader, filters, threshold)
    vector = retriever.embed(question.text)
    evidence = retriever.retrieve(question.text, _PASSAGES, filters, vector)
    scored = score(question, evidence, retriever, reader, vector)
    return from_scored(question, scored, evidence, retriever.passages, threshold)


def from_scored(
    question: Question,
    scored: Sequence[Scored],
    evidence: tuple[Evidence, ...],
    passages: int,
    threshold: float,
) -> Draft:
    """As `answer`, from the candidate sentences of the evidence, the likeliest first, which was
    found among so many passages.
    """
    ranked = groups(scored)
    sure = confidence(question, ranked[0].members[0] if ranked else None, evidence, passages)
    if not ranked or sure < threshold:
        return not_found(sure, evidence)
    draft = compose(statements(question, ranked), sure, evidence)
    return replace(draft, short=short_form(question, ranked[0].members, draft.citations))


def statements(
    question: Question, ranked: Sequence[Group], further: float = _FURTHER
) -> list[Statement]:
    """The leading sentence, and what is worth adding to it, within the length of an answer.

    A sentence that is added is at least `further` times as likely as the leading one.
    """
    lead = ranked[0].members[0]
    rest = [(item, group) for group in ranked for item in group.members if item is not lead]
    rest.sort(key=lambda pair: -pair[0].probability)
    said: list[Scored] = []
    statements: list[Statement] = []
    room = MAX_TEXT_WORDS
    for item, group in [(lead, ranked[0]), *rest]:
        if len(said) == _SENTENCES or item.probability < further * lead.probability:
            break
        if any(float(item.vector @ other.vector) >= _REPEATS for other in said):
            continue
        other = bool(said) and group is not ranked[0] and question.asked in _ONE_ANSWER
        if other and item.probability < _OTHER * lead.probability:
            continue
        label = _ALSO if other else ""
        limit = min(room - count_words(label), MAX_QUOTE_WORDS)
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
        versions = _versions(item, group, [i for i, _ in rest], said)
        said.append(item)
        room -= count_words(label) + count_words(item.sentence.article.text[slice(*quoted)])
        statements.append(Statement(quoted, (item.sentence, *versions), label))
    return statements


def _overlaps(article: str, span: tuple[int, int], statements: Sequence[Statement]) -> bool:
    cited = [
        (version.article.id, *(statement.quoted if number == 0 else (version.start, version.end)))
        for statement in statements
        for number, version in enumerate(statement.versions)
    ]
    return any(id_ == article and span[0] < end and start < span[1] for id_, start, end in cited)


def _versions(
    item: Scored, group: Group, scored: Sequence[Scored], said: Sequence[Scored]
) -> Iterable[Sentence]:
    """Other articles' sentences with the same answer, or that tell the same fact."""
    articles = {item.sentence.article.id}
    for other in scored:
        if len(articles) == _VERSIONS:
            break
        if (
            other.sentence.article.id not in articles
            and other.probability >= _SUPPORT * item.probability
            and (other in group.members or float(other.vector @ item.vector) >= _SAME_FACT)
            and other not in said
        ):
            articles.add(other.sentence.article.id)
            yield other.sentence
