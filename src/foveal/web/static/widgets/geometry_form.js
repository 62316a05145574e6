// Padding, stride, dilation and size, with the live formula of the output's size.

import { LIMITS } from "../math/visualizer_state.js";
import { h, setText } from "./dom.js";
import { NumberField } from "./number_field.js";

const MODES = { zero: "Zeros", reflect: "Mirrored image", replicate: "Border repeated" };

export class GeometryForm {
  constructor(container, { store }) {
    const set = (patch) => store.set(patch, { push: true });
    this.valid = h("button", { class: "small", onclick: () => set({ pad: "valid" }) }, "Valid (none)");
    this.same = h("button", { class: "small", onclick: () => set({ pad: "same" }) }, "Same (⌈n/s⌉)");
    const fields = h("div", { class: "row end" });
    this.fields = [
      ["pad", "Padding", LIMITS.pad], ["stride", "Stride", LIMITS.stride],
      ["dil", "Dilation", LIMITS.dil], ["n", "Input side", LIMITS.n],
    ].map(([key, label, limits]) => [key, new NumberField(fields, {
      label, name: key, limits, change: (value) => set({ [key]: value }) })]);
    this.mode = h("select", {
      data: { field: "mode" }, onchange: () => set({ mode: this.mode.value }) },
    Object.entries(MODES).map(([value, title]) => h("option", { value }, title)));
    this.formula = h("p", { class: "number size-formula" });
    this.note = h("p", { class: "small muted" });
    container.append(
      h("div", { class: "row", role: "group", "aria-label": "Padding presets" }, this.valid, this.same),
      fields,
      h("label", { class: "field" }, h("span", {}, "Padding holds"), this.mode),
      h("div", { class: "stack tight" },
        h("p", { class: "muted small" }, "Output side = ⌊(n + 2p − d(k − 1) − 1) / s⌋ + 1"),
        this.formula, this.note));
  }

  /** grid: the geometry, or null where it is impossible. photo: whether n comes from a photo. */
  update(state, grid, photo) {
    for (const [key, field] of this.fields) {
      if (key === "n") field.root.hidden = photo;
      field.update(key === "pad" && typeof state.pad === "string"
        ? (grid ? grid.padding[0][0] : 0) : state[key]);
    }
    this.valid.setAttribute("aria-pressed", String(state.pad === "valid"));
    this.same.setAttribute("aria-pressed", String(state.pad === "same"));
    this.mode.value = state.mode;
    if (!grid) {
      setText(this.formula, "The window does not fit: there is no output.");
      setText(this.note, "");
      return;
    }
    const [rows, columns] = grid.formulas;
    setText(this.formula, rows === columns ? rows : `rows ${rows}; columns ${columns}`);
    const [down, right] = grid.unused;
    setText(this.note, down || right
      ? `${down} ${down === 1 ? "row" : "rows"} and ${right} ${right === 1 ? "column" : "columns"} `
        + "at the end are never used (striped)." : "");
  }
}
