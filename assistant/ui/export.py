"""A conversation as Markdown, with its quotes and sources."""

from __future__ import annotations

from assistant import render
from assistant.records import Citation
from assistant.ui.answers import describe
from assistant.ui.conversation import Conversation, Exchange


def to_markdown(conversation: Conversation) -> str:
    """The whole conversation; whatever comes from an article or a visitor is escaped."""
    parts = ["# A conversation with News Assistant"]
    for exchange in conversation:
        if not exchange.pending:
            parts += _exchange(exchange)
    return "\n\n".join(parts) + "\n"


def _exchange(exchange: Exchange) -> list[str]:
    parts = [f"## {_text(exchange.question)}"]
    if exchange.filters:
        parts.append(f"*{_text(describe(exchange.filters))}*")
    answer = exchange.answer
    if answer is None:
        return [*parts, _text(exchange.problem)]
    if answer.understood != answer.question:
        parts.append(f"*Understood as: {_text(answer.understood)}*")
    if answer.status == "not_found":
        parts.append("**Not found in the articles.**")
        if exchange.sources:
            parts.append("The nearest passages, which may not be about it:")
            parts += [_quote(source.citation) for source in exchange.sources]
        return parts
    if answer.short:
        parts.append(f"**{_text(answer.short)}**")
    return [*parts, render.to_markdown(answer)]


def _quote(citation: Citation) -> str:
    return f"> **{_text(render.source_line(citation))}**\n> {_text(citation.quote)}"


def _text(text: str) -> str:
    return render.escape_markdown(" ".join(text.split()))
