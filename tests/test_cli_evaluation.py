"""`assistant evaluate` and `assistant gold` over a real index of seeds/."""

import json
import shutil
from pathlib import Path

import pytest

from assistant.cli import main
from assistant.cli_evaluation import add_commands

GOLD = Path(__file__).parent / "gold" / "seeds.jsonl"
LINES = GOLD.read_text("utf-8").splitlines()
CHOSEN = ("s001", "s003", "s005", "s178", "s219")
REPLY = {"status": "answered", "text": "No idea.", "confidence": 0.9, "citations": []}


@pytest.fixture(scope="module")
def few(tmp_path_factory):
    """A gold file of a few questions, answerable and not."""
    path = tmp_path_factory.mktemp("gold") / "few.jsonl"
    chosen = [line for line in LINES if json.loads(line)["id"] in CHOSEN]
    path.write_text("\n".join(chosen), "utf-8")
    return path


@pytest.fixture(scope="module")
def evaluated(few, seeds_index, tmp_path_factory):
    """The report folder of an evaluation of those."""
    folder = tmp_path_factory.mktemp("report")
    assert main(["evaluate", str(few), "--index", str(seeds_index), "--report", str(folder)]) == 0
    return folder


@pytest.fixture
def lazy(tmp_path, monkeypatch):
    """An engine that never knows: `lazy_engine:ask`."""
    (tmp_path / "lazy_engine.py").write_text(
        f"REPLY = {REPLY!r}\ndef ask(question):\n    return REPLY\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    return "lazy_engine:ask"


def test_a_report_is_written_with_every_quote_verbatim(evaluated):
    values = json.loads((evaluated / "report.json").read_text("utf-8"))
    run = values["runs"][0]
    assert len(run["questions"]) == len(CHOSEN)
    assert run["figures"]["verbatim"] == run["figures"]["within_limits"] == 1
    assert 0 < run["threshold"] < 1
    assert values["index"]["articles"] == 5
    names = {path.name for path in evaluated.iterdir()}
    assert names == {"report.html", "report.json", "questions.csv"}


def test_json_is_all_that_standard_output_carries(few, seeds_index, lazy, capsys):
    arguments = ["evaluate", str(few), "--index", str(seeds_index), "--engine", lazy, "--json"]
    assert main(arguments) == 0
    printed = capsys.readouterr()
    figures = json.loads(printed.out)["runs"][0]["figures"]
    assert (figures["coverage"], figures["accuracy"]) == (1, 0)
    assert "questions" in printed.err


def test_the_gate_holds_and_does_not_hold(few, seeds_index, lazy, evaluated, capsys):
    common = ["evaluate", str(few), "--index", str(seeds_index), "--engine", lazy]
    assert main([*common, "--fail-under", "coverage=1", "--fail-under", "ece=0.95"]) == 0
    assert main([*common, "--fail-under", "text_accuracy=0.5"]) == 1
    assert "text_accuracy is 0.0000; at least 0.5 was asked" in capsys.readouterr().err
    # Five questions are too few for a fall to be more than chance.
    assert main([*common, "--no-worse-than", str(evaluated / "report.json")]) == 0
    assert "held against extractive" in capsys.readouterr().out


def test_engines_side_by_side(few, seeds_index, lazy, tmp_path, capsys):
    (tmp_path / "other_engine.py").write_text(
        f"def ask(question, history=None): return {REPLY | {'status': 'not_found'}!r}\n"
    )
    engines = ["--engine", lazy, "--engine", "other_engine:ask"]
    report = tmp_path / "report"
    arguments = ["evaluate", str(few), "--index", str(seeds_index), *engines]
    assert main([*arguments, "--report", str(report), "--threshold", "0.5"]) == 0
    assert "other_engine:ask held against lazy_engine:ask" in capsys.readouterr().out
    values = json.loads((report / "report.json").read_text("utf-8"))
    assert [run["figures"]["coverage"] for run in values["runs"]] == [1, 0]
    assert main([*arguments, "--compare", str(report / "report.json")]) == 0
    assert "5 questions in both, 0 better, 0 worse" in capsys.readouterr().out


def test_an_interrupted_run_goes_on(few, seeds_index, tmp_path, monkeypatch, capsys):
    (tmp_path / "slow_engine.py").write_text(
        "import json, pathlib\n"
        f"LOG = pathlib.Path({str(tmp_path / 'log')!r})\n"
        "def ask(question):\n"
        "    asked = LOG.read_text().splitlines() if LOG.exists() else []\n"
        "    LOG.write_text('\\n'.join([*asked, question]))\n"
        "    if len(asked) == 2: raise KeyboardInterrupt\n"
        f"    return {REPLY!r}\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    arguments = ["evaluate", str(few), "--index", str(seeds_index), "--engine", "slow_engine:ask"]
    arguments += ["--report", str(tmp_path / "report")]
    assert main(arguments) == 130
    assert main(arguments) == 0
    assert "going on after 2 replies" in capsys.readouterr().err
    assert len((tmp_path / "log").read_text().splitlines()) == len(CHOSEN) + 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--engine", "nobody"], "no engine 'nobody'"),
        (["--fail-under", "beauty=1"], "no figure 'beauty'"),
        (["--compare", "absent.json"], "absent.json: cannot be read"),
        (["--no-worse-than", "absent.json"], "absent.json: cannot be read"),
    ],
)
def test_mistakes_are_told_before_anything_is_asked(few, seeds_index, capsys, arguments, told):
    assert main(["evaluate", str(few), "--index", str(seeds_index), *arguments]) == 2
    assert told in capsys.readouterr().err


def test_no_index_and_no_gold(few, seeds_index, tmp_path, capsys):
    assert main(["evaluate", str(few), "--index", str(tmp_path / "none")]) == 2
    assert "no index in" in capsys.readouterr().err
    assert main(["evaluate", "absent.jsonl", "--index", str(seeds_index)]) == 2
    assert "absent.jsonl: cannot be read" in capsys.readouterr().err


def test_an_engine_that_cannot_be_reached(few, seeds_index, capsys, monkeypatch):
    monkeypatch.setattr("assistant.evaluation.engines._PAUSE", 0.0)
    arguments = ["evaluate", str(few), "--index", str(seeds_index)]
    assert main([*arguments, "--engine", "http://127.0.0.1:9/ask"]) == 1
    assert "cannot be reached" in capsys.readouterr().err


def test_gold_check_of_this_project(seeds_index, capsys):
    assert main(["gold", "check", str(GOLD), "--index", str(seeds_index)]) == 0
    assert capsys.readouterr().out == "418 in place\n"


def test_gold_check_mends_what_moved_and_tells_what_is_lost(few, seeds_index, tmp_path, capsys):
    path = tmp_path / "mine.jsonl"
    shutil.copy(few, path)
    check = ["gold", "check", str(path), "--index", str(seeds_index)]
    assert main([*check, "--write"]) == 0
    quoted = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert all("quote" in span for entry in quoted for span in entry["evidence"])

    span = quoted[0]["evidence"][0]
    right = span["start"], span["end"]
    span["start"], span["end"] = right[0] + 3, right[1] + 3
    path.write_text("\n".join(map(json.dumps, quoted)), "utf-8")
    assert main(check) == 1
    assert f"evidence[0] of {quoted[0]['id']} has moved to" in capsys.readouterr().out
    assert main([*check, "--write"]) == 0
    mended = json.loads(path.read_text("utf-8").splitlines()[0])["evidence"][0]
    assert (mended["start"], mended["end"]) == right

    span["quote"] = "Nobody ever wrote a sentence quite like this one here."
    span["end"] = span["start"] + len(span["quote"])
    path.write_text("\n".join(map(json.dumps, quoted)), "utf-8")
    assert main([*check, "--write"]) == 1
    assert "is lost" in capsys.readouterr().out


def test_gold_draft_is_refused_until_it_is_reviewed(seeds_index, tmp_path, capsys):
    questions = tmp_path / "questions.csv"
    questions.write_text("question,answers\nWho claimed the call happened?,Sergei Naryshkin\n")
    out = tmp_path / "draft.jsonl"
    common = ["--index", str(seeds_index)]
    draft = ["gold", "draft", "--questions", str(questions), "--out", str(out), *common]
    assert main(draft) == 0
    assert main(draft) == 2, "nothing is overwritten"
    entry = json.loads(out.read_text("utf-8"))
    assert entry["evidence"]
    assert main(["evaluate", str(out), *common]) == 2
    assert "a draft" in capsys.readouterr().err
    assert main(["gold", "check", str(out), *common]) == 0
    del entry["draft"]
    out.write_text(json.dumps(entry))
    assert main(["evaluate", str(out), "--json", *common]) == 0


def test_help_explains(capsys):
    for command in (["evaluate"], ["gold"], ["gold", "check"], ["gold", "draft"]):
        with pytest.raises(SystemExit) as left:
            main([*command, "--help"])
        assert left.value.code == 0
    assert add_commands.__doc__
    assert "--fail-under" in capsys.readouterr().out
