// The page: what comes is put into the list, what is chosen is told. Nothing here makes markup out of text.

import { Fetches, List, make } from "./list.js";
import { showStory } from "./story.js";

const $ = (id) => document.getElementById(id);
const name = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const fetches = new Fetches();
const CHOICES = 500;
let run = null;
let targets = [];
let state = { patch: "off", scope: "", origins: [] };
let missed = 0;
let reading = null;
let late = 0;

const list = new List($("rows"), $("space"), fetches, read);

// -- what comes -------------------------------------------------------------------------------------------------------

function listen() {
  const source = new EventSource(`/events?window=${name}`);
  source.addEventListener("open", () => { clearTimeout(late); live(true); });
  // Through the proxy each answer ends by itself, and is asked for again: that is no loss.
  source.addEventListener("error", () => {
    clearTimeout(late);
    late = setTimeout(() => live(false), 3000);
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, 3000);
  });
  source.addEventListener("start", (event) => start(JSON.parse(event.data)));
  source.addEventListener("state", (event) => patching(JSON.parse(event.data)));
  source.addEventListener("rows", (event) => take(JSON.parse(event.data)));
  source.addEventListener("missed", (event) => { missed += JSON.parse(event.data); count(); });
}

function live(is) {
  $("status").textContent = is ? "live" : "no connection to the proxy";
  $("status").toggleAttribute("data-live", is);
}

function start(said) {
  targets = said.targets;
  if ($("by-engine").length === 1) $("by-engine").append(...said.engines.map((one) => make("option", { value: one.name }, one.label)));
  if (run !== null && run !== said.run) list.change(() => fetches.clear());
  run = said.run;
}

function patching(said) {
  state = said;
  const box = $("patching");
  box.hidden = said.patch === "off";
  const who = said.patch === "policy" ? "as cors_policy says" : `for ${said.origins.join(", ") || "pages on localhost"}`;
  box.firstElementChild.textContent = `Patching ${said.scope} ${who}.`;
}

function take(rows) {
  list.change(() => {
    for (const row of rows) {
      const fetch = fetches.tell(row);
      if (reading && fetch.id === reading.id) again();
      offer("by-cause", row.cause);
      offer("by-origin", row.origin);
      offer("by-host", row.host);
    }
  });
  count();
}

function count() {
  const shown = fetches.length, all = fetches.all.size;
  const of = shown === all ? `${all}` : `${shown} of ${all}`;
  const texts = [`${of} fetch${all === 1 ? "" : "es"}`, `${fetches.shown.blocked.length} blocked`, `${fetches.shown.open.length} open`];
  if (fetches.shown.stopped.length) texts.splice(2, 0, `${fetches.shown.stopped.length} stopped by the browser`);
  if (fetches.forgotten) texts.push(`${fetches.forgotten} older ones left out`);
  if (missed) texts.push(`${missed} came too fast to be shown`);
  $("counts").textContent = texts.join(", ");
  $("empty").hidden = shown > 0;
  $("empty").textContent = all ? "Nothing matches." : "Nothing has come through the proxy yet.";
}

// -- search and filters -----------------------------------------------------------------------------------------------

const offered = { "by-cause": new Set(), "by-origin": new Set(), "by-host": new Set() };

function offer(id, value) {
  const known = offered[id];
  if (!value || known.has(value) || known.size >= CHOICES) return;
  known.add(value);
  $(id).append(make("option", { value }, value));
}

const VERDICTS = {
  open: (row) => row.open,
  likely: (row) => !row.certain,
  patched: (row) => row.patched,
  drift: (row) => row.drift > 0,
  differs: (row) => Object.values(row.others).some((outcome) => outcome !== row.outcome),
};

function filter() {
  const words = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  const [verdict, engine, cause, origin, host] = ["by-verdict", "by-engine", "by-cause", "by-origin", "by-host"].map((id) => $(id).value);
  const fits = (row) => (!verdict || (VERDICTS[verdict] || ((one) => one.outcome === verdict))(row))
    && (!engine || row.engine === engine || engine in row.others) && (!cause || row.cause === cause)
    && (!origin || row.origin === origin) && (!host || row.host === host);
  list.change(() => fetches.filter((fetch) => words.every((word) => fetch.words.includes(word)) && fetch.rows.some(fits)));
  $("rows").scrollTop = 0;
  count();
}

let waiting = 0;
$("search").addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(filter, 120); });
for (const id of ["by-verdict", "by-engine", "by-cause", "by-origin", "by-host"]) $(id).addEventListener("change", filter);
$("reset").addEventListener("click", () => {
  for (const select of $("filters").querySelectorAll("select")) select.value = "";
  $("search").value = "";
  $("filters").open = false;
  filter();
});

// -- reading ----------------------------------------------------------------------------------------------------------

async function read(fetched, focus) {
  reading = fetched;
  const answer = await fetch(`/story/${encodeURIComponent(fetched.end.id)}`);
  if (reading !== fetched) return;
  const back = make("button", { type: "button", id: "back" }, "Back to the list");
  back.addEventListener("click", leave);
  const told = answer.ok ? showStory(await answer.json(), targets, () => state) : [make("p", { class: "problem" }, await answer.text())];
  if (reading !== fetched) return;
  $("story").replaceChildren(back, ...told);
  $("story").scrollTop = 0;
  document.body.setAttribute("data-reading", "");
  if (focus || matchMedia("(max-width: 760px)").matches) $("story").focus();
}

let stale = 0;

// The one that is read has changed: it is told again, unless somebody is at work in it.
function again() {
  clearTimeout(stale);
  stale = setTimeout(() => {
    if (reading && !$("story").contains(document.activeElement) && !$("story").scrollTop) read(reading);
  }, 500);
}

function leave() {
  document.body.removeAttribute("data-reading");
  $("rows").focus();
}

$("patching").querySelector("button").addEventListener("click", () => fetch("/patch/off", { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" }));

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (event.key === "Escape") {
    if (event.target === $("search") && $("search").value) { $("search").value = ""; filter(); } else leave();
    $("filters").open = $("saving").open = false;
  } else if (!typing && event.key === "/") {
    event.preventDefault();
    $("search").focus();
  } else if (!typing && event.key === "c" && $("copy-fix")) {
    $("copy-fix").click();
  }
});
$("search").addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === "ArrowDown") { event.preventDefault(); $("rows").focus(); } });

listen();
