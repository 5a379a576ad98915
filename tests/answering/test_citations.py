from dataclasses import replace

import pytest

from assistant.answering.citations import cite, markers, verify, without_markers
from assistant.errors import CitationError
from assistant.records import Answer, Article, Span

TEXT = "The bridge opened on Monday. Sign up for our newsletter. It cost 40 million."
ARTICLE = Article(
    id="bridge",
    text=TEXT,
    spans=(Span("body", 0, 28), Span("boilerplate", 29, 56), Span("body", 57, 76)),
)
GOOD = Answer(
    question="When did the bridge open?",
    understood="When did the bridge open?",
    status="answered",
    text="The bridge opened on Monday. [1] It cost 40 million. [2]",
    short="Monday",
    confidence=0.9,
    citations=(cite(1, ARTICLE, 0, 28), cite(2, ARTICLE, 57, 76)),
    evidence=(),
    notes=(),
    engine="extractive",
    seconds=0.1,
)


def check(answer):
    return verify(answer, {"bridge": ARTICLE})


def test_a_sound_answer_passes_as_it_is():
    assert check(GOOD) is GOOD


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"text": "The bridge opened. [1]"}, "markers and citations"),
        ({"text": "The bridge opened. [1][2][3]"}, "markers and citations"),
        ({"citations": (GOOD.citations[0], GOOD.citations[0])}, "markers and citations"),
        ({"text": "word " * 81 + "[1][2]"}, "more than 80 words"),
        ({"short": "Tuesday"}, "short form"),
        ({"citations": (GOOD.citations[0], cite(2, ARTICLE, 50, 76))}, "boilerplate"),
        ({"citations": (GOOD.citations[0], cite(2, ARTICLE, 28, 29))}, "empty"),
        (
            {
                "citations": (
                    GOOD.citations[0],
                    replace(GOOD.citations[1], quote="It cost 4 million."),
                )
            },
            "not a verbatim slice",
        ),
        (
            {"citations": (GOOD.citations[0], replace(GOOD.citations[1], article="other"))},
            "not a verbatim slice",
        ),
    ],
)
def test_an_unsound_answer_is_withheld(change, problem):
    with pytest.raises(CitationError, match=problem):
        check(replace(GOOD, **change))


def test_a_quote_of_more_than_sixty_words_is_withheld():
    text = "word " * 61
    article = Article(id="bridge", text=text, spans=(Span("body", 0, 304),))
    answer = replace(GOOD, text="[1]", short=None, citations=(cite(1, article, 0, 304),))
    with pytest.raises(CitationError, match="more than 60 words"):
        verify(answer, {"bridge": article})


def test_markers_are_read_in_order_and_taken_out():
    assert markers("One. [2][1] Two [10].") == [2, 1, 10]
    assert without_markers("One. [2][1] Two [10].") == "One. Two."
