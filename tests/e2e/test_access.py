"""The key as a person meets it: a real server, a real browser."""

import pytest
from browsing import WAIT
from serving import serving_script

pytestmark = pytest.mark.browser

KEY = "correct horse battery"


@pytest.fixture
def page(browser):
    with browser.new_context() as visit:
        page = visit.new_page()
        page.set_default_timeout(WAIT)
        yield page


def test_a_browser_is_asked_for_the_key_once(page, tmp_path):
    with serving_script(tmp_path, ASSISTANT_KEY=KEY) as serving:
        page.goto(serving.address)
        page.get_by_label("This server needs a key.").fill("not the key")
        page.keyboard.press("Enter")
        page.get_by_text("That is not the key.").wait_for()
        page.get_by_label("This server needs a key.").fill(KEY)
        page.get_by_role("button").click()

        page.fill("#question textarea", "page grow")
        page.press("#question textarea", "Enter")
        page.locator("#chat .reply", has_text="page and on").wait_for()
        assert page.evaluate("document.cookie") == ""  # out of reach of scripts
        page.goto(f"{serving.address}/docs")
        page.get_by_role("heading", name="Answer a question", exact=True).wait_for()
        assert page.evaluate("fetch('/api/health').then(r => r.status)") == 200
