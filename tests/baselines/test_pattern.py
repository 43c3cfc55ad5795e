import pytest

from pytest_modelcheck.baselines.names import matches

CHECK = "tests/unit/test_triage.py::TestX::test_known[es-1]"


@pytest.mark.parametrize(
    "pattern",
    [
        CHECK,
        "test_known",
        "test_known[es-1]",
        "TestX",
        "TestX::test_known",
        "test_triage.py",
        "tests",
        "unit/test_triage.py",
        "test_*",
        "*known",
        "test_known[?s-*]",
        "tests/*::test_known",
        "*",
    ],
)
def test_whole_parts_of_a_node_id_match(pattern):
    assert matches(pattern, CHECK)


@pytest.mark.parametrize(
    "pattern", ["known", "test_know", "Test", "triage", "test_known[es]", "test_known[e.-1]", "[es-1]", ""]
)
def test_anything_less_does_not(pattern):
    assert not matches(pattern, CHECK)


def test_a_test_does_not_stand_for_one_whose_name_goes_on():
    assert not matches("test_known", "t.py::test_known_tickets")
