"""How well the support check tells supported, half-supported and unsupported claims apart.

    python benchmarks/support.py             figures of both halves
    python benchmarks/support.py --errors    and the claims of the even half that are judged wrong

The claims (support_claims.json) are our own, about invented news. The rules and thresholds of
assistant/answering/support.py were chosen while looking at the even items (0, 2, ...) only; of the
odd items nothing but these figures was seen.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assistant.answering.claims import Claim, claims
from assistant.answering.support import check
from assistant.corpus.passages import split_passages
from assistant.indexing.embedder import BUNDLED, Embedder
from assistant.records import Article, Evidence, Span

LABELS = {"supported": "supported", "half": "half-supported", "unsupported": "unsupported"}


def evidence(item: dict[str, Any], number: int) -> list[Evidence]:
    """The item's passages, each of an article of its own."""
    found = []
    for part, text in enumerate(item["passages"]):
        article = Article(f"item-{number}-{part}", text, spans=(Span("body", 0, len(text)),))
        found += [Evidence(passage, article, 1.0) for passage in split_passages(article)]
    return found


def labelled(path: Path) -> Iterator[tuple[int, str, Claim, list[Evidence]]]:
    """Each claim with its item's number, its label and what it cites: all of the item."""
    for number, item in enumerate(json.loads(path.read_text(encoding="utf-8"))):
        given = evidence(item, number)
        cites = "".join(f"[{n}]" for n in range(1, len(given) + 1))
        for key, label in LABELS.items():
            for text in item[key]:
                (claim,) = claims([f"{text} {cites}"])
                yield number, label, claim, given


def table(pairs: list[tuple[str, str]]) -> str:
    """Precision and recall of each class, and who was taken for whom."""
    counts = Counter(pairs)
    names = tuple(LABELS.values())
    lines = [f"{'label':16}{'n':>4}" + "".join(f"{'as ' + n:>20}" for n in names) + "   P     R"]
    for label in names:
        total = sum(counts[label, n] for n in names)
        judged = sum(counts[n, label] for n in names)
        precision = counts[label, label] / judged if judged else float("nan")
        row = "".join(f"{counts[label, n]:>20}" for n in names)
        recall = counts[label, label] / total
        lines.append(f"{label:16}{total:>4}{row}   {precision:.2f}  {recall:.2f}")
    return "\n".join(lines)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--errors", action="store_true", help="list errors of the even half")
    args = parser.parse_args()
    embedder = Embedder.original(BUNDLED)
    halves: dict[int, list[tuple[str, str]]] = {0: [], 1: []}
    for number, label, claim, given in labelled(Path(__file__).with_name("support_claims.json")):
        found = check(claim, given, embedder)
        halves[number % 2].append((label, found.verdict))
        # Which of the two kinds of failure it is matters less than that it fails.
        wrong = (label == "supported") != (found.verdict == "supported")
        if args.errors and number % 2 == 0 and wrong:
            print(f"{label:15} as {found.verdict:15} {claim.text}  ({found.problem})")
    for half, name in ((0, "even items: chosen on"), (1, "odd items: reported")):
        print(f"\n{name}\n{table(halves[half])}")


if __name__ == "__main__":
    main()
