"""A page with a wrong output fails with its place."""

import os

import pytest

pytestmark = pytest.mark.skipif(
    os.environ.get("REWRITE_DOCS") == "1", reason="pages are rewritten, and not judged"
)


@pytest.fixture
def run_text(run_page, tmp_path):
    def run_text(text):
        page = tmp_path / "page.md"
        page.write_text(text, encoding="utf-8")
        run_page(page)

    return run_text


def test_a_page_that_says_what_is_so_passes(run_text):
    run_text(
        "```text\na picture\n```\n```yaml\n# a/b.yaml\nx: 1\n```\n```console\n$ cat a/b.yaml\nx: 1\n```\n"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("```console\n$ echo 1\n2\n```\n", "page.md:1: $ echo 1"),
        ("```console\n$ false\n```\n", "exits with 1"),
        ("<!-- exit: 1 -->\n```console\n$ true\n```\n", "exits with 0"),
        ("<!-- run: false -->\n", "exits with 1"),
        ("\n```pycon\n>>> 1 + 1\n3\n```\n", "page.md:2:"),
        ("```pycon\n>>> undefined\n```\n", "NameError"),
        ("```python\nx = 1\n```\n", "names no file to write, and no file says"),
        ("```rust\nfn main() {}\n```\n", "nothing is known of blocks of 'rust'"),
        ("```console\n1\n```\n", "does not begin with a command"),
        ("```console\n$ true\n", "never closed"),
        ("<!-- exit: 1 -->\nSo it is.\n", "belongs to no block"),
    ],
)
def test_a_page_that_says_what_is_not_so_fails(run_text, text, message):
    with pytest.raises((AssertionError, pytest.fail.Exception)) as caught:
        run_text(text)
    assert message in str(caught.value)


def test_a_command_that_is_not_run_has_a_reason(run_text):
    run_text("<!-- not run: it is a joke -->\n```rust\nfn main() {}\n```\n")


def test_times_dates_and_dots_may_differ(run_text):
    command = "echo '=== 1 passed in 0.12s ===='; date -u +%F"
    run_text(f"```console\n$ {command}\n=== 1 ... in 7.00s ======\n2020-02-02\n```\n")


def test_an_omission_of_a_page_survives_rewriting(abridged):
    got = ["head", "one 1", "same", "two 22", "same", "three", "4.2 s"]
    shown = abridged(["...", "one 7", "same", "two 9", "same", "...", "5.1 s"], got)
    assert shown == ["...", "one 1", "same", "two 22", "same", "...", "4.2 s"]
    assert abridged(["anything"], got) == got
