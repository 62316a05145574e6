// A file of this project that a lesson refers to.

import * as server from "../server.js";
import { h } from "../widgets/dom.js";
import { finish } from "../widgets/elements.js";

export async function mount(page, { route }) {
  const { path, html } = await server.sourcePage(route.rest[0] ?? "");
  const body = h("div", { class: "source", html });
  page.append(h("h1", { tabindex: "-1" }, path), h("p", { class: "muted" }, "This project’s own code, as it is installed."), body);
  finish(body);
  return {};
}
