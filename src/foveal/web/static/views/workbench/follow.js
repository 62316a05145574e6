// A training while it runs, and what came of it: phase, pace, live chart, stop and resume.

import { grouped } from "../../math/format.js";
import { accuracyWords, cautions, counted, mainSplit, percent } from "../../math/scores.js";
import { duration, hear, historyRows, phaseWords, share, shownRows, START } from "../../math/training.js";
import { ServerError } from "../../server.js";
import { h, setText } from "../../widgets/dom.js";
import { RunChart } from "../../widgets/run_chart.js";
import { button, card, loose } from "../../widgets/pieces.js";
import * as server from "../../workbench_server.js";
import { attempt, busy, NextBar, NO_SET, problemBox, sentence } from "./parts.js";
import { measuredOn } from "./run_words.js";

const [EVERY, HIDDEN, GONE] = [700, 3000, 2500]; // ms between two questions to the server
const STATES = { running: "Training", stopped: "Stopped", done: "Done", failed: "Failed" };

export async function follow(box, { set, run, steps, query }) {
  const [about, { runs }] = await Promise.all([server.run(run), server.runs()]);
  const view = new Follow(box, { set, about, steps, others: runs.filter(({ id }) => id !== run) });
  view.loop();
  const overlaid = (query.get("with") ?? "").split(",").filter(Boolean);
  if (overlaid.length) view.overlay(overlaid);
  return { unmount: () => view.unmount(), update: (route) => {
    view.overlay((route.query.get("with") ?? "").split(",").filter(Boolean));
    return true;
  } };
}

class Follow {
  constructor(box, { set, about, steps, others }) {
    Object.assign(this, { set: set === NO_SET ? null : set, about, steps, id: about.id, training: START, after: 0, here: true, others });
    this.title = h("h1", { tabindex: "-1" });
    this.badge = h("span", { class: "badge" });
    this.status = h("p", { role: "status", class: "visually-hidden" });
    this.problem = problemBox();
    this.phase = h("p", { class: "phase" });
    this.pace = h("p", { class: "muted number" });
    this.bar = h("progress", { max: 1, "aria-label": "How far the training is" });
    this.stop = button("Stop", () => busy(this.stop, () => this.halt()));
    this.resume = button("Resume", () => busy(this.resume, () => this.goOn()), { class: "primary" });
    this.drop = button("Delete this training…", () => this.remove(), { class: "small" });
    this.remarks = h("ul", { class: "remarks" });
    this.outcome = h("div");
    this.pick = h("fieldset", { class: "overlay-choice" }, h("legend", { class: "small" }, "Also show"));
    const charts = loose("Chart", h("h2", {}, "How it learns"));
    this.now = card("Now", this.phase, this.bar, this.pace, h("div", { class: "row" }, this.stop, this.resume));
    box.append(h("div", { class: "row" }, this.title, this.badge), this.status, this.problem, this.outcome, this.now, charts);
    this.chart = new RunChart(charts);
    charts.append(this.pick, h("details", {}, h("summary", {}, "What the curves say"), h("div", { class: "stack tight" }, EXPLAINED.map((text) => h("p", {}, text)))));
    box.append(h("section", { class: "card stack tight", hidden: true, "aria-label": "Remarks" }, h("h2", {}, "Remarks"), this.remarks));
    this.next = new NextBar(box, { text: "Next: use it" });
    box.append(h("div", { class: "row" }, this.set && h("a", { href: `#/workbench/train/${set}` }, "Train again with other settings"), h("a", { href: "#/workbench/runs" }, "All classifiers"), this.drop));
    this.visible = () => { if (!document.hidden) this.wake?.(); };
    document.addEventListener("visibilitychange", this.visible);
    this.offer();
    this.show();
  }

  get running() { return this.about.state === "running"; }

  /** Ask what is new until the training has ended; a server that is gone is asked again. */
  async loop() {
    this.looping = true;
    while (this.here) {
      let pause = document.hidden ? HIDDEN : EVERY;
      try {
        const { events, next, state } = await server.events(this.id, this.after);
        if (!this.here) return;
        this.training = hear(this.training, events);
        const more = next !== this.after;
        this.after = next;
        if (this.lost) {
          this.say("The server answers again.");
          setText(this.problem, "");
        }
        this.lost = false;
        // One that was started in a terminal tells nothing here: its files are looked at instead.
        if (state !== this.about.state || (state !== "running" && !this.complete) || this.about.here === false) {
          this.about = await server.run(this.id);
          if (!this.here) return;
          this.complete = this.about.state !== "running";
        }
        this.show();
        if (this.complete && !more) break;
      } catch (error) {
        if (!this.here) return;
        if (!(error instanceof ServerError)) throw error;
        pause = GONE;
        this.lost = true;
        setText(this.problem, `${sentence(error.message)} Trying again; a training goes on without this page.`);
        if (error.status === 404) break;
      }
      await new Promise((done) => { this.wake = done; setTimeout(done, pause); });
    }
    this.looping = false;
  }

  show() {
    const { about, training } = this;
    setText(this.title, `Train: ${about.name}`);
    setText(this.badge, STATES[about.state] ?? about.state);
    this.badge.dataset.state = about.state;
    const rows = this.rows();
    this.stopping &&= this.running;
    setText(this.phase, this.stopping ? "Stopping: the state is being written…"
      : this.running ? phaseWords(training, about.kind) : END[about.state](rows, about.kind));
    const far = this.running ? share(training) : null;
    this.bar.hidden = !this.running;
    if (far === null) this.bar.removeAttribute("value");
    else this.bar.value = far;
    setText(this.pace, this.running ? paceWords(training, rows) : "");
    this.now.hidden = about.state === "done" || about.state === "failed" && !about.resumable;
    this.stop.hidden = !this.running || about.here === false;
    this.resume.hidden = this.running || !about.resumable;
    this.drop.hidden = this.running || !about.removable;
    this.chart.update({ name: about.name, rows }, [...this.overlaid.values()]);
    this.remark([...training.warnings.map((text) => ["Warning: ", text]), ...training.notes.map((text) => ["", text])]);
    this.steps.update({ set: this.set, run: this.id, done: about.state === "done" });
    this.conclude(rows);
    this.announce(rows);
  }

  rows() {
    const heard = shownRows(this.training);
    return heard.length ? heard : historyRows(this.about.history ?? []);
  }

  conclude(rows) {
    const key = [this.about.state, Boolean(this.about.metrics)].join();
    if (key === this.concluded) return;
    this.concluded = key;
    const { state, metrics, error, report } = this.about;
    if (state === "failed") {
      this.outcome.replaceChildren(h("div", { class: "card verdict-card error", role: "alert" },
        h("span", { class: "sign", "aria-hidden": "true" }, "✕"), h("p", {}, sentence(error ?? "The training failed without a word."))));
    } else if (state === "done" && metrics) {
      const split = mainSplit(metrics);
      const but = cautions(metrics, split);
      this.outcome.replaceChildren(h("div", { class: `card verdict-card ${but.length ? "warning" : "good"}` },
        h("span", { class: "sign", "aria-hidden": "true" }, but.length ? "!" : "✓"),
        h("div", { class: "stack tight" }, h("p", { class: "strong" }, accuracyWords(metrics.splits[split], split)),
          but.map((text) => h("p", {}, text)),
          report && h("p", {}, h("a", { href: report, target: "_blank", rel: "noopener" }, "Open the report"), " (in a new tab)"))));
    } else this.outcome.replaceChildren();
    this.next.update({ href: state === "done" ? `#/workbench/use/${this.id}` : null,
      why: { running: "It can be used when the training is done. You may leave this page: it goes on.", stopped: "Stopped: resume it, or train again.",
        failed: "Train again with other photos or settings.", done: "" }[state] ?? "" });
    if (state === "done" && rows.length && this.seenRunning) this.say("Training is done. The next step is to use it.");
  }

  /** Not every second: when the phase changes, and at each quarter. */
  announce(rows) {
    if (!this.running || this.stopping) return;
    this.seenRunning = true;
    const far = share(this.training);
    const name = this.training.step ? "Training" : this.training.stage?.name ?? "Starting";
    const key = `${name} ${far === null ? "" : Math.floor(far * 4)}`;
    if (key === this.told) return;
    this.told = key;
    const accuracy = rows.at(-1)?.validation_accuracy;
    this.say(`${phaseWords(this.training, this.about.kind)}${accuracy === undefined ? "" : ` Validation accuracy ${percent(accuracy)}.`}`);
  }

  say(text) { setText(this.status, text); }

  remark(list) {
    const key = list.length;
    if (key === this.remarked) return;
    this.remarked = key;
    this.remarks.replaceChildren(...list.map(([kind, text]) => h("li", {}, kind && h("b", {}, kind), sentence(text))));
    this.remarks.parentElement.hidden = !list.length;
  }

  async halt() {
    const done = await attempt(this.problem, () => server.stopRun(this.id));
    if (!done) return;
    this.stopping = true;
    this.show();
    this.say(this.phase.textContent);
    while (this.here && this.looping && this.running) await new Promise((go) => { setTimeout(go, 100); });
    if (!this.here) return;
    this.say(STATES[this.about.state]);
    if (!this.resume.hidden) this.resume.focus();
  }

  async goOn() {
    const done = await attempt(this.problem, () => server.resumeRun(this.id));
    if (!done) return;
    this.complete = false;
    this.about = { ...this.about, state: "running", error: null };
    this.show();
    this.stop.focus();
    if (!this.looping) this.loop();
  }

  async remove() {
    const { removeRun } = await import("./runs.js"); // only loaded where it is asked for
    if (await removeRun(this.about, this.problem)) location.hash = "#/workbench/runs";
  }

  overlaid = new Map();

  /** Check boxes for past runs; which are shown is kept in the address. */
  offer() {
    const past = this.others.filter(({ state }) => state !== "failed").slice(0, 8);
    this.pick.hidden = !past.length;
    this.boxes = past.map((one) => {
      const input = h("input", { type: "checkbox", value: one.id, onchange: () => this.choose() });
      this.pick.append(h("label", { class: "check small" }, input, `${one.name}${one.accuracy === null ? "" : ` (${percent(one.accuracy)} of ${measuredOn(one)})`}`));
      return input;
    });
  }

  choose() {
    const ids = this.boxes.filter(({ checked }) => checked).map(({ value }) => value);
    history.replaceState(null, "", `#/workbench/train/${this.set}/${this.id}${ids.length ? `?with=${ids.join(",")}` : ""}`);
    this.overlay(ids);
  }

  async overlay(ids) {
    this.boxes.forEach((input) => { input.checked = ids.includes(input.value); });
    for (const id of [...this.overlaid.keys()]) if (!ids.includes(id)) this.overlaid.delete(id);
    const missing = ids.filter((id) => !this.overlaid.has(id));
    await attempt(this.problem, async () => {
      for (const id of missing) {
        const about = await server.run(id);
        let rows = historyRows(about.history ?? []);
        if (!rows.length) rows = shownRows(hear(START, (await server.events(id, 0)).events));
        this.overlaid.set(id, { name: about.name, rows });
      }
    });
    if (this.here) this.show();
  }

  unmount() {
    this.here = false;
    this.wake?.();
    document.removeEventListener("visibilitychange", this.visible);
  }
}

const END = {
  done: () => "",
  stopped: (rows, kind) => `Stopped ${!rows.length ? "before the first epoch was done" : kind === "fine-tune" && rows[0].phase === "head"
    ? "when the head had learned, and the last blocks not yet" : `after ${counted(rows.length, "epoch")}`}; what was learned so far is kept.`,
  failed: () => "The training ended with an error.",
};

function paceWords({ step }, rows) {
  const last = rows.at(-1);
  return [
    step?.images_per_second ? `${grouped(Math.round(step.images_per_second))} images/s` : "",
    step?.seconds_left ? `about ${duration(step.seconds_left)} left` : "",
    last ? `validation accuracy ${percent(last.validation_accuracy)}` : "",
  ].filter(Boolean).join(" · ");
}

const EXPLAINED = [
  "Loss is how far the answers are from the right ones: lower is better. Accuracy is the share of photos that are named rightly: higher is better.",
  "Training photos are those it learns from; validation photos it never learns from. When the validation curves stop getting better while the training curves still do, it begins to learn the photos by heart, and more epochs do not help.",
];
