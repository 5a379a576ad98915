"""What an engine writes before it is verified: statements, their quotes, numbers and text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from assistant.answering.citations import MAX_QUOTE_WORDS, cite, unmarked
from assistant.answering.sentences import Sentence
from assistant.records import Article, Citation, Evidence, Status
from assistant.text import count_words, sentence_spans, trim

NOT_FOUND = "The articles do not answer this."
_NEAREST = " The nearest passages are listed as evidence."
_BACK = 2  # sentences to go back to where a speaker is named
_QUOTATION = re.compile(r"[\"“][^\"“”]*[\"”]")
_UNNAMED = re.compile(
    r"^\W*(?:(?:And|But|Then|Later|Also|However|Instead),? )?(?:He|She)\b|"
    r"\b(?:he|she) (?:said|says|added|told|wrote|tweeted|remarked|stated|continued|explained|noted|"
    r"warned|argued|insisted|concluded|asked)\b|\b(?:said|added) (?:he|she)\b"
)


@dataclass(frozen=True, slots=True)
class Draft:
    """What an engine says, before it is verified and timed; `engine` is whose words they are."""

    status: Status
    text: str
    confidence: float
    citations: tuple[Citation, ...]
    evidence: tuple[Evidence, ...]
    notes: tuple[str, ...] = ()
    short: str | None = None
    engine: str = "extractive"


@dataclass(frozen=True, slots=True)
class Statement:
    """A piece of an answer's text with the sentences that say it, the quoted one first."""

    quoted: tuple[int, int]
    versions: tuple[Sentence, ...]
    label: str = ""


def not_found(confidence: float, evidence: tuple[Evidence, ...]) -> Draft:
    """The draft that says that the articles do not answer."""
    text = NOT_FOUND + (_NEAREST if evidence else "")
    return Draft("not_found", text, confidence, (), evidence)


def compose(
    statements: Sequence[Statement],
    confidence: float,
    evidence: tuple[Evidence, ...],
    notes: tuple[str, ...] = (),
) -> Draft:
    """Statements into numbered text and citations; a sentence cited twice keeps its number."""
    numbers: dict[tuple[str, int, int], int] = {}
    citations: list[Citation] = []
    parts = []
    for statement in statements:
        marks = []
        for version in statement.versions:
            span = statement.quoted if version is statement.versions[0] else None
            span = span or clip(version, MAX_QUOTE_WORDS)
            if span is None:
                continue
            key = (version.article.id, *span)
            if key not in numbers:
                numbers[key] = len(numbers) + 1
                citations.append(cite(numbers[key], version.article, *span))
            marks.append(f"[{numbers[key]}]")
        first = statement.versions[0]
        quote = first.article.text[slice(*statement.quoted)]
        if statement.quoted[1] < first.end:
            quote += " …"  # not part of the citation: the sentence goes on
        quote = unmarked(quote)
        parts.append(f"{statement.label}{quote} {''.join(marks)}")
    return Draft("answered", " ".join(parts), confidence, tuple(citations), evidence, notes)


def clip(sentence: Sentence, limit: int, whole: bool = False) -> tuple[int, int] | None:
    """The span of `sentence` or, where it has more than `limit` words, of its first clauses that
    fit; None where nothing does, or `whole` is asked for and does not fit.
    """
    text = sentence.article.text
    if count_words(text[sentence.start : sentence.end]) <= limit:
        return sentence.start, sentence.end
    if whole:
        return None
    # Ends of inner sentences and clauses first; any word's end if there is none.
    for pattern in (r"[.!?][\"”’']?\s", r"[,;:–—]\s", r"\s"):
        ends = [
            sentence.start + match.start() + (pattern[0] == "[" and pattern[1] == ".")
            for match in re.finditer(pattern, text[sentence.start : sentence.end])
        ]
        fitting = [e for e in ends if 8 <= count_words(text[sentence.start : e]) <= limit]
        if fitting:
            return trim(text, sentence.start, fitting[-1])
    return None


def with_speaker(sentence: Sentence, limit: int) -> Sentence:
    """`sentence` begun where its "he" or "she" is named, if that is at most two sentences before,
    with nothing but body text between, and all has at most `limit` words.
    """
    text, start, first = sentence.article.text, sentence.start, (sentence.start, sentence.end)
    for _ in range(_BACK):
        if not _UNNAMED.search(_QUOTATION.sub("", text[slice(*first)])):
            break
        before = _sentence_before(sentence.article, start)
        if before is None:
            return sentence
        first, start = before, before[0]
    named = not _UNNAMED.search(_QUOTATION.sub("", text[slice(*first)]))
    fits = count_words(text[start : sentence.end]) <= limit
    return replace(sentence, start=start) if named and fits else sentence


def _sentence_before(article: Article, start: int) -> tuple[int, int] | None:
    """The body sentence that ends before `start`; None if something else stands between."""
    for span in reversed([s for s in article.spans if s.start < start]):
        if span.kind != "body":
            return None
        if found := sentence_spans(article.text, span.start, min(span.end, start)):
            return found[-1]
    return None


def source_name(article: Article) -> str:
    """How a reader recognises an article: its outlet, else its headline, else its id."""
    return unmarked(article.outlet or article.title or article.id)
