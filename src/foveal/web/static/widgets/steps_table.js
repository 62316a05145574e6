// Every step of a convolution as a real table, for whoever reads rather than watches.

import { explain } from "../math/convolution.js";
import { plain } from "../math/format.js";
import { h } from "./dom.js";

export function showSteps(steps, [rows, columns]) {
  const close = h("button", { onclick: () => dialog.close() }, "Close");
  const dialog = h("dialog", { "aria-label": "All steps", class: "wide" },
    h("div", { class: "stack tight" },
      h("div", { class: "row" }, h("h2", {}, "All steps"), close),
      h("div", { class: "table-wrap", tabindex: "0", role: "region", "aria-label": "All steps" },
        h("table", {},
          h("caption", {}, `${rows} rows and ${columns} columns: ${steps.length} output cells`),
          h("thead", {}, h("tr", {}, ["Row", "Column", "Sum", "Output"].map((name) =>
            h("th", { scope: "col" }, name)))),
          h("tbody", {}, steps.map((one) => h("tr", {},
            h("td", { class: "number" }, String(one.output[0] + 1)),
            h("td", { class: "number" }, String(one.output[1] + 1)),
            h("td", {}, explain(one)),
            h("td", { class: "number" }, plain(one.value)))))))));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
