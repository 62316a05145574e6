// The confusion matrix: a table that is one tab stop; Enter or a click on a cell shows its photos.

import { counted } from "../math/scores.js";
import { h } from "./dom.js";

// Headings can lie where the names are this short, or the classes few and the names not long.
const [TINY, FEW, SHORT] = [3, 7, 12];
const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

export class ConfusionGrid {
  /** classes: names; confusion: rows of actual classes; press(actual, predicted, n). */
  constructor(container, { classes, confusion, press }) {
    Object.assign(this, { classes, confusion, press, at: [0, 0] });
    const most = confusion.map((row) => row.reduce((sum, n) => sum + n, 0));
    this.cells = confusion.map((row, i) => row.map((n, j) => h("td", {
      role: "gridcell", tabindex: "-1", class: i === j ? "right" : n ? "wrong" : "",
      "aria-label": `Is ${classes[i]}, named ${classes[j]}: ${counted(n, "photo")}`,
      data: { actual: classes[i], predicted: classes[j], n, share: n ? Math.max(1, Math.ceil((n / most[i]) * 4)) : 0 },
    }, n ? String(n) : "·")));
    const longest = Math.max(...classes.map(({ length }) => length));
    const few = classes.length <= FEW && longest <= SHORT;
    this.table = h("table", { class: `confusion${few ? " few" : ""}${few || longest <= TINY ? " flat" : ""}`, role: "grid", "aria-label": "Confusion matrix",
      onclick: (event) => this.click(event), onkeydown: (event) => this.key(event) },
    h("thead", {}, h("tr", {}, h("th", { class: "corner", scope: "col" }, h("span", {}, "is ↓"), h("span", {}, "named →")),
      classes.map((name) => h("th", { scope: "col", title: name }, h("span", {}, name))))),
    h("tbody", {}, this.cells.map((row, i) => h("tr", {}, h("th", { scope: "row", title: classes[i] }, classes[i]), row))));
    this.cells[0][0].tabIndex = 0;
    container.append(h("div", { class: "table-wrap" }, this.table));
  }

  cell([row, column]) { return this.cells[row][column]; }

  move(at) {
    this.cell(this.at).tabIndex = -1;
    this.at = at;
    this.cell(at).tabIndex = 0;
    this.cell(at).focus();
  }

  open(at) {
    this.table.querySelector("[aria-selected]")?.removeAttribute("aria-selected");
    this.cell(at).setAttribute("aria-selected", "true");
    const [row, column] = at;
    this.press(this.classes[row], this.classes[column], this.confusion[row][column]);
  }

  click(event) {
    const cell = event.target.closest("td[data-n]");
    if (!cell) return;
    const row = this.cells.findIndex((line) => line.includes(cell));
    const at = [row, this.cells[row].indexOf(cell)];
    this.move(at);
    this.open(at);
  }

  key(event) {
    const last = this.classes.length - 1;
    const [row, column] = this.at;
    let next = null;
    if (MOVES[event.key]) next = [row + MOVES[event.key][0], column + MOVES[event.key][1]];
    else if (event.key === "Home") next = [event.ctrlKey ? 0 : row, 0];
    else if (event.key === "End") next = [event.ctrlKey ? last : row, last];
    else if (event.key === "Enter" || event.key === " ") this.open(this.at);
    else return;
    event.preventDefault();
    if (next) this.move(next.map((place) => Math.min(Math.max(place, 0), last)));
  }
}
