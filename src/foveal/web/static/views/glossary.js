// The words of the field, each in a sentence or two.

import * as server from "../server.js";
import { h } from "../widgets/dom.js";
import { seeLinks } from "../widgets/see_links.js";

function aim(slug) {
  const found = slug && document.getElementById(`term-${slug}`);
  document.querySelectorAll(".aimed").forEach((term) => term.classList.remove("aimed"));
  if (!found) return;
  found.classList.add("aimed");
  found.scrollIntoView({ block: "center" });
  found.focus({ preventScroll: true });
}

export async function mount(page, { route }) {
  const { terms } = await server.glossary();
  const filter = h("input", { type: "search", id: "term-filter", autocomplete: "off", oninput: () => show() });
  const count = h("p", { class: "small muted", role: "status" });
  const entries = terms.map(({ term, slug, html, see }) => ({
    word: term.toLowerCase(),
    root: h("div", {}, h("dt", { id: `term-${slug}`, tabindex: "-1" }, term), h("dd", {}, h("div", { html }), seeLinks(see))) }));
  const show = () => {
    const wanted = filter.value.trim().toLowerCase();
    let shown = 0;
    entries.forEach(({ word, root }) => {
      root.hidden = !word.includes(wanted);
      shown += root.hidden ? 0 : 1;
    });
    count.textContent = wanted ? `${shown} of ${terms.length} terms` : "";
  };
  page.classList.add("reading");
  page.append(h("h1", { tabindex: "-1" }, "Glossary"),
    h("div", { class: "field" }, h("label", { for: "term-filter" }, "Find a term"), filter), count,
    h("dl", { class: "terms" }, entries.map((entry) => entry.root)));
  requestAnimationFrame(() => aim(route.rest[0]));
  return { update: ({ rest }) => { aim(rest[0]); return true; } };
}
