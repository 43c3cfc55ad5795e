import pytest

from pytest_modelcheck.cli.targets import meant, target, targets
from pytest_modelcheck.errors import VersionError

ONE = {"triage": ["1"]}
TWO = {"tone": ["1", "2.1"], "triage": ["1", "2.1", "3"]}


def test_a_version_alone_is_that_of_the_only_model_whether_it_has_it_or_not():
    assert target("2.1", ONE) == ("triage", "2.1")


def test_a_prefix_is_a_model_only_where_there_is_one_of_that_name():
    assert target("temperature=0", ONE) == ("triage", "temperature=0")
    assert target("triage=temperature=0", ONE) == ("triage", "temperature=0")


def test_a_version_alone_is_meant_of_every_model_that_has_it_as_pytest_means_it():
    assert meant("2.1", TWO) == [("tone", "2.1"), ("triage", "2.1")]
    assert targets(["2.1"], TWO) == {"tone": "2.1", "triage": "2.1"}
    assert meant("3", TWO) == [("triage", "3")]


def test_if_several_models_have_the_version_the_choices_are_written_out():
    assert target("3", TWO) == ("triage", "3")
    with pytest.raises(VersionError, match=r"'2\.1' of which model\?.*\n  tone=2\.1\n  triage=2\.1$"):
        target("2.1", TWO)


def test_a_version_that_no_model_has_is_an_error_that_lists_what_there_is():
    with pytest.raises(VersionError) as caught:
        meant("7", TWO)
    assert str(caught.value) == (
        "no model has a stored run of 7. Run it first: pytest --model-version=7\nThere are:\n"
        "  tone=1\n  tone=2.1\n  triage=1\n  triage=2.1\n  triage=3"
    )


def test_without_a_run_there_is_nothing_to_list():
    with pytest.raises(VersionError, match=r"Run it first: pytest --model-version=7$"):
        meant("7", {"tone": [], "triage": []})


def test_a_misspelt_model_is_unknown():
    with pytest.raises(
        VersionError, match=r"^no model is called 'tne', and no model has a version 'tne=1'\n"
    ):
        meant("tne=1", TWO)


@pytest.mark.parametrize("text", ["", "triage="])
def test_no_version_is_an_error(text):
    with pytest.raises(VersionError, match=r"names no version\. Write triage=VERSION"):
        target(text, ONE)


def test_several_models_have_a_version_each():
    assert targets(["triage=2", "tone=3"], TWO) == {"triage": "2", "tone": "3"}


@pytest.mark.parametrize("texts", [["triage=2", "triage=3"], ["2.1", "triage=3"]])
def test_two_versions_of_one_model_are_an_error(texts):
    with pytest.raises(VersionError, match=r"two versions of triage: 2(\.1)? and 3"):
        targets(texts, TWO)
