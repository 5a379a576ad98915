"""What the page keeps of an answer, and what it does with what a browser sends."""

from datetime import date
from types import SimpleNamespace

import pytest

from assistant.errors import UsageError
from assistant.holder import Holder
from assistant.records import Filters
from assistant.settings import Settings
from assistant.ui import sources, storage
from assistant.ui.answers import reply
from assistant.ui.chat import Chat, to_filters
from assistant.ui.conversation import Exchange, answers
from assistant.ui.markup import sentence


def ask(assistant, question, before=()):
    *_, exchange = answers(assistant, Exchange(question), before)
    return exchange


def test_an_exchange_keeps_quotes_in_their_sentences_and_no_evidence(assistant):
    exchange = ask(assistant, "When did Blaise Metreweli take over as MI6 chief?")
    assert exchange.answer.status == "answered"
    assert exchange.answer.evidence == ()
    assert [s.citation for s in exchange.sources] == list(exchange.answer.citations)
    for source in exchange.sources:
        article = assistant.article(source.citation.article)
        start = source.citation.start - len(source.before)
        end = source.citation.end + len(source.after)
        whole = source.before + source.citation.quote + source.after
        assert article.text[start:end] == whole


def test_an_unanswered_question_keeps_the_nearest_passages(assistant):
    exchange = ask(assistant, "What is the price of gold in Peru?")
    assert exchange.answer.status == "not_found"
    assert [s.kind for s in exchange.sources] == ["nearest"] * 3
    assert [s.citation.number for s in exchange.sources] == [1, 2, 3]


def test_filters_come_from_what_a_visitor_set():
    assert to_filters([], None, "") == Filters()
    wanted = Filters(("A",), date(2024, 3, 5), date(2024, 4, 1))
    assert to_filters(["A"], "2024-03-05", "2024-04-01 00:00:00") == wanted
    with pytest.raises(UsageError, match="2024-03-05"):
        to_filters([], "yesterday", None)


def test_errors_are_sentences():
    assert sentence("no index in x") == "No index in x."


@pytest.mark.parametrize(
    "sent", ["", "x", "0.1", "7.1", "-1.1", "0.9", "0", None, "0.1.2", "edit.7"]
)
def test_nonsense_from_the_browser_opens_nothing(tmp_path, sent):
    chat = Chat(Holder(Settings(tmp_path / "none")))
    kept = storage.values((Exchange("Who?", problem="no"),))
    event = SimpleNamespace(_data={"value": sent})
    assert chat.open_source(kept, event) == sources.EMPTY


def test_a_follow_up_is_understood_by_what_was_said_before(assistant):
    first = ask(assistant, "When did Bart De Wever warn of retaliation?")
    second = ask(assistant, "What did he say?", (first,))
    assert second.answer.understood == "What did Bart De Wever say?"
    assert "Understood as: What did Bart De Wever say?" in reply(1, second)
