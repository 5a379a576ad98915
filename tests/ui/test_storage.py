"""A conversation between browser and server: it comes back whole, and nothing forged gets in."""

from dataclasses import replace

import pytest

from assistant.records import Answer, Article, Citation, Filters, Span
from assistant.ui.conversation import Exchange, Source, compared, stopped
from assistant.ui.export import to_markdown
from assistant.ui.storage import LIMIT, read, settled, storage_key, trimmed, values

QUOTE = "Many came."
CITED = Citation(1, "bridge", "A *headline*", "The Courier", None, 5, 15, QUOTE)
ANSWER = Answer(
    "Who?",
    "Who came?",
    "answered",
    f"{QUOTE} [1]",
    "Many",
    0.9,
    (CITED,),
    (),
    ("a note",),
    "x",
    0.1,
)
DONE = Exchange("Who?", Filters(("The Courier",)), ANSWER, (Source("citation", CITED),), id="a1")


class Library:
    """An assistant of one article."""

    def __init__(self, text):
        self.text = text

    def article(self, id_):
        return Article(id_, self.text, spans=(Span("body", 0, len(self.text)),))


def test_a_conversation_comes_back_as_it_was_kept():
    conversation = (DONE, Exchange("And?", problem="No."), replace(DONE, helpful=False))
    assert read(values(conversation)) == conversation


@pytest.mark.parametrize(
    "stored",
    [None, "x", 7, [{}], [{"question": 1}], [{"question": "q", "sources": [{}]}], {"a": 1}],
)
def test_what_is_no_conversation_is_none(stored):
    assert read(stored) == ()


def test_indexes_have_conversations_of_their_own(tmp_path):
    assert storage_key(tmp_path / "a") == storage_key(tmp_path / "b" / ".." / "a")
    assert storage_key(tmp_path / "a") != storage_key(tmp_path / "b")


def test_what_was_pending_is_told_and_a_grown_answer_stays():
    pending, growing = Exchange("Who?"), replace(DONE, partial=True)
    done, told, kept = settled((DONE, pending, growing))
    assert done == DONE
    assert "Ask again" in told.problem
    assert (kept.answer.text, kept.pending) == (ANSWER.text, False)
    assert kept.answer.notes == ("a note", told.problem)
    assert stopped(told, "x") == told


def test_quotes_are_held_against_the_index():
    for text, state in (
        (f"Yes. {QUOTE}", "held"),
        (f"{QUOTE} Yes. {QUOTE}", "changed"),  # the quote elsewhere is not the quote cited
        ("Yes.", "changed"),
    ):
        (exchange,) = compared((DONE,), Library(text))
        assert [source.state for source in exchange.sources] == [state]


def test_the_oldest_are_dropped_where_the_browser_cannot_keep_all():
    long = Exchange("q" * (LIMIT // 2), problem="no")
    assert trimmed((DONE, long)) == (DONE, long)
    assert trimmed((DONE, long, replace(long, problem="yes"))) == (replace(long, problem="yes"),)


def test_an_exported_conversation_has_quotes_and_sources_and_no_live_markup():
    nearest = replace(
        DONE,
        question="<b>Why?</b>",
        answer=replace(ANSWER, status="not_found", citations=()),
        sources=(Source("nearest", CITED),),
    )
    markdown = to_markdown((DONE, nearest, Exchange("Pending?")))
    assert "## Who?" in markdown
    assert "*Only The Courier*" in markdown
    assert "*Understood as: Who came?*" in markdown
    assert "> [1] **The Courier, A \\*headline\\***\n> Many came\\." in markdown
    assert "## &lt;b\\>Why?&lt;/b\\>" in markdown
    assert "**Not found in the articles.**" in markdown
    assert "Pending" not in markdown
