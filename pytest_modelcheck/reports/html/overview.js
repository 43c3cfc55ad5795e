// All checks of the run on one page.

const SEVERITY = { failed: 0, inconclusive: 1, xfailed: 2, passed: 3 };
const view = { status: "all", search: "", order: "worst" };

function drawOverview(main) {
  document.title = `${titleText()} – modelcheck`;
  const counts = countBy(REPORT.checks.map((check) => check.verdict.status));
  replace(main,
    el("section", { class: "lead" },
      el("h1", {}, leadText(counts)),
      changeText() && el("p", { class: "sub" }, changeText()),
      commonCauses(),
      REPORT.triage && el("p", { class: "sub" }, foreign(REPORT.triage[0].toUpperCase() + REPORT.triage.slice(1)), "."),
      meter(counts),
      runFacts()),
    troubles(),
    REPORT.checks.length > 0 && checksSection(counts),
    nextSteps(),
    REPORT.checks.length > 1 && capabilities(),
    environment());
}

function titleText() {
  return REPORT.models.map((model) => `${model.name} ${model.version || ""}`.trim()).join(", ") || "No model";
}

function countBy(values) {
  const counts = {};
  for (const value of values) counts[value] = (counts[value] || 0) + 1;
  return counts;
}

function leadText(counts) {
  const total = REPORT.checks.length;
  const broken = REPORT.troubles.length;
  if (!total) return broken ? `${plural(broken, "test")} could not be judged` : "No check was run";
  const parts = [];
  if (counts.failed) parts.push(`${counts.failed} of ${plural(total, "check")} failed`);
  else parts.push(counts.inconclusive ? `${counts.passed || 0} of ${plural(total, "check")} passed` : total === 1 ? "The check passed" : `All ${total} checks passed`);
  if (counts.inconclusive) parts.push(`${counts.inconclusive} inconclusive`);
  if (broken) parts.push(`${plural(broken, "test")} could not be judged`);
  return parts.join(", ");
}

/** What became of the cases since the approved version, over all checks. */
function changeText() {
  const compared = REPORT.checks.map((check) => check.verdict.comparison).filter(Boolean);
  if (!compared.length) return REPORT.checks.length ? "Nothing is approved yet, so there is nothing to compare with." : "";
  const sum = (name) => compared.reduce((total, one) => total + one[name], 0);
  const versions = [...new Set(compared.map((one) => one.version))].map(visible).join(", ");
  const [broke, fixed, changed] = [sum("regressed"), sum("fixed"), sum("changed")];
  if (!broke && !fixed && !changed) return `Compared with ${versions}: all answers are the same.`;
  const over = compared.length > 1 ? ", over all checks" : "";
  return `Compared with ${versions}${over}: ${plural(broke, "case")} broke, ${fixed.toLocaleString("en")} fixed, ${plural(changed, "answer")} changed.`;
}

/** What failing checks have in common; each is a link to them. */
function commonCauses() {
  if (!REPORT.causes.length) return null;
  const failed = REPORT.checks.filter(({ verdict }) => verdict.status === "failed").length;
  const link = ([place, count], number) => {
    const button = el("button", { type: "button", class: "link", title: "List these checks" }, foreign(place));
    button.addEventListener("click", () => {
      const search = document.getElementById("search");
      search.value = place;
      search.dispatchEvent(new Event("input"));
      document.getElementById("checks-title").scrollIntoView();
    });
    return [number > 0 && ", ", button, number > 0 ? ` in ${count}` : ` in ${count} of ${failed} failed checks`];
  };
  return el("p", { class: "sub" }, "Failures in common: ", REPORT.causes.map(link), ".");
}

function meter(counts) {
  if (REPORT.checks.length < 2) return null;
  return el("div", { class: "meter", "aria-hidden": "true" }, ["failed", "inconclusive", "xfailed", "passed"].filter((status) => counts[status]).map((status) => {
    const part = el("span", { class: status });
    part.style.flexGrow = counts[status];
    return part;
  }));
}

function when(text) {
  return text ? visible(text.replace("T", " ").replace("Z", " UTC").replace(/:\d\d UTC/, " UTC")) : "";
}

function runFacts() {
  const { run } = REPORT;
  const { commit, branch, job } = run.environment;
  const calls = REPORT.checks.map((check) => check.verdict.calls);
  const sum = (name) => calls.reduce((total, one) => total + (one[name] || 0), 0);
  const costs = calls.map((one) => one.cost).filter((cost) => typeof cost === "number");
  return el("ul", { class: "facts" },
    run.started && el("li", {}, when(run.started)),
    typeof run.seconds === "number" && el("li", {}, seconds(run.seconds)),
    el("li", {}, `${sum("cached").toLocaleString("en")} answers cached, ${sum("new").toLocaleString("en")} new`),
    costs.length > 0 && el("li", {}, `cost ${figure(costs.reduce((a, b) => a + b, 0), 3)}`),
    commit && el("li", {}, "commit ", foreign(commit.slice(0, 10), "code"), branch && [" on ", foreign(branch)]),
    job && /^https?:\/\//.test(job) && el("li", {}, el("a", { href: job, rel: "noreferrer" }, "CI job")));
}

/** What somebody might type now, over all checks: what concerns one case stands beside that case. */
function nextSteps() {
  const told = new Map();
  for (const { verdict } of REPORT.checks) {
    if (verdict.status === "passed") continue;
    for (const [what, text] of verdict.advice) if (what !== "reproduce one" && !told.has(text)) told.set(text, what);
  }
  // One check may be settled by approving the version, which approves what another check calls worse, too.
  const worse = [...told.values()].includes("case by case");
  if (worse) for (const [text, what] of told) if (what === "approve it") told.delete(text);
  if (!told.size || told.size > 6) return null;
  return el("section", { class: "next", "aria-labelledby": "next-title" }, el("h2", { id: "next-title" }, "Next steps"),
    el("dl", { class: "pairs" }, [...told].map(([text, what]) => [el("dt", {}, foreign(what)), el("dd", {}, command(text))])));
}

function troubles() {
  if (!REPORT.troubles.length) return null;
  return el("section", { "aria-label": "Not judged" },
    el("h2", {}, "Not judged"),
    el("ul", { class: "troubles" }, REPORT.troubles.map((one) => el("li", {}, badge("error", "error"), " ", foreign(one.test, "code"), el("div", {}, foreign(one.message))))));
}

// -- the table of checks ----------------------------------------------------------------------------

function checksSection(counts) {
  const table = el("div", { class: "scroll" });
  const redraw = () => { replace(table, checksTable()); };
  const search = el("input", { type: "search", id: "search", placeholder: "Search checks  ( / )", "aria-label": "Search checks", autocomplete: "off", spellcheck: "false" });
  search.value = view.search;
  search.addEventListener("input", () => { view.search = search.value; redraw(); });
  const statuses = ["all", "failed", "inconclusive", "xfailed", "passed"].filter((status) => status === "all" || counts[status]);
  const order = choice("Order", { worst: "worst first", name: "by name", rate: "lowest rate", broke: "most broken", cost: "most calls" }, view.order, (value) => { view.order = value; redraw(); });
  const tools = el("div", { class: "tools" }, search,
    statuses.length > 2 && segments(statuses.map((status) => [status, status === "all" ? "All" : status, status === "all" ? REPORT.checks.length : counts[status]]), view.status, (value) => { view.status = value; redraw(); }),
    order);
  redraw();
  return el("section", { "aria-labelledby": "checks-title" }, el("div", { class: "heading" }, el("h2", { id: "checks-title" }, "Checks"), legend()), tools, table);
}

/** Buttons of which one is pressed. */
function segments(options, chosen, choose) {
  const buttons = options.map(([value, words, count]) => el("button", { type: "button", "data-value": value, "aria-pressed": String(value === chosen) }, words[0].toUpperCase() + words.slice(1), typeof count === "number" && el("span", { class: "count" }, count.toLocaleString("en"))));
  const group = el("div", { class: "segments", role: "group", "aria-label": "Show" }, buttons);
  group.choose = (value) => {
    for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.value === value));
    choose(value);
  };
  group.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) group.choose(button.dataset.value);
  });
  return group;
}

function choice(label, options, chosen, choose) {
  const select = el("select", { "aria-label": label }, Object.entries(options).map(([value, words]) => el("option", { value, selected: value === chosen }, words)));
  select.addEventListener("change", () => choose(select.value));
  return select;
}

const CHECK_ORDERS = {
  worst: () => 0, // as the report lists them
  name: (a, b) => a.verdict.check.localeCompare(b.verdict.check, "en", { numeric: true }),
  rate: (a, b) => (a.verdict.rate ?? 2) - (b.verdict.rate ?? 2),
  broke: (a, b) => (b.verdict.comparison?.regressed || 0) - (a.verdict.comparison?.regressed || 0),
  cost: (a, b) => b.verdict.calls.new - a.verdict.calls.new,
};

function shownChecks() {
  const wanted = view.search.toLowerCase();
  return REPORT.checks
    .filter(({ verdict, places }) => (view.status === "all" || verdict.status === view.status) && [verdict.check, verdict.model, verdict.kind, ...places].join("\n").toLowerCase().includes(wanted))
    .sort(CHECK_ORDERS[view.order]);
}

function checksTable() {
  const checks = shownChecks();
  if (!checks.length) return el("p", { class: "empty" }, "No matching checks.");
  const from = axisFrom(REPORT.checks.map((check) => check.verdict));
  const cost = REPORT.checks.some(({ verdict }) => typeof verdict.calls.cost === "number");
  const head = (words, attributes = {}) => el("th", { scope: "col", ...attributes }, words);
  return el("table", { class: "checks" },
    el("thead", {}, el("tr", {}, head(el("span", { class: "sr" }, "Verdict")), head("Check"), head([el("span", { class: "sr" }, "Rate, interval, requirement"), axis(from)], { class: "chart" }), head("Rate", { class: "number" }), head(checks.every(({ verdict }) => !verdict.comparison || isApproved(verdict)) ? "Approved" : "Before", { class: "number" }), head("Broke", { class: "number" }), head("Fixed", { class: "number" }), head("Changed", { class: "number" }), head("Cases", { class: "number" }), cost && head("Cost", { class: "number" }))),
    el("tbody", {}, checks.map((check) => checkRow(check, from, cost))));
}

function checkRow(check, from, cost) {
  const { verdict } = check;
  const { comparison, cases } = verdict;
  const worst = verdict.findings[0];
  const count = (value, kind) => el("td", { class: `number ${value ? kind : "none"}` }, comparison ? value.toLocaleString("en") : "");
  const several = REPORT.models.length > 1;
  const row = el("tr", { "data-check": verdict.check },
    el("td", { class: "status" }, mark(verdict.status)),
    el("td", { class: "title" },
      el("a", { href: checkLink(verdict.check) }, foreign(shortName(verdict.check))),
      el("div", { class: "under" }, verdict.status === "passed" ? [verdict.kind, " · ", foreign(fileOf(verdict.check)), several && [" · ", foreign(`${verdict.model} ${verdict.version || ""}`)]] : foreign(worst ? worst.summary : "")),
      check.where && el("div", { class: "under" }, "Where: ", foreign(check.where))),
    el("td", { class: "chart" }, forest(verdict, from)),
    el("td", { class: "number strong" }, figureText(verdict)),
    el("td", { class: "number" }, comparison ? rateText(verdict, comparison.approved_rate) : ""),
    count(comparison?.regressed, "bad"),
    count(comparison?.fixed, "good"),
    count(comparison?.changed, "plain"),
    el("td", { class: "number" }, Object.values(cases).reduce((sum, count) => sum + count, 0).toLocaleString("en")),
    cost && el("td", { class: "number" }, typeof verdict.calls.cost === "number" ? figure(verdict.calls.cost, 3) : ""));
  // The name is the link, for the keyboard; but who sees a row of numbers clicks on any of them. Marked text is copied, not followed.
  row.addEventListener("click", (event) => {
    if (!event.target.closest("a") && getSelection().isCollapsed) location.hash = checkLink(verdict.check);
  });
  return row;
}

// -- capabilities -----------------------------------------------------------------------------------

/** What a file or a class of tests is about: `test_negation.py::TestDouble` is "negation, double". */
function capability(check) {
  const parts = check.split("::");
  const file = parts[0].split("/").pop().replace(/\.py$/, "").replace(/^test_|_test$/g, "");
  const classes = parts.slice(1, -1).filter((part) => !/^test_/.test(part)).map((part) => part.replace(/^Test/, ""));
  return [file, ...classes].join(", ").replaceAll("_", " ");
}

function capabilities() {
  const columns = [];
  const groups = new Map();
  for (const { verdict } of REPORT.checks) {
    const column = `${verdict.model} ${verdict.version || ""}`.trim();
    const key = JSON.stringify([column, verdict.kind]);
    if (!columns.includes(key)) columns.push(key);
    const name = capability(verdict.check);
    if (!groups.has(name)) groups.set(name, new Map());
    const cells = groups.get(name);
    cells.set(key, [...(cells.get(key) || []), verdict]);
  }
  columns.sort();
  const models = countBy(columns.map((key) => JSON.parse(key)[0]));
  return el("section", { "aria-labelledby": "capabilities-title" },
    el("h2", { id: "capabilities-title" }, "Capabilities"),
    el("p", { class: "hint" }, "Rows are test files or classes, columns are models and kinds of test. Each cell shows the lowest rate and how many checks pass."),
    el("div", { class: "scroll" }, el("table", { class: "matrix" },
      el("thead", {},
        el("tr", {}, el("td", { rowspan: 2 }), Object.entries(models).map(([model, span]) => el("th", { scope: "colgroup", colspan: span }, foreign(model)))),
        el("tr", {}, columns.map((key) => el("th", { scope: "col" }, JSON.parse(key)[1])))),
      el("tbody", {}, [...groups].map(([name, cells]) => el("tr", {}, el("th", { scope: "row" }, foreign(name)), columns.map((key) => capabilityCell(cells.get(key)))))))));
}

function capabilityCell(verdicts) {
  if (!verdicts) return el("td", { class: "nothing" }, el("span", { class: "sr" }, "no check"));
  const worst = [...verdicts].sort((a, b) => SEVERITY[a.status] - SEVERITY[b.status] || (a.rate ?? 2) - (b.rate ?? 2))[0];
  const passed = verdicts.filter((verdict) => verdict.status === "passed").length;
  return el("td", { class: `cell ${worst.status}` }, el("a", { href: checkLink(worst.check) },
    mark(worst.status), el("b", {}, figureText(worst) || "–"), verdicts.length > 1 && el("span", { class: "under" }, `${passed} of ${verdicts.length}`)));
}

function environment() {
  const { versions, environment: found, options } = REPORT.run;
  const rows = (pairs) => Object.entries(pairs).map(([name, value]) => [el("dt", {}, foreign(name)), el("dd", {}, foreign(value))]);
  const models = REPORT.models.map((model) => [
    el("dt", {}, foreign(`${model.name} ${model.version || "(unversioned)"}`)),
    el("dd", {}, model.approved ? ["approved: ", foreign(model.approved)] : "nothing approved yet", model.retires && `, shuts down on ${model.retires}`, model.fingerprint && [", fingerprint ", foreign(model.fingerprint, "code")])]);
  return el("section", { "aria-labelledby": "run-title" }, el("h2", { id: "run-title" }, "Run"),
    el("dl", { class: "pairs" }, models, rows(versions), rows(found), rows(options)));
}
