import pytest

from assistant.evaluation.matching import exact_match, grounded, holds, overlaps, token_f1, tokens
from assistant.records import EvidenceSpan


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("It was Sergei Naryshkin's claim.", "sergei naryshkin"),
        ("The Paris-based agency said so.", "Paris"),
        ("About 90,000 people came.", "90000"),
        ("It costs £115,000 a year.", "115,000"),
        ("It costs £115,000 a year.", "£115,000"),
        ("José Muñoz resigned.", "Jose Munoz"),
        ("Il a gagné à Zürich.", "ZURICH"),
        ("He said: “we jump together”.", '"We jump together"'),
        ("the U.S. embassy", "US embassy"),
        ("a 2.5% rise", "2.5%"),
        ("the end of the year", "end of year"),
    ],
)
def test_an_accepted_answer_is_found_in_a_longer_text(text, answer):
    assert holds(text, [answer])


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Trumpet players came.", "Trump"),
        ("It happened in 1990.", "90"),
        ("A 25% rise", "2.5%"),
        ("about 90bn euros", "90"),
        ("", "Trump"),
        ("anything at all", ""),
        ("anything at all", "the"),
    ],
)
def test_what_only_looks_like_the_answer_is_not_found(text, answer):
    assert not holds(text, [answer])


def test_emoji_and_other_scripts_do_not_disturb():
    assert holds("👍🏽 Она сказала: Да 🎉", ["да"])
    assert tokens("👍🏽") == []


@pytest.mark.parametrize(
    ("prediction", "answers", "exact", "f1"),
    [
        ("The cat!", ["cat"], 1, 1),
        ("a black cat", ["cat", "black cat"], 1, 1),
        ("black cat sat", ["the cat"], 0, 0.5),  # 1 shared of 3 and 1: 2 * 1 / 4
        ("cat cat dog", ["cat cat cat"], 0, 2 / 3),  # 2 shared of 3 and 3
        ("dog", ["cat"], 0, 0),
        ("", [], 1, 1),
        ("dog", [], 0, 0),
        ("", ["cat"], 0, 0),
        ("the", ["a"], 1, 1),  # both normalise to nothing
    ],
)
def test_exact_match_and_f1_by_hand(prediction, answers, exact, f1):
    assert exact_match(prediction, answers) == exact
    assert token_f1(prediction, answers) == pytest.approx(f1)


@pytest.mark.parametrize(
    ("start", "end", "same"),
    [
        (100, 200, True),
        (0, 150, True),  # 50 of the 100 characters of the shorter
        (0, 149, False),
        (140, 160, True),  # within
        (0, 1000, True),  # around
        (200, 300, False),  # beside
        (180, 200, True),
        (150, 150, False),  # nothing
        (160, 150, False),
    ],
)
def test_overlap_is_half_of_the_shorter(start, end, same):
    assert overlaps("a", start, end, EvidenceSpan("a", 100, 200)) is same
    assert not overlaps("b", start, end, EvidenceSpan("a", 100, 200))


def test_a_statement_is_grounded_in_the_words_of_its_quotes():
    quote = "Naryshkin said that the call lasted for almost an hour on Tuesday."
    assert grounded("BBC: Naryshkin said that the call lasted", [quote])
    assert grounded("an hour", ["nothing", quote])
    assert not grounded("The call was denied by everybody in London", [quote])
    assert not grounded("call hour Tuesday lasted said for", [quote])
    assert not grounded("Naryshkin said", [])
    assert not grounded("…", [quote])
