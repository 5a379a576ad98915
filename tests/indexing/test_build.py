"""Builds: only what changed is computed, nothing is lost when one is killed, readers go on."""

import contextlib
import json
import os
import random
import signal
import time
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from support import SEEDS, HashEmbedder, news, unloadable, write
from worker import Worker

from assistant.corpus.metadata import SIDECAR
from assistant.corpus.reading import read_articles
from assistant.errors import CorpusError, IndexBusyError, IndexUnusableError
from assistant.indexing import build, generations
from assistant.indexing.build import content_hash
from assistant.indexing.generations import SCHEMA, Manifest
from assistant.indexing.index import Index
from assistant.indexing.library import is_held
from assistant.records import Filters

KILLS = 10


@pytest.fixture
def index(tmp_path):
    return tmp_path / "index"


@pytest.fixture
def folder(tmp_path):
    """Four articles."""
    return write(tmp_path / "articles", {f"n{number}.txt": news(number) for number in range(4)})


def refresh(index, *paths, embedder=None, **options):
    embedder = embedder or HashEmbedder()
    return build.refresh(index, list(paths), lambda kept: embedder, "hash", **options)


def counts(summary):
    return summary.added, summary.updated, summary.removed, summary.unchanged


def ids(index):
    with closing(Index.open(index, "hash")) as opened:
        return [article.id for article in opened.library.articles()]


def check_whole(index):
    """The current generation opens, and its parts agree."""
    with closing(Index.open(index, "hash")) as opened:
        articles = list(opened.library.articles())
        assert {a.id: content_hash(a) for a in articles} == opened.manifest.articles
        assert opened.library.count() == (len(articles), opened.manifest.passages)
        assert opened.vectors.count() == opened.manifest.passages
        found = opened.vectors.search(HashEmbedder().encode(["report"])[0], 100_000, Filters())
        assert len(found) == opened.manifest.passages
        for id_, _ in found:
            passage = opened.library.passage(id_)
            assert opened.library.article(passage.article_id).text[passage.start : passage.end] == (
                passage.text
            )
        return articles


def names(index):
    return sorted(path.name for path in (index / "generations").iterdir())


def check_tidy(index):
    """Nothing but one generation is left."""
    assert names(index) == [generations.current(index).name]
    assert sorted(path.name for path in index.iterdir()) == ["current", "generations", "lock"]


# ---- What is computed ----


def test_a_first_build(index, folder):
    told = []
    summary = refresh(index, folder, progress=lambda done, total: told.append((done, total)))
    assert counts(summary) == (4, 0, 0, 0)
    assert [article.id for article in check_whole(index)] == ["n0", "n1", "n2", "n3"]
    check_tidy(index)
    assert told[0] == (0, summary.passages)
    assert told[-1] == (summary.passages, summary.passages)
    assert told == sorted(told)


def test_the_manifest_says_how_the_index_was_made(index, folder):
    summary = refresh(index, folder)
    assert Manifest.read(generations.current(index)) == Manifest(
        schema=SCHEMA,
        model="hash",
        dimension=HashEmbedder.dimension,
        passage_words=generations.passage_settings(),
        passages=summary.passages,
        articles={a.id: content_hash(a) for a in read_articles([folder]).articles},
        sources=read_articles([folder]).sources,
        roots=(str(folder),),
    )


def test_unchanged_articles_cost_nothing(index, folder):
    refresh(index, folder)
    before = generations.current(index)
    summary = build.refresh(index, [folder], unloadable, "hash")
    assert counts(summary) == (0, 0, 0, 4)
    assert summary.passages == Manifest.read(before).passages
    assert generations.current(index) == before
    check_tidy(index)


def test_only_what_changed_is_embedded(index, folder):
    refresh(index, folder)
    write(folder, {"n1.txt": news(21), "new.txt": news(22)})
    (folder / "n3.txt").unlink()
    embedder = HashEmbedder()
    assert counts(refresh(index, folder, embedder=embedder)) == (1, 1, 1, 2)
    assert [article.id for article in check_whole(index)] == ["n0", "n1", "n2", "new"]
    assert all("number 21" in text or "number 22" in text for text in embedder.encoded)
    assert embedder.encoded
    check_tidy(index)


def test_removing_files_embeds_nothing(index, folder):
    refresh(index, folder)
    (folder / "n3.txt").unlink()
    assert counts(build.refresh(index, [folder], unloadable, "hash")) == (0, 0, 1, 3)
    assert [article.id for article in check_whole(index)] == ["n0", "n1", "n2"]


def test_metadata_that_changed_is_indexed(index, folder):
    refresh(index, folder)
    write(folder, {SIDECAR: '["n1.txt"]\noutlet = "The Gazette"\npublished = 2024-03-05\n'})
    assert counts(refresh(index, folder)) == (0, 1, 0, 3)
    check_whole(index)
    with closing(Index.open(index, "hash")) as opened:
        assert opened.library.outlets() == ["The Gazette"]
        vector = HashEmbedder().encode(["bridge"])[0]
        for filters in (Filters(outlets=("The Gazette",)), Filters(since=date(2024, 3, 5))):
            found = opened.vectors.search(vector, 100, filters)
            assert {opened.library.passage(id_).article_id for id_, _ in found} == {"n1"}


def test_seeds_with_the_real_model(seeds_index):
    manifest = Manifest.read(generations.current(seeds_index))
    assert (manifest.model, manifest.dimension) == ("all-MiniLM-L6-v2", 384)
    assert sorted(manifest.articles) == sorted(path.stem for path in SEEDS.glob("*.txt"))
    summary = build.refresh(seeds_index, [SEEDS], unloadable, manifest.model)
    assert counts(summary) == (0, 0, 0, 5)


# ---- What is dropped and what is kept ----


def test_only_what_lay_beneath_the_given_path_is_dropped(index, tmp_path):
    write(tmp_path, {"a/one.txt": news(1), "a/two.txt": news(2), "ab/three.txt": news(3)})
    refresh(index, tmp_path / "a", tmp_path / "ab")
    for gone in ("a/two.txt", "ab/three.txt"):
        (tmp_path / gone).unlink()
    assert counts(refresh(index, tmp_path / "a")) == (0, 0, 1, 2)
    assert ids(index) == ["one", "three"]


def test_a_single_file_drops_nothing(index, folder):
    refresh(index, folder)
    write(folder, {"n1.txt": news(21)})
    (folder / "n3.txt").unlink()
    assert counts(refresh(index, folder / "n1.txt")) == (0, 1, 0, 3)
    assert ids(index) == ["n0", "n1", "n2", "n3"]


def test_the_same_folder_by_another_name_is_the_same_folder(index, folder, tmp_path, monkeypatch):
    refresh(index, folder)
    (tmp_path / "link").symlink_to(folder)
    monkeypatch.chdir(folder)
    (folder / "n3.txt").unlink()
    for path in (Path("."), Path("../articles"), tmp_path / "link", folder / ".." / "articles"):
        summary = refresh(index, path)
        assert summary.notices == ()
        assert sum(counts(summary)) - summary.removed == 3


def test_articles_of_one_name_in_two_folders(index, tmp_path):
    write(tmp_path, {"a/vote.txt": news(1), "b/vote.txt": news(2)})
    refresh(index, tmp_path / "a")
    refresh(index, tmp_path / "b")
    assert ids(index) == ["vote", "vote.txt"]
    assert counts(refresh(index, tmp_path / "a")) == (0, 0, 0, 2)
    assert counts(refresh(index, tmp_path / "b")) == (0, 0, 0, 2)
    check_whole(index)


def test_a_file_that_cannot_be_read_now_keeps_its_former_version(index, folder):
    refresh(index, folder)
    former = {article.id: article for article in check_whole(index)}
    (folder / "n1.txt").unlink()
    (folder / "n1.txt").symlink_to("nowhere")
    write(folder, {"n2.txt": b"\0\1", "n0.txt": news(20)})
    summary = refresh(index, folder)
    assert counts(summary) == (0, 1, 0, 3)
    said = [notice.message for notice in summary.notices]
    assert len(said) == 4
    assert said.count("the version that was indexed before is kept") == 2
    now = {article.id: article for article in check_whole(index)}
    assert (now["n1"], now["n2"]) == (former["n1"], former["n2"])
    (folder / "n1.txt").unlink()
    assert counts(refresh(index, folder)) == (0, 0, 1, 3)


def test_a_folder_that_cannot_be_read_now_keeps_its_articles(index, folder, monkeypatch):
    write(folder, {"sub/below/deep.txt": news(9)})
    refresh(index, folder)
    listing = os.scandir

    def refuse(path="."):
        if path == str(folder / "sub"):
            raise PermissionError(13, "Permission denied", str(path))
        return listing(path)

    monkeypatch.setattr(os, "scandir", refuse)
    summary = build.refresh(index, [folder], unloadable, "hash")
    monkeypatch.undo()
    assert counts(summary) == (0, 0, 0, 5)
    assert len(summary.notices) == 2
    assert "deep" in ids(index)


def test_bad_files_are_told_and_the_rest_is_indexed(index, folder):
    write(folder, {"empty.txt": b"", "binary.txt": b"\0", "latin.txt": news(7).encode() + b"\xe9"})
    (folder / "loop.txt").symlink_to("loop.txt")
    with open(os.fsencode(folder) + b"/caf\xe9.txt", "wb") as file:
        file.write(news(8).encode())
    summary = refresh(index, folder)
    assert counts(summary) == (6, 0, 0, 0)
    told = sorted(Path(notice.path).name for notice in summary.notices)
    assert told == ["binary.txt", "empty.txt", "latin.txt", "loop.txt"]
    check_whole(index)
    assert counts(build.refresh(index, [folder], unloadable, "hash")) == (0, 0, 0, 6)


def test_nothing_but_bad_files_is_an_error_and_changes_nothing(index, folder, tmp_path):
    bad = write(tmp_path / "bad", {"empty.txt": b"", "binary.txt": b"\0"})
    with pytest.raises(CorpusError, match="none of the files holds an article") as caught:
        refresh(index, bad)
    assert {"empty.txt", "binary.txt"} <= {
        Path(line.split(": ")[0]).name for line in str(caught.value).splitlines()
    }
    with pytest.raises(IndexUnusableError, match="no index in"):
        Index.open(index, "hash")
    refresh(index, folder)
    assert counts(refresh(index, bad)) == (0, 0, 0, 4)
    (bad / "none").mkdir()
    with pytest.raises(CorpusError, match="no articles in"):
        refresh(index, bad / "none")
    assert ids(index) == ["n0", "n1", "n2", "n3"]


def test_articles_of_nothing_but_furniture(index, tmp_path):
    write(tmp_path / "ads", {"ad.txt": "Advertisement\n\nRead more\n"})
    assert counts(refresh(index, tmp_path / "ads")) == (1, 0, 0, 0)
    assert [article.id for article in check_whole(index)] == ["ad"]
    write(tmp_path / "ads", {"n1.txt": news(1)})
    assert counts(refresh(index, tmp_path / "ads")) == (1, 0, 0, 1)
    check_whole(index)


# ---- Removing ----


def test_removing_articles(index, folder):
    refresh(index, folder)
    summary = build.remove(index, ["n1", "n3", "n3"], unloadable, "hash")
    assert counts(summary) == (0, 0, 2, 2)
    assert [article.id for article in check_whole(index)] == ["n0", "n2"]
    assert counts(refresh(index, folder)) == (2, 0, 0, 2)


def test_removing_what_is_not_there_removes_nothing(index, folder):
    refresh(index, folder)
    with pytest.raises(CorpusError, match="not in the index: x, y; 'assistant articles'"):
        build.remove(index, ["n1", "x", "y"], unloadable, "hash")
    assert ids(index) == ["n0", "n1", "n2", "n3"]


def test_removing_where_there_is_no_index_makes_none(index):
    with pytest.raises(IndexUnusableError, match="no index in"):
        build.remove(index, ["n1"], unloadable, "hash")
    assert not index.exists()


def test_an_index_whose_every_article_was_removed(index, folder):
    refresh(index, folder)
    summary = build.remove(index, ["n0", "n1", "n2", "n3"], unloadable, "hash")
    assert (counts(summary), summary.passages) == ((0, 0, 4, 0), 0)
    assert check_whole(index) == []
    assert counts(refresh(index, folder)) == (4, 0, 0, 0)
    check_whole(index)
    check_tidy(index)


# ---- Made otherwise ----


def test_rebuilding_keeps_nothing(index, folder, tmp_path):
    refresh(index, folder)
    write(tmp_path / "other", {"only.txt": news(50)})
    embedder = HashEmbedder()
    refresh(index, tmp_path / "other", embedder=embedder, rebuild=True)
    assert [article.id for article in check_whole(index)] == ["only"]
    check_tidy(index)


def test_another_model_is_refused_for_reading_and_indexed_anew_by_a_build(index, folder, tmp_path):
    refresh(index, folder)
    with pytest.raises(IndexUnusableError, match="'assistant index' with this one") as caught:
        Index.open(index, "other")
    assert "built with the embedding model 'hash', not 'other'" in str(caught.value)
    assert not is_held(generations.current(index) / "library.sqlite")
    write(tmp_path / "more", {"more.txt": news(9)})
    embedder = HashEmbedder("other")
    build.refresh(index, [tmp_path / "more"], lambda kept: embedder, "other")
    with closing(Index.open(index, "other")) as opened:
        assert opened.library.count()[0] == 5
        assert opened.vectors.count() == len(embedder.encoded) == opened.manifest.passages
    with pytest.raises(IndexUnusableError, match="not 'hash'"):
        Index.open(index, "hash")


def test_other_passage_settings_are_indexed_anew(index, folder, monkeypatch):
    refresh(index, folder)
    monkeypatch.setattr(generations, "passage_settings", lambda: (1, 2))
    embedder = HashEmbedder()
    assert counts(refresh(index, folder, embedder=embedder)) == (0, 0, 0, 4)
    assert embedder.encoded
    check_whole(index)


def test_another_schema_is_an_error_until_rebuilt(index, folder):
    refresh(index, folder)
    path = generations.current(index) / "manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "schema": 999}))
    attempts = (
        lambda: Index.open(index, "hash"),
        lambda: refresh(index, folder),
        lambda: build.remove(index, ["n1"], unloadable, "hash"),
    )
    for attempt in attempts:
        with pytest.raises(IndexUnusableError, match="assistant index --rebuild PATH"):
            attempt()
    assert counts(refresh(index, folder, rebuild=True)) == (4, 0, 0, 0)
    check_whole(index)


@pytest.mark.parametrize("part", ["library.sqlite", "manifest.json", "vectors/chroma.sqlite3"])
@pytest.mark.parametrize("damage", ["gone", "garbled"])
def test_a_damaged_index_names_the_command_that_mends_it(index, folder, part, damage):
    refresh(index, folder)
    path = generations.current(index) / part
    path.unlink() if damage == "gone" else path.write_bytes(b"no such format" * 500)
    with pytest.raises(IndexUnusableError, match="assistant index --rebuild PATH"):
        Index.open(index, "hash")
    refresh(index, folder, rebuild=True)
    check_whole(index)
    check_tidy(index)


# ---- Stopped, at once, meanwhile ----


def test_a_build_that_fails_changes_nothing_and_the_next_succeeds(index, folder):
    refresh(index, folder)
    before = generations.current(index)
    write(folder, {"n1.txt": news(21), "new.txt": news(22)})

    class Failing(HashEmbedder):
        def encode(self, texts):
            raise MemoryError

    with pytest.raises(MemoryError):
        refresh(index, folder, embedder=Failing())
    assert generations.current(index) == before
    check_whole(index)
    check_tidy(index)
    assert counts(refresh(index, folder)) == (1, 1, 0, 3)
    check_whole(index)


def test_a_reader_goes_on_until_it_closes(index, folder):
    refresh(index, folder)
    vector = HashEmbedder().encode(["bridge"])[0]
    reader = Index.open(index, "hash")
    before = reader.vectors.search(vector, 50, Filters())
    for number in (30, 31):
        write(folder, {"n1.txt": news(number)})
        refresh(index, folder)
        assert reader.folder.is_dir()
        assert reader.vectors.search(vector, 50, Filters()) == before
        assert reader.library.article("n1").text == news(1)
        assert all(reader.library.passage(id_) for id_, _ in before)
        assert names(index) == [reader.folder.name, generations.current(index).name]
    reader.close()
    write(folder, {"n1.txt": news(32)})
    refresh(index, folder)
    assert not reader.folder.exists()
    check_tidy(index)


def test_a_build_in_between_opening_is_noticed(index, folder, monkeypatch):
    refresh(index, folder)
    find, late = generations.find, []

    def find_and_build(path):
        found = find(path)
        if not late:  # published, and the former one removed, right after it was looked up
            late.append(found)
            write(folder, {"n1.txt": news(21)})
            refresh(index, folder)
        return found

    monkeypatch.setattr(generations, "find", find_and_build)
    with closing(Index.open(index, "hash")) as opened:
        assert opened.folder != late[0]
        assert opened.library.article("n1").text == news(21)


@pytest.fixture(scope="module")
def worker():
    with closing(Worker()) as started:
        yield started


def test_a_build_killed_at_any_moment_loses_nothing(worker, index, tmp_path):
    folder, chance = tmp_path / "articles", random.Random()
    nothing = tmp_path / "no-hold"

    def change(turn):
        """Other texts for a third of 24 articles."""
        write(folder, {f"n{n}.txt": news(1000 * turn + n, 4) for n in range(turn % 3, 24, 3)})

    for turn in range(3):
        change(turn)
    worker.start("build", index, folder, nothing)
    assert worker.status() == 0
    change(3)
    started = time.monotonic()
    worker.start("build", index, folder, nothing)
    assert worker.status() == 0
    usual = time.monotonic() - started
    killed, turn = 0, 3
    while killed < KILLS:
        turn += 1
        before = {a.id: a.text for a in check_whole(index)}
        change(turn)
        after = {a.id: a.text for a in read_articles([folder]).articles}
        process = worker.start("build", index, folder, nothing)
        time.sleep(chance.uniform(0, usual))
        with contextlib.suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
        if worker.status() == -signal.SIGKILL:
            killed += 1
        else:
            usual *= 0.8  # it had finished
        assert {a.id: a.text for a in check_whole(index)} in (before, after)
    worker.start("build", index, folder, nothing)
    assert worker.status() == 0
    assert {a.id: a.text for a in check_whole(index)} == after
    check_tidy(index)


def test_a_killed_first_build_leaves_no_index_and_the_next_makes_one(
    worker, index, folder, tmp_path
):
    hold = tmp_path / "hold"
    hold.touch()
    process = worker.start("build", index, folder, hold)
    assert worker.line() == "ready"
    os.kill(process, signal.SIGKILL)
    assert worker.status() == -signal.SIGKILL
    with pytest.raises(IndexUnusableError, match="no index in"):
        Index.open(index, "hash")
    assert counts(refresh(index, folder)) == (4, 0, 0, 0)
    check_whole(index)
    check_tidy(index)


def test_while_another_process_builds_readers_answer_and_builders_are_refused(
    worker, index, folder, tmp_path
):
    refresh(index, folder)
    reader = Index.open(index, "hash")
    hold = tmp_path / "hold"
    hold.touch()
    write(folder, {"n1.txt": news(21)})
    worker.start("build", index, folder, hold)
    assert worker.line() == "ready"
    with pytest.raises(IndexBusyError, match="another process is building"):
        refresh(index, folder)
    with pytest.raises(IndexBusyError, match="another process is building"):
        build.remove(index, ["n1"], unloadable, "hash")
    vector = HashEmbedder().encode(["bridge"])[0]
    assert reader.vectors.search(vector, 5, Filters())
    assert {a.id: a.text for a in check_whole(index)}["n1"] == news(1)  # opened meanwhile
    hold.unlink()
    assert worker.status() == 0
    assert reader.vectors.search(vector, 5, Filters())
    assert reader.library.article("n1").text == news(1)
    assert {a.id: a.text for a in check_whole(index)}["n1"] == news(21)
    reader.close()
    assert counts(build.refresh(index, [folder], unloadable, "hash")) == (0, 0, 0, 4)
    check_tidy(index)


def test_a_reader_in_another_process_keeps_its_generation_until_it_ends(worker, index, folder):
    refresh(index, folder)
    first = generations.current(index)
    process = worker.start("read", index)
    assert worker.line() == "ready"
    write(folder, {"n1.txt": news(21)})
    refresh(index, folder)
    assert first.is_dir()
    os.kill(process, 0)  # it still reads
    os.kill(process, signal.SIGKILL)
    assert worker.status() == -signal.SIGKILL
    write(folder, {"n1.txt": news(22)})
    refresh(index, folder)
    assert not first.exists()
    check_tidy(index)


def test_a_folder_that_was_emptied_drops_its_articles_and_no_others(index, folder, tmp_path):
    other = tmp_path / "other"
    write(other, {"kept.txt": news(77)})
    refresh(index, folder)
    refresh(index, other)
    for path in folder.iterdir():
        path.unlink()
    summary = refresh(index, folder)
    assert (summary.removed, summary.unchanged) == (4, 1)
    assert ids(index) == ["kept"]
