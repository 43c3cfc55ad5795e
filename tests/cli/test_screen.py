from pytest_modelcheck.cli.screen import harmless, indented, width


def test_a_line_is_as_long_as_the_terminal_is_wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "132")
    assert width() == 132


def test_a_narrow_terminal_is_not_believed(monkeypatch):
    monkeypatch.setenv("COLUMNS", "3")
    assert width() == 40


def test_long_texts_are_wrapped_under_their_margin_and_words_stay_whole(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    assert list(indented(["one two " * 5, "x" * 50], depth=4)) == [
        "    one two one two one two one two one",
        "      two",
        "    " + "x" * 50,
    ]


def test_a_message_keeps_its_lines_and_loses_its_power():
    assert harmless("one\n\x1b[31mtwo\r") == "one\n\\x1b[31mtwo\\r"
