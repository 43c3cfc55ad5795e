// Which page is shown, the keys, and light or dark.

const REPORT = JSON.parse(document.getElementById("report").textContent);
let printing = false;
let current = null;

function checkLink(check, id) {
  return `#${encodeURIComponent(check)}${id === undefined ? "" : `/${encodeURIComponent(id)}`}`;
}

function route() {
  const main = document.getElementById("main");
  const [check, id] = location.hash.slice(1).split("/").map(decoded);
  const number = check ? REPORT.checks.findIndex((one) => one.verdict.check === check) : -1;
  if (number < 0) {
    current = null;
    drawOverview(main);
    scrollTo(0, 0);
    return;
  }
  const wanted = id === undefined ? undefined : casesOf(number).places.get(id);
  if (current && current.number === number && wanted === undefined && id !== undefined) return;
  current = new CheckView(number, wanted);
  current.draw(main, wanted);
  scrollTo(0, 0);
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// -- keys -------------------------------------------------------------------------------------------

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || document.getElementById("help").open) return;
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (event.key === "Escape") escape_(typing);
  else if (typing) {
    if (event.key === "Enter" && event.target.id === "search") { event.target.blur(); move(0); }
    return;
  } else if (event.key === "/") document.getElementById("search")?.focus();
  else if (event.key === "?") document.getElementById("help").showModal();
  else if (event.key === "j" || (event.key === "ArrowDown" && onList(event))) move(1);
  else if (event.key === "k" || (event.key === "ArrowUp" && onList(event))) move(-1);
  else if (event.key === "PageDown" && onList(event)) move(10);
  else if (event.key === "PageUp" && onList(event)) move(-10);
  else if (event.key === "Home" && onList(event)) move(-Infinity);
  else if (event.key === "End" && onList(event)) move(Infinity);
  else if (event.key === "Enter" && current && onList(event)) current.detail.focus();
  else if (/^[1-9]$/.test(event.key) && current?.tabs) { const kind = current.kinds[Number(event.key) - 1]; if (kind) current.tabs.choose(kind); }
  else return;
  event.preventDefault();
}

function onList(event) {
  return Boolean(current) && current.list.node.contains(event.target);
}

function escape_(typing) {
  const search = document.getElementById("search");
  if (typing && search && search.value) { search.value = ""; search.dispatchEvent(new Event("input")); }
  else if (typing) document.activeElement.blur();
  else if (current) location.hash = "";
}

function move(by) {
  if (current) {
    current.step(by);
    return;
  }
  const links = [...document.querySelectorAll("table.checks td.title a")];
  const at = links.indexOf(document.activeElement);
  links[Math.max(0, Math.min(links.length - 1, at + (by || 1)))]?.focus();
}

// -- light or dark ----------------------------------------------------------------------------------

const THEME = "modelcheck-theme";

function remembered() {
  try {
    return localStorage.getItem(THEME);
  } catch {
    return null;
  }
}

function setTheme(theme) {
  document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem(THEME, theme);
  } catch {
    // a page that may not remember anything is light or dark for as long as it is open
  }
}

function toggleTheme() {
  const dark = document.documentElement.dataset.theme
    ? document.documentElement.dataset.theme === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  setTheme(dark ? "light" : "dark");
}

// -- the page ---------------------------------------------------------------------------------------

function subjects() {
  const more = REPORT.models.length - 4;
  replace(document.getElementById("subjects"), REPORT.models.slice(0, 4).map((model) => el("span", { class: "subject" },
    el("b", {}, foreign(`${model.name} ${model.version || "(unversioned)"}`)), " ", el("span", { class: "under" }, model.approved === null ? "nothing approved yet" : model.approved === model.version ? "approved" : ["approved: ", foreign(model.approved)]),
    model.retires && el("span", { class: "under" }, `, shuts down on ${model.retires}`))), more > 0 && el("span", { class: "subject" }, `+${more} more`));
}

const theme = remembered();
if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
subjects();
route();
addEventListener("hashchange", route);
addEventListener("keydown", onKey);
addEventListener("beforeprint", () => { printing = true; current?.list.draw(); });
addEventListener("afterprint", () => { printing = false; current?.list.draw(); });
document.getElementById("theme").addEventListener("click", toggleTheme);
document.getElementById("keys").addEventListener("click", () => document.getElementById("help").showModal());
document.getElementById("skip").addEventListener("click", (event) => { event.preventDefault(); document.getElementById("main").focus(); });
