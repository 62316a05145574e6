// What is said of a run wherever one is named: its state, what it learned, what its figure is of.

import { counted, percent } from "../../math/scores.js";
import { h } from "../../widgets/dom.js";
import { setOf, trainLink } from "./parts.js";

export const KIND_TITLES = { head: "Only the last layer", "fine-tune": "The last blocks too", scratch: "Everything, from scratch" };
export const STATES = { running: "training", stopped: "stopped", done: "done", failed: "failed" };

export const runLink = (run, sets) => (run.state === "done" ? `#/workbench/use/${run.id}` : trainLink(run, setOf(run, sets)));

/** What a figure was measured on. */
export const measuredOn = (run) => counted(run.measured ?? 0, `${run.split} photo`);

const accuracy = (run) => (run.accuracy === null ? "" : `${percent(run.accuracy)} of ${measuredOn(run)} named rightly`);

export function runTiles(runs, sets) {
  return h("ul", { class: "tiles" }, runs.map((run) => h("li", {}, h("a", { class: "tile", href: runLink(run, sets) },
    h("em", {}, setOf(run, sets)?.name ?? "photos that are gone"), h("strong", {}, run.name), h("span", {}, accuracy(run) || STATES[run.state])))));
}
