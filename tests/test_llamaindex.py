"""The adapters, through LlamaIndex's own classes."""

import asyncio

import pytest
from llama_index.core.evaluation import RetrieverEvaluator
from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine

from assistant.errors import UsageError
from assistant.records import Filters

QUESTION = "Who warned of Russian retaliation?"


def check_source(assistant, node):
    """A source node is a verbatim stretch of the article that it refers to."""
    article = assistant.article(node.ref_doc_id)
    assert article.text[node.start_char_idx : node.end_char_idx] == node.text
    if article.outlet:
        assert node.metadata["outlet"] == article.outlet


def test_a_retriever_query_engine_keeps_ids_scores_and_offsets(assistant):
    engine = RetrieverQueryEngine.from_args(assistant.as_retriever(limit=5), llm=MockLLM())
    nodes = engine.query(QUESTION).source_nodes
    evidence = assistant.retrieve(QUESTION, 5)
    assert [(n.node_id, n.score) for n in nodes] == [(e.passage.id, e.score) for e in evidence]
    assert [(n.node.start_char_idx, n.node.end_char_idx) for n in nodes] == [
        (e.passage.start, e.passage.end) for e in evidence
    ]
    for node in nodes:
        check_source(assistant, node.node)


def test_what_a_language_model_is_shown_holds_the_passages_and_their_outlets(assistant):
    engine = RetrieverQueryEngine.from_args(assistant.as_retriever(limit=2), llm=MockLLM())
    shown = str(engine.query(QUESTION))  # the mock repeats its prompt
    for item in assistant.retrieve(QUESTION, 2):
        assert item.passage.text in shown
        assert (item.article.outlet or "") in shown


def test_llamaindexs_evaluator_scores_the_retriever(assistant):
    nearest = [e.passage.id for e in assistant.retrieve(QUESTION, 8)]
    evaluator = RetrieverEvaluator.from_metric_names(
        ["mrr", "hit_rate"], retriever=assistant.as_retriever()
    )
    # Not `evaluate`: it leaves its event loop unclosed.
    result = asyncio.run(evaluator.aevaluate(QUESTION, expected_ids=[nearest[1]]))
    assert result.retrieved_ids == nearest
    assert result.metric_vals_dict == {"mrr": 0.5, "hit_rate": 1.0}


def test_a_retriever_obeys_filters(assistant):
    outlet = assistant.outlets()[0]
    found = assistant.as_retriever(filters=Filters(outlets=(outlet,))).retrieve(QUESTION)
    assert {node.metadata["outlet"] for node in found} == {outlet}


def test_a_query_engine_gives_the_verified_answer_with_its_sources(assistant):
    response = assistant.as_query_engine(threshold=0.0).query(QUESTION)
    answer = assistant.ask(QUESTION, threshold=0.0)
    assert str(response) == answer.text
    assert [(node.node_id, node.score) for node in response.source_nodes] == [
        (item.passage.id, item.score) for item in answer.evidence
    ]
    for node in response.source_nodes:
        check_source(assistant, node.node)
    assert response.metadata["status"] == "answered"
    assert response.metadata["confidence"] == answer.confidence
    for told, citation in zip(response.metadata["citations"], answer.citations, strict=True):
        assert assistant.article(told["article"]).text[told["start"] : told["end"]] == told["quote"]
        assert told["number"] == citation.number


def test_what_is_cited_beyond_the_evidence_is_a_source_of_its_own(assistant):
    response = assistant.as_query_engine().query("Summarise the articles")
    quotes = [citation["quote"] for citation in response.metadata["citations"]]
    assert [node.text for node in response.source_nodes] == quotes
    for node in response.source_nodes:
        check_source(assistant, node.node)


def test_not_found_has_the_nearest_passages_and_no_citation(assistant):
    response = assistant.as_query_engine(threshold=1.0).query(QUESTION)
    assert response.metadata["status"] == "not_found"
    assert response.metadata["citations"] == []
    assert response.source_nodes


def test_asynchronous_calls_give_the_same(assistant):
    nodes = asyncio.run(assistant.as_retriever().aretrieve(QUESTION))
    assert [n.node_id for n in nodes] == [e.passage.id for e in assistant.retrieve(QUESTION)]
    response = asyncio.run(assistant.as_query_engine().aquery(QUESTION))
    assert str(response) == assistant.ask(QUESTION).text


def test_an_error_is_the_assistants_own(assistant):
    with pytest.raises(UsageError, match="no article is from Nobody's"):
        assistant.as_retriever(filters=Filters(outlets=("Nobody's",))).retrieve(QUESTION)
