// Two charts of trainings, epoch by epoch: accuracy and loss, other runs laid over.

import { Chart } from "./chart.js";
import { h } from "./dom.js";

const TO_PERCENT = 100;
const [SIZE, SMALL, NARROW] = [[420, 260], [300, 230], 360]; // px; what is drawn smaller has smaller letters

export class RunChart {
  constructor(container) {
    this.empty = h("p", { class: "muted" }, "The curves begin when the first epoch is done.");
    const box = h("div", { class: "columns", hidden: true });
    this.box = box;
    container.append(this.empty, box);
    const size = container.clientWidth < NARROW ? SMALL : SIZE;
    this.accuracy = new Chart(box, { title: "Accuracy", x: "Epoch", y: "Per cent", high: TO_PERCENT, size });
    this.loss = new Chart(box, { title: "Loss", x: "Epoch", y: "Loss", size });
  }

  /** run: {name, rows}; others: the same, of which only validation is drawn. */
  update(run, others) {
    const key = JSON.stringify([run.name, run.rows, others.map((one) => [one.name, one.rows.length])]);
    if (key === this.key) return;
    this.key = key;
    const drawn = run.rows.length > 0 || others.some(({ rows }) => rows.length);
    this.empty.hidden = drawn;
    this.box.hidden = !drawn;
    if (!drawn) return;
    const longest = Math.max(...[run, ...others].map(({ rows }) => rows.at(-1)?.epoch ?? 0));
    const epochs = Array.from({ length: longest }, (_, i) => i + 1);
    const series = (one, name, key_, factor = 1) => {
      const of = new Map(one.rows.map((row) => [row.epoch, row[key_]]));
      return { name, values: epochs.map((epoch) => (of.has(epoch) ? of.get(epoch) * factor : null)) };
    };
    const both = (kind, factor) => [series(run, "validation", `validation_${kind}`, factor), series(run, "training", `train_${kind}`, factor),
      ...others.map((one) => series(one, `${one.name}, validation`, `validation_${kind}`, factor))];
    this.accuracy.update(epochs, both("accuracy", TO_PERCENT));
    this.loss.update(epochs, both("loss"));
  }
}
