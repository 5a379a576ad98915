"""The assistant as LlamaIndex's retriever and query engine.

A node keeps its passage's id and offsets: its `ref_doc_id` is the article's id, and
`article.text[node.start_char_idx : node.end_char_idx] == node.text`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.response.schema import Response
from llama_index.core.schema import (
    NodeRelationship,
    NodeWithScore,
    QueryBundle,
    RelatedNodeInfo,
    TextNode,
)

from assistant.records import Answer, Citation, Evidence


class EvidenceRetriever(BaseRetriever):  # type: ignore[misc]  # LlamaIndex is skipped by mypy
    """Passages for a question, best first, by `Assistant.retrieve`."""

    def __init__(self, retrieve: Callable[[str], tuple[Evidence, ...]]) -> None:
        super().__init__()
        self._evidence = retrieve

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return [_scored(item) for item in self._evidence(query_bundle.query_str)]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)


class AnswerEngine(BaseQueryEngine):  # type: ignore[misc]  # as above
    """Verified answers, by `Assistant.ask`: no language model takes part.

    The response's text is the answer's, its `source_nodes` are the evidence, and what is cited
    beyond it; its metadata are the answer's other fields, citations and their quotes among them.
    """

    def __init__(self, ask: Callable[[str], Answer]) -> None:
        super().__init__(callback_manager=None)
        self._ask = ask

    def _query(self, query_bundle: QueryBundle) -> Response:
        answer = self._ask(query_bundle.query_str)
        nodes = [_scored(item) for item in answer.evidence]
        nodes += [
            NodeWithScore(node=_quote(citation))
            for citation in answer.citations
            if not any(_within(citation, item) for item in answer.evidence)
        ]
        return Response(answer.text, source_nodes=nodes, metadata=_metadata(answer))

    async def _aquery(self, query_bundle: QueryBundle) -> Response:
        return await asyncio.to_thread(self._query, query_bundle)

    def _get_prompt_modules(self) -> dict[str, Any]:
        return {}


def _scored(item: Evidence) -> NodeWithScore:
    article, passage = item.article, item.passage
    node = TextNode(
        id_=passage.id,
        text=passage.text,
        start_char_idx=passage.start,
        end_char_idx=passage.end,
        metadata=_stated(
            title=article.title,
            outlet=article.outlet,
            published=article.published,
            url=article.url,
        ),
        metadata_template="{value}",
        text_template="{metadata_str}\n{content}",
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=article.id)},
    )
    return NodeWithScore(node=node, score=item.score)


def _quote(citation: Citation) -> TextNode:
    return TextNode(
        text=citation.quote,
        start_char_idx=citation.start,
        end_char_idx=citation.end,
        metadata=_stated(
            title=citation.title, outlet=citation.outlet, published=citation.published
        ),
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=citation.article)},
    )


def _within(citation: Citation, item: Evidence) -> bool:
    passage = item.passage
    return citation.article == passage.article_id and (
        passage.start <= citation.start and citation.end <= passage.end
    )


def _stated(**values: Any) -> dict[str, Any]:
    """What is known, dates as text: LlamaIndex writes metadata into prompts and JSON."""
    return {key: str(value) for key, value in values.items() if value is not None}


def _metadata(answer: Answer) -> dict[str, Any]:
    return {
        "status": answer.status,
        "short": answer.short,
        "confidence": answer.confidence,
        "understood": answer.understood,
        "citations": [
            {**asdict(citation), "published": _day(citation)} for citation in answer.citations
        ],
        "notes": list(answer.notes),
        "engine": answer.engine,
        "seconds": answer.seconds,
    }


def _day(citation: Citation) -> str | None:
    return citation.published.isoformat() if citation.published else None
