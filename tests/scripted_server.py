"""A server whose assistant does what the question says: python scripted_server.py FOLDER [HOST].

It has no index and no models; the page, the HTTP interface and all that guards them are real.
"""

import os
import signal
import sys
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from assistant import server
from assistant.access import key_from
from assistant.errors import EngineError
from assistant.holder import Holder
from assistant.records import Answer
from assistant.settings import Settings


class ScriptedAssistant:
    """Answers "NAME STEP ...": each step "grow" gives a longer answer; "wait" makes the file
    NAME.waiting and waits for NAME.go; "forever" makes it and gives answers without end; "fail"
    and "crash" raise. That nobody listens any more is noted in NAME.stopped.
    """

    def __init__(self, folder):
        self._folder = folder

    def articles(self):
        return []

    def outlets(self):
        return []

    def ask(self, question, filters=None, *, history=()):
        return list(self.stream(question, filters, history=history))[-1]

    def stream(self, question, filters=None, *, history=()):
        name, *steps = question.split()
        try:
            text = name
            for step in steps:
                match step:
                    case "grow":
                        text += " and on"
                        yield _answer(question, text)
                    case "wait":
                        self._wait(name)
                    case "forever":
                        while True:
                            (self._folder / f"{name}.waiting").touch()
                            yield _answer(question, text)
                    case "fail":
                        raise EngineError("the engine is down; start it")
                    case "crash":
                        raise RuntimeError("a bug")
        except GeneratorExit:
            (self._folder / f"{name}.stopped").touch()
            raise

    def _wait(self, name):
        (self._folder / f"{name}.waiting").touch()
        while not (self._folder / f"{name}.go").exists():
            time.sleep(0.02)


class ScriptedHolder(Holder):
    """Lends a ScriptedAssistant."""

    @contextmanager
    def use(self, *, current=False):
        yield ScriptedAssistant(self.index)


def _answer(question, text):
    return Answer(question, question, "answered", text, None, 0.5, (), (), (), "scripted", 0.0)


def main(folder, host="127.0.0.1"):
    with closing(server.listen(host, 0)) as listening:
        server.run(
            ScriptedHolder(Settings(Path(folder))),
            listening,
            host,
            key_from(os.environ),
            lambda line: print(line, flush=True),  # noqa: T201
        )


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # as the command line does
    with suppress(KeyboardInterrupt):
        main(*sys.argv[1:])
