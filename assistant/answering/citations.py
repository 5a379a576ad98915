"""Citations: made from exact offsets, verified at the door."""

from __future__ import annotations

import re

from assistant.errors import CitationError
from assistant.records import Answer, Article, Citation
from assistant.text import count_words

MAX_TEXT_WORDS = 80
MAX_QUOTE_WORDS = 60
_MARKER = re.compile(r"\[(\d+)\]")


def cite(number: int, article: Article, start: int, end: int) -> Citation:
    """A citation of `article.text[start:end]`."""
    return Citation(
        number=number,
        article=article.id,
        title=article.title,
        outlet=article.outlet,
        published=article.published,
        start=start,
        end=end,
        quote=article.text[start:end],
    )


def markers(text: str) -> list[int]:
    """The numbers of the [n] markers in `text`, in order."""
    return [int(number) for number in _MARKER.findall(text)]


def unmarked(text: str) -> str:
    """A source's words on one line, its own "[3]" turned to "(3)": it must not read as ours."""
    return " ".join(_MARKER.sub(r"(\1)", text).split())


def without_markers(text: str) -> str:
    """`text` without its [n] markers."""
    return re.sub(r"\s*\[\d+\]", "", text)


def verify(answer: Answer, articles: dict[str, Article]) -> Answer:
    """`answer` itself, if it keeps what every answer promises. Raises CitationError if not.

    Every quote is a verbatim slice of its article, outside boilerplate and within the limits of
    length; every marker has its citation and the other way round; `short` is in a quote.
    """
    for citation in answer.citations:
        article = articles.get(citation.article)
        if article is None or article.text[citation.start : citation.end] != citation.quote:
            _refuse(answer, f"quote {citation.number} is not a verbatim slice of its source")
        elif not citation.quote.strip():
            _refuse(answer, f"quote {citation.number} is empty")
        elif count_words(citation.quote) > MAX_QUOTE_WORDS:
            _refuse(answer, f"quote {citation.number} has more than {MAX_QUOTE_WORDS} words")
        elif any(
            span.kind == "boilerplate" and span.start < citation.end and citation.start < span.end
            for span in article.spans
        ):
            _refuse(answer, f"quote {citation.number} holds boilerplate")
    numbers = [citation.number for citation in answer.citations]
    if set(markers(answer.text)) != set(numbers) or len(set(numbers)) != len(numbers):
        _refuse(answer, "markers and citations do not match")
    if count_words(without_markers(answer.text)) > MAX_TEXT_WORDS:
        _refuse(answer, f"its text has more than {MAX_TEXT_WORDS} words")
    if answer.short is not None and not any(answer.short in c.quote for c in answer.citations):
        _refuse(answer, "its short form is in none of its quotes")
    return answer


def _refuse(answer: Answer, problem: str) -> None:
    raise CitationError(
        f"the answer to {answer.question!r} was withheld, since {problem}; this is a bug, "
        "please report it with the question"
    )
