// The formula of one output cell, in stages: products, running sum, division, bias, ReLU.

import { factor, isExact, plain, short } from "../math/format.js";
import { signedLevel } from "../math/display.js";
import { h, setText } from "./dom.js";

export class Sum {
  constructor(container) {
    this.equation = h("p", { class: "equation" });
    this.list = h("ul", { class: "products", "aria-label": "Products" });
    this.stages = h("dl", { class: "stages" });
    this.tiles = [];
    this.lines = new Map();
    this.root = h("div", { class: "sum" }, this.equation, this.list, this.stages);
    container.append(this.root);
  }

  /** one: a step; exact: every digit instead of rounded numbers; link: a weight to stress. */
  update(one, { exact = false, digits = 3 } = {}) {
    const text = exact ? plain : (value) => short(value, digits);
    const bracketed = exact ? factor : (value) => {
      const rounded = short(value, digits);
      return rounded.startsWith("−") ? `(${rounded})` : rounded;
    };
    const equals = (...values) =>
      (exact || values.every((value) => isExact(value, digits)) ? "=" : "≈");
    const [products, weights, window] = [one.products, one.weights, one.window].map((x) => x.flat());
    const every = equals(...products, ...weights, ...window);
    this.sizeTo(products.length, one.weights[0].length);
    const strongest = Math.max(...products.map(Math.abs));
    products.forEach((product, i) => {
      const { tile, factors, result, so } = this.tiles[i];
      tile.dataset.level = signedLevel(product, strongest);
      setText(factors, `${bracketed(window[i])} · ${bracketed(weights[i])}`);
      setText(result, text(product));
      setText(so, `Σ ${text(one.running[i])}`);
    });
    setText(this.equation,
      `${products.map(bracketed).join(" + ")} ${every} ${text(one.total)}`);
    const last = [
      ["total", "Sum of products", `${products.length} products added up`, one.total],
      one.divisor !== 1 && ["scaled", "Division",
        `${text(one.total)} / ${one.divisor} ${equals(one.scaled, one.total)} ${text(one.scaled)}`,
        one.scaled],
      ["biased", "Bias", `${text(one.scaled)} + ${bracketed(one.bias)} ${
        equals(one.biased, one.scaled)} ${text(one.biased)}`, one.biased],
      one.relu && ["relu", "ReLU", `max(0, ${text(one.biased)}) = ${text(one.value)}`, one.value],
      ["result", "Output", `row ${one.output[0] + 1}, column ${one.output[1] + 1}`, one.value],
    ].filter(Boolean);
    this.showLines(last, text);
  }

  showLines(wanted, text) {
    const names = wanted.map(([name]) => name).join();
    if (names !== this.names) {
      this.names = names;
      this.lines = new Map(wanted.map(([name, title]) => {
        const [about, value] = [h("dd"), h("dd", { data: { stage: name } })];
        return [name, { root: h("div", { class: name }, h("dt", {}, title), about, value), about, value }];
      }));
      this.stages.replaceChildren(...[...this.lines.values()].map((line) => line.root));
    }
    wanted.forEach(([name, , about, value]) => {
      const line = this.lines.get(name);
      setText(line.about, about);
      setText(line.value, text(value));
    });
  }

  sizeTo(count, columns) {
    this.list.style.setProperty("--columns", columns);
    if (this.tiles.length === count) return;
    this.tiles = Array.from({ length: count }, () => {
      const [factors, result, so] = [h("span"), h("b"), h("small")];
      return { tile: h("li", {}, factors, result, so), factors, result, so };
    });
    this.list.replaceChildren(...this.tiles.map(({ tile }) => tile));
  }
}
