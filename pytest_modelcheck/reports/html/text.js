// Values as text. Whatever would act on the reader rather than be read is shown as its escape.

const UNSAFE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\u{e0000}-\u{e007f}]/gu;

function visible(text) {
  return String(text).replace(UNSAFE, (found) => {
    const code = found.codePointAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
  });
}

/** A value as people read it: text as it is, all else as JSON. */
function valueText(value, indent) {
  return visible(asText(value, indent));
}

function asText(value, indent) {
  const told = summarised("", value);
  return typeof told === "string" ? told : JSON.stringify(value, summarised, indent);
}

/** An array of numpy by its shape, its type and its first numbers: nobody reads more. A number that JSON lacks by its name. */
function summarised(_key, value) {
  if (value && typeof value.$float === "string") return value.$float;
  const array = value && value.$ndarray;
  if (!array || !Array.isArray(array.data) || array.data.length <= 8) return value;
  const kinds = { f: "float", i: "int", u: "uint" };
  const [, kind, size] = /^[<>|=]?([fiu])(\d+)$/.exec(array.dtype) || [];
  const first = array.data.slice(0, 4).map((one) => (typeof one === "number" ? Number(one.toPrecision(4)) : one));
  return `array ${array.shape.join("×")} ${kind ? `${kinds[kind]}${8 * size}` : array.dtype} (${first.join(", ")}, …)`;
}

/** The same on one line, for lists. */
function lineText(value, most = 300) {
  const text = asText(value);
  const cut = text.length > most ? `${text.slice(0, most)}…` : text;
  return visible(cut.replace(/[\n\t]+/g, " "));
}

/** A number with so many decimals. A tie goes to the even digit, as in Python's texts: the page and the terminal agree. */
function fixed(value, decimals) {
  const [whole, part] = value.toFixed(decimals + 25).split(".");
  const kept = `${whole}.${part.slice(0, decimals)}`;
  return /[02468]$/.test(kept) && /^50*$/.test(part.slice(decimals)) ? kept : value.toFixed(decimals);
}

/** A number with so many significant digits, at most. */
function figure(value, digits) {
  const decimals = digits - 1 - Number(value.toExponential(digits - 1).split("e")[1]);
  return String(Number(decimals > 0 && decimals < 75 ? fixed(value, decimals) : value.toPrecision(digits)));
}

/** A rate in percent; what is not all, or not none, never looks as if it were. */
function percent(rate) {
  let text = fixed(rate * 100, 1);
  if (rate !== 0 && rate !== 1 && (text === "0.0" || text === "100.0")) text = String(Number((rate * 100).toPrecision(6)));
  return `${text.replace(/\.0$/, "")}%`;
}

/** Whether a check is compared with approved results, and not with another version or a run of today. */
function isApproved({ approved_version: approved, comparison }) {
  return comparison.version === approved && !comparison.ran_too;
}

function rateText(verdict, rate) {
  if (rate === null || rate === undefined) return "";
  if (!verdict.graded) return percent(rate);
  if (!verdict.signed) return fixed(rate, 3);
  return `${rate < 0 ? "" : "+"}${figure(rate, 3)}`;
}

/** The one number that a check comes to: its rate, its mean, or how far its answers moved. */
function figureText(verdict) {
  return verdict.moved ? `Δ ${figure(verdict.moved.distance, 2)}` : rateText(verdict, verdict.rate);
}

function boundsText(verdict) {
  const { interval } = verdict;
  if (!interval) return "";
  if (verdict.graded && !isUnit(verdict)) return `${figure(interval.low, 3)} to ${figure(interval.high, 3)}`;
  return `${Math.round(interval.low * 100)}–${Math.round(interval.high * 100)}%`;
}

function plural(count, one, many) {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many || `${one}s`}`;
}

/** A p-value; one that is too small to mean anything by itself, or to be a number, is below a bound. */
function chance(p) {
  return p < 1e-9 ? "p < 1e-9" : `p = ${figure(p, 2)}`;
}

function seconds(value) {
  if (value < 0.001) return `${Math.round(value * 1e6)} µs`;
  if (value < 1) return `${Math.round(value * 1000)} ms`;
  return value < 90 ? `${figure(value, 2)} s` : `${Math.round(value / 60)} min`;
}

/** A word as a POSIX shell takes it. */
function quoted(word) {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, `'"'"'`)}'`;
}

/** The name of a check without its file: `TestX::test_a[es]`. */
function shortName(check) {
  const parts = check.split("::");
  return parts.length > 1 ? parts.slice(1).join("::") : check;
}

function fileOf(check) {
  return check.split("::")[0];
}
