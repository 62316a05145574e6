// Search over lessons, glossary and takeaways; in the browser, so that it works offline.

import * as server from "../server.js";
import { h } from "../widgets/dom.js";

const AROUND = 90;

/** Entries that hold every word, the ones whose title does first. */
export function find(entries, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  return entries.map((entry) => {
    const [title, text] = [entry.title.toLowerCase(), entry.text.toLowerCase()];
    if (!words.every((word) => title.includes(word) || text.includes(word))) return null;
    const score = words.reduce((sum, word) => sum + (title.includes(word) ? 10 : 0)
      + Math.min(5, text.split(word).length - 1), 0);
    return { entry, score };
  }).filter(Boolean).sort((a, b) => b.score - a.score).map(({ entry }) => entry);
}

/** Where the first whole word at or after a place begins, and where the last one before it ends. */
const wordStart = (text, at) => (at <= 0 ? 0 : text.indexOf(" ", at - 1) + 1);
const wordEnd = (text, at) => (at >= text.length ? text.length : text.lastIndexOf(" ", at));

/** The text around the first hit, with every hit marked. */
function excerpt(text, words) {
  const lower = text.toLowerCase();
  const first = Math.max(0, Math.min(...words.map((word) => {
    const at = lower.indexOf(word);
    return at < 0 ? Infinity : at;
  }).filter(Number.isFinite), text.length) - AROUND);
  const [from, to] = [wordStart(text, first), wordEnd(text, first + 2.6 * AROUND)];
  const piece = text.slice(from, to);
  const parts = [];
  let at = 0;
  const small = piece.toLowerCase();
  while (at < piece.length) {
    const next = words.map((word) => [small.indexOf(word, at), word]).filter(([i]) => i >= 0).sort((a, b) => a[0] - b[0])[0];
    if (!next) break;
    parts.push(piece.slice(at, next[0]), h("mark", {}, piece.slice(next[0], next[0] + next[1].length)));
    at = next[0] + next[1].length;
  }
  return h("p", {}, from ? "… " : "", parts, piece.slice(at), to < text.length ? " …" : "");
}

export async function mount(page, { route }) {
  const { entries } = await server.searchEntries();
  const field = h("input", { type: "search", id: "search-again", autocomplete: "off" });
  const count = h("p", { class: "muted", role: "status" });
  const list = h("ul", { class: "hits" });
  const elsewhere = h("p", { hidden: true }, "Try another word, or look through the ", h("a", { href: "#/glossary" }, "glossary"), ".");
  const show = (query) => {
    field.value = query;
    const words = query.toLowerCase().split(/\s+/).filter(Boolean);
    const found = find(entries, query);
    count.textContent = words.length ? `${found.length || "No"} ${found.length === 1 ? "place" : "places"} for “${query}”` : "";
    elsewhere.hidden = !words.length || found.length > 0;
    list.replaceChildren(...found.slice(0, 40).map((entry) => h("li", {},
      h("a", { href: entry.href }, entry.title), h("span", { class: "small muted" }, ` · ${entry.where}`), excerpt(entry.text, words))));
  };
  page.classList.add("reading");
  page.append(h("h1", { tabindex: "-1" }, "Search"),
    h("form", { class: "row end", role: "search", "aria-label": "Search again", onsubmit: (event) => {
      event.preventDefault();
      location.hash = `#/search?q=${encodeURIComponent(field.value)}`;
    } }, h("div", { class: "field" }, h("label", { for: "search-again" }, "Words"), field), h("button", { class: "primary" }, "Search")),
    count, elsewhere, list);
  show(route.query.get("q") ?? "");
  return { update: ({ query }) => { show(query.get("q") ?? ""); return true; } };
}
