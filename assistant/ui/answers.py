"""An exchange as chat messages: HTML on one line, which the chat component shows as it is."""

from __future__ import annotations

import re
from typing import Any

from assistant.records import Answer, Citation, Filters
from assistant.ui.conversation import Conversation, Exchange, Source
from assistant.ui.markup import act, button, day, escape, escape_line, escape_lines, name, shorten

_MARKER = re.compile(r"\s*\[(\d+)\]")
# From this probability on, these words.
_CONFIDENCE = (
    (0.85, "high", "Very likely right"),
    (0.6, "fair", "Likely right"),
    (0.0, "low", "May be wrong: check the quotes"),
)


def messages(conversation: Conversation) -> list[dict[str, Any]]:
    """The whole conversation as the chat component takes it."""
    shown = []
    for number, exchange in enumerate(conversation):
        last = number == len(conversation) - 1
        edit = act("edit", number, "Edit", "Change this question and ask from here again")
        question = f'<div class="question">{escape_lines(exchange.question)}</div>{edit}'
        shown.append({"role": "user", "content": f'<div class="asking">{question}</div>'})
        shown.append({"role": "assistant", "content": reply(number, exchange, last)})
    return shown


def reply(number: int, exchange: Exchange, last: bool = True) -> str:
    """What the assistant says in exchange `number` of a conversation."""
    again = act("retry", number, "Ask again", "Ask this question once more") if last else ""
    if exchange.problem:
        problem = f"<p>{escape_line(exchange.problem)}</p>"
        return f'<div class="reply problem" role="alert">{problem}{_acts(again)}</div>'
    if exchange.answer is None:
        return '<div class="reply pending"><p class="waiting">Reading the articles</p></div>'
    found = exchange.answer.status == "answered"
    parts = _understood(exchange.answer)
    parts += (_answered if found else _not_found)(number, exchange, exchange.answer)
    if exchange.pending:
        return f'<div class="reply answered pending">{parts}<p class="waiting">Writing</p></div>'
    copy = act("copy", number, "Copy", "Copy the answer with its sources")
    verdicts = [
        act(
            action,
            number,
            f"{words} ✓" if exchange.helpful is helpful else words,
            f"Say that this was {words.lower()}; click again to take it back",
            exchange.helpful is helpful,
        )
        for action, helpful, words in (
            ("helpful", True, "Helpful"),
            ("unhelpful", False, "Not helpful"),
        )
    ]
    acts = _acts(copy, again, *(verdicts if exchange.id else ()))
    return f'<div class="reply {"answered" if found else "not-found"}">{parts}{acts}</div>'


def _acts(*acts: str) -> str:
    return f'<p class="acts">{"".join(acts)}</p>' if any(acts) else ""


def _understood(answer: Answer) -> str:
    """The question as it was answered, where that is not as it was asked."""
    if answer.understood == answer.question:
        return ""
    return f'<p class="understood">Understood as: {escape_line(answer.understood)}</p>'


def _answered(number: int, exchange: Exchange, answer: Answer) -> str:
    parts = []
    if answer.short:
        parts.append(f'<p class="short">{escape_line(answer.short)}</p>')
    parts.append(f'<p class="text">{_with_buttons(number, answer)}</p>')
    if exchange.sources:
        chips = "".join(f"<li>{_chip(number, s)}</li>" for s in exchange.sources)
        parts.append(f'<ol class="chips">{chips}</ol>')
        quotes = "".join(_quote(s.citation) for s in exchange.sources)
        parts.append(
            '<details class="quotes"><summary>Quotes, word for word</summary>'
            f"<ol>{quotes}</ol></details>"
        )
    said = _confidence(answer) if answer.citations else ""
    parts.append(_foot(said, exchange, answer))
    return "".join(parts)


def _not_found(number: int, exchange: Exchange, answer: Answer) -> str:
    parts = [
        '<p class="verdict">Not found in the articles</p>',
        '<p class="text">The indexed articles do not answer this question.</p>',
    ]
    if exchange.sources:
        parts.append('<p class="aside">The nearest passages, which may not be about it:</p>')
        items = []
        for source in exchange.sources:
            text = escape_line(shorten(source.citation.quote, 150))
            items.append(f"<li>{_chip(number, source, marked=False)}<q>{text}</q></li>")
        parts.append(f'<ul class="nearest">{"".join(items)}</ul>')
    percent = _percent(answer)
    said = (
        f'<span class="confidence" title="The best candidate has a probability of {percent}">'
        "No sentence is likely enough to be the answer</span>"
    )
    parts.append(_foot(said, exchange, answer))
    return "".join(parts)


def _with_buttons(number: int, answer: Answer) -> str:
    """The answer's text with its markers as buttons."""
    citations = {c.number: c for c in answer.citations}
    parts = []
    end = 0
    for match in _MARKER.finditer(answer.text):
        citation = citations.get(int(match[1]))
        if citation is not None:
            parts.append(escape_line(answer.text[end : match.start()]))
            title = escape(f"Source {citation.number}: {_stated(citation)}")
            text = f'<span class="unseen">Source </span>{citation.number}'
            parts.append(button(number, citation.number, text, title, "marker"))
            if answer.text[match.end() : match.end() + 1].isspace():
                parts.append(" ")
            end = match.end()
    return "".join(parts) + escape_line(answer.text[end:])


def _chip(number: int, source: Source, marked: bool = True) -> str:
    citation = source.citation
    published = citation.published
    dated = f" <small>{escape_line(day(published))}</small>" if published else ""
    badge = f"<b>{citation.number}</b> " if marked else ""
    text = f"{badge}{escape_line(shorten(name(citation), 48))}{dated}"
    title = escape(f"Open the article: {_stated(citation)}")
    return button(
        number,
        citation.number,
        text,
        title,
        "chip" if source.state == "held" else f"chip {source.state}",
    )


def _quote(citation: Citation) -> str:
    return (
        f'<li value="{citation.number}"><q>{escape_line(citation.quote)}</q> '
        f"<cite>{escape_line(_stated(citation))}</cite></li>"
    )


def _stated(citation: Citation) -> str:
    """Outlet, headline and date, as far as they are known."""
    published = day(citation.published) if citation.published else None
    stated = [part for part in (citation.outlet, citation.title, published) if part]
    return ", ".join(" ".join(s.split()) for s in stated) if stated else citation.article


def _confidence(answer: Answer) -> str:
    level, words = next((level, w) for least, level, w in _CONFIDENCE if answer.confidence >= least)
    title = f"Probability that this is right: {_percent(answer)}"
    return f'<span class="confidence {level}" title="{title}">{words}</span>'


def _percent(answer: Answer) -> str:
    return f"{answer.confidence:.0%}"


def _foot(said: str, exchange: Exchange, answer: Answer) -> str:
    parts = [said] if said else []
    if exchange.filters:
        parts.append(f'<span class="filtered">{escape_line(describe(exchange.filters))}</span>')
    parts += [f'<span class="note">{escape_line(note)}</span>' for note in answer.notes]
    if lost := sum(source.state != "held" for source in exchange.sources):
        words = "1 of these quotes is" if lost == 1 else f"{lost} of these quotes are"
        parts.append(
            f'<span class="stale">{words} not in the index as quoted any more: '
            "the article has changed or was removed</span>"
        )
    return f'<p class="foot">{"".join(parts)}</p>' if parts else ""


def describe(filters: Filters) -> str:
    """The filters in words: "Only Reuters or BBC, since 1 March 2024"."""
    parts = [" or ".join(filters.outlets)] if filters.outlets else []
    parts += [f"since {day(filters.since)}"] if filters.since else []
    parts += [f"until {day(filters.until)}"] if filters.until else []
    return f"Only {', '.join(parts)}" if parts else "All articles"
