// Photos on their way to the server. Kept outside the pages, so that moving on stops nothing.

import * as server from "./workbench_server.js";

const AT_ONCE = 3;
const MEGABYTE = 2 ** 20;
const queues = new Map();

/** What the server said when it made a set, by its id: what of a zip was left out. */
export const remarks = new Map();

/** How many photos of a class the server has answered for. */
export const settled = ({ done, same, refused }) => done + same + refused.length;

/** The queue of a set of photos; the same one whenever it is asked for. */
export function queueOf(set) {
  if (!queues.has(set)) queues.set(set, new Queue(set));
  return queues.get(set);
}

class Queue extends EventTarget {
  constructor(set) {
    super();
    Object.assign(this, { set, waiting: [], going: 0, classes: new Map(), most: Infinity, added: [] });
  }

  /** What came of the photos of a class: `same` were there already, `refused` is [{name, sentence, blob}]. */
  of(label) {
    if (!this.classes.has(label)) this.classes.set(label, { total: 0, done: 0, same: 0, refused: [] });
    return this.classes.get(label);
  }

  get busy() { return this.going + this.waiting.length; }

  /** files: [{name, blob}]. */
  add(label, files) {
    this.of(label).total += files.length;
    this.waiting.push(...files.map((file) => ({ ...file, label })));
    this.tell("changed", { label });
    this.pump();
  }

  /** Leave out what waits; what is on its way arrives. */
  stop() {
    const labels = new Set(this.waiting.map(({ label }) => label));
    this.waiting.forEach(({ label }) => { this.of(label).total -= 1; });
    this.waiting = [];
    labels.forEach((label) => this.tell("changed", { label }));
  }

  /** Try those again that were refused; the reason may be gone. */
  again(label) {
    const counts = this.of(label);
    const files = counts.refused.map(({ name, blob }) => ({ name, blob }));
    counts.total -= files.length;
    counts.refused = [];
    this.add(label, files);
  }

  /** Forget finished counts of a class, for the next photos to start from nothing. */
  settle(label) {
    if (![...this.waiting, ...this.sending].some((file) => file.label === label)) this.classes.delete(label);
  }

  sending = new Set();

  pump() {
    while (this.going < AT_ONCE && this.waiting.length) this.send(this.waiting.shift());
  }

  async send(file) {
    this.going += 1;
    this.sending.add(file);
    const counts = this.of(file.label);
    try {
      if (file.blob.size > this.most * MEGABYTE) {
        throw new Error(`it has ${Math.ceil(file.blob.size / MEGABYTE)} MB; a photo may have up to ${this.most} MB.`);
      }
      const { photo, fresh } = await server.patiently(() => server.addPhoto(this.set, file.label, file.name, file.blob), {
        waiting: (seconds) => this.tell("waiting", { label: file.label, seconds }) });
      counts[fresh ? "done" : "same"] += 1;
      if (fresh) {
        this.added.push({ label: file.label, photo });
        this.tell("added", { label: file.label, photo });
      }
    } catch (error) {
      counts.refused.push({ ...file, sentence: error.message });
    } finally {
      this.going -= 1;
      this.sending.delete(file);
      this.tell("changed", { label: file.label });
      this.pump();
    }
  }

  tell(type, detail) { this.dispatchEvent(new CustomEvent(type, { detail })); }
}

addEventListener("beforeunload", (event) => {
  if ([...queues.values()].some((queue) => queue.busy)) event.preventDefault();
});
