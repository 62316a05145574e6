// The pooling lab: what a maximum or an average keeps, and where every maximum came from.

import { greyLevel } from "../math/display.js";
import { factor, plain, short } from "../math/format.js";
import { GeometryError } from "../math/grid.js";
import { pattern } from "../math/patterns.js";
import { pool } from "../math/pooling.js";
import { LIMITS, number, readCells, writeCells } from "../math/visualizer_state.js";
import { createStore } from "../store.js";
import { Choices } from "../widgets/choices.js";
import { h, setText, unique } from "../widgets/dom.js";
import { CellField, NumberGrid } from "../widgets/number_grid.js";
import { NumberField } from "../widgets/number_field.js";
import { Overlay } from "../widgets/overlay.js";
import { copyLink } from "../widgets/share.js";
import { Stepper } from "../widgets/stepper.js";

const EXAMPLE = [[1, 3, 2, 4], [5, 6, 1, 2], [3, 2, 8, 1], [4, 7, 3, 9]];
const INPUTS = {
  example: ["Worked example", () => EXAMPLE], edge: ["Vertical edge", () => pattern("vertical_edge")],
  circle: ["Circle", () => pattern("circle")], noise: ["Noise", () => pattern("noise", 8, 4)],
};
const DEFAULTS = { op: "max", size: 2, stride: 2, cells: EXAMPLE, cell: [0, 0], speed: 2 };
const SIDES = [1, 5];

function decode(params) {
  const state = { ...DEFAULTS };
  if (params.get("v") && params.get("v") !== "1") return state;
  if (["max", "average"].includes(params.get("op"))) state.op = params.get("op");
  for (const key of ["size", "stride"]) {
    state[key] = number(params.get(key) ?? "", SIDES, { whole: true }) ?? state[key];
  }
  const cells = params.has("x") ? readCells(params.get("x"), LIMITS.cell, { whole: true }) : null;
  if (cells && cells.length <= 12 && cells[0].length <= 12) state.cells = cells;
  return state;
}

function encode(state) {
  const parts = ["v=1"];
  for (const key of ["op", "size", "stride"]) {
    if (state[key] !== DEFAULTS[key]) parts.push(`${key}=${state[key]}`);
  }
  if (state.cells !== EXAMPLE) parts.push(`x=${writeCells(state.cells)}`);
  return parts.length > 1 ? parts.join("&") : "";
}

/** The same rows moved one cell to the right: what was at the left edge is repeated. */
const shifted = (rows) => rows.map((row) => [row[0], ...row.slice(0, -1)]);

class PoolingLab {
  constructor(page, query) {
    this.store = createStore({ path: "pooling", decode, encode }, query);
    this.build(page);
    this.store.subscribe(() => this.render());
    this.render();
  }

  build(page) {
    const set = (patch) => this.store.set(patch, { push: true });
    this.status = h("p", { role: "status", class: "visually-hidden" });
    this.problem = h("p", { class: "problem", role: "alert" });
    this.equation = h("p", { class: "total-line" });
    this.about = h("p", { class: "muted" });
    this.shift = h("p", { class: "muted" });
    const [choices, fields, stepper] = [h("div", { class: "stack" }), h("div", { class: "row end" }), h("div")];
    this.op = new Choices(choices, { legend: "Keep", change: (op) => set({ op }),
      options: [{ value: "max", title: "The largest (max pooling)" }, { value: "average", title: "The average" }] });
    this.inputs = new Choices(choices, { legend: "Input", change: (name) => set({ cells: INPUTS[name][1](), cell: [0, 0] }),
      options: Object.entries(INPUTS).map(([value, [title]]) => ({ value, title })) });
    this.size = new NumberField(fields, { label: "Window", name: "size", limits: SIDES, change: (size) => set({ size, cell: [0, 0] }) });
    this.stride = new NumberField(fields, { label: "Stride", name: "stride", limits: SIDES, change: (stride) => set({ stride, cell: [0, 0] }) });
    const parts = ["Input", "Output"].map((name) => {
      const scroll = h("div", { class: "scroll" });
      const below = h("div", { class: "below" });
      return { scroll, below, root: h("div", { class: "part", role: "group", "aria-label": name }, h("h2", {}, name), scroll, below) };
    });
    const stage = h("div", { class: "stage" }, h("div", { class: "stage-grids" }, parts[0].root,
      h("span", { class: "operator", "aria-hidden": "true" }, "→"), parts[1].root));
    page.append(
      h("div", { class: "title-row" }, h("div", {}, h("h1", { tabindex: "-1" }, "Pooling"),
        h("p", { class: "lead" }, "Pooling looks at a small window and keeps one number of it. The map gets smaller; what was found stays, roughly where it was.")),
      h("button", { class: "small", onclick: () => copyLink(this.store) }, "Copy link")),
      choices, h("section", { class: "card", "aria-label": "Workbench" }, fields, this.problem, stage, this.equation, stepper),
      this.status,
      h("div", { class: "columns" }, h("section", { class: "card stack tight" }, h("h2", {}, "What is kept"), this.about),
        h("section", { class: "card stack tight" }, h("h2", {}, "Move the input by one cell"), this.shift)));
    this.input = new NumberGrid(parts[0].scroll, { label: "Input", id: unique("pool-in"), on: {
      focus: (at) => this.field.show(at, this.store.state.cells[at[0]][at[1]], "Input"),
      edit: (at, key) => this.field.edit(key) } });
    this.output = new NumberGrid(parts[1].scroll, { label: "Output", id: unique("pool-out"), on: {
      focus: (at) => this.step(at), press: (at) => this.step(at), hover: (at) => this.link(at), leave: () => this.link(null) } });
    this.field = new CellField(parts[0].below, { name: "pool-cell", limits: LIMITS.cell,
      read: (text) => number(text, LIMITS.cell, { whole: true }),
      change: ([r, c], value) => set({ cells: this.store.state.cells.map((row, y) =>
        row.map((old, x) => (y === r && x === c ? value : old))) }) });
    this.overlay = new Overlay(stage);
    this.resized = new ResizeObserver(() => {
      this.places = null;
      stage.classList.toggle("stacked", stage.clientWidth < 480);
      this.link(null);
    });
    this.resized.observe(stage);
    this.stepper = new Stepper(stepper, { speed: 2, limits: LIMITS.speed, on: {
      go: (index) => this.step(this.at(index)), play: () => setText(this.status, ""),
      tick: (index) => { this.store.set({ cell: this.at(index) }, { quiet: true }); },
      pause: (index, tell) => tell && setText(this.status, `Paused at step ${index + 1} of ${this.stepper.count}: ${this.equation.textContent}`) } });
  }

  at(index) { return [Math.floor(index / this.grid.output[1]), index % this.grid.output[1]]; }

  step(at) {
    this.stepper.stop(false);
    if (!this.grid) return;
    this.store.set({ cell: at }, { quiet: true });
    setText(this.status, `Row ${at[0] + 1}, column ${at[1] + 1}: ${this.equation.textContent}`);
  }

  render() {
    const { state } = this.store;
    const { cells, op } = state;
    this.op.update(op);
    this.inputs.update(Object.keys(INPUTS).find((name) => String(INPUTS[name][1]()) === String(cells)));
    this.size.update(state.size);
    this.stride.update(state.stride);
    const range = [Math.min(0, ...cells.flat()), Math.max(10, ...cells.flat())];
    const shade = { text: (value) => short(value), level: (value) => greyLevel(value, ...range) };
    const [r, c] = this.input.at;
    let pooled = null;
    try {
      pooled = pool(cells, state);
      setText(this.problem, "");
    } catch (error) {
      if (!(error instanceof GeometryError)) throw error;
      setText(this.problem, error.message);
    }
    this.grid = pooled?.grid ?? null;
    this.rows = pooled?.rows;
    this.input.update({ values: cells, ...shade, unused: this.grid?.unused, label: `Input, ${cells.length} rows and ${cells[0].length} columns` });
    this.field.show([Math.min(r, cells.length - 1), Math.min(c, cells[0].length - 1)], cells[Math.min(r, cells.length - 1)][Math.min(c, cells[0].length - 1)], "Input");
    this.output.table.hidden = !pooled;
    this.stepper.enable(Boolean(pooled));
    if (!pooled) return this.overlay.hide();
    this.places = null;
    const values = pooled.rows.map((row) => row.map((one) => one.value));
    this.output.update({ values, ...shade, label: `Output, ${values.length} rows and ${values[0].length} columns` });
    const [rows, columns] = this.grid.output;
    const cell = [Math.min(state.cell[0], rows - 1), Math.min(state.cell[1], columns - 1)];
    this.cell = cell;
    this.output.setCurrent(cell);
    this.stepper.update({ count: rows * columns, index: cell[0] * columns + cell[1] });
    const before = cells.length * cells[0].length;
    setText(this.about, `${before} numbers become ${rows * columns}: ${this.grid.formulas[0]} a side. Pooling has no weights: nothing is learned here.${op === "max" ? " A dot marks the cells that a maximum came from; training sends its gradient to these alone." : " Every cell of a window counts the same, and training sends each an equal share of the gradient."}`);
    const moved = pool(shifted(cells), state).rows.flat();
    const same = moved.filter((one, i) => one.value === pooled.rows.flat()[i].value).length;
    setText(this.shift, `Shift everything one cell to the right: ${same} of ${moved.length} outputs stay exactly the same. Pooling makes small moves matter less; it does not make them vanish.`);
    return this.link(null);
  }

  link(hovered) {
    if (!this.grid) return;
    const at = hovered ?? this.cell;
    const one = this.rows[at[0]]?.[at[1]];
    if (!one) return;
    const { op } = this.store.state;
    const won = op === "max" ? this.rows.flat().map((each) => each.at) : [];
    this.input.mark({ linked: one.cells, won, active: op === "max" ? [one.at] : [] });
    this.output.mark({ active: [at] });
    this.places ??= [this.input, this.output].map((grid) => this.overlay.measure(grid.tds));
    this.overlay.draw(this.places[0], one.cells[0], one.cells.at(-1), this.places[1], at);
    setText(this.equation, op === "max"
      ? `max(${one.values.map(plain).join(", ")}) = ${plain(one.value)}`
      : `(${one.values.map(factor).join(" + ")}) / ${one.values.length} = ${short(one.value, 4)}`);
  }

  unmount() {
    this.stepper.stop(false);
    this.resized.disconnect();
    this.store.close();
  }
}

export function mount(page, { route }) {
  const lab = new PoolingLab(page, route.query);
  return { update: ({ query }) => { lab.store.load(query); return true; }, unmount: () => lab.unmount() };
}
