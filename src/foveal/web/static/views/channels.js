// The channels lab: one kernel a channel, one map a channel, and their sum plus a bias.

import { convolve, gridFor } from "../math/convolution.js";
import { greyLevel, signedLevel } from "../math/display.js";
import { factor, plain, short, signed } from "../math/format.js";
import { windowCells } from "../math/grid.js";
import { HIGH, random } from "../math/patterns.js";
import { number } from "../math/visualizer_state.js";
import { Choices } from "../widgets/choices.js";
import { h, setText, unique } from "../widgets/dom.js";
import { CellField, NumberGrid } from "../widgets/number_grid.js";
import { NumberField } from "../widgets/number_field.js";
import { Stepper } from "../widgets/stepper.js";

const SIDE = 6;
const NAMES = ["Red", "Green", "Blue"];
const COLOURS = ["red", "green", "blue"];
const plane = (cell) => Array.from({ length: SIDE }, (_, r) => Array.from({ length: SIDE }, (_u, c) => cell(r, c)));
const inside = (r, c) => r > 1 && r < 5 && c > 1 && c < 5;

const SCENES = {
  ball: ["Red square on green", () => [plane((r, c) => (inside(r, c) ? HIGH : 1)), plane((r, c) => (inside(r, c) ? 1 : 7)), plane(() => 2)]],
  grey: ["The same edge in grey", () => NAMES.map(() => plane((r, c) => (c > 2 ? HIGH : 0)))],
  sky: ["Blue above, yellow below", () => [plane((r) => (r > 2 ? 9 : 1)), plane((r) => (r > 2 ? 9 : 3)), plane((r) => (r > 2 ? 0 : HIGH))]],
  noise: ["Noise", () => { const next = random(7); return NAMES.map(() => plane(() => Math.floor(next() * 11))); }],
};
const ZERO = [[0, 0, 0], [0, 0, 0], [0, 0, 0]];
const ONE = [[0, 0, 0], [0, 1, 0], [0, 0, 0]];
const LESS = [[0, 0, 0], [0, -1, 0], [0, 0, 0]];
const EDGE = [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]];
const FILTERS = {
  redness: ["More red than green", [ONE, LESS, ZERO]],
  edges: ["Vertical edges in every channel", [EDGE, EDGE, EDGE]],
  red_edge: ["Edges of red alone", [EDGE, ZERO, ZERO]],
  opposed: ["Red edges against green ones", [EDGE, EDGE.map((row) => row.map((w) => (w ? -w : 0))), ZERO]],
};

class ChannelsLab {
  constructor(page) {
    this.planes = SCENES.ball[1]();
    this.kernels = FILTERS.opposed[1];
    [this.scene, this.filter, this.bias, this.cell] = ["ball", "opposed", 0, [0, 0]];
    this.build(page);
    this.render();
  }

  build(page) {
    this.status = h("p", { role: "status", class: "visually-hidden" });
    this.total = h("p", { class: "total-line" });
    this.count = h("p", { class: "muted" });
    const [choices, stepper, biasBox] = [h("div", { class: "stack" }), h("div"), h("div")];
    this.sceneChoice = new Choices(choices, { legend: "Picture", options: Object.entries(SCENES).map(([value, [title]]) => ({ value, title })),
      change: (name) => { this.scene = name; this.planes = SCENES[name][1](); this.render(); } });
    this.filterChoice = new Choices(choices, { legend: "One filter, three kernels", options: Object.entries(FILTERS).map(([value, [title]]) => ({ value, title })),
      change: (name) => { this.filter = name; this.kernels = FILTERS[name][1]; this.render(); } });
    this.rows = NAMES.map((name, i) => this.channelRow(name, i));
    const sumBox = h("div");
    this.sum = new NumberGrid(sumBox, { label: "Output", id: unique("sum"), on: {
      focus: (at) => this.step(at), press: (at) => this.step(at), hover: (at) => this.link(at), leave: () => this.link(null) } });
    page.append(
      h("div", { class: "title-row" }, h("div", {}, h("h1", { tabindex: "-1" }, "Channels"),
        h("p", { class: "lead" }, "A colour picture has three planes of numbers. One filter has a kernel for each; the three maps are added up, with a bias, to a single one."))),
      choices,
      h("section", { class: "card small-grids", "aria-label": "Workbench" },
        h("div", { class: "channel-rows" }, this.rows.map((row) => row.root),
          h("div", { class: "channel-row" }, h("div", { class: "part", role: "group", "aria-label": "Output" },
            h("h2", {}, "Red + green + blue + bias = output"), sumBox, this.total), h("div", { class: "part" }, biasBox))),
        stepper), this.status,
      h("section", { class: "card stack tight" }, h("h2", {}, "How many numbers a filter has"), this.count));
    this.biasField = new NumberField(biasBox, { label: "Bias", name: "bias", limits: [-99, 99],
      change: (bias) => { this.bias = bias; this.render(); } });
    this.stepper = new Stepper(stepper, { speed: 2, limits: [0.5, 10], on: {
      go: (index) => this.step(this.at(index)), play: () => setText(this.status, ""),
      tick: (index) => { this.cell = this.at(index); this.renderCell(); },
      pause: (index, tell) => tell && setText(this.status, `Paused at step ${index + 1} of ${this.stepper.count}: ${this.total.textContent}`) } });
  }

  channelRow(name, i) {
    const [inBox, kernelBox, mapBox, below] = [h("div"), h("div"), h("div"), h("div", { class: "below" })];
    const row = {};
    row.input = new NumberGrid(inBox, { label: `${name}: input`, id: unique("in") });
    row.kernel = new NumberGrid(kernelBox, { label: `${name}: kernel`, id: unique("kernel"), on: {
      focus: ([r, c]) => row.field.show([r, c], this.kernels[i][r][c], name), edit: (at, key) => row.field.edit(key) } });
    row.map = new NumberGrid(mapBox, { label: `${name}: map`, id: unique("map"), on: {
      hover: (at) => this.link(at), leave: () => this.link(null), press: (at) => this.step(at) } });
    row.field = new CellField(below, { name: `weight-${COLOURS[i]}`, limits: [-99, 99],
      read: (text) => number(text, [-99, 99], { whole: true }),
      change: ([r, c], value) => {
        this.kernels = this.kernels.map((kernel, k) => (k === i
          ? kernel.map((line, y) => line.map((w, x) => (y === r && x === c ? value : w))) : kernel));
        this.filter = null;
        this.render();
      } });
    const title = (text) => h("h2", { class: "part-title" }, h("i", { class: COLOURS[i], "aria-hidden": "true" }), text);
    const sign = (text) => h("span", { class: "operator", "aria-hidden": "true" }, text);
    row.root = h("div", { class: "channel-row" },
      h("div", { class: "part", role: "group", "aria-label": `${name} plane` }, title(name), inBox), sign("∗"),
      h("div", { class: "part", role: "group", "aria-label": `${name} kernel` }, title(`${name} kernel`), kernelBox, below), sign("="),
      h("div", { class: "part", role: "group", "aria-label": `${name} map` }, title(`${name} map`), mapBox));
    return row;
  }

  at(index) { return [Math.floor(index / this.grid.output[1]), index % this.grid.output[1]]; }

  step(at) {
    this.stepper.stop(false);
    this.cell = at;
    this.renderCell();
    setText(this.status, `Row ${at[0] + 1}, column ${at[1] + 1}: ${this.total.textContent}`);
  }

  render() {
    this.grid = gridFor(this.planes[0], this.kernels[0]);
    this.maps = this.planes.map((values, i) => convolve(values, this.kernels[i]));
    this.output = this.maps[0].map((line, r) => line.map((_, c) =>
      this.maps.reduce((sum, map) => sum + map[r][c], this.bias)));
    const strongest = (all) => Math.max(...all.flat(3).map(Math.abs));
    const [weights, sums] = [strongest(this.kernels), strongest([this.maps, [this.output]])];
    this.rows.forEach((row, i) => {
      row.input.update({ values: this.planes[i], text: plain, level: (v) => greyLevel(v, 0, HIGH) });
      row.kernel.update({ values: this.kernels[i], text: plain, level: (v) => signedLevel(v, weights) });
      row.map.update({ values: this.maps[i], text: (v) => signed(v), level: (v) => signedLevel(v, sums) });
      const [r, c] = row.kernel.at;
      row.field.show([r, c], this.kernels[i][r][c], NAMES[i]);
    });
    this.sum.update({ values: this.output, text: (v) => signed(v), level: (v) => signedLevel(v, sums) });
    this.sceneChoice.update(this.scene);
    this.filterChoice.update(this.filter);
    this.biasField.update(this.bias);
    setText(this.count, `3 · 3 weights for each of 3 channels and one bias: 3·3·3 + 1 = 28. A layer of 64 such filters has 64 · 28 = ${(64 * 28).toLocaleString("en-US")} parameters and gives 64 maps, whatever the size of the picture.`);
    this.renderCell();
  }

  renderCell() {
    const [rows, columns] = this.grid.output;
    this.sum.setCurrent(this.cell);
    this.stepper.update({ count: rows * columns, index: this.cell[0] * columns + this.cell[1] });
    this.link(null);
  }

  link(hovered) {
    const [r, c] = hovered ?? this.cell;
    const window = windowCells(this.grid, r, c).flat();
    this.rows.forEach((row) => {
      row.input.mark({ linked: window });
      row.map.mark({ active: [[r, c]] });
    });
    this.sum.mark({ active: [[r, c]] });
    const terms = this.maps.map((map) => factor(map[r][c]));
    setText(this.total, `${terms.join(" + ")} + ${factor(this.bias)} = ${short(this.output[r][c])}`);
  }

  unmount() { this.stepper.stop(false); }
}

export function mount(page) {
  const lab = new ChannelsLab(page);
  return { unmount: () => lab.unmount() };
}
