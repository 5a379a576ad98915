"""The server, without a browser: what it guards, how it stops, real clients of the page's API."""

import asyncio
import re
import shutil
import signal
import socket
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from gradio_client import Client
from serving import TESTS, WAIT, appears, serving_index, serving_script
from starlette.routing import Mount

from assistant.access import key_from
from assistant.cli import main
from assistant.errors import SettingsError, UsageError
from assistant.holder import Holder
from assistant.http.app import app as http_app
from assistant.server import serve
from assistant.settings import Settings
from assistant.ui.page import mount

WHO = "Who is the new MI6 chief?"
KEY = "correct horse battery"
BEARER = {"authorization": f"Bearer {KEY}"}


@pytest.fixture(scope="module")
def open_server(seeds_index):
    """Without a key, on this machine only."""
    with serving_index(seeds_index) as serving:
        yield serving


@pytest.fixture(scope="module")
def guarded(seeds_index):
    """With a key, on every address of this machine."""
    with serving_index(seeds_index, "--host", "0.0.0.0", ASSISTANT_KEY=KEY) as serving:
        yield serving


@pytest.fixture
def anyone(open_server):
    with httpx.Client(base_url=open_server.address, timeout=WAIT) as client:
        yield client


@pytest.fixture
def stranger(guarded):
    with httpx.Client(base_url=guarded.address, timeout=WAIT) as client:
        yield client


def test_an_address_in_use_is_told_with_the_option_that_mends_it(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=f"127.0.0.1:{port} .*--port"):
            serve(Settings(tmp_path), port=port)


@pytest.mark.parametrize("port", [70_000, -1])
def test_an_impossible_port_is_told(tmp_path, port):
    with pytest.raises(UsageError, match="--port"):
        serve(Settings(tmp_path), port=port)


@pytest.mark.parametrize("key", ["", "short", " spaces around ", "line\nbreak", "zażółć gęślą"])
def test_a_key_that_guards_nothing_is_told(key):
    with pytest.raises(SettingsError, match="ASSISTANT_KEY"):
        key_from({"ASSISTANT_KEY": key})


def test_a_key_is_taken_from_the_environment():
    assert key_from({"ASSISTANT_KEY": KEY}) == KEY
    assert key_from({}) is None


def routes(app, before=""):
    """Every path and method that an application answers, those of what is mounted in it too."""
    for route in iter_route_contexts(app.routes):
        own = route.original_route
        if isinstance(own, Mount):
            yield from routes(own.app, before + own.path)
        else:
            path = before + (route.path or own.path)
            yield from ((path, method) for method in route.methods or own.methods)


@pytest.fixture(scope="module")
def all_routes(tmp_path_factory):
    """Those of the page and of the HTTP interface, with every parameter replaced by a word."""
    holder = Holder(Settings(tmp_path_factory.mktemp("routes") / "index"))

    async def page():
        # Where no loop is running, Gradio makes one for every lock, and never closes it.
        served = FastAPI()
        mount(served, holder, editable=True)
        return served

    found = {*routes(asyncio.run(page())), *routes(http_app(holder))}
    return {(re.sub(r"\{[^}]*\}", "x", path) or "/", method) for path, method in found}


def test_with_a_key_no_route_answers_without_it(stranger, all_routes):
    known = "/ /config /gradio_api/info /gradio_api/queue/data /gradio_api/file=x /api/articles"
    taken = "/gradio_api/upload /gradio_api/queue/join /gradio_api/call/x /api/ask /api/ask/stream"
    assert {(path, "GET") for path in known.split()} <= all_routes
    assert {(path, "POST") for path in taken.split()} <= all_routes
    wrong = ({}, {"authorization": "Bearer wrong"}, {"cookie": f"assistant_session={KEY}"})
    answered = set()
    for path, method in sorted(all_routes | {("/nowhere", "GET"), ("/api/nowhere", "PUT")}):
        if path.rstrip("/") == "/login":  # where the key is given
            continue
        for headers in wrong:
            response = stranger.request(method, path, headers=headers)
            refused = response.status_code == 401 and "www-authenticate" in response.headers
            if not refused or (method != "HEAD" and response.json()["error"] != "key_needed"):
                answered.add((method, path, response.status_code))
    assert answered == set()


def test_with_a_key_no_line_is_opened_without_it(stranger):
    upgrade = {
        "connection": "upgrade",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    assert stranger.get("/gradio_api/queue/join", headers=upgrade).status_code == 401


def test_a_script_sends_the_key(stranger):
    assert stranger.get("/api/health", headers=BEARER).json()["status"] == "ok"
    answer = stranger.post("/api/ask", json={"question": WHO}, headers=BEARER).json()
    assert answer["status"] == "answered"
    assert "<gradio-app" in stranger.get("/", headers=BEARER).text


def test_a_browser_is_asked_for_the_key_and_then_has_a_cookie(stranger):
    html = {"accept": "text/html"}
    asked = stranger.get("/", headers=html)
    assert asked.status_code == 401
    assert 'name="key" type="password"' in asked.text
    wrong = stranger.post("/login", data={"key": "wrong"})
    assert (wrong.status_code, "not the key" in wrong.text) == (401, True)
    assert "set-cookie" not in wrong.headers

    entered = stranger.post("/login", data={"key": KEY}, headers={"origin": str(stranger.base_url)})
    assert (entered.status_code, entered.headers["location"]) == (303, "/")
    cookie = entered.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert KEY not in cookie
    assert "<gradio-app" in stranger.get("/", headers=html).text
    assert stranger.get("/api/health").json()["status"] == "ok"
    assert KEY not in stranger.get("/").text


def test_the_pages_own_api_is_there_for_gradio_client(open_server, guarded):
    for serving, headers in ((open_server, {}), (guarded, BEARER)):
        client = Client(serving.address, headers=headers, verbose=False, analytics_enabled=False)
        try:
            answer = client.predict(WHO, api_name="/ask")
        finally:
            client.close()
        assert answer["status"] == "answered"
        assert answer["citations"]
    with pytest.raises(Exception, match="credentials"):
        Client(guarded.address, verbose=False, analytics_enabled=False)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://elsewhere.example"},
        {"origin": "http://127.0.0.1:1"},
        {"origin": "null"},
        {"origin": "http://["},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image"},
        {"sec-fetch-site": "same-site", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty"},
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe"},
    ],
)
def test_a_page_of_another_origin_cannot_use_the_server(anyone, headers):
    for response in (
        anyone.post("/api/ask", json={"question": WHO}, headers=headers),
        anyone.post("/gradio_api/call/ask", json={"data": [WHO]}, headers=headers),
        anyone.get("/api/articles", headers=headers),
        anyone.options("/api/ask", headers={**headers, "access-control-request-method": "POST"}),
    ):
        assert (response.status_code, response.json()["error"]) == (403, "other_origin")
        assert "access-control-allow-origin" not in response.headers


def test_the_page_itself_and_links_to_it_can_be_used(anyone):
    ours = {"origin": str(anyone.base_url).rstrip("/"), "sec-fetch-site": "same-origin"}
    assert anyone.post("/api/ask", json={"question": WHO}, headers=ours).status_code == 200
    link = {
        "sec-fetch-site": "cross-site",
        "sec-fetch-mode": "navigate",
        "sec-fetch-dest": "document",
    }
    assert anyone.get("/", headers=link).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["elsewhere.example", "elsewhere.example:7860", "localhost@elsewhere.example", "10.0.0.1"],
)
def test_on_this_machine_only_the_server_has_no_strange_name(anyone, stranger, host):
    response = anyone.get("/api/articles", headers={"host": host})
    assert response.status_code in (400, 421)
    assert "articles" not in response.json()
    if "@" not in host:  # with a key, a proxy may serve it under any name
        assert stranger.get("/api/health", headers={"host": host, **BEARER}).status_code == 200


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:80", "127.0.0.1", "127.0.0.2:8", "[::1]:80"]
)
def test_on_this_machine_the_server_has_its_usual_names(anyone, host):
    assert anyone.get("/api/health", headers={"host": host}).status_code == 200


def test_every_response_tells_browsers_to_be_careful(anyone, stranger):
    for response in (
        anyone.get("/"),
        anyone.get("/docs"),
        anyone.get("/api/nowhere"),
        anyone.get("/", headers={"origin": "null"}),
        stranger.get("/", headers={"accept": "text/html"}),
    ):
        assert "default-src 'self'" in response.headers["content-security-policy"]
        assert "frame-ancestors 'self'" in response.headers["content-security-policy"]
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "same-origin"


def test_bodies_that_are_too_large_are_refused(anyone):
    part = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\n'
    for path, kind, start, megabytes in (
        ("/gradio_api/queue/join", "application/json", b"[", 9),
        ("/gradio_api/upload", "multipart/form-data; boundary=x", part, 65),
    ):
        chunks = [start, *[b" " * 2**20] * megabytes]
        for content in (b"".join(chunks), iter(chunks)):
            try:
                response = anyone.post(path, content=content, headers={"content-type": kind})
            except httpx.WriteError:  # hung up on before all was sent
                continue
            assert response.status_code == 413
    file = {"files": ("large.txt", b" " * 9 * 2**20)}
    assert anyone.post("/gradio_api/upload", files=file).status_code == 200


def test_without_a_key_adding_and_removing_is_off_beyond_this_machine(
    tmp_path, open_server, guarded
):
    off = "adding and removing articles is off"
    file = {"files": ("bridge.txt", b"The bridge was opened.")}
    with serving_script(tmp_path, "0.0.0.0") as serving:
        assert off in re.sub(r"\s+", " ", serving.said)
        assert httpx.get(f"{serving.address}/api/health", headers={"host": "x.example"}).is_success
        refused = httpx.post(f"{serving.address}/gradio_api/upload", files=file)
        assert (refused.status_code, refused.json()["error"]) == (403, "read_only")
    assert off not in open_server.said
    assert off not in guarded.said
    assert "ASSISTANT_KEY" in guarded.said
    assert KEY not in guarded.said


CHANGING = ("add", "remove", "reindex", "run", "drafts")  # by the names of their functions


@pytest.fixture(scope="module")
def read_only(seeds_index, tmp_path_factory):
    """Without a key, on every address of this machine; and its index."""
    index = shutil.copytree(seeds_index, tmp_path_factory.mktemp("read") / "index")
    with serving_index(index, "--host", "0.0.0.0") as serving:
        yield serving, index


def test_where_nothing_may_be_changed_the_server_refuses_it(read_only, open_server):
    def functions(client):
        return {d["api_name"]: d["id"] for d in client.get("/config").json()["dependencies"]}

    with httpx.Client(base_url=open_server.address, timeout=WAIT) as client:
        numbers = [functions(client)[name] for name in CHANGING]
    serving, index = read_only
    before = sorted(index.rglob("*"))
    # What it refuses in these ways, the page hangs up on.
    alone = {"connection": "close"}
    with httpx.Client(base_url=serving.address, timeout=WAIT, headers=alone) as client:
        listed = client.get("/api/articles").json()
        id_ = listed["articles"][0]["id"]
        assert not set(CHANGING) & set(functions(client))
        for path in (
            "/gradio_api/upload",
            "/gradio_api/upload/",
            "/gradio_api/%75pload?upload_id=1",
        ):
            sent = client.post(path, files={"files": ("a.txt", b"Mayor Ada opened a bridge.")})
            assert (sent.status_code, sent.json()["error"]) == (403, "read_only")
        for name, number in zip(CHANGING, numbers, strict=True):
            sent = client.post(f"/gradio_api/call/{name}", json={"data": [id_]})
            assert not sent.is_success
            # There may be another function of that number here.
            body = {"fn_index": number, "data": [id_], "session_hash": name}
            client.post("/gradio_api/queue/join", json=body)
        assert client.get("/reports/20240305-120000-000000").status_code == 404
        for method in ("DELETE", "PUT", "POST", "PATCH"):
            assert client.request(method, f"/api/articles/{id_}").status_code == 405
        assert client.post("/api/ask", json={"question": WHO}).json()["status"] == "answered"
        assert client.get("/api/articles").json() == listed
    assert sorted(index.rglob("*")) == before


def test_an_evaluation_of_a_guarded_address_needs_its_key(
    guarded, seeds_index, tmp_path, monkeypatch, capsys
):
    gold = tmp_path / "few.jsonl"
    lines = (TESTS / "gold" / "seeds.jsonl").read_text("utf-8").splitlines()
    gold.write_text("\n".join(lines[:2]), "utf-8")
    address = f"{guarded.address}/api/ask"
    command = ["evaluate", str(gold), "--index", str(seeds_index), "--engine", address]
    monkeypatch.setenv("ASSISTANT_KEY", KEY)  # the server's own is not sent to whoever is asked
    assert main(command) == 1
    assert "ASSISTANT_ENGINE_KEY" in capsys.readouterr().err
    monkeypatch.setenv("ASSISTANT_ENGINE_KEY", KEY)
    assert main([*command, "--report", str(tmp_path / "report")]) == 0
    written = "".join(path.read_text("utf-8") for path in (tmp_path / "report").iterdir())
    assert address in written
    assert KEY not in written + "".join(capsys.readouterr())


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_running_answers_finish_when_the_server_is_stopped(tmp_path, sent):
    with (
        ThreadPoolExecutor(4) as threads,
        serving_script(tmp_path) as serving,
        httpx.Client(base_url=serving.address, timeout=WAIT) as client,
    ):
        lines = threads.submit(client.get, "/gradio_api/heartbeat/somebody")  # an open page
        asked = threads.submit(client.post, "/api/ask", json={"question": "api wait grow"})
        called = client.post(
            "/gradio_api/call/ask", json={"data": ["page wait grow", None, None, None]}
        )
        fetched = threads.submit(client.get, f"/gradio_api/call/ask/{called.json()['event_id']}")
        try:
            appears(tmp_path / "api.waiting")
            appears(tmp_path / "page.waiting")
            serving.process.send_signal(sent)
            while (refused := client.get("/api/health")).is_success:
                pass
            assert (refused.status_code, refused.json()["error"]) == (503, "stopping")
        finally:
            (tmp_path / "api.go").touch()
            (tmp_path / "page.go").touch()
        assert asked.result().json()["text"] == "api and on"
        assert '"text": "page and on"' in fetched.result().text
        assert serving.process.wait(WAIT) == 0
        with pytest.raises(httpx.RemoteProtocolError):  # hung up, without being waited for
            lines.result()
        assert "Traceback" not in serving.process.stdout.read()


@pytest.mark.slow
def test_a_second_interrupt_does_not_wait(tmp_path):
    with (
        ThreadPoolExecutor(1) as threads,
        serving_script(tmp_path) as serving,
        httpx.Client(base_url=serving.address, timeout=WAIT) as client,
    ):
        asked = threads.submit(client.post, "/api/ask", json={"question": "stuck wait grow"})
        appears(tmp_path / "stuck.waiting")
        serving.process.send_signal(signal.SIGINT)
        assert "Stopping" in serving.process.stdout.readline()
        serving.process.send_signal(signal.SIGINT)
        assert serving.process.wait(WAIT) == 0
        assert "1 unfinished, cut off." in serving.process.stdout.read()
        with pytest.raises(httpx.RemoteProtocolError):
            asked.result()
