"""Files into articles; bad input gets one line that names the file, and the rest is read."""

import hashlib
import os
import shutil

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import ODD_TEXTS, SEEDS, news, write

from assistant.corpus.metadata import SIDECAR
from assistant.corpus.reading import (
    MAX_BYTES,
    Notice,
    decode,
    located,
    make_article,
    read_articles,
    text_hash,
)
from assistant.errors import CorpusError

GOOD = {"good one.txt": news(1), "another 😀.md": news(2)}


def lines(reading):
    """The notices as lines, each of which names a file or folder."""
    found = [str(notice) for notice in reading.notices]
    assert all(len(line.splitlines()) == 1 for line in found)
    assert all(line.startswith(os.sep) and ": " in line for line in found)
    return found


def read_with_good(folder, name="bad.txt"):
    """What is said of `name`, after checking that the good articles beside it were read."""
    write(folder, GOOD)
    reading = read_articles([folder])
    assert {"good one", "another 😀"} <= {article.id for article in reading.articles}
    found = [line for line in lines(reading) if line.startswith(str(folder / name))]
    assert len(lines(reading)) == len(found)
    return reading, found


# ---- What is read ----


def test_seeds_are_read_byte_for_byte():
    reading = read_articles([SEEDS])
    assert [article.id for article in reading.articles] == sorted(
        path.stem for path in SEEDS.glob("*.txt")
    )
    assert reading.notices == ()
    for article in reading.articles:
        assert article.text.encode() == (SEEDS / f"{article.id}.txt").read_bytes()
        assert article.origin == str(SEEDS / f"{article.id}.txt")


@pytest.mark.parametrize("text", ODD_TEXTS.values(), ids=ODD_TEXTS)
def test_text_is_decoded_without_newline_translation(tmp_path, text):
    write(tmp_path, {"odd.txt": text})
    (article,) = read_articles([tmp_path]).articles
    assert article.text == text


@given(text=st.text(st.characters(exclude_categories=["Cc", "Cs"])).filter(str.strip))
def test_any_text_is_read_as_it_is(tmp_path_factory, text):
    path = write(tmp_path_factory.mktemp("any"), {"any.txt": text}) / "any.txt"
    if text.encode()[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        assert decode(path) == (text, None)


def test_spaces_emoji_capitals_and_other_files(tmp_path):
    files = {"a b 😀.txt": news(1), "B.TXT": news(2), "c.Md": news(3)}
    others = {"d.pdf": b"%PDF", "e.PDF": b"x", "README": "x", ".hidden.txt": news(4), SIDECAR: ""}
    reading = read_articles([write(tmp_path, {**files, **others})])
    assert [article.id for article in reading.articles] == ["B", "a b 😀", "c"]
    assert lines(reading) == [
        f"{tmp_path}: passed over 2 .pdf, 1 README (only .md and .txt are read)"
    ]


def test_folders_are_read_to_the_bottom_and_hidden_ones_are_not(tmp_path):
    write(tmp_path, {"a/b/c.txt": news(1), ".git/d.txt": news(2), "e.txt": news(3)})
    reading = read_articles([tmp_path])
    assert [article.id for article in reading.articles] == ["c", "e"]


def test_single_files_and_the_same_file_twice(tmp_path):
    write(tmp_path, {"a.txt": news(1), "b.txt": news(2)})
    reading = read_articles([tmp_path / "a.txt", tmp_path / "a.txt", tmp_path])
    assert [article.id for article in reading.articles] == ["a", "b"]
    assert reading.notices == ()


def test_a_file_of_another_format_is_told(tmp_path):
    write(tmp_path, {"a.txt": news(1), "b.pdf": b"%PDF"})
    reading = read_articles([tmp_path / "a.txt", tmp_path / "b.pdf"])
    assert lines(reading) == [
        f"{tmp_path / 'b.pdf'}: only .md and .txt files are read; not indexed"
    ]


# ---- Names ----


def test_one_stem_in_two_folders(tmp_path):
    files = {"a/vote.txt": news(1), "b/vote.txt": news(2), "b/other.txt": news(3)}
    reading = read_articles([write(tmp_path, files)])
    assert [article.id for article in reading.articles] == ["a/vote", "other", "b/vote"]


def test_one_stem_at_the_top_and_below(tmp_path):
    reading = read_articles([write(tmp_path, {"vote.txt": news(1), "b/vote.txt": news(2)})])
    assert sorted(article.id for article in reading.articles) == ["b/vote", "vote"]


def test_one_stem_with_two_suffixes(tmp_path):
    reading = read_articles([write(tmp_path, {"vote.txt": news(1), "vote.md": news(2)})])
    assert [article.id for article in reading.articles] == ["vote.md", "vote.txt"]


def test_one_stem_in_two_given_folders(tmp_path):
    write(tmp_path, {"a/vote.txt": news(1), "b/vote.txt": news(2)})
    reading = read_articles([tmp_path / "a", tmp_path / "b"])
    assert [article.id for article in reading.articles] == ["a/vote", "b/vote"]


def test_ids_that_other_articles_have_are_not_taken(tmp_path):
    write(tmp_path, {"a/vote.txt": news(1)})
    taken = {"vote": text_hash("other")}
    (article,) = read_articles([tmp_path / "a"], taken).articles
    assert article.id == "vote.txt"
    (article,) = read_articles([tmp_path], taken).articles
    assert article.id == "a/vote"


def test_names_that_are_not_utf_8(tmp_path):
    name = os.fsencode(tmp_path) + b"/caf\xe9.txt"
    try:
        with open(name, "wb") as file:
            file.write(news(3).encode())
    except OSError:
        pytest.skip("this file system takes no such name")
    write(tmp_path, {"good.txt": news(1)})
    ids = [article.id for article in read_articles([tmp_path]).articles]
    assert ids == ["caf\ufffd", "good"]
    with open(name, "wb") as file:
        file.write(b"\0")
    assert lines(read_articles([tmp_path])) == [
        f"{tmp_path}/caf\ufffd.txt: is binary, not text; not indexed"
    ]


def test_a_line_break_in_a_name_is_no_line_break_in_a_notice(tmp_path):
    write(tmp_path, {"two\nlines.txt": b"\0", "good.txt": news(1)})
    assert [str(notice) for notice in read_articles([tmp_path]).notices] == [
        f"{tmp_path}/two lines.txt: is binary, not text; not indexed"
    ]
    assert str(Notice("a\r\nb", "c\u2028d")) == "a b: c d"


def test_one_folder_has_one_name(tmp_path, monkeypatch):
    write(tmp_path, {"a/b/c.txt": news(1)})
    (tmp_path / "link").symlink_to(tmp_path / "a")
    monkeypatch.chdir(tmp_path / "a")
    folder = (tmp_path / "a" / "b").resolve()
    for path in ("b", "./b", "../a/b", "b/../b", str(tmp_path / "link" / "b")):
        assert located(type(tmp_path)(path)) == folder
        (article,) = read_articles([type(tmp_path)(path)]).articles
        assert article.origin == str(folder / "c.txt")


# ---- Encodings ----


@pytest.mark.parametrize(
    ("encoding", "said"),
    [("cp1252", "Windows-1252"), ("utf-16", "UTF-16"), ("utf-16-le", None), ("utf-16-be", None)],
)
def test_other_encodings_are_decoded_and_said(tmp_path, encoding, said):
    text = f"Café opens – “at last”\n\n{news(3)}"
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    write(tmp_path, {"bad.txt": mark + text.encode(encoding)})
    reading, found = read_with_good(tmp_path)
    assert [article.text for article in reading.articles if article.id == "bad"] == [text]
    assert found == [f"{tmp_path / 'bad.txt'}: is {found[0].split(': is ')[1]}"]
    assert "not UTF-8; decoded as" in found[0]
    assert said is None or said in found[0]


def test_an_encoding_that_windows_1252_excludes_is_guessed_and_said(tmp_path):
    text = "Мэр открыл новый мост через реку в понедельник утром. Он стоил миллион. " * 5
    data = text.encode("koi8-r")
    assert set(data) & {0x81, 0x8D, 0x8F, 0x90, 0x9D} or data.decode("cp1252")
    write(tmp_path, {"bad.txt": b"\x81\x8d " + text.encode("cp1251")})
    _, found = read_with_good(tmp_path)
    assert len(found) == 1
    assert "is not UTF-8; decoded as" in found[0] or "no encoding that could be" in found[0]


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "is empty"),
        (b" \r\n\t \n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        (b"\xff\xfe", "is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "is binary, not text"),
        (bytes(range(256)) * 40, "is binary, not text"),
        (b"\x01\x02\x03" * 100, "is binary, not text"),
        (b"The mayor\0 spoke on Monday." * 100, "is binary, not text"),
        ("The mayor spoke.".encode("utf-16-le"), "is binary, not text"),
        ("The mayor spoke.".encode("utf-32"), "is binary, not text"),
        (b"\xff\xfe\x00\xd8x", "begins like UTF-16 text but is not"),
    ],
)
def test_what_is_no_text_is_told_and_the_rest_is_read(tmp_path, data, problem):
    write(tmp_path, {"bad.txt": data})
    reading, found = read_with_good(tmp_path)
    assert found == [f"{tmp_path / 'bad.txt'}: {problem}; not indexed"]
    assert reading.unread == {str(tmp_path / "bad.txt")}


# ---- What cannot be read ----


def test_a_file_of_50_mb_is_told(tmp_path):
    with open(tmp_path / "bad.txt", "wb") as file:
        file.truncate(50 * 2**20)
    _, found = read_with_good(tmp_path)
    assert found == [
        f"{tmp_path / 'bad.txt'}: is 50 MB, more than the 5 MB an article may have; "
        "split it into articles; not indexed"
    ]


def test_a_file_of_just_the_limit_is_read(tmp_path):
    line = "The mayor spoke at length on Monday, and nobody listened. " * 10 + "\n"
    write(tmp_path, {"big.txt": (line * (MAX_BYTES // len(line) + 1))[:MAX_BYTES]})
    text, note = decode(tmp_path / "big.txt")
    assert (len(text), note) == (MAX_BYTES, None)


def test_a_dangling_link_is_told(tmp_path):
    (tmp_path / "bad.txt").symlink_to("nowhere.txt")
    _, found = read_with_good(tmp_path)
    assert found == [
        f"{tmp_path / 'bad.txt'}: cannot be read (No such file or directory); not indexed"
    ]


def test_links_in_a_circle_are_told(tmp_path):
    (tmp_path / "bad.txt").symlink_to("bad.md")
    (tmp_path / "bad.md").symlink_to("bad.txt")
    write(tmp_path, GOOD)
    found = lines(read_articles([tmp_path]))
    assert len(found) == 2
    assert all("cannot be read (" in line for line in found)


def test_folders_in_a_circle_are_read_once(tmp_path):
    write(tmp_path, {"sub/below/deep.txt": news(3)})
    (tmp_path / "sub" / "below" / "up").symlink_to(tmp_path)
    (tmp_path / "sub" / "self").symlink_to(".")
    reading, found = read_with_good(tmp_path)
    assert [article.id for article in reading.articles] == ["another 😀", "good one", "deep"]
    assert found == []


def test_a_linked_folder_is_followed(tmp_path):
    write(tmp_path, {"elsewhere/a.txt": news(1), "given/b.txt": news(2)})
    (tmp_path / "given" / "link").symlink_to(tmp_path / "elsewhere")
    reading = read_articles([tmp_path / "given"])
    assert sorted(article.id for article in reading.articles) == ["a", "b"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_told_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "bad.txt")
    _, found = read_with_good(tmp_path)
    assert found == [f"{tmp_path / 'bad.txt'}: is no regular file; not indexed"]


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="no devices here")
def test_an_endless_device_is_told(tmp_path):
    (tmp_path / "bad.txt").symlink_to("/dev/zero")
    _, found = read_with_good(tmp_path)
    assert found == [f"{tmp_path / 'bad.txt'}: is no regular file; not indexed"]


def test_a_folder_named_like_an_article_is_a_folder(tmp_path):
    reading = read_articles([write(tmp_path, {"notes.txt/a.txt": news(1)})])
    assert [article.id for article in reading.articles] == ["a"]


def test_an_unreadable_folder_is_told_and_remembered(tmp_path, monkeypatch):
    write(tmp_path, {"locked/a.txt": news(3)})
    listing = os.scandir

    def refuse(path="."):
        if os.fspath(path) == str(tmp_path / "locked"):
            raise PermissionError(13, "Permission denied", path)
        return listing(path)

    monkeypatch.setattr(os, "scandir", refuse)
    reading, found = read_with_good(tmp_path, "locked")
    assert found == [f"{tmp_path / 'locked'}: cannot be read (Permission denied); not indexed"]
    assert reading.unread == {str(tmp_path / "locked")}


def test_an_empty_folder_beside_others_is_told(tmp_path):
    write(tmp_path, {"full/a.txt": news(1)})
    (tmp_path / "empty").mkdir()
    reading = read_articles([tmp_path / "full", tmp_path / "empty"])
    assert [article.id for article in reading.articles] == ["a"]
    assert lines(reading) == [f"{tmp_path / 'empty'}: holds no .md and .txt files"]


def test_nothing_but_an_empty_folder_is_an_error(tmp_path):
    with pytest.raises(CorpusError, match=rf"no articles in {tmp_path}: put files ending in"):
        read_articles([tmp_path])


@pytest.mark.parametrize("name", ["missing", "missing.txt", "x" * 300, "a\0b"])
def test_a_path_that_is_not_there_is_an_error_that_names_it(tmp_path, name):
    with pytest.raises(CorpusError, match="no such file or folder") as caught:
        read_articles([SEEDS, tmp_path / name])
    assert str(caught.value).startswith(str(tmp_path / name))


# ---- Duplicates ----


def test_the_same_text_is_indexed_once_and_said(tmp_path):
    write(tmp_path, {"a.txt": news(3), "b.txt": "\n" + news(3).rstrip(), "sub/c.txt": news(3)})
    (tmp_path / "d.txt").symlink_to("a.txt")
    reading = read_articles([tmp_path])
    assert [article.id for article in reading.articles] == ["a"]
    assert lines(reading) == [
        f"{tmp_path / name}: same text as a; indexed once"
        for name in ("b.txt", "d.txt", "sub/c.txt")
    ]


def test_the_text_of_an_article_indexed_before_is_said(tmp_path):
    write(tmp_path, {"a.txt": news(3), "b.txt": news(4)})
    reading = read_articles([tmp_path], {"old": text_hash(news(3))})
    assert [article.id for article in reading.articles] == ["b"]
    assert lines(reading) == [f"{tmp_path / 'a.txt'}: same text as old; indexed once"]


# ---- Sidecars ----


def test_sidecar_entries_without_a_file_are_told(tmp_path):
    write(tmp_path, {**GOOD, SIDECAR: '["gone.txt"]\ntitle = "T"\n["good one.txt"]\ntitle = "G"'})
    reading, found = read_with_good(tmp_path, SIDECAR)
    assert found == [f"{tmp_path / SIDECAR}: names 'gone.txt', which is not here"]
    assert {a.title for a in reading.articles if a.id == "good one"} == {"G"}


def test_sidecar_entries_for_files_not_given_this_time_are_no_error(tmp_path):
    write(tmp_path, {**GOOD, SIDECAR: '["another 😀.md"]\ntitle = "T"'})
    assert read_articles([tmp_path / "good one.txt"]).notices == ()


def test_each_folder_has_its_own_sidecar(tmp_path):
    for name in ("a", "b"):
        write(tmp_path / name, {f"{name}.txt": news(ord(name))})
        write(tmp_path / name, {SIDECAR: f'["{name}.txt"]\noutlet = "The {name}"'})
    assert [a.outlet for a in read_articles([tmp_path]).articles] == ["The a", "The b"]


# The five articles stay byte for byte as they were given.
GIVEN = {
    "000_2746dcb95056ead2.txt": "167caea11ebc831c749edc2198cd549d6ddd412934b81a09f2086969cc2038a6",
    "001_0199e798428d1445.txt": "1f3b3bafcc1d81d92b03afa9c67ed7b007f254962801180a74d7300754518621",
    "002_041de455112da9c8.txt": "bd7d200c149b506440816fb3facc6a1df401c2fa0a4bd9afcd6a9d3a2106d90b",
    "003_c4e2146a9f4a4b35.txt": "e81182268e0ddd109c35cc5ed8a3343ae9c7c14bafb97cc96be306a7e8b23fbb",
    "004_3b45aa806c4ddf11.txt": "cc2399a28b3bad79d9a94b4c71a252cb0adea4b4ebd0a35f852cfca478251262",
}


def test_seeds_are_the_given_ones():
    here = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in SEEDS.glob("*.txt")}
    assert here == GIVEN


def test_reading_a_copy_elsewhere_changes_nothing_but_the_origin(tmp_path):
    shutil.copytree(SEEDS, tmp_path / "copy")
    here, there = read_articles([SEEDS]).articles, read_articles([tmp_path / "copy"]).articles
    for one, other in zip(here, there, strict=True):
        assert (one.id, one.text, one.spans, one.title) == (
            other.id,
            other.text,
            other.spans,
            other.title,
        )


def test_make_article_keeps_the_text_whole():
    article = make_article("x", "\ufeffA headline\r\n\r\nThe mayor spoke.")
    assert article.text.startswith("\ufeff")
    assert article.title == "A headline"


def test_what_is_known_from_the_same_source_is_not_made_again(tmp_path):
    folder = write(tmp_path, {"a.txt": news(1), "b.txt": news(2), "c.txt": news(3)})
    first = read_articles([folder])
    assert set(first.sources) == {"a", "b", "c"}
    assert first.unchanged == ()
    write(folder, {"b.txt": news(4), SIDECAR: '["c.txt"]\noutlet = "The Gazette"\n'})
    again = read_articles([folder], known=first.sources)
    assert again.unchanged == ("a",)
    assert [article.id for article in again.articles] == ["b", "c"]
    (folder / SIDECAR).unlink()
    assert read_articles([folder], known=first.sources).unchanged == ("a", "c")
