// The story of one fetch. All text comes from the wire: it is only ever text.

import { make } from "./list.js";

function section(title, ...children) {
  return make("section", {}, make("h3", {}, title), ...children);
}

function badge(outcome, text) {
  return make("span", { class: "kind", "data-kind": outcome }, text || outcome);
}

function facts(pairs) {
  const list = make("dl");
  for (const [name, text] of pairs) {
    if (text) list.append(make("dt", {}, name), make("dd", {}, text));
  }
  return list;
}

// What stands between backticks is code.
function markCode(text) {
  const parts = text.split("`");
  return parts.length % 2 ? parts.map((part, place) => (place % 2 ? make("code", {}, part) : part)) : [text];
}

function bullets(texts) {
  return texts.length ? make("ul", {}, ...texts.map((text) => make("li", {}, ...markCode(text)))) : null;
}

export async function copy(text, button) {
  let done = false;
  try {
    await navigator.clipboard.writeText(text);
    done = true;
  } catch {
    const shown = button.closest("section").querySelector("pre, .fix");
    if (shown) getSelection().selectAllChildren(shown);
  }
  const before = button.textContent;
  button.textContent = done ? "Copied" : "Selected: copy it with your keyboard";
  setTimeout(() => { button.textContent = before; }, 1500);
}

function copier(text, label, id) {
  const button = make("button", { type: "button", id }, label);
  button.addEventListener("click", () => copy(text, button));
  return button;
}

function copyable(text, label, id) {
  return [make("pre", { tabindex: "0" }, text), copier(text, label, id)];
}

function showRemedy(end) {
  if (!end.remedy) return null;
  const { edits, advice, actor, care } = end.remedy;
  return section(edits.length ? "The fix" : "What to do",
    ...(edits.length ? copyable(edits.join("\n"), "Copy the fix", "copy-fix") : []),
    make("p", {}, ...markCode(advice)), facts([["who", actor], ...care.map((one) => ["careful", one])]));
}

function showEngines(story) {
  const engines = story.engines[story.end] || [];
  const rows = engines.map((one) => make("tr", {},
    make("th", { scope: "row" }, one.label, one.decided ? " (this browser)" : ""),
    make("td", {}, one.open ? badge("open") : badge(one.outcome, `${one.certain ? "" : "likely "}${one.outcome}`)),
    make("td", {}, one.rule || ""),
    make("td", {}, one.message || one.error || "")));
  return section("Each engine", make("div", { class: "wide", tabindex: "0" }, make("table", {},
    make("thead", {}, make("tr", {}, ...["Engine", "Verdict", "Rule", "Console message"].map((name) => make("th", { scope: "col" }, name)))),
    make("tbody", {}, ...rows))));
}

function showPart(part) {
  const steps = part.steps.map((step) => make("tr", { "data-outcome": step.outcome },
    make("td", {}, `${step.section} ${step.number}`.trim()),
    make("td", {}, step.asks),
    make("td", {}, step.compared),
    make("td", {}, badge(step.outcome, step.outcome))));
  const evidence = part.evidence.map((one) => `${one.fact} ${one.value}: ${one.because} (${one.certainty})`);
  return section(`${part.role[0].toUpperCase()}${part.role.slice(1)}: ${part.method} ${part.target}`,
    make("p", {}, part.open ? badge("open") : badge(part.outcome, `${part.certainty === "certain" ? "" : "likely "}${part.outcome}`), part.title ? `: ${part.title}` : ""),
    make("pre", { tabindex: "0" }, [...part.sent.map((line) => `> ${line}`), `< ${part.status === null ? "no answer" : part.status}`, ...part.answered.map((line) => `< ${line}`)].join("\n")),
    part.patched.length ? facts([["patched", part.patched.join("; ")], ["without", part.before]]) : null,
    steps.length ? make("details", {}, make("summary", {}, `Steps (${steps.length})`), make("div", { class: "wide", tabindex: "0" }, make("table", { class: "steps" },
      make("thead", {}, make("tr", {}, ...["Step", "Check", "Compared", "Outcome"].map((name) => make("th", { scope: "col" }, name)))),
      make("tbody", {}, ...steps)))) : null,
    evidence.length ? make("details", {}, make("summary", {}, `Evidence (${evidence.length})`), bullets(evidence)) : null,
    part.advice.length ? make("details", {}, make("summary", {}, `Advice (${part.advice.length})`), bullets(part.advice.map((one) => `${one.title} ${one.text}`))) : null);
}

function showTargets(id, targets) {
  const choice = make("select", { "aria-label": "Server" }, ...targets.map((one) => make("option", { value: one.name }, one.title)));
  const chosen = sessionStorage.getItem("server");
  if (chosen) choice.value = chosen;
  const button = make("button", { type: "button" }, "Show its configuration");
  const place = make("div", { "aria-live": "polite" });
  button.addEventListener("click", async () => {
    sessionStorage.setItem("server", choice.value);
    const answer = await fetch(`/fix/${encodeURIComponent(id)}?for=${encodeURIComponent(choice.value)}`);
    const said = answer.ok ? await answer.json() : { problem: await answer.text() };
    place.replaceChildren(...(said.text ? [make("p", {}, `Usually in ${said.file}. It allows what this page and the other pages of this endpoint requested. Read it before you use it.`), ...copyable(said.text, "Copy")] : [make("p", { class: "problem" }, said.problem)]));
  });
  return section("For your server", make("div", { class: "tools" }, choice, button), place);
}

function showPatch(id, opening, state) {
  if (!opening) return null;
  if (opening.problem) return section("Patch it here", make("p", { class: "quiet" }, opening.problem));
  if (!window.isSecureContext) return section("Patch it here", make("p", { class: "quiet" }, "Over plain http, browsers do not say which page sends a request. To patch, open the page on the proxy's own machine."));
  // `null` is the origin of sandboxed frames on every site: it is for the user to write.
  const origins = make("input", { "aria-label": "Origins that may read it", value: opening.origin === "null" ? "" : opening.origin || "", spellcheck: "false" });
  const button = make("button", { type: "button" }, "Patch");
  const opens = make("p");
  const problem = make("p", { class: "problem", role: "alert" });
  const list = () => origins.value.split(/[\s,]+/).filter(Boolean);
  function tell() {
    const running = state().patch === "blocked";
    const who = [...(running ? state().origins : []), ...list()].join(", ") || "no page";
    opens.textContent = `This lets pages of ${who} read the responses of ${opening.endpoint}, with the user's cookies, in every browser that uses this proxy, until you stop it or the proxy ends.`
      + (running ? ` They can also read what is patched already: ${state().scope}.` : "");
  }
  origins.addEventListener("input", tell);
  tell();
  button.addEventListener("click", async () => {
    problem.textContent = "";
    const answer = await fetch("/patch", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ id, origins: list() }) });
    if (answer.ok) button.textContent = "Patched: send the request again"; else problem.textContent = await answer.text();
  });
  return section("Patch it here", make("p", {}, "Endpoint ", make("code", {}, opening.endpoint)), make("div", { class: "tools" }, origins, button), opens, problem);
}

// What the browser stopped by itself, and the proxy never saw.
function showStopped(story) {
  return [
    make("h2", {}, `${story.method} ${story.url}`),
    make("p", {}, badge(story.stopped, `${story.stopped} by the browser itself`), `: ${story.message}`),
    story.why ? make("p", {}, ...markCode(story.why)) : null,
    story.fix || story.advice ? section("What to do",
      make("p", { class: "fix" }, story.fix || story.advice), copier(story.fix || story.advice, "Copy", "copy-fix"), facts([["who", story.actor]])) : null,
    facts([["cause", story.cause]]),
    section("Not visible in the traffic", make("p", {}, story.seen)),
  ].filter(Boolean);
}

export function showStory(story, targets, state) {
  if (story.stopped) return showStopped(story);
  const end = story.parts[story.end];
  const asked = story.asked;
  return [
    make("h2", {}, `${asked.method} ${asked.url}`),
    make("p", {}, badge(end.open ? "open" : end.outcome, story.conclusion)),
    end.why ? make("p", {}, ...markCode(end.why)) : null,
    end.grounds.length ? bullets(end.grounds) : null,
    showRemedy(end),
    facts([["page", asked.origin], ["mode", asked.mode], ["credentials", asked.credentials], ["browser", story.client], ["console", end.message], ["cause", end.cause]]),
    section("What happened", make("pre", { class: "picture", tabindex: "0" }, story.picture.join("\n")), bullets([...asked.because, ...(story.never_sent ? [story.never_sent] : [])])),
    story.unknown.length ? section("Not visible in the traffic", bullets(story.unknown)) : null,
    ...story.parts.map(showPart),
    showEngines(story),
    story.drift.length ? section("Differences from the policy", bullets(story.drift.map((one) => `${one.certainty === "certain" ? "" : "likely "}${one.text}`))) : null,
    showTargets(end.id, targets),
    showPatch(end.id, story.opening, state),
  ].filter(Boolean);
}
