// <foveal-tabs>: panels one after another without this; a list of tabs with it.

import { recall, remember } from "../local.js";
import { h, unique } from "./dom.js";

export class FovealTabs extends HTMLElement {
  connectedCallback() {
    if (this.buttons) return;
    this.panels = [...this.querySelectorAll(":scope > section")].map((section) => {
      const panel = h("div", { data: { label: section.dataset.label } }, [...section.childNodes]);
      section.replaceWith(panel);
      return panel;
    });
    this.buttons = this.panels.map((panel, i) => {
      panel.id = unique("panel");
      const button = h("button", {
        role: "tab", id: unique("tab"), "aria-controls": panel.id, type: "button",
        onclick: () => this.choose(i, true), onkeydown: (event) => this.key(event, i),
      }, panel.dataset.label);
      panel.setAttribute("role", "tabpanel");
      panel.setAttribute("aria-labelledby", button.id);
      return button;
    });
    this.prepend(h("div", { class: "tabs", role: "tablist", "aria-label": "Library" }, this.buttons));
    this.listen = () => this.follow();
    addEventListener("foveal-tab", this.listen);
    this.follow();
  }

  disconnectedCallback() { removeEventListener("foveal-tab", this.listen); }

  follow() {
    const wanted = recall("tab", null);
    const found = this.panels.findIndex((panel) => panel.dataset.label === wanted);
    this.choose(Math.max(0, found), false);
  }

  choose(chosen, tell) {
    this.panels.forEach((panel, i) => {
      panel.hidden = i !== chosen;
      this.buttons[i].setAttribute("aria-selected", String(i === chosen));
      this.buttons[i].tabIndex = i === chosen ? 0 : -1;
    });
    if (!tell) return;
    remember("tab", this.panels[chosen].dataset.label);
    dispatchEvent(new Event("foveal-tab"));
  }

  key(event, i) {
    const last = this.panels.length - 1;
    const next = { ArrowRight: i === last ? 0 : i + 1, ArrowLeft: i ? i - 1 : last, Home: 0, End: last }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    this.choose(next, true);
    this.buttons[next].focus();
  }
}
