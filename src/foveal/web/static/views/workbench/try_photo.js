// Try a photo or the webcam: the likeliest classes, and what in the photo speaks for each.

import { percent } from "../../math/scores.js";
import { ServerError } from "../../server.js";
import { h, setText } from "../../widgets/dom.js";
import { HeatPhoto } from "../../widgets/heat_photo.js";
import { Choices } from "../../widgets/choices.js";
import { PhotoInput } from "../../widgets/photo_input.js";
import { aside, button, card } from "../../widgets/pieces.js";
import * as server from "../../workbench_server.js";
import { keep, kept } from "./kept_photo.js";
import { attempt, problemBox, sentence } from "./parts.js";

const [TOP, EXPLAINED] = [5, 3];
const EVERY = 400; // ms between two questions how far it is
const QUIET = 5000; // ms between two answers read aloud while the webcam runs
const METHODS = [["gradcam", "Grad-CAM"], ["gradcam++", "Grad-CAM++"], ["occlusion", "Occlusion (slow)"]];

export function mount(box, { about }) {
  const view = new TryPhoto(box, about);
  const photo = kept(about.id);
  view.prepare(view.reject.checked).catch(quietly); // before the first photo comes
  if (photo) view.input.open(photo.blob, photo.name);
  return { unmount: () => view.unmount() };
}

/** What cannot be loaded is said when it is asked. */
const quietly = (error) => { if (!(error instanceof ServerError)) throw error; };

class TryPhoto {
  constructor(box, about) {
    Object.assign(this, { about, method: "gradcam", turn: 0, spoken: 0, here: true, rejects: Boolean(about.rejects) });
    this.problem = problemBox();
    this.status = h("p", { role: "status", class: "visually-hidden" });
    this.answer = h("p", { class: "answer" }, "Give it a photo: its answer comes here.");
    this.bars = h("ul", { class: "bars answers-list" });
    this.all = button("", () => this.unfold(), { class: "small quiet", hidden: true, "aria-expanded": "false" });
    this.facts = aside();
    this.unable = aside();
    this.loading = h("p", { class: "small muted", role: "status" });
    this.reject = h("input", { type: "checkbox", checked: this.rejects, onchange: () => this.again() });
    const columns = h("div", { class: "columns" });
    box.append(this.status, columns);
    this.input = new PhotoInput(columns, { chosen: (blob, name, live) => this.look(blob, name, live) });
    columns.append(card("Answer", this.answer, this.problem, this.loading, this.bars, this.all, this.facts,
      h("label", { class: "check small" }, this.reject, "Say “none of these” when it is unlike what it learned"), this.unable));
    this.why = h("section", { class: "card stack", hidden: true, "aria-label": "Why" });
    box.append(this.why);
    this.buildWhy();
  }

  buildWhy() {
    this.classes = h("div", { class: "row", role: "group", "aria-label": "Class to explain" });
    this.live = button("Stop here and explain", () => this.freeze(), { class: "primary fitting", hidden: true });
    this.unclear = problemBox();
    this.busy = h("p", { class: "muted", role: "status" });
    const [left, right] = [h("div", { class: "stack tight" }), h("div", { class: "stack" })];
    this.panes = h("div", { class: "columns", hidden: true }, left, right);
    this.why.append(h("h2", {}, "Why?"), h("p", { class: "muted" }, "What in the photo speaks for a class. Choose one:"), this.classes, this.live, this.unclear, this.panes);
    this.heat = new HeatPhoto(left);
    new Choices(right, { legend: "Method", options: METHODS.map(([value, title]) => ({ value, title })),
      change: (method) => { this.method = method; if (this.explained) this.explain(this.explained); } }).update(this.method);
    right.append(this.busy, aside("Grad-CAM weighs the last maps of the network by how much each speaks for the class. Occlusion covers one place after another and watches the answer: slow, but it asks nothing of the network."));
  }

  /** False tells a running webcam to stop. */
  async look(blob, name, live) {
    const mine = this.turn += 1;
    if (!live) setText(this.answer, "Looking…");
    const found = await attempt(this.problem, () => this.predict(blob));
    if (mine !== this.turn) return true;
    if (!found) {
      if (!live) this.forget();
      return false;
    }
    this.photo = { blob, name };
    keep(this.about.id, this.photo);
    this.show(found, live);
    return true;
  }

  /** What was said of the photo before must not stand beside this one. */
  forget() {
    this.found = [];
    this.photo = null;
    this.going?.abort();
    setText(this.answer, "No answer.");
    this.answer.classList.remove("rejected");
    this.fill();
    setText(this.facts, "");
    this.why.hidden = true;
  }

  /** Let the server load the classifier, and learn what to reject where it must; say how far it is. */
  async prepare(reject) {
    let found = await server.prepare(this.about.id, reject);
    while (found.state === "loading" && this.here) {
      setText(this.loading, sentence(found.sentence));
      await new Promise((done) => { setTimeout(done, EVERY); });
      found = await server.readiness(this.about.id, reject);
    }
    setText(this.loading, "");
    if (found.state === "failed") throw new ServerError(found.sentence, 422);
    setText(this.unable, sentence(found.sentence));
    this.rejects ||= reject;
  }

  /** Where it cannot be learned what is unlike, answer without that, and say why. */
  async predict(blob) {
    try {
      if (this.reject.checked && !this.rejects) await this.prepare(true);
      return await server.predict(this.about.id, blob, this.reject.checked);
    } catch (error) {
      if (!this.reject.checked || ![409, 422].includes(error.status)) throw error;
      const found = await server.predict(this.about.id, blob, false);
      this.reject.checked = false;
      this.reject.disabled = true;
      setText(this.unable, sentence(error.message));
      return found;
    }
  }

  again() { if (this.photo && !this.input.camera.on) this.look(this.photo.blob, this.photo.name, false); }

  show(found, live) {
    const [best] = found.classes;
    const words = found.rejected ? "None of these" : best.label;
    setText(this.answer, words);
    this.answer.classList.toggle("rejected", Boolean(found.rejected));
    const said = found.rejected ? `None of these; the nearest is ${best.label} with ${percent(best.probability, 0)}.`
      : `${best.label}, ${percent(best.probability, 0)}.`;
    if (!live || (words !== this.words && performance.now() - this.spoken > QUIET)) {
      this.spoken = performance.now();
      setText(this.status, said);
    }
    this.words = words;
    this.found = found.classes;
    this.fill();
    setText(this.facts, [found.rejected ? `The nearest would be “${best.label}”.` : "", found.milliseconds ? `Answered in ${Math.max(1, Math.round(found.milliseconds))} ms.` : "", live ? "" : found.preprocess ?? ""].filter(Boolean).join(" "));
    this.why.hidden = false;
    this.live.hidden = !live;
    this.classes.hidden = live;
    if (live) this.panes.hidden = true;
    else this.offer();
  }

  fill() {
    const most = this.unfolded ? this.found.length : TOP;
    // The same elements again: a webcam's answers must not make the page flicker.
    const shown = this.found.slice(0, most);
    while (this.bars.children.length > shown.length) this.bars.lastElementChild.remove();
    shown.forEach(({ label, probability }, i) => {
      const row = this.bars.children[i] ?? this.bars.appendChild(h("li", {}, h("span", { class: "name" }), h("meter", { min: 0, max: 1 }), h("b", { class: "number" })));
      const [name, meter, number] = row.children;
      setText(name, label);
      meter.value = probability;
      meter.setAttribute("aria-label", label);
      setText(number, percent(probability));
    });
    this.all.hidden = this.found.length <= TOP;
    setText(this.all, this.unfolded ? `Only the first ${TOP}` : `All ${this.found.length} classes`);
    this.all.setAttribute("aria-expanded", String(Boolean(this.unfolded)));
  }

  unfold() {
    this.unfolded = !this.unfolded;
    this.fill();
  }

  offer() {
    this.buttons = this.found.slice(0, EXPLAINED).map(({ label }) => button(label, () => this.explain(label), { "aria-pressed": "false" }));
    this.classes.replaceChildren(...this.buttons);
    this.panes.hidden = true;
    this.heat.root.hidden = true; // the map is of the photo before
    this.explained = null;
    this.going?.abort();
    setText(this.busy, "");
  }

  async freeze() {
    await this.input.freeze();
    if (this.photo) await this.look(this.input.last ?? this.photo.blob, "Webcam", false);
    await this.explain(this.found[0].label);
    this.buttons[0].focus();
  }

  async explain(label) {
    this.explained = label;
    this.panes.hidden = false;
    const mine = this.explaining = {};
    this.going?.abort();
    this.going = new AbortController();
    this.buttons.forEach((button) => button.setAttribute("aria-pressed", String(button.textContent === label)));
    setText(this.busy, this.heat.said ? "Working it out…" : "Working it out; the first time takes a few seconds more…");
    const title = METHODS.find(([name]) => name === this.method)[1].replace(" (slow)", "");
    const found = await attempt(this.unclear, () => server.explain(this.about.id, this.photo.blob, label, this.method, this.going.signal));
    if (mine !== this.explaining || label !== this.explained) return;
    setText(this.busy, "");
    if (!found) return;
    // The answer as it was shown: PyTorch, which explains, may round a last digit otherwise.
    const { probability } = this.found.find((one) => one.label === label) ?? found;
    this.heat.update({ ...found, probability }, title);
    setText(this.status, this.heat.said);
  }

  unmount() {
    this.here = false;
    this.going?.abort();
    this.input.unmount();
  }
}
