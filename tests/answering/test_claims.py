import pytest

from assistant.answering.claims import Claim, claims

REPLIES = {
    "The bridge opened. [1] It cost 40 million. [2][3]": [
        ("The bridge opened.", (1,)),
        ("It cost 40 million.", (2, 3)),
    ],
    "The bridge opened [1]. It cost 40 million [2, 3].": [
        ("The bridge opened.", (1,)),
        ("It cost 40 million.", (2, 3)),
    ],
    "It cost $40m.[1-3] Mr. Smith said so.【2】": [
        ("It cost $40m.", (1, 2, 3)),
        ("Mr. Smith said so.", (2,)),
    ],
    "1. **First** point [1].\n2. Second point. [2]\n- Third.": [
        ("First point.", (1,)),
        ("Second point.", (2,)),
        ("Third.", ()),
    ],
    "According to [2], the toll stays. [1]": [("The toll stays.", (2, 1))],
    "<think>Is it [1]? Yes. [2]</think>The U.S. said no. [4] End": [
        ("The U.S. said no.", (4,)),
        ("End", ()),
    ],
    "NOT IN THE ARTICLES": [("NOT IN THE ARTICLES", ())],
    "She said “It is a gift. We love it.” [1] Then she left. [2]": [
        ("She said “It is a gift. We love it.”", (1,)),
        ("Then she left.", (2,)),
    ],
    "All of it is so [1-999999].": [("All of it is so.", tuple(range(1, 22)))],
    "Here is a trick [[1]2].": [("Here is a trick (2).", (1,))],
    "Ze\u200bro w\u202eidth [\u200b3].": [("Zero width.", (3,))],
    " \n ... [1] !": [],
    "": [],
}


def parsed(pieces):
    return [(claim.text, claim.numbers) for claim in claims(pieces)]


@pytest.mark.parametrize("reply", REPLIES)
def test_a_reply_is_split_into_claims_with_their_numbers(reply):
    assert parsed([reply]) == REPLIES[reply]


@pytest.mark.parametrize("reply", REPLIES)
def test_it_makes_no_difference_in_what_pieces_a_reply_comes(reply):
    assert parsed(reply) == REPLIES[reply]
    assert parsed([reply[i : i + 3] for i in range(0, len(reply), 3)]) == REPLIES[reply]


def test_a_claim_is_given_as_soon_as_the_next_one_begins():
    taken = []

    def pieces():
        for piece in "The bridge opened. [1] It cost 40 million. [2] Nobody".split(" "):
            taken.append(piece)
            yield piece + " "

    first = next(iter(claims(pieces())))
    assert first.text == "The bridge opened."
    assert "Nobody" not in taken


def test_quotations_are_found_and_apostrophes_are_none():
    (claim,) = claims(["The mayor’s ‘grand plan’ and the ministers' \"big day\" won't fail. [1]"])
    assert claim.quotes == ("big day", "grand plan")
    assert claim.closed
    assert not next(iter(claims(["She said “no to that. [1]"]))).closed


def test_a_claim_is_a_record():
    assert next(iter(claims(["It rained. [1]"]))) == Claim("It rained.", (1,), ())
