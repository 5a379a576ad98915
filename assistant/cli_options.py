"""What the commands have in common: options that become settings, and a progress bar."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from assistant.settings import Settings


def add_index_options(parser: argparse.ArgumentParser) -> None:
    """The options that say which index, and which model it is built with."""
    parser.add_argument(
        "--index", metavar="DIR", type=Path, help="the index (default: $ASSISTANT_INDEX or index)"
    )
    parser.add_argument(
        "--embedding-model",
        metavar="MODEL",
        help="name or folder of a sentence-transformers model "
        "(default: $ASSISTANT_EMBEDDING_MODEL or all-MiniLM-L6-v2, which is built in)",
    )


def add_engine_options(parser: argparse.ArgumentParser) -> None:
    """The options that say how questions are answered."""
    parser.add_argument(
        "--reader",
        metavar="MODEL",
        help="name or folder of an extractive question-answering model of transformers "
        "(default: $ASSISTANT_READER or the one that is built in)",
    )


def settings(args: argparse.Namespace) -> Settings:
    """The settings that the options give. Raises SettingsError."""
    return Settings.load(args.index, args.embedding_model, getattr(args, "reader", None))


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
