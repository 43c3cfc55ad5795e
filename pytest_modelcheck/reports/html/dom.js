// Elements, made one by one. There is no way in here to turn text into markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children.flat(Infinity)) {
    if (isNothing(child)) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
}

function el(name, attributes, ...children) {
  return fill(document.createElement(name), attributes, children);
}

function svg(name, attributes, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function isNothing(child) {
  return child === null || child === undefined || child === false || child === "";
}

function replace(node, ...children) {
  node.replaceChildren(...children.flat(Infinity).filter((child) => !isNothing(child)));
}

/** Text that came from a model, a case file or an option: isolated, so that it cannot turn what stands beside it. */
function foreign(text, name = "bdi", attributes = {}) {
  return el(name, attributes, visible(text));
}

function say(text) {
  document.getElementById("live").textContent = text;
}

const MARKS = { passed: "✓", failed: "✕", error: "!", inconclusive: "~", skipped: "–", xfailed: "x", xpassed: "X", new: "+" };
const WORDS = { xfailed: "known failure", xpassed: "unexpected pass", skipped: "not applicable" };

function badge(status, words) {
  return el("span", { class: `badge ${status}` }, el("span", { "aria-hidden": "true" }, `${MARKS[status]} `), words || WORDS[status] || status);
}

function mark(status) {
  return el("span", { class: `mark ${status}`, role: "img", "aria-label": WORDS[status] || status }, MARKS[status]);
}

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = el("textarea", { class: "sr" });
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  const before = button.textContent;
  button.textContent = "Copied";
  say("Copied");
  setTimeout(() => { button.textContent = before; }, 1200);
}

function command(text, label = "Copy") {
  const button = el("button", { type: "button", class: "small" }, label);
  button.addEventListener("click", () => copy(text, button));
  return el("div", { class: "command" }, el("code", { tabindex: "0" }, visible(text)), button);
}
