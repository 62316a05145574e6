// Registers the elements that lessons are written with.

import { copyText, h } from "./dom.js";
import { FovealFigure } from "./figure.js";
import { FovealPractice } from "./practice.js";
import { FovealTabs } from "./tabs.js";

for (const [name, element] of [["foveal-tabs", FovealTabs], ["foveal-practice", FovealPractice],
  ["foveal-figure", FovealFigure]]) {
  if (!customElements.get(name)) customElements.define(name, element);
}

/** Give every piece of code a copy button, and every box that scrolls a place in the tab order. */
export function finish(root) {
  root.querySelectorAll("pre").forEach((pre) => {
    pre.tabIndex = 0;
    pre.setAttribute("role", "group");
    pre.setAttribute("aria-label", pre.querySelector("samp") ? "Output" : "Code");
    const code = pre.querySelector("code");
    if (!code || pre.parentElement.classList.contains("code-box")) return;
    const box = h("div", { class: "code-box" });
    pre.replaceWith(box);
    box.append(pre, h("button", {
      class: "small", type: "button", onclick: () => copyText(code.textContent, "Code") }, "Copy"));
  });
  root.querySelectorAll("th:empty").forEach((heading) => heading.replaceWith(h("td")));
  root.querySelectorAll("table").forEach(alignColumns);
}

/** A column of numbers is aligned as one, its heading too; a mixed column is text. */
function alignColumns(table) {
  const head = table.tHead?.rows[0];
  if (!head || table.classList.contains("pixels")) return;
  const rows = [...table.tBodies].flatMap((body) => [...body.rows]);
  [...head.cells].forEach((heading, column) => {
    const cells = rows.map((row) => row.cells[column]).filter(Boolean);
    const all = cells.length > 0 && cells.every((cell) => cell.classList.contains("number"));
    [heading, ...cells].forEach((cell) => cell.classList.toggle("number", all));
  });
}
