"""The holder: one open assistant for many threads, renewed when the index is."""

import threading

import pytest

from assistant import holder as holder_module
from assistant.errors import IndexUnusableError
from assistant.holder import Holder
from assistant.settings import Settings


class FakeAssistant:
    opened: list["FakeAssistant"]

    def __init__(self):
        self.closed = False

    def close(self):
        assert not self.closed
        self.closed = True


@pytest.fixture
def index(tmp_path, monkeypatch):
    """An index folder whose generations are opened as fakes; `opened` lists them."""
    opened = []

    def open_fake(settings):
        opened.append(FakeAssistant())
        return opened[-1]

    monkeypatch.setattr(holder_module.Assistant, "from_settings", open_fake)
    return tmp_path / "index", opened


def publish(index, name):
    generation = index / "generations" / name
    generation.mkdir(parents=True)
    (generation / "manifest.json").write_text("{}")
    (index / "current").write_text(name)


def test_a_missing_index_is_told_and_then_found(index):
    folder, opened = index
    holder = Holder(Settings(folder))
    with pytest.raises(IndexUnusableError, match="assistant index"), holder.use():
        pass
    publish(folder, "000001")
    with holder.use() as assistant:
        assert assistant is opened[0]


def test_the_same_generation_is_opened_once(index):
    folder, opened = index
    publish(folder, "000001")
    holder = Holder(Settings(folder))
    with holder.use() as first, holder.use() as second:
        assert first is second
    assert len(opened) == 1
    holder.close()
    assert opened[0].closed


def test_a_newer_generation_is_picked_up_and_the_old_one_closed_after_its_last_use(index):
    folder, _opened = index
    publish(folder, "000001")
    holder = Holder(Settings(folder))
    with holder.use() as old:
        publish(folder, "000002")
        with holder.use() as new:
            assert new is not old
        assert not old.closed
    assert old.closed
    assert not new.closed
    holder.close()
    assert new.closed


def test_an_index_deleted_and_built_again_is_another_one(index):
    import shutil

    folder, _opened = index
    publish(folder, "000001")
    holder = Holder(Settings(folder))
    with holder.use() as old:
        pass
    shutil.rmtree(folder)
    (folder / "generations").mkdir(parents=True)
    (folder / "elsewhere").write_text("takes the freed inode")
    publish(folder, "000001")
    with holder.use() as new:
        assert new is not old
    assert old.closed


def test_others_go_on_with_the_open_one_while_a_newer_one_is_opened_unless_they_want_that(
    index, monkeypatch
):
    folder, _opened = index
    publish(folder, "000001")
    holder = Holder(Settings(folder))
    with holder.use() as old:
        pass
    publish(folder, "000002")
    opening, go_on = threading.Event(), threading.Event()
    newer = FakeAssistant()

    def open_slowly(settings):
        opening.set()
        assert go_on.wait(10)
        return newer

    monkeypatch.setattr(holder_module.Assistant, "from_settings", open_slowly)
    used = []

    def use(**how):
        with holder.use(**how) as assistant:
            used.append(assistant)

    thread = threading.Thread(target=use)
    thread.start()
    assert opening.wait(10)
    with holder.use() as meanwhile:
        assert meanwhile is old
    waiting = threading.Thread(target=use, kwargs={"current": True})
    waiting.start()
    waiting.join(0.2)
    assert waiting.is_alive()
    go_on.set()
    thread.join(10)
    waiting.join(10)
    assert used == [newer, newer]
    assert old.closed


def test_many_threads_open_once(index):
    folder, opened = index
    publish(folder, "000001")
    holder = Holder(Settings(folder))

    def use():
        with holder.use():
            pass

    threads = [threading.Thread(target=use) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert len(opened) == 1
    assert not opened[0].closed
