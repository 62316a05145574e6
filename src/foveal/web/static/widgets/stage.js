// Input, kernel and output side by side, linked three ways: on hover, on focus and when pinned.

import { greyLevel, outputLevel, shown, signedLevel } from "../math/display.js";
import { short, signed } from "../math/format.js";
import { inputsOfWeight, outputsOf, windowCells } from "../math/grid.js";
import { h, setText, unique } from "./dom.js";
import { NumberGrid } from "./number_grid.js";
import { Overlay } from "./overlay.js";

const [BESIDE, LEAST] = [272, 27]; // px: what stands between the grids; a cell and its gap
const same = (a, b) => a && b && a[0] === b[0] && a[1] === b[1];

export class Stage {
  /** on: {step(at), look(at or null), editInput(at, key), editWeight(at, key), paint(at)} */
  constructor(container, { on, names = ["Input", "Filter", "Output"] }) {
    Object.assign(this, { on, cell: [0, 0], pinned: null, hovered: null, pending: false });
    this.parts = names.map((name) => {
      const size = h("small");
      const scroll = h("div", { class: "scroll" });
      const below = h("div", { class: "stack tight below" });
      return {
        name, size, scroll, below,
        root: h("div", { class: "part", role: "group", "aria-label": name }, h("h2", {}, name, " ", size), scroll, below) };
    });
    const [input, kernel, output] = this.parts;
    this.root = h("div", { class: "stage" }, h("div", { class: "stage-grids" },
      input.root, h("span", { class: "operator", "aria-hidden": "true" }, "∗"), kernel.root,
      h("span", { class: "operator", "aria-hidden": "true" }, "="), output.root));
    container.append(this.root);
    this.input = this.makeGrid(input.scroll, "input", on.editInput);
    this.kernel = this.makeGrid(kernel.scroll, "weight", on.editWeight);
    this.output = this.makeGrid(output.scroll, "output");
    this.overlay = new Overlay(this.root);
    this.parts.forEach((part) => part.scroll.addEventListener("scroll", () => this.remeasure()));
    this.resized = new ResizeObserver(() => this.remeasure());
    this.resized.observe(this.root);
  }

  makeGrid(container, kind, edit) {
    const listeners = {
      hover: (at, event) => {
        if (kind === "input" && event.buttons === 1 && this.on.paint?.(at)) return;
        this.hover({ kind, at });
      },
      leave: () => this.hover(null),
      focus: (at) => this.focus({ kind, at }),
      press: (at) => {
        if (kind === "input" && this.on.paint?.(at)) return;
        this.pin({ kind, at });
      },
      escape: () => this.pin(null),
    };
    if (edit) listeners.edit = edit;
    return new NumberGrid(container, { label: kind, id: unique(kind), on: listeners });
  }

  /** What the links are about: what is under the pointer, else pinned, else the step. */
  get link() { return this.hovered ?? this.pinned ?? { kind: "output", at: this.cell }; }

  hover(link) {
    this.hovered = link;
    this.showLinks();
    this.on.look?.(link?.kind === "output" ? link.at : null);
  }

  focus(link) {
    if (link.kind === "output") {
      this.pinned = null;
      if (!same(link.at, this.cell)) this.on.step(link.at);
    } else this.pinned = { ...link, soft: true };
    this.on.focus?.(link);
    this.showLinks();
  }

  pin(link) {
    const again = link && this.pinned && !this.pinned.soft && link.kind === this.pinned.kind
      && same(link.at, this.pinned.at);
    this.pinned = again ? null : link;
    this.hovered = null;
    if (link?.kind === "output") this.on.step(link.at);
    if (link) this.on.focus?.(link);
    this.showLinks();
  }

  /** Show another input, kernel, geometry or display. */
  update(model, state) {
    this.model = model;
    const { image, weights, grid, top } = model;
    const values = model.padded ?? image;
    const offset = grid ? grid.padding.map((side) => side[0]) : [0, 0];
    this.input.update({
      values, offset, inner: [image.length, image[0].length], unused: grid?.unused,
      text: (value) => short(value), level: (value) => greyLevel(value, 0, top),
      label: `${this.parts[0].name}, ${image.length} rows and ${image[0].length} columns` });
    const strongest = Math.max(...weights.flat().map(Math.abs));
    this.kernel.update({
      values: weights, text: (value) => short(value, 3),
      level: (value) => signedLevel(value, strongest),
      label: `${this.parts[1].name}, ${weights.length} rows and ${weights[0].length} columns` });
    const columns = [values, weights, grid ? model.output : values].map((rows) => rows[0].length);
    this.columns = columns.reduce((sum, count) => sum + count, 0);
    this.root.style.setProperty("--columns", this.columns);
    this.root.style.setProperty("--input-columns", columns[0]);
    if (this.width) this.arrange();
    setText(this.parts[0].size, `${image.length} × ${image[0].length}`);
    setText(this.parts[1].size, `${weights.length} × ${weights[0].length}`);
    this.output.table.hidden = !grid;
    if (grid) {
      const { output, range } = model;
      const write = state.show === "raw" ? signed : short;
      this.output.update({
        values: output, text: (value) => write(shown(value, state.show, range)),
        level: (value) => outputLevel(value, state.show, range),
        label: `${this.parts[2].name}, ${output.length} rows and ${output[0].length} columns` });
    }
    setText(this.parts[2].size, grid ? grid.output.join(" × ") : "none");
    this.pinned = this.pinned && this.exists(this.pinned) ? this.pinned : null;
    this.hovered = null;
    this.showLinks();
  }

  exists({ kind, at }) {
    return Boolean({ input: this.input, weight: this.kernel, output: this.output }[kind].cell(at));
  }

  /** Move to an output cell; `pending` leaves the cells after it blank (while playing). */
  show(cell, pending) {
    this.cell = cell;
    this.pending = pending;
    this.output.setCurrent(cell);
    this.showLinks();
  }

  showLinks() {
    if (!this.model?.grid) {
      this.input.mark({});
      this.kernel.mark({});
      this.overlay.hide();
      return;
    }
    const { grid } = this.model;
    const { kind, at } = this.link;
    const marks = { input: {}, weight: {}, output: {} };
    if (kind === "output") {
      marks.output.active = [at];
      marks.input.linked = windowCells(grid, ...at).flat().filter(Boolean);
    } else if (kind === "input") {
      marks.input.active = [at];
      marks.output.linked = outputsOf(grid, ...at);
    } else {
      marks.weight.active = [at];
      marks.input.linked = inputsOfWeight(grid, ...at);
    }
    if (this.pending) marks.output.pending = this.cellsAfter();
    this.input.mark(marks.input);
    this.kernel.mark(marks.weight);
    this.output.mark(marks.output);
    this.drawWindow();
  }

  cellsAfter() {
    const [rows, columns] = this.model.grid.output;
    const cells = [];
    for (let i = this.cell[0] * columns + this.cell[1] + 1; i < rows * columns; i += 1) {
      cells.push([Math.floor(i / columns), i % columns]);
    }
    return cells;
  }

  /** Something moved: the size of the window, a font, a part that was hidden. */
  remeasure() {
    this.width = this.root.clientWidth;
    this.arrange();
    this.drawWindow();
  }

  /** Side by side where cells stay large enough to press, else one below the other. */
  arrange() {
    this.places = null;
    this.root.classList.toggle("stacked", this.width < BESIDE + this.columns * LEAST);
  }

  drawWindow() {
    if (!this.model?.grid || this.link.kind !== "output") return this.overlay.hide();
    const { grid } = this.model;
    const { at } = this.link;
    const shape = `${this.input.shape} ${this.output.shape}`;
    if (!this.places || this.places.shape !== shape) {
      this.places = {
        shape, input: this.overlay.measure(this.input.tds), output: this.overlay.measure(this.output.tds) };
    }
    const first = at.map((place, axis) => place * grid.stride[axis]);
    const last = first.map((place, axis) => place + (grid.kernel[axis] - 1) * grid.dilation[axis]);
    return this.overlay.draw(this.places.input, first, last, this.places.output, at);
  }

  unmount() { this.resized.disconnect(); }
}
