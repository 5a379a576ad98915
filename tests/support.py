"""What several tests build on: generated articles, texts with every oddity, a light embedder."""

import hashlib
import random
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from socketserver import BaseServer

import numpy as np

from assistant.corpus.passages import split_passages
from assistant.records import Article
from assistant.text import fold, words

ROOT = Path(__file__).parents[1]
SEEDS = ROOT / "seeds"

ODD_TEXTS = {
    "repeated sentences": "The talks failed. The talks failed. " * 40 + "\n\nThe talks failed.",
    "emoji": "Fans cheered 🎉👨‍👩‍👧‍👦 in Rome. “Grazie 🇮🇹!” said Éva. 😀 That was all. " * 12,
    "combining marks": "Jose\u0301 met Zoe\u0308 in Łódź. N\u0303an\u0303du\u0301 ran off. " * 20,
    "CRLF": "A headline\r\n\r\nThe mayor spoke on Monday. He left.\r\n\r\nHe came back.\r\n" * 9,
    "CR": "A headline\r\rThe mayor spoke on Monday. He left early.\r\rHe came back.\r",
    "no final newline": "The mayor spoke on Monday.\n\nHe left on Tuesday",
    "one 200 KB line": "The council met again, and nobody was surprised by what it said. " * 3077,
    "one 200 KB word": "x" * 200_000,
    "200 KB of dots and spaces": ". " * 100_000,
    "a hole": "“" + " " * 5000 + "word" + " " * 5000 + ".",
    "byte order mark": "\ufeffMayor opens bridge\n\nThe mayor opened the bridge on Monday.\n",
    "no spaces": "市长周一开放了大桥。" * 500,
    "right to left": "افتتح رئيس البلدية الجسر يوم الاثنين. قال إنه سعيد. " * 30,
    "separators": "The mayor spoke.\u2028Then she left.\x85It rained in Hull.\x0bA bus came.\x1c"
    "The council met again in the old town hall, and nobody was surprised by what it said.",
    "only furniture": "Advertisement\n\nRead more\n\nShare\n",
}

_NAMES = (
    "Abel",
    "Brandt",
    "Costa",
    "Dvorak",
    "Eriksen",
    "Ferrari",
    "Grant",
    "Horvat",
)
_PLACES = (
    "Aveiro",
    "Bruges",
    "Cork",
    "Delft",
    "Essen",
    "Faro",
    "Ghent",
    "Hull",
)
_DEEDS = (
    "opened a bridge",
    "closed the harbour",
    "sold the old mill",
    "won the regatta",
    "refused the loan",
    "planted forty elms",
    "signed the treaty",
    "found the lost painting",
)


def news(number: int, sentences: int = 12) -> str:
    """An invented article, the same for the same number, unlike those of other numbers."""
    chance = random.Random(number)
    lines = [
        f"{chance.choice(_NAMES)} {chance.choice(_DEEDS)} in {chance.choice(_PLACES)} on the "
        f"{chance.randint(1, 28)}th, and {chance.randint(2, 9000)} people watched it happen."
        for _ in range(sentences)
    ]
    return f"Report number {number} from {chance.choice(_PLACES)}\n\n" + " ".join(lines) + "\n"


@contextmanager
def running(server: BaseServer) -> Iterator[None]:
    """A server of the standard library that answers from a thread of its own."""
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()


def write(folder: Path, files: dict[str, str | bytes]) -> Path:
    """`folder` with these files in it, text as UTF-8 and without newline translation."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def check_passages(article: Article) -> None:
    """Everything that is always so of an article's spans and passages."""
    text = article.text
    for spans in (article.spans, split_passages(article)):
        for before, after in pairwise(spans):
            assert before.end <= after.start
    for span in article.spans:
        assert 0 <= span.start < span.end <= len(text)
    passages = split_passages(article)
    assert len({passage.id for passage in passages}) == len(passages)
    for passage in passages:
        assert passage.article_id == article.id
        assert passage.text == text[passage.start : passage.end]
        assert passage.text == passage.text.strip() != ""
    cited = _characters(text, passages)
    wanted = _characters(text, [s for s in article.spans if s.kind != "boilerplate"])
    assert wanted <= cited
    assert not cited & _characters(text, [s for s in article.spans if s.kind == "boilerplate"])


def _characters(text: str, stretches: object) -> set[int]:
    return {
        i
        for stretch in stretches  # type: ignore[attr-defined]
        for i in range(stretch.start, stretch.end)
        if not text[i].isspace() and text[i] != "\ufeff"
    }


class HashEmbedder:
    """Words hashed into a few dimensions: the same text has the same vector, and nothing loads."""

    name = "hash"
    dimension = 32
    notice = None

    def __init__(self, name: str = "hash") -> None:
        self.name = name
        self.encoded: list[str] = []

    def encode(self, texts: list[str]) -> np.ndarray:
        self.encoded.extend(texts)
        vectors = np.full((len(texts), self.dimension), 1e-3, dtype=np.float32)
        for row, text in zip(vectors, texts, strict=True):
            for word in words(fold(text)):
                digest = hashlib.sha256(word.encode("utf-8", "surrogatepass")).digest()
                row[digest[0] % self.dimension] += 1.0 if digest[1] % 2 else -1.0
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def unloadable(kept: Path) -> HashEmbedder:
    """A `load_embedder` for builds that must not embed anything."""
    raise AssertionError("the embedder was loaded, and nothing had to be embedded")
