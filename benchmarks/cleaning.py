"""How much body the cleaning loses and how much page furniture it keeps, on labelled pages.

    python benchmarks/cleaning.py --data DIR --seed N [--skip N] [--articles 50]
    python benchmarks/cleaning.py --data DIR --labels benchmarks/cleaning_labels.json

The first form prints a seeded sample of pages with the marks shown, for a person to read:
H headline, C caption, # boilerplate, body unmarked, and where each span begins and ends. The second
reads such a person's labels, {"furniture": {article id: [[start, end], ...]}}, everything else on
a labelled page being body, and prints two rates by characters that are not white space and by
lines. A line belongs to whichever of body and furniture has more of its characters; it is counted
as lost (or kept) when most of its characters are marked the other way. DIR holds, at any depth,
*articles*.jsonl or .jsonl.gz files with an id and a text in each line.

The labels that come with this file are of articles 560 to 609 (`--seed 20240501 --skip 560`) of a
shuffle of the RealTime QA development articles, read once by one reader.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from assistant.corpus.cleaning import mark_spans
from assistant.text import line_spans

_SIGNS = {"headline": "H", "caption": "C", "boilerplate": "#", "body": " "}


def main(arguments: Sequence[str] | None = None) -> None:
    """Show the marks of a sample, or score them against labels."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--skip", type=int, default=0, help="pass over this many of the sample")
    parser.add_argument("--articles", type=int, default=50)
    parser.add_argument("--labels", type=Path)
    given = parser.parse_args(arguments)
    pages = list(read_pages(given.data))
    if given.labels:
        furniture = json.loads(given.labels.read_text(encoding="utf-8"))["furniture"]
        print(json.dumps(score(pages, furniture), indent=2))
        return
    random.Random(given.seed).shuffle(pages)
    for id_, text in pages[given.skip : given.skip + given.articles]:
        print(f"\n===== {id_}")
        for span in mark_spans(text):
            print(f"{_SIGNS[span.kind]} {span.start}-{span.end} {text[span.start : span.end]}")


def read_pages(folder: Path) -> Iterator[tuple[str, str]]:
    """(id, text) of each article in the folder's JSON lines."""
    for path in sorted(folder.rglob("*articles*.jsonl*")):
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                yield record["id"], record["text"]


def score(
    pages: Iterable[tuple[str, str]], furniture: dict[str, list[list[int]]]
) -> dict[str, dict[str, int | float]]:
    """The two rates over the labelled pages, by characters and by lines."""
    lost = {"chars": 0, "of_chars": 0, "lines": 0, "of_lines": 0}
    kept = dict(lost)
    seen = set()
    for id_, text in pages:
        if id_ not in furniture:
            continue
        seen.add(id_)
        truth = _mask(text, furniture[id_])
        spans = [[s.start, s.end] for s in mark_spans(text) if s.kind == "boilerplate"]
        marked = _mask(text, spans)
        for start, end in line_spans(text):
            inked = [at for at in range(start, end) if not text[at].isspace()]
            right = sum(truth[at] for at in inked)
            wrong = {
                True: sum(truth[at] and not marked[at] for at in inked),
                False: sum(marked[at] and not truth[at] for at in inked),
            }
            for counts, is_furniture in ((kept, True), (lost, False)):
                of = right if is_furniture else len(inked) - right
                counts["chars"] += wrong[is_furniture]
                counts["of_chars"] += of
                if (2 * right > len(inked)) == is_furniture:
                    counts["lines"] += 2 * wrong[is_furniture] > of
                    counts["of_lines"] += 1
    if missing := sorted(set(furniture) - seen):
        raise SystemExit(f"labelled articles not in the data: {', '.join(missing)}")
    return {"body_lost": _rates(lost), "furniture_kept": _rates(kept)}


def _mask(text: str, spans: Iterable[Sequence[int]]) -> bytearray:
    mask = bytearray(len(text))
    for start, end in spans:
        mask[start:end] = b"\1" * (end - start)
    return mask


def _rates(counts: dict[str, int]) -> dict[str, int | float]:
    return {
        **counts,
        "char_rate": round(counts["chars"] / max(1, counts["of_chars"]), 5),
        "line_rate": round(counts["lines"] / max(1, counts["of_lines"]), 5),
    }


if __name__ == "__main__":
    main()
