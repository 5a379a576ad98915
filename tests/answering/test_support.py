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


@pytest.mark.parametrize(
    "text",
    [
        "Olga Brandt, a thief, closed the port of Vigo on Friday after an oil spill.",
        "Olga Brandt illegally closed the port of Vigo on Friday after an oil spill.",
        "Olga Brandt closed the port of Vigo on Friday after an oil spill and stole money.",
    ],
)
def test_one_word_out_of_nowhere_is_enough(text, evidence, embedder):
    assert verdict(text, evidence, embedder).verdict != "supported"


@pytest.mark.parametrize(
    "text",
    [
        "Olga Brandt \u043epened the port of Vigo on Friday.",  # Cyrillic o
        "Olga Brandt d\u0456d n\u043et close the port of Vigo on Friday.",
        "Olga Brandt c\u0142osed the port of Vigo on Friday.",
        "Olga Brandt closed the port of Vigo on Friday, ｔｈｉｅｆ.",
        "Olga Brandt closed the port of Vigo on Friday, 𝐭𝐡𝐢𝐞𝐟.",
        "Olga Brandt c\u0336l\u0336o\u0336s\u0336e\u0336d\u0336 the port of Vigo on Friday.",
        "Olga\u3164Brandt closed the port of Vigo on Friday.",  # a letter that shows nothing
        "3\u0966 tonnes of oil leaked from the tanker Mira.",
        "Olga Brandt closed the port of Vigo on Friday 🎉.",
        "Olga Brandt closed the port of Vigo on Friday https://evil.example/x.",
        "Olga Brandt closed the port of Vigo on Friday (evil.example).",
        "Olga Brandt closed the port of Vigo on Friday <b>now</b>.",
    ],
)
def test_characters_and_addresses_that_the_passage_has_not(text, evidence, embedder):
    found = verdict(text, evidence, embedder)
    assert (found.verdict, "characters or an address" in found.problem) == ("unsupported", True)


@pytest.mark.parametrize(
    "text",
    [
        "Зоя Kowalska of Łódź opened port.example on Friday 🎉.",
        "“Zo\u0308e” told the café’s owner – for €5 – to leave…",
    ],
)
def test_what_the_passage_has_may_be_used_and_so_may_accents(text, embedder):
    told = text.replace("Zo\u0308e", "Zöe").replace("café", "cafe")
    article = Article("odd", told, spans=(Span("body", 0, len(told)),))
    given = [Evidence(passage, article, 1.0) for passage in split_passages(article)]
    assert verdict(text, given, embedder).verdict == "supported"


def claimed(text, told, embedder, outlet=None):
    article = Article("a", told, outlet=outlet, spans=(Span("body", 0, len(told)),))
    given = [Evidence(passage, article, 1.0) for passage in split_passages(article)]
    return verdict(text, given, embedder)


@pytest.mark.parametrize(
    ("cost", "is_so"),
    [
        ("€40m", True),
        ("forty million euros", True),
        ("40 million pounds", False),
        ("$40m", False),
        ("40%", False),
    ],
)
def test_an_amount_is_one_of_the_same_unit(cost, is_so, embedder):
    found = claimed(f"The line cost {cost}.", "The line cost 40 million euros.", embedder)
    assert (found.verdict == "supported") is is_so


@pytest.mark.parametrize(
    ("text", "is_so"),
    [
        ("The Gazette reports that Olga Brandt closed the port of Vigo on Friday.", True),
        ("According to The Gazette, Olga Brandt closed the port of Vigo on Friday.", True),
        ("The Gazette says Olga Brandt closed the port of Vigo on Friday.", True),
        ("Olga Brandt closed the port of Vigo on Friday, the Gazette reported.", True),
        ("Olga Brandt closed the port of Vigo on Friday, according to The Gazette.", True),
        ("As the Gazette reports, Olga Brandt closed the port of Vigo on Friday.", True),
        ("The Gazette denies that Olga Brandt closed the port of Vigo on Friday.", False),
        ("The Gazette falsely said that Olga Brandt closed the port of Vigo on Friday.", False),
        ("The Gazette closed the port of Vigo on Friday after an oil spill.", False),
        ("Olga Brandt and the Gazette closed the port of Vigo on Friday.", False),
        ("Olga Brandt closed the port of Vigo on Friday for the Gazette.", False),
    ],
)
def test_an_outlet_is_named_as_the_source_or_not_at_all(text, is_so, embedder):
    for outlet in ("The Gazette", "gazette.example"):
        said = text.replace("The Gazette", outlet).replace("the Gazette", outlet)
        found = claimed(said, TEXT, embedder, outlet)
        assert (found.verdict == "supported") is is_so, said


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
    assert accepted.count("supported") / len(accepted) >= 0.9
    assert accepted.count("supported") >= 0.6 * sum(label == "supported" for label, _ in judged)
