"""Secrets are hidden in everything that is shown, and stored answers stay whole by default."""

import pytest

KEY = "sk-proj-0123456789abcdefghij"

LEAKING = f"""
    import logging

    @model_fixture(retries=0)
    def triage(model_version):
        def predict(text):
            if "parcel" in text:
                raise ConnectionError("401: bad key {KEY}")
            return "the key is {KEY}" if "password" in text else "refund"
        return predict
"""

TEST = """
    import logging

    @pytest.mark.golden("tickets.yaml")
    def test_known_tickets(triage, case):
        print("key {KEY}")
        logging.getLogger().warning("key {KEY}")
        answer = triage(case.input)
        assert answer == case.expected, f"got {{answer}}"

    def test_plain(triage):
        raise ValueError("{KEY}")
""".replace("{KEY}", KEY).replace("{{answer}}", "{answer}")


@pytest.fixture
def leaking(project):
    project.model(LEAKING)
    project.test(TEST)
    return project


def everything_shown(project, result):
    shown = {"terminal": result.stdout.str() + result.stderr.str()}
    shown |= {path.name: path.read_text() for path in project.path.glob("out.*")}
    return shown


def test_a_key_is_nowhere_shown_and_only_answers_that_are_stored_hold_it(leaking):
    result = leaking.run(
        *("--model-version=2.0", "-vv", "--junitxml=out.xml", "-o", "junit_logging=all"),
        *("--log-cli-level=INFO", "--log-file=out.log"),
        *(f"--modelcheck-report=out.{form}" for form in ("html", "json", "md")),
    )
    result.assert_outcomes(failed=2)
    shown = everything_shown(leaking, result)
    assert set(shown) == {"terminal", "out.xml", "out.log", "out.html", "out.json", "out.md"}
    for name, text in shown.items():
        assert KEY not in text, name
        assert "[redacted]" in text, name
    result.stdout.fnmatch_lines(["*WARNING*key [[]redacted]*"])
    assert "key [redacted]" in shown["out.log"]
    (path,) = (leaking.path / ".modelcheck_cache" / "candidates").rglob("*.jsonl")
    candidate = path.read_text()
    assert f'"answer":"the key is {KEY}"' in candidate
    assert "401: bad key [redacted]" in candidate
    assert f"bad key {KEY}" not in candidate


@pytest.mark.parametrize(
    ("pattern", "message"), [("(", "is not a regular expression"), ("x*", "the empty text")]
)
def test_a_pattern_that_cannot_be_meant(leaking, pattern, message):
    leaking.ini(f"modelcheck_redact = {pattern}")
    leaking.refuses(f"*ini option modelcheck_redact: *{message}*", "--model-version=2.0")
    listed = leaking.command("list")
    assert listed.ret == 2
    listed.stderr.fnmatch_lines([f"*pytest.ini: modelcheck_redact: *{message}*"])


def test_patterns_of_the_ini_file_as_the_documentation_shows_them(leaking):
    leaking.ini("modelcheck_redact =", "    customer-\\d+", "    (?i)password: \\S+")
    cases = '["customer-17 has Password: abc", "I forgot my password"]'
    leaking.golden(cases, "assert triage(case.input) == case.input")
    result = leaking.fails("--model-version=2.0", "--modelcheck-report=out.md")
    result.stdout.fnmatch_lines(["*[[]redacted] has [[]redacted]*"])
    for text in everything_shown(leaking, result).values():
        assert "customer-17" not in text
        assert KEY not in text  # they are more patterns, not others
    listed = leaking.command("show", "test_triage.py", "2.0").stdout
    listed.fnmatch_lines(["*[[]redacted] has [[]redacted]*"])


@pytest.mark.parametrize("spread", [False, True], ids=["alone", "xdist"])
def test_warnings(leaking, spread):
    leaking.test("""
        import warnings

        class OfTwo(UserWarning):
            def __init__(self, what, why):
                super().__init__(f"{what} {why}")

        @pytest.mark.golden(["a"])
        def test_known_tickets(triage, case):
            assert triage(case.input)
            key = "sk-proj-" + "0123456789abcdefghij"
            warnings.warn("key " + key)
            warnings.warn(OfTwo("two", key))
    """)
    if spread:
        pytest.importorskip("xdist")
        result = leaking.run_apart("-p", "xdist", "-n", "1", "--model-version=2.0")
    else:
        result = leaking.run("--model-version=2.0")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*UserWarning: key [[]redacted]", "*OfTwo: two [[]redacted]"])
    assert KEY not in result.stdout.str()


def test_a_key_of_several_lines(leaking):
    leaking.test("""
        KEY = "-----BEGIN RSA PRIVATE KEY-----\\nMIIEpAIBAAK\\n-----END RSA PRIVATE KEY-----\\nand more"

        @pytest.fixture
        def broken():
            raise ValueError("no " + KEY)

        @pytest.mark.golden(["a"])
        def test_known_tickets(triage, broken, case):
            assert triage(case.input)
    """)
    result = leaking.run("--model-version=2.0", "--tb=short", "--junitxml=out.xml")
    for text in everything_shown(leaking, result).values():
        assert "MIIEpAIBAAK" not in text.replace("\\nMIIEpAIBAAK\\n", "")  # the test's own source
    result.stdout.fnmatch_lines(["E   ValueError: no [[]redacted]", "E   and more"])


def hooked(project, body):
    with (project.path / "conftest.py").open("a") as conftest:
        conftest.write(f"\ndef pytest_modelcheck_redact(text):\n    {body}\n")


def test_the_hook(leaking):
    hooked(leaking, "return text.replace('refund', 'R***')")
    result = leaking.run("--model-version=2.0", "--modelcheck-report=out.md", "--modelcheck-report=out.json")
    for name, text in everything_shown(leaking, result).items():
        assert "refund" not in text, name


def test_a_hook_that_breaks_shows_nothing(leaking):
    hooked(leaking, "raise ValueError(text)")
    result = leaking.run("--model-version=2.0")
    result.stdout.fnmatch_lines(["*withheld: pytest_modelcheck_redact raised ValueError*"])
    result.stdout.no_fnmatch_line("*refund*")


def test_stored_answers_are_redacted_on_request(leaking):
    leaking.ini("modelcheck_redact_stored = true")
    leaking.golden('["I forgot my password"], max_changed=0', "triage(case.input)")
    leaking.approve()
    assert [name for name, text in leaking.files().items() if KEY.encode() in text] == ["conftest.py"]
    leaking.passes("--model-version=2.0")
    leaking.passes("--model-version=2.0", "--modelcheck-cache=off")


def test_an_approval_without_redaction_is_compared_redacted(leaking):
    leaking.golden('["I forgot my password"], max_changed=0', "assert triage(case.input) == case.approved")
    leaking.approve()
    leaking.ini("modelcheck_redact_stored = true")
    leaking.passes("--model-version=2.0")


CUT = """
TEXT = "." * BEFORE + " KEY " + "." * 110

def check(text):
    return False

def test_plain(triage):
    assert check([TEXT])
"""
COMPARED = """
@pytest.mark.golden(["a"])
def test_{number}(triage, case):
    triage(case.input)
    assert {claim}
"""
CLAIMS = (
    "check(TEXT)",
    'TEXT == "." * BEFORE + " KEY " + "." * 109',
    'TEXT == TEXT.replace("abcdefghij", "abcdefghijk")',  # only the key differs
    "[TEXT, 1] == [TEXT, 2]",
    "[TEXT, 1] == [1, TEXT]",
)


@pytest.mark.parametrize("flags", [(), ("-v",), ("-vv",)], ids=str)
def test_nothing_is_left_of_a_key_that_pytest_would_cut_in_two(project, flags):
    project.answers("triage", "str")
    places = [0, 10, 80, 95, 100, 105, 110, 115, 118, 400, 550, 700]
    source = CUT + "".join(COMPARED.format(number=number, claim=claim) for number, claim in enumerate(CLAIMS))
    for before in places:
        project.test(source.replace("BEFORE", str(before)).replace("KEY", KEY), f"test_{before}.py")
    result = project.run("--model-version=2.0", *flags)
    result.assert_outcomes(failed=6 * len(places))
    for part in ("sk-pro", "0123", "4567", "cdef", "fghij"):
        assert part not in result.stdout.str()
