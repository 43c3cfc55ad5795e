// What differs between two texts, word by word (Myers, "An O(ND) Difference Algorithm", 1986).

const WORD = /\s+|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[\p{L}\p{N}\p{M}_]+|./gsu;
const MOST_EDITS = 600;

/** Pairs of "same" | "gone" | "new" and text; null where the texts differ too much for that to help. */
function difference(before, after) {
  const a = before.match(WORD) || [];
  const b = after.match(WORD) || [];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  const middle = shortest(a.slice(start, a.length - end), b.slice(start, b.length - end));
  if (middle === null) return null;
  return joined([["same", a.slice(0, start).join("")], ...middle, ["same", a.slice(a.length - end).join("")]]);
}

function shortest(a, b) {
  const bound = Math.min(a.length + b.length, MOST_EDITS);
  let ends = new Map([[1, 0]]);
  const trail = [];
  for (let edits = 0; edits <= bound; edits += 1) {
    trail.push(new Map(ends));
    for (let k = -edits; k <= edits; k += 2) {
      const down = k === -edits || (k !== edits && ends.get(k - 1) < ends.get(k + 1));
      let x = down ? ends.get(k + 1) : ends.get(k - 1) + 1;
      let y = x - k;
      while (x < a.length && y < b.length && a[x] === b[y]) { x += 1; y += 1; }
      ends.set(k, x);
      if (x >= a.length && y >= b.length) return path(trail, a, b);
    }
  }
  return null;
}

function path(trail, a, b) {
  const steps = [];
  let x = a.length;
  let y = b.length;
  for (let edits = trail.length - 1; edits >= 0; edits -= 1) {
    const ends = trail[edits];
    const k = x - y;
    const down = k === -edits || (k !== edits && ends.get(k - 1) < ends.get(k + 1));
    const fromX = down ? ends.get(k + 1) : ends.get(k - 1);
    const fromY = fromX - (down ? k + 1 : k - 1);
    while (x > fromX && y > fromY) { x -= 1; y -= 1; steps.push(["same", a[x]]); }
    if (edits > 0) {
      if (down) { y -= 1; steps.push(["new", b[y]]); } else { x -= 1; steps.push(["gone", a[x]]); }
    }
  }
  return steps.reverse();
}

function joined(parts) {
  const found = [];
  for (const [kind, text] of parts) {
    if (!text) continue;
    const last = found[found.length - 1];
    if (last && last[0] === kind) last[1] += text;
    else found.push([kind, text]);
  }
  return found;
}

/** The parts in which two values differ, as [path, before, after]; of many numbers of a list, the one that moved most. */
function differingParts(before, after, path = "", shape = []) {
  if (JSON.stringify(before) === JSON.stringify(after)) return [];
  const arrays = [before, after].map((value) => value && value.$ndarray);
  if (arrays.every(hasAnItemAPlace) && String(arrays[0].shape) === String(arrays[1].shape)) {
    const [then, now] = arrays;
    const items = then.shape.length ? [then.data, now.data] : [then.data[0], now.data[0]];
    return [...differingParts(then.dtype, now.dtype, stepped(path, "dtype")), ...differingParts(...items, path, then.shape)];
  }
  const lists = Array.isArray(before) && Array.isArray(after);
  const records = [before, after].every((value) => value && typeof value === "object" && !Array.isArray(value));
  if (!lists && !records) return [[path, before, after]];
  const names = lists ? [...Array(Math.max(before.length, after.length)).keys()] : [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const found = names.flatMap((name) => differingParts(before[name], after[name], stepped(path, lists ? indexOf(name, shape) : name, lists)));
  const numbers = lists && found.length > 3 && found.every(([, then, now]) => typeof then === "number" && typeof now === "number");
  if (!numbers) return found;
  const most = found.reduce((a, b) => (Math.abs(b[2] - b[1]) > Math.abs(a[2] - a[1]) ? b : a));
  return [[`${most[0]}, which moved most of ${found.length.toLocaleString("en")} numbers`, most[1], most[2]]];
}

/** A complex number takes two items. */
function hasAnItemAPlace(array) {
  return array && Array.isArray(array.data) && array.shape.reduce((a, b) => a * b, 1) === array.data.length;
}

/** The index of an item in all dimensions of an array, from its place among all items. */
function indexOf(place, shape) {
  const found = [];
  for (const size of shape.slice(1).reverse()) {
    found.unshift(place % size);
    place = Math.floor(place / size);
  }
  return [place, ...found].join(", ");
}

function stepped(path, name, inList) {
  if (inList) return `${path}[${name}]`;
  if (name.startsWith("$")) return path; // how a value is stored is not part of it
  return path ? `${path}.${name}` : name;
}

/** Two texts as elements, what only one of them has marked in it, each by its own function. */
function sides(before, after, marks) {
  const parts = difference(before, after);
  if (parts === null) return [[visible(before)], [visible(after)]];
  const then = [];
  const now = [];
  for (const [kind, text] of parts) {
    if (kind === "same") { then.push(visible(text)); now.push(visible(text)); }
    else if (kind === "gone") then.push(marks[0](visible(text)));
    else now.push(marks[1](visible(text)));
  }
  return [then, now];
}
