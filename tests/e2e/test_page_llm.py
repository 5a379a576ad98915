"""The page while a language model speaks: a real server, a scripted model, a real browser."""

import pytest
from browsing import pose, visiting
from scripted_llm import MODEL, Reply, scripted_llm
from serving import WAIT, serving_index
from support import write

from assistant import Assistant

pytestmark = pytest.mark.browser

WHO = "Who opened the harbour bridge?"
OPENED = "Mayor Anna Kowalska opened the harbour bridge on Monday."
COST = "The bridge cost 40 million euros."


@pytest.fixture(scope="module")
def model():
    with scripted_llm() as made:
        yield made


@pytest.fixture(scope="module")
def address(browser, model, tmp_path_factory):
    told = (
        "Mayor Anna Kowalska opened the new harbour bridge in Gdynia on Monday. The bridge cost "
        "40 million euros and was built in three years.\n"
    )
    folder = write(tmp_path_factory.mktemp("town"), {"bridge.txt": told})
    Assistant.build([folder], folder / "index").close()
    options = ("--engine", "llm", "--llm-url", model.url, "--llm-model", MODEL)
    with serving_index(folder / "index", *options) as serving:
        yield serving.address


@pytest.fixture(autouse=True)
def fresh(model):
    model.go.clear()
    model.hung_up.clear()


def test_an_answer_grows_by_checked_sentences(page, model):
    rest = f" flew to the moon. [1] {COST} [1] It was"
    model.script = [Reply(f"{OPENED} [1] She", fault="waits", rest=rest)]
    pose(page, WHO)
    growing = page.locator("#chat .reply.pending .text")
    growing.wait_for()
    assert OPENED in growing.inner_text()
    assert "She" not in growing.inner_text()
    assert COST not in growing.inner_text()
    model.go.set()
    reply = page.locator("#chat .reply:not(.pending)")
    reply.wait_for()
    said = reply.inner_text()
    assert OPENED in said
    assert COST in said
    assert "moon" not in reply.locator(".text").inner_text()
    assert "left out" in said
    page.locator("#chat .marker").first.click()
    page.wait_for_selector("#article mark.chosen")


def test_the_stop_button_ends_the_request_to_the_model(page, model):
    rest = f" {COST} [1] " + "Nobody said more. " * 300
    model.script = [Reply(f"{OPENED} [1] The", fault="waits", rest=rest)]
    pose(page, WHO)
    page.locator("#chat .reply.pending .text").wait_for()
    page.locator("#question .stop-button").click()
    reply = page.locator("#chat .reply:not(.pending)")
    reply.wait_for()
    assert OPENED in reply.inner_text()
    assert "Stopped before the answer was complete" in reply.inner_text()
    model.go.set()
    assert model.hung_up.wait(WAIT)
    assert COST not in reply.inner_text()

    model.script = [f"{COST} [1]"]
    pose(page, "How much did the harbour bridge cost?")
    page.locator("#chat .reply:not(.pending)").nth(1).wait_for()
    assert COST in page.locator("#chat .reply").nth(1).inner_text()


def test_a_failing_model_is_told_in_words(browser, address, model):
    with visiting(browser, address) as page:
        model.script = [Reply(f"{OPENED} [1] And ", fault="cut")]
        pose(page, WHO)
        reply = page.locator("#chat .reply:not(.pending)")
        reply.wait_for()
        assert "broke off in the middle of its reply" in reply.inner_text()
