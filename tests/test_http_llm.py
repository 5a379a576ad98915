"""A language model's answers over HTTP: a real server, a scripted model, real clients."""

import json

import httpx
import pytest
from fastapi.testclient import TestClient
from gradio_client import Client
from scripted_llm import MODEL, Reply, scripted_llm
from serving import WAIT, serving_index
from support import write

from assistant import Assistant
from assistant.holder import Holder
from assistant.http.app import app
from assistant.settings import Settings

KEY = "sk-very-secret-0123456789"
WHO = {"question": "Who opened the harbour bridge?"}
OPENED = "Mayor Anna Kowalska opened the harbour bridge on Monday."
COST = "The bridge cost 40 million euros."
REPLY = f"{OPENED} [1] She flew to the moon. [1] {COST} [1]"


@pytest.fixture(scope="module")
def model():
    with scripted_llm() as made:
        made.key = KEY
        yield made


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    told = (
        "Mayor Anna Kowalska opened the new harbour bridge in Gdynia on Monday. The bridge cost "
        "40 million euros and was built in three years.\n"
    )
    folder = write(tmp_path_factory.mktemp("town"), {"bridge.txt": told})
    Assistant.build([folder], folder / "index").close()
    return folder / "index"


@pytest.fixture(scope="module")
def served(index, model):
    options = ("--engine", "auto", "--llm-url", model.url, "--llm-model", MODEL)
    with serving_index(index, *options, ASSISTANT_LLM_API_KEY=KEY) as serving:
        yield serving


@pytest.fixture
def client(served, model):
    model.go.clear()
    model.hung_up.clear()
    with httpx.Client(base_url=served.address, timeout=WAIT) as client:
        yield client


def answers(lines):
    """The data of the events of a stream."""
    return (json.loads(line[6:]) for line in lines if line.startswith("data: "))


def test_an_answer_in_the_models_words(client, model):
    model.script = [REPLY]
    answer = client.post("/api/ask", json=WHO).json()
    assert (answer["status"], answer["engine"]) == ("answered", "llm")
    assert answer["text"] == f"{OPENED} [1] {COST} [2]"
    assert any("moon" in note or "left out" in note for note in answer["notes"])
    article = client.get("/api/articles/bridge").json()
    for cited in answer["citations"]:
        assert article["text"][cited["start"] : cited["end"]] == cited["quote"]


def test_each_sentence_comes_once_it_is_checked_while_the_model_still_speaks(client, model):
    model.script = [Reply(f"{OPENED} [1] She", fault="waits", rest=f" flew off. [1] {COST} [1]")]
    with client.stream("POST", "/api/ask/stream", json=WHO) as response:
        grown = answers(response.iter_lines())
        assert next(grown)["text"] == f"{OPENED} [1]"
        model.go.set()
        *_, last, done = grown
    assert last["text"] == f"{OPENED} [1] {COST} [2]"
    assert done == {}


def test_a_client_that_goes_away_ends_the_request_to_the_model(client, model):
    rest = f" {COST} [1] " + "Nobody said more. " * 300
    model.script = [Reply(f"{OPENED} [1] The", fault="waits", rest=rest)]
    with client.stream("POST", "/api/ask/stream", json=WHO) as response:
        next(answers(response.iter_lines()))
    model.go.set()
    assert model.hung_up.wait(WAIT)


def test_the_pages_own_api_gives_it_too_and_the_extractive_answer_where_the_model_fails(
    served, client, model
):
    page = Client(served.address, verbose=False, analytics_enabled=False)
    try:
        model.script = [REPLY, Reply(status=400, message=f"no {KEY}")]
        assert page.predict(WHO["question"], api_name="/ask")["engine"] == "llm"
        answer = page.predict(WHO["question"], api_name="/ask")
    finally:
        page.close()
    assert (answer["status"], answer["engine"]) == ("answered", "extractive")
    assert any("HTTP 400" in note for note in answer["notes"])
    assert KEY not in json.dumps(answer)


def test_without_a_fallback_a_failing_model_is_told_by_the_status(index, model, monkeypatch):
    monkeypatch.setenv("ASSISTANT_LLM_API_KEY", "another")
    settings = Settings(index, engine="llm", llm_url=model.url, llm_model=MODEL)
    holder = Holder(settings)
    try:
        with TestClient(app(holder)) as client:
            for path in ("/api/ask", "/api/ask/stream"):
                response = client.post(path, json=WHO)
                assert (response.status_code, response.json()["error"]) == (502, "language_model")
                assert "ASSISTANT_LLM_API_KEY" in response.json()["detail"]
                assert KEY not in response.text
    finally:
        holder.close()
