from pathlib import Path

import pytest

from assistant.errors import SettingsError
from assistant.settings import Settings


def test_arguments_go_before_the_environment_and_that_before_the_defaults():
    environment = {"ASSISTANT_INDEX": "from-env", "ASSISTANT_EMBEDDING_MODEL": "model-env"}
    assert Settings.load(environment={}) == Settings(Path("index"), "all-MiniLM-L6-v2")
    assert Settings.load(environment=environment) == Settings(Path("from-env"), "model-env")
    given = Settings.load("given", "model", environment=environment)
    assert given == Settings(Path("given"), "model")


def test_an_index_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(SettingsError, match="must be a folder"):
        Settings.load(tmp_path / "file")


def test_an_empty_name_is_refused_and_an_empty_variable_counts_as_unset():
    with pytest.raises(SettingsError, match="empty"):
        Settings.load("")
    assert Settings.load(environment={"ASSISTANT_INDEX": ""}).index == Path("index")
