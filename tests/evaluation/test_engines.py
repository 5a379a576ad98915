import json
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from support import running

from assistant.errors import EngineError, SettingsError, UsageError
from assistant.evaluation import engines
from assistant.evaluation.engines import ReplyFailure, code_hash, from_callable, from_url
from assistant.evaluation.replies import ReplyError
from assistant.records import Answer, GoldQuestion

QUESTION = GoldQuestion("q1", "Where?", "where", (), (), False)
DATED = GoldQuestion("q3", "Where?", "where", (), (), False, as_of=date(2024, 3, 5))
FOLLOW_UP = GoldQuestion("q2", "And when?", "when", (), (), False, history=("Where?",))
REPLY = {"status": "answered", "text": "x", "confidence": 0.5, "citations": []}


@pytest.fixture
def server():
    """A server that gives the replies in `server.script`, and keeps what it was sent."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            length = int(self.headers["Content-Length"])
            self.server.received.append(json.loads(self.rfile.read(length)))
            self.server.authorized.append(self.headers["Authorization"])
            status, body = self.server.script.pop(0)
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self):
            self.server.authorized.append(self.headers["Authorization"])
            self.send_response(200)
            self.end_headers()
            self.wfile.write(json.dumps(REPLY).encode())

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as made:
        made.script, made.received, made.authorized = [], [], []
        with running(made):
            yield made


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(engines, "_PAUSE", 0.0)


def engine(server):
    return from_url(f"http://127.0.0.1:{server.server_port}/ask", timeout=5)


def test_an_address_is_posted_the_question_its_history_and_its_day(server):
    server.script = [(200, REPLY), (200, REPLY), (200, REPLY)]
    assert engine(server).reply(QUESTION).text == "x"
    engine(server).reply(FOLLOW_UP)
    engine(server).reply(DATED)
    assert server.received == [
        {"question": "Where?"},
        {"question": "And when?", "history": ["Where?"]},
        {"question": "Where?", "as_of": "2024-03-05"},
    ]


def test_an_overloaded_server_is_asked_again(server):
    server.script = [(503, b"busy"), (429, b"slow down"), (200, REPLY)]
    assert engine(server).reply(QUESTION).status == "answered"


@pytest.mark.parametrize(
    "script", [[(500, b"boom")] * 3, [(400, b"boom")], [(200, b"boom")], [(200, b"\xff")]]
)
def test_a_failed_question(server, script):
    server.script = script
    with pytest.raises(ReplyFailure):
        engine(server).reply(QUESTION)


@pytest.mark.parametrize("status", [401, 404, 405, 422])
def test_what_would_fail_for_every_question_stops_the_run(server, status):
    server.script = [(status, b"<b>go away</b>")]
    with pytest.raises(EngineError, match=f"HTTP {status} .*go away"):
        engine(server).reply(QUESTION)


def test_a_key_is_sent_to_the_address_and_not_to_where_it_leads(server):
    url = f"http://127.0.0.1:{server.server_port}/ask"
    keyed = from_url(url, key="correct horse")
    server.script = [(200, REPLY), (302, b"")]
    keyed.reply(QUESTION)
    keyed.reply(QUESTION)
    assert server.authorized == ["Bearer correct horse"] * 2 + [None]
    assert "horse" not in repr((keyed.name, keyed.settings, keyed.code))


@pytest.mark.parametrize(
    ("key", "told"), [("", "set ASSISTANT_ENGINE_KEY"), ("horse", "is ASSISTANT_ENGINE_KEY")]
)
def test_a_server_that_wants_a_key_is_told_with_what_mends_it(server, key, told):
    server.script = [(401, b"no")]
    with pytest.raises(EngineError, match=told) as error:
        from_url(f"http://127.0.0.1:{server.server_port}/ask", key=key).reply(QUESTION)
    assert "horse" not in str(error.value)


def test_a_key_that_no_header_can_hold_is_told_before_anything_is_asked():
    with pytest.raises(SettingsError, match="ASSISTANT_ENGINE_KEY"):
        from_url("http://127.0.0.1:9/ask", key="line\nbreak")


def test_a_reply_outside_the_contract(server):
    server.script = [(200, {"answer": "x"})]
    with pytest.raises(ReplyError):
        engine(server).reply(QUESTION)


def test_a_server_that_is_not_there():
    with pytest.raises(EngineError, match="cannot be reached"):
        from_url("http://127.0.0.1:9/ask").reply(QUESTION)


def test_a_callable(tmp_path, monkeypatch):
    (tmp_path / "strangers_engine.py").write_text(
        "import json\n"
        f"REPLY = {REPLY!r}\n"
        "def plain(question): return {**REPLY, 'text': question}\n"
        "def remembering(question, history=()): return {**REPLY, 'text': str(history)}\n"
        "def dated(question, as_of): return {**REPLY, 'text': str(as_of)}\n"
        "def as_json(question): return json.dumps(REPLY)\n"
        "def broken(question): raise RuntimeError('oh no')\n"
        "class Inner:\n"
        "    ask = staticmethod(plain)\n"
        "number = 5\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert from_callable("strangers_engine:plain").reply(QUESTION).text == "Where?"
    assert from_callable("strangers_engine:Inner.ask").reply(QUESTION).text == "Where?"
    assert from_callable("strangers_engine:remembering").reply(FOLLOW_UP).text == "['Where?']"
    assert from_callable("strangers_engine:dated").reply(DATED).text == "2024-03-05"
    assert from_callable("strangers_engine:dated").reply(QUESTION).text == "None"
    assert from_callable("strangers_engine:as_json").reply(QUESTION).text == "x"
    assert from_callable("strangers_engine:plain").code
    with pytest.raises(ReplyFailure, match="RuntimeError: oh no"):
        from_callable("strangers_engine:broken").reply(QUESTION)
    for name in ("strangers_engine:absent", "strangers_engine:number", "no_such_module:x"):
        with pytest.raises(UsageError, match=name):
            from_callable(name)


def answers_with_a_record(question):
    return Answer(question, question, "answered", "x", None, 0.5, (), (), (), "e", 0.1)


def test_a_callable_may_return_an_answer_record():
    made = from_callable(f"{__name__}:answers_with_a_record", lambda answer: json.dumps(REPLY))
    assert made.reply(QUESTION).text == "x"


def test_the_hash_of_code_changes_with_it(tmp_path):
    (tmp_path / "a.py").write_text("1")
    (tmp_path / "left_out").mkdir()
    before = code_hash(tmp_path, ["left_out"])
    (tmp_path / "left_out" / "b.py").write_text("2")
    assert code_hash(tmp_path, ["left_out"]) == before
    (tmp_path / "a.py").write_text("2")
    assert code_hash(tmp_path, ["left_out"]) != before
