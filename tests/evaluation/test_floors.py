"""This project's own gate: the committed floors, and that the gate catches what it is for."""

import json
from pathlib import Path

import pytest

from assistant import render
from assistant.answering.retrieval import Retriever
from assistant.evaluation import compare, gold
from assistant.evaluation.engines import Engine
from assistant.evaluation.metrics import BY_NAME
from assistant.evaluation.replies import read_reply
from assistant.evaluation.report import make_run
from assistant.evaluation.run import ask_all

pytestmark = pytest.mark.slow
HERE = Path(__file__).parents[1] / "gold"
FLOORS = json.loads((HERE / "floors.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def evaluate(assistant):
    """Evaluate the assistant as it is now, on each `every`th question."""
    texts = {item.id: assistant.article(item.id).text for item in assistant.articles()}
    questions = gold.load([HERE / "seeds.jsonl"], texts).questions

    def reply(question):
        answer = assistant.ask(question.question, threshold=0.0)
        return read_reply(json.loads(render.to_json(answer)))

    def evaluated(name, every=1):
        engine = Engine(name, reply, assistant.threshold)
        chosen = questions[::every]
        return make_run(engine, chosen, ask_all(chosen, engine), texts)

    return evaluated


@pytest.fixture(scope="module")
def run(evaluate):
    return evaluate("as it is")


def test_the_floors_hold(run):
    assert set(FLOORS) <= set(BY_NAME)
    assert compare.broken_floors(run.rows, FLOORS) == []


def test_a_worsened_engine_is_caught_and_a_change_without_effect_is_not(run, evaluate, monkeypatch):
    retrieve = Retriever.retrieve

    def only_one(self, question, limit, *others, **named):
        return retrieve(self, question, 1, *others, **named)

    def two_more(self, question, limit, *others, **named):
        return retrieve(self, question, limit + 2, *others, **named)[:limit]

    monkeypatch.setattr(Retriever, "retrieve", only_one)
    worse = evaluate("one passage")
    caught = compare.compare(run.engine, run.rows, worse.engine, worse.rows)
    assert {"hit@8", "mrr"} <= {found.metric for found in caught.worse}

    monkeypatch.setattr(Retriever, "retrieve", two_more)
    same = evaluate("as before", every=4)
    found = compare.compare(run.engine, run.rows, same.engine, same.rows)
    assert compare.worse_lines(found) == []
