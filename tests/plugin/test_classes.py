"""Checks in test classes."""

from pytest_modelcheck.records import Tally

ECHO = "@model_fixture\ndef echo(model_version):\n    return str\n"


def test_methods_are_checks_whether_they_or_the_class_are_marked(project):
    project.model(ECHO)
    project.test("""
        class TestMarkedMethod:
            expected = "ab"

            @pytest.mark.golden(["a", "b"])
            def test_it(self, echo, case):
                assert echo(case.input) in self.expected

        @pytest.mark.golden(["a", "b"])
        class TestMarkedClass:
            def test_one(self, echo, case):
                assert echo(case.input)

            def test_two(self, echo, case):
                assert echo(case.input) == "a"

        class Base:
            @pytest.mark.golden(["a", "b"])
            def test_it(self, echo, case):
                assert echo(case.input) in self.known

        class TestOne(Base):
            known = "ab"

        class TestTwo(Base):
            known = "a"

        class TestInstance:
            @pytest.mark.golden(["a", "b"])
            def test_is_one_for_all_cases_of_a_test(self, echo, case):
                self.seen = getattr(self, "seen", 0) + 1
                assert echo(case.input)
                assert self.seen <= 2
    """)
    project.test(
        """
        pytestmark = pytest.mark.golden(["a", "b"])

        def test_marked_module(echo, case):
            assert echo(case.input)
        """,
        "test_module.py",
    )
    both, mixed = Tally(passed=2), Tally(passed=1, failed=1)
    result = project.run("--model-version=1")
    assert {name: verdict.cases for name, verdict in project.verdicts(result).items()} == {
        "test_marked_module": both,
        "TestMarkedMethod::test_it": both,
        "TestMarkedClass::test_one": both,
        "TestMarkedClass::test_two": mixed,
        "TestOne::test_it": both,
        "TestTwo::test_it": mixed,
        "TestInstance::test_is_one_for_all_cases_of_a_test": both,
    }


def test_a_marker_of_the_method_and_one_of_the_class_are_two_markers(project):
    project.model(ECHO)
    project.test("""
        @pytest.mark.golden(["a", "b"])
        class TestEcho:
            @pytest.mark.golden(["c"])
            def test_one(self, echo, case):
                assert echo(case.input)
    """)
    project.refuses("*@pytest.mark.golden and @pytest.mark.golden on one test*")
