"""Without tests of ours the plugin writes, prints and warns of nothing, and imports next to nothing."""

import subprocess
import sys

import pytest

PLAIN = """
import pytest

@pytest.mark.parametrize("number", range(3))
def test_plain(number):
    assert number < 3

def test_fails():
    assert 1 == 2
"""

HEAVY = (
    "numpy",
    "scipy",
    "sklearn",
    "pandas",
    "hypothesis",
    "diskcache",
    "sqlite3",
    "yaml",
    "orjson",
    "rich",
    "jinja2",
    "click",
    "greenlet",
    "asyncio",
)


@pytest.fixture
def idle(project):
    (project.path / "conftest.py").unlink()
    (project.path / "tickets.yaml").unlink()
    project.test(PLAIN)
    return project


def printed(result):
    """The lines that a run printed, without times."""
    lines = [
        line for line in result.stdout.lines if not line.startswith(("plugins:", "running:", "     in:"))
    ]
    return [line.partition(" in ")[0].rstrip("= ") for line in lines]


def test_prints_what_pytest_prints(idle):
    with_us = idle.run_apart("-W", "error")
    without = idle.pytester.runpytest_subprocess("-W", "error")
    assert printed(with_us) == printed(without)
    with_us.assert_outcomes(passed=3, failed=1)


def test_leaves_no_file_behind_and_options_of_ours_do_no_harm(idle):
    before = set(idle.files())
    idle.run("-W", "error", "-p", "no:cacheprovider")
    options = ("--modelcheck-update", "--modelcheck-offline", "--modelcheck-baseline=1")
    result = idle.run("--model-version=2.1", *options)
    result.assert_outcomes(passed=3, failed=1)
    assert set(idle.files()) == before
    assert "modelcheck" not in "\n".join(printed(result))


def test_imports_nothing_heavy(idle):
    idle.write(
        "conftest.py",
        """
        import sys

        def pytest_unconfigure():
            with open("modules.txt", "w") as log:
                log.write("\\n".join(sys.modules))
        """,
    )
    idle.pytester.runpytest_subprocess("-p", "modelcheck")  # and no other plugin
    with_us = set((idle.path / "modules.txt").read_text().split())
    idle.pytester.runpytest_subprocess()
    without = set((idle.path / "modules.txt").read_text().split())
    added = with_us - without
    assert added.isdisjoint(HEAVY)
    assert len([name for name in added if name.startswith("pytest_modelcheck")]) <= 8
    assert len(added) <= 20


def test_no_modelcheck_leaves_a_clean_run(idle):
    arguments = [sys.executable, "-m", "pytest", "-p", "no:modelcheck", "-W", "error"]
    done = subprocess.run(arguments, cwd=idle.path, capture_output=True, text=True, timeout=180, check=False)
    assert "3 passed" in done.stdout
    assert "modelcheck" not in done.stdout.replace(str(idle.path), "")
    assert done.stderr == ""


def test_no_modelcheck_runs_what_needs_no_model_and_tells_the_rest(project):
    project.test("def test_model(triage): pass\n\ndef test_plain(): pass\n")
    result = project.pytester.runpytest_subprocess("-p", "no:modelcheck")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*a model fixture needs the plugin that runs it: *-p no:modelcheck*"])
    assert "pytest_modelcheck/" not in result.stdout.str()


def test_a_model_fixture_that_no_test_uses_is_never_loaded(project):
    project.model("@model_fixture\ndef triage():\n    raise OSError('loaded')\n")
    project.test("def test_plain(): pass")
    before = set(project.files())
    result = project.passes("-W", "error")
    assert "modelcheck:" not in result.stdout.str()
    assert set(project.files()) == before


def test_a_model_in_an_ordinary_test_is_called_and_its_answer_cached(project):
    """Also if the test requests it at run time."""
    project.test("""
        def test_argument(triage):
            assert triage("Hello") == triage("Hello") == "other"

        def test_run_time(request):
            assert request.getfixturevalue("triage")("I want a refund") == "refund"
    """)
    for _ in "cold", "warm":
        result = project.run("--model-version=2.0", "-W", "error")
        result.assert_outcomes(passed=2)
        assert "= modelcheck =" not in result.stdout.str()
        assert project.calls == ["Hello", "I want a refund"]


def test_a_golden_test_imports_nothing_that_it_does_not_need(project):
    # pytest imports pdb, which imports asyncio since Python 3.14.
    asyncio = ("asyncio",) if sys.version_info < (3, 14) else ()
    project.test(f"""
        import sys

        def unneeded():
            names = ("numpy", "scipy", "hypothesis", "yaml", "jinja2", "rich", "click", *{asyncio})
            ours = ("perturb.english", "perturb.mistakes", "reports.html")
            return {{*names, *(f"pytest_modelcheck.{{name}}" for name in ours)}} & sys.modules.keys()

        @pytest.mark.golden([("a", "refund")], at_least=0.0)
        def test_it(triage, case):
            assert triage(case.input) == case.expected

        def test_what_is_imported():
            assert unneeded() == set()
    """)
    options = ("-p", "modelcheck", "--disable-plugin-autoload", "--model-version=1")
    project.pytester.runpytest_subprocess(*options).assert_outcomes(passed=2)


def test_pytest_rewrites_none_of_our_modules(project):
    """Without byte-code of its own, it would compile all of them in each run: 0.6 s for one check."""
    project.write(
        "early.py", 'import pytest\n\npytest.register_assert_rewrite("pytest_modelcheck")\n'
    )  # as of an installed plugin; the development install is none
    project.test("""
        import sys

        @pytest.mark.golden([("a", "refund")], at_least=0.0)
        def test_it(triage, case):
            assert triage(case.input) == case.expected

        def test_loaders():
            ours = [one for name, one in sys.modules.items() if name.startswith("pytest_modelcheck.")]
            assert len(ours) > 50
            assert {type(one.__loader__).__name__ for one in ours} == {"SourceFileLoader"}
    """)
    options = ("-p", "early", "-p", "modelcheck", "--disable-plugin-autoload", "--model-version=1")
    project.pytester.runpytest_subprocess(*options).assert_outcomes(passed=2)
