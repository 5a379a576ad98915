"""The command line: `assistant COMMAND`, or `python -m assistant COMMAND`."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path

from assistant import __version__, cli_evaluation
from assistant.cli_options import (
    add_engine_options,
    add_index_options,
    progress_bar,
    settings,
)
from assistant.errors import (
    AssistantError,
    CorpusError,
    LanguageModelError,
    StoreError,
    UsageError,
)
from assistant.records import Filters

_DESCRIPTION = """\
Ask questions about news articles and get answers with verbatim, checked quotes.
Works offline: no key, no server, no GPU."""

_EPILOG = """\
a first session:
  assistant index seeds                         index the articles in seeds/
  assistant ask "Who claimed the call happened?"
  assistant ask "When did she take office?" --json
  assistant serve                               the chat page on http://127.0.0.1:7860

Each command explains itself: assistant COMMAND --help
exit status: 0 done ("not found" is an answer), 2 your mistake, 1 a failure"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit status."""
    parser = _parser()
    args = parser.parse_args(arguments)
    try:
        status: int = args.run(args)
        sys.stdout.flush()
        return status
    except AssistantError as error:
        print(f"assistant: {error}", file=sys.stderr)
        return error.exit_status
    except KeyboardInterrupt:
        print("assistant: stopped", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader of our output has gone (`assistant articles | head`): nothing left to say.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="assistant",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"assistant {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(
        name: str, run: Callable[[argparse.Namespace], int], summary: str, more: str = ""
    ) -> argparse.ArgumentParser:
        added = commands.add_parser(
            name,
            help=summary,
            description=f"{summary[0].upper()}{summary[1:]}.{more and chr(10) + chr(10)}{more}",
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        add_index_options(added)
        added.set_defaults(run=run)
        return added

    index = command(
        "index",
        _index,
        "add or refresh articles",
        "Reads .txt and .md files; metadata may lie beside them in articles.toml. Only what\n"
        "changed is computed again. Articles indexed from beneath a PATH before and no longer\n"
        "there are dropped; all others are kept.",
    )
    index.add_argument(
        "paths", metavar="PATH", nargs="*", help="files or folders (default: seeds)", type=Path
    )
    index.add_argument(
        "--rebuild", action="store_true", help="make the index anew, from these paths alone"
    )
    remove = command(
        "remove",
        _remove,
        "take articles out of the index",
        "The files stay; a later 'assistant index' of their folder adds them again.",
    )
    remove.add_argument("ids", metavar="ID", nargs="+", help="an article's id")
    articles = command("articles", _articles, "list what is indexed, or show one article")
    articles.add_argument("id", metavar="ID", nargs="?", help="show this article's text")
    articles.add_argument("--json", action="store_true", help="print JSON, one object a line")
    ask = command(
        "ask",
        _ask,
        "answer a question, with citations",
        "With --file, one question a line is read and one answer a line written, in order.",
    )
    ask.add_argument("question", metavar="QUESTION", nargs="?", help="the question")
    ask.add_argument("--file", metavar="FILE", help="a file of questions; '-' is standard input")
    ask.add_argument("--json", action="store_true", help="print JSON, one object a line")
    add_engine_options(ask)
    _add_filters(ask)
    chat = command("chat", _chat, "ask questions one after the other in the terminal")
    add_engine_options(chat)
    _add_filters(chat)
    cli_evaluation.add_commands(commands)
    serve = command(
        "serve",
        _serve,
        "open the chat page, and answer over HTTP",
        "The HTTP interface is described at /docs. A key in the environment variable\n"
        "ASSISTANT_KEY (never an option: others can read those) guards everything: a browser\n"
        "asks for it, scripts send 'Authorization: Bearer KEY'. Without one, adding and removing\n"
        "articles is off where others can reach the address. SIGTERM and Ctrl-C let running\n"
        "answers finish.",
    )
    add_engine_options(serve)
    serve.add_argument("--host", default="127.0.0.1", help="address (default: %(default)s)")
    serve.add_argument("--port", type=int, default=7860, help="port (default: %(default)s)")
    return parser


def _add_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--outlet", metavar="OUTLET", action="append", help="only this outlet; may be repeated"
    )
    parser.add_argument(
        "--since", metavar="DATE", type=_date, help="only articles dated YYYY-MM-DD or later"
    )
    parser.add_argument(
        "--until", metavar="DATE", type=_date, help="only articles dated YYYY-MM-DD or earlier"
    )
    parser.add_argument(
        "--as-of",
        metavar="DATE",
        type=_date,
        help='the day the question is asked on, for "last week"; articles of the week before it '
        "are preferred (default: today, and none is)",
    )


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date like 2024-03-05") from None


def _index(args: argparse.Namespace) -> int:
    from assistant.api import refresh

    started = time.perf_counter()
    with progress_bar("indexing", "passages") as progress:
        summary = refresh(
            args.paths or [Path("seeds")],
            args.index,
            embedding_model=args.embedding_model,
            store=args.store,
            progress=progress,
            rebuild=args.rebuild,
        )
    for notice in summary.notices:
        print(f"assistant: {notice}", file=sys.stderr)
    print(
        f"{summary.added} added, {summary.updated} updated, {summary.removed} removed, "
        f"{summary.unchanged} unchanged; the index holds "
        f"{summary.added + summary.updated + summary.unchanged:,} articles in "
        f"{summary.passages:,} passages ({time.perf_counter() - started:.1f} s)"
    )
    return 0


def _remove(args: argparse.Namespace) -> int:
    from assistant.api import remove

    summary = remove(args.ids, args.index, embedding_model=args.embedding_model, store=args.store)
    print(f"{summary.removed} removed; the index holds {summary.unchanged:,} articles")
    return 0


def _articles(args: argparse.Namespace) -> int:
    from assistant.api import open_library
    from assistant.render import article_values, listing_values, printable

    with open_library(args.index) as library:
        if args.id is None:
            for item in library.listings():
                published = item.published.isoformat() if item.published else None
                if args.json:
                    print(json.dumps(listing_values(item), ensure_ascii=False))
                else:
                    stated = [item.outlet or "-", published or "-", item.title or "-"]
                    print("  ".join([item.id, f"{item.words:,} words", *stated]))
            return 0
        article = library.article(args.id)
        if article is None:
            raise CorpusError(f"not in the index: {args.id}; 'assistant articles' lists what is")
        published = article.published.isoformat() if article.published else None
        if args.json:
            print(json.dumps(article_values(article), ensure_ascii=False))
        else:
            for name, value in (
                ("id", article.id),
                ("title", article.title),
                ("outlet", article.outlet),
                ("published", published),
                ("url", article.url),
                ("from", article.origin),
            ):
                print(f"{name}: {value or 'not stated'}")
            print(f"\n{printable(article.text)}")
    return 0


def _ask(args: argparse.Namespace) -> int:
    from assistant import render
    from assistant.api import Assistant

    if (args.question is None) == (args.file is None):
        raise UsageError("give one QUESTION, or --file FILE with a question a line")
    filters = _filters(args)
    show = render.to_json if args.json else render.to_text
    with Assistant.from_settings(settings(args)) as assistant:
        if args.file is None:
            print(show(assistant.ask(args.question, filters)))
            return 0
        for number, line in _lines(args.file):
            if not line.strip():
                continue
            try:
                answer = assistant.ask(line.strip(), filters)
            except UsageError as error:
                raise UsageError(f"{args.file}, line {number}: {error}") from error
            print(show(answer), flush=True)
            if not args.json:
                print()
    return 0


def _chat(args: argparse.Namespace) -> int:
    from assistant import render
    from assistant.api import Assistant

    filters = _filters(args)
    with Assistant.from_settings(settings(args)) as assistant:
        if sys.stdin.isatty():
            import readline  # noqa: F401  (arrow keys and history in input())
        print("Ask about the articles; an empty line or Ctrl-D ends.")
        conversation = assistant.chat()
        while True:
            try:
                line = input("\n> ").strip()
            except EOFError:
                line = ""
            if not line:
                return 0
            try:
                answer = conversation.ask(line, filters)
                if answer.understood != line:
                    print(f"\n(understood as: {answer.understood})")
                print(f"\n{render.to_text(answer)}")
            except (UsageError, LanguageModelError, StoreError) as error:
                print(f"assistant: {error}", file=sys.stderr)


def _serve(args: argparse.Namespace) -> int:
    import signal

    from assistant.server import serve

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # stops it as Ctrl-C does

    def say(line: str) -> None:
        print(line, flush=True)

    say("Starting ...")
    serve(settings(args), args.host, args.port, say)
    return 0


def _filters(args: argparse.Namespace) -> Filters:
    return Filters(tuple(args.outlet or ()), args.since, args.until, args.as_of)


def _lines(name: str) -> Iterator[tuple[int, str]]:
    """Numbered lines of a file, or of standard input as they come in."""
    if name == "-":
        yield from enumerate(sys.stdin, start=1)
        return
    try:
        text = Path(name).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UsageError(f"{name}: cannot be read ({reason})") from error
    yield from enumerate(text.splitlines(), start=1)
