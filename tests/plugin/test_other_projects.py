"""Other projects have markers called ``golden`` and fixtures called ``case``: they are left alone."""

import pytest

OTHERS = """
import pytest

@pytest.fixture
def case():
    return "their own"

@pytest.fixture
def score():
    return 17

@pytest.fixture
def cases():
    return ["theirs"]

@pytest.mark.golden("no-such-file.yaml", threshold=95)
def test_own_fixtures(case, score, cases):
    assert (case, score, cases) == ("their own", 17, ["theirs"])

@pytest.mark.invariance
@pytest.mark.golden
def test_both_markers():
    pass

@pytest.mark.parametrize("case", [1, 2])
@pytest.mark.directional("north")
def test_parametrized(case):
    assert case in (1, 2)

class TestTheirs:
    @pytest.fixture
    def case(self):
        return "of the class"

    @pytest.mark.golden(anything=object())
    def test_class_fixture(self, case):
        assert case == "of the class"
"""


@pytest.fixture
def others(project):
    (project.path / "conftest.py").unlink()
    (project.path / "tickets.yaml").unlink()
    project.test(OTHERS)
    return project


def assert_untouched(project, result):
    result.assert_outcomes(passed=5)
    assert "modelcheck:" not in result.stdout.str()
    assert "= modelcheck =" not in result.stdout.str()
    assert set(project.files()) == {"pytest.ini", "test_triage.py"}


STRICT = ["strict = true"] if pytest.version_tuple >= (9,) else []  # it came with pytest 9


@pytest.mark.parametrize("lines", [[], ["markers = golden: compare with a golden file", *STRICT]])
def test_are_untouched(others, lines):
    others.ini(*lines)
    strict = ["--strict-markers", "--strict-config"] if lines else []
    assert_untouched(others, others.run(*strict, "-W", "error"))


def test_are_untouched_under_xdist(others):
    pytest.importorskip("xdist")
    assert_untouched(others, others.run_apart("-p", "xdist", "-n", "1"))


def test_their_fixtures_may_be_lazy_proxies_that_refuse_to_be_looked_at(project):
    """As flask.request is, outside of a request."""
    project.test("""
        class Proxy:
            def __getattr__(self, name):
                raise RuntimeError("working outside of request context")

        request = Proxy()

        @pytest.mark.golden("tickets.yaml")
        def test_known(triage, case):
            assert triage(case.input) == case.expected
    """)
    project.passes("--model-version=2.0")


def test_items_of_other_kinds_and_a_parameter_called_case_may_stand_beside_ours(project):
    project.ini("addopts = --doctest-modules")
    project.write("doc.py", '"""\n>>> 1 + 1\n2\n"""\n')
    project.test("""
        import unittest

        class TestUnit(unittest.TestCase):
            def test_unit(self):
                assert True

        @pytest.mark.parametrize("case", ["I want a refund", "a refund"])
        def test_plain(triage, case):
            assert triage(case) == "refund"

        @pytest.mark.golden("tickets.yaml")
        def test_known(triage, case):
            assert triage(case.input) == case.expected
    """)
    project.run("--model-version=2.0").assert_outcomes(passed=5)


def test_our_marker_beside_a_parameter_called_case_is_refused(project):
    project.test("""
        import pytest

        @pytest.mark.parametrize("case", [1, 2])
        @pytest.mark.golden("tickets.yaml")
        def test_known(triage, case):
            assert triage(case.input)
    """)
    project.refuses(
        "*test_triage.py:3: @pytest.mark.golden on a test that takes no `case`*", "--model-version=2.0"
    )
