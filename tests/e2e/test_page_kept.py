"""Conversations as the browser keeps them: over reloads, restarts, in tabs, and in bad stores."""

import re
from pathlib import Path

import pytest
from browsing import ask, marked, running, visiting

pytestmark = pytest.mark.browser

SLOW_PAGE = Path(__file__).with_name("slow_page.py")
REPLY = "#chat .reply:not(.pending)"
FILL = """() => {
    for (let size = 2 ** 22; size > 0; size >>= 1)
        try { for (;;) localStorage.setItem(`filler-${Math.random()}`, "x".repeat(size)); } catch {}
}"""
SPOIL = """() => Object.keys(localStorage).filter((key) => key.startsWith("news-assistant"))
    .map((key) => localStorage.setItem(key, "spoilt"))"""


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def address(browser, index):
    with running(SLOW_PAGE, index) as address:
        yield address


def shown(page):
    page.wait_for_selector(REPLY)
    return page.locator("#chat .question").all_inner_texts()


def test_a_conversation_survives_reload_and_restart_with_its_citations(browser, index, tmp_path):
    with running(SLOW_PAGE, index) as address, visiting(browser, address) as page:
        ask(page, "one")
        ask(page, "two")
        page.reload()
        assert shown(page) == ["one", "two"]
        page.locator("#chat .marker").first.click()
        assert marked(page) == "The mayor opened the bridge."
        state = page.context.storage_state(path=tmp_path / "state.json")
        assert state["origins"]
    port = re.search(r":(\d+)", address)[1]
    with (
        running(SLOW_PAGE, index, port) as again,
        visiting(browser, again, storage_state=tmp_path / "state.json") as page,
    ):
        assert again == address
        assert shown(page) == ["one", "two"]
        page.locator("#chat .marker").last.click()
        assert marked(page) == "The mayor opened the bridge."
        assert "You asked three" in ask(page, "three").inner_text()
        page.click("#again")
        page.wait_for_selector("#chat .reply", state="detached")
        page.reload()
        page.wait_for_selector("#chat .welcome")
        assert page.locator("#chat .reply").count() == 0


def test_tabs_of_one_browser_do_not_mix_their_conversations(browser, address):
    with visiting(browser, address) as first:
        ask(first, "one")
        second = first.context.new_page()
        second.goto(address)
        assert shown(second) == ["one"]
        ask(second, "two")
        ask(first, "three")
        assert shown(first) == ["one", "three"]
        assert shown(second) == ["one", "two"]
        second.reload()
        assert shown(second) == ["one", "three"]  # what was said last, whole


@pytest.mark.parametrize(
    ("spoil", "left"), [(FILL, REPLY), (SPOIL, "#chat .welcome")], ids=["full", "spoilt"]
)
def test_a_store_that_is_full_or_spoilt_does_not_break_the_page(browser, address, spoil, left):
    with visiting(browser, address) as page:
        ask(page, "one")
        page.evaluate(spoil)
        assert "You asked two" in ask(page, "two").inner_text()
        page.evaluate(spoil)
        page.reload()
        page.wait_for_selector(left)  # what could be kept: the first question, or nothing
        assert "You asked three" in ask(page, "three").inner_text()
