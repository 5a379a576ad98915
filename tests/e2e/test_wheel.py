"""The wheel holds all that is needed: built, installed elsewhere, and asked."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_wheel_carries_everything_and_answers_outside_the_repository(tmp_path):
    built = subprocess.run(
        [
            sys.executable,
            "-m",
            "build",
            "--wheel",
            "--no-isolation",
            "-o",
            str(tmp_path),
            str(ROOT),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = tmp_path.glob("*.whl")
    names = set(zipfile.ZipFile(wheel).namelist())
    tracked = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "assistant").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert tracked <= names
    prompts = {f"assistant/prompts/{path.name}" for path in (ROOT / "prompts").iterdir()}
    assert prompts <= names

    site, articles = tmp_path / "site", tmp_path / "articles"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    articles.mkdir()
    (articles / "bridge.txt").write_text(
        "The harbour bridge in Gdynia was opened by Mayor Anna Kowalska on Monday.\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(site)}

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "assistant", *arguments],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment,
            check=True,
        )

    run("index", "articles")
    code = "import assistant; print(assistant.__file__)"
    where = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment,
        check=True,
    )
    assert where.stdout.startswith(str(site))
    assert "Anna Kowalska" in run("ask", "Who opened the harbour bridge?").stdout
