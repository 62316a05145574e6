// Take the model along: choose a format, wait until the written file is verified, download it.

import { Choices } from "../../widgets/choices.js";
import { h, setText } from "../../widgets/dom.js";
import { aside, button, loose } from "../../widgets/pieces.js";
import * as server from "../../workbench_server.js";
import { attempt, busy, problemBox, sentence } from "./parts.js";

const EVERY = 1000; // ms
const FORMATS = [
  ["onnx", "ONNX", "Runs almost everywhere: phones, browsers, servers."],
  ["openvino", "OpenVINO", "Fast on Intel and ARM processors."],
  ["torch", "PyTorch", "One file for Python programs with PyTorch."],
];

export function mount(box, { about }) {
  const view = new Take(box, about);
  return { unmount: () => { view.here = false; } };
}

class Take {
  constructor(box, about) {
    Object.assign(this, { about, here: true, format: "onnx" });
    this.problem = problemBox();
    this.status = h("p", { role: "status" });
    this.bar = h("progress", { hidden: true, "aria-label": "Export" });
    this.words = aside();
    this.int8 = h("input", { type: "checkbox" });
    this.int8Label = h("label", { class: "check" }, this.int8, h("span", {}, "Smaller and faster: 8-bit numbers (INT8)"));
    this.button = button("Make the file", () => busy(this.button, () => this.export()), { class: "primary" });
    this.done = h("div");
    const choice = h("div");
    this.choices = new Choices(choice, { legend: "Format", options: FORMATS.map(([value, title]) => ({ value, title })), change: (format) => this.choose(format) });
    box.append(loose("Export", h("p", {}, "The model as a file for other programs. After it is written it is run on real validation photos and compared with the original."),
      h("p", {}, "It takes squares of pixels (uint8, 0 to 255) and gives the probabilities. Names of classes, and how a photo is cut and resized to such a square, are in its metadata as JSON: ", h("code", {}, "docs/export.md"), " of Foveal has a script of a few lines for each format that does it."),
      choice, this.words, this.int8Label, h("div", { class: "row" }, this.button), this.problem, this.bar, this.status, this.done));
    this.choose(this.format);
  }

  choose(format) {
    this.format = format;
    this.choices.update(format);
    setText(this.words, FORMATS.find(([name]) => name === format)[2]);
    this.int8Label.hidden = format !== "openvino";
    if (this.int8Label.hidden) this.int8.checked = false;
  }

  async export() {
    this.done.replaceChildren();
    setText(this.status, "");
    const started = await attempt(this.problem, () => server.startExport(this.about.id, this.format, this.int8.checked));
    if (!started) return;
    this.bar.hidden = false;
    setText(this.status, "Writing and verifying; this takes up to a few minutes…");
    const result = await attempt(this.problem, () => this.wait(started.job));
    this.bar.hidden = true;
    if (!this.here) return;
    if (!result) setText(this.status, "");
    else if (result.download) {
      setText(this.status, sentence(result.sentence));
      const link = h("a", { class: "button primary", href: result.download, download: "" }, `Download (${FORMATS.find(([name]) => name === this.format)[1]}${this.int8.checked ? ", INT8" : ""})`);
      this.done.replaceChildren(link);
      link.focus();
    } else {
      setText(this.status, "");
      setText(this.problem, sentence(result.sentence));
    }
  }

  async wait(job) {
    while (this.here) {
      const result = await server.patiently(() => server.exportJob(job));
      if (!["running", "waiting"].includes(result.state)) return result;
      if (result.sentence) setText(this.status, sentence(result.sentence));
      await new Promise((done) => { setTimeout(done, EVERY); });
    }
    return null;
  }
}
