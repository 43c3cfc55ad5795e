"""``modelcheck label`` and ``judge``: from stored results to labels, and to the quality of a judge."""

import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from pathlib import Path

import pytest
from click.testing import CliRunner

from pytest_modelcheck.baselines import lines
from pytest_modelcheck.baselines.header import Header
from pytest_modelcheck.cli.command import modelcheck
from pytest_modelcheck.labels import Label, read, write
from pytest_modelcheck.records import CaseResult, Outcome, TrialResult
from pytest_modelcheck.reports.bars import width_of

LABELS = "labels/helpful.jsonl"


def judged(project, answers, version="1", judge="j1", grade=lambda answer: "good" in answer):
    """Leave a run in which ``helpful`` judged these answers."""
    run = {"verdict": {"correction": {"judge": "helpful", "file": LABELS}}}
    head = Header(
        test="tests/test_triage.py::test_known",
        kind="golden",
        model="assistant",
        version=version,
        others={"helpful": judge},
        cases=len(answers),
        run=run,
    )
    rows = []
    for number, answer in enumerate(answers):
        case = CaseResult(f"c{number}", f"{number:04}", None, f"q{number}", (TrialResult(Outcome.PASSED),))
        given = json.dumps({"question": f"q{number}", "answer": answer})
        details = (
            f'"metadata":{{"language":"{"en" if number % 2 else "es"}"}},'
            f'"trials":[{{"grades":[["helpful",{given},{json.dumps(grade(answer))}]]}}]'
        )
        rows.append(lines.with_details(lines.encode(case), details))
    project.candidates.write(head, rows)


def type_keys(keys, *options, code=0):
    result = CliRunner().invoke(modelcheck, ["label", "helpful", *options], input=keys)
    assert result.exit_code == code, result.output
    return result.output


def labels_of(project):
    return {label.given["answer"]: label.value for label in read(project.root / LABELS).values()}


ANSWERS = [f"{'good' if n % 3 else 'poor'} {n}" for n in range(60)]


def test_one_key_labels_one_answer_and_is_written_at_once(project):
    judged(project, ANSWERS)
    output = type_keys("yyn", "-n", "3")
    assert "helpful: 0 labels in labels/helpful.jsonl, 60 answers left to label" in output
    assert "3 labelled now; 3 labels in labels/helpful.jsonl (2 yes, 1 no), 57 left" in output
    assert "27 more, and verdicts are corrected for the judge's errors" in output
    label = next(iter(read(project.root / LABELS).values()))
    assert label.metadata["by"] == "Ada <ada@example.org>"
    assert label.metadata["language"] in ("en", "es")


def test_the_answer_of_the_judge_is_not_shown(project):
    judged(project, ["an answer"], grade=lambda answer: False)
    output = type_keys("q")
    assert "an answer" in output
    assert "false" not in output.lower()


def test_labels_that_others_give_in_the_meantime_are_kept(project, monkeypatch):
    """A second labeller, a merge or an editor may write to the file of labels while keys are read."""
    judged(project, ["good 0", "good 1", "good 2"])
    path = project.root / LABELS
    answers = [{"question": f"q{n}", "answer": f"good {n}"} for n in range(3)]

    def bo(*given):
        labels = [Label(one, value=False, metadata={"by": "Bo"}, id="bo") for one in given]
        write(path, [*labels, *read(path).values()])

    def typed():
        yield "y"
        bo({"answer": "other"})
        yield "u"
        yield "y"
        known = [label.given for label in read(path).values()]
        bo(*(one for one in answers if one not in known))
        yield "y"

    monkeypatch.setattr("pytest_modelcheck.cli.label.keys", lambda: nullcontext(typed().__next__))
    output = type_keys("")
    assert "Bo has labelled it in the meantime: no. That label stays" in output
    assert "1 labelled now; 4 labels in labels/helpful.jsonl (3 no, 1 yes), 0 left" in output
    assert path.read_text().count('{"id":"bo","input":') == 3


def test_labelling_goes_on_where_it_was_left(project):
    judged(project, ANSWERS)
    first = type_keys("yy", "-n", "2")
    second = type_keys("nnq", "-n", "5")
    assert len(labels_of(project)) == 4
    assert "2 labels in labels/helpful.jsonl, 58 answers left to label" in second
    assert not {line for line in first.splitlines() if line.startswith("  good")} & {
        line for line in second.splitlines() if line.startswith("  good")
    }


def test_the_last_label_can_be_taken_back_and_an_answer_skipped(project):
    judged(project, ["one", "two", "three"])
    type_keys("yunsq")
    assert list(labels_of(project).values()) == [False]


def test_a_note_goes_with_the_label(project):
    judged(project, ["one"])
    type_keys("tnames no deadline\nn")
    (label,) = read(project.root / LABELS).values()
    assert (label.value, label.metadata["note"]) == (False, "names no deadline")


def test_categories_and_scores_have_keys_of_their_own(project):
    judged(project, ["one", "two"], grade=lambda answer: "rude" if answer == "one" else "kind")
    assert "[1] kind  [2] rude" in type_keys("12", "-n", "2")
    assert set(labels_of(project).values()) == {"kind", "rude"}
    (project.root / LABELS).unlink()
    judged(project, ["one", "two"], grade=lambda answer: 0.25)
    assert "[0]-[9] tenths  [x] 1.0" in type_keys("7x", "-n", "2")
    assert set(labels_of(project).values()) == {0.7, 1.0}


def test_the_benefit_of_more_labels_is_shown(project):
    judged(project, [f"good {n}" if n % 3 else f"poor {n}" for n in range(150)])
    output = type_keys("".join("yyyn"[n % 4] for n in range(60)), "-n", "60")
    assert "60 labelled now" in output
    # The keys above disagree with the judge at random: such a weak judge has no promise.
    assert "narrow" not in output
    labels = [
        Label({"question": f"q{n}", "answer": f"{'good' if n % 3 else 'poor'} {n}"}, value=n % 3 > 0)
        for n in range(60)
    ]
    write(project.root / LABELS, labels)
    assert "40 more narrow that to about ±" in type_keys("q")


def test_back_from_the_background_the_answer_is_shown_again(project):
    judged(project, ["quite good"])
    assert type_keys("\x0cq").count("quite good") == 2


def test_escapes_in_an_answer_do_not_reach_the_terminal(project):
    judged(project, ["\x1b[2Jgone"])
    assert "\x1b[2J" not in type_keys("q")


def test_without_a_run_with_the_judge_it_says_what_to_do(project):
    output = type_keys("", code=2)
    assert "no stored run says where the labels of 'helpful' are" in output
    assert 'Declare @judge_fixture(labels="labels/helpful.jsonl"), run pytest once' in output


def labelled(project, wrong=()):
    write(
        project.root / LABELS,
        [
            Label(
                {"question": f"q{n}", "answer": answer},
                value=("good" in answer) != (n in wrong),
                metadata={"language": "en" if n % 2 else "es", "note": f"note {n}"},
            )
            for n, answer in enumerate(ANSWERS)
        ],
    )


def test_the_errors_of_a_judge_are_shown_with_their_intervals(project, command):
    judged(project, ANSWERS)
    labelled(project, wrong=(0, 3, 6, 7))
    output = command("judge", "helpful").output
    assert "helpful j1: judged 60 of 60 labels" in output
    assert "agreement    56/60 (93.3%, 95% from 84% to 98%)" in output
    assert "sensitivity  39/42 (92.9%, 95% from 81% to 99%)" in output
    assert "specificity  17/18 (94.4%, 95% from 73% to 100%)" in output
    assert "kappa        0.85" in output
    assert "language=en: 28/30" in output
    assert "said no, people yes: question=q0, answer=poor 0  (note 0)" in output


def test_two_versions_of_a_judge_are_compared_on_the_same_labels(project, command):
    judged(project, ANSWERS)
    judged(project, ANSWERS, version="2", judge="j2", grade=lambda answer: True)
    labelled(project)
    output = command("judge", "helpful").output
    assert "j1 against j2, on 60 labels: 60 and 40 right, 20 decided otherwise (exact McNemar p = " in output


def test_self_agreement_is_shown_if_the_judge_was_called_again(project, command):
    judged(project, ANSWERS)
    judged(project, ANSWERS, version="2", grade=lambda answer: "good" in answer or answer.endswith("0"))
    labelled(project)
    assert "repeats      58/60 (96.7%" in command("judge", "helpful").output


def test_labels_without_a_judged_answer_are_counted(project, command):
    judged(project, ["another answer"])
    labelled(project)
    output = command("judge", "helpful", code=2).output
    assert f'golden("{LABELS}", model="helpful"), where the path is relative to the test' in output
    (project.root / LABELS).write_text("")
    output = command("judge", "helpful", code=2).output
    assert f"{LABELS} holds no labels yet: modelcheck label helpful" in output


def test_a_judge_that_abstains_is_held_against_what_it_answers(project, command):
    judged(project, ANSWERS, grade=lambda answer: None if answer.endswith("7") else "good" in answer)
    labelled(project, wrong=(0,))
    output = command("judge", "helpful").output
    assert "abstains     6/60 (10%" in output
    assert "agreement    53/54" in output


def test_scores_are_held_against_labels_whole_or_not(project, command):
    judged(project, ANSWERS, grade=lambda answer: 4 if "good" in answer else -2)
    labels = [
        Label({"question": f"q{n}", "answer": answer}, value=4.0 if "good" in answer else -1)
        for n, answer in enumerate(ANSWERS)
    ]
    write(project.root / LABELS, labels)
    output = command("judge", "helpful").output
    assert "off by       -0.333 on average, 0.333 in size" in output
    assert "errs (20):" in output
    assert "said -2, people -1: question=q0" in output


class Terminal:
    """A shell in a terminal of 80 columns, as over ssh."""

    def __init__(self, folder):
        self.name = f"modelcheck-{time.time_ns()}"
        self._looks = itertools.count()
        size = ("-x", "80", "-y", "30")
        self.tmux("new-session", "-d", "-s", self.name, *size, "-c", str(folder), "env", "PS1=$ ", "sh")

    def tmux(self, *arguments):
        # A server of its own: one whose last session ends just then refuses a new one.
        command = ["tmux", "-L", self.name, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    def send(self, *keys):
        self.tmux("send-keys", "-t", self.name, *keys)

    def until(self, *texts):
        """Wait until all of these texts are shown, and return the screen."""
        for _ in range(600):
            shown = self.tmux("capture-pane", "-p", "-t", self.name)
            if all(text in shown for text in texts):
                return shown
            time.sleep(0.1)
        raise AssertionError(f"never came: {texts}\n{shown}")

    def echoes(self):
        """True if the terminal echoes keys and hands over whole lines."""
        look = next(self._looks)  # the screen may still show the end of the one before
        command = f"stty -a | tr ';' '\\n' | grep -ow -e '-*icanon' -e '-*echo'; echo look''{look}"
        self.send(f"clear; {command}", "Enter")
        return self.until(f"look{look}").split()[:2] == ["icanon", "echo"]


@pytest.fixture
def terminal(project):
    if shutil.which("tmux") is None:
        pytest.skip("needs tmux")
    terminal = Terminal(project.root)
    yield terminal
    socket = Path(terminal.tmux("display-message", "-p", "#{socket_path}").strip())
    terminal.tmux("kill-server")
    socket.unlink(missing_ok=True)


LABEL = f"{Path(sys.executable).with_name('modelcheck')} label helpful"


def test_in_a_terminal_of_eighty_columns(project, terminal):
    """As over ssh: nothing is wider than the screen, and one key without Enter is a label."""
    judged(project, [f"good {n} 返金 👩\u200d🔬 " + "and on and on " * 30 for n in range(3)])
    terminal.send(LABEL, "Enter")
    text = terminal.until("--- 1 of 3", "[q]uit")
    assert max(map(width_of, text.splitlines())) <= 80
    assert "helpful? [y] yes  [n] no   [s]kip [u]ndo no[t]e [q]uit" in text
    terminal.send("y", "u", "n", "q")
    ended = terminal.until("labelled now")
    assert "1 labelled now; 1 label in labels/helpful.jsonl (1 no), 2 left" in ended
    assert list(labels_of(project).values()) == [False]
    assert terminal.echoes()


def test_keys_typed_ahead_count_and_none_is_left_to_the_shell(project, terminal):
    judged(project, ["one", "two", "three", "four"])
    terminal.send(LABEL, "Enter", "y", "t", "too long", "BSpace", "Enter", "n", "y", "n", "y", "y")
    terminal.until("4 labelled now; 4 labels in labels/helpful.jsonl (2 yes, 2 no), 0 left")
    terminal.send("echo sh''ell", "Enter")
    assert "not found" not in terminal.until("shell")
    notes = [one.metadata["note"] for one in read(project.root / LABELS).values() if "note" in one.metadata]
    assert notes == ["too lon"]


@pytest.mark.parametrize("how", ["C-c", "C-d", "kill", "crash"])
def test_the_terminal_is_restored_however_it_ends(project, terminal, how):
    judged(project, ["one", "two"])
    terminal.send(LABEL, "Enter")
    terminal.until("--- 1 of 2", "[q]uit")
    if how == "kill":
        os.kill(running_in(terminal), signal.SIGTERM)
    elif how == "crash":  # the folder of the labels is a file
        (project.root / "labels").write_text("")
        terminal.send("y")
    else:
        terminal.send(how)
    time.sleep(1)
    assert terminal.echoes()


def running_in(terminal):
    """The process that the shell of a terminal has started."""
    shell = terminal.tmux("list-panes", "-t", terminal.name, "-F", "#{pane_pid}").strip()
    return int(subprocess.run(["ps", "-o", "pid=", "--ppid", shell], capture_output=True, check=True).stdout)


def test_in_the_background_the_terminal_is_the_shells(project, terminal):
    judged(project, ["one", "two"])
    terminal.send(LABEL, "Enter")
    terminal.until("--- 1 of 2", "[q]uit")
    terminal.send("C-z")
    terminal.until("Stopped", "$ ")
    assert terminal.echoes()
    terminal.send("fg", "Enter")
    terminal.until("fg", "[q]uit")
    terminal.send("y", "q")
    terminal.until("1 labelled now")
    assert terminal.echoes()


def test_an_answer_longer_than_the_screen_is_shown_piece_by_piece(project, terminal):
    judged(project, ["\n".join(f"line {n}" for n in range(60))])
    terminal.send(LABEL, "Enter")
    assert "line 30" not in terminal.until("more lines: space)  helpful?")
    terminal.send(" ")
    terminal.until("line 30", "more lines: space)  helpful?")
    terminal.send(" ", "n")
    terminal.until("1 labelled now")


def test_more_categories_than_digits_have_letters_and_any_other_can_be_typed(project):
    names = [f"refund {chr(97 + n)}" for n in range(12)]
    judged(project, [f"{n:02}" for n in range(12)], grade=lambda answer: names[int(answer)])
    assert "[9] refund i  [a] refund j" in type_keys("co rude\n9", "-n", "3")
    assert sorted(labels_of(project).values()) == ["refund i", "refund l", "rude"]


def test_scores_on_another_scale_are_typed(project):
    judged(project, ["one", "two", "three"], grade=lambda answer: None if answer == "one" else -2)
    output = type_keys("x-.\n-1.5\n4\n", "-n", "2")
    assert "type a score" in output
    assert "no number; Escape leaves without one" in output
    assert sorted(labels_of(project).values()) == [-1.5, 4]


@pytest.mark.parametrize(
    ("verdict", "keys"), [(True, "[y] yes  [n] no"), (0.5, "[0]-[9] tenths"), ("kind", "[1] kind  [o]ther")]
)
def test_a_judge_that_abstains_leaves_the_keys_as_they_are(project, verdict, keys):
    judged(project, ["one", "two"], grade=lambda answer: None if answer == "one" else verdict)
    assert keys in type_keys("q")


@pytest.mark.skipif(sys.platform == "win32", reason="sessions without a terminal are those of Unix")
def test_without_any_terminal_it_says_so(project):
    judged(project, ["good", "bad"])
    done = subprocess.run(
        LABEL.split(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        start_new_session=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("Error: keys are read from a terminal, and there is none")
