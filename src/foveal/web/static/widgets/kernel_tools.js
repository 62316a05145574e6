// Changing a kernel: undo, flip, rotate, normalise, size, divisor, bias, ReLU, and what Σ means.

import { rotated } from "../math/convolution.js";
import { plain, short } from "../math/format.js";
import { kernelOf, LIMITS } from "../math/visualizer_state.js";
import { h, setText } from "./dom.js";
import { NumberField } from "./number_field.js";

const KEYS = ["kernel", "weights", "div", "flip"];

/** What a flat area becomes: the meaning of the sum of the weights. */
export function sumMeaning(weights, divisor) {
  const total = Number(weights.flat().reduce((sum, weight) => sum + weight, 0).toFixed(6));
  const scale = total / divisor;
  const written = `Σ = ${plain(total)}${divisor === 1 ? "" : `, ÷ ${divisor}`}`;
  if (total === 0) return { zero: true, text: "Σ = 0: flat areas vanish" };
  if (scale === 1) return { text: `${written}: flat areas keep their brightness` };
  const effect = scale < 0 ? "flat areas change sign" : `flat areas times ${short(scale)}`;
  return { text: `${written}: ${effect}` };
}

export class KernelTools {
  constructor(container, { store, kernels }) {
    Object.assign(this, { store, kernels, past: [] });
    const button = (label, act, extra = {}) =>
      h("button", { class: "small", onclick: act, ...extra }, label);
    this.undoButton = button("Undo", () => this.undo());
    this.flipButton = button("Flip 180°", () => this.change({ flip: !store.state.flip }), {
      title: "Convolution of mathematics; without it, cross-correlation" });
    this.note = h("p", { class: "small muted", role: "status" });
    const fields = h("div", { class: "row" });
    this.size = new NumberField(fields, {
      label: "Size", name: "kernel-size", limits: LIMITS.k, change: (k) => this.resize(k) });
    this.divisor = new NumberField(fields, {
      label: "Divisor", name: "divisor", limits: LIMITS.div,
      change: (div) => this.change({ ...this.asCustom(), div }) });
    this.bias = new NumberField(fields, {
      label: "Bias", name: "bias", limits: LIMITS.bias, whole: false,
      change: (bias) => store.set({ bias }, { push: true }) });
    this.relu = h("input", {
      type: "checkbox", data: { field: "relu" },
      onchange: () => store.set({ relu: this.relu.checked }, { push: true }) });
    container.append(
      h("div", { class: "row" }, this.undoButton, this.flipButton,
        button("Rotate 90°", () => this.change({ ...this.asCustom(rotated(this.now().weights)) })),
        button("Normalise", () => this.normalise())),
      fields, h("label", { class: "check" }, this.relu, "ReLU: negative results become 0"), this.note);
  }

  now() { return kernelOf(this.store.state, this.kernels); }

  /** The kernel as the reader's own, with its divisor. */
  asCustom(weights = this.now().weights) {
    return { kernel: "custom", weights, div: this.now().divisor };
  }

  setWeight([row, column], value) {
    const { weights } = this.now();
    this.change(this.asCustom(weights.map((line, r) =>
      line.map((weight, c) => (r === row && c === column ? value : weight)))));
  }

  resize(k) {
    const { weights } = this.now();
    const shift = Math.trunc((k - weights.length) / 2);
    const own = Array.from({ length: k }, (_, r) => Array.from({ length: k },
      (_unused, c) => weights[r - shift]?.[c - shift] ?? 0));
    this.change(this.asCustom(own));
  }

  normalise() {
    const total = this.now().weights.flat().reduce((sum, weight) => sum + weight, 0);
    const divisor = Math.abs(total);
    if (divisor === 0) return setText(this.note, "Σ is 0: there is nothing to divide by.");
    if (!Number.isInteger(divisor) || divisor > LIMITS.div[1]) {
      return setText(this.note, `Σ is ${plain(total)}; normalising needs a whole Σ.`);
    }
    setText(this.note, `Divided by ${divisor}: flat areas keep their brightness.`);
    return this.change({ ...this.asCustom(), div: divisor });
  }

  change(patch) {
    this.past.push(Object.fromEntries(KEYS.map((key) => [key, this.store.state[key]])));
    this.store.set(patch, { push: true });
  }

  undo() {
    const before = this.past.pop();
    if (before) this.store.set(before, { push: true });
    else setText(this.note, "Nothing to undo.");
  }

  update(state) {
    const { weights, divisor } = this.now();
    this.undoButton.setAttribute("aria-disabled", this.past.length ? "false" : "true");
    this.flipButton.setAttribute("aria-pressed", String(state.flip));
    this.size.update(weights.length);
    this.divisor.update(divisor);
    this.bias.update(state.bias);
    this.relu.checked = state.relu;
  }
}
