import pytest

from assistant.answering.questions import MAX_CHARS, holds, understand
from assistant.errors import QuestionError
from assistant.text import stem


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "?!", "…"])
def test_an_empty_question_is_refused(text):
    with pytest.raises(QuestionError, match="empty"):
        understand(text)


def test_a_question_that_is_no_text_is_refused():
    with pytest.raises(QuestionError, match="not valid text"):
        understand("caf\udce9 who?")


def test_an_overlong_question_is_refused_and_the_longest_is_not():
    assert understand("a" * MAX_CHARS).turn == "question"
    with pytest.raises(QuestionError, match="2001 characters"):
        understand("a" * (MAX_CHARS + 1))


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Who signed the treaty?", "person"),
        ("Which minister resigned?", "person"),
        ("When did the bridge open?", "time"),
        ("What year was it?", "time"),
        ("Where was the summit held?", "place"),
        ("In which city do they meet?", "place"),
        ("How many people were hurt?", "count"),
        ("how much did it cost", "amount"),
        ("How old is the mayor?", "age"),
        ("How long did the meeting last?", "duration"),
        ("Why did the talks fail?", "reason"),
        ("What did the mayor say about the bridge?", "statement"),
        ("What has been the minister's reaction to it?", "statement"),
        ("Did the bridge open?", "other"),
    ],
)
def test_the_kind_of_answer_that_is_asked_for(text, asked):
    assert understand(text).asked == asked


@pytest.mark.parametrize(
    ("text", "turn"),
    [
        ("Hello", "greeting"),
        ("hi there!", "greeting"),
        ("thanks a lot", "thanks"),
        ("What can you do?", "help"),
        ("Who are you?", "help"),
        ("help", "help"),
        ("Which articles do you have?", "articles"),
        ("list all articles", "articles"),
        ("What are your sources?", "articles"),
        ("Hello Kitty opened a park where?", "question"),
        ("Which articles of the treaty were broken?", "question"),
        ("What can you tell me about the summit?", "question"),
        ("Who is the minister?", "question"),
        ("What kind of questions did the minister face?", "question"),
        ("recap: who resigned?", "question"),
        ("Summary judgment was granted by whom?", "question"),
        ("What do the articles say about the toll?", "question"),
    ],
)
def test_everyday_turns_are_told_from_questions(text, turn):
    assert understand(text).turn == turn


@pytest.mark.parametrize(
    ("text", "turn", "topic"),
    [
        ("Summarise the flood in the valley", "summary", "the flood in the valley"),
        ("Please give me a short summary of the strike.", "summary", "the strike"),
        ("summarize the articles", "summary", ""),
        ("What are the main points?", "summary", ""),
        ("What are the main points of the loan plan?", "summary", "the loan plan"),
        (
            "Compare what the outlets say about the strike",
            "comparison",
            "the strike",
        ),
        ("How do the outlets differ on the strike?", "comparison", "the strike"),
        ("Compare the coverage of the flood", "comparison", "the flood"),
    ],
)
def test_summaries_and_comparisons_name_their_topic(text, turn, topic):
    question = understand(text)
    assert (question.turn, question.topic) == (turn, topic)


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("Who was at the till when the ticket was sold?", "person"),
        ("What was the score when they met in the final?", "other"),
        ("What did she say when the vote was lost?", "statement"),
        ("Who said that nobody knows how long it will last?", "person"),
        ("When did they say who had won?", "time"),
        ("After the outcry, what monthly price did they settle on?", "amount"),
        ("Which two telescopes were watching when it struck?", "other"),
        ("Where was he when he heard?", "place"),
        ("whos the new minister", "person"),
        ("Which congressman objected?", "person"),
    ],
)
def test_the_main_clause_says_what_is_asked_for(text, asked):
    assert understand(text).asked == asked


def test_names_are_the_capitalised_words_and_the_numbers():
    question = understand("When did Anna Kowalska buy 40 buses?")
    assert set(question.names) == {"anna", "kowalska", "40"}
    assert "buses" in question.terms
    assert "when" not in question.terms


@pytest.mark.parametrize(
    ("question", "sentence", "expected"),
    [
        ("When did it open?", "It opened on 3 March.", True),
        ("When did it open?", "It opened with a concert.", False),
        ("How many were there?", "About forty came.", True),
        ("How many were there?", "Nobody knows.", False),
        ("How many were there?", "They met on 1 October 2023.", False),
        ("How old is she?", "She took office on 1 October.", False),
        ("How old is she?", "The mayor, 48, took office.", True),
        ("How old is she?", "She is a 48-year-old lawyer.", True),
        ("How long did it last?", "It lasted three hours.", True),
        ("How long did it last?", "It was held in Gdynia.", False),
        ("How much did it cost?", "It cost €40m.", True),
        ("How much did it cost?", "It opened on 3 March.", False),
        ("Who opened the Tower?", "The Tower was opened by Anna Kowalska.", True),
        ("Who opened the Tower?", "The Tower was opened.", False),
        ("Where is it?", "It stands in Gdynia.", True),
        ("Why did it close?", "It closed because of rain.", True),
        ("What did she say?", 'She said: "No."', True),
        ("What did she say?", "She left early.", False),
    ],
)
def test_a_sentence_holds_the_kind_that_is_asked_for(question, sentence, expected):
    understood = understand(question)
    assert holds(understood.asked, sentence, understood) is expected


def test_what_the_question_gives_is_no_answer_to_it():
    question = understand("Who met Anna Kowalska in 2019?")
    assert not holds("person", "Anna Kowalska left.", question)


def test_stems_of_inflected_and_possessive_words_agree():
    assert stem("leaders") == stem("leader") == stem("leader's")
