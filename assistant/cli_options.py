"""What the commands have in common: options that become settings, and a progress bar."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from assistant.settings import ENGINES, Settings


def add_index_options(parser: argparse.ArgumentParser) -> None:
    """The options that say which index, which model it is built with, and where its vectors are."""
    parser.add_argument(
        "--index", metavar="DIR", type=Path, help="the index (default: $ASSISTANT_INDEX or index)"
    )
    parser.add_argument(
        "--embedding-model",
        metavar="MODEL",
        help="name or folder of a sentence-transformers model "
        "(default: $ASSISTANT_EMBEDDING_MODEL or all-MiniLM-L6-v2, which is built in)",
    )
    parser.add_argument(
        "--store",
        metavar="URL",
        help="a Chroma server that keeps the vectors in place of the index's folder, like "
        "http://127.0.0.1:8000 (default: $ASSISTANT_STORE; its token is taken from "
        "$ASSISTANT_STORE_TOKEN only)",
    )


def add_engine_options(parser: argparse.ArgumentParser, *, choose: bool = True) -> None:
    """The options that say how questions are answered; without --engine unless to `choose` one."""
    if choose:
        parser.add_argument(
            "--engine",
            choices=ENGINES,
            help="who words the answer: the articles' own sentences, a language model whose every "
            "sentence is checked, or that and the extractive answer where the model fails "
            "(default: $ASSISTANT_ENGINE or extractive)",
        )
    parser.add_argument(
        "--reader",
        metavar="MODEL",
        help="name or folder of an extractive question-answering model of transformers "
        "(default: $ASSISTANT_READER or the one that is built in)",
    )
    parser.add_argument(
        "--llm-url",
        metavar="URL",
        help="OpenAI-compatible address of the language model, like http://127.0.0.1:11434/v1 "
        "(default: $ASSISTANT_LLM_URL; its key is taken from $ASSISTANT_LLM_API_KEY only)",
    )
    parser.add_argument(
        "--llm-model", metavar="NAME", help="its name there (default: $ASSISTANT_LLM_MODEL)"
    )
    parser.add_argument(
        "--prompts",
        metavar="DIR",
        type=Path,
        help="prompt templates that replace the built-in ones (default: $ASSISTANT_PROMPTS)",
    )


def settings(args: argparse.Namespace) -> Settings:
    """The settings that the options give. Raises SettingsError."""
    given = vars(args)  # not every command has every option
    return Settings.load(
        args.index,
        args.embedding_model,
        given.get("reader"),
        engine=given.get("engine"),
        llm_url=given.get("llm_url"),
        llm_model=given.get("llm_model"),
        prompts=given.get("prompts"),
        store=args.store,
    )


@contextmanager
def progress_bar(what: str, unit: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on standard error, which appears with the first report."""
    from tqdm import tqdm

    bar: tqdm | None = None

    def report(done: int, total: int) -> None:
        nonlocal bar
        if bar is None:
            bar = tqdm(total=total, desc=what, unit=f" {unit}", file=sys.stderr)
        bar.update(done - bar.n)

    try:
        yield report
    finally:
        if bar is not None:
            bar.close()
