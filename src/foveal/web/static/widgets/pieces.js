// Pieces that the pages of the workbench are made of.

import { h } from "./dom.js";

export const button = (text, onclick, more = {}) => h("button", { type: "button", onclick, ...more }, text);

/** A card with a name; `loose` gives its parts more room. */
export const card = (name, ...parts) => h("section", { class: "card stack tight", "aria-label": name }, parts);
export const loose = (name, ...parts) => h("section", { class: "card stack", "aria-label": name }, parts);

/** Small and grey: what one may skip. */
export const aside = (...text) => h("p", { class: "small muted" }, text);

/** A table that scrolls by itself. heads: [title, is a number]; rows: of cells, the first a heading. */
export const table = (name, heads, rows, caption = null) => h("div", {
  class: "table-wrap", tabindex: "0", role: "region", "aria-label": name },
h("table", {}, caption && h("caption", {}, caption),
  h("thead", {}, h("tr", {}, heads.map(([title, number]) => h("th", { scope: "col", class: number && "number" }, title)))),
  h("tbody", {}, rows.map(([first, ...cells]) => h("tr", {}, h("th", { scope: "row" }, first),
    cells.map((cell, i) => h("td", { class: heads[i + 1][1] && "number" }, cell)))))));
