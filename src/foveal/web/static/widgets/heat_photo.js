// A photo with a heat map over it, and the slider that says how much of each shows.

import { heatColour, percent, placeWords } from "../math/scores.js";
import { short } from "../math/format.js";
import { decode, drawRgb } from "./pixels.js";
import { h, setText, unique } from "./dom.js";
import { aside } from "./pieces.js";

const FIRST = 55; // per cent
const DRAWN = 400; // px: smaller photos are drawn larger, so that the map over them stays smooth

export class HeatPhoto {
  constructor(container) {
    const id = unique("opacity");
    this.canvas = h("canvas", { class: "heat", role: "img", "aria-label": "No map yet" });
    this.slider = h("input", { type: "range", min: "0", max: "100", value: String(FIRST), id, oninput: () => this.draw() });
    this.given = h("output", { for: id, class: "number" });
    this.about = aside();
    this.root = h("div", { class: "stack tight", hidden: true }, this.canvas,
      h("div", { class: "row nowrap" }, h("label", { for: id, class: "small" }, "Opacity of the map"), this.slider, this.given),
      h("div", { class: "legend" }, "nothing", h("i", { class: "ramp-line" }), "most"), this.about);
    container.append(this.root);
  }

  /** answer: what the server's explanation holds; method: its name in words. */
  update(answer, method) {
    const { map, picture } = answer;
    this.root.hidden = false;
    this.picture = document.createElement("canvas");
    drawRgb(this.picture, decode(picture.rgb), picture.width, picture.height);
    this.heat = document.createElement("canvas");
    [this.heat.width, this.heat.height] = [map.width, map.height];
    const pixels = new Uint8ClampedArray(map.values.length * 4).fill(255);
    map.values.forEach((value, i) => pixels.set(heatColour(value), i * 4));
    this.heat.getContext("2d").putImageData(new ImageData(pixels, map.width, map.height), 0, 0);
    const place = placeWords(map.values, map.width, map.height);
    const mean = map.values.reduce((sum, value) => sum + value, 0) / map.values.length;
    const said = place === "nowhere" ? `Nothing in the photo speaks for “${answer.class}”, says ${method}.`
      : `What speaks for “${answer.class}” (${percent(answer.probability)}) is strongest ${place}.`;
    this.canvas.setAttribute("aria-label", `${said} Map of ${map.width} × ${map.height} cells, from 0 to 1, mean ${short(mean)}.`);
    setText(this.about, `${said} ${method}, ${map.width} × ${map.height} cells. ${answer.crop ?? ""}`.trim());
    this.said = said;
    this.draw();
  }

  draw() {
    setText(this.given, `${this.slider.value} %`);
    this.slider.setAttribute("aria-valuetext", `${this.slider.value} per cent`);
    if (!this.picture) return;
    const scale = Math.max(1, Math.ceil(DRAWN / this.picture.width));
    const [width, height] = [this.picture.width * scale, this.picture.height * scale];
    [this.canvas.width, this.canvas.height] = [width, height];
    const pen = this.canvas.getContext("2d");
    pen.imageSmoothingEnabled = false; // few pixels are shown as such
    pen.drawImage(this.picture, 0, 0, width, height);
    pen.globalAlpha = Number(this.slider.value) / 100;
    pen.imageSmoothingEnabled = true;
    pen.imageSmoothingQuality = "high";
    pen.drawImage(this.heat, 0, 0, width, height);
    pen.globalAlpha = 1;
  }
}
