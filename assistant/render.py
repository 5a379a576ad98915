"""An answer as plain text, Markdown or JSON."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Sequence
from typing import Any

from assistant.answering.citations import cite
from assistant.indexing.library import Listing
from assistant.records import Answer, Article, Citation, Evidence

_NEAREST = 3  # passages shown under "not found"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$&])")


def to_json(answer: Answer) -> str:
    """The answer as one JSON object on one line; the keys are the contract with scripts."""
    return json.dumps(
        {
            "question": answer.question,
            "understood": answer.understood,
            "status": answer.status,
            "text": answer.text,
            "short": answer.short,
            "confidence": round(answer.confidence, 4),
            "citations": [_citation(citation) for citation in answer.citations],
            "evidence": [_evidence(n, item) for n, item in enumerate(answer.evidence, start=1)],
            "notes": list(answer.notes),
            "engine": answer.engine,
            "seconds": round(answer.seconds, 4),
        },
        ensure_ascii=False,
    )


def listing_values(listing: Listing) -> dict[str, Any]:
    """A line about an article, for JSON."""
    return {
        "id": listing.id,
        "title": listing.title,
        "outlet": listing.outlet,
        "published": listing.published.isoformat() if listing.published else None,
        "words": listing.words,
        "passages": listing.passages,
    }


def article_values(article: Article) -> dict[str, Any]:
    """A whole article, for JSON."""
    return {
        "id": article.id,
        "title": article.title,
        "outlet": article.outlet,
        "published": article.published.isoformat() if article.published else None,
        "url": article.url,
        "origin": article.origin,
        "text": article.text,
        "spans": [{"kind": s.kind, "start": s.start, "end": s.end} for s in article.spans],
    }


def to_text(answer: Answer, width: int = 80) -> str:
    """The answer for a terminal: in a few words, as text, its sources with their quotes, notes."""
    lines = [*textwrap.wrap(_one_line(answer.short), width), ""] if answer.short else []
    lines += textwrap.wrap(answer.text, width)
    for citation in answer.citations:
        lines += ["", f"[{citation.number}] {source_line(citation)}"]
        lines += textwrap.wrap(
            _one_line(citation.quote), width, initial_indent="    ", subsequent_indent="    "
        )
    if answer.status == "not_found":
        for item in answer.evidence[:_NEAREST]:
            lines += ["", f"nearest: {source_line(_evidence_citation(0, item))}"]
            lines += textwrap.wrap(
                textwrap.shorten(item.passage.text, 3 * width, placeholder=" …"),
                width,
                initial_indent="    ",
                subsequent_indent="    ",
            )
    lines += [f"({note})" for note in answer.notes]
    return printable("\n".join(lines))


def printable(text: str) -> str:
    """`text` without control characters that a terminal would obey; line breaks and tabs stay."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)


def to_markdown(answer: Answer) -> str:
    """The answer as Markdown; whatever comes from an article is escaped."""
    parts = [escape_markdown(answer.text)]
    if answer.citations:
        parts.append(_list_markdown(answer.citations))
    if answer.status == "not_found" and answer.evidence:
        nearest = [_evidence_citation(0, item) for item in answer.evidence[:_NEAREST]]
        parts.append(_list_markdown(nearest))
    parts += [f"*{escape_markdown(note)}*" for note in answer.notes]
    return "\n\n".join(parts)


def source_line(citation: Citation) -> str:
    """Where a citation is from: outlet, headline and date as far as they are stated."""
    date = f"{citation.published.day} {citation.published:%B %Y}" if citation.published else None
    stated = [part for part in (citation.outlet, citation.title, date) if part]
    return ", ".join(stated) if stated else citation.article


def escape_markdown(text: str) -> str:
    """`text` so that Markdown and HTML in it show as they are; our [n] markers stay."""
    escaped = _MARKDOWN.sub(r"\\\1", text.replace("&", "&amp;").replace("<", "&lt;"))
    return re.sub(
        r"\\\[(\d+)\\\]", r"[\1]", escaped.replace("\\&amp;", "&amp;").replace("\\&lt;", "&lt;")
    )


def _list_markdown(citations: Sequence[Citation]) -> str:
    lines = []
    for citation in citations:
        number = f"[{citation.number}] " if citation.number else ""
        quote = escape_markdown(_one_line(citation.quote))
        lines.append(f"> {number}**{escape_markdown(source_line(citation))}**\n> {quote}")
    return "\n\n".join(lines)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _citation(citation: Citation) -> dict[str, Any]:
    return {
        "number": citation.number,
        "article": citation.article,
        "title": citation.title,
        "outlet": citation.outlet,
        "published": citation.published.isoformat() if citation.published else None,
        "start": citation.start,
        "end": citation.end,
        "quote": citation.quote,
    }


def _evidence(number: int, item: Evidence) -> dict[str, Any]:
    return {**_citation(_evidence_citation(number, item)), "score": round(item.score, 4)}


def _evidence_citation(number: int, item: Evidence) -> Citation:
    return cite(number, item.article, item.passage.start, item.passage.end)
