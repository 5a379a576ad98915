import pytest

from assistant.answering.quotes import find_quote

TEXT = (
    "“It’s a gift – to the children\nof this town,” she said.  “We couldn’t be hap\u00adpier.”\r\n"
    "Jose\u0301 Mu\u00f1oz, the co‑owner, said: ‘Never say never.’ The ﬁnal cost: 40 000 euros."
)


@pytest.mark.parametrize(
    ("quote", "there"),
    [
        (
            "It's a gift - to the children of this town",
            "It’s a gift – to the children\nof this town",
        ),
        ("it’s a gift—to the children", "It’s a gift – to the children"),
        ("couldn't be happier.", "couldn’t be hap\u00adpier"),
        ("JOSÉ MUNOZ", "Jose\u0301 Mu\u00f1oz"),
        ("co-owner", "co‑owner"),
        ("the final cost", "The ﬁnal cost"),
        ("never say never", "Never say never"),
    ],
)
def test_a_quote_is_mapped_back_to_the_exact_place(quote, there):
    (found,) = find_quote(quote, TEXT)
    assert TEXT[found.start : found.stop] == there


@pytest.mark.parametrize(
    "quote", ["a gift to the parents", "is a gif", "gift to children", "40 000 dollars"]
)
def test_what_is_not_there_is_not_found(quote):
    assert find_quote(quote, TEXT) is None


def test_an_ellipsis_parts_a_quote_and_its_parts_stand_in_order():
    first, second = find_quote("It's a gift ... of this town", TEXT)
    assert TEXT[first.start : first.stop] == "It’s a gift"
    assert TEXT[second.start : second.stop] == "of this town"
    assert find_quote("of this town … It's a gift", TEXT) is None


def test_a_quote_is_looked_for_within_the_passage_only():
    at = TEXT.index("Never")
    (found,) = find_quote("never say never", TEXT, at)
    assert found.start == at
    assert find_quote("never say never", TEXT, 0, at + 5) is None
    assert find_quote(" … ", TEXT) is None
