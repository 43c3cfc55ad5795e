"""Some texts of benchmarks/hostile.py: nothing printed or written acts, or shows a secret."""

import hostile


def test_no_report_lets_a_text_act():
    assert hostile.of_reports(hostile.texts(400)) == {}


def test_no_command_lets_a_text_act(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert hostile.of_commands(hostile.texts(150, seed=1), each=75) == {}


def test_the_faults_would_be_found():
    assert hostile.faults("fine ::, # [a]\nnext") == []
    assert hostile.faults("a\x1b[2J") == ["raw '\\x1b'"]
    assert hostile.faults("one\n  ::error::x") == ["command '  ::'"]
    assert hostile.faults("one ##[group]") == ["command '##['"]
