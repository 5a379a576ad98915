import pytest
from support import ROOT

from assistant.answering.prompting import Prompts
from assistant.errors import SettingsError


def test_the_shipped_prompts_load_and_part_instructions_from_evidence():
    prompts = Prompts.load()
    values = {"boundary": "b0", "not_found": "NONE", "words": "80"}
    instructions = prompts.fill("instructions", values)
    assert "data" in instructions
    assert "NONE" in instructions
    request = prompts.fill("question", {**values, "evidence": "[1] It rained.", "question": "Why?"})
    assert "<evidence b0>\n[1] It rained.\n</evidence b0>" in request
    assert "$" not in instructions + request


def test_a_variable_in_a_value_is_left_as_it_is():
    values = {"boundary": "b", "evidence": "$question $$ ${boundary}", "question": "Why $evidence?"}
    filled = Prompts.load().fill("question", values)
    assert "$question $$ ${boundary}" in filled
    assert "Why $evidence?" in filled


def test_a_folder_of_ones_own_replaces_some_and_changes_their_hashes_only(tmp_path):
    (tmp_path / "question.md").write_text("Costs $$5. $evidence\n$question", encoding="utf-8")
    own, shipped = Prompts.load(tmp_path), Prompts.load()
    assert own.fill("question", {"evidence": "E", "question": "Q"}) == "Costs $5. E\nQ"
    changed = {n for n, value in own.hashes().items() if value != shipped.hashes()[n]}
    assert changed == {"question"}
    assert sorted(shipped.hashes()) == ["comparison", "instructions", "question", "summary"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("$evidence", r"question\.md: the variable \$question is missing"),
        ("$evidence $question $mood", r"question\.md: the variable \$mood is not known"),
        ("$evidence $question for 5 $", r"write a dollar sign as"),
        (b"$evidence $question \xff", "cannot be read"),
    ],
)
def test_a_template_that_cannot_work_is_refused(tmp_path, text, told):
    path = tmp_path / "question.md"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SettingsError, match=told):
        Prompts.load(tmp_path)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="no folder of prompts"):
        Prompts.load(tmp_path / "nowhere")


def test_the_readme_of_the_prompts_names_every_template_and_variable():
    told = (ROOT / "prompts" / "README.md").read_text(encoding="utf-8")
    for name, prompt in Prompts.load().templates.items():
        assert f"`{name}.md`" in told
        assert all(f"`${variable}`" in told for variable in prompt.variables)
