// Live figures made of number grids: a convolution, a pooling, a receptive field.

import { explain } from "../math/convolution.js";
import { greyLevel } from "../math/display.js";
import { plain, short } from "../math/format.js";
import { derive, stepOf } from "../math/model.js";
import { pool } from "../math/pooling.js";
import { decode, encode, LIMITS } from "../math/visualizer_state.js";
import * as server from "../server.js";
import { h, s, setText, unique } from "./dom.js";
import { NumberGrid } from "./number_grid.js";
import { Stage } from "./stage.js";
import { Stepper } from "./stepper.js";

const KEYS = { pattern: "pattern", kernel: "kernel", stride: "stride", padding: "pad", dilation: "dil", bias: "bias", relu: "relu" };

async function convolution(box, data) {
  const { kernels } = await server.kernels();
  const query = new URLSearchParams(Object.entries(KEYS).filter(([name]) => data[name]).map(([name, key]) => [key, data[name]]));
  const state = decode(query, kernels.map((kernel) => kernel.name));
  const model = derive(state, kernels);
  if (model.error) throw new Error(model.error);
  const equation = h("p", { class: "total-line" });
  const status = h("p", { class: "visually-hidden", role: "status" });
  const [rows, columns] = model.grid.output;
  let cell = [Math.min(state.cell[0], rows - 1), Math.min(state.cell[1], columns - 1)];
  const show = (at, pending) => {
    cell = at;
    stage.show(at, pending);
    stepper.update({ count: rows * columns, index: at[0] * columns + at[1] });
    setText(equation, explain(stepOf(model, at)));
  };
  const go = (at) => {
    stepper.stop(false);
    show(at, false);
    setText(status, `Row ${at[0] + 1}, column ${at[1] + 1}: ${equation.textContent}`);
  };
  const at = (index) => [Math.floor(index / columns), index % columns];
  const stage = new Stage(box, { on: {
    step: go, look: (seen) => setText(equation, explain(stepOf(model, seen ?? cell))) } });
  box.append(equation);
  const stepper = new Stepper(box, { speed: 2, limits: LIMITS.speed, on: {
    go: (index) => go(at(index)), tick: (index) => show(at(index), true), play: () => setText(status, ""),
    pause: (index) => show(at(index), index + 1 < rows * columns) } });
  box.append(status, h("p", {}, h("a", { class: "see-it", href: `#/visualizer?${encode(state)}` }, "Open in the visualizer")));
  stage.update(model, state);
  show(cell, false);
  return () => {
    stepper.stop(false);
    stage.unmount();
  };
}

async function pooling(box, data) {
  const image = JSON.parse(data.input);
  const op = data.op ?? "max";
  const { rows } = pool(image, { op, size: Number(data.size ?? 2), stride: Number(data.stride ?? 2) });
  const equation = h("p", { class: "total-line" });
  const [left, right] = [h("div", { class: "part" }), h("div", { class: "part" })];
  const top = Math.max(...image.flat());
  const shade = { text: (value) => short(value), level: (value) => greyLevel(value, 0, top) };
  const link = ([r, c]) => {
    const one = rows[r][c];
    input.mark({ linked: one.cells, active: op === "max" ? [one.at] : [] });
    output.mark({ active: [[r, c]] });
    setText(equation, op === "max" ? `max(${one.values.map(plain).join(", ")}) = ${plain(one.value)}`
      : `(${one.values.map(plain).join(" + ")}) / ${one.values.length} = ${short(one.value, 4)}`);
  };
  const input = new NumberGrid(left, { label: "Input", id: unique("figure-in") });
  const output = new NumberGrid(right, { label: "Output", id: unique("figure-out"), on: { hover: link, focus: link, press: link } });
  box.append(h("div", { class: "channel-row" }, left, h("span", { class: "operator", "aria-hidden": "true" }, "→"), right), equation);
  input.update({ values: image, ...shade });
  output.update({ values: rows.map((row) => row.map((one) => one.value)), ...shade });
  link([0, 0]);
  return null;
}

/** Which cells of every layer one cell at the end can see, from the last layer back. */
async function receptiveField(box, data) {
  const layers = data.layers.split(",").map((text) => {
    const [kernel, stride = 1] = text.split("/").map(Number);
    return { kernel, stride };
  });
  const spans = [1];
  [...layers].reverse().forEach(({ kernel, stride }) => spans.unshift((spans[0] - 1) * stride + kernel));
  const [widest, row, gap] = [spans[0], 26, 34];
  const width = Math.max(widest + 2, 9) * row;
  const height = spans.length * (row + gap) - gap + 8;
  const y = (level) => height - row - 4 - level * (row + gap);
  const x = (span, i) => width / 2 + (i - span / 2) * row;
  const cells = spans.flatMap((span, level) => Array.from({ length: span }, (_, i) => s("rect", {
    x: x(span, i) + 1.5, y: y(level), width: row - 3, height: row - 3, rx: 5,
    fill: level === spans.length - 1 ? "var(--warm)" : "var(--accent)", "fill-opacity": level ? 0.75 : 0.45 })));
  const lines = spans.slice(1).flatMap((span, level) => [0, 1].map((side) => s("path", {
    d: `M${x(span, 0) + side * span * row} ${y(level + 1) + row}L${x(spans[level], 0) + side * spans[level] * row} ${y(level) - 3}`,
    stroke: "var(--edge)", "stroke-dasharray": "4 4", fill: "none" })));
  const text = layers.map(({ kernel, stride }, i) =>
    `layer ${i + 1} (${kernel} wide${stride > 1 ? `, stride ${stride}` : ""}): sees ${spans.length && sight(layers.slice(0, i + 1))} input cells`);
  const title = `One cell after ${layers.length} layers sees ${widest} input cells`;
  box.append(h("p", { class: "total-line" }, title),
    s("svg", { viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": `${title}: ${text.join("; ")}`, class: "field-drawing" }, lines, cells),
    h("ol", { class: "small muted" }, text.map((line) => h("li", {}, line))));
  return null;
}

const sight = (layers) => {
  let [field, jump] = [1, 1];
  for (const { kernel, stride } of layers) {
    field += (kernel - 1) * jump;
    jump *= stride;
  }
  return field;
};

export const figures = { convolution, pooling, "receptive-field": receptiveField };
