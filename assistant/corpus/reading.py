"""Files on disk into articles: finding, decoding and naming them, one clear line for bad input.

Another format is one more entry in `DECODERS`: a function from a file's bytes to its text.
"""

from __future__ import annotations

import hashlib
import os
import stat
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.corpus.cleaning import mark_spans
from assistant.corpus.metadata import SIDECAR, Stated, front_matter, read_sidecar, read_stated
from assistant.errors import CorpusError
from assistant.records import Article
from assistant.text import trim

MAX_BYTES = 5 * 1024 * 1024
_CONTROLS = bytes(c for c in range(32) if c not in (9, 10, 12, 13))
_BINARY_SHARE = 0.02  # more control characters than this and the file is no text


@dataclass(frozen=True, slots=True)
class Notice:
    """One line about one file: what was wrong or worth knowing, and what was done."""

    path: str
    message: str

    def __str__(self) -> str:
        return " ".join(f"{self.path}: {self.message}".splitlines())


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found beneath the given paths.

    Attributes:
        articles: those that were read, but for the unchanged.
        unchanged: the ids of articles that were known from the very same source.
        sources: the hash of what each of `articles` was made from, by id.
        notices: what is to be told.
        unread: files and folders that exist but hold nothing that could be read now, be it that
            one is empty or binary: what an index holds of them from before is still the best
            there is.
    """

    articles: tuple[Article, ...]
    unchanged: tuple[str, ...]
    sources: Mapping[str, str]
    notices: tuple[Notice, ...]
    unread: frozenset[str]


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    root: Path  # the folder that was given, or the folder of the file that was given


class _Unreadable(Exception):
    """This file holds no article; the message says why."""


def read_articles(
    paths: Sequence[Path],
    taken: Mapping[str, str] | None = None,
    may_be_empty: bool = False,
    known: Mapping[str, str] | None = None,
) -> Reading:
    """Read every article beneath `paths` (files or folders), sorted by path.

    `taken` maps ids that other articles already have to those articles' content hash, so that
    neither an id nor a text is used twice. `known` maps ids to the `sources` of an earlier reading:
    making an article takes most of the time, and is not done again for the same source.
    Raises CorpusError where a path does not exist or the paths hold no file that could be an
    article, unless they `may_be_empty`.
    """
    notices: list[Notice] = []
    unread: set[str] = set()
    files = _find(paths, notices, unread)
    if not files and not may_be_empty:
        places = ", ".join(str(p) for p in paths)
        raise CorpusError(
            f"no articles in {places}: put files ending in {', '.join(sorted(DECODERS))} there"
        )
    articles: list[Article] = []
    unchanged: list[str] = []
    sources: dict[str, str] = {}
    known, rules = known or {}, _rules()
    seen = {digest: id_ for id_, digest in (taken or {}).items()}
    sidecars = {folder: read_sidecar(folder / SIDECAR) for folder in {f.path.parent for f in files}}
    for folder, sidecar in sorted(sidecars.items()):
        unknown = [n for n in sorted(sidecar.stated) if not os.path.lexists(folder / n)]
        lines = [*sidecar.problems, *(f"names {n!r}, which is not here" for n in unknown)]
        notices.extend(Notice(as_text(folder / SIDECAR), line) for line in lines)
    ids = _name(files, taken or {})
    for file, id_ in zip(files, ids, strict=True):
        origin = as_text(file.path)
        try:
            text, note = decode(file.path)
        except _Unreadable as error:
            notices.append(Notice(origin, f"{error}; not indexed"))
            unread.add(origin)
            continue
        if note:
            notices.append(Notice(origin, note))
        digest = text_hash(text)
        if digest in seen:
            notices.append(Notice(origin, f"same text as {seen[digest]}; indexed once"))
            continue
        seen[digest] = id_
        stated = sidecars[file.path.parent].stated.get(file.path.name, Stated())
        source = _source_hash(text, stated, origin, rules)
        if known.get(id_) == source:
            unchanged.append(id_)
        else:
            sources[id_] = source
            articles.append(make_article(id_, text, stated, origin))
    return Reading(tuple(articles), tuple(unchanged), sources, tuple(notices), frozenset(unread))


def make_article(id_: str, text: str, stated: Stated | None = None, origin: str = "") -> Article:
    """An article from its text: marked, with what `stated` (a sidecar) or the text says of it."""
    _, front = front_matter(text)
    spans = tuple(
        replace(span, kind="boilerplate") if span.end <= front else span
        for span in mark_spans(text)
    )
    found = read_stated(text, spans)
    if stated is not None:
        found = found.overridden_by(stated)
    return Article(
        id=id_,
        text=text,
        title=found.title,
        outlet=found.outlet,
        published=found.published,
        url=found.url,
        origin=origin,
        spans=spans,
    )


def _source_hash(text: str, stated: Stated, origin: str, rules: str) -> str:
    """SHA-256 of all that `make_article` makes an article from, and of the rules it does so by."""
    content = f"{rules}\0{origin}\0{stated!r}\0{text}"
    return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()


def _rules() -> str:
    """SHA-256 of the code that makes articles: another version may make others."""
    folder = Path(__file__).parent
    code = b"".join(
        p.read_bytes() for p in sorted([*folder.glob("*.py"), folder.parent / "text.py"])
    )
    return hashlib.sha256(code).hexdigest()


def text_hash(text: str) -> str:
    """SHA-256 of a text, white space at both ends aside: equal for exact duplicates."""
    start, end = trim(text, 0, len(text))
    return hashlib.sha256(text[start:end].encode("utf-8", "surrogatepass")).hexdigest()


def decode(path: Path) -> tuple[str, str | None]:
    """The text of one file, newlines as they are, and a note where the encoding was guessed."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise _Unreadable("is no regular file")  # reading a pipe or a device may never end
        if status.st_size > MAX_BYTES:
            megabytes = f"{status.st_size / 2**20:.0f} MB, more than the {MAX_BYTES / 2**20:.0f} MB"
            raise _Unreadable(f"is {megabytes} an article may have; split it into articles")
        data = path.read_bytes()
    except OSError as error:
        raise _Unreadable(f"cannot be read ({error.strerror or error})") from error
    text, note = DECODERS[path.suffix.lower()](data)
    start, end = trim(text, 0, len(text))
    if start == end:
        raise _Unreadable("is empty")
    return text, note


def _decode_text(data: bytes) -> tuple[str, str | None]:
    """Plain text: UTF-8, or another encoding that is detected and said."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            text = data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise _Unreadable("begins like UTF-16 text but is not") from error
        if "\0" in text:
            raise _Unreadable("is binary, not text")
        return text, "is UTF-16, not UTF-8; decoded as such"
    controls = len(data) - len(data.translate(None, _CONTROLS))
    if controls > _BINARY_SHARE * len(data) or b"\0" in data:
        raise _Unreadable("is binary, not text")
    try:
        return data.decode("utf-8"), None
    except UnicodeDecodeError:
        pass
    # Windows-1252 is by far the likeliest encoding of an English text that is not UTF-8, and
    # statistics misjudge short texts; bytes that it leaves undefined rule it out.
    try:
        return data.decode("cp1252"), "is not UTF-8; decoded as Windows-1252"
    except UnicodeDecodeError:
        from charset_normalizer import from_bytes

        best = from_bytes(data).best()
        if best is None:
            raise _Unreadable("is in no encoding that could be detected") from None
        return str(best), f"is not UTF-8; decoded as {best.encoding}"


DECODERS: Mapping[str, Callable[[bytes], tuple[str, str | None]]] = {
    ".txt": _decode_text,
    ".md": _decode_text,
}


def located(path: Path) -> Path:
    """`path` by the one name that its articles are known by: absolute, links in it followed.

    A file that is itself a link keeps its name.
    """
    if os.path.isdir(path):
        return Path(os.path.realpath(path))
    return Path(os.path.realpath(path.parent), path.name)


def as_text(path: Path) -> str:
    """A path as text that can be stored and shown, also where its name is not UTF-8."""
    return os.fsencode(path).decode("utf-8", "replace")


def _find(paths: Sequence[Path], notices: list[Notice], unread: set[str]) -> list[_File]:
    """The files that could be articles, each once, in the order of their paths."""
    found: dict[Path, _File] = {}
    other: Counter[str] = Counter()
    for given in paths:
        path = located(given)
        if os.path.isdir(path):
            files = list(_walk(path, notices, unread))
            candidates = [file for file in files if file.suffix.lower() in DECODERS]
            if not candidates and as_text(path) not in unread:
                notices.append(Notice(as_text(path), f"holds no {_known()} files"))
            for file in candidates:
                found.setdefault(file, _File(file, path))
            rest = [f for f in files if f.suffix.lower() not in DECODERS and f.name != SIDECAR]
            other.update(as_text(Path(file.suffix.lower() or file.name)) for file in rest)
        elif not os.path.lexists(path):
            raise CorpusError(
                f"{given}: no such file or folder; to take its articles out of the index, "
                "use 'assistant remove'"
            )
        elif path.suffix.lower() in DECODERS:
            found.setdefault(path, _File(path, path.parent))
        else:
            notices.append(Notice(as_text(path), f"only {_known()} files are read; not indexed"))
    if other:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(other.items()))
        places = ", ".join(map(as_text, paths))
        notices.append(Notice(places, f"passed over {kinds} (only {_known()} are read)"))
    return sorted(found.values(), key=lambda f: str(f.path))


def _known() -> str:
    return " and ".join(sorted(DECODERS))


def _walk(folder: Path, notices: list[Notice], unread: set[str]) -> Iterator[Path]:
    """Every file beneath `folder`; links are followed, but no folder is entered twice."""
    entered: set[tuple[int, int]] = set()

    def unreadable(error: OSError) -> None:
        path = as_text(Path(error.filename))
        notices.append(Notice(path, f"cannot be read ({error.strerror}); not indexed"))
        unread.add(path)

    for parent, folders, files in os.walk(folder, onerror=unreadable, followlinks=True):
        status = os.stat(parent)
        if (status.st_dev, status.st_ino) in entered:
            folders.clear()
            continue
        entered.add((status.st_dev, status.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(parent, name) for name in sorted(files) if not name.startswith("."))


def _name(files: Sequence[_File], taken: Collection[str]) -> list[str]:
    """An id for each file: its stem; where that is not unique, more and more of its path."""

    def longer(file: _File) -> Iterator[str]:
        relative = file.path.relative_to(file.root)
        yield as_text(relative.with_suffix(""))
        yield as_text(relative)
        yield as_text(file.root.name / relative.with_suffix(""))
        yield as_text(file.path.with_suffix("")).lstrip("/")
        yield as_text(file.path).lstrip("/")

    names = [as_text(Path(file.path.stem)) for file in files]
    others = [longer(file) for file in files]
    while True:
        holders: defaultdict[str, list[int]] = defaultdict(list)
        for i, name in enumerate(names):
            holders[name].append(i)
        renamed = False
        for name, group in holders.items():
            for i in group if len(group) > 1 or name in taken else ():
                if another := next(others[i], None):
                    names[i], renamed = another, True
        if not renamed:
            return names
