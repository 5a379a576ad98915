"""The page over an assistant that makes answers up, slowly or not at all, if asked to.

`python slow_page.py INDEX [PORT]` serves it. Nothing is indexed and no model is loaded, so it
starts fast.
"""

import sys
import time
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from assistant.answering.citations import cite
from assistant.holder import Holder
from assistant.indexing.library import Listing
from assistant.records import Answer, Article, Span
from assistant.settings import Settings
from assistant.ui.page import mount

TEXT = "The mayor opened the bridge. Many people came. It rained in the evening."
ARTICLE = Article(
    "bridge", TEXT, "A bridge", "The Courier", date(2024, 3, 5), spans=(Span("body", 0, len(TEXT)),)
)


class SlowAssistant:
    """Says the question back; "slowly" takes a minute, a sentence at a time; "fail" fails."""

    def articles(self):
        return [Listing("bridge", "A bridge", "The Courier", date(2024, 3, 5), 13, 1)]

    def outlets(self):
        return ["The Courier"]

    def article(self, id_):
        return ARTICLE

    def ask(self, question, filters=None, *, history=(), threshold=None):
        (*_, answer) = self.stream(question)
        return answer

    def stream(self, question, filters=None, *, history=()):
        if "fail" in question:
            raise RuntimeError("a failure that nobody foresaw")
        text = f"You asked {question} [1]"
        for _ in range(60 if "slowly" in question else 1):
            quotes = (cite(1, ARTICLE, 0, 28),)
            yield Answer(
                question, question, "answered", text, None, 0.9, quotes, (), (), "slow", 0.0
            )
            if "slowly" in question:
                time.sleep(1)


class SlowHolder(Holder):
    """Lends the same slow assistant to everybody."""

    @contextmanager
    def use(self, *, current=False):
        yield SlowAssistant()

    def generation(self):
        return "slow"


if __name__ == "__main__":
    served = FastAPI()
    mount(served, SlowHolder(Settings(Path(sys.argv[1]))), editable=True)
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    config = uvicorn.Config(served, port=port, log_level="error", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    sock = config.bind_socket()
    print(f"Chat page: http://127.0.0.1:{sock.getsockname()[1]}", flush=True)
    server.run(sockets=[sock])
