"""Writes the random suites of ``differential.py``, each with the naive loop that gives the expected outcomes.

``python suites.py FOLDER SEED ...`` runs the loops of existing files, and prints their results.
"""

from __future__ import annotations

import importlib.util
import json
import random
import sys
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import indent

from suite_parts import ANSWERS, ENDS, HEAD, INPUTS, TAIL

FEATURES = {
    *("async", "awaited", "batch", "cancelled", "concurrency", "context", "duplicates", "ends", "errors"),
    *("fixtures", "groups", "invariance", "judges", "keywords", "large", "locks", "loops", "mutation"),
    *("nested", "repeats", "retries", "state", "threads", "twins", "unstorable"),
}
CANCELS = ("await cancelled(", "in_group(", "in_anyio(", "create_task(")
"""What may cancel a call, or leave it alone when the body ends."""
FIXTURES = ("monkeypatch", "tmp_path", "rows")
"""Places for a body's state, besides names of its module."""


@dataclass
class Model:
    """The declaration of one model."""

    name: str
    kind: str
    answer: str
    two: bool = False
    """True if it takes a question and an answer, by keywords."""

    fails: str = ""
    tenant: str = ""
    """``"named"`` or ``"unnamed"`` where it reads the context variable."""

    mutates: bool = False
    judges: bool = False
    retries: int = 0
    needs: list[Model] = field(default_factory=list)
    batch_size: int | None = None
    concurrency: int | None = None

    @property
    def options(self) -> str:
        found = [f'name="suite-{{seed}}-{self.name}"', "deterministic=True", "give_up_after=0"]
        if self.kind == "batch":
            found.append("batch=True")
        if self.batch_size:
            found.append(f"batch_size={self.batch_size}")
        if self.concurrency:
            found.append(f"concurrency={self.concurrency}")
        if self.retries:
            found.append(f"retries={self.retries}")
        if self.tenant == "named":
            found.append("context=[TENANT]")
        return ", ".join(found)

    @property
    def in_place(self) -> bool:
        return self.kind == "plain"

    @property
    def claimed(self) -> bool:
        """True if two processes never make the same call at once."""
        return self.kind == "awaited" or (self.concurrency or 1) > 1 or self.retries > 0

    @property
    def kept(self) -> bool:
        kept = self.tenant != "unnamed" and self.answer != "object"
        return kept and all(inner.kept for inner in self.needs)

    @property
    def outcome(self) -> str:
        """The outcome of a case that gets the model's error, as by :func:`outcome_of` of a suite."""
        ends = {"skip.": "skipped", "xfail.": "xfailed", "fail.": "failed", "Assertion": "failed"}
        fails = [self.fails, *(inner.fails for inner in self.needs)]
        return "|".join(
            sorted({next((ends[e] for e in ends if e in each), "error") for each in fails if each})
        )

    def source(self, seed: int) -> str:
        """The function that makes the model, and its fixture."""
        taken = 'question, answer="none"' if self.two else "question"
        key = "question, answer" if self.two else "question,"
        awaits = self.kind == "awaited" and bool(self.needs)
        lines = [f"{'async ' if awaits else ''}def one({taken}):", f"    NAME, key = {self.name!r}, ({key})"]
        if self.tenant:
            lines.append("    key = (*key, TENANT.get())")
        lines.append("    key = copy.deepcopy(key)")
        if self.retries:
            lines += ["    if crc(*key) % 4 == 1 and not tries[repr(key)]:", "        tries[repr(key)] += 1"]
            lines.append("        raise Busy")
        if self.fails:
            lines += ["    if crc('fails', *key) % 6 == 0:", f"        raise {self.fails}"]
        for inner in self.needs:
            await_ = "await " if inner.kind == "awaited" and awaits else ""
            lines.append(f"    key = (*key, repr({await_}{inner.name}(key[0])))")
        if self.mutates:
            lines += ["    if isinstance(question, dict):", '        question["used"] = True']
            lines += ["    if isinstance(question, list):", "        question.append('used')"]
        lines.append(f"    return key, {ANSWERS[self.answer]}")
        note = f"answered({self.name!r}, *key)"
        if self.kind == "batch":
            spread = "one(**q)" if self.two else "one(q)"
            ask = [
                "def ask(questions):",
                f"    made = [{spread} for q in questions]",
                "    for key, _ in made:",
            ]
            ask += [f"        {note}", "    return [answer for _, answer in made]"]
        else:
            given = "question, answer" if self.two else "question"
            before = "async " if self.kind == "awaited" else ""
            ask = [f"{before}def ask({taken}):"]
            ask += ["    await asyncio.sleep(0)"] if before else []
            ask += [f"    key, answer_ = {'await ' if awaits else ''}one({given})"]
            ask += [f"    {note}", "    return answer_"]
        body = ["tries = Counter()", *lines, *ask, "return ask"]
        needs = ", ".join(inner.name for inner in self.needs)
        made = f"def make_{self.name}({needs}):\n" + indent("\n".join(body), "    ")
        given = f"model_version, {needs}" if needs else "model_version"
        declare = "judge_fixture" if self.judges else "model_fixture"
        fixture = [f"@{declare}({self.options.format(seed=seed)})", f"def {self.name}({given}):"]
        return made + "\n\n\n" + "\n".join([*fixture, f"    return make_{self.name}({needs})"])


class Suite:
    """Draws one suite."""

    def __init__(self, seed: int, without: set[str], *, gather: bool = False) -> None:
        self.gather = gather
        self.rng = random.Random(seed)
        self.seed = seed
        self.features = {each for each in sorted(FEATURES - without) if self.rng.random() < 0.5}
        self.awaits = self.has("async", 0.7)
        self.input = self.rng.choice(sorted(INPUTS))
        changes = ["louder", "doubled"][: self.rng.choice([1, 1, 2])]
        self.under = changes if self.input == "text" and self.has("invariance", 0.5) else []
        self.repeats = 2 if self.has("repeats", 0.5) else 1
        self.stateful = bool(self.features & {"state", "fixtures"})
        large = self.has("large", 0.1)
        self.count = self.rng.choice([300, 700]) if large else self.rng.choice([1, 2, 3, 5, 8, 12, 20])
        self.models: list[Model] = []
        for number in range(self.rng.choice([1, 1, 2, 2, 3])):
            self.models.append(self.model(f"m{number}"))
        self.names = 0
        self.known: list[tuple[str, str]] = []

    def has(self, feature: str, chance: float = 1.0) -> bool:
        return feature in self.features and self.rng.random() < chance

    # -- models --

    def model(self, name: str) -> Model:
        kinds = ["plain"] + [
            kind for kind in ("batch", "awaited", "concurrency") if kind in self.features
        ] * 2
        kind = self.rng.choice(kinds)
        answers = (
            sorted(ANSWERS)
            if self.has("unstorable", 0.5)
            else [each for each in sorted(ANSWERS) if each != "object"]
        )
        model = Model(name, kind, self.rng.choice(answers))
        if kind == "concurrency":
            model.concurrency = self.rng.choice([1, 2, 8])
        if kind == "batch":
            model.batch_size = self.rng.choice([None, None, 1, 3])
            model.concurrency = self.rng.choice([None, None, 2])
        if kind == "awaited":
            model.concurrency = self.rng.choice([None, 1, 3])
        model.two = self.has("keywords", 0.4)
        if self.has("errors", 0.6):
            model.fails = self.rng.choice(self.ends())
        if self.has("context", 0.6):
            model.tenant = self.rng.choice(["named", "unnamed"])
        model.mutates = self.has("mutation", 0.5)
        model.retries = int(self.has("retries", 0.5))
        if name != "m0" and self.has("judges", 0.6):
            model.judges, model.answer = True, self.rng.choice(["verdict", "verdict", "text", "number"])
        inner = [each for each in self.models if self.can_nest(model, each)]
        if inner and self.has("nested", 0.6):
            model.needs = [self.rng.choice(inner)]
        return model

    def ends(self) -> list[str]:
        """The errors that may be raised.

        In a task of asyncio, a SystemExit ends the loop, and a GeneratorExit closes the coroutine that awaits
        the task, with all that it runs in. Both also happen to a plain loop.
        """
        if "ends" not in self.features:
            return list(ENDS[:2])
        return [end for end in ENDS if not (self.awaits and "Exit" in end)]

    def can_nest(self, model: Model, inner: Model) -> bool:
        """Return whether a model may call another; a plain function cannot await one inside a loop."""
        return not inner.two and (model.kind == "awaited" or inner.kind != "awaited")

    # -- expressions --

    def question(self) -> str:
        """Something that a model is called with."""
        simple = ["case.input", "case.input", "case.expected", 'case.metadata["k"]', '"a constant"']
        if self.input == "mapping":
            simple += ['case.input["text"]', 'case.input["lang"]', 'case.input["words"]']
        if self.input == "list":
            simple += ["case.input[0]", "case.input[1]"]
        if self.under:
            simple += ["case.perturbed"] * 2
        made = [
            'f"say {case.input!r}"',
            'f"{case.id}"',
            "[case.input, 1]",
            '{"role": "user", "content": case.expected}',
        ]
        if "state" in self.features:
            made += ['f"{len(seen) % 5}"', 'str(counter["n"])']
        if "fixtures" in self.features:
            made += ['os.environ.get("WORD", "")', "str(len(list(tmp_path.iterdir())))", "counted(rows)"]
        earlier = [self.part(name, kind) for name, kind in self.known]
        chosen = self.rng.random()
        if earlier and chosen < 0.35:
            return self.rng.choice(earlier)
        return self.rng.choice(simple if chosen < 0.8 else made)

    def part(self, name: str, kind: str) -> str:
        parts = {"mapping": ['["label"]', ""], "list": ["[0]", ""], "object": [".text"]}.get(kind, [""])
        return name + self.rng.choice(parts)

    def call(self, model: Model | None = None) -> tuple[str, Model]:
        model = model or self.rng.choice(self.models)
        question = self.question()
        if model.two:
            given = f"question={question}" + (
                f", answer={self.question()}" if self.rng.random() < 0.8 else ""
            )
        else:
            given = question
        return f"{model.name}({given})", model

    # -- statements --

    def block(self, depth: int = 0) -> list[str]:
        lines: list[str] = []
        before = list(self.known)
        for _ in range(self.rng.choice([1, 2, 2, 3] if depth == 0 else [1, 1, 2])):
            lines += self.statement(depth)
        if depth:
            self.known = before
        return lines

    def statement(self, depth: int) -> list[str]:
        kinds = ["call"] * 4 + ["try", "thrice"] + ["compound"] * (2 if depth < 2 else 0)
        often = ("state", "locks", "context", "mutation", "fixtures")
        kinds += [kind for kind in often if kind in self.features]
        kinds += ["ends"] if self.features & {"errors", "ends"} else []
        if not self.awaits:
            kinds += [kind for kind in ("threads", "loops") if kind in self.features]
        return getattr(self, f"_{self.rng.choice(kinds)}")(depth)

    def named(self, kind: str) -> str:
        name = f"a{self.names}"
        self.names += 1
        self.known.append((name, kind))
        return name

    def awaited(self, call: str) -> str:
        return f"await {call}" if self.awaits else call

    def _call(self, depth: int) -> list[str]:
        call, model = self.call()
        if self.awaits and self.rng.random() < 0.4:
            other, second = self.call()
            if "cancelled" in self.features and self.rng.random() < 0.2:
                return [f"await cancelled({call})", f"{self.named(second.answer)} = await {other}"]
            hows = ["gather", "task", "late", "elsewhere"]
            hows += ["group", "group", "anyio"] if "groups" in self.features else []
            how = self.rng.choice(hows)
            first_name, second_name = self.named(model.answer), self.named(second.answer)
            both = f"{first_name}, {second_name} ="
            together = {"gather": "asyncio.gather", "group": "in_group", "anyio": "in_anyio"}.get(how)
            if together:
                # Of two that break at once with different errors, a loop has no defined first one.
                differ = model.outcome and second.outcome and model.outcome != second.outcome
                if differ or "|" in model.outcome + second.outcome:
                    together = "in_order"
                return [f"{both} await {together}({call}, {other})"]
            if how == "elsewhere":
                name, _, given = call.partition("(")
                return [
                    f"{first_name} = await asyncio.to_thread(asyncio.run, application({name}, {given[:-1]}))",
                    f"{second_name} = await {other}",
                ]
            if how == "task":
                return [
                    f"task = asyncio.create_task({call})",
                    f"{second_name} = await {other}",
                    f"{first_name} = await task",
                ]
            return [f"{first_name} = await asyncio.wait_for({call}, 20)", f"{second_name} = await {other}"]
        return [f"{self.named(model.answer)} = {self.awaited(call)}"]

    def _try(self, depth: int) -> list[str]:
        call, _ = self.call()
        name = self.named("text")
        caught = self.rng.choice(["Exception", "Exception", "ValueError", "(KeyError, Final)"])
        lines = ["try:", f"    {name} = str({self.awaited(call)})", f"except {caught} as error:"]
        return [*lines, f"    {name} = type(error).__name__"]

    def _thrice(self, depth: int) -> list[str]:
        call, model = self.call()
        name = self.named(model.answer)
        self.known.pop()
        return [
            'for word in "xyz"[: case.metadata["k"]]:',
            f"    {name} = {self.awaited(call)}",
            "    counter[word] += 1",
        ]

    def _compound(self, depth: int) -> list[str]:
        conditions = ['case.metadata["k"] == 1', 'case.metadata["k"]', "crc(case.id) % 4"]
        conditions += [f"crc({name}) % 3" for name, _ in self.known]
        if "state" in self.features:
            conditions += ["len(seen) % 3 == 0", 'counter["n"] > 3']
        if "fixtures" in self.features:
            conditions += ['os.environ.get("WORD") == case.id', "int(counted(rows)) % 3"]
        lines = [f"if {self.rng.choice(conditions)}:", *self.inside(depth)]
        return [*lines, "else:", *self.inside(depth)] if self.rng.random() < 0.4 else lines

    def inside(self, depth: int) -> list[str]:
        return [f"    {line}" for line in self.block(depth + 1)]

    def _state(self, depth: int) -> list[str]:
        call, _ = self.call()
        if self.rng.random() < 0.3:
            return [
                'if case.metadata["k"] not in memo:',
                f'    memo[case.metadata["k"]] = {self.awaited(call)}',
            ]
        if self.known and self.rng.random() < 0.5:
            return [f"seen.append(repr({self.known[-1][0]}))"]
        return self.rng.choice(
            [["seen.append(case.id)"], ['counter["n"] += 1'], ["seen[:] = seen[-3:] + [case.id]"]]
        )

    def _fixtures(self, depth: int) -> list[str]:
        word = self.rng.choice(["case.id", 'str(case.metadata["k"])'])
        name = self.rng.choice([word, '"a"'])
        plain = [
            [f'monkeypatch.setenv("WORD", {word})'],
            ['monkeypatch.delenv("WORD", raising=False)'],
            [f"(tmp_path / {name}).mkdir(exist_ok={self.rng.random() < 0.8})"],
            [f'rows.execute("insert into seen values (?)", ({word},))'],
            ['rows.execute("delete from seen")'],
        ]
        if self.rng.random() < 0.3:
            model = self.rng.choice(self.models)
            argument = "question=str(random.randrange(4))" if model.two else "str(random.randrange(4))"
            seed = f"random.seed(crc({word}))"
            return [seed, f"{self.named(model.answer)} = {self.awaited(f'{model.name}({argument})')}"]
        return self.rng.choice(plain)

    def _locks(self, depth: int) -> list[str]:
        how = self.rng.choice(["with", "bare", "finally", "generator", "again"])
        inside = self.inside(depth)
        take = "assert LOCK.acquire(blocking=False), 'held'"
        if how == "with":
            return [take, "LOCK.release()", "with LOCK:", "    pass", "with AGAIN:", *inside]
        if how == "again":
            return ["with AGAIN, AGAIN:", *inside]
        if how == "generator":
            return ["holding = held(AGAIN)", "next(holding)", *self.block(depth + 1), "next(holding, None)"]
        if how == "finally":
            return [take, "try:", *inside, "finally:", "    LOCK.release()"]
        return [take, *self.block(2), "LOCK.release()"]

    def _context(self, depth: int) -> list[str]:
        name = self.rng.choice(["case.id", '"shop"', 'str(case.metadata["k"])'])
        return [f"with tenant({name}):", *self.inside(depth)]

    def _mutation(self, depth: int) -> list[str]:
        found = [(name, kind) for name, kind in self.known if kind in ("mapping", "list", "object")]
        if found and self.rng.random() < 0.6:
            name, kind = self.rng.choice(found)
            change = {
                "mapping": '["label"] = "changed"',
                "list": '.append("more")',
                "object": '.tags.append("read")',
            }
            return [f"if {name} is not None:", f"    {name}{change[kind]}"]
        if self.input == "mapping":
            return ['case.input["lang"] = case.input["lang"].upper()']
        if self.input == "list":
            return ['case.input.append("more")']
        return ['case.metadata["k"] += 1']

    def _ends(self, depth: int) -> list[str]:
        end = self.rng.choice(self.ends())
        return [f"if crc(case.id, {self.rng.randrange(99)}) % 5 == 0:", f"    raise {end}"]

    def _threads(self, depth: int) -> list[str]:
        call, model = self.call()
        if self.rng.random() < 0.5:
            return [f"{self.named(model.answer)} = in_thread(lambda: {call})"]
        lines = ["with ThreadPoolExecutor(2) as pool:", f"    first = pool.submit(lambda: {call})"]
        other, second = self.call()
        lines.append(f"    second = pool.submit(lambda: {other})")
        return [
            *lines,
            f"{self.named(model.answer)} = first.result()",
            f"{self.named(second.answer)} = second.result()",
        ]

    def _loops(self, depth: int) -> list[str]:
        call, model = self.call()
        name, _, given = call.partition("(")
        return [f"{self.named(model.answer)} = asyncio.run(application({name}, {given[:-1]}))"]

    # -- the file --

    def test(self, number: int) -> tuple[str, bool]:
        """One test, and whether its limit may be missed."""
        self.names, self.known = 0, []
        body = self.block()
        about = ", ".join(name for name, _ in self.known) or "None"
        state = ", len(seen)" if "state" in self.features and self.rng.random() < 0.5 else ""
        state += ", counted(rows)" if "fixtures" in self.features and self.rng.random() < 0.5 else ""
        body.append(f"assert crc({about}{state}) % {self.rng.choice([2, 3, 9, 1])} != 1, 'wrong'")
        fixtures = FIXTURES if "fixtures" in self.features else ()
        names = ", ".join([*(model.name for model in self.models), *fixtures, "case"])
        kind = "invariance" if self.under else "golden"
        under = f", under=[{', '.join(self.under)}]" if self.under else ""
        repeats = f", repeats={self.repeats}" if self.repeats > 1 else ""
        # A miss makes bodies run again, which shows the state that they keep.
        at_least = ", at_least=0.0" if self.stateful else self.rng.choice([", at_least=0.0", ""])
        judged = f', model="suite-{self.seed}-m0"' if len(self.models) > 1 else ""
        gather = ", gather=True" if self.gather else ""
        lines = [f"@pytest.mark.{kind}(CASES{under}{at_least}{repeats}{judged}{gather})"]
        lines.append(f"{'async ' if self.awaits else ''}def test_{number}({names}):")
        if self.names:
            lines.append(f"    {' = '.join(f'a{number}' for number in range(self.names))} = None")
        return "\n".join([*lines, *(f"    {line}" for line in body)]), not at_least

    def source(self) -> str:
        distinct = max(1, self.count // 3) if "duplicates" in self.features else self.count
        cases = (
            f"DISTINCT = {distinct}\nCASES = [\n    Case({INPUTS[self.input]}, id=f'c{{n}}', "
            f'expected=f"e{{n % 4}}", metadata={{"k": n % 4}})\n    for n in range({self.count})\n]'
        )
        tests, missed = zip(*(self.test(n) for n in range(1 + self.has("twins", 0.7))), strict=True)
        parts = [HEAD.format(seed=self.seed) + "\n" + cases]
        parts += ["def louder(text):\n    return text + '!'", "def doubled(text):\n    return text * 2"]
        parts += [model.source(self.seed) for model in self.models]
        parts += tests
        inner = {need.name for model in self.models for need in model.needs}
        unstored = [model.name for model in self.models if not model.kept or model.name in inner]
        if any("with tenant(" in test for test in tests):
            unstored += [model.name for model in self.models if model.tenant != "named"]
        bodies = ", ".join(f"test_{number}" for number in range(len(tests)))
        tail = TAIL.format(
            bodies=f"[{bodies}]",
            makers="{" + ", ".join(f'"{model.name}": make_{model.name}' for model in self.models) + "}",
            declared={
                model.name: {
                    "batch": model.kind == "batch",
                    "awaited": model.kind == "awaited",
                    "retries": model.retries,
                    "needs": [inner.name for inner in model.needs],
                }
                for model in self.models
            },
            awaits=self.awaits,
            under=f"[{', '.join(self.under) or 'None'}]",
            repeats=self.repeats,
            in_place=[model.name for model in self.models if model.in_place and model.name not in inner],
            unstored=sorted({*unstored}),
            unclaimed=[model.name for model in self.models if len(tests) > 1 and not model.claimed],
            calls_again=any(missed),
            cancels=any(
                way in test for test in tests for way in ("await cancelled(", "in_group(", "in_anyio(")
            ),
        )
        return "\n\n\n".join(parts) + tail


def source(seed: int, without: set[str] = frozenset(), *, gather: bool = False) -> str:
    """The text of one suite."""
    return Suite(seed, set(without), gather=gather).source()


def main(folder: Path, *seeds: str) -> None:
    results = {}
    for seed in seeds:
        spec = importlib.util.spec_from_file_location(f"loop_{seed}", folder / f"test_suite_{seed}.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        results[seed] = module.naive()
    print(json.dumps(results))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
