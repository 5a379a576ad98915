"""Generations: built beside each other, published in one step, cleaned when nobody reads them."""

import json
import os
import threading
from contextlib import closing
from pathlib import Path

import pytest

from assistant.errors import IndexBusyError, IndexUnusableError
from assistant.indexing import generations
from assistant.indexing.generations import SCHEMA, Manifest, building, clean, current, publish
from assistant.indexing.library import Library

MANIFEST = Manifest(
    schema=SCHEMA,
    model="hash",
    dimension=32,
    passage_words=generations.passage_settings(),
    passages=2,
    articles={"a": "1" * 64, "é 😀": "2" * 64},
    sources={"a": "3" * 64, "é 😀": "4" * 64},
)


def build(index, text=""):
    """Publish a generation that holds a library, a manifest and `text`."""
    with building(index) as draft:
        Library.create(draft / "library.sqlite").close()
        (draft / "vectors").mkdir()
        (draft / "vectors" / "data").write_text(text)
        MANIFEST.write(draft)
        return publish(draft)


def names(index):
    return sorted(path.name for path in (index / "generations").iterdir())


def test_a_manifest_comes_back_as_written(tmp_path):
    MANIFEST.write(tmp_path)
    assert Manifest.read(tmp_path) == MANIFEST


def test_a_manifest_says_in_plain_json_what_the_index_holds(tmp_path):
    MANIFEST.write(tmp_path)
    assert json.loads((tmp_path / "manifest.json").read_text("utf-8")) == {
        "schema": SCHEMA,
        "model": "hash",
        "dimension": 32,
        "passage_words": list(generations.passage_settings()),
        "passages": 2,
        "articles": {"a": "1" * 64, "é 😀": "2" * 64},
        "sources": {"a": "3" * 64, "é 😀": "4" * 64},
        "roots": [],
        "collection": "",
    }


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('{"schema": 999}', f"has schema 999, this version reads schema {SCHEMA}"),
        ('{"schema": 0, "model": "x"}', f"has schema 0, this version reads schema {SCHEMA}"),
        ("", "cannot be read"),
        ("[]", "cannot be read"),
        ("{}", "cannot be read"),
        ("null", "cannot be read"),
        (f'{{"schema": {SCHEMA}}}', "cannot be read"),
        (f'{{"schema": {SCHEMA}, "passage_words": [1, 2], "else": 1}}', "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        (None, "cannot be read"),
    ],
)
def test_a_manifest_of_another_kind_names_the_command_that_mends_it(tmp_path, content, problem):
    folder = tmp_path / "index" / "generations" / "000001"
    folder.mkdir(parents=True)
    if content is not None:
        data = content if isinstance(content, bytes) else content.encode()
        (folder / "manifest.json").write_bytes(data)
    with pytest.raises(IndexUnusableError, match="assistant index --rebuild") as caught:
        Manifest.read(folder)
    assert problem in str(caught.value)
    assert f"the index {tmp_path / 'index'} " in str(caught.value)


@pytest.mark.parametrize("made", [False, True])
def test_no_index_names_the_command_that_makes_one(tmp_path, made):
    if made:
        (tmp_path / "index").mkdir()
    with pytest.raises(IndexUnusableError, match="no index in") as caught:
        current(tmp_path / "index")
    assert f"assistant index PATH ... --index {tmp_path / 'index'}" in str(caught.value)
    assert (tmp_path / "index").exists() == made


def test_publishing_replaces_what_is_current_and_removes_the_former(tmp_path):
    first = build(tmp_path)
    assert (current(tmp_path), names(tmp_path)) == (first, ["000001"])
    second = build(tmp_path)
    assert (current(tmp_path), names(tmp_path)) == (second, ["000002"])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["current", "generations", "lock"]
    assert (tmp_path / "current").read_text() == "000002"


def test_what_is_not_published_is_removed(tmp_path):
    first = build(tmp_path)
    with building(tmp_path) as draft:
        (draft / "half").write_text("x")
    with pytest.raises(ZeroDivisionError), building(tmp_path) as draft:
        raise ZeroDivisionError
    assert (current(tmp_path), names(tmp_path)) == (first, ["000001"])


def test_a_build_that_is_stopped_while_publishing_changes_nothing(tmp_path, monkeypatch):
    first = build(tmp_path)

    def stop(*paths):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        build(tmp_path)
    assert (current(tmp_path), names(tmp_path)) == (first, ["000001"])
    monkeypatch.undo()
    build(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["current", "generations", "lock"]


def test_leftovers_of_killed_builds_are_removed(tmp_path):
    first = build(tmp_path)
    for name in ("000002.building", "000003", "junk"):
        (tmp_path / "generations" / name / "vectors").mkdir(parents=True)
    (tmp_path / "current.new").write_text("000003")
    clean(tmp_path)
    assert (current(tmp_path), names(tmp_path)) == (
        first,
        ["000001", "junk"],
    )  # what is not ours stays
    assert not (tmp_path / "current.new").exists()


def test_one_builds_at_a_time(tmp_path):
    with (
        building(tmp_path),
        pytest.raises(IndexBusyError, match="another process is building") as caught,
        building(tmp_path),
    ):
        pytest.fail("two builders at once")
    assert str(tmp_path) in str(caught.value)
    build(tmp_path)


def test_a_place_that_cannot_be_written_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(IndexUnusableError, match="give another place with --index DIR"),
        building(tmp_path / "file" / "index"),
    ):
        pytest.fail("built inside a file")


def test_a_generation_is_kept_while_somebody_reads_it(tmp_path):
    first = build(tmp_path)
    with closing(Library.open(first / "library.sqlite")) as reader:
        build(tmp_path)
        third = build(tmp_path)
        assert names(tmp_path) == ["000001", "000003"]
        assert reader.count() == (0, 0)
    clean(tmp_path)
    assert names(tmp_path) == [third.name]


def test_an_unclear_current_removes_nothing_and_is_an_error(tmp_path):
    first = build(tmp_path)
    (tmp_path / "current").unlink()
    (tmp_path / "current").mkdir()
    for attempt in (lambda: current(tmp_path), lambda: clean(tmp_path), lambda: build(tmp_path)):
        with pytest.raises(IndexUnusableError, match="cannot be read"):
            attempt()
    assert names(tmp_path) == [first.name]


def test_a_current_that_is_no_text_is_an_error(tmp_path):
    build(tmp_path)
    (tmp_path / "current").write_bytes(b"\xff\xfe\xfd")
    with pytest.raises(IndexUnusableError, match="cannot be read"):
        current(tmp_path)


def test_current_names_a_complete_generation_at_every_moment(tmp_path):
    build(tmp_path, "0")
    finished = threading.Event()
    problems: list[str] = []

    def look() -> None:
        while not finished.is_set():
            name = (tmp_path / "current").read_text()
            if Path(name).name != name or len(name) != 6 or not name.isdecimal():
                problems.append(name)

    reader = threading.Thread(target=look)
    reader.start()
    for number in range(1, 25):
        build(tmp_path, str(number))
    finished.set()
    reader.join()
    assert problems == []
    assert (current(tmp_path) / "vectors" / "data").read_text() == "24"
