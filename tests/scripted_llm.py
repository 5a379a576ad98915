"""A language model that says what a test tells it to, behind the OpenAI-compatible protocol.

It is a real HTTP server on the loopback: it streams, asks for a key, knows one model, and breaks in
the ways that servers break.
"""

import json
import re
import threading
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

from support import running

MODEL = "scripted"
Fault = Literal[
    "",
    "cut",
    "no end",
    "invalid utf-8",
    "no json",
    "error event",
    "endless",
    "endless line",
    "waits",
    "no tokens left",
]


@dataclass(frozen=True)
class Reply:
    """What to send: `text` in pieces, or an HTTP error, or something broken after the text. One
    that "waits" sends `text`, then comments until the server's `go` is set, then `rest`, slowly.
    """

    text: str = ""
    status: int = 200
    fault: Fault = ""
    message: str = "as scripted"
    headers: dict[str, str] = field(default_factory=dict)
    rest: str = ""


Script = Callable[[dict[str, Any]], "Reply | str"]


class ScriptedLlm:
    """The server. `script` says what to reply to a request, or is a list of replies in order."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.url = f"http://127.0.0.1:{server.server_port}/v1"
        self.key = ""  # asked for where there is one
        self.script: Script | list[Reply | str] = []
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.pieces = 0  # sent so far
        self.go = threading.Event()
        self.hung_up = threading.Event()  # the client went before the reply was over

    def next(self, request: dict[str, Any]) -> Reply:
        """The reply to `request`."""
        self.requests.append(request)
        said = self.script(request) if callable(self.script) else self.script.pop(0)
        return Reply(said) if isinstance(said, str) else said


def passages(request: dict[str, Any]) -> dict[int, str]:
    """The numbered passages that a request holds, as a model would see them."""
    block = re.search(r"<evidence \w+>\n(.*)\n</evidence", request["messages"][-1]["content"], re.S)
    assert block is not None
    parts = re.split(r"(?:^|\n\n)\[(\d+)\] ", block[1])[1:]
    return {int(n): text for n, text in zip(parts[::2], parts[1::2], strict=True)}


def number_of(request: dict[str, Any], words: str) -> int:
    """The number of the first passage that holds `words`."""
    return next(number for number, text in passages(request).items() if words in text)


@contextmanager
def scripted_llm():
    """A running ScriptedLlm."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            self._json(200, {"object": "list", "data": [{"id": MODEL, "object": "model"}]})

        def do_POST(self):
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            key = (self.headers["Authorization"] or "").removeprefix("Bearer ")
            llm.keys.append(key)
            if llm.key and key != llm.key:
                self._error(401, f"Incorrect API key provided: {key}")
            elif request["model"] != MODEL:
                self._error(404, f"The model {request['model']} does not exist")
            else:
                reply = llm.next(request)
                if reply.status != 200:
                    self._error(reply.status, reply.message, reply.headers)
                elif request.get("stream"):
                    self._stream(reply)
                else:
                    message = {"role": "assistant", "content": reply.text}
                    choice = {"index": 0, "message": message, "finish_reason": "stop"}
                    self._json(200, _body("chat.completion", choice))

        def _stream(self, reply: Reply) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            try:
                self._pieces(reply.text)
                while reply.fault == "endless":
                    self._pieces(reply.text)
                if reply.fault == "endless line":
                    self._chunk(b"data: ")
                    while True:
                        self._chunk(b"x" * 2**16)
                if reply.fault == "waits":
                    while not llm.go.wait(0.02):
                        self._chunk(b": still there\n\n")
                    self._pieces(reply.rest, pause=0.1)
                if reply.fault == "cut":  # in the middle of an event
                    self._chunk(b'data: {"id": "x", "choi')
                    self.close_connection = True
                    return
                if reply.fault == "invalid utf-8":
                    self._chunk(b'data: {"choices": [{"delta": {"content": "\xff\xfe"}}]}\n\n')
                elif reply.fault == "no json":
                    self._chunk(b"data: <html>gateway</html>\n\n")
                elif reply.fault == "error event":
                    self._chunk(b'data: {"error": {"message": "out of memory"}}\n\n')
                elif reply.fault != "no end":
                    spent = reply.fault == "no tokens left"
                    self._event(_choice({}, "length" if spent else "stop"))
                    self._chunk(b"data: [DONE]\n\n")
                self._chunk(b"")
            except (BrokenPipeError, ConnectionResetError):
                llm.hung_up.set()
                self.close_connection = True

        def _pieces(self, text: str, pause: float = 0.0) -> None:
            for piece in re.findall(r"\s*\S{1,9}|\s+$", text):
                time.sleep(pause)
                self._event(_choice({"content": piece}))
                llm.pieces += 1

        def _event(self, choice: dict[str, Any]) -> None:
            body = json.dumps(_body("chat.completion.chunk", choice), ensure_ascii=False)
            self._chunk(f"data: {body}\n\n".encode())

        def _chunk(self, data: bytes) -> None:
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

        def _error(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
            self._json(status, {"error": {"message": message, "type": "error"}}, headers or {})

        def _json(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, request, address):
            pass  # a client that goes in the middle of a reply is what some tests are about

    with Server(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        llm = ScriptedLlm(server)
        with running(server):
            yield llm


def _choice(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": finish}


def _body(kind: str, choice: dict[str, Any]) -> dict[str, Any]:
    return {"id": "x", "object": kind, "created": 0, "model": MODEL, "choices": [choice]}
