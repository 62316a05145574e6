// Where everything stands on the visualizer's page.

import { PARTS } from "../math/visualizer_state.js";
import { h } from "../widgets/dom.js";

const PART_NAMES = {
  choices: "choice of filter and input", kernel: "kernel editor", formula: "the sum",
  geometry: "geometry", display: "display", photo: "photo", output: "output",
};

const card = (part, title, ...children) => {
  const body = h("div", { class: "stack tight" });
  return { body, root: h("section", { class: "card", data: { part } },
    h("div", { class: "stack tight" }, h("h2", {}, title), ...children, body)) };
};

/** Fill the page; returns the places that widgets go into. acts: what the buttons do. */
export function layout(page, acts) {
  const status = h("p", { role: "status", class: "visually-hidden", id: "step-status" });
  const [purposeTitle, purpose] = [h("h2"), h("p", { class: "muted" })];
  const problem = h("p", { class: "problem", role: "alert", id: "geometry-problem" });
  const choices = h("div", { class: "stack" });
  const stage = h("div");
  const stepper = h("div");
  const stageCard = h("section", { class: "card", "aria-label": "Workbench" }, problem, stage, stepper);
  const sumTitle = h("h2");
  const sum = h("div");
  const exact = h("input", { type: "checkbox", data: { field: "exact" }, onchange: () => acts.exact(exact.checked) });
  const workings = h("section", { class: "card", data: { part: "formula" } }, h("div", { class: "stack tight" },
    h("div", { class: "row spread" }, sumTitle, h("label", { class: "check small" }, exact, "Full precision")),
    sum, h("div", { class: "row" }, h("button", { class: "small", onclick: acts.describe }, "Describe all steps"))));
  const about = h("section", { class: "card purpose", data: { part: "choices" } },
    h("div", { class: "stack tight" }, purposeTitle, purpose));
  const kernel = card("kernel", "Change the filter");
  const geometry = card("geometry", "Geometry");
  const display = card("display", "Display");
  const photo = card("photo", "Use a photo");
  const hides = new Map(PARTS.map((part) => [part, h("input", {
    type: "checkbox", onchange: (event) => acts.hide(part, event.target.checked) })]));
  const teacher = h("details", { class: "teacher" }, h("summary", {}, "For teachers: hide parts, then share the link"),
    h("div", { class: "row" }, PARTS.map((part) =>
      h("label", { class: "check small" }, hides.get(part), PART_NAMES[part]))));
  const root = h("div", { class: "stack" },
    h("div", { class: "title-row" },
      h("div", {}, h("h1", { tabindex: "-1" }, "Filter visualizer"),
        h("p", { class: "lead" }, "A filter slides over the input. At every place it multiplies, adds, and writes one number. Press Animate, or walk through it cell by cell.")),
      h("div", { class: "row" },
        h("button", { class: "small", onclick: acts.copyLink }, "Copy link"),
        h("button", { class: "small", onclick: acts.python }, "Copy as Python"),
        h("button", { class: "small quiet", onclick: acts.reset }, "Reset"))),
    h("div", { data: { part: "choices" } }, choices),
    stageCard, status,
    h("div", { class: "columns wide-left" }, workings, h("div", { class: "stack" }, about, kernel.root)),
    h("div", { class: "columns" }, geometry.root, display.root),
    photo.root, teacher,
    h("p", { class: "small muted" }, "In a grid: arrows move, Home and End jump, Enter pins, Escape lets go, F2 or a digit edits. In the workbench: K plays, J and L step."));
  page.append(root);
  return {
    root, status, choices, stage, stepper, stageCard, problem, sum, sumTitle, workings, purpose,
    purposeTitle, kernel: kernel.body, geometry: geometry.body, display: display.body,
    photo: photo.body, hides,
  };
}
