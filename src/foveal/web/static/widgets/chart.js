// A small chart of our own: lines or bars, with a title, a description, and its data as a table.

import { short } from "../math/format.js";
import { h, s, unique } from "./dom.js";

const SIZE = [640, 300]; // of a chart that has the page to itself; letters keep their size
const FRAME = { left: 56, right: 12, top: 12, bottom: 46 };
const DASHES = ["", "7 5", "2 4", "10 4 2 4", "1 3 8 3", "14 4"];
const LOOKS = DASHES.length; // series beyond these begin again

/** Round steps between two ends: 0, 20, 40, … */
export function ticks(low, high, count = 5) {
  const rough = (high - low || 1) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const size = [1, 2, 5, 10].map((factor) => factor * power).find((one) => one >= rough);
  const first = Math.ceil(low / size - 1e-9);
  const last = Math.floor(high / size + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * size).toPrecision(12)));
}

export class Chart {
  /** high: where the scale ends at least; without it, at the largest value. size: width, height. */
  constructor(container, { type = "line", title, x, y, high = -Infinity, size = SIZE }) {
    Object.assign(this, { type, title, x, y, high, width: size[0], height: size[1] });
    const names = [unique("chart-title"), unique("chart-about")];
    this.heading = s("title", { id: names[0] }, title);
    this.about = s("desc", { id: names[1] });
    this.plot = s("g");
    this.svg = s("svg", {
      viewBox: `0 0 ${this.width} ${this.height}`, role: "img", "aria-labelledby": names.join(" ") },
    this.heading, this.about, this.plot);
    this.keys = h("div", { class: "keys" });
    this.table = h("div", { class: "table-wrap", hidden: true, tabindex: "0", role: "region", "aria-label": title });
    this.toggle = h("button", {
      class: "small", "aria-expanded": "false", onclick: () => this.flip() }, "Show as a table");
    this.root = h("figure", { class: "chart" }, h("figcaption", {}, title), this.keys, this.svg,
      h("div", {}, this.toggle), this.table);
    container.append(this.root);
  }

  flip() {
    this.table.hidden = !this.table.hidden;
    this.toggle.setAttribute("aria-expanded", String(!this.table.hidden));
    this.toggle.textContent = this.table.hidden ? "Show as a table" : "Hide the table";
    if (!this.table.hidden) this.fillTable();
  }

  /** values: of x; series: [{name, values}]. */
  update(values, series) {
    this.values = values;
    this.series = series;
    const all = series.flatMap((one) => one.values).filter((value) => value !== null);
    const low = Math.min(0, ...all);
    const high = Math.max(...all, low + 1e-9, this.high);
    const y = (value) => this.height - FRAME.bottom
      - ((value - low) / (high - low)) * (this.height - FRAME.top - FRAME.bottom);
    const inner = this.width - FRAME.left - FRAME.right;
    const slot = inner / values.length;
    const x = this.type === "bar" ? (i) => FRAME.left + slot * (i + 0.5)
      : (i) => FRAME.left + (values.length > 1 ? (i / (values.length - 1)) * inner : inner / 2);
    const marks = series.map((one, k) => (this.type === "bar"
      ? this.bars(one, k, series.length, x, y, slot, low) : this.line(one, k, x, y)));
    this.plot.replaceChildren(...this.axes(low, high, x, y), ...marks.flat());
    this.keys.replaceChildren(...(series.length > 1 ? series.map((one, k) =>
      h("span", { class: `series-${k % LOOKS}` }, s("svg", { viewBox: "0 0 30 12", "aria-hidden": "true" },
        this.type === "bar" ? s("rect", { class: `series series-${k % LOOKS}`, x: 9, width: 12, height: 12, rx: 2 })
          : s("path", { class: "series", d: "M1 6H29", "stroke-dasharray": DASHES[k % LOOKS] })), one.name)) : []));
    this.about.textContent = series.map((one) => {
      const known = one.values.filter((value) => value !== null);
      return `${one.name}: from ${short(known[0], 3)} to ${short(known.at(-1), 3)}, `
        + `smallest ${short(Math.min(...known), 3)}, largest ${short(Math.max(...known), 3)}`;
    }).join("; ");
    if (!this.table.hidden) this.fillTable();
  }

  axes(low, high, x, y) {
    const every = Math.max(1, Math.ceil(this.values.length / 8));
    const rows = ticks(low, high).flatMap((value) => [
      s("path", { class: "rule", d: `M${FRAME.left} ${y(value)}H${this.width - FRAME.right}` }),
      s("text", { x: FRAME.left - 8, y: y(value) + 4, "text-anchor": "end" }, short(value, 4))]);
    const columns = this.values.flatMap((value, i) => (i % every ? [] : [
      s("text", { x: x(i), y: this.height - FRAME.bottom + 18, "text-anchor": "middle" }, String(value))]));
    return [...rows, ...columns,
      s("path", { class: "axis", d: `M${FRAME.left} ${y(Math.max(low, 0))}H${this.width - FRAME.right}` }),
      s("text", { x: FRAME.left + (this.width - FRAME.left) / 2, y: this.height - 6, "text-anchor": "middle" }, this.x),
      s("text", { transform: `translate(13 ${this.height / 2 - 14}) rotate(-90)`, "text-anchor": "middle" }, this.y)];
  }

  line(one, k, x, y) {
    const points = one.values.map((value, i) => (value === null ? null : `${x(i)} ${y(value)}`));
    const known = points.filter(Boolean);
    if (!known.length) return [];
    return known.length === 1
      ? [s("circle", { class: `series series-${k % LOOKS}`, cx: known[0].split(" ")[0], cy: known[0].split(" ")[1], r: 4 })]
      : [s("path", { class: `series series-${k % LOOKS}`, d: `M${known.join("L")}`, "stroke-dasharray": DASHES[k % LOOKS] })];
  }

  bars(one, k, count, x, y, slot, low) {
    const width = (slot * 0.7) / count;
    return one.values.map((value, i) => (value === null ? null : s("rect", {
      class: `series series-${k % LOOKS}`, x: x(i) - slot * 0.35 + k * width, width: Math.max(1, width - 2),
      y: Math.min(y(value), y(Math.max(low, 0))), height: Math.abs(y(value) - y(Math.max(low, 0))), rx: 2,
    }))).filter(Boolean);
  }

  fillTable() {
    this.table.replaceChildren(h("table", {},
      h("caption", {}, this.title),
      h("thead", {}, h("tr", {}, [this.x, ...this.series.map((one) => one.name)].map((name) =>
        h("th", { scope: "col" }, name)))),
      h("tbody", {}, this.values.map((value, i) => h("tr", {},
        h("th", { scope: "row" }, String(value)),
        this.series.map((one) => h("td", { class: "number" }, short(one.values[i], 4))))))));
  }
}
