// Step 3: one button that trains; the details are folded. With a run in the address: follow it.

import { h, setText, unique } from "../../widgets/dom.js";
import { number } from "../../math/format.js";
import * as server from "../../workbench_server.js";
import { attempt, busy, heading, problemBox, setOf, trainLink } from "./parts.js";
import { KIND_TITLES } from "./run_words.js";

const FLIPS = { "": "as the augmentation says", horizontal: "left and right", vertical: "top and bottom" };
const NUMBERS = [["epochs", "Epochs at most", [1, 10000]], ["minutes", "The time limit", [0.1, 10000]],
  ["seed", "The seed", [0, 2 ** 31 - 1]]];

export async function mount(box, { rest, steps, query }) {
  const [set, run] = rest;
  if (run) return (await import("./follow.js")).follow(box, { set, run, steps, query });
  steps.update({ set });
  const [photos, options, { runs, running }, { sets }] = await Promise.all([server.photoSet(set), server.options(), server.runs(), server.photoSets()]);
  new Form(box, photos, options);
  const other = runs.find(({ id }) => id === running);
  if (other) {
    box.querySelector(".lead").after(h("p", { class: "banner" }, "A training is running: ",
      h("a", { href: trainLink(other, setOf(other, sets)) }, other.name), ". Another one can start when it is done."));
  }
  return {};
}

class Form {
  constructor(box, photos, options) {
    Object.assign(this, { photos, options });
    this.defaults = options.defaults;
    this.problem = problemBox();
    this.button = h("button", { type: "submit", class: "primary large" }, "Train");
    this.fields = {};
    box.append(
      heading(`Train: ${photos.name}`, photos.division),
      h("form", { class: "card stack train-form", novalidate: true, onsubmit: (event) => {
        event.preventDefault();
        busy(this.button, () => this.start());
      } },
      h("div", { class: "row train-go" }, this.button, h("p", { class: "muted" }, "Good settings are chosen already.")),
      this.problem,
      h("details", {}, h("summary", {}, "Details"), h("div", { class: "stack detail-fields" }, this.build()))));
    this.kindChanged();
  }

  build() {
    const kind = unique("kind");
    this.kinds = this.options.kinds.map(({ name, words }) => h("label", { class: "option" },
      h("input", { type: "radio", name: kind, value: name, checked: name === this.defaults.kind, onchange: () => this.kindChanged() }),
      h("span", {}, h("b", {}, KIND_TITLES[name] ?? name), h("span", { class: "small muted" }, words))));
    this.networkWords = h("span", { class: "small muted" });
    const networks = this.select("backbone", "Network", [], () => this.networkChanged());
    networks.append(this.networkWords);
    return [
      h("fieldset", { class: "stack tight" }, h("legend", {}, "What is trained"), h("div", { class: "options" }, this.kinds)),
      h("div", { class: "field-grid" }, networks,
        this.text("epochs", "Epochs at most", "", "How often it sees every photo. It stops earlier when it no longer gets better."),
        this.text("minutes", "Time limit in minutes", "none", "It stops at the end of this time and keeps the best so far."),
        this.select("augment", "Augmentation", this.options.augments, null,
          "How much photos are turned, cropped and recoloured, so that it learns more from few."),
        this.select("flip", "Mirror images", ["", ...this.options.flips], null,
          "What is the same thing in a mirror. Choose none for digits, letters and whatever has a side.", FLIPS),
        this.text("seed", "Seed", String(this.defaults.seed), "The same seed draws the same first weights and order."),
        this.text("name", "Name of the classifier", `${this.photos.name}-…`, "Left empty, it is called as the photos are, with a number.", 12)),
    ];
  }

  field(name, label, control, about) {
    this.fields[name] = control;
    const note = about && h("span", { class: "small muted", id: `${control.id}-about` }, about);
    if (about) control.setAttribute("aria-describedby", `${control.id}-about`);
    return h("div", { class: "field" }, h("label", { for: control.id }, label), control, note);
  }

  text(name, label, placeholder, about, size = 6) {
    return this.field(name, label, h("input", {
      type: "text", id: unique(name), placeholder, autocomplete: "off", size: String(size), data: { field: name },
      inputmode: name === "name" ? "text" : "numeric" }), about);
  }

  select(name, label, choices, change, about, words = {}) {
    return this.field(name, label, h("select", { id: unique(name), data: { field: name }, onchange: change },
      choices.map((value) => h("option", { value }, words[value] ?? value))), about);
  }

  get kind() { return this.kinds.map((label) => label.querySelector("input")).find(({ checked }) => checked)?.value; }

  /** Another kind has other networks, and other settings that are good for it. */
  kindChanged() {
    const { kind, defaults } = this;
    const scratch = kind === "scratch";
    this.offered = scratch ? this.options.networks : this.options.backbones;
    this.fields.backbone.replaceChildren(...this.offered.map(({ name }) => h("option", { value: name }, name)));
    this.fields.backbone.value = scratch ? defaults.network : defaults.backbone;
    this.fields.epochs.placeholder = String(defaults.epochs[kind]);
    this.fields.augment.value = defaults.augment[kind];
    this.fields.minutes.parentElement.hidden = kind === "head"; // it takes seconds
    this.networkChanged();
  }

  networkChanged() {
    setText(this.networkWords, this.offered.find(({ name }) => name === this.fields.backbone.value)?.words ?? "");
  }

  /** What was typed, as settings; what was left empty is left to the server. Null where it is wrong. */
  settings() {
    const typed = (name) => this.fields[name].value.trim();
    const settings = { photos: this.photos.id, kind: this.kind, backbone: this.fields.backbone.value };
    for (const [name, title, limits] of NUMBERS) {
      if (this.fields[name].parentElement.hidden) continue;
      const value = typed(name) ? number(typed(name), limits, { whole: name !== "minutes" }) : undefined;
      this.fields[name].setAttribute("aria-invalid", String(value === null));
      if (value === null) {
        setText(this.problem, `${title} must be a ${name === "minutes" ? "" : "whole "}number from ${limits[0]} to ${limits[1]}; got “${typed(name)}”.`);
        this.fields[name].focus();
        return null;
      }
      if (value !== undefined && name === "minutes") settings.time_limit = `${value}m`;
      else if (value !== undefined) settings[name] = value;
    }
    if (typed("name")) settings.name = typed("name");
    if (typed("flip")) settings.flip = typed("flip");
    if (typed("augment") !== this.defaults.augment[this.kind]) settings.augment = typed("augment");
    return settings;
  }

  async start() {
    const settings = this.settings();
    if (!settings) return;
    const made = await attempt(this.problem, () => server.startRun(settings));
    if (made) location.hash = `#/workbench/train/${this.photos.id}/${made.id}`;
  }
}
