// Two classifiers on the same photos, and whether the difference could be chance.

import { counted, percent } from "../../math/scores.js";
import { h, setText, unique } from "../../widgets/dom.js";
import { aside, button, card, table } from "../../widgets/pieces.js";
import * as server from "../../workbench_server.js";
import { attempt, heading, problemBox, sentence } from "./parts.js";
import { measuredOn } from "./run_words.js";

export async function mount(box, { query }) {
  const { runs } = await server.runs();
  const view = new Compare(box, runs.filter(({ state }) => state === "done"));
  view.load(query);
  return { unmount: () => view.leave(), update: (route) => { view.load(route.query); return true; } };
}

class Compare {
  constructor(box, runs) {
    this.runs = runs;
    this.problem = problemBox();
    this.status = h("p", { role: "status", class: "muted" });
    this.result = h("div", { class: "stack" });
    this.cancel = button("Cancel", () => this.stop(), { hidden: true });
    const select = (label) => {
      const id = unique("run");
      const control = h("select", { id, onchange: () => this.changed() }, h("option", { value: "" }, "choose…"), runs.map((run) =>
        h("option", { value: run.id }, `${run.name}${run.accuracy === null ? "" : ` (${percent(run.accuracy)} of ${measuredOn(run)})`}`)));
      return [control, h("div", { class: "field" }, h("label", { for: id }, label), control)];
    };
    const [[a, first], [b, second]] = [select("First"), select("Second")];
    Object.assign(this, { a, b });
    box.append(heading("Compare two classifiers", "Both answer the same photos, which neither has learned from: their test photos or, where there are none, those of validation."),
      runs.length < 2 ? h("p", {}, "Two finished trainings are needed; there ", runs.length ? "is one. " : "are none. ", h("a", { href: "#/workbench" }, "Train another")) : h("div", { class: "row end" }, first, second),
      this.problem, this.status, h("div", { class: "row" }, this.cancel), this.result);
  }

  changed() {
    const chosen = [["a", this.a.value], ["b", this.b.value]].filter(([, id]) => id).map((pair) => pair.join("="));
    location.hash = `#/workbench/compare?${chosen.join("&")}`;
  }

  /** The server ends what nobody waits for. */
  leave() {
    this.going?.abort();
    this.turn = null;
    this.result.removeAttribute("aria-busy");
    this.cancel.hidden = true;
  }

  stop() {
    this.leave();
    setText(this.status, "Cancelled. Choose two to compare.");
    this.a.focus();
  }

  async load(query) {
    this.leave();
    const known = (id) => (this.runs.some((run) => run.id === id) ? id : "");
    [this.a.value, this.b.value] = [known(query.get("a")), known(query.get("b"))];
    this.result.replaceChildren();
    setText(this.problem, "");
    setText(this.status, "");
    if (!this.a.value || !this.b.value) return;
    if (this.a.value === this.b.value) return void setText(this.problem, "These are the same; choose two different ones.");
    const mine = this.turn = {};
    this.going = new AbortController();
    this.cancel.hidden = false;
    setText(this.status, "Both are looking at the photos… Classifiers can be tried meanwhile; leaving this page cancels it.");
    this.result.setAttribute("aria-busy", "true");
    const found = await attempt(this.problem, () => server.compare(this.a.value, this.b.value, this.going.signal));
    if (mine !== this.turn) return;
    this.leave();
    setText(this.status, "");
    if (found) this.show(found);
  }

  show(found) {
    const words = found.sentence ?? found.conclusion;
    const alone = [found.only_first_right, found.only_second_right];
    const interval = (ends) => (ends ? ends.map((end) => percent(end)).join(" to ") : "not defined");
    const [low, high] = found.difference_ci95 ?? [];
    const points = (share) => `${share < 0 ? "−" : "+"}${Math.abs(100 * share).toFixed(1)}`;
    setText(this.status, "");
    this.result.append(
      card("Result", h("p", { class: "headline" }, sentence(words)),
        low === undefined ? "" : h("p", { class: "muted" }, `Second minus first: ${points(found.difference)} points on ${counted(found.n, "photo")}; the true difference lies between ${points(low)} and ${points(high)} (95 % interval).`)),
      h("div", { class: "card" }, table("Figures", [["Classifier"], ["Accuracy", 1], ["95 % interval", 1], ["Right where the other is wrong", 1]],
        found.runs.map((run, i) => [run.run, percent(run.accuracy), interval(run.accuracy_ci95), alone[i].toLocaleString("en-US")])),
      aside(`Both right: ${found.both_right}. Both wrong: ${found.both_wrong}.${found.left_out ? ` ${counted(found.left_out, "photo")} in only one of the tests left out.` : ""}`)));
  }
}
