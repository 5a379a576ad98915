"""The sources panel: a card for each quote, and the whole article with its quotes marked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from assistant.records import Article, Citation, SpanKind
from assistant.text import line_spans
from assistant.ui.conversation import Conversation, Exchange, Source, holds
from assistant.ui.markup import button, day, escape, name, shorten

EMPTY = (
    '<div class="panel empty"><h2>Sources</h2><p>The articles behind an answer appear here. '
    "Click a number in an answer to read the quote in its article.</p></div>"
)

_STALE = {
    "changed": "This article has changed since.",
    "gone": "This article is not in the index any more.",
}


def cards(conversation: Conversation) -> str:
    """A card for each source of the latest exchange that has any."""
    numbered = [(n, exchange) for n, exchange in enumerate(conversation) if exchange.sources]
    if not numbered or conversation[-1].answer is None or not conversation[-1].sources:
        return EMPTY
    return panel(*numbered[-1])


def panel(number: int, exchange: Exchange) -> str:
    """The cards of exchange `number`."""
    if exchange.sources[0].kind == "nearest":
        head = "<h2>Nearest passages</h2><p>None of them was found to answer the question.</p>"
    else:
        count = len(exchange.sources)
        head = f"<h2>Sources</h2><p>{count} quote{'s' if count > 1 else ''}, word for word</p>"
    shown = "".join(_card(number, source) for source in exchange.sources)
    question = escape(shorten(exchange.question, 120))
    return (
        f'<div class="panel"><header>{head}</header>'
        f'<p class="asked" title="The question these belong to">{question}</p>{shown}</div>'
    )


def _card(number: int, source: Source) -> str:
    citation = source.citation
    nearest = source.kind == "nearest"
    badge = "" if nearest else f"<b>{citation.number}</b>"
    quote = escape(shorten(citation.quote, 320) if nearest else citation.quote)
    text = f"{escape(source.before)}<mark>{quote}</mark>{escape(source.after)}"
    inner = f"{_source_head(citation, badge)}<span class='sentence'>{text}</span>"
    if source.state != "held":
        inner += f'<span class="stale">{_STALE[source.state]}</span>'
    title = "Read this in its article"
    return button(number, citation.number, inner, title, f"card {source.kind} {source.state}")


def _source_head(citation: Citation, badge: str) -> str:
    published = escape(day(citation.published)) if citation.published else "no date stated"
    title = f'<span class="title">{escape(citation.title)}</span>' if citation.title else ""
    outlet = citation.outlet or ("" if citation.title else citation.article)
    stated = " · ".join(part for part in (escape(outlet), published) if part)
    return f'<span class="source">{badge}<span class="stated">{stated}</span>{title}</span>'


def article_view(number: int, exchange: Exchange, chosen: Source, article: Article) -> str:
    """The whole of `article` with every quote of the exchange in it marked, `chosen` among them."""
    sources = [s for s in exchange.sources if s.citation.article == article.id]
    # The index may have been built anew since the answer: a quote that moved is not marked.
    marked = [s for s in sources if holds(article, s.citation)]
    jumps = "".join(
        button(
            number,
            s.citation.number,
            str(s.citation.number) if s.kind == "citation" else "passage",
            f"Go to quote {s.citation.number}",
            "marker current" if s is chosen else "marker",
        )
        for s in sources
    )
    warning = ""
    if chosen not in marked:
        quote = escape(chosen.citation.quote)
        warning = (
            '<p class="changed" role="status">This article has changed since the answer was given. '
            f"The quote was: <q>{quote}</q></p>"
        )
    back = f'<button type="button" class="cite back" value="{number}.0">← All sources</button>'
    where = escape(name(chosen.citation))
    return (
        f'<div class="panel reading"><nav>{back}<span class="where">{where}</span>'
        f'<span class="jumps">{jumps}</span></nav>'
        f"{_head(article)}{warning}"
        f'<article id="article" aria-label="{escape(_title(article))}">'
        f"{_marked_text(article, marked, chosen)}</article></div>"
    )


def gone(number: int, chosen: Source, problem: str) -> str:
    """What to show in place of an article that cannot be shown: why, and the quote as it was."""
    back = f'<button type="button" class="cite back" value="{number}.0">← All sources</button>'
    return (
        f'<div class="panel"><nav>{back}</nav><p class="changed" role="alert">{escape(problem)} '
        f"The quote was: <q>{escape(chosen.citation.quote)}</q></p></div>"
    )


def whole(article: Article) -> str:
    """The whole of `article`, nothing in it marked."""
    return (
        f'<div class="panel reading"><p class="id">{escape(article.id)}</p>{_head(article)}'
        f'<article aria-label="{escape(_title(article))}">{_marked_text(article)}</article></div>'
    )


def _title(article: Article) -> str:
    return article.title or article.outlet or article.id


def _head(article: Article) -> str:
    title = _title(article)
    stated = [day(article.published) if article.published else "no date stated"]
    if article.outlet and article.outlet != title:
        stated.insert(0, article.outlet)
    source = " · ".join(escape(part) for part in stated)
    link = ""
    if article.url and article.url.startswith(("https://", "http://")):
        link = (
            f' · <a href="{escape(article.url)}" target="_blank" rel="noopener noreferrer">'
            "original page</a>"
        )
    # Most articles begin with their headline.
    repeated = article.text.lstrip().startswith(title)
    heading = "" if repeated else f"<h2>{escape(title)}</h2>"
    return f"<header>{heading}<p>{source}{link}</p></header>"


def _marked_text(
    article: Article, sources: Sequence[Source] = (), chosen: Source | None = None
) -> str:
    """The text, a paragraph a line, with its quotes in <mark> and its spans' kinds as classes."""
    paragraphs = []
    started: set[int] = set()
    for start, end in line_spans(article.text):
        kind = _kind(article, start)
        edges = {start, end}
        edges.update(e for s in article.spans for e in (s.start, s.end) if start < e < end)
        for source in sources:
            citation = source.citation
            edges.update(e for e in (citation.start, citation.end) if start < e < end)
        cuts = sorted(edges)
        pieces = "".join(
            _piece(article, left, right, kind, sources, chosen, started)
            for left, right in pairwise(cuts)
        )
        paragraphs.append(f'<p class="{kind}">{pieces}</p>')
    return "".join(paragraphs)


def _piece(
    article: Article,
    start: int,
    end: int,
    line_kind: SpanKind,
    sources: Iterable[Source],
    chosen: Source | None,
    started: set[int],
) -> str:
    """`text[start:end]`, of one kind and inside the same quotes throughout."""
    text = escape(article.text[start:end])
    kind = _kind(article, start)
    if kind != line_kind:
        text = f'<span class="{kind}">{text}</span>'
    covering = [s for s in sources if s.citation.start <= start and end <= s.citation.end]
    if chosen is None or not covering:
        return text
    numbers = [s.citation.number for s in covering]
    new = [n for n in numbers if n not in started]
    started.update(new)
    classes = " ".join(
        [*(f"quote-{n}" for n in numbers), *(["chosen"] if chosen in covering else [])]
    )
    labelled = new and chosen.kind == "citation"
    label = f' data-number="{", ".join(map(str, new))}"' if labelled else ""
    focus = ' tabindex="-1"' if chosen in covering and chosen.citation.number in new else ""
    return f'<mark class="{classes}"{label}{focus}>{text}</mark>'


def _kind(article: Article, position: int) -> SpanKind:
    """What the text at `position` is marked as; text outside all marks is furniture too."""
    return next((s.kind for s in article.spans if s.start <= position < s.end), "boilerplate")
