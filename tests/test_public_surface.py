import assistant
from assistant import errors


def test_what_the_package_exports_is_what_it_promises():
    assert sorted(assistant.__all__) == [
        "Answer",
        "Article",
        "Assistant",
        "AssistantError",
        "Citation",
        "__version__",
    ]
    assert all(hasattr(assistant, name) for name in assistant.__all__)


def test_every_error_is_exported_is_drawn_in_the_tree_and_has_an_exit_status():
    classes = {
        name: value
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.AssistantError)
    }
    assert sorted(classes) == sorted(errors.__all__)
    for name, error in classes.items():
        assert name in (errors.__doc__ or "")
        assert error.exit_status == (2 if issubclass(error, errors.UsageError) else 1)
