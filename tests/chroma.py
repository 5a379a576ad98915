"""A real Chroma server for tests, and a stand-in for the proxy that guards one."""

import http.client
import socket
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
from support import running

WAIT = 120  # seconds; machines that run tests may be busy


class Chroma:
    """`chroma run` in a process of its own, at one port and over one folder."""

    def __init__(self, folder):
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None

    def start(self):
        """Start it, if it is not running, and wait until it answers."""
        if self.process is not None:
            return
        command = [Path(sys.executable).with_name("chroma"), "run"]
        command += ["--path", self.folder, "--host", "127.0.0.1", "--port", str(self.port)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + WAIT
        while True:
            assert self.process.poll() is None, "chroma run has ended"
            assert time.monotonic() < until, "chroma run does not answer"
            with suppress(httpx.TransportError):
                httpx.get(f"{self.url}/api/v2/heartbeat", timeout=WAIT).raise_for_status()
                return
            time.sleep(0.02)

    def kill(self):
        """Kill it, as a crash would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def restart(self):
        """Kill it and start it again."""
        self.kill()
        self.start()

    def collections(self):
        """The collections' names and how many vectors each holds."""
        at = f"{self.url}/api/v2/tenants/default_tenant/databases/default_database/collections"
        return {
            found["name"]: httpx.get(f"{at}/{found['id']}/count", timeout=WAIT).json()
            for found in httpx.get(at, timeout=WAIT).json()
        }

    def delete(self, name):
        """Delete a collection, as a stranger would."""
        at = f"{self.url}/api/v2/tenants/default_tenant/databases/default_database/collections"
        httpx.delete(f"{at}/{name}", timeout=WAIT).raise_for_status()


class FakeProxy(ThreadingHTTPServer):
    """Passes requests on to a Chroma server if they have its token: the single-node server itself
    asks for none. `before` is called with each request's method and path: if it returns True, the
    request is swallowed; where the server is not there then, the proxy hangs up.
    """

    def __init__(self, chroma, token=None):
        super().__init__(("127.0.0.1", 0), _Passing)
        self.chroma = chroma
        self.token = token
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.before = lambda method, path: False


class _Passing(BaseHTTPRequestHandler):
    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        token = self.server.token
        if token is not None and self.headers["Authorization"] != f"Bearer {token}":
            self._reply(401, b"go away")
            return
        if self.server.before(self.command, self.path):
            self._reply(200, b"{}")
            return
        passed = http.client.HTTPConnection("127.0.0.1", self.server.chroma.port, timeout=WAIT)
        with suppress(OSError, http.client.HTTPException):
            passed.request(self.command, self.path, body, {"Content-Type": "application/json"})
            reply = passed.getresponse()
            self._reply(reply.status, reply.read())
        passed.close()

    do_POST = do_DELETE = do_GET

    def _reply(self, status, body):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextmanager
def proxy(chroma, token=None):
    """A FakeProxy that is running."""
    with FakeProxy(chroma, token) as made, running(made):
        yield made
