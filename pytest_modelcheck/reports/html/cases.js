// The cases of a check: read when they are first looked at, listed a screen at a time.

const ROW = 50;
const AHEAD = 8;

class Cases {
  constructor(number) {
    this.rows = JSON.parse(document.getElementById(`cases-${number}`).textContent);
    this.texts = new Array(this.rows.length);
    this.places = new Map(this.rows.map((row, place) => [row.id, place]));
  }

  case(place) {
    const row = this.rows[place];
    return {
      ...row,
      trials: row.trials.map(trialOf),
      input: valueOf(row, "input"),
      expected: valueOf(row, "expected"),
      metadata: row.metadata || {},
      pictures: row.pictures || [],
    };
  }

  /** All that a search looks at. */
  text(place) {
    if (this.texts[place] === undefined) this.texts[place] = flat(searched(this.rows[place])).toLowerCase();
    return this.texts[place];
  }
}

/** A value in a list, since it may be null; null where there is none. */
function valueOf(record, name) {
  return name in record ? [record[name]] : null;
}

function trialOf(trial) {
  return {
    ...trial,
    answer: valueOf(trial, "answer"),
    then: valueOf(trial, trial.same ? "answer" : "approved_answer"),
    perturbed: valueOf(trial, "perturbed"),
    base: valueOf(trial, "base_answer"),
    thenBase: valueOf(trial, "approved_base_answer"),
    variant: trial.variant || 0,
    repeat: trial.repeat || 0,
    pictures: trial.pictures || [],
    grades: trial.grades || [],
  };
}

const UNSEARCHED = ["outcome", "approved_outcome", "change", "same"];

/** The values of a case or a trial that a search looks at. */
function searched(record) {
  return Object.entries(record).filter(([name]) => !UNSEARCHED.includes(name)).map(([name, one]) => (name === "trials" || name === "grades" ? one.map(searched) : one));
}

function flat(value) {
  if (typeof value === "string") return value.startsWith("data:image/") ? "" : value;
  if (Array.isArray(value)) return value.map(flat).filter(Boolean).join("\n");
  if (value && typeof value === "object") return Object.entries(value).map(([key, one]) => `${key}=${flat(one)}`).join("\n");
  return typeof value === "number" || value === null ? "" : String(value);
}

/** The trial that says most: the first that went wrong, else the first with another answer, else the first. */
function telling(trials) {
  return trials.find(isWrong)
    || trials.find((trial) => trial.then && JSON.stringify(trial.answer) !== JSON.stringify(trial.then))
    || trials[0];
}

const KINDS = {
  regressed: ["Broke", (one) => one.change === "regressed"],
  failing: ["Failing", (one) => isWrong(one)],
  fixed: ["Fixed", (one) => one.change === "fixed"],
  changed: ["Changed", (one) => Boolean(one.change)],
  errors: ["Errors", (one) => one.outcome === "error"],
  flaky: ["Flaky", (one) => isFlaky(one)],
  aside: ["Not judged", (one) => !isWrong(one) && one.outcome !== "passed"],
  passing: ["Passing", (one) => one.outcome === "passed"],
  all: ["All", () => true],
};

function isWrong(one) {
  return one.outcome === "failed" || one.outcome === "error";
}

function isFlaky({ trials }) {
  if (trials.length < 2 || !trials.some((trial) => trial.repeat)) return false;
  const passed = trials.filter((trial) => trial.outcome === "passed").length;
  const failed = trials.filter((trial) => trial.outcome === "failed").length;
  return passed > 0 && failed > 0;
}

function badness(one) {
  if (one.outcome === "error") return 0;
  if (one.outcome === "failed") return one.change === "regressed" ? 1 : 2;
  return one.change ? 3 : 4;
}

/** How much a case lost: by its scores, else the share of its trials that went wrong. */
function loss({ trials }) {
  const lost = trials.map((trial) => (trial.score === undefined ? Number(isWrong(trial)) : 1 - trial.score));
  return lost.reduce((sum, one) => sum + one, 0) / Math.max(1, lost.length);
}

const ORDERS = {
  worst: ["worst first", (a, b) => badness(a) - badness(b) || loss(b) - loss(a)],
  written: ["as written", null],
  id: ["by id", (a, b) => (a.id < b.id ? -1 : Number(a.id > b.id))],
  long: ["longest input", (a, b) => flat(b.input).length - flat(a.input).length],
};

/** A list of which only what is seen exists. */
class List {
  constructor(cases, open) {
    this.cases = cases;
    this.open = open;
    this.places = [];
    this.current = -1;
    this.inner = el("div", { class: "rows", role: "presentation" });
    this.node = el("div", { class: "list", role: "listbox", tabindex: "0", "aria-label": "Cases", onscroll: () => this.draw() }, this.inner);
    this.inner.addEventListener("click", (event) => {
      const row = event.target.closest("[data-at]");
      if (row) this.select(Number(row.dataset.at), true);
    });
    this.shown = new Map();
    new ResizeObserver(() => this.draw()).observe(this.node);
  }

  show(places) {
    this.places = places;
    this.shown.clear();
    this.inner.replaceChildren();
    this.inner.style.height = `${places.length * ROW}px`;
    this.node.scrollTop = 0;
    this.current = -1;
    this.draw();
  }

  draw() {
    const first = Math.max(0, Math.floor(this.node.scrollTop / ROW) - AHEAD);
    const room = printing ? 500 : Math.ceil((this.node.clientHeight || 600) / ROW) + 2 * AHEAD;
    const last = Math.min(this.places.length, first + room);
    for (const [at, row] of this.shown) {
      if (at < first || at >= last) { row.remove(); this.shown.delete(at); }
    }
    for (let at = first; at < last; at += 1) {
      if (!this.shown.has(at)) {
        const row = this.row(at);
        this.shown.set(at, row);
        this.inner.append(row);
      }
    }
  }

  row(at) {
    const one = this.cases.case(this.places[at]);
    const trial = telling(one.trials);
    const row = el("div", { class: `row${at === this.current ? " current" : ""}`, role: "option", id: `row-${at}`, "data-at": at, "aria-selected": String(at === this.current), "aria-posinset": at + 1, "aria-setsize": this.places.length },
      mark(one.outcome),
      el("span", { class: "what" },
        el("span", { class: "name" }, foreign(one.id), one.change && el("span", { class: `tag ${one.change}` }, one.change === "regressed" ? "broke" : one.change)),
        el("span", { class: "answers" }, summaryOf(one, trial)),
        el("span", { class: "about" }, foreign(lineText(trial && trial.perturbed ? trial.perturbed[0] : one.input ? one.input[0] : "")))));
    row.style.top = `${at * ROW}px`;
    return row;
  }

  select(at, focus = false) {
    if (at < 0 || at >= this.places.length) return;
    const before = this.shown.get(this.current);
    this.current = at;
    const top = at * ROW;
    if (top < this.node.scrollTop) this.node.scrollTop = top;
    else if (top + ROW > this.node.scrollTop + this.node.clientHeight) this.node.scrollTop = top + ROW - this.node.clientHeight;
    this.draw();
    if (before) { before.classList.remove("current"); before.setAttribute("aria-selected", "false"); }
    const now = this.shown.get(at);
    if (now) { now.classList.add("current"); now.setAttribute("aria-selected", "true"); }
    this.node.setAttribute("aria-activedescendant", `row-${at}`);
    if (focus) this.node.focus({ preventScroll: true });
    this.open(this.places[at]);
  }
}

/** What the model said, in a few words. */
function summaryOf(one, trial) {
  if (!trial || !trial.answer) return one.outcome === "passed" ? "" : WORDS[one.outcome] || one.outcome;
  const other = trial.base || trial.then;
  if (trial.steps) return foreign(trial.steps[1] || doneText(trial.steps[3]));
  const [before, now] = other ? whatDiffers(other[0], trial.answer[0]) : [null, trial.answer[0]];
  return before === null ? foreign(lineText(now, 60)) : [foreign(lineText(before, 40)), " → ", foreign(lineText(now, 40))];
}

/** What an agent did, in a few words: the steps that are calls. */
function doneText(rows) {
  return rows.map((row) => row[4] || row[2]).filter(Boolean).map((text) => text.split("(")[0]).filter((name) => !name.includes(":")).join(", ");
}

/** Two answers reduced to the first part in which they differ; nothing and the answer where they are the same. */
function whatDiffers(before, now) {
  if (JSON.stringify(before) === JSON.stringify(now)) return [null, now];
  const objects = [before, now].every((value) => value && typeof value === "object" && !Array.isArray(value));
  const key = objects && Object.keys(now).find((name) => name in before && JSON.stringify(before[name]) !== JSON.stringify(now[name]));
  return key && !key.startsWith("$") ? whatDiffers(before[key], now[key]) : [before, now];
}
