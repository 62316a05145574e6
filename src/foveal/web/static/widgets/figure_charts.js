// Live figures that are charts or scales: a chart, a network's blocks, normalisation.

import { compact, short, times } from "../math/format.js";
import * as server from "../server.js";
import { Chart } from "./chart.js";
import { h, setText, unique } from "./dom.js";

async function chart(box, data) {
  const { type, title, x, y, series } = JSON.parse(data.chart);
  new Chart(box, { type, title, x: x.label, y: y.label }).update(x.values, series);
  return null;
}

async function architecture(box, data) {
  const summary = await server.model(data.model);
  box.append(
    h("p", { class: "total-line" }, `${summary.name}: ${compact(summary.parameters)} parameters, ${compact(summary.macs)} multiplications`),
    h("div", { class: "table-wrap", tabindex: "0", role: "region", "aria-label": `Blocks of ${summary.name}` },
      h("table", {}, h("thead", {}, h("tr", {}, ["Block", "Output", "Parameters", "Sees"].map((name, i) =>
        h("th", { scope: "col", class: i ? "number" : "" }, name)))),
      h("tbody", {}, summary.blocks.map((block) => h("tr", {}, h("th", { scope: "row" }, block.name),
        h("td", { class: "number" }, times(block.output_shape)),
        h("td", { class: "number" }, compact(block.trainable + block.frozen)),
        h("td", { class: "number" }, times(block.receptive_field))))))),
    h("p", {}, h("a", { class: "see-it", href: `#/explorer?model=${data.model}` }, "Open in the explorer")));
  return null;
}

const SCALES = [
  ["0 … 1", (v) => v / 255, "v / 255"],
  ["−1 … 1", (v) => v / 127.5 - 1, "v / 127.5 − 1"],
  ["ImageNet, red", (v) => (v / 255 - 0.485) / 0.229, "(v / 255 − 0.485) / 0.229"],
  ["ImageNet, green", (v) => (v / 255 - 0.456) / 0.224, "(v / 255 − 0.456) / 0.224"],
  ["ImageNet, blue", (v) => (v / 255 - 0.406) / 0.225, "(v / 255 − 0.406) / 0.225"],
  ["EfficientNet-Lite", (v) => (v - 127) / 128, "(v − 127) / 128"],
];

async function normalisation(box) {
  const id = unique("value");
  const slider = h("input", { type: "range", min: "0", max: "255", value: "200", id });
  const given = h("output", { for: id, class: "number" });
  const cells = SCALES.map(() => h("td", { class: "number" }));
  const show = () => {
    setText(given, slider.value);
    SCALES.forEach(([, scale], i) => setText(cells[i], short(scale(Number(slider.value)), 4)));
  };
  slider.addEventListener("input", show);
  box.append(
    h("div", { class: "row nowrap" }, h("label", { for: id }, "Pixel value v"), slider, given),
    h("div", { class: "table-wrap", tabindex: "0", role: "region", "aria-label": "The same value on each scale" },
      h("table", {}, h("thead", {}, h("tr", {}, ["Scale", "Formula", "Value"].map((name, i) =>
        h("th", { scope: "col", class: i === 2 ? "number" : "" }, name)))),
      h("tbody", {}, SCALES.map(([name, , formula], i) =>
        h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, formula), cells[i]))))));
  show();
  return null;
}

export const figures = { chart, architecture, normalisation };
