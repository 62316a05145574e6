// What the colours of an output mean, in numbers.

import { outputLevel } from "../math/display.js";
import { short, signed } from "../math/format.js";
import { h, setText } from "./dom.js";

const SHADES = 11;

export class Legend {
  constructor(container) {
    this.low = h("span");
    this.high = h("span");
    this.ramp = h("span", { class: "ramp", "aria-hidden": "true" },
      Array.from({ length: SHADES }, () => h("i")));
    this.about = h("span");
    this.root = h("div", { class: "stack tight" },
      h("div", { class: "legend" }, this.low, this.ramp, this.high), h("div", { class: "legend" }, this.about));
    container.append(this.root);
  }

  update(display, range) {
    const strongest = Math.max(Math.abs(range.least), Math.abs(range.most));
    const [low, high] = {
      raw: [-strongest, strongest], abs: [0, strongest], clamp: [0, range.top],
      minmax: [range.least, range.most],
    }[display];
    const write = display === "raw" ? signed : short;
    setText(this.low, write(low));
    setText(this.high, write(high));
    [...this.ramp.children].forEach((shade, i) => {
      shade.dataset.level = outputLevel(low + ((high - low) * i) / (SHADES - 1), display, range);
    });
    setText(this.about, `min ${short(range.least)} · max ${short(range.most)} · mean ${
      short(range.mean)} · strongest at row ${range.peak[0] + 1}, column ${range.peak[1] + 1}`);
  }
}
