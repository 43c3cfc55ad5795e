// One check: what decided, where it happens, and every case of it.

const opened = new Map();

function casesOf(number) {
  if (!opened.has(number)) opened.set(number, new Cases(number));
  return opened.get(number);
}

class CheckView {
  constructor(number, wanted) {
    this.number = number;
    this.check = REPORT.checks[number];
    this.verdict = this.check.verdict;
    this.cases = casesOf(number);
    this.search = "";
    this.slice = null;
    this.under = null;
    this.inFound = null;
    this.members = new Set(this.verdict.found ? this.verdict.found.members : []);
    this.order = "worst";
    this.detail = el("article", { class: "detail", "aria-label": "The case", tabindex: "-1" });
    this.list = new List(this.cases, (place) => this.open(place));
    this.counts = {};
    for (const [kind, [, test]] of Object.entries(KINDS)) this.counts[kind] = this.cases.rows.filter(test).length;
    this.kind = wanted === undefined ? ["regressed", "failing", "changed", "all"].find((kind) => this.counts[kind]) || "all" : "all";
  }

  draw(main, wanted) {
    const { verdict } = this;
    document.title = `${visible(shortName(verdict.check))} – modelcheck`;
    replace(main,
      el("nav", { class: "path", "aria-label": "Breadcrumb" }, el("a", { href: "#" }, "All checks"), " / ", foreign(fileOf(verdict.check))),
      el("section", { class: `lead check ${verdict.status}` },
        el("h1", {}, foreign(shortName(verdict.check))),
        el("p", { class: "verdict" }, badge(verdict.status), " ", foreign(verdict.findings[0] ? verdict.findings[0].summary : "")),
        verdict.findings[0]?.reveals && el("p", { class: "sub" }, foreign(verdict.findings[0].reveals))),
      el("div", { class: "columns" }, el("aside", { class: "side", "aria-label": "About the check" }, this.side()), this.explorer()));
    this.refresh(wanted);
  }

  // -- beside the cases -----------------------------------------------------------------------------

  side() {
    return [this.moved(), this.numbers(), this.findings(), this.groups("Where", this.verdict.slices, "slice"), this.found(), this.groups("Perturbations", this.verdict.perturbations, "under"), this.history(), this.latency(), this.costs(), this.notes(), this.commands()];
  }

  block(title, ...content) {
    return el("section", { class: "block" }, el("h2", {}, title), content);
  }

  numbers() {
    const { verdict } = this;
    const { comparison, calls, cases } = verdict;
    const pair = (name, ...value) => (value.some((one) => one) ? [el("dt", {}, name), el("dd", {}, value)] : null);
    const rated = !verdict.moved && [
      el("p", { class: "big" }, rateText(verdict, verdict.rate) || "–", el("span", { class: "of" }, `${verdict.metric ? "" : `${cases.passed.toLocaleString("en")} of `}${plural(cases.passed + cases.failed, "case")}`)),
      forest(verdict, axisFrom([verdict])), axis(axisFrom([verdict])),
    ];
    return this.block(verdict.moved ? "Answers" : verdict.metric ? visible(verdict.metric) : verdict.signed ? "Mean change" : verdict.graded ? "Mean score" : "Pass rate",
      rated,
      el("dl", { class: "pairs" },
        pair("interval", verdict.interval && `${boundsText(verdict)} (${percent(verdict.interval.level)} confidence bounds)`),
        pair("required", typeof verdict.required === "number" && `at least ${rateText(verdict, verdict.required)}`),
        pair("model", foreign(`${verdict.model} ${verdict.version || "(unversioned)"}`)),
        pair("approved", verdict.approved_version && foreign(verdict.approved_version)),
        comparison && pair(isApproved(verdict) ? "approved rate" : `rate of ${visible(comparison.version)}`, rateText(verdict, comparison.approved_rate)),
        comparison && pair("since then", `${comparison.regressed} broke, ${comparison.fixed} fixed, ${comparison.changed} changed`, typeof comparison.p_value === "number" && ` (McNemar ${chance(comparison.p_value)})`),
        comparison && comparison.added + comparison.removed > 0 && pair("cases", `${comparison.added} added, ${comparison.removed} removed`),
        verdict.correction && pair("judge", foreign(correctionText(verdict.correction))),
        pair("stopped", verdict.stopped && [`after ${verdict.stopped.after.toLocaleString("en")} of ${verdict.stopped.of.toLocaleString("en")} cases: `, foreign(verdict.stopped.why)]),
        pair("variation", verdict.variation && foreign(verdict.variation)),
        verdict.others.map(([name, version]) => pair("with", foreign(`${name} ${version}`))),
        pair("answers", `${calls.cached.toLocaleString("en")} cached, ${calls.new.toLocaleString("en")} new`),
        pair("call time", seconds(calls.seconds)),
        pair("retries", calls.retries),
        pair("timeouts", calls.timeouts),
        pair("tokens", typeof calls.tokens_in === "number" && `${calls.tokens_in.toLocaleString("en")} in, ${(calls.tokens_out || 0).toLocaleString("en")} out`),
        calls.tokens_other.length > 0 && pair("other tokens", foreign(calls.tokens_other.map(([name, count]) => `${count.toLocaleString("en")} ${name}`).join(", "))),
        pair("cost", typeof calls.cost === "number" && figure(calls.cost, 4)),
        pair("judged", when(this.check.when)),
        pair("test", this.check.origin && foreign(`${this.check.origin.path}${this.check.origin.line ? `:${this.check.origin.line}` : ""}`))));
  }

  findings() {
    const adjusted = this.check.adjusted_p_value;
    return this.block("Limits",
      el("ul", { class: "findings" }, this.verdict.findings.map((finding, number) => el("li", {}, mark(finding.status), el("span", {}, el("code", {}, visible(finding.limit)), " ", foreign(finding.summary), typeof finding.p_value === "number" && el("span", { class: "under" }, ` ${chance(finding.p_value)}`), number > 0 && finding.reveals && el("div", { class: "under" }, foreign(finding.reveals)))))),
      typeof adjusted === "number" && REPORT.checks.length > 1 && el("p", { class: "hint" }, `${chance(adjusted)} after correction for all ${REPORT.checks.length} checks of the run (Holm). It tells where to look first and does not affect the verdict.`));
  }

  groups(title, groups, kind) {
    if (!groups || !groups.length) return null;
    const most = 12;
    const rows = groups.map((group) => this.group(group, kind));
    const table = el("table", { class: "groups" }, el("tbody", {}, rows.slice(0, most)));
    const more = rows.length > most && el("button", { type: "button", class: "small" }, `Show ${rows.length - most} more`);
    if (more) more.addEventListener("click", () => { table.tBodies[0].append(...rows.slice(most)); more.remove(); });
    return this.block(title, table, more);
  }

  group(group, kind) {
    const rate = group.judged ? group.passed / group.judged : 0;
    const then = group.approved_judged ? group.approved_passed / group.approved_judged : undefined;
    const button = el("button", { type: "button", class: "link", title: "List these cases" }, foreign(group.name));
    button.addEventListener("click", () => { this[kind] = this[kind] === group.name ? null : group.name; this.choose("all"); });
    if (this.verdict.metric && kind === "slice") {
      const number = (value) => (typeof value === "number" ? figure(value, 3) : "n/a");
      const lost = group.approved_metric > group.metric && number(group.approved_metric) !== number(group.metric);
      return el("tr", { class: lost ? "lost" : "" }, el("th", { scope: "row" }, button), el("td", { class: "number" }, number(group.metric)), el("td", { class: "number" }, plural(group.judged, "case")), el("td", { class: "number was" }, group.approved_judged ? `was ${number(group.approved_metric)}` : ""));
    }
    return el("tr", { class: then !== undefined && then > rate ? "lost" : "" }, el("th", { scope: "row" }, button), el("td", {}, bar(rate, then)), el("td", { class: "number" }, `${group.passed}/${group.judged}`), el("td", { class: "number was" }, then === undefined ? "" : `was ${group.approved_passed}/${group.approved_judged}`));
  }

  /** A slice that nobody declared, in which more fails than elsewhere. */
  found() {
    const { found } = this.verdict;
    if (!found) return null;
    const name = found.conditions.join(" and ");
    const verb = found.regressed ? "broke" : "fail";
    const button = found.members.length > 0 && el("button", { type: "button", class: "link", title: "List these cases" }, foreign(name));
    if (button) button.addEventListener("click", () => { this.inFound = this.inFound === null ? name : null; this.choose("all"); });
    return this.block("Found slice", el("p", {}, button || foreign(name)), el("p", { class: "hint" }, `${found.failed} of ${found.judged} ${verb}; elsewhere ${found.elsewhere_failed} of ${found.elsewhere_judged} (${chance(found.p_value)})`));
  }

  /** How far the distribution of answers is from the one that it is compared with. */
  moved() {
    const { moved } = this.verdict;
    if (!moved) return null;
    const text = (value) => (typeof value === "number" ? figure(value, 3) : visible(value));
    return this.block("Distribution",
      el("p", { class: "big" }, text(moved.distance), el("span", { class: "of" }, foreign(moved.measure))),
      el("p", { class: "hint" }, `${text(moved.expected)} expected by chance, ${text(moved.tolerance)} more allowed (${chance(moved.p_value)}); ${moved.after} answers against ${moved.before} `, foreign(moved.against)),
      moved.changes.length > 0 && el("table", { class: "groups" }, el("tbody", {}, moved.changes.map(([what, then, now]) => el("tr", {}, el("th", { scope: "row" }, foreign(what)), el("td", { class: "number" }, foreign(then), " → ", foreign(now)))))));
  }

  history() {
    const { history } = this.check;
    if (!history.length) return null;
    const all = [...history.map((past) => ({ ...past, scale: this.verdict.scale, graded: this.verdict.graded, signed: this.verdict.signed })), { ...this.verdict, version: `${this.verdict.version || "now"}`, comparison: null, now: true }];
    const from = axisFrom(all);
    return this.block("Versions", el("table", { class: "groups versions" }, el("tbody", {}, all.map((past) => el("tr", { class: past.now ? "now" : "" }, el("th", { scope: "row" }, past.status && mark(past.status), " ", foreign(past.version), past.approved && el("span", { class: "tag" }, "approved")), el("td", { class: "chart" }, forest(past, from, { height: 18 })), el("td", { class: "number" }, rateText(this.verdict, past.rate)))))));
  }

  latency() {
    return this.spread("Call times", this.verdict.calls.latencies, seconds, (half, most, longest) => `median ${half}, 95% within ${most}, longest ${longest}`);
  }

  costs() {
    const money = (value) => figure(value, 3);
    return this.spread("Cost per answer", this.verdict.calls.costs, money, (half, most, dearest) => `median ${half}, 95% up to ${most}, highest ${dearest}`);
  }

  /** A histogram of sorted numbers, and three of them in words; nothing where there is nothing to compare. */
  spread(title, values, text, sentence) {
    if (!values || values.length < 2) return null;
    const last = values.length - 1;
    const at = (share) => text(values[Math.round(share * last)]);
    const words = sentence(at(0.5), at(0.95), at(1));
    return this.block(title, histogram(values, words), el("p", { class: "ends" }, el("span", {}, at(0)), el("span", {}, at(1))), el("p", { class: "hint" }, words, "."));
  }

  notes() {
    const { notes, flaky } = this.verdict;
    const told = [...notes];
    if (flaky.length) told.unshift(`${plural(flaky.length, "case passes", "cases pass")} in some runs only`);
    return told.length > 0 && this.block("Notes", el("ul", { class: "notes" }, told.map((note) => el("li", {}, foreign(note)))));
  }

  commands() {
    const { advice } = this.verdict;
    return advice.length > 0 && this.block("Next steps", advice.map(([what, text]) => [el("p", { class: "hint" }, foreign(what)), command(text)]));
  }

  // -- the cases ------------------------------------------------------------------------------------

  explorer() {
    if (!this.cases.rows.length) return el("section", { class: "explorer" }, el("p", { class: "empty" }, "The cases of this check were not saved. Run it again to see them."));
    const kinds = Object.entries(KINDS).filter(([kind]) => kind === "all" || (this.counts[kind] && !(kind === "passing" && this.counts.passing === this.counts.all)));
    this.tabs = segments(kinds.map(([kind, [words]]) => [kind, words, this.counts[kind]]), this.kind, (kind) => { this.kind = kind; this.refresh(); });
    this.kinds = kinds.map(([kind]) => kind);
    const field = el("input", { type: "search", id: "search", placeholder: "Search cases  ( / )", "aria-label": "Search cases", autocomplete: "off", spellcheck: "false" });
    let timer = null;
    field.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(() => { this.search = field.value; this.refresh(); }, 80); });
    const orders = Object.fromEntries(Object.entries(ORDERS).map(([name, [words]]) => [name, words]));
    this.filters = el("div", { class: "filters" });
    this.tally = el("p", { class: "tally" });
    const listed = this.cases.rows.length < this.check.count;
    return el("section", { class: "explorer", "aria-label": "Cases" },
      listed && el("p", { class: "hint" }, `${this.cases.rows.length.toLocaleString("en")} of ${plural(this.check.count, "case")} are listed here: those that broke, fail or changed, and the first of the others. The JSON report has all of them.`),
      el("div", { class: "tools" }, this.tabs),
      el("div", { class: "tools" }, field, choice("Order", orders, this.order, (value) => { this.order = value; this.refresh(); }), this.filters),
      el("div", { class: "panes" }, el("div", { class: "left" }, this.tally, this.list.node), this.detail));
  }

  choose(kind) {
    this.tabs.choose(kind);
    this.list.node.scrollIntoView({ block: "nearest" });
  }

  refresh(wanted) {
    if (!this.cases.rows.length) return;
    const test = KINDS[this.kind][1];
    const search = this.search.toLowerCase();
    const places = [];
    this.cases.rows.forEach((row, place) => {
      if (test(row) && this.fits(row, place) && (!search || this.cases.text(place).includes(search))) places.push(place);
    });
    const compare = ORDERS[this.order][1];
    if (compare) places.sort((a, b) => compare(this.cases.rows[a], this.cases.rows[b]) || a - b);
    this.list.show(places);
    this.chips();
    this.tally.textContent = places.length === this.cases.rows.length ? plural(places.length, "case") : `${places.length.toLocaleString("en")} of ${plural(this.cases.rows.length, "case")}`;
    say(this.tally.textContent);
    const at = wanted === undefined ? 0 : places.indexOf(wanted);
    if (places.length) this.list.select(Math.max(0, at));
    else replace(this.detail, el("p", { class: "empty" }, "No matching cases."));
  }

  fits(row, place) {
    if (this.inFound !== null && !this.members.has(place)) return false;
    if (this.slice !== null) {
      const [key, value] = parted(this.slice);
      const facts = row.metadata || {};
      const found = key in facts ? facts[key] : key === "expected" ? row.expected : undefined;
      if (sliceText(found) !== value) return false;
    }
    return this.under === null || row.trials.some((trial) => trial.perturbation === this.under);
  }

  chips() {
    const chip = (kind) => {
      if (this[kind] === null) return null;
      const button = el("button", { type: "button", class: "chip", "aria-label": `Remove the filter ${visible(this[kind])}` }, foreign(this[kind]), " ×");
      button.addEventListener("click", () => { this[kind] = null; this.refresh(); });
      return button;
    };
    replace(this.filters, chip("slice"), chip("under"), chip("inFound"));
  }

  open(place, trial) {
    const one = this.cases.case(place);
    replace(this.detail, caseDetail(this, one, place, trial));
    this.detail.scrollTop = 0;
    for (const box of this.detail.querySelectorAll(".pair pre")) {
      const first = box.querySelector("mark, del, ins");
      if (first) box.scrollTop = first.offsetTop - 40;
    }
    const link = checkLink(this.verdict.check, one.id);
    if (location.hash !== link) history.replaceState(null, "", link);
  }

  step(by) {
    this.list.select(Math.max(0, Math.min(this.list.places.length - 1, this.list.current + by)));
  }
}

/** A slice's name and value; the value is text, as the slice was named by Python. */
function parted(slice) {
  const at = slice.indexOf("=");
  return [slice.slice(0, at), slice.slice(at + 1)];
}

function sliceText(value) {
  if (value === true) return "True";
  if (value === false) return "False";
  if (value === null) return "None";
  return value === undefined ? undefined : String(value);
}

// -- one case ---------------------------------------------------------------------------------------

function caseDetail(view, one, place, chosen) {
  const { verdict, check } = view;
  const trial = chosen || telling(one.trials);
  const version = verdict.comparison ? visible(verdict.comparison.version) : "before";
  const shown = verdict.shown.find((each) => each.id === one.id);
  const link = el("button", { type: "button", class: "small" }, "Copy link");
  link.addEventListener("click", () => copy(location.href, link));
  return [
    el("header", {}, el("h2", {}, foreign(one.id)), badge(one.outcome), one.change && el("span", { class: `tag ${one.change}` }, one.change === "regressed" ? "broke" : one.change), one.approved_outcome && one.approved_outcome !== one.outcome && el("span", { class: "under" }, `${version}: ${WORDS[one.approved_outcome] || one.approved_outcome}`), link),
    one.known_failure && el("p", { class: "hint" }, "Known failure: ", foreign(one.known_failure)),
    one.trials.length > 1 && trialTable(view, one, place, trial),
    inputs(one, trial),
    trial && (trial.steps ? transcript(one, trial, verdict, version) : answers(one, trial, verdict, version)),
    trial && trial.grades.map((one) => grade(one.judge, valueOf(one, "given"), valueOf(one, "answer"))),
    smallest(shown),
    trial && message(trial, shown, one),
    facts(one, trial),
    check.rerun && [el("h3", {}, "Reproduce"), command(`${check.rerun} --modelcheck-case=${quoted(one.id)}`)],
  ];
}

function panel(title, content, attributes = {}) {
  return el("div", { class: "panel" }, el("h3", {}, title), el("pre", { dir: "auto", tabindex: "0", ...attributes }, content));
}

function inputs(one, trial) {
  const input = one.input ? valueText(one.input[0], 1) : "";
  if (!trial || !trial.perturbed) return [panel("Input", input), pictures(one.pictures)];
  const [before, after] = sides(input, valueText(trial.perturbed[0], 1), [(text) => el("del", {}, text), (text) => el("ins", {}, text)]);
  return el("div", { class: "pair" }, el("div", {}, panel("Input", before), pictures(one.pictures)), el("div", {}, panel(["Perturbed by ", foreign(trial.perturbation || "perturbation")], after), pictures(trial.pictures)));
}

/** Pictures that the report holds itself; whatever else calls itself one is not shown. */
function pictures(urls) {
  const known = urls.filter((url) => /^data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+=*$/.test(url));
  return known.length > 0 && el("p", { class: "pictures" }, known.map((src, number) => el("img", { src, alt: `Picture ${number + 1} of the input` })));
}

/** Answers beside each other: what is right in green with a tick, what is wrong in red with a cross. */
function answers(one, trial, verdict, version) {
  const name = visible(verdict.version || verdict.model);
  const now = verdictOf(trial.outcome);
  const then = verdictOf(trial.approved_outcome);
  if (trial.base) {
    const before = [`${version}: original input`, trial.thenBase, then], after = [`${version}: perturbed input`, trial.then, then];
    return [
      sideBySide([["Answer to the original input", trial.base, "other"], ["Answer to the perturbed input", trial.answer, now]]),
      (trial.thenBase || trial.then) && sideBySide([[before[0], before[1], "other"], after]),
    ];
  }
  // Mostly the approved version was right: then one pair says all.
  const agreed = one.expected && trial.then && JSON.stringify(one.expected) === JSON.stringify(trial.then);
  const expected = one.expected && [agreed ? `Expected, and the answer of ${version}` : "Expected", one.expected, "right"];
  const got = [`Answer of ${name}`, trial.answer, now];
  const was = [`Answer of ${version}`, trial.then, then];
  if (!expected) return sideBySide([was, got]);
  if (kindOf(one.expected) !== kindOf(trial.answer)) return [sideBySide([expected]), sideBySide([was, got])];
  return [sideBySide([expected, got]), trial.then && !agreed && JSON.stringify(trial.then) !== JSON.stringify(trial.answer) && sideBySide([was, got])];
}

/** How often a judge errs, as far as labels tell. */
function correctionText({ judge, labels, word, yes, no, why }) {
  if (why) return `uncorrected: ${why}`;
  const known = yes && no;
  const text = known ? `accepted ${yes.join(" of ")} right answers, rejected ${no.join(" of ")} wrong ones (${yes[1] + no[1] === labels ? "" : `${yes[1] + no[1]} of `}${labels} labels)` : `${labels} labels`;
  const uncorrected = typeof word !== "number" ? "" : `; uncorrected ${known ? `pass rate ${percent(word)}` : `mean ${figure(word, 3)}`}`;
  return `${judge}: ${text}${uncorrected}`;
}

/** What a judge said, with its reason where it gives one, beside what it judged. */
function grade(judge, given, said) {
  const lines = (value) => (value && typeof value[0] === "object" && value[0] ? Object.entries(value[0]).map(([name, one]) => `${visible(name)}: ${valueText(one)}`).join("\n") : value ? valueText(value[0]) : "");
  const side = (title, value) => el("div", {}, panel(foreign(title), lines(value)));
  return el("div", { class: "pair" }, given && side(`Judged by ${judge}`, given), side(`${judge} says`, said));
}

/** What an agent did, step by step: each with what it was called with, to be opened for what it gave back. */
function transcript(one, trial, verdict, version) {
  const [titles, sentence, first, rows] = trial.steps;
  const name = visible(verdict.version || verdict.model);
  const heads = titles && (trial.base ? titles : [`What ${version} did`, `What ${name} did`]);
  const step = (text, result) => el("td", {}, text === 0 ? el("span", { class: "under" }, "–") : result ? el("details", {}, el("summary", {}, foreign(text)), el("pre", { dir: "auto" }, visible(result))) : foreign(text));
  const row = ([number, same, then, thenResult, now, nowResult], at) => el("tr", { class: at === first ? "first" : same ? "" : "other" }, el("th", { scope: "row" }, at === first ? "▶ " : "", number || ""), titles && step(then, thenResult), step(now, nowResult));
  return el("div", { class: "panel steps" },
    el("h3", {}, titles ? "Step by step" : `What ${name} did`),
    sentence && el("p", { class: "hint" }, foreign(`First difference at ${sentence}`)),
    el("div", { class: "scroll" }, el("table", {}, heads && el("thead", {}, el("tr", {}, el("td", {}), heads.map((head) => el("th", { scope: "col" }, head)))), el("tbody", {}, rows.map(row)))),
    one.expected && panel("Expected", valueText(one.expected[0], 1)),
    sideBySide([[`State after ${version}`, stateOf(trial.base || trial.then), "other"], [`State after ${name}`, stateOf(trial.answer), "other"]]));
}

/** What the test asserts on besides, of a trajectory that has it. */
function stateOf(answer) {
  const state = answer && answer[0] && answer[0].$trajectory && answer[0].$trajectory.state;
  return state === null || state === undefined ? null : [state];
}

/** Texts are compared with texts, and records with records. */
function kindOf(value) {
  return value && (Array.isArray(value[0]) ? "list" : typeof value[0]);
}

function verdictOf(outcome) {
  if (outcome === "failed" || outcome === "error") return "wrong";
  return outcome === "passed" ? "right" : "other";
}

/** Values beside each other, each [title, value, right | wrong | other]; of two, what differs is marked. */
function sideBySide(panels) {
  const known = panels.filter(([, value]) => value);
  if (!known.length) return null;
  const texts = known.map(([, value]) => valueText(value[0], 1));
  const marks = known.map(([, , kind]) => (text) => el("mark", { class: kind }, text));
  const contents = known.length === 2 && texts[0] !== texts[1] ? sides(texts[0], texts[1], marks) : texts;
  const heads = known.map(([title, , kind]) => [kind === "other" ? null : mark(kind === "right" ? "passed" : "failed"), " ", title]);
  return [
    known.length === 2 && parts(known),
    el("div", { class: "pair" }, known.map(([, , kind], number) => panel(heads[number], contents[number], { class: kind }))),
  ];
}

/** The parts of two records that differ, where there are too many lines to look for them. */
function parts(known) {
  const [before, after] = known.map(([, value]) => value[0]);
  const isLong = ([, value]) => valueText(value[0], 1).split("\n").length >= 8 || JSON.stringify(value).includes('"$ndarray"');
  if (!known.every(isLong)) return null;
  const found = differingParts(before, after);
  if (!found.length || found[0][0] === "") return null;
  const cell = (value, kind) => el("td", {}, value === undefined ? el("span", { class: "under" }, "nothing") : el("mark", { class: kind }, lineText(value, 200)));
  const most = 12;
  return el("div", { class: "scroll" }, el("table", { class: "parts" },
    el("thead", {}, el("tr", {}, el("th", { scope: "col" }, "What differs"), known.map(([title]) => el("th", { scope: "col" }, title)))),
    el("tbody", {}, found.slice(0, most).map(([path, then, now]) => el("tr", {}, el("th", { scope: "row" }, foreign(path)), cell(then, known[0][2]), cell(now, known[1][2]))))),
  found.length > most && el("p", { class: "hint" }, `and ${plural(found.length - most, "more part")}`));
}

/** The smallest change of the input that still fails, where it was looked for. */
function smallest(shown) {
  const found = shown && shown.smallest;
  if (!found) return null;
  const title = found.complete ? "Smallest change that still fails" : "Smallest change found so far";
  return panel(title, [visible(found.text || "None: it fails as it is"), found.got && `\n→ ${visible(found.got)}`]);
}

function message(trial, shown, one) {
  const text = shown && (shown.detail || shown.message) && trial === telling(one.trials) ? shown.detail || shown.message : trial.message;
  return [text && panel(trial.outcome === "error" ? "Error" : "Message of the test", visible(text)), trial.score !== undefined && el("p", { class: "hint" }, `Score: ${trial.score}`)];
}

function trialTable(view, one, place, chosen) {
  const repeated = one.trials.some((trial) => trial.repeat > 0);
  const row = (trial) => {
    const button = el("button", { type: "button", class: "link" }, trial.perturbation && foreign(trial.perturbation), trial.variant > 0 && ` ${trial.variant + 1}`, repeated && `${trial.perturbation ? ", " : ""}run ${trial.repeat + 1}`, !trial.perturbation && !repeated && "run");
    button.addEventListener("click", () => view.open(place, trial));
    return el("tr", { class: trial === chosen ? "current" : "" }, el("td", {}, mark(trial.outcome)), el("th", { scope: "row" }, button), el("td", {}, foreign(trial.perturbed ? lineText(trial.perturbed[0], 120) : "")), el("td", {}, foreign(trial.steps ? trial.steps[1] || doneText(trial.steps[3]) : trial.answer ? lineText(trial.answer[0], 80) : "")));
  };
  return el("details", { class: "trials", open: one.trials.length <= 8 }, el("summary", {}, `${plural(one.trials.length, "run")}: ${one.trials.filter((trial) => trial.outcome === "passed").length} passed`), el("div", { class: "scroll" }, el("table", {}, el("tbody", {}, one.trials.map(row)))));
}

function facts(one, trial) {
  const rows = Object.entries(one.metadata).map(([name, value]) => [el("dt", {}, foreign(name)), el("dd", {}, foreign(lineText(value)))]);
  if (one.origin) rows.push([el("dt", {}, "defined in"), el("dd", {}, foreign(one.origin, "code"))]);
  if (trial && trial.approved_outcome) rows.push([el("dt", {}, "approved"), el("dd", {}, WORDS[trial.approved_outcome] || trial.approved_outcome)]);
  return rows.length > 0 && el("dl", { class: "pairs" }, rows);
}
