"""Passages as LlamaIndex nodes, and our embedder as a LlamaIndex embedding model."""

from __future__ import annotations

from typing import Any

from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.core.schema import NodeRelationship, RelatedNodeInfo, TextNode

from assistant.indexing.embedder import Embedder
from assistant.records import Article, Passage


def to_node(article: Article, passage: Passage) -> TextNode:
    """A passage as a node with the same id, text and offsets; the headline is embedded with it."""
    stated: dict[str, Any] = {
        "title": article.title,
        "outlet": article.outlet,
        "published": article.published.toordinal() if article.published else None,
    }
    # What is not known is left out: the adapter would store it as an empty string.
    metadata = {key: value for key, value in stated.items() if value is not None}
    return TextNode(
        id_=passage.id,
        text=passage.text,
        start_char_idx=passage.start,
        end_char_idx=passage.end,
        metadata=metadata,
        excluded_embed_metadata_keys=[key for key in metadata if key != "title"],
        metadata_template="{value}",
        text_template="{metadata_str}\n{content}",
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=article.id)},
    )


class EmbedderAdapter(BaseEmbedding):  # type: ignore[misc]  # LlamaIndex is skipped by mypy
    """The assistant's embedder where LlamaIndex expects an embedding model."""

    _embedder: Embedder = PrivateAttr()

    def __init__(self, embedder: Embedder, batch: int) -> None:
        super().__init__(model_name=embedder.name, embed_batch_size=batch)
        self._embedder = embedder

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        vectors: list[list[float]] = self._embedder.encode(texts).tolist()
        return vectors

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embeddings([query])[0]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)
