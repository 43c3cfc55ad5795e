"""Checks in test classes."""

from pytest_modelcheck.records import Tally

ECHO = "@model_fixture\ndef echo(model_version):\n    return str\n"


def test_a_method_is_a_check(project):
    project.model(ECHO)
    project.test(
        """
        class TestEcho:
            expected = "ab"

            @pytest.mark.golden(["a", "b"])
            def test_it(self, echo, case):
                assert echo(case.input) in self.expected
        """
    )
    result = project.run()
    result.assert_outcomes(passed=1)
    assert project.verdicts(result)["TestEcho::test_it"].cases == Tally(passed=2)


def test_a_marker_on_the_class_makes_a_check_of_each_method(project):
    project.model(ECHO)
    project.test(
        """
        @pytest.mark.golden(["a", "b"])
        class TestEcho:
            def test_one(self, echo, case):
                assert echo(case.input)

            def test_two(self, echo, case):
                assert echo(case.input) == "a"
        """
    )
    result = project.run()
    result.assert_outcomes(passed=1, failed=1)


def test_a_marker_on_the_module_makes_a_check_of_each_test(project):
    project.model(ECHO)
    project.test(
        """
        pytestmark = pytest.mark.golden(["a", "b"])

        def test_one(echo, case):
            assert echo(case.input)
        """
    )
    project.run().assert_outcomes(passed=1)


def test_a_marker_of_the_method_and_one_of_the_class_are_two_markers(project):
    project.model(ECHO)
    project.test(
        """
        @pytest.mark.golden(["a", "b"])
        class TestEcho:
            @pytest.mark.golden(["c"])
            def test_one(self, echo, case):
                assert echo(case.input)
        """
    )
    result = project.run()
    assert result.ret == 4
    result.stderr.fnmatch_lines(["*@pytest.mark.golden and @pytest.mark.golden on one test*"])


def test_methods_of_two_classes_have_baselines_of_their_own(project):
    project.model(ECHO)
    project.test(
        """
        class TestOne:
            @pytest.mark.golden(["a"])
            def test_it(self, echo, case):
                assert echo(case.input)

        class TestTwo:
            @pytest.mark.golden(["b"])
            def test_it(self, echo, case):
                assert echo(case.input)
        """
    )
    project.approve("1")
    assert len([name for name in project.baselines() if name.endswith(".jsonl")]) == 2
    project.run("--model-version=2").assert_outcomes(passed=2)


def test_a_method_inherited_by_two_classes_is_two_checks(project):
    project.model(ECHO)
    project.test(
        """
        class Base:
            @pytest.mark.golden(["a", "b"])
            def test_it(self, echo, case):
                assert echo(case.input) in self.known

        class TestOne(Base):
            known = "ab"

        class TestTwo(Base):
            known = "a"
        """
    )
    result = project.run("--model-version=1")
    result.assert_outcomes(passed=1, failed=1)
    assert project.verdicts(result)["TestTwo::test_it"].cases == Tally(passed=1, failed=1)


def test_each_test_has_an_instance_of_its_own_and_its_cases_share_it(project):
    project.model(ECHO)
    project.test(
        """
        class TestEcho:
            @pytest.mark.golden(["a", "b"])
            def test_it(self, echo, case):
                self.seen = getattr(self, "seen", 0) + 1
                assert echo(case.input)
                assert self.seen <= 2
        """
    )
    project.run().assert_outcomes(passed=1)
