"""``--modelcheck-update``: all that was seen is approved, or the run says what was not and fails."""

GOLDEN = """
@pytest.mark.golden("tickets.yaml", at_least=0.95)
def test_known_tickets(triage, case):
    assert triage(case.input) == case.expected
"""


def test_what_is_red_against_its_rate_is_not_approved(project):
    project.test(GOLDEN)
    result = project.run("--model-version=3.0", "--modelcheck-update")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["not approved: test_triage.py::test_known_tickets: *"])
    assert not (project.path / "baselines").exists()


def test_a_model_without_a_version_is_not_approved_and_the_run_fails(project):
    project.test(GOLDEN)
    result = project.run("--modelcheck-update")
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        ["not approved: triage has no version. Name it: pytest --model-version=VERSION"]
    )


def test_a_run_that_is_cut_short_approves_nothing(project):
    project.test(GOLDEN + "\ndef test_stop():\n    raise KeyboardInterrupt\n")
    result = project.run_apart("--model-version=2.0", "--modelcheck-update")
    assert result.ret == 2
    result.stdout.fnmatch_lines(["nothing was approved: the run was cut short"])
    assert not (project.path / "baselines").exists()


def test_an_ordinary_failing_test_does_not_keep_checks_from_being_approved(project):
    project.test(GOLDEN + "\ndef test_other():\n    assert False\n")
    result = project.run("--model-version=2.0", "--modelcheck-update")
    assert result.ret == 1
    result.stdout.fnmatch_lines(["approved: triage 2.0, 1 check in baselines"])
