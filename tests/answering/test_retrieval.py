"""Which passages are found, and in which order."""

from datetime import date

import pytest
from support import write

from assistant import Assistant
from assistant.records import Filters

RESIGNED = (
    "Finance minister {name} resigned on Monday after a dispute over the budget. The minister told "
    "reporters that the cabinet had ignored every warning, and the opposition called for a vote."
)
REPORT = (
    "Nobody was hurt, and the coast guard was praised for its speed. " * 12
    + "\n\nCaptain {captain} said that the radar had failed. "
    + "An expert is to look at the instruments in the coming days. " * 6
)
COPY = (
    "The old lighthouse of Varberg was sold on Friday to a retired dentist, who wants to open a "
    "bakery in it and to keep the lamp burning at night for the fishermen of the bay.\n"
)


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """The same kind of news from three days and from no day, a story told twice, and copies."""
    folder = tmp_path_factory.mktemp("archive")
    names = {
        "march": "Ilse Brandt",
        "april": "Otto Horvat",
        "may": "Vera Costa",
        "none": "Jan Abel",
    }
    dates = {"march": "2024-03-12", "april": "2024-04-16", "may": "2024-05-14"}
    write(folder, {f"{id_}.txt": RESIGNED.format(name=name) for id_, name in names.items()})
    write(folder, {f"copy{number}.txt": COPY + "\nWeather." * number for number in range(4)})
    write(
        folder,
        {
            "ferry.txt": "The ferry to Læsø ran aground in thick fog.\n\n"
            + REPORT.format(captain="Mia Lund"),
            "plane.txt": "The plane to Læsø turned around in thick fog.\n\n"
            + REPORT.format(captain="Tom Berg"),
            "articles.toml": "\n".join(
                f'["{id_}.txt"]\npublished = {day}' for id_, day in dates.items()
            ),
        },
    )
    with Assistant.build([folder], folder / "index") as assistant:
        yield assistant


def order(archive, question, filters=Filters(), limit=8):
    """The ids of the articles found, best first."""
    found = archive.retrieve(question, limit, filters)
    return list(dict.fromkeys(item.article.id for item in found))


def test_passages_are_exact_and_best_first(archive):
    found = archive.retrieve("Why did the finance minister resign?")
    assert [item.score for item in found] == sorted((i.score for i in found), reverse=True)
    for item in found:
        passage = item.passage
        assert item.article.text[passage.start : passage.end] == passage.text
    assert len(archive.retrieve("Why did the finance minister resign?", 3)) == 3


def test_of_two_like_passages_that_of_the_article_about_what_is_asked_comes_first(archive):
    for question, captain in (
        ("What did the captain of the ferry say about the radar?", "Mia Lund"),
        ("What did the captain of the plane say about the radar?", "Tom Berg"),
    ):
        found = archive.retrieve(question)
        captains = [item.passage.text for item in found if "Captain" in item.passage.text]
        assert len(captains) == 2
        assert captain in captains[0]


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("Which finance minister resigned in March 2024?", "march"),
        ("Which finance minister resigned in April 2024?", "april"),
        ("Which finance minister resigned after 1 May 2024?", "may"),
        ("Which finance minister resigned before April 2024?", "march"),
    ],
)
def test_articles_of_the_days_spoken_of_come_first_and_the_others_stay(archive, question, first):
    assert order(archive, question)[0] == first
    assert set(order(archive, question)) >= {"march", "april", "may", "none"}


def test_what_is_said_of_dates_is_counted_from_the_day_of_asking(archive):
    question = "Which finance minister resigned last week?"
    assert order(archive, question, Filters(as_of=date(2024, 4, 23)))[0] == "april"
    assert order(archive, question, Filters(as_of=date(2024, 5, 21)))[0] == "may"


def test_the_week_before_a_given_day_of_asking_is_preferred(archive):
    question = "Which finance minister resigned?"
    for first, day in (("march", date(2024, 3, 15)), ("may", date(2024, 5, 16))):
        assert order(archive, question, Filters(as_of=day))[0] == first


def test_days_of_which_there_is_no_article_change_nothing(archive):
    question = "Which finance minister resigned?"
    assert order(archive, question, Filters(as_of=date(1990, 1, 1))) == order(archive, question)


def test_an_event_without_a_date_changes_no_score_by_date(archive):
    question = "Which finance minister resigned before the summit?"
    scores = {i.article.id: i.score for i in archive.retrieve(question)}
    wording = max(abs(scores[a] - scores["none"]) for a in ("march", "april", "may"))
    assert wording < 0.1  # less than what being of the right days is worth


def test_a_filter_cuts_where_a_date_in_the_question_leans(archive):
    question = "Which finance minister resigned in March 2024?"
    cut = order(archive, question, Filters(since=date(2024, 4, 1)))
    assert set(cut) == {"april", "may"}


def test_the_third_copy_of_a_text_comes_after_everything_else(archive):
    found = order(archive, "Who bought the lighthouse of Varberg?", limit=20)
    assert all(id_.startswith("copy") for id_ in found[:2])
    assert not found[2].startswith("copy")
    assert all(id_.startswith("copy") for id_ in found[-2:])


def test_words_that_no_article_has_still_find_the_nearest(archive):
    assert archive.retrieve("zzzz qqqq")
    assert archive.retrieve("the of and")
