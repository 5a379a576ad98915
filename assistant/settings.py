"""The assistant's settings: from arguments, else from the environment, else the defaults."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import SettingsError

DEFAULT_INDEX = Path("index")
DEFAULT_EMBEDDING_MODEL = "all-MiniLM-L6-v2"
DEFAULT_READER = "reader-minilm-l6"


@dataclass(frozen=True, slots=True)
class Settings:
    """`index`: the index's folder. `embedding_model`: the bundled model, or the name or folder of
    any sentence-transformers model. `reader`: the bundled reader, or the name or folder of any
    extractive question-answering model of transformers.
    """

    index: Path = DEFAULT_INDEX
    embedding_model: str = DEFAULT_EMBEDDING_MODEL
    reader: str = DEFAULT_READER

    @classmethod
    def load(
        cls,
        index: str | Path | None = None,
        embedding_model: str | None = None,
        reader: str | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> Settings:
        """The given values; for those that are None, ASSISTANT_INDEX, ASSISTANT_EMBEDDING_MODEL,
        ASSISTANT_READER.

        Raises SettingsError for an empty or impossible value.
        """
        given = index if index is not None else environment.get("ASSISTANT_INDEX") or DEFAULT_INDEX
        if not str(given).strip():
            raise SettingsError("the index is named by an empty text; name a folder")
        folder = Path(given)
        model = embedding_model or environment.get("ASSISTANT_EMBEDDING_MODEL", "")
        if folder.exists() and not folder.is_dir():
            raise SettingsError(f"the index must be a folder, and {folder} is a file")
        reads = reader or environment.get("ASSISTANT_READER", "")
        return cls(folder, model or DEFAULT_EMBEDDING_MODEL, reads or DEFAULT_READER)
