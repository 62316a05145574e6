// A field for a number with an inline message when it cannot be used; the state keeps its value.

import { number } from "../math/visualizer_state.js";
import { h, setText, unique } from "./dom.js";

export class NumberField {
  /** limits: [least, most]; change(value) is only called with numbers that do. */
  constructor(container, { label, name, limits, whole = true, change }) {
    const id = unique(name);
    Object.assign(this, { limits, whole, change, label });
    this.problem = h("span", { class: "problem small", id: `${id}-problem`, role: "alert" });
    this.input = h("input", {
      type: "text", inputmode: whole ? "numeric" : "decimal", id, size: "5", autocomplete: "off",
      "aria-describedby": `${id}-problem`, "aria-invalid": "false", data: { field: name },
      onchange: () => this.commit(), onkeydown: (event) => this.key(event) });
    this.root = h("div", { class: "field" }, h("label", { for: id }, label), this.input, this.problem);
    container.append(this.root);
  }

  update(value) {
    this.value = value;
    if (document.activeElement !== this.input || this.input.getAttribute("aria-invalid") !== "true") {
      if (this.input.value !== String(value)) this.input.value = value;
      this.complain("");
    }
  }

  key(event) {
    const by = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (event.key === "Enter") this.commit();
    if (!by) return;
    event.preventDefault();
    const next = Math.min(Math.max(Number(this.value) + by, this.limits[0]), this.limits[1]);
    this.input.value = next;
    this.commit();
  }

  commit() {
    const value = number(this.input.value, this.limits, { whole: this.whole });
    if (value === null) {
      const kind = this.whole ? "A whole number" : "A number";
      this.complain(`${kind} from ${this.limits[0]} to ${this.limits[1]}, please; got `
        + `“${this.input.value}”.`);
      return;
    }
    this.complain("");
    if (value !== this.value) this.change(value);
  }

  complain(text) {
    setText(this.problem, text);
    this.input.setAttribute("aria-invalid", text ? "true" : "false");
  }
}
