"""Our own markers and options are registered: strict runs take them."""

import pytest


def test_strict_markers_know_ours(project):
    project.test("""
        @pytest.mark.golden("tickets.yaml")
        def test_golden(triage, case):
            assert triage(case.input) == case.expected

        @pytest.mark.invariance("tickets.yaml", under=str.upper)
        def test_invariance(triage, case):
            assert triage(case.perturbed) == triage(case.input)

        @pytest.mark.directional("tickets.yaml", under=str.upper, allow_constant=True)
        def test_directional(triage, case):
            assert triage(case.perturbed) >= triage(case.input)
    """)
    result = project.run("--model-version=2.0", "--strict-markers", "--strict-config", "-W", "error")
    result.assert_outcomes(passed=3)


def test_strict_config_knows_every_ini_option_of_ours(project):
    project.ini(
        "model_version = 2.0",
        "modelcheck_cache = use",
        "modelcheck_offline = false",
        "modelcheck_baseline_dir = approved",
        "modelcheck_cache_dir = .cache/models",
        "modelcheck_at_least = 0.9",
        "modelcheck_max_drop = 0.02",
        "modelcheck_max_changed = 3",
        "modelcheck_max_regressed = 1",
        "modelcheck_min_overlap = 0.5",
        "modelcheck_false_fail_rate = 0.05",
        "modelcheck_inconclusive = fail",
    )
    project.test()
    project.run("--strict-config", "-W", "error").assert_outcomes(passed=1)
    assert (project.path / ".cache" / "models" / "predictions").is_dir()


@pytest.mark.skipif(pytest.version_tuple < (9,), reason="native TOML came with pytest 9")
def test_pytest_9_in_strict_mode_with_native_values(project):
    (project.path / "pytest.ini").unlink()
    project.write(
        "pyproject.toml",
        """
        [tool.pytest]
        strict = true
        model_version = "2.0"
        modelcheck_offline = false
        modelcheck_at_least = "0.95"
        """,
    )
    project.test()
    result = project.run("-W", "error")
    result.assert_outcomes(passed=1)
    assert project.verdict(result).required == 0.95
    result.stdout.fnmatch_lines(["modelcheck: triage 2.0 *"])


def test_markers_are_listed_by_pytest(project):
    result = project.run("--markers")
    result.stdout.fnmatch_lines(
        ["@pytest.mark.golden(*", "@pytest.mark.invariance(*", "@pytest.mark.directional(*"]
    )


def test_options_are_listed_by_pytest(project):
    result = project.run("--help")
    for option in ("model-version", "modelcheck-update", "modelcheck-baseline", "modelcheck-case"):
        result.stdout.fnmatch_lines([f"  --{option}*"])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("modelcheck_cache = sometimes", "*modelcheck_cache='sometimes'*use, refresh or off*"),
        ("modelcheck_at_least = 95", "*modelcheck_at_least=95 is not a rate*0.95*"),
        ("modelcheck_max_drop = lots", "*modelcheck_max_drop='lots' is not an allowance*"),
        ("modelcheck_inconclusive = maybe", '*modelcheck_inconclusive=*write "warn" or "fail"'),
        ("modelcheck_population = all", "*modelcheck_population='all': write \"fixed\"*"),
        ("modelcheck_tolerance = 5", "*modelcheck_tolerance=5 is not a tolerance*"),
        ("modelcheck_require_proof = maybe", "*modelcheck_require_proof='maybe': write True or False*"),
        ("modelcheck_suite_false_fail_rate = 7", "*modelcheck_suite_false_fail_rate=7 is not an error rate*"),
        ("modelcheck_revalidate = many", "*modelcheck_revalidate=many: write a whole number from 0"),
    ],
)
def test_an_ini_value_that_cannot_be_meant_is_a_usage_error_of_runs_with_our_tests(project, line, message):
    project.ini(line)
    project.test()
    result = project.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([message])
    assert "Traceback" not in result.stderr.str()
    project.test("def test_plain(): pass")
    project.run().assert_outcomes(passed=1)
