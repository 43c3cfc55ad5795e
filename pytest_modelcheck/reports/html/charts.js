// Rates with their intervals on one axis, bars, and how long calls took.

function isUnit(verdict) {
  return verdict.scale !== null && verdict.scale.low === 0 && verdict.scale.high === 1;
}

/** Where a rate lies on its scale, from 0 to 1; null for a scale without bounds. */
function unit(verdict, value) {
  if (value === null || value === undefined || verdict.scale === null) return null;
  const { low, high } = verdict.scale;
  return Number.isFinite(low) && Number.isFinite(high) ? (value - low) / (high - low) : null;
}

/** From where to 1 an axis has to go that shows all of these. */
function axisFrom(verdicts) {
  const lows = verdicts.flatMap((verdict) => [
    unit(verdict, verdict.rate),
    verdict.interval && unit(verdict, verdict.interval.low),
    unit(verdict, verdict.required),
    verdict.comparison && unit(verdict, verdict.comparison.approved_rate),
  ]).filter((value) => typeof value === "number");
  const least = Math.min(1, ...lows);
  const step = least > 0.8 ? 0.05 : 0.1;
  return Math.max(0, Math.min(0.9, Math.floor((least - 0.01) / step) * step));
}

const WIDTH = 240;
const PAD = 8;

function forest(verdict, from, { height = 26, label } = {}) {
  const at = (value) => PAD + ((Math.max(from, Math.min(1, value)) - from) / (1 - from)) * (WIDTH - 2 * PAD);
  const middle = height / 2;
  const rate = unit(verdict, verdict.rate);
  const root = svg("svg", { class: `forest ${verdict.status || "past"}`, viewBox: `0 0 ${WIDTH} ${height}`, role: "img", "aria-label": label || forestLabel(verdict) });
  if (rate === null) return root;
  for (const tick of ticks(from)) root.append(svg("line", { class: "grid", x1: at(tick), x2: at(tick), y1: 0, y2: height }));
  const required = unit(verdict, verdict.required);
  if (required !== null) root.append(svg("line", { class: "required", x1: at(required), x2: at(required), y1: 2, y2: height - 2 }));
  if (verdict.interval) {
    const [low, high] = [unit(verdict, verdict.interval.low), unit(verdict, verdict.interval.high)].map(at);
    root.append(svg("line", { class: "interval", x1: low, x2: high, y1: middle, y2: middle }));
    for (const x of [low, high]) root.append(svg("line", { class: "interval", x1: x, x2: x, y1: middle - 3, y2: middle + 3 }));
  }
  const approved = verdict.comparison && unit(verdict, verdict.comparison.approved_rate);
  if (typeof approved === "number") {
    const x = at(approved);
    root.append(svg("path", { class: "approved", d: `M${x} ${middle - 6}L${x + 5} ${middle}L${x} ${middle + 6}L${x - 5} ${middle}Z` }));
  }
  root.append(svg("circle", { class: "rate", cx: at(rate), cy: middle, r: 4.2 }));
  return root;
}

function forestLabel(verdict) {
  const parts = [`${rateText(verdict, verdict.rate) || "nothing judged"}`];
  if (verdict.interval) parts.push(`between ${boundsText(verdict)}`);
  if (typeof verdict.required === "number") parts.push(`required ${rateText(verdict, verdict.required)}`);
  if (verdict.comparison && verdict.comparison.approved_rate !== null) parts.push(`approved ${rateText(verdict, verdict.comparison.approved_rate)}`);
  return parts.join(", ");
}

function ticks(from) {
  const step = from >= 0.8 ? 0.05 : from >= 0.5 ? 0.1 : 0.25;
  const found = [];
  for (let tick = Math.ceil(from / step - 1e-9) * step; tick <= 1.0001; tick += step) found.push(Math.min(1, tick));
  return found;
}

function axis(from) {
  const root = svg("svg", { class: "axis", viewBox: `0 0 ${WIDTH} 16`, "aria-hidden": "true" });
  const shown = ticks(from);
  const thin = shown.length > 6 ? 2 : 1;
  shown.forEach((tick, number) => {
    if ((shown.length - 1 - number) % thin) return;
    const x = PAD + ((tick - from) / (1 - from)) * (WIDTH - 2 * PAD);
    const anchor = x > WIDTH - 20 ? "end" : x < 20 ? "start" : "middle";
    root.append(svg("text", { x: anchor === "end" ? WIDTH : anchor === "start" ? 0 : x, y: 12, "text-anchor": anchor }, `${Math.round(tick * 100)}%`));
  });
  return root;
}

function legend() {
  const key = (node, words) => el("span", { class: "key" }, node, words);
  const glyph = (...children) => svg("svg", { class: "forest passed glyph", viewBox: "0 0 24 14", "aria-hidden": "true" }, ...children);
  return el("p", { class: "legend" },
    key(glyph(svg("line", { class: "interval", x1: 2, x2: 22, y1: 7, y2: 7 }), svg("circle", { class: "rate", cx: 12, cy: 7, r: 4 })), "rate and its interval"),
    key(glyph(svg("path", { class: "approved", d: "M12 1L17 7L12 13L7 7Z" })), "approved version"),
    key(glyph(svg("line", { class: "required", x1: 12, x2: 12, y1: 1, y2: 13 })), "required"));
}

/** A share as a bar, with a tick where it was. */
function bar(rate, then) {
  const root = svg("svg", { class: "share", viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("rect", { class: "room", x: 0, y: 0, width: 100, height: 10 }),
    svg("rect", { class: "part", x: 0, y: 0, width: rate * 100, height: 10 }));
  if (typeof then === "number") root.append(svg("rect", { class: "then", x: Math.max(0, Math.min(98.5, then * 100 - 0.75)), y: 0, width: 1.5, height: 10 }));
  return root;
}

const BINS = 30;

/** How values are spread: sorted, or evenly spaced quantiles of more. */
function histogram(values, words) {
  const least = Math.min(...values);
  const most = Math.max(...values);
  const bins = new Array(BINS).fill(0);
  for (const value of values) bins[most > least ? Math.min(BINS - 1, Math.floor(((value - least) / (most - least)) * BINS)) : 0] += 1;
  const top = Math.max(...bins);
  const root = svg("svg", { class: "histogram", viewBox: "0 0 300 56", role: "img", "aria-label": words });
  bins.forEach((count, number) => {
    if (count) root.append(svg("rect", { x: number * 10 + 0.5, y: 52 - (count / top) * 50, width: 9, height: (count / top) * 50 }));
  });
  root.append(svg("line", { x1: 0, x2: 300, y1: 52.5, y2: 52.5 }));
  return root;
}
