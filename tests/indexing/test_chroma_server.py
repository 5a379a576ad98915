"""Vectors on a real `chroma run`: built, asked, refreshed, stopped in the middle, mended."""

import os
import shutil
import signal
import threading
from contextlib import closing
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer, SimpleHTTPRequestHandler

import pytest
from chroma import Chroma, proxy
from support import SEEDS, HashEmbedder, news, unloadable, write
from worker import Worker

from assistant import Assistant
from assistant.cli import main
from assistant.corpus.metadata import SIDECAR
from assistant.errors import IndexUnusableError, StoreError
from assistant.indexing import build, generations
from assistant.indexing.chroma_server import ChromaServer
from assistant.indexing.generations import Manifest
from assistant.indexing.index import Index
from assistant.indexing.stores import IN_FOLDER
from assistant.records import Filters
from assistant.settings import STORE_TOKEN

VECTOR = HashEmbedder().encode(["Who opened a bridge?"])[0]
MENDS = "'assistant index PATH ...'"


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    server = Chroma(tmp_path_factory.mktemp("chroma"))
    yield server
    server.kill()


@pytest.fixture
def chroma(running):
    """A server that is running and empty."""
    running.start()
    for name in running.collections():
        running.delete(name)
    return running


@pytest.fixture
def store(chroma):
    return ChromaServer(chroma.url)


@pytest.fixture
def index(tmp_path):
    return tmp_path / "index"


@pytest.fixture
def folder(tmp_path):
    """Four articles, one with metadata."""
    files = {f"n{number}.txt": news(number) for number in range(4)}
    files[SIDECAR] = '["n1.txt"]\noutlet = "The Gazette"\npublished = 2024-03-05\n'
    return write(tmp_path / "articles", files)


def refresh(index, folder, store, embedder=None):
    embedder = embedder or HashEmbedder()
    return build.refresh(index, [folder], lambda kept: embedder, "hash", store=store)


def remove(index, ids, store):
    return build.remove(index, ids, unloadable, "hash", store)


def read(index, store):
    """What can be asked of an index: its articles' texts, and all its vectors nearest first."""
    with closing(Index.open(index, "hash", store)) as opened:
        texts = {article.id: article.text for article in opened.library.articles()}
        found = opened.vectors.search(VECTOR, 1000, Filters())
        assert len(found) == opened.manifest.passages == opened.vectors.count()
        assert all(opened.library.passage(id_) for id_, _ in found)
        return texts, found


def check_tidy(index, chroma):
    """The server holds the current generation's collection and no other."""
    manifest = Manifest.read(generations.current(index))
    assert chroma.collections() == {manifest.collection: manifest.passages}


def test_what_a_server_finds_is_what_the_folder_finds(chroma, store, index, folder, tmp_path):
    refresh(index, folder, store)
    refresh(tmp_path / "other", folder, IN_FOLDER)
    assert not (generations.current(index) / "vectors").exists()
    check_tidy(index, chroma)
    there, here = read(index, store), read(tmp_path / "other", IN_FOLDER)
    assert there[0] == here[0]
    assert dict(there[1]) == pytest.approx(dict(here[1]), abs=1e-5)
    with closing(Index.open(index, "hash", store)) as opened:
        for filters in (Filters(outlets=("The Gazette",)), Filters(since=date(2024, 3, 5))):
            found = opened.vectors.search(VECTOR, 1000, filters)
            assert {opened.library.passage(id_).article_id for id_, _ in found} == {"n1"}


def test_only_what_changed_is_embedded_and_the_former_collection_goes(chroma, store, index, folder):
    refresh(index, folder, store)
    write(folder, {"n0.txt": news(20), "new.txt": news(21)})
    (folder / "n3.txt").unlink()
    embedder = HashEmbedder()
    summary = refresh(index, folder, store, embedder)
    assert (summary.added, summary.updated, summary.removed, summary.unchanged) == (1, 1, 1, 2)
    assert all("number 20" in text or "number 21" in text for text in embedder.encoded)
    assert sorted(read(index, store)[0]) == ["n0", "n1", "n2", "new"]
    check_tidy(index, chroma)
    remove(index, ["n1", "new"], store)
    assert sorted(read(index, store)[0]) == ["n0", "n2"]
    check_tidy(index, chroma)
    before = chroma.collections()
    build.refresh(index, [folder / "n0.txt"], unloadable, "hash", store=store)
    assert chroma.collections() == before
    remove(index, ["n0", "n2"], store)
    assert read(index, store) == ({}, [])
    check_tidy(index, chroma)
    build.refresh(index, [folder], lambda kept: embedder, "hash", rebuild=True, store=store)
    assert sorted(read(index, store)[0]) == ["n0", "n1", "n2", "new"]
    check_tidy(index, chroma)


def test_a_build_is_not_seen_before_it_is_complete(chroma, store, index, folder):
    refresh(index, folder, store)
    before = read(index, store)
    write(folder, {"n0.txt": news(20)})
    seen = []

    class Looking(HashEmbedder):
        def encode(self, texts):
            seen.append((read(index, store), len(chroma.collections())))
            return super().encode(texts)

    with closing(Index.open(index, "hash", store)) as reader:
        refresh(index, folder, store, Looking())
        assert seen == [(before, 2)]
        assert reader.vectors.search(VECTOR, 1000, Filters()) == before[1]  # until it is closed
        write(folder, {"n0.txt": news(21)})
        refresh(index, folder, store)
        assert reader.vectors.search(VECTOR, 1000, Filters()) == before[1]
        assert len(chroma.collections()) == 2
    refresh(index, folder, store)
    check_tidy(index, chroma)


# Each with the request in whose place the server dies.
CHANGES = {
    "index": ("/add", lambda index, folder, store: refresh(index, folder, store)),
    "refresh": ("/add", lambda index, folder, store: refresh(index, folder, store)),
    "remove": ("/delete", lambda index, folder, store: remove(index, ["n1"], store)),
}


def once(request, act):
    """What acts when a proxy gets the first POST whose path ends in `request`."""
    left = [act]

    def before(method, path):
        due = bool(left) and method == "POST" and path.endswith(request)
        return left.pop()() if due else False

    return before


@pytest.mark.slow
@pytest.mark.parametrize("change", CHANGES)
def test_a_server_that_dies_in_the_middle_loses_nothing(chroma, index, folder, change):
    request, run = CHANGES[change]
    with proxy(chroma) as between:
        store = ChromaServer(between.url)
        before = None
        if change != "index":
            refresh(index, folder, store)
            before = read(index, store)
        write(folder, {"n0.txt": news(20)})
        between.before = once(request, chroma.kill)
        with pytest.raises(StoreError, match=f"the Chroma server at {between.url} cannot be reach"):
            run(index, folder, store)
        chroma.start()
        if before is None:
            with pytest.raises(IndexUnusableError, match="no index in"):
                read(index, store)
        else:
            assert read(index, store) == before
        assert len(chroma.collections()) == 2 - (before is None)  # what the dead server could not
        run(index, folder, store)
        assert read(index, store) != before
        check_tidy(index, chroma)


def test_a_collection_that_is_not_complete_is_not_published(chroma, index, folder):
    with proxy(chroma) as between:
        store = ChromaServer(between.url)
        refresh(index, folder, store)
        before = read(index, store)
        write(folder, {"n0.txt": news(20)})
        between.before = once("/add", lambda: True)
        with pytest.raises(StoreError, match=r"\d+ of \d+ vectors were stored; run the command"):
            refresh(index, folder, store)
        assert read(index, store) == before
        check_tidy(index, chroma)


@pytest.mark.slow
def test_a_server_that_is_started_again_between_two_requests_is_not_noticed(chroma, index, folder):
    with proxy(chroma) as between:
        store = ChromaServer(between.url)
        for number, (request, run) in enumerate(CHANGES.values()):
            write(folder, {"n0.txt": news(20 + number)})
            between.before = once(request, chroma.restart)
            run(index, folder, store)
    store = ChromaServer(chroma.url)
    with closing(Index.open(index, "hash", store)) as reader:
        found = reader.vectors.search(VECTOR, 1000, Filters())
        chroma.kill()
        with pytest.raises(StoreError, match=r"cannot be reached .*; start it, or name another"):
            reader.vectors.search(VECTOR, 1000, Filters())
        chroma.start()
        assert reader.vectors.search(VECTOR, 1000, Filters()) == found
    assert sorted(read(index, store)[0]) == ["n0", "n2", "n3"]
    check_tidy(index, chroma)


@pytest.mark.slow
def test_what_a_killed_builder_left_is_removed(chroma, store, index, folder, tmp_path):
    refresh(index, folder, store)
    before = read(index, store)
    write(folder, {"n0.txt": news(20)})
    hold = tmp_path / "hold"
    hold.touch()
    with closing(Worker()) as worker:
        process = worker.start("build", index, folder, hold, chroma.url)
        assert worker.line() == "ready"
        os.kill(process, signal.SIGKILL)
        assert worker.status() == -signal.SIGKILL
    assert len(chroma.collections()) == 2
    assert read(index, store) == before
    refresh(index, folder, store)
    check_tidy(index, chroma)


def test_a_collection_that_somebody_deleted_or_emptied_is_made_anew(chroma, store, index, folder):
    refresh(index, folder, store)
    before = read(index, store)
    with closing(Index.open(index, "hash", store)) as reader:
        (name,) = chroma.collections()
        chroma.delete(name)
        lost = f"not, or not all, on {chroma.url} .collection {name}.; .*{MENDS} makes them anew"
        for attempt in (
            lambda: reader.vectors.search(VECTOR, 5, Filters()),
            lambda: read(index, store),
            lambda: remove(index, ["n1"], store),
        ):
            with pytest.raises(IndexUnusableError, match=lost):
                attempt()
    (folder / "n3.txt").unlink()  # another article's file: the index knows its text
    refresh(index, folder / "n0.txt", store)
    assert read(index, store)[0] == before[0]
    check_tidy(index, chroma)
    with closing(Index.open(index, "hash", store)) as reader:
        reader.vectors.remove([reader.vectors.search(VECTOR, 1, Filters())[0][0]])
    with pytest.raises(IndexUnusableError, match="not, or not all, on"):
        read(index, store)
    refresh(index, folder / "n0.txt", store)
    assert dict(read(index, store)[1]) == pytest.approx(dict(before[1]))


def test_the_store_that_is_named_must_be_the_one_that_was_built_in(chroma, store, index, folder):
    refresh(index, folder, IN_FOLDER)
    with pytest.raises(IndexUnusableError, match="are in its folder, not on http"):
        read(index, store)
    before = read(index, IN_FOLDER)[0]
    refresh(index, folder, store)
    assert read(index, store)[0] == before
    for attempt in (
        lambda: read(index, IN_FOLDER),
        lambda: remove(index, ["n1"], IN_FOLDER),
    ):
        with pytest.raises(
            IndexUnusableError, match="are on a Chroma server; name it with --store"
        ):
            attempt()
    check_tidy(index, chroma)
    refresh(index, folder, IN_FOLDER)
    assert read(index, IN_FOLDER)[0] == before


def test_indexes_on_one_server_and_copies_of_them_leave_each_other_alone(
    chroma, store, index, folder, tmp_path
):
    refresh(index, folder, store)
    refresh(tmp_path / "second", folder, store)
    shutil.copytree(index, tmp_path / "copy")
    before = read(index, store)
    assert read(tmp_path / "copy", store) == before
    write(folder, {"n0.txt": news(20)})
    refresh(tmp_path / "copy", folder, store)
    refresh(tmp_path / "second", folder, store)
    assert read(index, store) == before
    assert read(tmp_path / "copy", store)[0] == read(tmp_path / "second", store)[0] != before[0]
    assert len(chroma.collections()) == 3


def test_a_token_is_sent_and_a_missing_or_wrong_one_is_told_but_not_shown(
    chroma, index, folder, monkeypatch, capsys
):
    with proxy(chroma, token="sesame-1") as guarded:
        arguments = ["index", str(folder), "--index", str(index), "--store", guarded.url]
        assert main(arguments) == 1
        assert f"at {guarded.url} needs a token; set" in capsys.readouterr().err
        monkeypatch.setenv(STORE_TOKEN, "wrong-2")
        assert main(arguments) == 1
        said = capsys.readouterr().err
        assert f"at {guarded.url} refuses the token; set the right one in" in said
        assert STORE_TOKEN in said
        assert "wrong-2" not in said + repr(ChromaServer(guarded.url, "wrong-2"))
        refresh(index, folder, ChromaServer(guarded.url, "sesame-1"))
        assert len(read(index, ChromaServer(guarded.url, "sesame-1"))[0]) == 4
        with pytest.raises(StoreError, match="refuses the token"):
            read(index, ChromaServer(guarded.url, "wrong-2"))


def test_a_wrong_address_is_told_and_costs_nothing(chroma, store, index, folder, tmp_path):
    refresh(index, folder, store)
    before = read(index, store)
    write(folder, {"n0.txt": news(20)})
    with proxy(chroma) as between:
        between.before = lambda method, path: chroma.kill()
        nobody = ChromaServer("http://127.0.0.1:9")
        hangs_up = ChromaServer(between.url)
        for attempt in (refresh, lambda index, folder, store: read(index, store)):
            for wrong in (nobody, hangs_up):
                with pytest.raises(StoreError, match=f"{wrong.url} cannot be reached .*--store"):
                    attempt(index, folder, wrong)
    chroma.start()
    assert read(index, store) == before
    with pytest.raises(StoreError, match="cannot be reached"):
        refresh(tmp_path / "new", folder, nobody)
    with pytest.raises(IndexUnusableError, match="no index in"):
        read(tmp_path / "new", store)


@pytest.mark.parametrize(
    ("handler", "said"),
    [
        (SimpleHTTPRequestHandler, "what answers at .* is no Chroma server"),  # a page of its own
        (BaseHTTPRequestHandler, "the Chroma server at .* fails .HTTP 501."),
        (None, r"did not answer within 0\.2 seconds; try again"),
    ],
)
def test_what_answers_but_is_no_chroma_server_is_told(index, folder, handler, said):
    with HTTPServer(("127.0.0.1", 0), handler or BaseHTTPRequestHandler) as server:
        if handler:
            threading.Thread(target=server.handle_request).start()
        store = ChromaServer(
            f"http://127.0.0.1:{server.server_port}", patience=0.2 if not handler else 60
        )
        with pytest.raises(StoreError, match=said):
            refresh(index, folder, store)


@pytest.mark.slow
def test_the_assistant_answers_the_same_from_a_server(chroma, assistant, tmp_path, monkeypatch):
    monkeypatch.setenv("ASSISTANT_STORE", chroma.url + "/")
    question = "Who warned of Russian retaliation?"
    with Assistant.build([SEEDS], tmp_path / "index") as opened:
        answer, same = opened.ask(question), assistant.ask(question)
        assert (answer.text, answer.citations) == (same.text, same.citations)
        assert opened.retrieve(question)[0].passage == assistant.retrieve(question)[0].passage
    check_tidy(tmp_path / "index", chroma)
