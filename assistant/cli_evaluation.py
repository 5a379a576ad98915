"""The commands `assistant evaluate` and `assistant gold`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from assistant import __version__
from assistant.cli_options import (
    add_engine_options,
    add_index_options,
    progress_bar,
    settings,
)
from assistant.errors import GateError, UsageError
from assistant.settings import ENGINES

if TYPE_CHECKING:
    from assistant.evaluation.anchoring import Anchor
    from assistant.evaluation.compare import Comparison
    from assistant.evaluation.engines import Engine
    from assistant.evaluation.report import Run
    from assistant.evaluation.run import Journal

_EVALUATE = """\
Asks every question of the gold files, with the threshold off, and prints figures over all
questions and by kind; thresholds are applied to the replies afterwards. With --report DIR an
interrupted run goes on where it stopped, and report.html, report.json and questions.csv are
written to DIR."""
_EVALUATE_MORE = """\
engines (--engine, repeated to compare them on the same questions):
  extractive, llm, auto       the assistant's own, over --index (llm and auto: see --llm-url)
  http://127.0.0.1:8000/ask   an address: POST {"question": ...} returns the JSON of an answer;
                              it is sent the key in $ASSISTANT_ENGINE_KEY, where there is one
  mypackage.engine:ask        a Python callable: takes the question, returns that JSON

a gate (exit status 1 if it does not hold; it looks at the first engine):
  --fail-under text_accuracy=0.85         a floor; a ceiling for figures where lower is better
  --no-worse-than report/report.json      no guarded figure fell by more than chance

examples:
  assistant evaluate tests/gold/seeds.jsonl --report report
  assistant evaluate mine.jsonl --engine extractive --engine llm --llm-model NAME --llm-url URL
  assistant evaluate mine.jsonl --engine extractive --engine http://127.0.0.1:8000/ask"""
_DRAFT = """\
Writes entries with the passages found as suggested evidence, for you to review. A CSV has a
heading with a column question and, as it likes, answers (parted by |), kind, id and note.
Feedback is JSON lines with "question" and, as it likes, "helpful", "comment" and "expected"."""


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands `evaluate` and `gold`."""
    evaluate = commands.add_parser(
        "evaluate",
        help="measure answers against gold questions",
        description=f"Measure answers against gold questions.\n\n{_EVALUATE}",
        epilog=_EVALUATE_MORE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    evaluate.set_defaults(run=_evaluate)
    evaluate.add_argument("gold", metavar="GOLD.jsonl", nargs="+", type=Path, help="gold questions")
    add_index_options(evaluate)
    add_engine_options(evaluate, choose=False)
    evaluate.add_argument("--report", metavar="DIR", type=Path, help="write the report there")
    evaluate.add_argument(
        "--engine",
        metavar="ENGINE",
        action="append",
        dest="engines",
        help="what answers (default: $ASSISTANT_ENGINE or extractive)",
    )
    evaluate.add_argument(
        "--threshold",
        metavar="T",
        type=_share,
        help='the confidence below which a reply counts as "not found" (default: the engine\'s)',
    )
    evaluate.add_argument(
        "--compare", metavar="OLD.json", type=Path, help="show what changed since a report.json"
    )
    evaluate.add_argument(
        "--fail-under", metavar="METRIC=VALUE", action="append", default=[], help="a floor"
    )
    evaluate.add_argument(
        "--no-worse-than", metavar="OLD.json", type=Path, help="fail if worse than a report.json"
    )
    evaluate.add_argument(
        "--fresh", action="store_true", help="do not take up an interrupted run, begin anew"
    )
    evaluate.add_argument("--json", action="store_true", help="print one JSON object")

    gold = commands.add_parser(
        "gold",
        help="check or draft gold questions",
        description="Check gold questions against the indexed articles, or draft new ones.",
    )
    actions = gold.add_subparsers(title="actions", metavar="ACTION", required=True)
    check = actions.add_parser(
        "check",
        help="find evidence whose article changed",
        description="Find each piece of evidence in the articles as they are now. Evidence with a "
        "quote is found again where its article changed; with --write the files are mended, and "
        "quotes added where there were none. Exit status 1 if anything is left to do.",
    )
    check.set_defaults(run=_check)
    check.add_argument("gold", metavar="GOLD.jsonl", nargs="+", type=Path, help="gold questions")
    check.add_argument("--write", action="store_true", help="mend the files")
    add_index_options(check)
    draft = actions.add_parser(
        "draft",
        help="make draft entries from a CSV or from feedback",
        description=f"Make draft entries from a CSV or from feedback.\n\n{_DRAFT}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    draft.set_defaults(run=_draft)
    draft.add_argument("--questions", metavar="FILE.csv", type=Path, help="a CSV of questions")
    draft.add_argument("--feedback", metavar="FILE.jsonl", type=Path, help="readers' feedback")
    draft.add_argument(
        "--out", metavar="FILE.jsonl", type=Path, help="a new file (default: standard output)"
    )
    add_index_options(draft)


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 to 1")
    return value


def _evaluate(args: argparse.Namespace) -> int:
    from assistant.api import open_library
    from assistant.evaluation import compare, gold, report, run, summary
    from assistant.self_evaluation import Texts, index_facts, now

    # What can be wrong with the request is found before anything is asked.
    floors = dict(compare.read_floor(text) for text in args.fail_under)
    names = list(dict.fromkeys(args.engines or [settings(args).engine]))
    for path in (args.compare, args.no_worse_than):
        if path is not None:
            compare.read_rows(path)
    with open_library(args.index) as library, ExitStack() as opened:
        texts = Texts(library)
        questions = gold.load(args.gold, texts)
        index = index_facts(settings(args).index)
        engines = [opened.enter_context(_engine(name, args)) for name in names]
        runs = []
        journals = []
        for engine in engines:
            journal = None
            if args.report is not None:
                key = (questions.sha256, engine.name, index["sha256"], engine.code, __version__)
                journal = run.Journal(args.report / "answers.jsonl", *key)
                journals.append(journal)
                _take_up(journal, engine.name, args.fresh)
            with progress_bar(engine.name, "questions") as progress:
                replied = run.ask_all(questions.questions, engine, journal, progress)
            runs.append(
                report.make_run(engine, questions.questions, replied, texts, args.threshold)
            )
        comparisons, failures = _judge(args, runs, floors)
        made = report.Report(
            made=now(),
            version=__version__,
            gold=questions,
            index=index,
            runs=tuple(runs),
            comparisons=tuple(comparisons),
            failures=tuple(failures),
        )
        page = report.write(made, args.report, texts) if args.report is not None else None
        for journal in journals:
            journal.finish()
    if args.json:
        values = report.to_values(made)
        for values_of_run in values["runs"]:
            del values_of_run["questions"]
        print(json.dumps(values))
    else:
        print(summary.to_text(made))
    if page is not None:
        print(f"report: {page}", file=sys.stderr)
    if failures:
        raise GateError("the gate does not hold\n  " + "\n  ".join(failures))
    return 0


def _judge(
    args: argparse.Namespace, runs: list[Run], floors: Mapping[str, float]
) -> tuple[list[Comparison], list[str]]:
    """The comparisons asked for, and what the gate finds in the first engine's run."""
    from assistant.evaluation import compare

    def against(path: Path, run: Run) -> Comparison:
        name, rows = compare.read_rows(path, run.engine)
        return compare.compare(f"{name} in {path}", rows, run.engine, run.rows)

    first = runs[0]
    comparisons = [against(args.compare, run) for run in runs] if args.compare else []
    for other in runs[1:]:
        comparisons.append(compare.compare(first.engine, first.rows, other.engine, other.rows))
    failures = compare.broken_floors(first.rows, floors)
    if args.no_worse_than is not None:
        held = against(args.no_worse_than, first)
        failures += compare.worse_lines(held)
        if args.no_worse_than != args.compare:
            comparisons.append(held)
    return comparisons, failures


@contextmanager
def _engine(name: str, args: argparse.Namespace) -> Iterator[Engine]:
    from assistant.evaluation import engines

    if engines.is_url(name):
        yield engines.from_url(name, key=os.environ.get(engines.KEY, ""))
    elif ":" in name:
        from assistant import render

        yield engines.from_callable(name, render.to_json)
    elif name in ENGINES:
        from assistant.api import Assistant
        from assistant.self_evaluation import own_engine

        with Assistant.from_settings(replace(settings(args), engine=name)) as opened:
            yield own_engine(opened)
    else:
        own = ", ".join(ENGINES)
        raise UsageError(f"no engine {name!r}; give {own}, an http(s) address or module:callable")


def _take_up(journal: Journal, name: str, fresh: bool) -> None:
    known = len(journal.read())
    if known and fresh:
        journal.finish()
    elif known:
        print(
            f"assistant: {name}: going on after {known:,} replies of an interrupted run "
            "(--fresh begins anew)",
            file=sys.stderr,
        )


def _check(args: argparse.Namespace) -> int:
    from assistant.api import open_library
    from assistant.evaluation import anchoring, gold
    from assistant.self_evaluation import Texts

    counts: dict[str, int] = {}
    left = 0
    with open_library(args.index) as library:
        texts = Texts(library)
        for path in args.gold:
            entries = gold.read_entries(path)
            mended = []
            for entry in entries:

                def seen(number: int, found: Anchor, entry: gold.Entry = entry) -> None:
                    nonlocal left
                    counts[found.state] = counts.get(found.state, 0) + 1
                    left += anchoring.needs_a_person(found, args.write)
                    if line := anchoring.describe(entry.values["evidence"][number], found):
                        print(f"{entry}: evidence[{number}] of {entry.values['id']} {line}")

                mended.append(anchoring.anchored(entry.values, texts, seen))
            if args.write and mended != [dict(entry.values) for entry in entries]:
                gold.write_entries(path, mended)
    told = ", ".join(f"{count:,} {state}" for state, count in counts.items()) or "no evidence"
    print(told + ("" if args.write or not left else "; --write mends what was found"))
    return 1 if left else 0


def _draft(args: argparse.Namespace) -> int:
    from assistant.api import Assistant
    from assistant.evaluation import drafting

    if args.questions is None and args.feedback is None:
        raise UsageError("give --questions FILE.csv, --feedback FILE.jsonl or both")
    wanted = drafting.read_csv(args.questions) if args.questions else []
    wanted += drafting.read_feedback(args.feedback) if args.feedback else []
    wanted = drafting.unasked(wanted)
    if args.out is not None and args.out.exists():
        raise UsageError(f"{args.out} is there already; give the name of a new file")
    lines = []
    with (
        Assistant.from_settings(settings(args)) as opened,
        progress_bar("drafting", "questions") as progress,
    ):
        for number, item in enumerate(wanted, start=1):
            entry = drafting.draft(item, number, lambda q: opened.ask(q, threshold=0.0))
            lines.append(json.dumps(entry, ensure_ascii=False) + "\n")
            progress(number, len(wanted))
    if args.out is None:
        sys.stdout.writelines(lines)
    else:
        args.out.write_text("".join(lines), encoding="utf-8")
        print(f'{len(lines):,} drafts in {args.out}; review each, then remove its key "draft"')
    return 0
