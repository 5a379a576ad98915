"""The default engine: answers in the sources' own sentences.

The likeliest sentence leads; other outlets' versions of it become further citations of the same
statement; one or two more sentences follow where they add something and there is room.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from assistant.answering.citations import MAX_QUOTE_WORDS, MAX_TEXT_WORDS, cite
from assistant.answering.questions import Question, understand
from assistant.answering.retrieval import Retriever
from assistant.answering.sentences import Scored, Sentence, default_threshold, score
from assistant.records import Article, Citation, Evidence, Filters, Status
from assistant.text import count_words, sentence_spans, trim

NAME = "extractive"
NOT_FOUND = "The articles do not answer this. The nearest passages are listed as evidence."
_PASSAGES = 8
_SAME_FACT = 0.8  # cosine between two sentences that tell the same fact
_REPEATS = 0.9  # cosine above which a further sentence adds nothing
_VERSIONS = 3  # outlets cited for one statement
_SENTENCES = 3
_BACK = 2  # sentences to go back to where a speaker is named
_QUOTATION = re.compile(r"[\"“][^\"“”]*[\"”]")
_UNNAMED = re.compile(
    r"^\W*(?:(?:And|But|Then|Later|Also|However|Instead),? )?(?:He|She)\b|"
    r"\b(?:he|she) (?:said|says|added|told|wrote|tweeted|remarked|stated|continued|explained|noted|"
    r"warned|argued|insisted|concluded|asked)\b|\b(?:said|added) (?:he|she)\b"
)
_SUPPORT = 0.15  # a further sentence is at least this likely, as a share of the leading one


@dataclass(frozen=True, slots=True)
class Draft:
    """What an engine says, before it is verified and timed."""

    status: Status
    text: str
    confidence: float
    citations: tuple[Citation, ...]
    evidence: tuple[Evidence, ...]
    notes: tuple[str, ...] = ()
    short: str | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """A piece of an answer's text with the sentences that say it, the quoted one first."""

    quoted: tuple[int, int]
    versions: tuple[Sentence, ...]
    label: str = ""


def answer(
    question: Question, retriever: Retriever, filters: Filters, threshold: float | None = None
) -> Draft:
    """Answer a question, summary or comparison from the passages nearest to it.

    Below the confidence `threshold` (None: the sentence model's own) the draft is "not_found".
    """
    threshold = default_threshold() if threshold is None else threshold
    if question.turn in ("summary", "comparison"):
        return _overview(question, retriever, filters, threshold)
    vector = retriever.embed(question.text)
    evidence = retriever.retrieve(question.text, _PASSAGES, filters, vector)
    scored = score(question, evidence, retriever, vector)
    confidence = scored[0].probability if scored else 0.0
    if not scored or confidence < threshold:
        return not_found(confidence, evidence)
    return _draft(_statements(scored), confidence, evidence)


def not_found(confidence: float, evidence: tuple[Evidence, ...]) -> Draft:
    """The draft that says that the articles do not answer."""
    return Draft("not_found", NOT_FOUND, confidence, (), evidence)


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
        quoted = clip(
            with_speaker(item.sentence, min(room, MAX_QUOTE_WORDS)),
            min(room, MAX_QUOTE_WORDS),
            whole=bool(said),
        )
        if quoted is None:
            continue
        said.append(item)
        room -= count_words(item.sentence.article.text[slice(*quoted)])
        statements.append(Statement(quoted, tuple(versions)))
    return statements


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


def _draft(
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
        quote = statement.versions[0].article.text[slice(*statement.quoted)]
        # A source's own "[3]" must not read as one of our markers; line breaks are no part of text.
        quote = " ".join(re.sub(r"\[(\d+)\]", r"(\1)", quote).split())
        parts.append(f"{statement.label}{quote} {''.join(marks)}")
    return Draft("answered", " ".join(parts), confidence, tuple(citations), evidence, notes)


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


def _overview(
    question: Question, retriever: Retriever, filters: Filters, threshold: float
) -> Draft:
    """A few cited sentences, one an article: by outlet for a comparison."""
    if question.topic:
        topic = understand(question.topic)
        vector = retriever.embed(question.topic)
        evidence = retriever.retrieve(question.topic, 2 * _PASSAGES, filters, vector)
        scored = score(topic, evidence, retriever, vector)
        confidence = scored[0].probability if scored else 0.0
        if not scored or confidence < threshold:
            return not_found(confidence, evidence[:_PASSAGES])
        likely = (s for s in scored if s.probability >= _SUPPORT * confidence)
        sentences = _one_each(s.sentence for s in likely)
    else:
        confidence, evidence = 1.0, ()
        leads = (_lead(article) for article in retriever.index.library.articles(filters))
        sentences = [lead for lead in leads if lead]
    compared = question.turn == "comparison"
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
        return not_found(confidence, evidence[:_PASSAGES])
    notes: tuple[str, ...] = ()
    if len(statements) < len(sentences):
        notes = (
            f"{len(statements)} of {len(sentences)} articles are quoted; ask about one for more",
        )
    return _draft(statements, confidence, evidence[:_PASSAGES], notes)


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


def source_name(article: Article) -> str:
    """How a reader recognises an article: its outlet, else its headline, else its id."""
    return article.outlet or article.title or article.id
