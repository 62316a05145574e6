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
    pre.setAttribute("role", "region");
    pre.setAttribute("aria-label", pre.querySelector("samp") ? "Output" : "Code");
    const code = pre.querySelector("code");
    if (!code || pre.parentElement.classList.contains("code-box")) return;
    const box = h("div", { class: "code-box" });
    pre.replaceWith(box);
    box.append(pre, h("button", {
      class: "small", type: "button", onclick: () => copyText(code.textContent, "Code") }, "Copy"));
  });
}
