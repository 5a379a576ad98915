import gzip
import json
from contextlib import closing

import pytest

from assistant.answering.confidence import FEATURES
from assistant.answering.reader_weights import load
from assistant.answering.retrieval import Retriever
from assistant.indexing.build import refresh
from assistant.indexing.index import Index
from assistant.training.examples import in_archive, in_library, libraries
from assistant.training.sentences import fitted_model

TOWNS = {
    "g1": ("Arlen", "Maria Keller", "1996", "40 million crowns"),
    "g2": ("Brask", "Jon Abara", "2004", "3 million crowns"),
    "g3": ("Corvin", "Lena Ostrov", "2011", "75 million crowns"),
}


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    """Questions, groups and articles as in benchmarks/dev: an article a group."""
    folder = tmp_path_factory.mktemp("dev")
    questions, articles = [], []
    for group, (town, mayor, year, cost) in TOWNS.items():
        text = (
            f"{town} opens its bridge\n\nThe mayor of {town}, {mayor}, opened the new bridge over "
            f"the bay in {year}. Thousands of people came to see it.\n\n"
            f'"It cost us {cost}, and it was worth it," she said. The ferries will sail on in '
            "summer, when the market draws visitors from the islands.\n"
        )
        articles.append({"id": f"a{group}", "text": text})
        for question, answer in (
            (f"Who opened the bridge in {town}?", mayor),
            (f"When was the bridge of {town} opened?", year),
            (f"How much did {town} pay for its bridge?", cost),
            (f"How long is the bridge of {town}?", None),
            (f"Who designed the bridge in {town}?", None),
        ):
            at = text.index(answer) if answer else 0
            spans = [{"article": f"a{group}", "start": at, "end": at + len(answer or "")}] * bool(
                answer
            )
            entry = {"group": group, "question": question, "evidence": spans}
            questions.append(entry | {"answers": [answer] if answer else []})
    lines = "\n".join(map(json.dumps, questions))
    (folder / "questions.jsonl").write_text(lines, encoding="utf-8")
    (folder / "groups.json").write_text(json.dumps({group: [f"a{group}"] for group in TOWNS}))
    (folder / "articles.jsonl.gz").write_bytes(
        gzip.compress("\n".join(map(json.dumps, articles)).encode())
    )
    return folder


@pytest.fixture(scope="module")
def archive(labelled, embedder, tmp_path_factory):
    """A retriever over the articles of all the libraries."""
    folder = tmp_path_factory.mktemp("archive")
    for line in gzip.decompress((labelled / "articles.jsonl.gz").read_bytes()).splitlines():
        article = json.loads(line)
        (folder / f"{article['id']}.txt").write_text(article["text"], encoding="utf-8")
    refresh(folder / "index", [folder], lambda kept: embedder, embedder.name)
    with closing(Index.open(folder / "index", embedder.name)) as index:
        yield Retriever(index, embedder)


def test_the_models_are_fitted_on_libraries_and_an_archive(labelled, archive, embedder):
    files = (labelled / "questions.jsonl", labelled / "groups.json", labelled / "articles.jsonl.gz")
    reader = load()
    small, large = [], []
    for library in libraries(*files):
        small += in_library(library, embedder, reader)
        large += in_archive(library, archive, reader)
    assert len(small) == 30  # with as many questions of the next town
    assert len(large) == 60  # with, and without the library's own article
    for example in small:
        assert example.rows.shape[0] == len(example.sentences) == len(example.right)
        assert example.right.any() == example.answerable
    assert sum(example.answerable for example in small) == 9
    assert sum(example.right.any() for example in large) == 9
    assert max(e.passages for e in small) < min(e.passages for e in large)
    model = fitted_model(small, large)
    assert set(model["confidence"]["weights"]) == set(FEATURES)
    assert 0 <= model["threshold"] <= 1
    assert model["cross_validated"]["questions"] == 30
    assert model["in_archive"]["questions"] == 60
