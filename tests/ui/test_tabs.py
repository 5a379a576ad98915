"""The library and evaluation tabs: what they say, and what is off where visitors may not edit."""

import asyncio
from datetime import date

import pytest

from assistant.holder import Holder
from assistant.indexing.library import Listing
from assistant.records import Filters
from assistant.settings import Settings
from assistant.ui.evaluation_tab import report_page, reports_folder
from assistant.ui.library_tab import outcome_list, passes, row
from assistant.ui.page import build
from assistant.uploads import Outcome

LISTING = Listing("bridge", "A\nheadline", "The Courier", date(2024, 3, 5), 12, 1)


def test_a_row_says_what_is_stated_and_what_is_not():
    assert row(LISTING) == ["A headline", "The Courier", "2024-03-05", 12, 1, "bridge"]
    assert row(Listing("x", None, None, None, 1, 1))[:3] == ["no headline stated", "–", "–"]


@pytest.mark.parametrize(
    ("filters", "passing"),
    [
        (Filters(), True),
        (Filters(("The Courier",)), True),
        (Filters(("Other",)), False),
        (Filters(since=date(2024, 3, 5), until=date(2024, 3, 5)), True),
        (Filters(since=date(2024, 3, 6)), False),
        (Filters(until=date(2024, 3, 4)), False),
    ],
)
def test_the_table_shows_what_the_chat_asks(filters, passing):
    assert passes(LISTING, filters) == passing


def test_undated_articles_are_outside_date_filters():
    assert not passes(Listing("x", None, None, None, 1, 1), Filters(since=date(2024, 1, 1)))


def test_good_and_bad_files_are_told_apart_and_names_are_only_text():
    shown = outcome_list([Outcome("a.txt", True), Outcome("<b>.pdf", False, "is empty")])
    assert "indexed" in shown
    assert "&lt;b&gt;.pdf" in shown
    assert "not indexed: is empty" in shown


def test_where_visitors_may_not_edit_nothing_that_changes_the_index_can_be_called(tmp_path):
    async def built(editable):
        # Where no loop is running, Gradio makes one for every lock, and never closes it.
        return build(Holder(Settings(tmp_path)), editable=editable)

    names = {}
    for editable in (True, False):
        page = asyncio.run(built(editable))
        names[editable] = {fn.fn.__name__ for fn in page.fns.values() if fn.fn}
        text = str(page.get_config_file())
        assert ("Adding, removing and re-indexing are off" in text) == (not editable)
    assert {"add", "remove", "reindex", "run", "drafts"} <= names[True]
    assert not {"add", "remove", "reindex", "run", "drafts"} & names[False]


def test_only_reports_can_be_opened_as_reports(tmp_path):
    name = "20240305-101112-000001"
    folder = reports_folder(tmp_path) / name
    folder.mkdir(parents=True)
    (folder / "report.html").write_text("report")
    (tmp_path / "report.html").write_text("not a report")
    assert report_page(tmp_path, name) == folder / "report.html"
    for other in ("..", f"../reports/{name}", "20240305-101112-000002", ""):
        assert report_page(tmp_path, other) is None
