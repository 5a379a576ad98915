"""The assistant's settings: from arguments, else from the environment, else the defaults."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args
from urllib.parse import urlsplit

from assistant.errors import SettingsError

DEFAULT_INDEX = Path("index")
DEFAULT_EMBEDDING_MODEL = "all-MiniLM-L6-v2"
DEFAULT_READER = "reader-minilm-l6"
EngineName = Literal["extractive", "llm", "auto"]
ENGINES: tuple[EngineName, ...] = get_args(EngineName)
# The variables of secrets: their values are never settings, so never shown.
LLM_KEY = "ASSISTANT_LLM_API_KEY"
STORE_TOKEN = "ASSISTANT_STORE_TOKEN"


@dataclass(frozen=True, slots=True)
class Settings:
    """`index`: the index's folder. `embedding_model`: the bundled model, or the name or folder of
    any sentence-transformers model. `reader`: the bundled reader, or the name or folder of any
    extractive question-answering model of transformers.

    `engine`: "extractive"; "llm", a language model's words, each sentence checked; or "auto", the
    same, and the extractive answer where the model fails. `llm_url`: the OpenAI-compatible address
    that serves `llm_model`. `prompts`: a folder of templates that replace the package's own.

    `store`: the address of a Chroma server that keeps the vectors; empty, the index's folder does.
    """

    index: Path = DEFAULT_INDEX
    embedding_model: str = DEFAULT_EMBEDDING_MODEL
    reader: str = DEFAULT_READER
    engine: EngineName = "extractive"
    llm_url: str = ""
    llm_model: str = ""
    prompts: Path | None = None
    store: str = ""

    @classmethod
    def load(
        cls,
        index: str | Path | None = None,
        embedding_model: str | None = None,
        reader: str | None = None,
        *,
        engine: str | None = None,
        llm_url: str | None = None,
        llm_model: str | None = None,
        prompts: str | Path | None = None,
        store: str | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> Settings:
        """The given values; for those that are None, ASSISTANT_INDEX, ASSISTANT_EMBEDDING_MODEL,
        ASSISTANT_READER, ASSISTANT_ENGINE, ASSISTANT_LLM_URL, ASSISTANT_LLM_MODEL,
        ASSISTANT_PROMPTS, ASSISTANT_STORE.

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
        folder_of_prompts = prompts or environment.get("ASSISTANT_PROMPTS", "")
        return cls(
            index=folder,
            embedding_model=model or DEFAULT_EMBEDDING_MODEL,
            reader=reads or DEFAULT_READER,
            engine=_engine(engine or environment.get("ASSISTANT_ENGINE", "")),
            llm_url=_address(llm_url or environment.get("ASSISTANT_LLM_URL", "")),
            llm_model=llm_model or environment.get("ASSISTANT_LLM_MODEL", ""),
            prompts=Path(folder_of_prompts) if folder_of_prompts else None,
            store=_server(store or environment.get("ASSISTANT_STORE", "")),
        )


def store_token(environment: Mapping[str, str]) -> str:
    """The token for the Chroma server, empty where there is none. Raises SettingsError for one that
    cannot be sent.
    """
    token = environment.get(STORE_TOKEN, "")
    if token and not re.fullmatch(r"[!-~]+", token):  # printable ASCII, as it goes into a header
        raise SettingsError(
            f"{STORE_TOKEN} holds a space, or a character that is not ASCII; set the token alone"
        )
    return token


def _engine(given: str) -> EngineName:
    for name in ENGINES:
        if name == (given or "extractive"):
            return name
    raise SettingsError(f"no engine {given!r}; engines are {', '.join(ENGINES)}")


def _address(url: str) -> str:
    """`url` if it is one to send to. Secrets in it would be shown wherever the address is."""
    if not url:
        return url
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if "@" in url or "?" in url:
        raise SettingsError(
            "the language model's address holds a password or key; give the key in the "
            f"environment variable {LLM_KEY}"
        )
    if not sound:
        raise SettingsError(
            f"the language model's address {url!r} is none; it looks like http://127.0.0.1:11434/v1"
        )
    return url


def _server(url: str) -> str:
    """`url` if it names a server, and nothing besides; as in `_address`, no secrets."""
    if not url:
        return url
    if "@" in url or "?" in url:
        raise SettingsError(
            "the Chroma server's address holds a password or token; give the token in the "
            f"environment variable {STORE_TOKEN}"
        )
    example = "it looks like http://127.0.0.1:8000"
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise SettingsError(
            f"the Chroma server's address {url!r} is none ({error}); {example}"
        ) from None
    if parts.scheme not in ("http", "https") or not host:
        problem = "does not begin with http:// or https:// and a host"
    elif not port:
        problem = "names no port"
    elif parts.path not in ("", "/") or parts.fragment:
        problem = "goes on after the port"
    else:
        return f"{parts.scheme}://{parts.netloc}"
    raise SettingsError(f"the Chroma server's address {url!r} {problem}; {example}")
