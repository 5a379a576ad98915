import pytest

from assistant.evaluation.anchoring import anchor, anchored, describe, needs_a_person

QUOTE = "Ada met Bob in Paris, she said."
TEXT = f"It rained. {QUOTE} Then Carl left for Rome."
SPAN = {"article": "a", "start": 11, "end": 11 + len(QUOTE), "quote": QUOTE}


@pytest.mark.parametrize(
    ("texts", "state", "article", "text"),
    [
        ({"a": TEXT}, "in place", "a", QUOTE),
        ({"a": "New start! " + TEXT}, "moved", "a", QUOTE),
        ({"a": TEXT.replace(" met", "\n  met")}, "moved", "a", QUOTE.replace(" met", "\n  met")),
        ({"a": TEXT.replace("Paris", "London")}, "reworded", "a", QUOTE.replace("Paris", "London")),
        ({"renamed": TEXT}, "elsewhere", "renamed", QUOTE),
        ({"a": "Nothing like it. At all."}, "lost", None, None),
        ({"a": ""}, "lost", None, None),
        ({}, "lost", None, None),
    ],
)
def test_evidence_is_found_again(texts, state, article, text):
    found = anchor(SPAN, texts)
    assert found.state == state
    if article is None:
        assert found.span is None
    else:
        assert found.span["article"] == article
        assert found.span["quote"] == text
        assert texts[article][found.span["start"] : found.span["end"]] == text


def test_of_several_places_the_nearest_is_taken():
    text = f"{QUOTE} {'x ' * 40}{QUOTE} {QUOTE}"
    found = anchor({**SPAN, "start": 120, "end": 120 + len(QUOTE)}, {"a": text})
    assert found.span["start"] == text.index(QUOTE, 1)


def test_shapes_of_quotes_and_dashes_do_not_matter():
    quote = 'He said "it\'s over" - twice (2*3).'
    found = anchor(
        {"article": "a", "start": 0, "end": len(quote), "quote": quote},
        {"a": "So: He said “it’s over” – twice (2*3)."},
    )
    assert (found.state, found.span["quote"]) == ("moved", "He said “it’s over” – twice (2*3).")


def test_evidence_without_a_quote_is_given_one_where_it_can_be_meant():
    bare = {"article": "a", "start": 11, "end": 20}
    assert anchor(bare, {"a": TEXT}).span == {**bare, "quote": TEXT[11:20]}
    assert anchor({**bare, "end": 999}, {"a": TEXT}).state == "lost"


def test_an_entry_keeps_what_is_lost_and_all_else_it_says():
    seen = []
    lost = {"article": "gone", "start": 0, "end": 5}
    entry = {"id": "q", "note": "n", "evidence": [SPAN, lost]}
    mended = anchored(entry, {"a": "So. " + TEXT}, lambda number, found: seen.append(found))
    assert mended["note"] == "n"
    assert mended["evidence"] == [{**SPAN, "start": 15, "end": 15 + len(QUOTE)}, lost]
    assert [needs_a_person(found, written=False) for found in seen] == [True, True]
    assert [needs_a_person(found, written=True) for found in seen] == [False, True]
    assert describe(SPAN, seen[0]) == f"has moved to a 15-{15 + len(QUOTE)}"
    assert "is lost" in describe(lost, seen[1])
