// How good it is: accuracy in words, the confusion matrix with its photos, every class, the report.

import { accuracyWords, cautions, confusedPairs, counted, mainSplit, percent } from "../../math/scores.js";
import { ConfusionGrid } from "../../widgets/confusion_grid.js";
import { Choices } from "../../widgets/choices.js";
import { h, setText } from "../../widgets/dom.js";
import { gallery } from "../../widgets/photo_grid.js";
import { aside, button, card, loose, table } from "../../widgets/pieces.js";
import * as server from "../../workbench_server.js";
import { attempt, problemBox } from "./parts.js";

const PAIRS = 6;
const LARGEST = 40; // classes of a matrix that is shown unasked
const SPLITS = { test: "Test photos", validation: "Validation photos" };

export function mount(box, { about }) {
  const quality = new Quality(about);
  box.append(quality.root);
  return { unmount: () => quality.going.abort() };
}

class Quality {
  constructor(about) {
    Object.assign(this, { about, metrics: about.metrics, going: new AbortController() });
    this.problem = problemBox();
    this.root = h("div", { class: "stack" });
    this.splits = Object.keys(SPLITS).filter((name) => this.metrics.splits[name]);
    this.show(mainSplit(this.metrics));
  }

  show(name) {
    this.split = name;
    const { classes, splits } = this.metrics;
    const split = splits[name];
    const which = h("div");
    if (this.splits.length > 1) {
      new Choices(which, { legend: "Measured on", options: this.splits.map((value) => ({ value, title: SPLITS[value] })),
        change: (value) => { this.show(value); this.root.querySelector(`input[value="${value}"]`)?.focus(); } }).update(name);
    }
    this.root.replaceChildren(
      card("In a sentence", h("p", { class: "headline" }, accuracyWords(split, name)),
        cautions(this.metrics, name).map((text) => h("p", {}, text)),
        which,
        this.about.report ? h("p", {}, h("a", { href: this.about.report, target: "_blank", rel: "noopener" }, "Open the report"), h("span", { class: "muted" }, " with curves, mistakes and settings (in a new tab)")) : ""),
      this.matrix(classes, split), perClass(split),
      h("p", {}, h("a", { href: `#/workbench/compare?a=${this.about.id}` }, "Compare with another classifier")));
  }

  matrix(classes, split) {
    const pairs = confusedPairs(classes, split.confusion);
    const holder = h("div", { class: "stack tight" });
    this.photos = h("div", { class: "stack tight cell-photos", "aria-live": "polite" });
    const grid = () => new ConfusionGrid(holder, { classes, confusion: split.confusion,
      press: (actual, predicted, n) => this.cell(actual, predicted, n) });
    if (classes.length <= LARGEST) grid();
    else {
      const open = button(`Show the matrix of ${classes.length} classes`, () => { open.remove(); grid(); });
      holder.append(open);
    }
    return loose("What is mixed up", h("h2", {}, "What is mixed up"),
      pairs.length ? h("div", { class: "stack tight" }, h("p", {}, "Most often:"), h("ul", { class: "row pairs" }, pairs.slice(0, PAIRS).map(({ actual, predicted, n }) => h("li", {},
        button(`${actual} named ${predicted} (${n})`, () => this.cell(actual, predicted, n), { class: "small" })))))
        : h("p", {}, "Nothing: every one of these photos was named rightly."),
      aside("A row for what a photo is, a column for what it was named. Press a cell (or Enter on it; arrows move) to see its photos."),
      holder, this.problem, this.photos);
  }

  async cell(actual, predicted, n) {
    const mine = this.asked = {};
    const title = actual === predicted ? `${actual}, named rightly` : `${actual}, named ${predicted}`;
    const heading = h("h3", {}, `${title}: ${counted(n, "photo")}`);
    this.photos.replaceChildren(heading);
    if (!n) return;
    const wait = aside("Looking for them…"); // the first time all photos are named again
    this.photos.append(wait);
    const found = await attempt(this.problem, () => server.cellPhotos(this.about.id, this.split, actual, predicted, this.going.signal));
    wait.remove();
    if (!found || mine !== this.asked) return;
    const { photos } = found;
    if (photos.length < n) setText(heading, `${title}: ${photos.length} of ${counted(n, "photo")}`);
    this.photos.append(aside(`Below each photo: how probable “${predicted}” is, says the classifier. The surest come first.`),
      gallery(photos, title, (photo) => [photo.name, `${predicted}: ${percent(photo.probability, 0)}`]));
  }
}

function perClass(split) {
  const rows = Object.entries(split.per_class).map(([name, { n, recall, precision, f1 }]) =>
    [name, n.toLocaleString("en-US"), percent(recall), percent(precision), percent(f1)]);
  return card("Class by class", h("h2", {}, "Class by class"),
    aside("Found: of the photos of this class, how many were named so. Right: of the photos named so, how many are."),
    table("Figures of each class", [["Class"], ["Photos", 1], ["Found (recall)", 1], ["Right (precision)", 1], ["F1", 1]], rows));
}
