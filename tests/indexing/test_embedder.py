"""The embedding model as an index keeps it: the original's vectors, without what made them."""

import shutil
import subprocess
import sys

import numpy as np
import pytest
from support import ROOT, SEEDS, news, write

from assistant.api import Assistant, refresh
from assistant.errors import IndexUnusableError, ModelError
from assistant.indexing import generations
from assistant.indexing.embedder import BUNDLED, Embedder, EmbedderConfig
from assistant.indexing.embedder_export import keep

TEXTS = [
    "Who opened the bridge?",
    "",
    "x" * 5000,
    *(line for number in range(3) for line in news(number).split(". ")),
    news(4, 60),
]


@pytest.fixture(scope="module")
def original():
    return Embedder.original(BUNDLED)


@pytest.fixture
def kept(seeds_index, tmp_path):
    """The folder of an embedder, to be changed."""
    return shutil.copytree(generations.current(seeds_index) / "embedder", tmp_path / "embedder")


def test_vectors_are_close_to_the_originals(embedder, original):
    mine, theirs = embedder.encode(TEXTS), original.encode(TEXTS)
    assert mine.shape == theirs.shape == (len(TEXTS), embedder.dimension)
    assert mine.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(mine, axis=1), 1.0, atol=1e-5)
    cosines = (mine * theirs).sum(axis=1)
    assert cosines.mean() > 0.985
    assert cosines.min() > 0.95


def test_a_text_has_one_vector_whatever_is_beside_it(embedder):
    together = embedder.encode(TEXTS)
    alone = np.stack([embedder.encode([text])[0] for text in TEXTS])
    for vectors in (embedder.encode(TEXTS[::-1])[::-1], alone, embedder.recall(TEXTS)):
        np.testing.assert_allclose(vectors, together, atol=1e-4)  # rounding, and no more


def test_no_texts(embedder):
    assert embedder.encode([]).shape == (0, embedder.dimension)


def test_what_is_kept_says_what_it_is(kept):
    config = EmbedderConfig.read(kept)
    assert (config.name, config.dimension, config.max_tokens) == (BUNDLED, 384, 256)
    assert config.precision == "int8"
    assert (kept / "model.onnx").stat().st_size < 25e6


def test_what_is_kept_is_not_exported_again(kept):
    before = {path: path.stat().st_mtime_ns for path in kept.iterdir()}
    assert keep(BUNDLED, kept).notice is None
    assert {path: path.stat().st_mtime_ns for path in kept.iterdir()} == before


@pytest.mark.parametrize("part", ["config.json", "model.onnx", "tokenizer.json"])
@pytest.mark.parametrize("damage", ["gone", "garbled", "cut"])
def test_a_damaged_model_names_the_command_that_mends_it(kept, part, damage):
    path = kept / part
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(b"no such format" if damage == "garbled" else path.read_bytes()[:-100])
    with pytest.raises(IndexUnusableError, match="assistant index --rebuild PATH") as caught:
        Embedder.open(kept)
    assert str(kept) in str(caught.value)


def test_a_model_that_is_not_there_is_an_error_and_makes_no_index(tmp_path):
    with pytest.raises(ModelError, match="'no/such/model' cannot be loaded"):
        refresh([SEEDS], tmp_path / "index", embedding_model="no/such/model")
    assert generations.find(tmp_path / "index") is None


@pytest.fixture(scope="module")
def static(tmp_path_factory):
    """A model without a transformer: a vector a word, averaged. It cannot be traced as others."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace

    vocabulary = sorted({word for number in range(9) for word in news(number).split()})
    tokenizer = Tokenizer(
        WordLevel({word: i for i, word in enumerate(["?", *vocabulary])}, unk_token="?")
    )
    tokenizer.pre_tokenizer = Whitespace()
    model = SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=16)])
    folder = tmp_path_factory.mktemp("static") / "model"
    model.save(str(folder))
    return folder


def test_a_model_that_cannot_be_exported_is_used_as_it_is_and_that_is_said_once(static, tmp_path):
    index, name = tmp_path / "index", str(static)
    folder = write(tmp_path / "articles", {"n0.txt": news(0), "n1.txt": news(1)})
    (notice,) = refresh([folder], index, embedding_model=name).notices
    assert notice.path == name
    assert "cannot be exported to ONNX" in notice.message
    with Assistant.open(index, embedding_model=name) as opened:
        assert opened.retrieve("Who opened a bridge?")
    write(folder, {"n2.txt": news(2)})
    assert refresh([folder], index, embedding_model=name).notices == ()


def test_generations_share_one_copy(tmp_path, seeds_index):
    index = shutil.copytree(seeds_index, tmp_path / "index")
    before = (generations.current(index) / "embedder" / "model.onnx").stat()
    (tmp_path / "new.txt").write_text(news(5))
    assert refresh([tmp_path / "new.txt"], index).added == 1
    after = (generations.current(index) / "embedder" / "model.onnx").stat()
    assert after.st_ino == before.st_ino


def loaded(command: str) -> set[str]:
    """The top-level modules that a fresh process has imported after `command`."""
    script = f"import sys\n{command}\nprint(*sys.modules, file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return {name.partition(".")[0] for name in done.stderr.split()}


def test_asking_and_refreshing_import_nothing_heavy(seeds_index, tmp_path):
    heavy = {"torch", "transformers", "sentence_transformers", "onnx", "gradio", "scipy", "sklearn"}
    asked = loaded(
        "from assistant.cli import main\n"
        f"assert main(['ask', 'Who is the new chief?', '--index', {str(seeds_index)!r}]) == 0"
    )
    assert not asked & {*heavy, "llama_index"}
    assert {"onnxruntime", "tokenizers"} <= asked
    index = shutil.copytree(seeds_index, tmp_path / "index")
    (tmp_path / "new.txt").write_text(news(5))
    refreshed = loaded(
        "from assistant.cli import main\n"
        f"assert main(['index', {str(tmp_path / 'new.txt')!r}, '--index', {str(index)!r}]) == 0"
    )
    assert not refreshed & heavy
