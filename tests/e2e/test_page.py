"""The chat page as a person meets it: a real server, a real browser."""

import json
import re

import pytest
from browsing import ANSWERED, UNANSWERED, WAIT, ask, marked, serving, spaced, tab, visiting

from assistant.api import refresh

pytestmark = pytest.mark.browser


def test_an_answer_has_citations_that_open_on_the_highlighted_sentence(page, assistant):
    citations = assistant.ask(ANSWERED).citations
    reply = ask(page, ANSWERED)
    assert "answered" in reply.get_attribute("class")
    assert reply.locator(".marker").count() >= len(citations) > 0
    quotes = reply.locator("details.quotes q").all_text_contents()
    assert [spaced(q) for q in quotes] == [spaced(c.quote) for c in citations]
    assert re.fullmatch(
        r"Probability that this is right: \d+%", reply.locator(".confidence").get_attribute("title")
    )
    assert page.locator("#sources .card").count() == len(citations)

    for citation in citations:
        reply.locator(f".marker[value='0.{citation.number}']").first.click()
        page.wait_for_selector(f"#article mark.quote-{citation.number}.chosen")
        assert marked(page) == spaced(citation.quote)
        assert page.locator("#article mark.chosen").first.evaluate(
            """mark => {
                const seen = mark.getBoundingClientRect();
                const panel = document.querySelector("#sources").getBoundingClientRect();
                return seen.top >= panel.top && seen.top < panel.bottom;
            }"""
        )
    text = assistant.article(citations[-1].article).text
    assert spaced(page.locator("#article").inner_text()).startswith(spaced(text)[:40])

    page.click("#sources .back")
    page.locator("#sources .card").first.click()
    assert marked(page) == spaced(citations[0].quote)


def test_the_keyboard_is_enough(page):
    reply = ask(page, ANSWERED)
    reply.locator(".marker").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("#article mark.chosen")
    page.wait_for_function("document.activeElement.matches('#article mark.chosen')")
    page.keyboard.press("Escape")
    page.wait_for_function("document.activeElement.matches('#sources .card')")

    reply.locator(".act.copy").focus()
    page.keyboard.press("Shift+Tab")  # past the quotes and chips, in the order they are read
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.locator("#chat .act.edit").press("Enter")
    page.wait_for_function("document.querySelector('#question textarea').value !== ''")
    page.wait_for_function("document.activeElement.matches('#question textarea')")
    page.keyboard.press("Escape")
    page.wait_for_selector("#editing", state="hidden")
    assert page.input_value("#question textarea") == ""


def test_a_screen_reader_is_told_what_each_control_is_and_what_is_answered(page):
    ask(page, ANSWERED).locator(".marker").first.click()
    page.wait_for_selector("#article mark.chosen")
    page.click("#filters button.label-wrap")
    page.wait_for_selector("#filters input >> visible=true")
    for name in ("Chat", "Library", "Evaluation"):
        tab(page, name)
        page.get_by_role("tab", name=name, selected=True).wait_for()
        told = page.locator("body").aria_snapshot()
        nameless = r"^ *- '?(?:button|textbox|combobox|link|tab|checkbox|grid)\b(?!.*\").*$"
        assert re.findall(nameless, told, re.MULTILINE) == []
    tab(page, "Chat")
    assert page.get_by_role("button", name="Source 1").count() > 0
    log = page.get_by_role("log")
    assert log.get_attribute("aria-live") == "polite"
    assert log.locator("[aria-label*='<']").count() == 0


def test_a_follow_up_is_shown_as_it_was_understood(page):
    ask(page, "Who is the Belgian prime minister?")
    reply = ask(page, "What did he warn of?")
    assert "Understood as: What did Bart De Wever warn of?" in reply.inner_text()
    assert "retaliation" in reply.inner_text()


def test_not_found_looks_different_and_shows_the_nearest_passages_as_such(page):
    reply = ask(page, UNANSWERED)
    assert "not-found" in reply.get_attribute("class")
    assert "Not found in the articles" in reply.inner_text()
    assert reply.locator(".marker").count() == 0
    assert reply.locator(".nearest .chip").count() == 3
    assert "Nearest passages" in page.locator("#sources").inner_text()
    reply.locator(".nearest .chip").first.click()
    assert marked(page)


def test_examples_are_offered_and_answered_when_clicked(page):
    example = page.locator("#chat button.example").first
    question = example.inner_text()
    example.click()
    page.wait_for_selector("#chat .reply:not(.pending)")
    assert question in page.locator("#chat .question").inner_text()
    assert page.locator("#chat .reply.answered").count() == 1
    page.click("#again")
    page.wait_for_selector("#chat .reply", state="detached")


def test_mistakes_get_a_message(page):
    reply = ask(page, "x" * 2001)
    assert "problem" in reply.get_attribute("class")
    assert "2000" in reply.inner_text()


def test_filters_are_obeyed_and_shown(page, assistant):
    outlet = assistant.outlets()[0]
    page.click("#filters button.label-wrap")
    page.locator("#filters").get_by_role("combobox").click()
    page.get_by_role("option", name=outlet).click()
    page.keyboard.press("Escape")
    reply = ask(page, ANSWERED)
    assert f"Only {outlet}" in reply.inner_text()
    for source in reply.locator(".chip").all_inner_texts():
        assert outlet in source
    assert f"Only {outlet}" in page.locator("#filters").inner_text()
    tab(page, "Library")  # where the filters are the same
    page.wait_for_function(
        "n => document.querySelectorAll('#articles .virtual-row').length === n",
        arg=sum(listing.outlet == outlet for listing in assistant.articles()),
    )


def test_a_date_that_is_none_is_told(page):
    page.click("#filters button.label-wrap")
    page.locator("#filters").get_by_label("Since").fill("yesterday")
    reply = ask(page, ANSWERED)
    assert "problem" in reply.get_attribute("class")
    assert "2024-03-05" in reply.inner_text()


def test_scripts_can_ask_the_page_too(page, address):
    call = f"{address}/gradio_api/call/ask"
    event = page.request.post(call, data={"data": [ANSWERED, None, None, None]}).json()["event_id"]
    sent = page.request.get(f"{call}/{event}", timeout=WAIT).text()
    (answer,) = json.loads(sent.split("data: ", 1)[1])
    assert answer["status"] == "answered"
    assert answer["citations"]


def test_browsers_are_told_to_load_nothing_from_elsewhere(page, address):
    policy = page.request.get(address).headers["content-security-policy"]
    assert "default-src 'self'" in policy


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_wider_than_a_small_telephone(browser, address, scheme):
    size = {"width": 360, "height": 740}
    with visiting(browser, address, viewport=size, color_scheme=scheme) as page:
        ask(page, ANSWERED).locator(".marker").first.click()
        page.wait_for_selector("#article mark.chosen")
        ask(page, UNANSWERED)
        newest = page.locator("#chat .question").last
        page.wait_for_function(
            "q => q.getBoundingClientRect().top < 200", arg=newest.element_handle()
        )
        assert newest.evaluate("q => q.getBoundingClientRect().top") >= 0
        page.click("#filters button.label-wrap")
        page.wait_for_selector("#filters input >> visible=true")
        for element in ("document.documentElement", "document.querySelector('#chat .bubble-wrap')"):
            assert page.evaluate(f"{element}.scrollWidth <= {element}.clientWidth")
        for name in ("Library", "Evaluation"):
            tab(page, name)
            page.wait_for_selector(f"#{'articles' if name == 'Library' else 'evaluate'}")
            element = "document.documentElement"
            assert page.evaluate(f"{element}.scrollWidth <= {element}.clientWidth")


HOSTILE = """Mayor Anna Kowalska <script>window.hacked=1</script> opens harbour bridge

Mayor Anna Kowalska opened the harbour bridge in Gdynia on Monday <img src=x \
onerror="window.hacked=2"> before a crowd of ninety people, the harbour office said.

“Whoever crosses the harbour bridge [should click here](javascript:window.hacked=3) and look at \
![the view](http://192.0.2.1/view.png) of ${window.hacked=4} and {{window.hacked=5}},” Mayor \
Kowalska said at the harbour bridge.

The harbour bridge </mark></p></article></div><svg onload="window.hacked=6"></svg> cost ninety \
million euros, Mayor Anna Kowalska said on Monday, and took seven years to build.
"""
SIDECAR = """["bridge.txt"]
title = "Bridge <img src=x onerror='window.hacked=7'> opened"
outlet = '"><img src=x onerror="window.hacked=8">'
url = "javascript:window.hacked=9"
"""
HOSTILE_QUESTION = (
    'Who opened the harbour bridge in Gdynia? <img src=x onerror="window.hacked=10">'
    "<script>window.hacked=11</script> ![x](http://192.0.2.1/x.png) "
    "[y](javascript:window.hacked=12)"
)


def test_an_index_built_while_the_page_is_open_and_nothing_in_it_is_executed(browser, tmp_path):
    index, articles = tmp_path / "index", tmp_path / "articles"
    with serving(index) as address, visiting(browser, address) as page:
        page.wait_for_selector("#masthead .unusable")
        assert "assistant index" in page.locator("#masthead").inner_text()
        assert "assistant index" in ask(page, ANSWERED).inner_text()

        articles.mkdir()
        (articles / "bridge.txt").write_text(HOSTILE, encoding="utf-8")
        (articles / "articles.toml").write_text(SIDECAR, encoding="utf-8")
        refresh([articles], index)
        page.reload()
        page.wait_for_selector("#masthead p:has-text('1 article')")
        for question in (HOSTILE_QUESTION, "What did the harbour bridge cost?", "Summarise"):
            reply = ask(page, question)
            assert "problem" not in reply.get_attribute("class")
            reply.locator(".cite").first.click()
            marked(page)
        assert "<img src=x" in page.locator("#chat").inner_text()
        shown = page.locator("#article").inner_text()
        assert spaced(HOSTILE) == spaced(shown)
        page.wait_for_timeout(300)
        assert page.evaluate("window.hacked") is None
        held = "#chat .message :is(img, script, svg, a), #sources :is(img, script, svg, a)"
        assert page.locator(held).count() == 0

        (articles / "ship.txt").write_text(
            "Captain Jan Nowak sailed the lighthouse ship to Malmö on Friday, 7 May 2021.\n"
        )
        refresh([articles], index)
        reply = ask(page, "Who sailed the lighthouse ship to Malmö?")
        assert "Jan Nowak" in reply.inner_text()
