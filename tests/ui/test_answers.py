"""Answers and sources as HTML: what is shown, and that nothing from outside gets through."""

import html
import re
from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from assistant.records import Answer, Article, Citation, Filters, Span
from assistant.ui.answers import describe, messages, reply
from assistant.ui.conversation import Exchange, Source
from assistant.ui.markup import escape_line
from assistant.ui.sources import EMPTY, article_view, cards

TEXT = "A headline\n\nMayor Kowalska opened the bridge. Many came.\r\nShare this\r\nShe left."
SPANS = (
    Span("headline", 0, 10),
    Span("body", 12, 56),
    Span("boilerplate", 58, 68),
    Span("body", 70, 79),
)
ARTICLE = Article("bridge", TEXT, "A headline", "The Courier", date(2024, 3, 5), spans=SPANS)


def citation(number, quote, article=ARTICLE):
    start = article.text.index(quote)
    stated = (article.title, article.outlet, article.published)
    return Citation(number, article.id, *stated, start, start + len(quote), quote)


def exchange(*quotes, article=ARTICLE, **changes):
    citations = tuple(citation(n, q, article) for n, q in enumerate(quotes, start=1))
    text = " ".join(f"{' '.join(c.quote.split())} [{c.number}]" for c in citations)
    answer = Answer("Who?", "Who?", "answered", text, None, 0.9, citations, (), (), "x", 0.1)
    sources = tuple(Source("citation", c) for c in citations)
    return Exchange("Who?", answer=replace(answer, **changes), sources=sources)


def text_of(markup):
    return html.unescape(re.sub(r"<[^>]*>", "", markup))


def marked(markup, number):
    pieces = re.findall(rf'<mark class="[^"]*\bquote-{number}\b[^"]*"[^>]*>(.*?)</mark>', markup)
    return [text_of(piece) for piece in pieces]


def test_markers_and_chips_open_their_source():
    shown = reply(3, exchange("Mayor Kowalska opened the bridge.", "She left."))
    assert '<button type="button" class="cite marker" value="3.1"' in shown
    assert '<button type="button" class="cite chip" value="3.2"' in shown
    assert "5 March 2024" in text_of(shown)
    assert "Very likely right" in shown
    assert 'title="Probability that this is right: 90%"' in shown


def test_the_short_answer_is_set_off():
    shown = reply(0, exchange("Mayor Kowalska opened the bridge.", short="Mayor Kowalska"))
    assert '<p class="short">Mayor Kowalska</p>' in shown


def test_not_found_shows_the_nearest_passages_as_such():
    found = exchange("Many came.", status="not_found", text="No.", citations=(), confidence=0.1)
    missing = replace(found, sources=tuple(replace(s, kind="nearest") for s in found.sources))
    shown = reply(0, missing)
    assert "Not found in the articles" in shown
    assert "nearest passages" in shown
    assert "Many came" in text_of(shown)
    assert "10%" in shown
    assert "Nearest passages" in cards((missing,))


def test_problems_notes_and_filters_are_shown():
    assert 'role="alert"' in reply(0, Exchange("Who?", problem="No index."))
    filters = Filters(("The Courier",), date(2024, 3, 1))
    answered = replace(exchange("Many came.", notes=("one note",)), filters=filters)
    shown = text_of(reply(0, answered))
    assert "one note" in shown
    assert "Only The Courier, since 1 March 2024" in shown
    assert describe(Filters()) == "All articles"


def test_a_chat_message_is_one_line_of_html():
    shown = messages((exchange("Many came."), Exchange("Two\nlines\n\nand three")))
    for message in shown:
        assert "\n" not in message["content"]
        assert message["content"].startswith("<div ")
    assert "Two<br>lines<br><br>and three" in shown[2]["content"]


OURS = re.compile(
    r'</?(div|p|ol|li|b|q|br|cite|small|span|button|details|summary)( [a-z]+="[^"]*")*>'
)
HOSTILE = [
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "[click](javascript:alert(1))",
    "![pic](http://192.0.2.1/x.png)",
    "</p></div><svg onload=alert(1)>",
    "`code` *stars* $x$ [7]",
]


@given(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=80)))
def test_whatever_a_question_or_article_holds_is_only_text(hostile):
    for shown in (
        reply(0, exchange("x " + hostile + " y.", article=hostile_article(hostile))),
        messages((Exchange(hostile, problem=hostile),))[0]["content"],
    ):
        for tag in re.findall(r"<[^>]*>", shown):
            assert OURS.fullmatch(tag), tag
    assert text_of(escape_line(hostile)) == " ".join(hostile.split())


def hostile_article(hostile):
    return Article("a", f"x {hostile} y.", hostile or None, hostile or None)


def test_the_article_is_shown_whole_with_its_quotes_marked():
    shown = exchange("Mayor Kowalska opened the bridge.", "She left.")
    view = article_view(0, shown, shown.sources[1], ARTICLE)
    assert marked(view, 1) == ["Mayor Kowalska opened the bridge."]
    assert marked(view, 2) == ["She left."]
    assert view.count("chosen") == 1
    article = view[view.index("<article") : view.index("</article>")]
    assert " ".join(text_of(article.replace("</p>", " ")).split()) == " ".join(TEXT.split())
    assert '<p class="boilerplate">Share this</p>' in view
    assert '<p class="headline">A headline</p>' in view


def test_repeated_sentences_are_marked_where_they_are_cited():
    text = "It rained. It rained. It rained."
    article = Article("rain", text, spans=(Span("body", 0, len(text)),))
    second = Citation(1, "rain", None, None, None, 11, 21, "It rained.")
    shown = exchange("It rained.", article=article)
    shown = replace(shown, sources=(Source("citation", second),))
    view = article_view(0, shown, shown.sources[0], article)
    assert view.index("It rained. <mark") < view.index("</mark> It rained.")


def test_quotes_may_overlap_and_span_paragraphs():
    shown = exchange("opened the bridge. Many", "bridge. Many came.\r\nShare this\r\nShe")
    view = article_view(0, shown, shown.sources[0], ARTICLE)
    assert "".join(marked(view, 1)) == "opened the bridge. Many"
    assert " ".join("".join(marked(view, 2)).split()) == "bridge. Many came.Share thisShe"


def test_an_article_that_changed_is_told_and_nothing_wrong_is_marked():
    shown = exchange("Many came.")
    changed = replace(ARTICLE, text="Now " + TEXT)
    view = article_view(0, shown, shown.sources[0], changed)
    assert "<mark" not in view
    assert "has changed" in view
    assert "Many came." in text_of(view)


def test_only_web_addresses_become_links():
    shown = exchange("Many came.")
    for url, linked in (("https://example.org/a?b=1&c", True), ("javascript:alert(1)", False)):
        view = article_view(0, shown, shown.sources[0], replace(ARTICLE, url=url))
        assert ("<a href" in view) == linked


def test_the_panel_is_empty_before_and_without_sources():
    assert cards(()) == EMPTY
    assert cards((exchange("Many came."), Exchange("hm", problem="no"))) == EMPTY
    panel = cards((exchange("Many came."),))
    assert 'value="0.1"' in panel
    assert "The Courier · 5 March 2024" in text_of(panel)
