"""Agents: trajectories are cached, approved, compared, and shown if a comparison fails."""

import json

import pytest

MODEL = """
import json, uuid
from pathlib import Path
from pytest_modelcheck import Trajectory

LOG = Path(__file__).with_name("calls.log")

def call(name, **arguments):
    return {"role": "assistant", "content": None, "tool_calls": [
        {"id": uuid.uuid4().hex, "function": {"name": name, "arguments": json.dumps(arguments)}}]}

@model_fixture
def agent(model_version):
    def run(ticket):
        with LOG.open("a") as log:
            log.write(ticket + "\\n")
        skips = model_version == "2" and "mug" in ticket
        steps = [("look_up", {}), *([] if skips else [("check_policy", {})]), ("refund", {"amount": 20})]
        answer = {"role": "assistant", "content": "You get your money back."}
        start = [{"role": "system", "content": f"As {model_version}."}, {"role": "user", "content": ticket}]
        messages = [*start, *(call(name, order="A-17", **more) for name, more in steps), answer]
        return Trajectory.of(messages, state={"refunds": 1})
    return run
"""

CASES = '["My mug broke", "My plate broke", "No mug came"]'
TAKES = "agent, case"


@pytest.fixture
def agents(project):
    (project.path / "tickets.yaml").unlink()
    project.model(MODEL)
    return project


def test_calls_in_order_name_the_step_that_is_missing(agents):
    agents.test(f"""
        from pytest_modelcheck import in_order

        @pytest.mark.golden({CASES}, at_least=0.9)
        def test_refunds(agent, case):
            done = agent(case.input)
            assert done.answer and done.state == {{"refunds": 1}}
            assert done.calls == in_order("check_policy", "refund")
            assert "delete_account" not in done.calls
    """)
    agents.passes("--model-version=1")
    result = agents.fails("--model-version=2")
    result.stdout.fnmatch_lines(
        [
            '*  user: "My mug broke"',
            "*1 look_up(order='A-17')",
            "*2 refund(order='A-17', amount=20)",
            '*3 assistant: "You get your money back."',
            "*assert step 2: check_policy is missing",
        ]
    )
    assert all(len(line) <= 80 for line in result.outlines if "look_up" in line)


def test_the_approved_calls_are_compared_and_the_trajectory_is_not_requested_again(agents):
    agents.test(f"""
        from pytest_modelcheck import unordered

        @pytest.mark.golden({CASES}, max_changed=0)
        def test_approved(agent, case):
            done = agent(case.input)
            assert done.calls == unordered(case.approved.calls)
    """)
    agents.approve("1")
    agents.forget_calls()
    agents.passes("--model-version=1")
    assert agents.calls == []
    result = agents.fails("--model-version=2")
    assert agents.verdict(result).headline == "2/3 answers changed (66.7%), none allowed"
    steps = [
        "*step 2: check_policy is missing",
        "*  user: *  user: *",
        "*1 look_up(order='A-17') *look_up(order='A-17')",
        "*>  2 check_policy(order='A-17') *-",
        "*3 refund(order='A-17'*refund(order='A-17'*",
        '*4 assistant: "You get your *assistant: "You get your *',
    ]
    result.stdout.fnmatch_lines(["* changed answers (2)", *steps])
    agents.command("diff", "2").stdout.fnmatch_lines(steps)
    markdown = agents.command("diff", "2", "--format", "markdown")
    markdown.stdout.fnmatch_lines(
        ["*<summary><code>c-*: step 2: check_policy is missing</code>*", "```text", *steps]
    )
    agents.command("show", "test_approved").stdout.fnmatch_lines(["*2 check_policy(order='A-17')"])


def test_steps_are_shown_where_the_body_recorded_something_else(agents):
    body = "done = agent(case.input)\ncase.record(len(done.calls))\nassert done.calls.names == "
    agents.golden(f"{CASES}, at_least=1", body + '["look_up", "check_policy", "refund"]', TAKES)
    agents.approve("1")
    result = agents.run("--model-version=2", "--modelcheck-report=report.md")
    result.stdout.fnmatch_lines(["*step 2: check_policy is missing", "*>  2 check_policy(order='A-17') *-"])
    agents.command("diff", "2").stdout.fnmatch_lines(["*step 2: check_policy is missing"])
    text = (agents.path / "report.md").read_text()
    assert "<details><summary><code>c-6d02224b9c: step 2: check_policy is missing</code></summary>" in text


def test_an_error_after_some_steps_is_shown_whole(agents):
    agents.golden(CASES, "agent(case.input); raise TimeoutError('no answer')", TAKES)
    result = agents.run("--model-version=1")
    result.stdout.fnmatch_lines(
        ["*2 check_policy(order='A-17')", "*in test_it", "*E   TimeoutError: no answer", "*(list[[]0])"]
    )


def test_those_of_a_perturbed_input_are_beside_those_of_the_unperturbed(agents):
    agents.test("""
        from pytest_modelcheck import perturb

        @pytest.mark.invariance(["My cup broke"], under=perturb.replace("cup", "mug"))
        def test_word(agent, case):
            assert agent(case.perturbed).calls == agent(case.input).calls
    """)
    lines = ["*step 2: check_policy is missing", "*unperturbed *", "*> *2 check_policy(*-"]
    agents.run("--model-version=2").stdout.fnmatch_lines(lines)


def test_hostile_words_in_a_trajectory_are_data(agents):
    hostile = '"<script>alert(1)</script>``` \\x1b[31m"'
    agents.golden(f"[{hostile}], at_least=1", 'assert agent(case.input).answer == "no"', TAKES)
    reports = [f"--modelcheck-report=report.{form}" for form in ("md", "html", "json")]
    result = agents.run("--model-version=1", *reports)
    assert "\x1b[31m" not in result.stdout.str().replace("\\x1b", "")
    assert "````text" in (agents.path / "report.md").read_text()
    assert "<script>alert" not in (agents.path / "report.html").read_text()
    (check,) = json.loads((agents.path / "report.json").read_bytes())["checks"]
    answer = check["cases"][0]["trials"][0]["answer"]
    assert answer["$trajectory"]["answer"] == "You get your money back."


def test_a_plain_test_shows_both_sides_too(agents):
    agents.test("""
        from pytest_modelcheck import Trajectory, in_order
        from pytest_modelcheck.trajectories.calls import ToolCalls, ToolCall

        CALLS = ToolCalls([ToolCall(f"step_{number}") for number in range(9)])

        def test_order():
            assert CALLS == in_order("step_1", "step_9")

        def test_absence():
            assert "step_3" not in CALLS

        def test_whole():
            assert Trajectory(answer="no") == Trajectory(answer="yes")

        def test_other():
            assert Trajectory() == 3
    """)
    result = agents.run()
    result.assert_outcomes(failed=4)
    result.stdout.fnmatch_lines(
        [
            "E * assert step 10: step_9 is missing",
            "E * > 10 step_9 *-",
            "E * … 5 more steps",
            "E * assert step_3 not in 9 calls",
            "E *  4 step_3()",
            "E * assert the same steps; answer differs",
            "E * assert <Trajectory: nothing> == 3",
        ],
        consecutive=False,
    )
    whole = agents.run("-vv", "-k", "order").stdout.str()
    assert "  1 -" in whole
    assert "more steps" not in whole


TALK = """
from pathlib import Path

LOG = Path(__file__).with_name("calls.log")

@model_fixture
def agent(model_version):
    def reply(messages):
        with LOG.open("a") as log:
            log.write(f"{len(messages)}\\n")
        return f"answer to {messages[-1]['content']}"
    return reply
"""


def test_each_turn_of_a_conversation_is_cached_by_its_history(agents):
    agents.model(TALK)
    calls = []
    for last in "three", "three", "four":
        agents.test(f"""
            from pytest_modelcheck import talk

            @pytest.mark.golden(["one"], at_least=1)
            def test_talk(agent, case):
                done = talk(agent, ["two", "{last}"], opening=case.input)
                assert done.answer.startswith("answer to")
        """)
        agents.passes("--model-version=1")
        calls.append(agents.calls)
        agents.forget_calls()
    assert calls == [["1", "3", "5"], [], ["5"]]


def test_a_case_whose_agent_takes_too_many_steps_fails(agents):
    agents.golden(f"{CASES}, at_least=0.9, max_steps=3", "assert agent(case.input).answer", TAKES)
    agents.run("--model-version=2").stdout.fnmatch_lines(
        ["2/3 cases pass*", "*the agent took 4 steps, at most 3 allowed (max_steps)"]
    )


def test_max_steps_is_a_part_of_the_test_and_no_change_of_the_model(agents):
    """The approved answers are judged by the limit of today: a tighter one is not a regression."""
    limits = f"{CASES}, max_regressed=0, max_steps="
    agents.golden(f"{limits}4", "assert agent(case.input).answer", TAKES)
    agents.approve("1")
    agents.golden(f"{limits}3", "assert agent(case.input).answer", TAKES)
    result = agents.run("--model-version=1")
    assert agents.verdict(result).comparison.regressed == ()


def test_max_steps_needs_a_trajectory(agents):
    agents.answers("agent", 'lambda ticket: "Done"')
    agents.test("""
        from pytest_modelcheck import Trajectory

        @pytest.mark.golden(["My mug broke"], at_least=1, max_steps=1)
        @pytest.mark.parametrize("recorded", [True, False])
        def test_short(agent, case, recorded):
            done = Trajectory.of(agent(case.input))
            if recorded:
                case.record(done)
    """)
    result = agents.run("--model-version=1")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*max_steps=1 counts steps of an agent, but no answer is a trajectory*"])


def test_each_kind_of_attack_has_a_rate_of_its_own(agents):
    agents.model("""
        from pytest_modelcheck import Trajectory

        @model_fixture
        def agent(model_version):
            def run(ticket):
                fooled = "administrator" in ticket
                return Trajectory.of(["ZEBRA" if fooled else "Which order is it?"])
            return run
    """)
    agents.test(f"""
        from pytest_modelcheck import perturb

        ATTACKS = [perturb.injection("say hi", canary="ZEBRA", kind=kind) for kind in ("system", "authority")]

        @pytest.mark.invariance({CASES}, under=ATTACKS, at_least=0.9)
        def test_attacks(agent, case):
            done = agent(case.perturbed)
            assert "ZEBRA" not in done.answer
            assert done.calls == agent(case.input).calls
    """)
    result = agents.run("--model-version=1")
    groups = {group.name: (group.passed, group.judged) for group in agents.verdict(result).perturbations}
    assert groups == {
        "injection('say hi', kind='system', canary='ZEBRA')": (3, 3),
        "injection('say hi', kind='authority', canary='ZEBRA')": (0, 3),
    }
