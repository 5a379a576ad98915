"""Whether our exact match and token F1 are SQuAD's: the same number on every question.

    python benchmarks/squad_metrics.py --data FILE.json[.gz] --official evaluate-v2.0.py

FILE is in SQuAD 2.0 JSON; the script is the official one (rajpurkar/SQuAD-explorer), or any Python
file with its compute_exact and compute_f1. Each question is scored with predictions that are right,
nearly right, wrong, long and empty.
"""

from __future__ import annotations

import argparse
import gzip
import importlib.util
import json
import random
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

from assistant.evaluation.matching import exact_match, token_f1


def questions(path: Path) -> Iterator[tuple[str, list[str]]]:
    """(context, accepted answers) of every question; no answers where it is unanswerable."""
    data = path.read_bytes()
    loaded = json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)
    for article in loaded["data"]:
        for paragraph in article["paragraphs"]:
            for question in paragraph["qas"]:
                yield paragraph["context"], [answer["text"] for answer in question["answers"]]


def predictions(context: str, answers: list[str], chance: random.Random) -> list[str]:
    """Predictions of every quality."""
    words = context.split()
    start = chance.randrange(len(words))
    stretch = " ".join(words[start : start + chance.randint(1, 6)])
    found = ["", "The", stretch, context[: chance.randint(1, 300)]]
    for answer in answers:
        found += [answer, f"“The {answer.upper()}”!", f"{answer} {stretch}", answer[1:], "a"]
    return found


def load(path: Path) -> ModuleType:
    """The official script as a module; it must not run anything when it is imported."""
    spec = importlib.util.spec_from_file_location("official", path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def main() -> None:
    """Score all predictions both ways, and print how many agree."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--official", type=Path, required=True)
    args = parser.parse_args()
    official = load(args.official)
    chance = random.Random(0)
    count = scored = exact_agree = f1_agree = 0
    for context, answers in questions(args.data):
        count += 1
        # As the official script does it: answers that normalise to nothing do not count.
        golds = [a for a in answers if official.normalize_answer(a)] or [""]
        for said in predictions(context, answers, chance):
            scored += 1
            exact = max(official.compute_exact(gold, said) for gold in golds)
            f1 = max(official.compute_f1(gold, said) for gold in golds)
            exact_agree += exact_match(said, answers) == exact
            f1_agree += abs(token_f1(said, answers) - f1) < 1e-12
    print(f"{count:,} questions, {scored:,} predictions")
    print(f"exact match agrees on {exact_agree:,}, token F1 on {f1_agree:,}")
    if (exact_agree, f1_agree) != (scored, scored):
        raise SystemExit("they disagree")


if __name__ == "__main__":
    main()
