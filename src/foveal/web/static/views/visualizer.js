// The filter visualizer: an input, a filter, and every step of what they make of each other.

import { explain } from "../math/convolution.js";
import { DISPLAYS } from "../math/display.js";
import { short } from "../math/format.js";
import { allSteps, derive, stepOf } from "../math/model.js";
import { pattern, PATTERNS, resized } from "../math/patterns.js";
import { decode, encode, inputCells, LIMITS, number, PARTS } from "../math/visualizer_state.js";
import * as server from "../server.js";
import { createStore } from "../store.js";
import { Brush } from "../widgets/brush.js";
import { Choices } from "../widgets/choices.js";
import { h, setText, showText } from "../widgets/dom.js";
import { GeometryForm } from "../widgets/geometry_form.js";
import { KernelTools, sumMeaning } from "../widgets/kernel_tools.js";
import { Legend } from "../widgets/legend.js";
import { CellField } from "../widgets/number_grid.js";
import { NumberField } from "../widgets/number_field.js";
import { PhotoPanel } from "../widgets/photo_panel.js";
import { cut } from "../widgets/photo.js";
import { copyLink } from "../widgets/share.js";
import { Stage } from "../widgets/stage.js";
import { Stepper } from "../widgets/stepper.js";
import { Sum } from "../widgets/sum.js";
import { layout } from "./visualizer_layout.js";

const SIDE = 8;

class Visualizer {
  constructor(page, kernels, query) {
    this.kernels = kernels;
    this.names = kernels.map((kernel) => kernel.name);
    this.store = createStore({
      path: "visualizer", decode: (params) => decode(params, this.names), encode }, query);
    this.crop = null;
    this.looked = null;
    this.exact = false;
    this.build(page);
    this.store.subscribe((state, changed) => this.changed(changed));
    this.recompute();
    this.render();
  }

  get state() { return this.store.state; }

  push(patch) { this.store.set(patch, { push: true }); }

  build(page) {
    const v = layout(page, {
      copyLink: () => copyLink(this.store), python: () => this.copyPython(), reset: () => this.reset(),
      describe: () => this.describe(),
      exact: (on) => { this.exact = on; this.renderSum(); },
      hide: (part, hidden) => this.push({
        hide: PARTS.filter((name) => (name === part ? hidden : this.state.hide.includes(name))) }),
    });
    this.v = v;
    this.kernelChoice = new Choices(v.choices, {
      legend: "Filter", change: (kernel) => this.chooseKernel(kernel),
      options: [...this.kernels.map(({ name, title }) => ({ value: name, title })),
        { value: "custom", title: "Custom" }] });
    this.patternChoice = new Choices(v.choices, {
      legend: "Input pattern", change: (name) => this.choosePattern(name),
      options: [...Object.entries(PATTERNS).map(([value, { title }]) => ({
        value, title, cells: pattern(value, SIDE, 1) })), { value: "custom", title: "Painted" }] });
    this.seed = new NumberField(v.choices, {
      label: "Seed of the noise", name: "seed", limits: LIMITS.seed, change: (seed) => this.push({ seed }) });
    this.stage = new Stage(v.stage, { on: {
      step: (at) => this.step(at), look: (at) => { this.looked = at; this.renderSum(); },
      focus: (link) => this.selected(link), paint: (at) => this.paint(at),
      editInput: (at, key) => { this.inputField.show(at, this.model.image[at[0]][at[1]]); this.inputField.edit(key); },
      editWeight: (at, key) => { this.weightField.show(at, this.model.weights[at[0]][at[1]]); this.weightField.edit(key); },
    } });
    const [input, kernel, output] = this.stage.parts.map((part) => part.below);
    this.inputField = new CellField(input, {
      name: "input-cell", limits: LIMITS.cell, change: (at, value) => this.setInput(at, value),
      read: (text) => number(text, LIMITS.cell, { whole: true }) });
    this.brush = new Brush(input);
    this.weightField = new CellField(kernel, {
      name: "weight", limits: LIMITS.weight, read: (text) => number(text, LIMITS.weight),
      change: (at, value) => this.tools.setWeight(this.state.flip
        ? at.map((place) => this.model.own.length - 1 - place) : at, value) });
    this.badge = h("span", { class: "badge" });
    this.divided = h("span", { class: "small muted" });
    kernel.append(this.divided, this.badge);
    this.legend = new Legend(output);
    this.stepper = new Stepper(v.stepper, {
      speed: this.state.speed, limits: LIMITS.speed, on: {
        go: (index) => this.step(this.at(index)), tick: (index) => this.tick(this.at(index)),
        play: () => setText(v.status, ""), pause: (index, tell) => this.paused(tell),
        speed: (speed) => this.store.set({ speed }) } });
    this.sum = new Sum(v.sum);
    this.tools = new KernelTools(v.kernel, { store: this.store, kernels: this.kernels });
    this.geometry = new GeometryForm(v.geometry, { store: this.store });
    this.displayChoice = new Choices(v.display, {
      legend: "Show the output", hideLegend: true, change: (show) => this.push({ show }),
      options: Object.entries(DISPLAYS).map(([value, { title }]) => ({ value, title })) });
    this.displayAbout = h("p", { class: "small muted" });
    v.display.append(this.displayAbout);
    this.photo = new PhotoPanel(v.photo, { on: {
      chosen: () => this.store.set({ source: "photo" }),
      moved: (top, left) => { this.crop = cut(this.photo.photo, top, left, SIDE); this.recompute(); this.render(); },
      closed: () => { this.crop = null; this.store.set({ source: "pattern" }); this.recompute(); this.render(); } } });
    v.stageCard.addEventListener("keydown", (event) => this.shortcut(event));
  }

  shortcut(event) {
    if (event.target.matches("input[type=text], select") || event.ctrlKey || event.metaKey) return;
    const act = { k: () => this.stepper.toggle(), j: () => this.stepper.manual(this.stepper.index - 1),
      l: () => this.stepper.manual(this.stepper.index + 1) }[event.key];
    if (act) {
      event.preventDefault();
      act();
    }
  }

  at(index) {
    const columns = this.model.grid?.output[1] ?? 1;
    return [Math.floor(index / columns), index % columns];
  }

  recompute() { this.model = derive(this.state, this.kernels, this.crop); }

  changed(changed) {
    const small = ["cell", "speed", "hide"];
    if ([...changed].some((key) => !small.includes(key))) {
      this.stepper.stop(false);
      this.recompute();
      this.render();
    } else {
      if (changed.has("cell")) this.renderStep(false);
      if (changed.has("hide")) this.renderHidden();
      if (changed.has("speed")) this.stepper.speed = this.state.speed;
    }
  }

  get cell() {
    const [rows, columns] = this.model.grid?.output ?? [1, 1];
    return [Math.min(this.state.cell[0], rows - 1), Math.min(this.state.cell[1], columns - 1)];
  }

  /** A step somebody made by hand: it is said aloud. */
  step(at) {
    this.stepper.stop(false);
    if (!this.model.grid) return;
    this.looked = null;
    this.store.set({ cell: at });
    this.renderStep(false);
    setText(this.v.status, `Row ${at[0] + 1}, column ${at[1] + 1}: ${explain(stepOf(this.model, at))}`);
  }

  tick(at) {
    if (!this.model.grid) return;
    this.looked = null;
    this.store.set({ cell: at }, { quiet: true });
    this.renderStep(true);
  }

  paused(tell) {
    if (!this.model.grid) return;
    this.store.settle();
    const done = this.stepper.index + 1 === this.stepper.count;
    this.renderStep(!done);
    if (!tell) return;
    const [row, column] = this.cell;
    const { range, output } = this.model;
    setText(this.v.status, `${done ? "Finished" : "Paused"} at row ${row + 1}, column ${column + 1}: `
      + `output ${short(output[row][column])}. ${this.stepper.index + 1} of ${this.stepper.count} cells; `
      + `smallest ${short(range.least)}, largest ${short(range.most)}.`);
  }

  render() {
    const { state, model, v } = this;
    this.kernelChoice.update(state.kernel);
    this.patternChoice.update(this.crop ? null : state.pattern);
    this.seed.root.hidden = state.pattern !== "noise" || Boolean(this.crop);
    this.seed.update(state.seed);
    const named = this.kernels.find((kernel) => kernel.name === state.kernel);
    setText(v.purposeTitle, named ? named.title : "Your own filter");
    setText(v.purpose, named ? named.purpose : "Change a weight and watch what the output does.");
    setText(v.problem, model.error ?? "");
    this.stage.update(model, state);
    const meaning = sumMeaning(model.own, model.divisor);
    setText(this.badge, meaning.text);
    this.badge.classList.toggle("warm", Boolean(meaning.zero));
    setText(this.divided, model.divisor === 1 ? "" : `(1/${model.divisor}) · Σ of the products`);
    this.divided.hidden = model.divisor === 1;
    this.tools.update(state);
    this.geometry.update(state, model.grid, Boolean(this.crop));
    this.displayChoice.update(state.show);
    setText(this.displayAbout, DISPLAYS[state.show].about);
    this.photo.update(model.own, model.divisor, state.flip, state.show);
    this.stepper.enable(Boolean(model.grid));
    for (const root of [v.stepper, this.legend.root]) root.hidden = !model.grid;
    for (const [field, grid, values] of [[this.inputField, this.stage.input, model.image],
      [this.weightField, this.stage.kernel, model.weights]]) {
      const [r, c] = grid.at;
      field.show([r, c], values[r][c], field === this.inputField ? "Input" : "Weight");
    }
    this.inputField.input.disabled = Boolean(this.crop);
    this.brush.disabled = Boolean(this.crop);
    if (model.grid) this.legend.update(state.show, model.range);
    this.renderStep(false);
    this.renderHidden();
  }

  renderStep(pending) {
    if (!this.model.grid) return;
    const { cell } = this;
    const [rows, columns] = this.model.grid.output;
    this.stage.show(cell, pending);
    this.stepper.update({ count: rows * columns, index: cell[0] * columns + cell[1], speed: this.state.speed });
    this.renderSum();
  }

  renderSum() {
    if (!this.model.grid) return;
    const [rows, columns] = this.model.grid.output;
    const seen = this.looked && this.looked[0] < rows && this.looked[1] < columns ? this.looked : this.cell;
    this.sum.update(stepOf(this.model, seen), { exact: this.exact });
    setText(this.v.sumTitle, `Output at row ${seen[0] + 1}, column ${seen[1] + 1}`);
  }

  renderHidden() {
    for (const part of PARTS) {
      const hidden = this.state.hide.includes(part);
      this.v.root.querySelectorAll(`[data-part~="${part}"]`).forEach((root) => { root.hidden = hidden; });
      this.v.hides.get(part).checked = hidden;
    }
    if (!this.model.grid) this.v.workings.hidden = true; // no output: nothing to add up
    this.stage.parts[2].root.hidden = this.state.hide.includes("output");
    this.stage.remeasure();
  }

  selected({ kind, at }) {
    const [r, c] = at;
    if (kind === "input") this.inputField.show(at, this.model.image[r][c]);
    if (kind === "weight") this.weightField.show(at, this.model.weights[r][c]);
  }

  chooseKernel(kernel) {
    if (kernel === "custom") this.tools.change(this.tools.asCustom());
    else this.tools.change({ kernel, weights: null, div: 1 });
  }

  choosePattern(name) {
    if (this.crop) this.photo.close();
    this.push(name === "custom" ? { pattern: name, custom: inputCells(this.state) } : { pattern: name });
  }

  setInput([row, column], value) {
    if (this.crop) return;
    const cells = inputCells(this.state).map((line) => [...line]);
    cells[row][column] = value;
    this.push({ pattern: "custom", custom: resized(cells, this.state.n) });
  }

  paint(at) {
    const { value } = this.brush;
    if (value === null) return false;
    if (this.model.image[at[0]][at[1]] !== value) this.setInput(at, value);
    return true;
  }

  async describe() {
    if (!this.model.grid) return;
    const { showSteps } = await import("../widgets/steps_table.js");
    showSteps(allSteps(this.model), this.model.grid.output);
  }

  async copyPython() {
    if (!this.model.grid) return;
    const { asPython } = await import("../math/python.js");
    showText("Python", asPython({
      image: this.model.image, weights: this.model.own, divisor: this.model.divisor,
      state: this.state, cell: this.cell }), "Runs where foveal is installed, and prints the numbers you see.");
  }

  reset() {
    if (this.crop) this.photo.close();
    this.tools.past = [];
    this.push(decode(new URLSearchParams(), this.names));
  }

  unmount() {
    this.stepper.stop(false);
    this.photo.unmount();
    this.stage.unmount();
    this.store.close();
  }
}

export async function mount(page, { route }) {
  const { kernels } = await server.kernels();
  const view = new Visualizer(page, kernels, route.query);
  return {
    title: "Filter visualizer",
    update: ({ query }) => { view.store.load(query); return true; },
    unmount: () => view.unmount(),
  };
}
