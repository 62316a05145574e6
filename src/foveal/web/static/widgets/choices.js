// One of a few, as radio buttons in a row; with a small picture where there is one.

import { greyLevel } from "../math/display.js";
import { h, unique } from "./dom.js";

export class Choices {
  /** options: [{value, title, cells?}]; change(value). */
  constructor(container, { legend, options, change, hideLegend = false }) {
    const name = unique("choice");
    this.inputs = new Map();
    const labels = options.map(({ value, title, cells }) => {
      const input = h("input", { type: "radio", name, value, onchange: () => change(value) });
      this.inputs.set(value, input);
      return h("label", {}, input, h("span", {}, cells && thumbnail(cells), title));
    });
    this.root = h("fieldset", { class: "stack tight" },
      h("legend", { class: hideLegend ? "visually-hidden" : "" }, legend),
      h("div", { class: "choices" }, labels));
    container.append(this.root);
  }

  update(value) {
    for (const [name, input] of this.inputs) input.checked = name === value;
  }
}

/** Cells from 0 to 10 as a picture of as many pixels. */
function thumbnail(cells) {
  const canvas = h("canvas", { width: cells[0].length, height: cells.length, "aria-hidden": "true" });
  const pen = canvas.getContext("2d");
  cells.forEach((row, y) => row.forEach((value, x) => {
    const grey = Math.round(Number(greyLevel(value, 0, 10).slice(1)) * 25.5);
    pen.fillStyle = `rgb(${grey} ${grey} ${grey})`;
    pen.fillRect(x, y, 1, 1);
  }));
  return canvas;
}
