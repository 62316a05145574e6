// Every classifier of this computer, and what became of it.

import { counted, percent } from "../../math/scores.js";
import { confirmed } from "../../widgets/confirm.js";
import { h, setText } from "../../widgets/dom.js";
import { button, table } from "../../widgets/pieces.js";
import * as server from "../../workbench_server.js";
import { attempt, date, heading, problemBox, setOf } from "./parts.js";
import { KIND_TITLES, measuredOn, runLink, STATES } from "./run_words.js";

const SIGNS = { running: "▶", stopped: "❚❚", done: "✓", failed: "✕" };
const HEADS = [["Name"], ["State"], ["Photos"], ["Trained"], ["Network"], ["Accuracy", 1], ["Epochs", 1], ["Begun"]];

const state = (run) => h("span", { class: "badge", data: { state: run.state } }, h("span", { "aria-hidden": "true" }, SIGNS[run.state] ?? ""), STATES[run.state] ?? run.state);

/** Ask, delete a run, and say so; null where it was not deleted. */
export async function removeRun(run, problem) {
  const yes = await confirmed(`Delete ${run.name}?`, run.state === "done" ? "The classifier, its report and its exports are deleted from this computer and cannot be brought back. Its photos stay."
    : "What it has learned and kept is deleted from this computer and cannot be brought back. Its photos stay.", "Delete");
  return yes ? attempt(problem, () => server.removeRun(run.id)) : null;
}

export async function mount(box) {
  const problem = problemBox();
  const status = h("p", { role: "status", class: "visually-hidden" });
  const list = h("div", { class: "stack" });
  const title = heading("Your classifiers", "What was trained on this computer.");
  box.append(title, problem, status, list);
  const show = async () => {
    const [{ runs }, { sets }] = await Promise.all([server.runs(), server.photoSets()]);
    list.replaceChildren(...listed(runs, sets, async (run) => {
      if (!await removeRun(run, problem)) return;
      await show();
      setText(status, `${run.name} is deleted.`);
      title.querySelector("h1").focus();
    }));
  };
  await show();
  return {};
}

function listed(runs, sets, remove) {
  if (!runs.length) return [h("p", {}, "None yet. ", h("a", { href: "#/workbench" }, "Train your first"))];
  return [
    h("div", { class: "card" }, table("Classifiers", [...HEADS, [h("span", { class: "visually-hidden" }, "Delete")]], runs.map((run) => [
      h("a", { href: runLink(run, sets) }, run.name), state(run), setOf(run, sets)?.name ?? "gone",
      KIND_TITLES[run.kind].toLowerCase(), run.backbone, run.accuracy === null ? "–" : `${percent(run.accuracy)} of ${measuredOn(run)}`, run.epochs_done, h("span", { class: "one-line" }, date(run.created)),
      run.removable ? button("Delete…", () => remove(run), { class: "small", "aria-label": `Delete ${run.name}…` }) : "",
    ]), counted(runs.length, "classifier"))),
    h("div", { class: "row" }, h("a", { class: "button primary", href: "#/workbench" }, "Train another"),
      runs.filter((run) => run.state === "done").length > 1 ? h("a", { class: "button", href: "#/workbench/compare" }, "Compare two") : "")];
}
