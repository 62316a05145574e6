// Painting cells: a switch and the value to paint with.

import { h } from "./dom.js";

export class Brush {
  constructor(container) {
    this.button = h("button", {
      class: "small", "aria-pressed": "false",
      onclick: () => this.button.setAttribute("aria-pressed", String(this.value === null)) }, "Paint");
    this.select = h("select", { "aria-label": "Value to paint", class: "small" },
      [0, 2, 5, 8, 10].map((value) => h("option", { value, selected: value === 10 }, `with ${value}`)));
    container.append(h("div", { class: "row paint" }, this.button, this.select));
  }

  /** What to paint with; null while the switch is off. */
  get value() {
    const on = this.button.getAttribute("aria-pressed") === "true" && !this.button.disabled;
    return on ? Number(this.select.value) : null;
  }

  set disabled(disabled) { this.button.disabled = disabled; }
}
