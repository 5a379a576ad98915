"""The support check on invented news; `benchmarks/support.py` measures it on more."""

import importlib.util
import json

import pytest
from support import ROOT

from assistant.answering.claims import claims
from assistant.answering.support import check
from assistant.corpus.passages import split_passages
from assistant.records import Article, Evidence, Span

BENCHMARKS = ROOT / "benchmarks"
TEXT = (
    "Harbour master Olga Brandt closed the port of Vigo on Friday after an oil spill. "
    "She said that 30 tonnes had leaked from the tanker Mira. No fish had died, biologists found. "
    "The owner, Nautica, denied that its crew was to blame and may sue the city. "
    "“We have never spilled a drop – not one,” director Paul Weber told reporters."
)


@pytest.fixture(scope="module")
def evidence():
    article = Article("port", TEXT, outlet="The Herald", spans=(Span("body", 0, len(TEXT)),))
    return [Evidence(passage, article, 1.0) for passage in split_passages(article)]


def verdict(text, evidence, embedder):
    (claim,) = claims([f"{text} [1]"])
    return check(claim, evidence, embedder)


@pytest.mark.parametrize(
    "text",
    [
        "Olga Brandt, the harbour master, closed the port of Vigo on Friday.",
        "30 tonnes of oil leaked from the tanker Mira.",
        "The Herald reports that the port of Vigo was closed after an oil spill.",
        "No fish died.",
        "Nautica denied that its crew was to blame.",
        "Paul Weber said they had “never spilled a drop - not one”.",
    ],
)
def test_what_is_told_is_supported_by_the_sentences_that_tell_it(text, evidence, embedder):
    found = verdict(text, evidence, embedder)
    assert (found.verdict, found.problem) == ("supported", "")
    assert 1 <= len(found.sentences) <= 3


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Olga Brandt closed the port of Porto on Friday.", "porto"),
        ("Olga Brandt closed the port of Vigo on Sunday.", "sunday"),
        ("40 tonnes of oil leaked from the tanker Mira.", "40"),
        ("Fish died, biologists found.", "denies"),
        ("Nautica sued the city.", "less certain"),
        ("Olga Brandt opened the port of Vigo on Friday.", "opposite"),
        ("Paul Weber said they had “often spilled a drop”.", "quotation"),
        ("All tankers leaked oil in the port of Vigo.", "all"),
        ("Nautica will build a football stadium for children.", ""),
    ],
)
def test_what_is_told_otherwise_or_not_at_all_is_not(text, told, evidence, embedder):
    found = verdict(text, evidence, embedder)
    assert found.verdict != "supported"
    assert told in found.problem.casefold()
    assert found.problem


@pytest.mark.slow
def test_the_labelled_set_is_whole_and_the_check_holds_on_its_reported_half(embedder):
    """Floors below what benchmarks/support.py reports."""
    items = json.loads((BENCHMARKS / "support_claims.json").read_text(encoding="utf-8"))
    kinds = ("supported", "half", "unsupported")
    assert sum(len(item[kind]) for item in items for kind in kinds) >= 150
    # Not by its name, which is that of the tests' own module.
    spec = importlib.util.spec_from_file_location("benchmark", BENCHMARKS / "support.py")
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    judged = [
        (label, check(claim, given, embedder).verdict)
        for number, label, claim, given in bench.labelled(BENCHMARKS / "support_claims.json")
        if number % 2
    ]
    accepted = [label for label, found in judged if found == "supported"]
    assert accepted.count("unsupported") <= 1
    assert accepted.count("supported") / len(accepted) >= 0.85
    assert accepted.count("supported") >= 0.65 * sum(label == "supported" for label, _ in judged)
