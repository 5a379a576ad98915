"""The model's client against a real server that behaves and misbehaves."""

import socket
from contextlib import contextmanager

import openai
import pytest
from llama_index.llms.openai_like import OpenAILike
from scripted_llm import MODEL, Reply, scripted_llm

from assistant.answering.bounded import bounded_client
from assistant.answering.llm_client import LanguageModel, connect, wrap
from assistant.errors import LanguageModelError

KEY = "sk-very-secret-0123456789"


@pytest.fixture
def server():
    with scripted_llm() as made:
        yield made


def model(server, key="", name=MODEL):
    return connect(server.url, name, key, pause=0.01)


def read(model):
    return "".join(model.reply("Be brief.", "What now?"))


def test_a_reply_comes_in_pieces_and_instructions_are_a_message_of_their_own(server):
    server.script = ["The bridge opened on Monday. [1]"]
    pieces = list(model(server).reply("Be brief.", "What now?"))
    assert len(pieces) > 3
    assert "".join(pieces) == "The bridge opened on Monday. [1]"
    (request,) = server.requests
    assert request["stream"]
    assert [(m["role"], m["content"]) for m in request["messages"]] == [
        ("system", "Be brief."),
        ("user", "What now?"),
    ]
    assert request["max_tokens"] <= 1024


def test_the_key_is_sent_and_shown_nowhere(server):
    server.key = KEY
    server.script = ["Yes."]
    assert read(model(server, KEY)) == "Yes."
    assert server.keys == [KEY]
    with pytest.raises(LanguageModelError, match="ASSISTANT_LLM_API_KEY") as refused:
        read(model(server, KEY + "x"))
    server.script = [Reply(status=400, message=f"bad request with {KEY}")]
    with pytest.raises(LanguageModelError, match="bad request") as failed:
        read(model(server, KEY))
    for error in (refused, failed):
        assert KEY not in str(error.value)
        assert error.value.__cause__ is None
        assert error.value.__suppress_context__
    assert KEY not in repr(model(server, KEY))


@pytest.mark.parametrize(
    "first", [Reply(status=429), Reply(status=500), Reply(status=503, headers={"Retry-After": "0"})]
)
def test_a_busy_server_is_asked_again(server, first):
    server.script = [first, first, "At last."]
    assert read(model(server)) == "At last."
    assert len(server.requests) == 3


@pytest.mark.parametrize(("status", "told"), [(429, "asked too much"), (502, "HTTP 502")])
def test_but_not_for_ever(server, status, told):
    server.script = [Reply(status=status)] * 5
    with pytest.raises(LanguageModelError, match=told):
        read(model(server))
    assert len(server.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_a_mistake_is_not_repeated(server, status):
    server.script = [Reply(status=status)] * 2
    with pytest.raises(LanguageModelError, match=str(status)):
        read(model(server))
    assert len(server.requests) == 1


def test_an_unknown_model_is_named(server):
    with pytest.raises(LanguageModelError, match=r"nosuch at http.*not known.*nosuch does"):
        read(model(server, name="nosuch"))


def test_a_server_that_is_not_there():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, and nobody listens
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        with pytest.raises(LanguageModelError, match=r"cannot be reached.*is its server running"):
            read(connect(url, MODEL))


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("cut", "broke off"),
        ("no end", "broke off"),
        ("invalid utf-8", "cannot be read"),
        ("no json", "cannot be read"),
        ("error event", "out of memory"),
        ("endless line", "sent more than 4,194,304 bytes"),
    ],
)
def test_a_broken_reply_is_one_clear_message(server, fault, told):
    server.script = [Reply("The bridge opened. ", fault=fault)]
    with pytest.raises(LanguageModelError, match=told) as error:
        read(model(server))
    assert "\n" not in str(error.value)


def test_an_empty_reply_is_an_error(server):
    server.script = [""]
    with pytest.raises(LanguageModelError, match="empty reply"):
        read(model(server))


def test_a_model_that_thinks_until_its_tokens_are_used_up_is_told(server):
    server.script = [Reply("", fault="no tokens left")]
    with pytest.raises(LanguageModelError, match=r"used up its .* tokens .* think first"):
        read(model(server))


def test_a_reply_without_end_is_cut_and_the_request_stopped(server):
    server.script = [Reply("word and word and ", fault="endless")]
    assert len(read(model(server))) == 8000
    assert server.hung_up.wait(60)


def impatient(server, *bounds):
    """A model whose client has these bounds (see `bounded_client`)."""

    @contextmanager
    def session():
        with bounded_client(*bounds) as client:
            yield OpenAILike(
                model=MODEL,
                api_base=server.url,
                api_key="none",
                is_chat_model=True,
                max_retries=0,
                http_client=client,
            )

    return LanguageModel(session, MODEL, 3000)


def test_a_reply_that_says_nothing_for_ever_is_given_up(server):
    server.script = [Reply("The bridge ", fault="waits")] * 2
    with pytest.raises(LanguageModelError, match="took more than 1 seconds to reply"):
        read(impatient(server, 60, 1, 10**9))
    assert server.hung_up.wait(60)


def test_a_silent_server_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1"
        server = type("Server", (), {"url": url})
        with pytest.raises(LanguageModelError, match=r"sent nothing for .* is it overloaded"):
            read(impatient(server, 0.2, 60, 10**9))


def test_an_endless_line_is_hung_up_on(server):
    server.script = [Reply("The bridge ", fault="endless line")]
    with pytest.raises(LanguageModelError, match="sent more than 100,000 bytes"):
        read(impatient(server, 60, 60, 100_000))
    assert server.hung_up.wait(60)


def test_closing_the_iterator_stops_the_request(server):
    server.script = [Reply("word and word and ", fault="endless")]
    pieces = model(server).reply("Be brief.", "What now?")
    next(pieces)
    pieces.close()
    assert server.hung_up.wait(60)


def test_any_llm_of_llamaindex_will_do():
    from llama_index.core.llms import MockLLM

    mock = wrap(MockLLM(max_tokens=5))
    assert read(mock).strip()
    assert mock.prompt_tokens > 1000


def test_the_scripted_server_is_one_to_the_openai_client(server):
    server.script = ["In one piece.", "In many pieces."]
    with openai.OpenAI(base_url=server.url, api_key="none", max_retries=0) as client:
        messages = [{"role": "user", "content": "Well?"}]
        whole = client.chat.completions.create(model=MODEL, messages=messages)
        assert whole.choices[0].message.content == "In one piece."
        parts = client.chat.completions.create(model=MODEL, messages=messages, stream=True)
        assert "".join(p.choices[0].delta.content or "" for p in parts) == "In many pieces."
        assert [m.id for m in client.models.list()] == [MODEL]
