import pytest

from pytest_modelcheck.cli.targets import target, targets
from pytest_modelcheck.errors import VersionError


def test_a_version_alone_is_that_of_the_only_model():
    assert target("2.1", ["triage"]) == ("triage", "2.1")


def test_a_prefix_is_a_model_only_where_there_is_one_of_that_name():
    assert target("temperature=0", ["triage"]) == ("triage", "temperature=0")
    assert target("triage=temperature=0", ["triage"]) == ("triage", "temperature=0")


def test_a_version_alone_among_several_models_is_an_error_that_writes_out_the_choices():
    with pytest.raises(VersionError, match=r"'2\.1' of which model\?.*\n  tone=2\.1\n  triage=2\.1$"):
        target("2.1", ["tone", "triage"])


@pytest.mark.parametrize("text", ["", "triage="])
def test_no_version_is_an_error(text):
    with pytest.raises(VersionError, match=r"names no version\. Write triage=VERSION"):
        target(text, ["triage"])


def test_several_models_have_a_version_each():
    assert targets(["triage=2", "tone=3"], ["tone", "triage"]) == {"triage": "2", "tone": "3"}


def test_two_versions_of_one_model_are_an_error():
    with pytest.raises(VersionError, match="two versions of triage: 2 and 3"):
        targets(["2", "triage=3"], ["triage"])
