"""The command line as scripts and people use it: in its own process, over a real index."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.cli import main

SEEDS = Path(__file__).parents[1] / "seeds"


def run(*arguments, stdin="", cwd=None, env=None):
    return subprocess.run(
        [sys.executable, "-m", "assistant", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(SEEDS.parent), **(env or {})},
        check=False,
    )


@pytest.fixture
def here(capsys, monkeypatch):
    """As `run`, but in this process, where the model is imported already."""

    def called(*arguments, stdin=""):
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        capsys.readouterr()
        status = main([str(a) for a in arguments])
        said = capsys.readouterr()
        return subprocess.CompletedProcess(arguments, status, said.out, said.err)

    return called


def test_help_is_instant_for_it_imports_nothing_heavy():
    code = (
        "import sys; from assistant.cli import main\n"
        "try: main(['ask', '--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'chromadb', 'llama_index', "
        "'gradio', 'numpy', 'onnxruntime'}\n"
        "print(sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"
    assert "QUESTION" in done.stdout


def test_every_command_has_a_help_text(capsys):
    commands = ["index", "remove", "articles", "ask", "chat", "evaluate", "serve"]
    with pytest.raises(SystemExit) as stopped:
        main(["--help"])
    assert stopped.value.code == 0
    overview = capsys.readouterr().out
    for command in commands:
        assert f"\n    {command}" in overview
        with pytest.raises(SystemExit):
            main([command, "--help"])
        assert "--index" in capsys.readouterr().out


def test_the_readme_names_only_commands_and_options_that_exist(capsys):
    readme = (SEEDS.parent / "README.md").read_text(encoding="utf-8")
    helps = []
    commands = [["gold", "check"], ["gold", "draft"]]
    commands += [[c] for c in ("index", "remove", "articles", "ask", "chat", "evaluate", "serve")]
    for command in commands:
        with pytest.raises(SystemExit):
            main([*command, "--help"])
        helps.append(capsys.readouterr().out)
    shown = "\n".join(helps)
    used = {
        word.rstrip(".,;:)`")
        for line in readme.splitlines()
        if line.lstrip("$ ").startswith("assistant ")
        for word in line.split()
        if word.startswith("--")
    }
    assert used
    assert {option for option in used if option not in shown} == set()


def test_index_ask_articles_and_remove_by_the_contract(tmp_path):
    index = tmp_path / "index"
    built = run("index", SEEDS, "--index", index)
    assert built.returncode == 0, built.stderr
    assert "5 added" in built.stdout
    assert built.stdout.count("\n") == 1

    asked = run("ask", "Who is the new head of MI6?", "--json", "--index", index)
    assert asked.returncode == 0
    assert asked.stdout.count("\n") == 1
    answer = json.loads(asked.stdout)
    assert {"question", "understood", "status", "text", "short", "confidence", "citations"} <= set(
        answer
    )
    assert {"evidence", "notes", "engine", "seconds"} <= set(answer)
    for citation in answer["citations"]:
        source = (SEEDS / f"{citation['article']}.txt").read_bytes().decode()
        assert source[citation["start"] : citation["end"]] == citation["quote"]

    listed = run("articles", "--json", env={"ASSISTANT_INDEX": str(index)})
    articles = [json.loads(line) for line in listed.stdout.splitlines()]
    assert len(articles) == 5
    shown = run("articles", articles[0]["id"], "--json", "--index", index)
    source = (SEEDS / f"{articles[0]['id']}.txt").read_bytes().decode()
    assert json.loads(shown.stdout)["text"] == source

    assert run("remove", articles[0]["id"], "--index", index).returncode == 0
    assert len(run("articles", "--index", index).stdout.splitlines()) == 4
    gone = run("articles", articles[0]["id"], "--index", index)
    assert gone.returncode == 2
    assert "not in the index" in gone.stderr


def test_a_file_of_questions_is_answered_in_order_and_blank_lines_skipped(seeds_index, here):
    questions = ["Who is Bart De Wever?", "", "   ", "Where did Burns meet Naryshkin?", "hello"]
    done = here("ask", "--file", "-", "--json", "--index", seeds_index, stdin="\n".join(questions))
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [a["question"] for a in answers] == [q for q in questions if q.strip()]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["ask", "Who?", "--index", "nowhere"], "assistant index PATH"),
        (["ask", "--index", "nowhere"], "give one QUESTION"),
        (["ask", "a", "--file", "b"], "give one QUESTION"),
        (["ask", "Who?", "--since", "March"], "no date like 2024-03-05"),
        (["index", "no-such-folder", "--index", "new"], "no-such-folder: no such file"),
        (["remove", "x", "--index", "nowhere"], "no index in nowhere"),
        (["frobnicate"], "invalid choice"),
        ([], "COMMAND"),
    ],
)
def test_a_users_mistake_is_one_clear_message_and_status_2(arguments, said, tmp_path):
    done = run(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_mistakes_in_questions_and_filters_name_the_place(seeds_index, tmp_path, here):
    empty = here("ask", "  ", "--index", seeds_index)
    assert (empty.returncode, empty.stdout) == (2, "")
    assert "question is empty" in empty.stderr
    outlet = here("ask", "Who?", "--outlet", "Nobody", "--index", seeds_index)
    assert "The Independent" in outlet.stderr
    (tmp_path / "questions").write_text("Who?\n" + "a" * 3000 + "\n")
    long = here("ask", "--file", tmp_path / "questions", "--json", "--index", seeds_index)
    assert long.returncode == 2
    assert "line 2" in long.stderr
    assert len(long.stdout.splitlines()) == 1


def test_chat_answers_until_an_empty_line(seeds_index, here):
    done = here(
        "chat", "--index", seeds_index, stdin="hello\nWhere is Euroclear based?\n\nnot read\n"
    )
    assert done.returncode == 0
    assert "5 articles are indexed" in done.stdout
    assert "Brussels" in done.stdout


def test_a_reader_that_goes_away_is_no_error_of_the_file(seeds_index, tmp_path):
    (tmp_path / "questions").write_text("hello\n" * 3000)
    command = f"{sys.executable} -m assistant ask --file questions --json --index {seeds_index}"
    done = subprocess.run(
        ["bash", "-c", f"{command} | head -c 10"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(SEEDS.parent)},
        check=False,
    )
    assert "cannot be read" not in done.stderr
    assert "Traceback" not in done.stderr
