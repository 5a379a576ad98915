"""Adding and removing articles by their files: each has its outcome, and a rebuild keeps them."""

import shutil

import pytest
from support import news, write

from assistant.api import open_library, refresh
from assistant.errors import UsageError
from assistant.indexing.generations import uploads_folder
from assistant.settings import Settings
from assistant.uploads import add, reindex, remove


def ids(settings):
    with open_library(settings.index) as library:
        return [listing.id for listing in library.listings()]


@pytest.mark.slow
def test_files_are_added_kept_by_every_build_and_removed(tmp_path):
    settings = Settings(tmp_path / "index")
    files = {"a.txt": news(1), "b.md": news(2), "twin.txt": news(1), "e.txt": "", "p.pdf": "%PDF"}
    write(tmp_path, {f"given/{name}": text for name, text in files.items()})
    outcomes = add([tmp_path / "given" / name for name in files], settings)
    assert {o.name: o.indexed for o in outcomes} == {
        "a.txt": True,
        "b.md": True,
        "twin.txt": False,
        "e.txt": False,
        "p.pdf": False,
    }
    told = {o.name: o.message for o in outcomes}
    assert "same text as a" in told["twin.txt"]
    assert "empty" in told["e.txt"]
    assert ".txt" in told["p.pdf"]
    folder = uploads_folder(settings.index)
    assert sorted(path.name for path in folder.iterdir()) == ["a.txt", "b.md"]

    own = write(tmp_path, {"own/c.txt": news(3)}) / "own"
    refresh([own], settings.index)
    assert ids(settings) == ["a", "b", "c"]
    refresh([own], settings.index, rebuild=True)
    assert ids(settings) == ["a", "b", "c"]

    remove(["a", "c"], settings)
    assert [path.name for path in folder.iterdir()] == ["b.md"]
    assert (own / "c.txt").exists()
    done, missing = reindex(settings)
    assert (done.added, done.unchanged, missing) == (1, 1, ())
    assert ids(settings) == ["b", "c"]

    shutil.rmtree(own)
    done, missing = reindex(settings)
    assert missing == (str(own),)
    assert ids(settings) == ["b", "c"]


def test_nothing_known_to_read_again_is_told(tmp_path):
    with pytest.raises(UsageError, match="assistant index"):
        reindex(Settings(tmp_path / "none"))
