"""The library: what goes in comes out, words find passages, and holding a file is seen."""

import threading
from contextlib import closing
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import ODD_TEXTS, news

from assistant.corpus.metadata import Stated
from assistant.corpus.passages import split_passages
from assistant.corpus.reading import make_article
from assistant.indexing.library import Library, Listing, is_held
from assistant.records import Article, Filters

BRIDGE = make_article(
    "bridge",
    "Mayor opens a bridge\n\nMayor Zoë Müller opened the new bridge in Gdańsk on Monday.\n",
    Stated(outlet="The Gazette", published=date(2024, 3, 5), url="https://e.org/b"),
    "/x/bridge.txt",
)
STORM = make_article(
    "storm",
    "Storm floods market\n\nThe storm flooded forty stalls near the bridges of the old town.\n",
    Stated(outlet="The Courier", published=date(2024, 3, 7)),
)
FERRY = make_article("ferry", "The night ferry stops in May, “said” nobody. The U.S. agreed.\n")
ARTICLES = (BRIDGE, FERRY, STORM)


@pytest.fixture
def path(tmp_path):
    with closing(Library.create(tmp_path / "library.sqlite")) as library:
        for article in ARTICLES:
            library.add(article, split_passages(article))
        library.commit()
    return tmp_path / "library.sqlite"


@pytest.fixture
def library(path):
    with closing(Library.open(path)) as opened:
        yield opened


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A library that tests only read."""
    created = Library.create(tmp_path_factory.mktemp("shared") / "library.sqlite")
    with closing(created):
        for article in ARTICLES:
            created.add(article, split_passages(article))
        yield created


def found(library, question, limit=10, filters=Filters()):
    ids = [id_ for id_, _ in library.search(question, limit, filters)]
    return [library.passage(id_).article_id for id_ in ids]


def test_articles_come_out_as_they_went_in(library):
    assert list(library.articles()) == list(ARTICLES)
    assert library.article("bridge") == BRIDGE
    assert library.article("none") is None


def test_passages_come_out_as_they_went_in(library):
    for article in ARTICLES:
        for passage in split_passages(article):
            assert library.passage(passage.id) == passage
    assert library.passage("none") is None


@pytest.mark.parametrize("text", ODD_TEXTS.values(), ids=ODD_TEXTS)
def test_passages_of_every_kind_of_text_come_out_as_they_went_in(tmp_path, text):
    article = make_article("odd", text)
    with closing(Library.create(tmp_path / "library.sqlite")) as library:
        library.add(article, split_passages(article))
        assert library.article("odd") == article
        for passage in split_passages(article):
            assert library.passage(passage.id) == passage


def test_listings_outlets_and_counts(library):
    assert [listing.id for listing in library.listings()] == ["bridge", "ferry", "storm"]
    assert library.listings()[0] == Listing(
        "bridge", "Mayor opens a bridge", "The Gazette", date(2024, 3, 5), 15, 1
    )
    assert library.outlets() == ["The Courier", "The Gazette"]
    assert library.count() == (3, 3)
    assert library.undated() == 1


@pytest.mark.parametrize(
    ("question", "ids"),
    [
        ("Who opened the bridge?", ["bridge", "storm"]),
        ("opening bridges", ["bridge", "storm"]),
        ("ZOE MULLER", ["bridge"]),
        ("Gdansk", ["bridge"]),
        ("flood", ["storm"]),
        ("the of and", []),
        ("", []),
        ("?! — …", []),
        ("quokka", []),
        ('ferry" OR "bridge', ["bridge", "ferry", "storm"]),
        ("u.s.", ["ferry"]),
    ],
)
def test_words_find_passages_by_stem_without_case_and_accents(library, question, ids):
    assert sorted(found(library, question)) == sorted(ids)


def test_the_passage_with_more_of_the_words_is_first(library):
    assert found(library, "the mayor opened a bridge")[0] == "bridge"
    scores = [score for _, score in library.search("mayor bridge", 10, Filters())]
    assert scores == sorted(scores, reverse=True)
    assert found(library, "bridge", limit=1) == found(library, "bridge")[:1]


def test_whole_articles_are_found_by_words_of_different_passages(path):
    long = make_article("long", "The yodelling began.\n\n" + news(1, 40) + "\nA quokka left.\n")
    assert len(split_passages(long)) > 3
    with closing(Library.open(path)) as library, closing(library.copy_to(path.parent / "b")) as new:
        assert new.search_articles("quokka", 5) == []
        new.add(long, split_passages(long))
        found = new.search_articles("yodelling quokka bridge", 5)
        assert found[0][0] == "long"
        assert [score for _, score in found] == sorted((s for _, s in found), reverse=True)
        assert new.search_articles("yodelling quokka bridge", 1) == found[:1]
        new.remove("long")
        assert new.search_articles("yodelling quokka", 5) == []
        assert [id_ for id_, _ in new.search_articles("bridge", 5)] == ["bridge", "storm"]


def test_passages_have_owners(library):
    passages = {passage.id: article for article in ARTICLES for passage in split_passages(article)}
    assert library.owners([*passages, "none"]) == {
        id_: (article.id, article.published) for id_, article in passages.items()
    }
    assert library.owners([]) == {}


@given(st.text())
def test_no_question_is_too_odd(shared, question):
    shared.search(question, 5, Filters())
    shared.search_articles(question, 5)
    shared.passage_frequency(question)


@pytest.mark.parametrize(
    "question",
    [
        "bridge NEAR storm",
        "title:bridge",
        "bridge*",
        "-bridge",
        "^bridge",
        "(bridge",
        "a AND b",
        "'; DROP TABLE articles; --",
        'x"y',
        "bridge\0",
    ],
)
def test_the_query_language_is_out_of_reach(shared, question):
    shared.search(question, 5, Filters())
    assert shared.count() == (3, 3)


def test_a_question_of_a_thousand_words(shared):
    question = " ".join(f"w{number}" for number in range(1000)) + " bridge"
    assert "bridge" in found(shared, question)


def test_how_many_passages_hold_a_word(library):
    assert library.passage_frequency("Bridges") == 2
    assert library.passage_frequency("quokka") == 0


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        (Filters(), ["bridge", "ferry", "storm"]),
        (Filters(outlets=("The Gazette",)), ["bridge"]),
        (Filters(outlets=("The Gazette", "The Courier")), ["bridge", "storm"]),
        (Filters(outlets=("the gazette",)), []),
        (Filters(since=date(2024, 3, 5)), ["bridge", "storm"]),
        (Filters(since=date(2024, 3, 6)), ["storm"]),
        (Filters(until=date(2024, 3, 5)), ["bridge"]),
        (Filters(until=date(2024, 3, 4)), []),
        (Filters(("The Courier",), date(2024, 3, 6), date(2024, 3, 7)), ["storm"]),
    ],
)
def test_filters(library, filters, ids):
    assert [article.id for article in library.articles(filters)] == ids
    assert library.count(filters) == (len(ids), len(ids))
    assert sorted(found(library, "bridge ferry storm", filters=filters)) == ids


def test_removing_an_article_removes_all_of_it(path, tmp_path):
    with closing(Library.open(path)) as library:
        copy = library.copy_to(tmp_path / "copy.sqlite")
        with closing(copy):
            gone = copy.remove("bridge")
            copy.commit()
            assert gone == [passage.id for passage in split_passages(BRIDGE)]
            assert copy.count() == (2, 2)
            assert found(copy, "bridge") == ["storm"]
            assert copy.remove("bridge") == []
            copy.add(BRIDGE, split_passages(BRIDGE))
            assert sorted(found(copy, "bridge")) == ["bridge", "storm"]
        assert library.count() == (3, 3)


def test_an_empty_library(tmp_path):
    with closing(Library.create(tmp_path / "library.sqlite")) as library:
        assert library.count() == (0, 0)
        assert library.listings() == library.outlets() == list(library.articles()) == []
        assert library.search("bridge", 5, Filters()) == []


def test_an_article_without_passages(tmp_path):
    with closing(Library.create(tmp_path / "library.sqlite")) as library:
        library.add(Article("bare", "Advertisement"), ())
        assert library.count() == (1, 0)
        assert library.listings()[0].passages == 0


def test_an_open_library_is_held_until_the_last_closes(path):
    assert not is_held(path)
    first, second = Library.open(path), Library.open(path)
    assert is_held(path)
    first.close()
    assert is_held(path)
    assert second.count() == (3, 3)
    second.close()
    assert not is_held(path)


def test_copying_from_a_library_leaves_it_held(path, tmp_path):
    with closing(Library.open(path)) as library:
        library.copy_to(tmp_path / "copy.sqlite").close()
        assert is_held(path)


def test_a_damaged_library_is_held_by_nobody(tmp_path):
    (tmp_path / "library.sqlite").write_bytes(b"not a database at all" * 100)
    assert not is_held(tmp_path / "library.sqlite")


def test_opening_writes_nothing(path):
    before = path.read_bytes(), path.stat().st_mtime_ns
    with closing(Library.open(path)) as library:
        found(library, "bridge")
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]


def test_many_threads_may_read_at_once(tmp_path):
    articles = [make_article(f"n{number}", news(number)) for number in range(20)]
    with closing(Library.create(tmp_path / "library.sqlite")) as library:
        for article in articles:
            library.add(article, split_passages(article))
        library.commit()
    problems = []
    with closing(Library.open(tmp_path / "library.sqlite")) as library:

        def read() -> None:
            try:
                for article in articles:
                    assert library.article(article.id) == article
                    assert library.search("bridge harbour", 3, Filters())
            except Exception as error:  # noqa: BLE001  (told below, in the test's own thread)
                problems.append(error)

        threads = [threading.Thread(target=read) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert problems == []
