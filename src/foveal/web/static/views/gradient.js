// The gradient lens: how a loss tells a kernel where to go, and a kernel that is found that way.

import { convolve, gridFor, step } from "../math/convolution.js";
import { signedLevel } from "../math/display.js";
import { factor, plain, short, signed } from "../math/format.js";
import { descend, kernelGradient, squaredError } from "../math/gradient.js";
import { windowCells } from "../math/grid.js";
import { random } from "../math/patterns.js";
import * as server from "../server.js";
import { Chart } from "../widgets/chart.js";
import { Choices } from "../widgets/choices.js";
import { h, setText, unique } from "../widgets/dom.js";
import { NumberGrid } from "../widgets/number_grid.js";
import { Stepper } from "../widgets/stepper.js";

const [SIDE, KERNEL, RATE, MOMENTUM] = [8, 3, 0.05, 0.8];
const STOP = 1e-5;
const FAINT = 0.02; // below this a slope is no colour worth looking at
const MOST = 400;
const zeros = () => Array.from({ length: KERNEL }, () => Array(KERNEL).fill(0));

function noise(seed) {
  const next = random(seed);
  return Array.from({ length: SIDE }, () => Array.from({ length: SIDE }, () => Math.floor(next() * 5) - 2));
}

class GradientLab {
  constructor(page, kernels) {
    this.kernels = kernels.filter((kernel) => kernel.divisor === 1 && kernel.name !== "identity");
    this.hidden = this.kernels[2];
    this.image = noise(3);
    this.cell = [0, 0];
    this.build(page);
    this.restart();
  }

  build(page) {
    this.status = h("p", { role: "status", class: "visually-hidden" });
    this.progress = h("p", { class: "total-line" });
    this.lensText = h("p", { class: "total-line" });
    const [choices, stepper, chartBox] = [h("div"), h("div"), h("div")];
    this.choice = new Choices(choices, { legend: "Hidden filter: what is to be found", options: this.kernels.map(({ name, title }) => ({ value: name, title })),
      change: (name) => { this.hidden = this.kernels.find((kernel) => kernel.name === name); this.restart(); } });
    this.grids = {};
    const part = (key, title, on = {}) => {
      const box = h("div", { class: "scroll" });
      const root = h("div", { class: "part", role: "group", "aria-label": title }, h("h3", {}, title), box);
      this.grids[key] = new NumberGrid(box, { label: title, id: unique(key), on });
      return root;
    };
    const sign = (text) => h("span", { class: "operator", "aria-hidden": "true" }, text);
    this.play = h("button", { class: "primary", onclick: () => this.toggle() }, "Learn");
    const one = h("button", { onclick: () => { this.pause(); this.descendOnce(); this.tell(); } }, "One step");
    page.append(
      h("div", { class: "title-row" }, h("div", {}, h("h1", { tabindex: "-1" }, "Gradient lens"),
        h("p", { class: "lead" }, "A kernel is learned, not designed. Start from zeros, compare the output with what it should be, and let the gradient say how each of the nine weights must move."))),
      choices,
      h("section", { class: "card small-grids stack", "aria-label": "Learn this kernel" },
        h("h2", {}, "Learn this kernel"),
        h("div", { class: "channel-row" }, part("kernel", "Kernel so far"), sign("→"), part("target", "Hidden filter"), part("gradient", "Gradient ∂L/∂K")),
        this.progress,
        h("div", { class: "row centre" }, this.play, one, h("button", { onclick: () => this.restart() }, "Start again")), chartBox),
      h("section", { class: "card small-grids stack", "aria-label": "The gradient as a sum" },
        h("h2", {}, "The gradient as a sum over windows"),
        h("p", { class: "muted" }, "Every output cell has a slope: 2 · (output − target) / 36. Its window of the input, times that slope, is what it adds to the gradient of the kernel. Step through the cells and watch the gradient build up."),
        h("div", { class: "channel-row" }, part("image", "Input"),
          part("slope", "Slope of every output cell", { focus: (at) => this.look(at), press: (at) => this.look(at) }),
          part("share", "This window’s share"), part("partial", "Gradient so far")),
        this.lensText, stepper), this.status);
    this.chart = new Chart(chartBox, { type: "line", title: "Loss: mean squared error", x: "step", y: "loss" });
    this.stepper = new Stepper(stepper, { speed: 4, limits: [0.5, 10], playLabel: "Add up", on: {
      go: (index) => this.look(this.at(index)), play: () => { this.pause(); setText(this.status, ""); },
      tick: (index) => { this.cell = this.at(index); this.showLens(); },
      pause: (index, tell) => tell && setText(this.status, `${index + 1} of ${this.stepper.count} windows added. ${this.lensText.textContent}`) } });
  }

  restart() {
    this.pause();
    this.choice.update(this.hidden.name);
    this.target = convolve(this.image, this.hidden.weights);
    this.state = { kernel: zeros(), speed: zeros() };
    this.losses = [squaredError(convolve(this.image, zeros()), this.target).loss];
    this.cell = [0, 0];
    this.show();
  }

  at(index) { return [Math.floor(index / this.grid.output[1]), index % this.grid.output[1]]; }

  descendOnce() {
    if (this.done) return;
    this.state = { ...descend({ ...this.state, image: this.image, target: this.target, rate: RATE, momentum: MOMENTUM }) };
    this.losses.push(squaredError(convolve(this.image, this.state.kernel), this.target).loss);
    this.show();
  }

  get done() { return this.losses.at(-1) < STOP || this.losses.length > MOST; }

  toggle() {
    if (this.frame) {
      this.pause();
      this.tell();
      return;
    }
    if (this.done) this.restart();
    this.stepper.stop(false);
    setText(this.status, "");
    setText(this.play, "Pause");
    const tick = () => {
      this.descendOnce();
      if (this.done) {
        this.pause();
        this.tell();
      } else this.frame = requestAnimationFrame(tick);
    };
    this.frame = requestAnimationFrame(tick);
  }

  pause() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    setText(this.play, "Learn");
  }

  tell() { setText(this.status, this.progress.textContent); }

  show() {
    const { kernel } = this.state;
    this.grid = gridFor(this.image, kernel);
    this.output = convolve(this.image, kernel);
    const { loss, slope } = squaredError(this.output, this.target);
    this.slope = slope;
    this.gradient = kernelGradient(this.image, slope, KERNEL);
    const strongest = Math.max(...this.hidden.weights.flat().map(Math.abs));
    const shade = (top) => (value) => signedLevel(Math.abs(value) < Math.max(top / 200, 0.005) ? 0 : value, top);
    const show = (name, values, digits, top) => this.grids[name].update({
      values, text: (value) => signed(value, digits), level: (value) => shade(top)(Math.min(Math.max(value, -top), top)) });
    show("kernel", kernel, 2, strongest);
    show("target", this.hidden.weights, 2, strongest);
    this.steepest = Math.max(...this.gradient.flat().map(Math.abs), FAINT);
    show("gradient", this.gradient, 2, this.steepest);
    this.grids.image.update({ values: this.image, text: plain, level: (v) => signedLevel(v, 2) });
    const steep = Math.max(...slope.flat().map(Math.abs), FAINT);
    show("slope", slope, 2, steep);
    const worst = Math.max(...kernel.flat().map((w, i) => Math.abs(w - this.hidden.weights.flat()[i])));
    setText(this.progress, this.done && loss < STOP
      ? `Found after ${this.losses.length - 1} steps: no weight is off by more than ${short(worst, 3)}.`
      : `Step ${this.losses.length - 1}: loss ${short(loss, 4)}, largest error of a weight ${short(worst, 3)}`);
    this.chart.update(this.losses.map((_, i) => i), [{ name: "loss", values: this.losses }]);
    this.showLens();
  }

  look(at) {
    this.pause();
    this.stepper.stop(false);
    this.cell = at;
    this.showLens();
    setText(this.status, `Row ${at[0] + 1}, column ${at[1] + 1}: ${this.lensText.textContent}`);
  }

  showLens() {
    const [rows, columns] = this.grid.output;
    const index = this.cell[0] * columns + this.cell[1];
    const partial = zeros();
    let share = null;
    for (let i = 0; i <= index; i += 1) {
      const [r, c] = this.at(i);
      const { window } = step(this.image, this.state.kernel, this.grid, r, c, {});
      share = window.map((line) => line.map((x) => x * this.slope[r][c]));
      share.forEach((line, y) => line.forEach((value, x) => { partial[y][x] += value; }));
    }
    const top = Math.max(this.steepest, ...partial.flat().map(Math.abs));
    for (const [name, values] of [["share", share], ["partial", partial]]) {
      this.grids[name].update({ values, text: (v) => signed(v), level: (v) => signedLevel(Math.abs(v) < top / 200 ? 0 : v, top) });
    }
    this.grids.image.mark({ linked: windowCells(this.grid, ...this.cell).flat() });
    this.grids.slope.mark({ active: [this.cell] });
    this.grids.slope.setCurrent(this.cell);
    this.stepper.update({ count: rows * columns, index });
    const [r, c] = this.cell;
    setText(this.lensText, `2 · (${short(this.output[r][c])} − ${factor(this.target[r][c])}) / ${rows * columns} = ${short(this.slope[r][c], 3)}, times the window; ${index + 1} of ${rows * columns} added`);
  }

  unmount() {
    this.pause();
    this.stepper.stop(false);
  }
}

export async function mount(page) {
  const { kernels } = await server.kernels();
  const lab = new GradientLab(page, kernels);
  return { unmount: () => lab.unmount() };
}
