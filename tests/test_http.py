"""Answers over HTTP, asked as scripts ask: httpx and curl against real servers."""

import json
import re
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from http.client import HTTPConnection
from urllib.parse import quote

import httpx
import pytest
from fastapi.testclient import TestClient
from serving import WAIT, appears, serving_index, serving_script
from support import HashEmbedder, news, write

from assistant import __version__
from assistant.api import Assistant, refresh
from assistant.corpus.metadata import SIDECAR
from assistant.evaluation import engines
from assistant.holder import Holder
from assistant.http.app import app
from assistant.http.models import FullAnswer, FullArticle
from assistant.indexing import build
from assistant.records import GoldQuestion
from assistant.self_evaluation import own_engine
from assistant.settings import Settings

WHO = "Who is the new MI6 chief?"
WHEN = "When did she take over?"
ODD_IDS = ["a/re port?#%41&", "b/re port?#%41&", "zażółć 🎉", "line\nbreak", "dots..", "x+y;z"]


@pytest.fixture(scope="module")
def served(seeds_index):
    with serving_index(seeds_index) as serving:
        yield serving


@pytest.fixture(scope="module")
def client(served):
    with httpx.Client(base_url=served.address, timeout=WAIT) as client:
        yield client


@pytest.fixture(scope="module")
def answer(client):
    return client.post("/api/ask", json={"question": WHO}).json()


@pytest.fixture(scope="module")
def script(tmp_path_factory):
    """A client of a server with a scripted assistant, and the folder where it is told what to do.

    Articles with odd ids are indexed there.
    """
    folder = tmp_path_factory.mktemp("script")
    odd = {f"{name}.txt": news(number) for number, name in enumerate(ODD_IDS)}
    articles = write(tmp_path_factory.mktemp("odd"), odd)
    build.refresh(folder, [articles], lambda kept: HashEmbedder(), "hash")
    with (
        serving_script(folder) as serving,
        httpx.Client(base_url=serving.address, timeout=WAIT) as client,
    ):
        yield client, folder


def events(lines):
    """The names and data of server-sent events."""
    name = None
    for line in lines:
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            yield name, json.loads(value)


def test_an_answer_is_the_json_contract_with_verbatim_quotes(client, answer):
    assert answer["status"] == "answered"
    assert answer["citations"]
    assert FullAnswer.model_validate(answer).model_dump(mode="json") == answer  # as documented
    for cited in answer["citations"] + answer["evidence"]:
        article = client.get(f"/api/articles/{cited['article']}").json()
        assert FullArticle.model_validate(article).model_dump(mode="json") == article
        assert article["text"][cited["start"] : cited["end"]] == cited["quote"]


def test_filters_are_obeyed(client):
    listed = client.get("/api/articles").json()["articles"]
    outlet = next(item["outlet"] for item in listed if item["outlet"])
    filtered = client.post("/api/ask", json={"question": WHO, "outlets": [outlet]}).json()
    assert {item["outlet"] for item in filtered["evidence"]} == {outlet}
    dated = {"question": WHO, "since": "1990-01-01", "until": "1990-12-31"}
    assert client.post("/api/ask", json=dated).json()["status"] == "not_found"


def test_the_day_of_a_question_leans_the_ranking_over_http_and_in_evaluations(tmp_path):
    days = {"april": "2024-04-16", "may": "2024-05-14"}
    files = {
        f"{name}.txt": "The mayor speaks\n\nThe mayor spoke about the new bridge again.\n"
        + news(number)
        for number, name in enumerate(days)
    }
    dates = (f'["{name}.txt"]\npublished = {day}\n' for name, day in days.items())
    articles = write(tmp_path / "articles", {**files, SIDECAR: "".join(dates)})
    refresh([articles], tmp_path / "index")
    answers = TestClient(app(Holder(Settings(tmp_path / "index"))))
    question = "What did the mayor speak about last week?"
    with Assistant.open(tmp_path / "index") as opened:
        for first, day in (("april", "2024-04-23"), ("may", "2024-05-21")):
            answer = answers.post("/api/ask", json={"question": question, "as_of": day}).json()
            assert answer["evidence"][0]["article"] == first
            dated = GoldQuestion("q", question, "what", (), (), True, as_of=date.fromisoformat(day))
            assert own_engine(opened).reply(dated).evidence[0].article == first


def test_a_follow_up_is_understood_by_answers_or_questions_sent_back(client, answer):
    understood = [
        client.post("/api/ask", json={"question": WHEN, "history": history}).json()["understood"]
        for history in ([answer], [WHO], [])
    ]
    assert understood[0] == understood[1] != WHEN == understood[2]


def test_an_evaluation_asks_by_address(served):
    engine = engines.from_url(f"{served.address}/api/ask", timeout=WAIT)
    first = engine.reply(GoldQuestion("q1", WHO, "who", (), (), True))
    follow_up = engine.reply(GoldQuestion("q2", WHEN, "when", (), (), True, history=(WHO,)))
    assert first.status == "answered"
    assert first.citations
    assert follow_up.status in ("answered", "not_found")


@pytest.mark.parametrize(
    ("body", "status", "error", "told"),
    [
        ({"question": " "}, 400, "bad_question", "empty"),
        ({"question": "x" * 2001}, 400, "bad_question", "2000"),
        ({"question": "Who?", "history": ["x" * 2001]}, 400, "bad_question", "2000"),
        ({"question": "Who?", "outlets": ["The Nowhere"]}, 400, "bad_request", "The Nowhere"),
        (
            {"question": "Who?", "since": "2024-02-01", "until": "2024-01-01"},
            400,
            "bad_request",
            "",
        ),
        ({"question": "Who?", "since": "yesterday"}, 422, "bad_body", "since: .*2024-03-05"),
        ({"question": "Who?", "until": 20240305}, 422, "bad_body", "until: .*2024-03-05"),
        ({"question": "Who?", "since": "2024-02-30"}, 422, "bad_body", "since: "),
        ({"question": "Who?", "as_of": "last week"}, 422, "bad_body", "as_of: .*2024-03-05"),
        ({"question": "Who?", "outlet": "x"}, 422, "bad_body", "outlet: no such key"),
        ({"question": 5}, 422, "bad_body", "question: "),
        ({}, 422, "bad_body", "question: is missing"),
        ([], 422, "bad_body", "no JSON object"),
        ({"question": "Who?", "history": [{"question": "Who?"}]}, 422, "bad_body", "history.0"),
        ({"question": "Who?", "history": ["Who?"] * 51}, 422, "bad_body", "history: .*50"),
    ],
)
@pytest.mark.parametrize("path", ["/api/ask", "/api/ask/stream"])
def test_mistakes_get_a_status_a_name_and_what_to_do(client, path, body, status, error, told):
    response = client.post(path, json=body)
    assert response.status_code == status
    assert response.json()["error"] == error
    assert re.search(told, response.json()["detail"])


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "error"),
    [
        ("POST", "/api/ask", {"json": None}, 415, "unsupported_media_type"),
        ("POST", "/api/ask", {"data": {"question": "Who?"}}, 415, "unsupported_media_type"),
        ("GET", "/api/ask", {}, 405, "method_not_allowed"),
        ("DELETE", "/api/articles/x", {}, 405, "method_not_allowed"),
        ("GET", "/api/articles/no-such-article", {}, 404, "unknown_article"),
        ("GET", "/api/nowhere", {}, 404, "not_found"),
        ("GET", "/api", {}, 404, "not_found"),
    ],
)
def test_requests_that_get_nowhere(client, method, path, options, status, error):
    response = client.request(method, path, **options)
    assert (response.status_code, response.json()["error"]) == (status, error)
    assert response.json()["detail"]


def test_head_tells_what_get_would(client):
    for path in ("/api/health", "/api/articles", "/docs", "/openapi.json"):
        told = client.head(path)
        assert (told.status_code, told.content) == (200, b"")
        assert told.headers["content-type"] == client.get(path).headers["content-type"]
    assert client.head("/api/ask").status_code == 405


@pytest.mark.parametrize("content", [b"{", b"\xff", b"[" * 100_000, b'{"question": "\xc3("}'])
def test_a_body_that_is_no_json(client, content):
    headers = {"content-type": "application/json"}
    response = client.post("/api/ask", content=content, headers=headers)
    assert response.status_code == 400
    assert response.json()["error"] in ("bad_json", "bad_request")


@pytest.mark.parametrize("question", [r'"\ud800"', r'"Who \ud800 resigned?"'])
def test_text_that_is_no_text(client, question):
    headers = {"content-type": "application/json"}
    content = f'{{"question": {question}}}'
    response = client.post("/api/ask", content=content, headers=headers)
    assert (response.status_code, response.json()["error"]) == (400, "bad_question")


def test_a_body_that_is_too_large_is_refused_also_in_chunks(client):
    headers = {"content-type": "application/json"}
    for content in (b" " * 9_000_000, iter([b" " * 3_000_000] * 3)):
        response = client.post("/api/ask", content=content, headers=headers)
        assert (response.status_code, response.json()["error"]) == (413, "too_large")


def test_ten_at_once_get_the_answers_that_they_get_alone(client, answer):
    def ask(number):
        question = WHO if number % 2 else "Who warned of Russian retaliation?"
        return question, client.post("/api/ask", json={"question": question}).json()

    with ThreadPoolExecutor(10) as threads:
        for question, found in threads.map(ask, range(10)):
            assert found["question"] == question
            if question == WHO:
                assert {**found, "seconds": 0} == {**answer, "seconds": 0}


def test_health(client):
    health = client.get("/api/health").json()
    assert health == {"status": "ok", "articles": 5, "version": __version__, "detail": None}


def test_curl(served):
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("no curl")
    body = json.dumps({"question": WHO})
    command = [curl, "-sSN", "--fail-with-body", "--json", body]
    for path in ("/api/ask", "/api/ask/stream"):
        done = subprocess.run(
            [*command, served.address + path], capture_output=True, text=True, timeout=WAIT
        )
        assert done.returncode == 0, done.stderr
        assert '"status": "answered"' in done.stdout


def test_the_documentation_names_everything_and_loads_nothing(client):
    described = client.get("/openapi.json").json()
    page = client.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    assert sorted(described["paths"]) == [
        "/api/articles",
        "/api/articles/{id}",
        "/api/ask",
        "/api/ask/stream",
        "/api/health",
    ]
    for path in described["paths"]:
        assert f" {path}</code>" in page.text
    for name in described["components"]["schemas"]["Ask"]["properties"]:
        assert f"<code>{name}</code>" in page.text
    assert not [part for part in ("<script", "<link", "<img", " src=") if part in page.text]


def test_the_example_of_the_documentation_can_be_sent(client):
    described = client.get("/openapi.json").json()["components"]["schemas"]["Ask"]["properties"]
    example = {name: field["examples"][0] for name, field in described.items()}
    response = client.post("/api/ask", json={**example, "outlets": []})
    assert response.status_code == 200


def test_a_stream_ends_with_the_answer(client, answer):
    with client.stream("POST", "/api/ask/stream", json={"question": WHO}) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        *answers, done = events(response.iter_lines())
    assert {name for name, _ in answers} == {"answer"}
    assert {**answers[-1][1], "seconds": 0} == {**answer, "seconds": 0}
    assert done == ("done", {})


def test_a_stream_gives_each_answer_as_soon_as_it_is_there(script):
    client, folder = script
    body = {"question": "each grow wait grow"}
    with client.stream("POST", "/api/ask/stream", json=body) as response:
        told = events(response.iter_lines())
        assert next(told)[1]["text"] == "each and on"
        appears(folder / "each.waiting")
        (folder / "each.go").touch()
        assert next(told)[1]["text"] == "each and on and on"
        assert list(told) == [("done", {})]


@pytest.mark.parametrize(("step", "told"), [("fail", "start it"), ("crash", "terminal")])
def test_what_fails_on_the_way_is_an_event_and_before_it_a_status(script, step, told):
    client, _ = script
    streamed = client.post("/api/ask/stream", json={"question": f"way grow {step}"})
    (_, grown), (name, problem) = events(streamed.text.splitlines())
    assert grown["text"] == "way and on"
    assert (name, problem["error"]) == ("error", "failed")
    assert told in problem["detail"]
    for path in ("/api/ask", "/api/ask/stream"):
        response = client.post(path, json={"question": f"way {step}"})
        assert (response.status_code, response.json()) == (500, problem)


@pytest.mark.parametrize("path", ["/api/ask", "/api/ask/stream"])
def test_a_client_that_goes_away_stops_the_work(script, path):
    client, folder = script
    name = "gone" + path.replace("/", "-")
    asking = HTTPConnection(client.base_url.host, client.base_url.port)
    asking.request(
        "POST",
        path,
        json.dumps({"question": f"{name} forever"}),
        {"content-type": "application/json"},
    )
    appears(folder / f"{name}.waiting")
    asking.close()
    appears(folder / f"{name}.stopped")


def test_of_a_long_conversation_only_the_end_is_asked_again(script):
    client, _ = script
    history = ["early fail"] * 38 + ["late grow"] * 12
    body = {"question": "now grow", "history": history}
    assert client.post("/api/ask", json=body).json()["text"] == "now and on"
    body["history"] = [*history[1:], "late fail"]
    assert client.post("/api/ask", json=body).status_code == 500


def test_slow_answers_hold_up_nothing_else(script):
    client, folder = script
    names = [f"slow{number}" for number in range(10)]
    with ThreadPoolExecutor(10) as threads:
        asked = [
            threads.submit(client.post, "/api/ask", json={"question": f"{name} wait grow"})
            for name in names
        ]
        try:
            until = time.monotonic() + WAIT
            while sum((folder / f"{name}.waiting").exists() for name in names) < 4:
                assert time.monotonic() < until
                time.sleep(0.02)
            assert client.get("/api/health").json()["status"] == "ok"
            assert client.get("/docs").status_code == 200
        finally:
            for name in names:
                (folder / f"{name}.go").touch()
        for name, future in zip(names, asked, strict=True):
            assert future.result().json()["text"] == f"{name} and on"


def test_without_an_index(tmp_path):
    with TestClient(app(Holder(Settings(tmp_path / "none")))) as client:
        assert client.get("/api/health").json()["status"] == "no_index"
        for response in (
            client.post("/api/ask", json={"question": WHO}),
            client.post("/api/ask/stream", json={"question": WHO}),
            client.get("/api/articles"),
            client.get("/api/articles/x"),
        ):
            assert (response.status_code, response.json()["error"]) == (503, "no_index")
            assert "assistant index" in response.json()["detail"]


def test_an_article_is_found_by_its_id_whatever_characters_that_has(script):
    client, _ = script
    listed = [item["id"] for item in client.get("/api/articles").json()["articles"]]
    assert sorted(listed) == sorted(ODD_IDS)
    for number, name in enumerate(ODD_IDS):
        for safe in ("/", ""):
            found = client.get(f"/api/articles/{quote(name, safe=safe)}").json()
            assert (found["id"], found["text"]) == (name, news(number))
