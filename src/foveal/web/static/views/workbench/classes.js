// A set of photos: a card for each class, with every way to add photos to it.

import { looksLikeImage } from "../../math/folders.js";
import { counted } from "../../math/scores.js";
import { recall, remember } from "../../local.js";
import { queueOf, remarks, settled } from "../../uploads.js";
import { confirmed } from "../../widgets/confirm.js";
import { h, setText, unique } from "../../widgets/dom.js";
import { PhotoGrid } from "../../widgets/photo_grid.js";
import { dropZone, picker } from "../../widgets/picked_files.js";
import { Recorder } from "../../widgets/recorder.js";
import { aside, button } from "../../widgets/pieces.js";
import * as server from "../../workbench_server.js";
import { attempt, heading, NextBar, problemBox, sentence } from "./parts.js";

const [FEW, LEAST] = [10, 2]; // photos of a class: too few to learn from; what the server needs
const [SHOWN, SHOWN_REFUSALS] = [60, 50]; // as many photos of a class as the server lists
const EVERY = 250; // ms between two looks of a card, however fast photos arrive
const EXAMPLES = ["such as: my mug", "such as: my keys"];

export class ClassCards {
  constructor(box, set, limits) {
    this.set = set;
    this.key = `classes.${set.id}`; // named here but without photos: the server has no folder yet
    this.queue = queueOf(set.id);
    this.queue.most = limits.photo_mb;
    this.cards = new Map();
    this.status = h("p", { role: "status", class: "visually-hidden" });
    this.problem = problemBox();
    this.list = h("div", { class: "class-cards" });
    const id = unique("class");
    this.name = h("input", { type: "text", id, autocomplete: "off", maxlength: "60", placeholder: EXAMPLES[0] });
    const form = h("form", { class: "card stack tight add-class", onsubmit: (event) => this.submit(event) },
      h("label", { for: id, class: "strong" }, "Add a class"),
      aside("A class is one kind of thing that it shall tell apart from the others."),
      h("div", { class: "row nowrap" }, this.name, h("button", { type: "submit" }, "Add")));
    box.append(heading(`Photos: ${set.name}`, "Name the classes and give each at least ten photos: different backgrounds, sides and light. More is better."),
      remarks.has(set.id) ? h("p", { class: "banner" }, sentence(remarks.get(set.id))) : "", this.problem, this.status, this.list);
    this.list.append(form);
    this.next = new NextBar(box, { text: "Next: check the photos" });
    this.halt = button("Stop sending", () => this.stop(), { class: "small", hidden: true });
    this.next.slot.before(this.halt);
    this.clearing = button("Remove this collection…", () => this.clear(), { class: "small" });
    box.append(h("div", { class: "row" }, this.clearing));
    for (const { name, n } of set.classes) this.card(name).update({ n, photos: set.photos[name] ?? [], stored: true });
    for (const name of recall(this.key, [])) this.card(name);
    for (const name of this.queue.classes.keys()) this.card(name);
    this.listeners = Object.entries({ changed: (event) => this.changed(event.detail), added: (event) => this.added(event.detail),
      waiting: (event) => this.cards.get(event.detail.label)?.busy(event.detail.seconds) });
    this.listeners.forEach(([type, listener]) => this.queue.addEventListener(type, listener));
    this.render();
  }

  card(name) {
    if (!this.cards.has(name)) {
      const card = new ClassCard(this, name);
      this.cards.set(name, card);
      this.list.lastElementChild.before(card.root);
    }
    return this.cards.get(name);
  }

  submit(event) {
    event.preventDefault();
    const name = this.name.value.trim();
    if (!name) return setText(this.problem, "A class needs a name: type one, and press Add.");
    if (this.cards.has(name)) return setText(this.problem, `There is a class “${name}” already: add photos to it.`);
    setText(this.problem, "");
    this.card(name).picker.focus();
    this.name.value = "";
    this.name.placeholder = EXAMPLES[1];
    this.keepNames();
    return this.render();
  }

  stop() {
    const left = this.queue.waiting.length;
    this.queue.stop();
    setText(this.status, `Stopped: ${counted(left, "photo")} not sent.`);
    this.name.focus();
  }

  /** Remove a class; with photos only after a question. */
  async drop(card) {
    const { name, n } = card;
    if (n && !await confirmed(`Remove ${name}?`, `Its ${counted(n, "photo")} ${n === 1 ? "is" : "are"} deleted from this computer, as far as they came in here. Your own folders stay as they are.`, "Remove")) return;
    const done = card.stored && await attempt(this.problem, () => server.clearPhotos(this.set.id, name));
    if (card.stored && !done) return;
    if (!done?.left) {
      this.forget(name);
      setText(this.status, `${name} removed.`);
      return;
    }
    const { photos } = await server.photoSet(this.set.id);
    card.update({ n: done.left, photos: photos[name] ?? [] });
    setText(this.status, `${counted(done.removed, "photo")} removed; ${done.left} of your own stay.`);
    this.render();
  }

  /** Remove the whole collection. */
  async clear() {
    const total = [...this.cards.values()].reduce((sum, { n }) => sum + n, 0);
    if (!await confirmed(`Remove ${this.set.name}?`, `${counted(total, "photo")} of this collection ${total === 1 ? "is" : "are"} deleted from this computer, as far as they came in here. Your own folders and your classifiers stay as they are.`, "Remove")) return;
    const done = await attempt(this.problem, () => server.clearPhotos(this.set.id));
    if (!done) return;
    remember(this.key, []);
    if (done.gone) location.hash = "#/workbench";
    else location.reload();
  }

  forget(name) {
    this.cards.get(name).unmount();
    this.cards.get(name).root.remove();
    this.cards.delete(name);
    this.queue.classes.delete(name);
    this.keepNames();
    this.render();
    this.name.focus();
  }

  keepNames() {
    remember(this.key, [...this.cards].filter(([, card]) => !card.n).map(([name]) => name));
  }

  changed({ label }) {
    this.card(label).soon();
    const counts = this.queue.of(label);
    if (counts.total && counts.total === settled(counts)) {
      const { done, same, refused } = counts;
      setText(this.status, `${label}: ${[`${counted(done, "photo")} added`, same && `${same} there already`, refused.length && `${refused.length} refused`].filter(Boolean).join(", ")}.`);
    }
    if (Boolean(this.queue.busy) === this.sending) this.soon();
    else this.render(); // whether one may go on is said at once
  }

  added({ label, photo }) { this.card(label).add(photo); }

  /** Thousands of photos arrive one by one: the page is not drawn anew for each. */
  soon() { this.timer ??= setTimeout(() => this.render(), EVERY); }

  async remove(card, photo) {
    const removed = await attempt(this.problem, () => server.removePhoto(this.set.id, photo.id));
    if (!removed) return;
    setText(this.status, `${photo.name} removed from ${card.name}.`);
    card.update({ n: card.n - 1, photos: card.photos.filter(({ id }) => id !== photo.id) });
    if (!card.n) this.keepNames();
    this.render();
  }

  render() {
    clearTimeout(this.timer);
    this.timer = null;
    this.sending = Boolean(this.queue.busy);
    const cards = [...this.cards.values()];
    const [full, thin] = [cards.filter(({ n }) => n >= LEAST), cards.filter(({ n }) => n < LEAST)];
    const few = full.filter(({ n }) => n < FEW).map(({ name }) => name);
    const total = cards.reduce((sum, { n }) => sum + n, 0);
    let why = `${counted(total, "photo")} in ${counted(full.length, "class", "classes")}.`;
    if (full.length < 2) why = `Needed: two classes of at least ${LEAST} photos each${thin.length ? `; ${thin.map(({ name, n }) => `“${name}” has ${n || "none"}`).slice(0, 3).join(", ")}` : ""}.`;
    else if (thin.length) why = `${why} “${thin[0].name}” has ${thin[0].n ? "too few to train on: add some, or remove it" : "none, and is left out"}.`;
    else if (few.length) why = `${why} ${few.length === 1 ? `“${few[0]}” has` : `${few.length} classes have`} fewer than ${FEW} photos: expect mistakes.`;
    if (this.sending) why = `Still sending ${counted(this.queue.busy, "photo")}…`;
    this.halt.hidden = !this.queue.waiting.length;
    this.clearing.hidden = this.sending || !(this.set.removable || this.queue.added.length);
    this.next.update({ href: full.length >= 2 && !this.sending ? `#/workbench/check/${this.set.id}` : null, why });
  }

  unmount() {
    clearTimeout(this.timer);
    this.cards.forEach((card) => card.unmount());
    this.listeners.forEach(([type, listener]) => this.queue.removeEventListener(type, listener));
    for (const name of [...this.queue.classes.keys()]) if (!this.queue.of(name).refused.length) this.queue.settle(name);
  }
}

class ClassCard {
  constructor(cards, name) {
    Object.assign(this, { cards, name, n: 0, photos: [], ids: new Set() });
    this.count = h("span", { class: "muted number" });
    this.bar = h("progress", { hidden: true, "aria-label": `Photos sent for ${name}` });
    this.note = aside();
    this.refused = h("div");
    this.camera = h("div");
    const thumbs = h("div", { class: "stack tight" });
    this.grid = new PhotoGrid(thumbs, { label: `Photos of ${name}`, remove: (photo) => cards.remove(this, photo) });
    const [choose, input] = picker("Add photos…", { class: "small primary", "aria-label": `Add photos to ${name}`, chosen: (files) => this.send(files) });
    this.picker = choose;
    this.webcam = button("Webcam", () => this.record(), { class: "small", "aria-label": `Webcam for ${name}` });
    this.drop = button("Remove", () => cards.drop(this), { class: "small quiet", "aria-label": `Remove class ${name}` });
    const title = unique("class-title");
    this.more = aside();
    this.root = h("section", { class: "card stack tight class-card", "aria-labelledby": title, data: { class: name } },
      h("div", { class: "row spread" }, h("h2", { id: title }, name), this.count),
      h("div", { class: "row" }, choose, input, this.webcam, this.drop),
      this.camera, this.bar, this.note, this.refused, thumbs, this.more);
    dropZone(this.root, (files) => this.send(files));
    this.update({ n: 0, photos: [] });
  }

  send(files) {
    const photos = files.filter(looksLikeImage);
    const others = files.length - photos.length;
    this.left = others ? `${counted(others, "file")} that ${others === 1 ? "is" : "are"} no photo left out.` : "";
    this.cards.queue.settle(this.name);
    if (photos.length) this.cards.queue.add(this.name, photos);
    else this.progress();
  }

  /** One that came just now; the page may have been told of it before. */
  add(photo) {
    if (this.ids.has(photo.id)) return;
    this.ids.add(photo.id);
    this.n += 1;
    if (this.n === 1) this.cards.keepNames();
    this.photos = [photo, ...this.photos.slice(0, SHOWN - 1)];
    this.soon();
  }

  soon() {
    this.timer ??= setTimeout(() => this.update(this), EVERY);
  }

  update({ n, photos, stored = this.stored }) {
    clearTimeout(this.timer);
    this.timer = null;
    Object.assign(this, { n, photos, stored: stored || n > 0 }); // stored: the server has a folder for it
    photos.forEach(({ id }) => this.ids.add(id));
    setText(this.count, counted(n, "photo"));
    this.grid.update(photos);
    this.progress();
    setText(this.more, n > photos.length && photos.length ? `${photos.length} of ${n.toLocaleString("en-US")} are shown.` : "");
  }

  /** The server is busy: say so instead of seeming stuck. */
  busy(seconds) { setText(this.note, `The server is busy; going on in ${seconds} s.`); }

  progress() {
    const counts = this.cards.queue.of(this.name);
    const { total, same, refused } = counts;
    const sent = settled(counts);
    // What is on its way would bring it back, and one's own photos are left alone.
    this.drop.hidden = sent < total || this.n > 0 && this.photos.every(({ removable }) => removable === false);
    this.bar.hidden = sent >= total;
    this.bar.max = Math.max(1, total);
    this.bar.value = sent;
    const there = same ? `${counted(same, "photo")} ${same === 1 ? "was" : "were"} there already.` : "";
    setText(this.note, sent < total ? `${sent} of ${total} sent` : [there, this.left].filter(Boolean).join(" "));
    if (refused.length === this.refusedShown) return; // the focus may be in it
    this.refusedShown = refused.length;
    this.refused.replaceChildren(...(refused.length ? [this.refusals(refused)] : []));
  }

  refusals(refused) {
    return h("details", { open: true, class: "refusals" },
      h("summary", {}, `${counted(refused.length, "photo")} refused`),
      h("ul", {}, refused.slice(0, SHOWN_REFUSALS).map((one) => h("li", {}, one.sentence.includes(one.name) ? "" : `${one.name}: `, sentence(one.sentence)))),
      refused.length > SHOWN_REFUSALS ? h("p", {}, `And ${refused.length - SHOWN_REFUSALS} more.`) : "",
      button("Try again", () => this.cards.queue.again(this.name), { class: "small" }));
  }

  record() {
    if (this.recorder) return this.recorder.close();
    for (const other of this.cards.cards.values()) other.recorder?.close(); // one camera, one use
    this.webcam.setAttribute("aria-expanded", "true");
    this.recorder = new Recorder(this.camera, { label: this.name,
      taken: (photo) => this.cards.queue.add(this.name, [photo]),
      closed: () => {
        this.recorder = null;
        this.webcam.removeAttribute("aria-expanded");
        this.webcam.focus();
      } });
    return this.recorder.start();
  }

  unmount() {
    clearTimeout(this.timer);
    this.recorder?.unmount();
  }
}
