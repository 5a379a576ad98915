"""Servers for tests, each a real one in a process of its own."""

import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
WAIT = 120  # seconds; machines that run tests may be busy


@dataclass
class Serving:
    """A server that is running: its address on this machine, and what it has said so far."""

    process: subprocess.Popen
    address: str
    said: str


@contextmanager
def serving(*command, **environment):
    """The server that `python COMMAND` starts, with these variables in its environment."""
    process = subprocess.Popen(
        [sys.executable, *map(str, command)],
        cwd=TESTS.parent,
        env={**os.environ, "PYTHONPATH": f"{TESTS.parent}", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        try:
            said = ""
            for line in process.stdout:
                said += line
                if match := re.match(r"Chat page: http://\S+:(\d+) ", line):
                    break
            else:
                pytest.fail(f"the server did not start:\n{said}")
            yield Serving(process, f"http://127.0.0.1:{match[1]}", said)
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                try:
                    process.wait(WAIT)
                except subprocess.TimeoutExpired:
                    process.kill()


def serving_index(index, *options, **environment):
    """`assistant serve` over an index, at any free port."""
    command = ("-m", "assistant", "serve", "--index", index, "--port", 0, *options)
    return serving(*command, **environment)


def serving_script(folder, *options, **environment):
    """A server with a ScriptedAssistant (see scripted_server.py), told what to do in `folder`."""
    return serving(TESTS / "scripted_server.py", folder, *options, **environment)


def appears(path):
    """Wait until there is a file."""
    until = time.monotonic() + WAIT
    while not path.exists():
        assert time.monotonic() < until, f"no {path}"
        time.sleep(0.02)
