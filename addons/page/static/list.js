// The fetches that are kept, in four kinds of urgency, and the part of the list that is seen.
// All text comes from the wire: it is only ever text.

export const KEPT = 100000;
const SPARE = 1000;
const HEIGHT = 52;
const KINDS = ["blocked", "stopped", "open", "rest"];

export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined).map((child) => child instanceof Node ? child : String(child)));
  return element;
}

function urgency(rows) {
  for (const kind of ["blocked", "stopped"]) {
    if (rows.some((row) => row.outcome === kind)) return kind;
  }
  return rows.some((row) => row.open) ? "open" : "rest";
}

export class Fetches {
  constructor() {
    this.clear();
  }

  clear() {
    this.all = new Map();
    this.ofRow = new Map();
    this.shown = Object.fromEntries(KINDS.map((kind) => [kind, []]));
    this.wanted = () => true;
    this.forgotten = 0;
  }

  // Takes in what is said of an exchange now; returns its fetch.
  tell(row) {
    const before = this.ofRow.get(row.id);
    if (before && before.id !== row.fetch) {
      before.rows = before.rows.filter((one) => one.id !== row.id);
      if (before.rows.length) this.place(before); else this.drop(before);
    }
    let fetch = this.all.get(row.fetch);
    if (!fetch) {
      fetch = { id: row.fetch, rows: [], kind: null, in: null };
      this.all.set(row.fetch, fetch);
    }
    const place = fetch.rows.findIndex((one) => one.id === row.id);
    if (place < 0) fetch.rows.push(row); else fetch.rows[place] = row;
    if (fetch.rows.length > 1) fetch.rows.sort((one, other) => one.time - other.time);
    this.ofRow.set(row.id, fetch);
    this.place(fetch);
    if (this.all.size > KEPT + SPARE) this.forget();
    return fetch;
  }

  // Forgets the oldest, many at once: taking each out of a long list by itself would move all behind it.
  forget() {
    for (const fetch of this.all.values()) {
      if (this.all.size <= KEPT) break;
      this.all.delete(fetch.id);
      for (const row of fetch.rows) this.ofRow.delete(row.id);
      fetch.in = null;
      this.forgotten += 1;
    }
    for (const kind of KINDS) this.shown[kind] = this.shown[kind].filter((fetch) => fetch.in);
  }

  place(fetch) {
    fetch.kind = urgency(fetch.rows);
    const end = fetch.rows.find((row) => row.outcome === "blocked") || fetch.rows.find((row) => row.open) || fetch.rows[fetch.rows.length - 1];
    fetch.end = end;
    fetch.words = fetch.rows.map((row) => `${row.method} ${row.url} ${row.origin || ""} ${row.cause || ""} ${row.title || ""}`).join(" ").toLowerCase();
    const list = this.wanted(fetch) ? fetch.kind : null;
    if (fetch.in === list) return;
    this.take(fetch);
    if (list) this.shown[list].push(fetch);
    fetch.in = list;
  }

  take(fetch) {
    if (!fetch.in) return;
    const list = this.shown[fetch.in];
    // What changes came of late; what is forgotten came first.
    const place = list[0] === fetch ? 0 : list.lastIndexOf(fetch);
    if (place >= 0) list.splice(place, 1);
    fetch.in = null;
  }

  drop(fetch) {
    this.take(fetch);
    this.all.delete(fetch.id);
    for (const row of fetch.rows) this.ofRow.delete(row.id);
  }

  filter(wanted) {
    this.wanted = wanted;
    this.shown = Object.fromEntries(KINDS.map((kind) => [kind, []]));
    for (const fetch of this.all.values()) {
      fetch.in = wanted(fetch) ? fetch.kind : null;
      if (fetch.in) this.shown[fetch.in].push(fetch);
    }
  }

  get length() {
    return KINDS.reduce((sum, kind) => sum + this.shown[kind].length, 0);
  }

  // Blocked ones first, then what the browser stopped, then open ones; the latest of each first.
  at(index) {
    for (const kind of KINDS) {
      const list = this.shown[kind];
      if (index < list.length) return list[list.length - 1 - index];
      index -= list.length;
    }
    return null;
  }

  indexOf(fetch) {
    let passed = 0;
    for (const kind of KINDS) {
      const list = this.shown[kind];
      if (fetch.in === kind) return passed + list.length - 1 - list.lastIndexOf(fetch);
      passed += list.length;
    }
    return -1;
  }
}

export class List {
  constructor(box, space, fetches, read) {
    this.box = box;
    this.space = space;
    this.fetches = fetches;
    this.read = read;
    this.chosen = null;
    this.drawn = new Map();
    this.asked = false;
    box.addEventListener("scroll", () => this.ask(), { passive: true });
    box.addEventListener("keydown", (event) => this.press(event));
    box.addEventListener("click", (event) => {
      const row = event.target.closest(".row");
      if (row && row.fetch) this.choose(row.fetch, true);
    });
    new ResizeObserver(() => this.ask()).observe(box);
  }

  // Changes the fetches, and keeps what is looked at where it is.
  change(act) {
    const top = this.box.scrollTop;
    const first = top > 0 ? this.fetches.at(Math.floor(top / HEIGHT)) : null;
    const offset = top % HEIGHT;
    act();
    this.space.style.height = `${this.fetches.length * HEIGHT}px`;
    if (first && first.in) this.box.scrollTop = this.fetches.indexOf(first) * HEIGHT + offset;
    this.ask();
  }

  ask() {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      this.draw();
    });
  }

  draw() {
    const length = this.fetches.length;
    const from = Math.max(0, Math.floor(this.box.scrollTop / HEIGHT) - 4);
    const to = Math.min(length, Math.ceil((this.box.scrollTop + this.box.clientHeight) / HEIGHT) + 4);
    const seen = new Set();
    for (let index = from; index < to; index += 1) {
      const fetch = this.fetches.at(index);
      seen.add(fetch.id);
      let row = this.drawn.get(fetch.id);
      const said = JSON.stringify([fetch.end, fetch.rows.length]);
      if (!row || row.said !== said) {
        const fresh = this.show(fetch);
        fresh.said = said;
        if (row) row.replaceWith(fresh); else this.space.append(fresh);
        this.drawn.set(fetch.id, fresh);
        row = fresh;
      }
      row.style.top = `${index * HEIGHT}px`;
      row.setAttribute("aria-posinset", index + 1);
      row.setAttribute("aria-setsize", length);
      row.setAttribute("aria-selected", String(this.chosen === fetch));
    }
    for (const [id, row] of this.drawn) {
      if (!seen.has(id)) {
        row.remove();
        this.drawn.delete(id);
      }
    }
    const active = this.chosen && this.drawn.get(this.chosen.id);
    if (active) this.box.setAttribute("aria-activedescendant", active.id); else this.box.removeAttribute("aria-activedescendant");
  }

  show(fetch) {
    const end = fetch.end;
    const kind = end.open ? "open" : end.outcome;
    const url = end.url.indexOf("://") < 0 ? end.url : end.url.slice(end.url.indexOf("/", end.url.indexOf("://") + 3));
    const marks = [end.role === "request" ? null : end.role, end.patched ? "patched" : null, end.drift ? "drift" : null].filter(Boolean);
    const others = Object.entries(end.others).filter(([, outcome]) => outcome !== end.outcome).map(([engine, outcome]) => `${engine}: ${outcome}`);
    const about = [end.outcome === "stopped" ? "by the browser itself" : null, end.title, ...marks, ...others, end.origin ? `from ${end.origin}` : null].filter(Boolean);
    const row = make("div", { class: "row", role: "option", id: `row-${fetch.id}`, "data-kind": kind },
      make("div", {}, make("span", { class: "kind", "data-kind": kind }, `${end.certain || kind === "open" ? "" : "likely "}${kind}`), " ", make("span", { class: "path" }, `${end.method} `, make("span", { class: "host" }, end.url.includes("://") ? end.host : null), url)),
      make("div", { class: "second" }, about.join(" \u00b7 ")));
    row.fetch = fetch;
    return row;
  }

  choose(fetch, open) {
    this.chosen = fetch;
    const top = this.fetches.indexOf(fetch) * HEIGHT;
    if (top >= 0 && top < this.box.scrollTop) this.box.scrollTop = top;
    if (top + HEIGHT > this.box.scrollTop + this.box.clientHeight) this.box.scrollTop = top + HEIGHT - this.box.clientHeight;
    this.draw();
    if (open) this.read(fetch);
  }

  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.box.clientHeight / HEIGHT) - 1);
    const moves = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    const length = this.fetches.length;
    if (event.key === "Enter" && this.chosen) {
      event.preventDefault();
      this.read(this.chosen, true);
    } else if (event.key in moves && length) {
      event.preventDefault();
      const now = this.chosen ? this.fetches.indexOf(this.chosen) : -1;
      this.choose(this.fetches.at(Math.min(length - 1, Math.max(0, now + moves[event.key]))), false);
    }
  }
}
