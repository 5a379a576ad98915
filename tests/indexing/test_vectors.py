"""Vectors through real Chroma on disk: what is found is what exact search finds."""

import shutil
import sqlite3
from contextlib import closing
from datetime import date

import numpy as np
import pytest
from support import HashEmbedder, news

from assistant.corpus.metadata import Stated
from assistant.corpus.passages import split_passages
from assistant.corpus.reading import make_article
from assistant.errors import IndexUnusableError
from assistant.indexing.vectors import Vectors
from assistant.records import Filters

ARTICLES = [
    make_article(
        f"n{number}",
        news(number, 6),
        Stated(outlet=f"Outlet {number % 3}", published=date(2024, 1, 1 + number)),
    )
    if number % 4
    else make_article(f"n{number}", news(number, 6))
    for number in range(20)
]
PASSAGES = [(article, passage) for article in ARTICLES for passage in split_passages(article)]
# Wide clusters that overlap: with Chroma's default HNSW settings recall@10 is 0.957 among these.
COUNT, DIMENSIONS, QUERIES, NEAREST = 12_000, 64, 200, 10


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A folder with all PASSAGES, closed."""
    folder = tmp_path_factory.mktemp("stored") / "vectors"
    with closing(Vectors.create(folder)) as vectors:
        vectors.add(PASSAGES, HashEmbedder(), lambda count: None)
    return folder


@pytest.fixture
def folder(stored, tmp_path):
    return shutil.copytree(stored, tmp_path / "vectors")


def embedded(article, passage):
    """What is embedded of a passage: its article's headline, then its text."""
    text = f"{article.title}\n{passage.text}" if article.title else passage.text
    return HashEmbedder().encode([text])[0]


def exact(vector, wanted=lambda article: True):
    """Passage ids with their cosines, nearest first."""
    found = {p.id: float(embedded(a, p) @ vector) for a, p in PASSAGES if wanted(a)}
    return sorted(found.items(), key=lambda item: -item[1])


def test_cosines_are_those_of_exact_search(folder):
    vector = HashEmbedder().encode(["Who opened a bridge in Ghent?"])[0]
    with closing(Vectors.open(folder)) as vectors:
        found = vectors.search(vector, 10, Filters())
    for (_, cosine), (_, right) in zip(found, exact(vector)[:10], strict=True):
        assert cosine == pytest.approx(right, abs=1e-5)


def test_a_passage_is_nearest_to_itself(folder):
    with closing(Vectors.open(folder)) as vectors:
        for article, passage in PASSAGES[::5]:
            ((id_, cosine),) = vectors.search(embedded(article, passage), 1, Filters())
            assert (id_, round(cosine, 4)) == (passage.id, 1.0)


def test_more_asked_for_than_there_is(folder):
    vector = HashEmbedder().encode(["bridge"])[0]
    with closing(Vectors.open(folder)) as vectors:
        assert vectors.count() == len(PASSAGES)
        found = vectors.search(vector, 100_000, Filters())
        assert {id_ for id_, _ in found} == {passage.id for _, passage in PASSAGES}


@pytest.mark.parametrize(
    ("filters", "wanted"),
    [
        (Filters(outlets=("Outlet 1",)), lambda a: a.outlet == "Outlet 1"),
        (Filters(outlets=("Outlet 1", "Outlet 2")), lambda a: a.outlet in ("Outlet 1", "Outlet 2")),
        (Filters(outlets=("None",)), lambda a: False),
        (Filters(since=date(2024, 1, 10)), lambda a: a.published and a.published.day >= 10),
        (Filters(until=date(2024, 1, 10)), lambda a: a.published and a.published.day <= 10),
        (
            Filters(("Outlet 1",), date(2024, 1, 5), date(2024, 1, 15)),
            lambda a: a.outlet == "Outlet 1" and 5 <= a.published.day <= 15,
        ),
    ],
)
def test_filters_leave_out_the_others_and_the_undated(folder, filters, wanted):
    vector = HashEmbedder().encode(["bridge"])[0]
    with closing(Vectors.open(folder)) as vectors:
        found = vectors.search(vector, 1000, filters)
    assert {id_ for id_, _ in found} == {id_ for id_, _ in exact(vector, wanted)}


def test_no_text_is_stored(folder):
    stored = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert ARTICLES[1].outlet.encode() in stored  # filters need it
    for article, passage in PASSAGES:
        assert passage.text[:40].encode() not in stored
        assert article.title is None or article.title.encode() not in stored


def test_removed_vectors_are_not_found(folder):
    gone = [passage.id for _, passage in PASSAGES[::2]]
    vector = HashEmbedder().encode(["bridge"])[0]
    with closing(Vectors.open(folder)) as vectors:
        vectors.remove(gone)
        vectors.remove([])
        vectors.remove(["never there"])
    with closing(Vectors.open(folder)) as vectors:
        assert vectors.count() == len(PASSAGES) - len(gone)
        found = {id_ for id_, _ in vectors.search(vector, 1000, Filters())}
    assert found == {passage.id for _, passage in PASSAGES} - set(gone)


def test_nothing_stored_and_everything_removed(tmp_path):
    vector = HashEmbedder().encode(["bridge"])[0]
    with closing(Vectors.create(tmp_path / "vectors")) as vectors:
        assert (vectors.count(), vectors.search(vector, 5, Filters())) == (0, [])
        vectors.add(PASSAGES[:3], HashEmbedder(), lambda count: None)
        vectors.remove([passage.id for _, passage in PASSAGES[:3]])
        assert (vectors.count(), vectors.search(vector, 5, Filters())) == (0, [])
    with closing(Vectors.open(tmp_path / "vectors")) as vectors:
        assert (vectors.count(), vectors.search(vector, 5, Filters())) == (0, [])
        vectors.add(PASSAGES[:2], HashEmbedder(), lambda count: None)
        assert len(vectors.search(vector, 5, Filters())) == 2


def test_more_than_a_batch_and_progress_told_by_the_batch(tmp_path):
    told: list[int] = []
    articles = [make_article(f"{number}", f"Report number {number}.") for number in range(300)]
    many = [(article, passage) for article in articles for passage in split_passages(article)]
    with closing(Vectors.create(tmp_path / "vectors")) as vectors:
        vectors.add(many, HashEmbedder(), told.append)
        assert vectors.count() == sum(told) == len(many) == 300
    assert len(told) == 2


def test_two_may_have_one_folder_open_and_one_may_close(folder):
    vector = HashEmbedder().encode(["bridge"])[0]
    first, second = Vectors.open(folder), Vectors.open(folder)
    first.close()
    assert len(second.search(vector, 5, Filters())) == 5
    second.close()


def test_a_copy_of_an_open_folder_is_whole_and_apart(folder, tmp_path):
    vector = HashEmbedder().encode(["bridge"])[0]
    with closing(Vectors.open(folder)) as reader:
        before = reader.search(vector, 1000, Filters())
        Vectors.copy(folder, tmp_path / "copy")
        with closing(Vectors.open(tmp_path / "copy")) as copy:
            assert dict(copy.search(vector, 1000, Filters())) == pytest.approx(dict(before))
            copy.remove([passage.id for _, passage in PASSAGES])
            assert copy.count() == 0
        assert reader.search(vector, 1000, Filters()) == before


def tables(folder):
    """Everything in Chroma's database but the row that it writes at each opening."""
    with closing(sqlite3.connect(f"file:{folder}/chroma.sqlite3?mode=ro", uri=True)) as database:
        dump = list(database.iterdump())
    return [line for line in dump if "acquire_write" not in line]


def test_opening_and_searching_change_nothing_that_is_stored(folder):
    before = tables(folder)
    with closing(Vectors.open(folder)) as vectors:
        vectors.search(HashEmbedder().encode(["bridge"])[0], 10, Filters())
    assert tables(folder) == before


def test_a_folder_without_vectors_is_an_error_that_names_the_command(tmp_path):
    with pytest.raises(IndexUnusableError, match=r"assistant index --rebuild") as caught:
        Vectors.open(tmp_path / "vectors")
    assert str(tmp_path / "vectors") in str(caught.value)
    assert not (tmp_path / "vectors").exists()


def test_damaged_vectors_are_an_error_that_names_the_command(tmp_path):
    (tmp_path / "vectors").mkdir()
    (tmp_path / "vectors" / "chroma.sqlite3").write_bytes(b"not a database" * 1000)
    with pytest.raises(IndexUnusableError, match=r"assistant index --rebuild"):
        Vectors.open(tmp_path / "vectors")


@pytest.mark.slow
def test_recall_against_exact_search_before_and_after_removing_a_tenth(tmp_path):
    chance = np.random.default_rng(0)
    centres = chance.normal(size=(40, DIMENSIONS))

    def clustered(count):
        around = centres[chance.integers(len(centres), size=count)]
        points = around + 2 * chance.normal(size=(count, DIMENSIONS))
        return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)

    points, queries = clustered(COUNT), clustered(QUERIES)
    ids = np.array([f"p{number}" for number in range(COUNT)])

    def recall(vectors, kept):
        similar = queries @ points[kept].T
        hits = 0
        for vector, row in zip(queries, similar, strict=True):
            right = set(ids[kept][np.argpartition(-row, NEAREST)[:NEAREST]])
            hits += len(right & {id_ for id_, _ in vectors.search(vector, NEAREST, Filters())})
        return hits / (QUERIES * NEAREST)

    kept = np.arange(COUNT)
    with closing(Vectors.create(tmp_path / "vectors")) as vectors:
        for first in range(0, COUNT, 4000):
            part = slice(first, first + 4000)
            vectors._collection.add(ids=list(ids[part]), embeddings=points[part])
        assert recall(vectors, kept) >= 0.99
        gone = chance.choice(COUNT, COUNT // 10, replace=False)
        vectors.remove(list(ids[gone]))
        kept = np.setdiff1d(kept, gone)
        assert recall(vectors, kept) >= 0.99
    with closing(Vectors.open(tmp_path / "vectors")) as vectors:
        assert vectors.count() == len(kept)
        assert recall(vectors, kept) >= 0.99
