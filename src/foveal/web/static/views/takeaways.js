// What to remember, on one page.

import * as server from "../server.js";
import { h } from "../widgets/dom.js";
import { seeLinks } from "../widgets/see_links.js";

export async function mount(page) {
  const { takeaways } = await server.takeaways();
  page.append(h("h1", { tabindex: "-1" }, "Key takeaways"),
    h("p", { class: "lead" }, "What to keep from the lessons. Print it, if you like."),
    h("div", { class: "columns" }, takeaways.map(({ title, points, see }) =>
      h("section", { class: "card prose" }, h("h2", {}, title),
        h("ul", {}, points.map((html) => h("li", { html }))), seeLinks(see)))));
  return {};
}
