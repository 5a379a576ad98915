"""Evaluating the assistant's own engine over its index: what the command and the page share."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import assistant
from assistant import render
from assistant.api import Assistant, open_library
from assistant.evaluation import gold, report, run
from assistant.evaluation.engines import Engine, code_hash
from assistant.evaluation.replies import Reply, read_reply
from assistant.indexing.generations import Manifest, current
from assistant.indexing.library import Library
from assistant.records import Filters, GoldQuestion

# What does not change an answer.
_FACES = (
    "evaluation",
    "training",
    "http",
    "ui",
    "access.py",
    "holder.py",
    "server.py",
    "stopping.py",
    "uploads.py",
)


class Texts(Mapping[str, str]):
    """The texts of the indexed articles by id, read as they are needed."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._read = lru_cache(maxsize=256)(library.article)

    def __getitem__(self, id_: str) -> str:
        article = self._read(id_)
        if article is None:
            raise KeyError(id_)
        return article.text

    def __iter__(self) -> Iterator[str]:
        return (item.id for item in self._library.listings())

    def __len__(self) -> int:
        return self._library.count()[0]


def index_facts(path: Path) -> dict[str, Any]:
    """What a report says of the index."""
    folder = current(path)
    manifest = Manifest.read(folder)
    return {
        "path": str(path),
        "generation": folder.name,
        "sha256": hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest(),
        "schema": manifest.schema,
        "model": manifest.model,
        "dimension": manifest.dimension,
        "passage_words": list(manifest.passage_words),
        "passages": manifest.passages,
        "articles": len(manifest.articles),
    }


def own_engine(opened: Assistant) -> Engine:
    """The engine of an open assistant, asked with its threshold off."""

    def reply(question: GoldQuestion) -> Reply:
        conversation = opened.chat()
        asked = Filters(as_of=question.as_of)
        for earlier in question.history:
            conversation.ask(earlier, asked)
        answer = conversation.ask(question.question, asked, threshold=0.0)
        # Not the rounded confidence: it is compared with the threshold.
        values = json.loads(render.to_json(answer)) | {"confidence": answer.confidence}
        return read_reply(values)

    settings = opened.settings
    chosen = {name: str(value) for name, value in asdict(settings).items() if value}
    prompts = {f"prompt {name}": digest for name, digest in opened.prompts.items()}
    code = code_hash(Path(assistant.__file__).parent, _FACES)
    if prompts:  # other words of the model, too, for another model or other prompts
        code = " ".join((code, settings.llm_url, settings.llm_model, *prompts.values()))
    return Engine(settings.engine, reply, opened.threshold, chosen | prompts, code)


def now() -> str:
    """When a report is made, as it says."""
    return datetime.now().astimezone().isoformat(timespec="seconds")


def evaluate(
    opened: Assistant,
    paths: Sequence[Path],
    folder: Path,
    progress: run.Progress = lambda done, total: None,
) -> report.Report:
    """Ask the gold questions in `paths`, and write the report into `folder`.

    Raises GoldError that lists what is wrong with the questions, UsageError where the report cannot
    be written.
    """
    index = opened.settings.index
    with open_library(index) as library:
        texts = Texts(library)
        questions = gold.load(paths, texts)
        engine = own_engine(opened)
        replied = run.ask_all(questions.questions, engine, progress=progress)
        made = report.Report(
            made=now(),
            version=assistant.__version__,
            gold=questions,
            index=index_facts(index),
            runs=(report.make_run(engine, questions.questions, replied, texts),),
        )
        report.write(made, folder, texts)
    return made
