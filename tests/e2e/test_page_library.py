"""The library and the evaluation as a person meets them: files in and out, a report to read."""

import json

import pytest
from browsing import ask, marked, tab
from support import SEEDS

pytestmark = pytest.mark.browser

BRIDGE = """Harbour bridge opens in Gdynia

Mayor Anna Kowalska opened the harbour bridge in Gdynia on Monday before a crowd of ninety people.
"""
QUOTE = "Mayor Anna Kowalska opened the harbour bridge in Gdynia on Monday"


def rows(page, count):
    """The texts of the table's rows, once there are so many."""
    page.wait_for_function(
        "n => document.querySelectorAll('#articles .virtual-row').length === n", arg=count
    )
    return page.locator("#articles .virtual-row").all_inner_texts()


@pytest.fixture
def files(tmp_path):
    (tmp_path / "bridge.txt").write_text(BRIDGE, encoding="utf-8")
    (tmp_path / "empty.txt").write_text("", encoding="utf-8")
    (tmp_path / "photo.pdf").write_bytes(b"%PDF-1.7 \x00")
    return [tmp_path / name for name in ("bridge.txt", "empty.txt", "photo.pdf")]


def test_files_are_added_read_asked_and_removed(page, files):
    seeds = len(list(SEEDS.glob("*.txt")))
    tab(page, "Library")
    rows(page, seeds)
    page.set_input_files("#upload input[type=file]", files)
    page.wait_for_selector("#outcome .outcomes")
    good, *bad = page.locator("#outcome li").all_inner_texts()
    assert good == "bridge.txt indexed"
    assert bad[0].startswith("empty.txt not indexed: ")
    assert bad[1].startswith("photo.pdf not indexed: ")
    assert any("Harbour bridge opens" in row for row in rows(page, seeds + 1))
    page.wait_for_selector(f"#masthead p:has-text('{seeds + 1} articles')")

    page.get_by_role("gridcell", name="Harbour bridge opens in Gdynia").click()
    page.wait_for_selector("#whole article >> text=Anna Kowalska")
    tab(page, "Chat")
    reply = ask(page, "Who opened the harbour bridge in Gdynia?")
    reply.locator(".marker").first.click()
    assert QUOTE in marked(page)

    tab(page, "Library")
    page.click("#remove")
    page.wait_for_selector("#remove >> text=Click again")
    assert len(rows(page, seeds + 1)) == seeds + 1
    page.click("#remove")
    page.wait_for_selector("#outcome >> text=Removed bridge")
    rows(page, seeds)
    page.click("#reindex")
    page.wait_for_selector("#outcome >> text=unchanged")

    tab(page, "Chat")  # what was answered is kept, and says that its article is gone
    page.reload()
    page.wait_for_selector("#chat .stale")
    page.locator("#chat .marker").first.click()
    assert QUOTE in page.locator("#sources .changed").inner_text()


def test_the_table_is_searched_and_sorted(page, assistant):
    tab(page, "Library")
    rows(page, len(assistant.articles()))
    page.fill("#articles .search-input", "Putin")
    titled = [listing for listing in assistant.articles() if "Putin" in (listing.title or "")]
    rows(page, len(titled))
    page.fill("#articles .search-input", "")
    rows(page, len(assistant.articles()))
    page.focus("#articles .search-input")  # by the keyboard
    for _ in range(4):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="Sort ascending").press("Enter")
    in_order = sorted(listing.words for listing in assistant.articles())
    page.wait_for_function(
        """wanted => JSON.stringify([...document.querySelectorAll(
            "#articles .virtual-row [aria-colindex='4']")].map((c) => +c.innerText)) === wanted""",
        arg=json.dumps(in_order, separators=(",", ":")),
    )


def test_gold_questions_are_run_and_the_report_opened(page, tmp_path):
    gold = tmp_path / "mine.jsonl"
    entry = {
        "id": "m1",
        "question": "What is the price of gold in Peru?",
        "kind": "unrelated",
        "answers": [],
        "evidence": [],
        "answerable": False,
    }
    gold.write_text(json.dumps(entry) + "\n", encoding="utf-8")
    tab(page, "Evaluation")
    page.click("#evaluate")
    page.wait_for_selector("#result >> text=Choose or upload a file")
    page.set_input_files("#gold-upload input[type=file]", gold)
    page.wait_for_selector("#gold-upload >> text=mine")
    page.click("#evaluate")
    page.wait_for_selector("#result >> text=1 question of mine.jsonl")
    with page.context.expect_page() as opened:
        page.click("#result a")
    report = opened.value
    report.wait_for_selector("text=Gold questions")
    assert "What is the price of gold in Peru?" in report.content()
