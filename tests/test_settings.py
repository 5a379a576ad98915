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


def test_the_language_models_settings_come_the_same_way():
    environment = {
        "ASSISTANT_ENGINE": "auto",
        "ASSISTANT_LLM_URL": "http://127.0.0.1:1/v1",
        "ASSISTANT_LLM_MODEL": "small",
        "ASSISTANT_LLM_API_KEY": "sk-secret",
        "ASSISTANT_PROMPTS": "mine",
    }
    found = Settings.load(environment=environment)
    assert (found.engine, found.llm_url) == ("auto", "http://127.0.0.1:1/v1")
    assert (found.llm_model, found.prompts) == ("small", Path("mine"))
    assert "sk-secret" not in repr(found)
    given = Settings.load(engine="extractive", llm_model="large", environment=environment)
    assert (given.engine, given.llm_model) == ("extractive", "large")
    assert Settings.load(environment={}).engine == "extractive"


@pytest.mark.parametrize("url", ["localhost:11434", "ftp://host/v1", "http://", "http://[::1/v1"])
def test_an_address_that_is_none_is_refused(url):
    with pytest.raises(SettingsError, match="looks like http"):
        Settings.load(llm_url=url, environment={})


@pytest.mark.parametrize("url", ["http://me:pw@host/v1", "https://host/v1?key=sk-1"])
def test_a_secret_in_the_address_is_refused_and_not_repeated(url):
    with pytest.raises(SettingsError, match="ASSISTANT_LLM_API_KEY") as refused:
        Settings.load(llm_url=url, environment={})
    assert "pw" not in str(refused.value)
    assert "sk-1" not in str(refused.value)


def test_an_unknown_engine_is_refused():
    with pytest.raises(SettingsError, match="extractive, llm, auto"):
        Settings.load(environment={"ASSISTANT_ENGINE": "magic"})
