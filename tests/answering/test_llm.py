"""The engines llm and auto, through the API, with a scripted model behind a real server."""

import json
import re
from itertools import pairwise

import pytest
from scripted_llm import MODEL, Reply, number_of, passages, scripted_llm
from support import write

from assistant import Assistant
from assistant.answering.citations import markers, without_markers
from assistant.errors import LanguageModelError, SettingsError
from assistant.render import to_json

TOWN = {
    "gazette.txt": "Mayor opens the harbour bridge\n\n5 March 2024\n\n"
    "Mayor Anna Kowalska opened the new harbour bridge in Gdynia on Monday. "
    "The bridge cost 40 million euros and was built in three years.\n\n"
    "“It is a gift – to the children of this town,” Ms Kowalska said.\n",
    "courier.txt": "Harbour bridge opens after three years\n\n6 March 2024\n\n"
    "The new harbour bridge in Gdynia was opened by Mayor Anna Kowalska on Monday. "
    "Fishermen had asked for a lower toll, but the council refused because the loan must "
    "be repaid by 2040.\n",
    "weather.txt": "A storm flooded the market square on Friday night, and forty stalls were "
    "destroyed. Fire chief Jan Nowak said that nobody was hurt.\n",
    "articles.toml": '["gazette.txt"]\noutlet = "The Gazette"\n'
    '["courier.txt"]\noutlet = "The Courier"\n',
}
WHO = "Who opened the harbour bridge?"
OPENED = "Mayor Anna Kowalska opened the harbour bridge on Monday."


@pytest.fixture(scope="module")
def server():
    with scripted_llm() as made:
        yield made


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = write(tmp_path_factory.mktemp("town"), TOWN)
    Assistant.build([folder], folder / "index").close()
    return folder / "index"


@pytest.fixture(scope="module")
def town(index, server):
    with Assistant.open(index, engine="llm", llm_url=server.url, llm_model=MODEL) as opened:
        yield opened


@pytest.fixture(scope="module")
def auto(index, server):
    with Assistant.open(index, engine="auto", llm_url=server.url, llm_model=MODEL) as opened:
        yield opened


@pytest.fixture(autouse=True)
def fresh(server):
    server.script = []
    server.requests.clear()
    server.hung_up.clear()


def says(*sentences):
    """A script whose sentences are (text, words of the passage that it cites)."""

    def script(request):
        return " ".join(f"{text} [{number_of(request, words)}]" for text, words in sentences)

    return script


def check(assistant, answer):
    """What every answer promises, once more from outside."""
    assert set(markers(answer.text)) == {c.number for c in answer.citations}
    assert len(without_markers(answer.text).split()) <= 80
    for citation in answer.citations:
        text = assistant.article(citation.article).text
        assert text[citation.start : citation.end] == citation.quote


def test_fluent_words_and_verbatim_citations(town, server):
    server.script = says(
        ("Anna Kowalska, the mayor, opened the harbour bridge on Monday.", "cost 40 million"),
        ("Building it took three years and cost €40 million.", "cost 40 million"),
    )
    answer = town.ask(WHO)
    check(town, answer)
    assert (answer.status, answer.engine) == ("answered", "llm")
    assert answer.text.startswith("Anna Kowalska, the mayor, opened the harbour bridge on Monday.")
    assert [c.quote for c in answer.citations] == [
        "Mayor Anna Kowalska opened the new harbour bridge in Gdynia on Monday.",
        "The bridge cost 40 million euros and was built in three years.",
    ]
    assert answer.notes == ()
    assert answer.confidence >= town.threshold


def test_two_passages_that_say_the_same_are_both_cited(town, server):
    def script(request):
        one, two = number_of(request, "cost 40 million"), number_of(request, "lower toll")
        return f"{OPENED} [{one}][{two}]"

    server.script = script
    answer = town.ask(WHO)
    assert {c.outlet for c in answer.citations} == {"The Gazette", "The Courier"}


def test_a_passage_that_does_not_say_it_is_not_cited(town, server):
    def script(request):
        one, two = number_of(request, "cost 40 million"), number_of(request, "market square")
        return f"{OPENED} [{two}][{one}]"

    server.script = script
    assert {c.outlet for c in town.ask(WHO).citations} == {"The Gazette"}


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("Mayor Anna Kowalska opened the bridge on Tuesday. [1]", "Tuesday"),
        ("The bridge cost 400 million euros. [1]", "400"),
        ("Kowalska wept with joy at the ceremony. [1]", "not in the passage|something else"),
        ("Kowalska called it “a gift to the parents of this town”. [1]", "quotation"),
        ("The mayor opened the bridge. [17]", "passage 17 that was not given"),
        ("The mayor opened the bridge. [0]", "passage 0 that was not given"),
        ("The mayor opened the bridge.", "cites nothing"),
        ("The mayor called it “a gift. [1]", "not closed"),
    ],
)
def test_what_is_not_supported_is_left_out_and_told(town, server, sentence, told):
    def script(request):
        wrong = sentence.replace("[1]", f"[{number_of(request, 'cost 40 million')}]")
        return f"{OPENED} [{number_of(request, 'cost 40 million')}] {wrong}"

    server.script = script
    answer = town.ask(WHO)
    check(town, answer)
    assert without_markers(answer.text) == OPENED
    assert answer.engine == "llm"
    assert any(re.search(told, note, re.I) for note in answer.notes), answer.notes


def test_a_quotation_is_checked_and_may_be_written_otherwise(town, server):
    server.script = says(('Kowalska called it "a gift - to the children of this town".', "gift"))
    answer = town.ask("What did Kowalska call the bridge?", threshold=0.0)
    assert answer.engine == "llm"
    assert "a gift – to the children of this town" in answer.citations[0].quote


def test_where_nothing_is_supported_the_extractive_answer_is_given_and_says_so(town, server):
    server.script = ["The bridge was opened by King Olaf. [1] He danced all night. [2]"]
    answer = town.ask(WHO)
    check(town, answer)
    assert answer.engine == "extractive"
    assert "Olaf" not in answer.text
    assert "this is the extractive answer" in answer.notes
    assert any("nothing of the model's reply is supported" in note for note in answer.notes)


@pytest.mark.parametrize(
    "reply",
    ["NOT IN THE ARTICLES", "The articles do not say who opened it.", "Not in the articles."],
)
def test_the_model_may_find_no_answer(town, server, reply):
    server.script = [reply]
    answer = town.ask(WHO)
    assert (answer.status, answer.engine, answer.citations) == ("not_found", "llm", ())
    assert answer.confidence == 0.0
    assert answer.evidence
    assert "do not answer" in answer.text


def test_a_true_sentence_that_answers_something_else_is_no_answer(town, server):
    server.script = says(("Fire chief Jan Nowak said that nobody was hurt.", "Nowak"))
    answer = town.ask(WHO)
    assert answer.engine == "extractive"
    assert "Nowak" not in answer.text
    assert any("unlikely to answer" in note for note in answer.notes)


def test_the_prompt_parts_instructions_from_numbered_evidence(town, server):
    server.script = ["NOT IN THE ARTICLES"]
    town.ask(WHO)
    (request,) = server.requests
    system, user = request["messages"]
    assert system["role"] == "system"
    assert "Kowalska" not in system["content"]
    found = passages(request)
    assert list(found) == list(range(1, len(found) + 1))
    assert any(text.startswith("The Gazette, 2024-03-05: ") for text in found.values())
    assert user["content"].rstrip().endswith(f"Question: {WHO}")


def test_everyday_turns_and_unanswerable_questions_never_reach_the_model(town, server):
    for text in (
        "hello",
        "what can you do?",
        "which articles do you have?",
        "summarise everything",
    ):
        town.ask(text)
    assert town.ask("Who won the chess championship?").status == "not_found"
    assert server.requests == []


@pytest.mark.parametrize(
    "request_",
    ["summarise the news about the harbour bridge", "compare the reports on the bridge"],
)
def test_summaries_and_comparisons_may_use_the_model(town, server, request_):
    server.script = says(
        ("The Gazette reports that the bridge cost 40 million euros.", "cost 40 million"),
        ("The Courier says that the council refused a lower toll.", "lower toll"),
    )
    answer = town.ask(request_)
    check(town, answer)
    assert answer.engine == "llm"
    assert {c.outlet for c in answer.citations} == {"The Gazette", "The Courier"}


def test_a_stream_grows_by_checked_sentences(town, server):
    server.script = says(
        (OPENED, "cost 40 million"),
        ("She then flew to the moon.", "cost 40 million"),
        ("The bridge cost 40 million euros.", "cost 40 million"),
    )
    texts = []
    for answer in town.stream(WHO):
        check(town, answer)
        texts.append(without_markers(answer.text))
    assert texts[0] == OPENED
    assert texts[-1] == f"{OPENED} The bridge cost 40 million euros."
    assert all(later.startswith(earlier) for earlier, later in pairwise(texts))
    assert not any("moon" in text for text in texts)


def test_a_sentence_is_shown_before_the_reply_is_over_and_closing_stops_the_request(town, server):
    def script(request):
        number = number_of(request, "cost 40 million")
        return Reply(f"{OPENED} [{number}] And so it goes on. ", fault="endless")

    server.script = script
    stream = town.stream(WHO)
    assert without_markers(next(stream).text) == OPENED
    stream.close()
    assert server.hung_up.wait(60)


def test_a_reply_of_a_hundred_thousand_tokens_is_cut(town, server):
    def script(request):
        number = number_of(request, "cost 40 million")
        return Reply(f"{OPENED} [{number}] " + "The bridge cost a fortune. " * 20, fault="endless")

    server.script = script
    answer = town.ask(WHO)
    assert without_markers(answer.text) == OPENED
    assert server.hung_up.wait(60)
    assert len(answer.notes) <= 5


def test_an_answer_has_at_most_eighty_words(town, server):
    filler = "The bridge in Gdynia {} cost 40 million euros and was built in three years."
    ways = ("harbour", "on Monday", "of the town", "new", "opened", "for children", "by the mayor")

    def script(request):
        number = number_of(request, "cost 40 million")
        return " ".join(f"{filler.format(way)} [{number}]" for way in ways)

    server.script = script
    answer = town.ask("How much did the harbour bridge cost?")
    check(town, answer)
    assert answer.engine == "llm"


@pytest.mark.parametrize("engine", ["town", "auto"])
def test_what_the_extractive_engine_has_no_answer_to_is_not_put_to_the_model(
    engine, server, request
):
    assistant = request.getfixturevalue(engine)
    server.script = says((OPENED, "cost 40 million"))
    answer = assistant.ask(WHO, threshold=0.999)
    assert (answer.status, answer.engine, server.requests) == ("not_found", "extractive", [])
    assert any("the language model was not asked" in note for note in answer.notes)
    answer = assistant.ask(WHO, threshold=0.0)  # whoever wants the model's word can have it
    assert (answer.status, answer.engine) == ("answered", "llm")


@pytest.mark.parametrize("engine", ["town", "auto"])
def test_where_the_model_finds_no_answer_that_stands(engine, server, request):
    assistant = request.getfixturevalue(engine)
    server.script = ["NOT IN THE ARTICLES"]
    answer = assistant.ask(WHO)
    assert (answer.status, answer.engine, answer.confidence) == ("not_found", "llm", 0.0)
    assert answer.notes == ("the language model finds no answer in the passages",)


FAILURES = [
    (Reply(status=401), "refused the key"),
    (Reply(status=404), "not known"),
    (Reply(status=400, message="no"), "HTTP 400"),
    (Reply(OPENED + " [1] ", fault="endless line"), "sent more than"),
    (Reply(OPENED + " [1] ", fault="cut"), "broke off"),
    (Reply(""), "empty reply"),
    (Reply("A bridge ", fault="invalid utf-8"), "cannot be read"),
]


@pytest.mark.parametrize(("reply", "told"), FAILURES)
def test_a_failing_model_is_one_clear_message(town, server, reply, told):
    server.script = [reply]
    with pytest.raises(LanguageModelError, match=told):
        town.ask(WHO)


@pytest.mark.parametrize(("reply", "told"), FAILURES)
def test_or_with_auto_a_noted_extractive_answer(auto, server, reply, told):
    server.script = [reply]
    answer = auto.ask(WHO)
    check(auto, answer)
    assert (answer.status, answer.engine) == ("answered", "extractive")
    assert any(told in note for note in answer.notes)
    assert "this is the extractive answer" in answer.notes


def test_a_model_that_is_not_there_or_not_well(index, server):
    for url, told in (("http://127.0.0.1:9/v1", "cannot be reached"), (server.url, "HTTP 503")):
        server.script = lambda request: Reply(status=503)
        with (
            Assistant.open(index, engine="llm", llm_url=url, llm_model=MODEL) as assistant,
            pytest.raises(LanguageModelError, match=told),
        ):
            assistant.ask(WHO)
        with Assistant.open(index, engine="auto", llm_url=url, llm_model=MODEL) as assistant:
            answer = assistant.ask(WHO)
        assert (answer.status, answer.engine) == ("answered", "extractive")
        assert any(told in note for note in answer.notes)


def test_the_last_of_a_stream_is_the_extractive_answer_where_auto_falls_back(auto, server):
    def script(request):
        number = number_of(request, "cost 40 million")
        return Reply(f"{OPENED} [{number}] The bridge cost ", fault="cut")

    server.script = script
    engines = [answer.engine for answer in auto.stream(WHO)]
    assert (engines[0], engines[-1]) == ("llm", "extractive")


def test_a_model_with_a_small_window_gets_fewer_passages_and_one_too_small_is_refused(index):
    from llama_index.core.llms import CompletionResponse, CustomLLM, LLMMetadata
    from pydantic import Field

    class Parrot(CustomLLM):
        """A LlamaIndex LLM of one's own, which keeps its prompt."""

        window: int
        heard: list[str] = Field(default_factory=list)

        @property
        def metadata(self):
            return LLMMetadata(context_window=self.window, num_output=50, model_name="parrot")

        def complete(self, prompt, formatted=False, **_):
            self.heard.append(prompt)
            return CompletionResponse(text="NOT IN THE ARTICLES")

        def stream_complete(self, prompt, formatted=False, **_):
            self.heard.append(prompt)
            yield CompletionResponse(text="NOT IN THE ARTICLES", delta="NOT IN THE ARTICLES")

    parrot = Parrot(window=4000)
    with Assistant.open(index, llm=parrot) as assistant:
        assert assistant.ask(WHO).status == "not_found"
        wide = parrot.heard[-1].count("\n[")
        narrow = Parrot(window=600)
        small = Parrot(window=200)
    with Assistant.open(index, llm=narrow) as assistant:
        assistant.ask(WHO)
        assert 0 < narrow.heard[-1].count("\n[") < wide
    with (
        Assistant.open(index, llm=small) as assistant,
        pytest.raises(LanguageModelError, match="parrot has a context window of too few tokens"),
    ):
        assistant.ask(WHO)


def test_an_engine_without_a_model_is_refused_before_anything_is_opened(tmp_path):
    with pytest.raises(SettingsError, match="--llm-url"):
        Assistant.open(tmp_path, engine="llm")
    with pytest.raises(SettingsError, match="--llm-model"):
        Assistant.open(tmp_path, engine="auto", llm_url="http://127.0.0.1:1/v1")


def test_the_key_is_in_no_settings_answer_or_note(index, server, monkeypatch):
    key = "sk-very-secret-0123456789"
    monkeypatch.setenv("ASSISTANT_LLM_API_KEY", key)
    server.script = [Reply(status=400, message=f"you sent {key}")]
    with Assistant.open(index, engine="auto", llm_url=server.url, llm_model=MODEL) as opened:
        answer = opened.ask(WHO)
        assert server.keys[-1] == key
        assert key not in repr(opened.settings) + to_json(answer) + json.dumps(answer.notes)
