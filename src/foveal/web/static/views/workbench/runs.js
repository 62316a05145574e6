// Every classifier of this computer, and what became of it.

import { counted, percent } from "../../math/scores.js";
import { h } from "../../widgets/dom.js";
import { table } from "../../widgets/pieces.js";
import * as server from "../../workbench_server.js";
import { date, heading, setOf, trainLink } from "./parts.js";
import { KIND_TITLES } from "./train.js";

const SIGNS = { running: "▶", stopped: "❚❚", done: "✓", failed: "✕" };
const HEADS = [["Name"], ["State"], ["Photos"], ["Trained"], ["Network"], ["Accuracy", 1], ["Epochs", 1], ["Begun"]];
const STATES = { running: "training", stopped: "stopped", done: "done", failed: "failed" };

const runLink = (run, sets) => (run.state === "done" ? `#/workbench/use/${run.id}` : trainLink(run, setOf(run, sets)));

const state = (run) => h("span", { class: "badge", data: { state: run.state } }, h("span", { "aria-hidden": "true" }, SIGNS[run.state] ?? ""), STATES[run.state] ?? run.state);

/** What a figure was measured on. */
export const measuredOn = (run) => counted(run.measured ?? 0, `${run.split} photo`);

const accuracy = (run) => (run.accuracy === null ? "" : `${percent(run.accuracy)} of ${measuredOn(run)} named rightly`);

export function runTiles(runs, sets) {
  return h("ul", { class: "tiles" }, runs.map((run) => h("li", {}, h("a", { class: "tile", href: runLink(run, sets) },
    h("em", {}, setOf(run, sets)?.name ?? "photos that are gone"), h("strong", {}, run.name), h("span", {}, accuracy(run) || STATES[run.state])))));
}

export async function mount(box) {
  const [{ runs }, { sets }] = await Promise.all([server.runs(), server.photoSets()]);
  box.append(heading("Your classifiers", "What was trained on this computer."));
  if (!runs.length) {
    box.append(h("p", {}, "None yet. ", h("a", { href: "#/workbench" }, "Train your first")));
    return {};
  }
  box.append(
    h("div", { class: "card" }, table("Classifiers", HEADS, runs.map((run) => [
      h("a", { href: runLink(run, sets) }, run.name), state(run), setOf(run, sets)?.name ?? "gone",
      KIND_TITLES[run.kind].toLowerCase(), run.backbone, run.accuracy === null ? "–" : `${percent(run.accuracy)} of ${measuredOn(run)}`, run.epochs_done, date(run.created),
    ]), counted(runs.length, "classifier"))),
    h("div", { class: "row" }, h("a", { class: "button primary", href: "#/workbench" }, "Train another"),
      runs.filter((run) => run.state === "done").length > 1 ? h("a", { class: "button", href: "#/workbench/compare" }, "Compare two") : ""));
  return {};
}
