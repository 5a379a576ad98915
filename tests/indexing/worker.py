"""Builds and reads indexes in processes of their own, which tests may kill.

Reads a JSON list a line from standard input: ["build", INDEX, FOLDER, HOLD] (with the URL of a
Chroma server, if one is to keep the vectors) or ["read", INDEX].
Each is done in a forked process, so that importing is paid for once, and three lines are written:
its process id, "ready" (embedding, or open to read), and its exit status, negative for a signal.
A build that embeds waits as long as the file HOLD is there; a reader reads until it is killed.
"""

import importlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

from support import ROOT, HashEmbedder

from assistant.indexing import build
from assistant.indexing.chroma_server import ChromaServer
from assistant.indexing.index import Index
from assistant.indexing.stores import IN_FOLDER
from assistant.records import Filters

for _name in ("chromadb", "chromadb.api.rust"):
    importlib.import_module(_name)


class Worker:
    """Commands to a process that runs this file."""

    def __init__(self) -> None:
        paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
        self.process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": paths},
        )

    def start(self, *command: object) -> int:
        """Start a command; its process id."""
        self.process.stdin.write(json.dumps([str(part) for part in command]) + "\n")
        self.process.stdin.flush()
        return int(self.line())

    def line(self) -> str:
        line = self.process.stdout.readline()
        assert line, "the worker has died"
        return line.strip()

    def status(self) -> int:
        """The exit status of what was started."""
        while (line := self.line()) == "ready":
            pass
        return int(line)

    def close(self) -> None:
        self.process.communicate()


class HeldEmbedder(HashEmbedder):
    def __init__(self, hold: str) -> None:
        super().__init__()
        self.hold = Path(hold)

    def encode(self, texts):
        print("ready", flush=True)
        while self.hold.exists():
            time.sleep(0.01)
        return super().encode(texts)


def make(index: str, folder: str, hold: str, url: str = "") -> None:
    store = ChromaServer(url) if url else IN_FOLDER
    build.refresh(Path(index), [Path(folder)], lambda kept: HeldEmbedder(hold), "hash", store=store)


def read(index: str) -> None:
    opened = Index.open(Path(index), "hash")
    print("ready", flush=True)
    vector = HashEmbedder().encode(["bridge"])[0]
    while True:
        assert opened.vectors.search(vector, 3, Filters())
        assert opened.library.search("bridge harbour report", 3, Filters())
        time.sleep(0.01)


def main() -> None:
    for line in sys.stdin:
        command, *arguments = json.loads(line)
        child = os.fork()
        if child == 0:
            status = 1
            try:
                {"build": make, "read": read}[command](*arguments)
                status = 0
            finally:
                sys.stderr.flush()
                os._exit(status)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
