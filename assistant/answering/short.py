"""The answer in a few words: verbatim inside one of its quotes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from assistant.answering.agreement import answer_words
from assistant.answering.questions import Question
from assistant.answering.sentences import Scored
from assistant.records import Citation
from assistant.text import count_words, trim

_FEW, _CLAUSE = 10, 25  # words, for a name, date or number, and for a reason or a statement
_CLAUSE_ASKED = ("reason", "statement")
_COMPARABLE = 0.3  # a fuller form counts from a sentence at least this likely, as a share
_MARKS = ",;:–—-"
_BOUNDARY = re.compile(r"[,;:–—]\s|\s[–—-]\s")


def short_form(
    question: Question, members: Sequence[Scored], citations: Sequence[Citation]
) -> str | None:
    """The most complete of the members' answers that is in one of the quotes; None if none is.

    Args:
        question: as understood; a reason or statement takes a clause.
        members: sentences that agree on the answer, the likeliest first.
        citations: what the answer quotes.
    """
    best: tuple[Scored, str] | None = None
    for item in members:
        if item.span is None or item.probability < _COMPARABLE * members[0].probability:
            continue
        if best and (
            question.asked in _CLAUSE_ASKED or not answer_words(item) > answer_words(best[0])
        ):
            continue
        article = item.sentence.article
        start, end = _tidy(article.text, *item.span)
        limit = _FEW
        if question.asked in _CLAUSE_ASKED:
            start, end = _clause(item, _CLAUSE)
        if question.asked in (*_CLAUSE_ASKED, "other"):
            limit = _CLAUSE
        inside = start < end and any(
            cited.article == article.id and cited.start <= start and end <= cited.end
            for cited in citations
        )
        if inside and count_words(article.text[start:end]) <= limit:
            best = item, article.text[start:end]
    return best and best[1]


def _tidy(text: str, start: int, end: int) -> tuple[int, int]:
    """Without punctuation at the ends, and without a bracket or quotation that is not closed."""
    for opening, closing in ("()", "[]", "“”", '""'):
        inner = text[start:end]
        if opening == closing:
            lone = inner.count(opening) % 2 == 1
        else:
            lone = inner.count(opening) != inner.count(closing)
        if lone and opening in inner:
            # Most of an answer comes before "(" and after an opening quotation mark.
            at = start + inner.index(opening)
            start, end = (start, at) if opening in "([" and at > start else (at + 1, end)
        elif lone:
            end = start + inner.index(closing)
    while start < end and (text[start].isspace() or text[start] in _MARKS):
        start += 1
    while start < end and (text[end - 1].isspace() or text[end - 1] in _MARKS):
        end -= 1
    return start, end


def _clause(item: Scored, limit: int) -> tuple[int, int]:
    """The answer's sentence if it has at most `limit` words, else the clauses around the answer
    that fit; the answer itself where not even its own clause does.
    """
    assert item.span is not None
    sentence, text = item.sentence, item.sentence.article.text
    if count_words(text[sentence.start : sentence.end]) <= limit:
        return sentence.start, sentence.end
    cuts = [
        sentence.start,
        *(m.end() for m in _BOUNDARY.finditer(text, sentence.start, sentence.end)),
        sentence.end,
    ]
    first = max(i for i, cut in enumerate(cuts) if cut <= item.span[0])
    last = min(i for i, cut in enumerate(cuts) if cut >= item.span[1])
    if count_words(text[cuts[first] : cuts[last]]) > limit:
        return item.span
    grown = True
    while grown:
        grown = False
        for a, b in ((first, last + 1), (first - 1, last)):
            if a >= 0 and b < len(cuts) and count_words(text[cuts[a] : cuts[b]]) <= limit:
                first, last, grown = a, b, True
                break
    start, end = trim(text, cuts[first], cuts[last])
    return start, end - (text[end - 1] in ",;:–—")
