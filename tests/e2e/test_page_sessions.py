"""Many visitors, slow answers, failures: over an assistant that makes answers up."""

import json
from contextlib import ExitStack
from pathlib import Path

import pytest
from browsing import ask, marked, pose, running, spaced, visiting

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return tmp_path_factory.mktemp("slow")


@pytest.fixture(scope="module")
def address(browser, index):
    with running(Path(__file__).with_name("slow_page.py"), index) as address:
        yield address


@pytest.mark.slow
def test_ten_visitors_see_their_own_conversations(browser, address):
    with ExitStack() as visits:
        pages = [visits.enter_context(visiting(browser, address)) for _ in range(10)]
        for number, page in enumerate(pages):
            pose(page, f"visitor {number}")
        for number, page in enumerate(pages):
            page.wait_for_selector("#chat .reply:not(.pending)")
            (said,) = page.locator("#chat .text").all_inner_texts()
            assert spaced(said).startswith(f"You asked visitor {number}")
        for page in pages:
            page.locator("#chat .marker").first.click()
            assert marked(page) == "The mayor opened the bridge."


def test_a_slow_question_blocks_nobody_and_can_be_stopped(browser, address):
    with visiting(browser, address) as slow, visiting(browser, address) as quick:
        pose(slow, "take it slowly")
        slow.wait_for_selector("#chat .reply.pending .text")
        assert "You asked quick" in ask(quick, "quick").inner_text()
        assert slow.locator("#chat .reply.pending").count() == 1
        slow.locator("#question .stop-button").click()
        reply = slow.locator("#chat .reply:not(.pending)")
        reply.wait_for()
        assert "You asked take it slowly" in reply.inner_text()
        assert "Stopped before the answer was complete" in reply.inner_text()
        assert "You asked quick" in ask(slow, "quick").inner_text()
        assert slow.locator("#chat .reply").count() == 2


def test_a_failing_engine_is_told_in_words_and_can_be_asked_again(browser, address):
    with visiting(browser, address) as page:
        reply = ask(page, "fail")
        assert "problem" in reply.get_attribute("class")
        assert "Something went wrong" in reply.inner_text()
        reply.locator(".act.retry").click()
        page.wait_for_selector("#chat .reply.pending", state="attached")
        page.wait_for_selector("#chat .reply.problem")
        assert "You asked this" in ask(page, "this").inner_text()


def test_an_edited_question_replaces_what_followed(browser, address):
    with visiting(browser, address) as page:
        for question in ("one", "two", "three"):
            ask(page, question)
        page.locator("#chat .act.edit").nth(1).click()
        page.wait_for_selector("#editing")
        page.wait_for_function("document.querySelector('#question textarea').value === 'two'")
        pose(page, "two and a half")
        page.wait_for_function("document.querySelectorAll('#chat .question').length === 2")
        page.wait_for_selector("#chat .reply:not(.pending) >> text=You asked two and a half")
        asked = page.locator("#chat .question").all_inner_texts()
        assert asked == ["one", "two and a half"]
        page.wait_for_selector("#editing", state="hidden")


def test_verdicts_and_comments_are_kept(browser, address, index):
    kept = index / "feedback.jsonl"
    with visiting(browser, address) as page:
        reply = ask(page, "was this good?")
        reply.locator(".act.unhelpful").click()
        page.wait_for_selector("#chat .act.unhelpful.chosen")
        page.locator("#comment textarea").fill("too short")
        page.locator("#comment").get_by_role("button", name="Send").click()
        page.wait_for_selector("#comment", state="hidden")
        (line,) = kept.read_text(encoding="utf-8").splitlines()
        values = json.loads(line)
        assert values["question"] == "was this good?"
        assert (values["helpful"], values["comment"]) == (False, "too short")
        page.locator("#chat .act.unhelpful").click()
        page.wait_for_selector("#chat .act.unhelpful.chosen", state="detached")
        assert kept.read_text(encoding="utf-8") == ""


def test_an_answer_is_copied_with_its_sources_and_the_conversation_exported(browser, address):
    allowed = {"permissions": ["clipboard-read", "clipboard-write"]}
    with visiting(browser, address, **allowed) as page:
        reply = ask(page, "what is *this*?")
        reply.locator(".act.copy").click()
        page.wait_for_selector("#chat .act.copy >> text=Copied")
        copied = page.evaluate("navigator.clipboard.readText()")
        assert "You asked what is *this*? [1]" in copied
        assert "[1] “The mayor opened the bridge.” (The Courier, A bridge, 5 March 2024)" in copied
        with page.expect_download() as download:
            page.click("#export")
        exported = Path(download.value.path()).read_text(encoding="utf-8")
        assert "## what is \\*this\\*?" in exported
        assert "> [1] **The Courier, A bridge, 5 March 2024**" in exported
        assert "> The mayor opened the bridge\\." in exported
