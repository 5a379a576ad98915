"""The command line with a language model: options, messages, and an evaluation side by side."""

import json

import pytest
from scripted_llm import MODEL, Reply, passages, scripted_llm
from support import ROOT

from assistant.answering.prompting import Prompts
from assistant.cli import main
from assistant.text import sentence_spans

KEY = "sk-very-secret-0123456789"
QUESTION = "Who has been prime minister of Belgium in these reports?"


def first_sentence(request):
    """A model that repeats the first sentence of the first passage, and makes one up."""
    text = passages(request)[1]
    start, end = sentence_spans(text)[0]
    return f"{text[start:end]} [1] Nobody was surprised by Doctor Evil. [1]"


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("ASSISTANT_LLM_API_KEY", KEY)
    with scripted_llm() as made:
        made.key = KEY
        made.script = first_sentence
        yield made


@pytest.fixture
def options(server, seeds_index):
    return ["--index", str(seeds_index), "--llm-url", server.url, "--llm-model", MODEL]


def test_ask_with_a_model_and_with_one_that_fails(options, server, capsys):
    assert main(["ask", QUESTION, "--json", "--engine", "auto", *options]) == 0
    values = json.loads(capsys.readouterr().out)
    assert values["engine"] in ("llm", "extractive")
    server.script = [Reply(status=400, message="no thanks"), Reply(status=400, message="no thanks")]
    assert main(["ask", QUESTION, "--engine", "llm", *options]) == 1
    assert "no thanks" in capsys.readouterr().err
    assert main(["ask", QUESTION, "--engine", "auto", *options]) == 0
    assert "no thanks" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--engine", "llm"], "--llm-url"),
        (["--engine", "llm", "--llm-url", "ftp://x"], "looks like http"),
        (["--engine", "llm", "--llm-url", "http://u:secret@x/v1"], "ASSISTANT_LLM_API_KEY"),
        (["--engine", "llm", "--prompts", "/no/such"], "no folder of prompts"),
    ],
)
def test_a_setting_that_cannot_work_is_the_users_mistake(seeds_index, capsys, arguments, told):
    assert main(["ask", QUESTION, "--index", str(seeds_index), *arguments]) == 2
    said = capsys.readouterr().err
    assert told in said
    assert "secret" not in said


@pytest.mark.slow
def test_an_evaluation_holds_a_model_against_the_extractive_engine(
    options, server, tmp_path, capsys
):
    gold = tmp_path / "few.jsonl"
    lines = (ROOT / "tests" / "gold" / "seeds.jsonl").read_text(encoding="utf-8").splitlines()
    gold.write_text("\n".join(lines[:3]), encoding="utf-8")
    both = ["--engine", "extractive", "--engine", "llm"]
    assert main(["evaluate", str(gold), *both, "--report", str(tmp_path / "r"), *options]) == 0
    assert "llm held against extractive" in capsys.readouterr().out
    written = (tmp_path / "r" / "report.json").read_text(encoding="utf-8")
    extractive, llm = json.loads(written)["runs"]
    assert (extractive["engine"], llm["engine"]) == ("extractive", "llm")
    assert server.requests
    assert not any("Evil" in q["reply"]["text"] for q in llm["questions"])
    hashes = Prompts.load().hashes()
    assert all(llm["settings"][f"prompt {name}"] == digest for name, digest in hashes.items())
    assert llm["settings"]["llm_model"] == MODEL
    assert not any(name.startswith("prompt ") for name in extractive["settings"])
    page = (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    assert hashes["question"] in page
    assert KEY not in written + page
