// Step 1: photos. Without a set in the address: choose one or begin one; with it: its classes.

import { byClass } from "../../math/folders.js";
import { counted, percent } from "../../math/scores.js";
import { queueOf, remarks } from "../../uploads.js";
import { h, setText, unique } from "../../widgets/dom.js";
import { dropZone, picker } from "../../widgets/picked_files.js";
import { aside, loose } from "../../widgets/pieces.js";
import * as server from "../../workbench_server.js";
import { attempt, busy, heading, problemBox } from "./parts.js";
import { runTiles } from "./run_words.js";

const LEAST_CLASSES = 2;

export async function mount(box, { rest, steps }) {
  if (rest[0]) {
    steps.update({ set: rest[0] });
    const { added } = queueOf(rest[0]);
    const before = added.length;
    const [set, { limits }, { ClassCards }] = await Promise.all([server.photoSet(rest[0]), server.photoSets(), import("./classes.js")]);
    const cards = new ClassCards(box, set, limits);
    added.slice(before).forEach((one) => cards.added(one)); // while the server was listing them
    return { unmount: () => cards.unmount() };
  }
  const [{ sets, limits }, { runs }] = await Promise.all([server.photoSets(), server.runs()]);
  return new Start(box, sets, limits, runs);
}

class Start {
  constructor(box, sets, limits, runs) {
    Object.assign(this, { sets, limits });
    this.problem = problemBox();
    this.status = h("p", { role: "status", class: "small muted" });
    this.bar = h("progress", { max: 1, hidden: true, "aria-label": "Upload of the zip file" });
    const id = unique("name");
    this.name = h("input", { type: "text", id, autocomplete: "off", maxlength: "60", value: this.free("my-photos") });
    const begin = h("button", { type: "submit", class: "primary large" }, "Next: add photos");
    const fresh = h("section", { class: "card stack begin", "aria-labelledby": `${id}-title` },
      h("h2", { id: `${id}-title` }, "New photos"),
      h("form", { class: "row end", onsubmit: (event) => {
        event.preventDefault();
        busy(begin, () => this.begin(this.name.value.trim(), new Map()));
      } },
      h("div", { class: "field grow" }, h("label", { for: id }, "Name of the collection"), this.name), begin),
      h("div", { class: "stack tight" }, aside("They lie in folders already, one per kind of thing?"),
        h("div", { class: "row" },
          picker("Choose a folder…", { folder: true, class: "small", chosen: (files) => this.folder(files) }),
          picker("Choose a zip file…", { multiple: false, accept: ".zip,application/zip", class: "small", chosen: (files) => this.zip(files[0]) }),
          h("span", { class: "small muted" }, "or drop one here"))),
      this.problem, this.bar, this.status);
    dropZone(fresh, (files) => (files.length === 1 && /\.zip$/i.test(files[0].name) ? this.zip(files[0]) : this.folder(files)));
    box.append(
      heading("Train your own classifier", "Show it photos of each kind of thing, let them be checked, train, and use it. Nothing leaves this computer."),
      h("div", { class: "columns" }, fresh, setList(sets)),
      runs.length ? h("section", { class: "stack tight", "aria-label": "Your classifiers" },
        h("div", { class: "row spread" }, h("h2", {}, "Your classifiers"), h("a", { href: "#/workbench/runs" }, `All ${runs.length}`)),
        runTiles(runs.slice(0, 3), sets)) : "");
  }

  free(stem) {
    const taken = new Set(this.sets.map(({ name }) => name));
    for (let i = 1; ; i += 1) {
      const name = i === 1 ? stem : `${stem}-${i}`;
      if (!taken.has(name)) return name;
    }
  }

  /** Make a set and send the photos there are; the next page shows how far they are. */
  begin(name, classes) {
    return attempt(this.problem, async () => {
      const { id } = await server.makeSet(name);
      for (const [label, files] of classes) queueOf(id).add(label, files);
      location.hash = `#/workbench/photos/${id}`;
    });
  }

  async folder(files) {
    const { classes, outside } = byClass(files);
    if (classes.size < LEAST_CLASSES) {
      setText(this.problem, outside.length
        ? "These photos lie in no folders of their own. Choose the folder that holds one folder for each kind of thing, or begin above and add the photos class by class."
        : `A folder with at least ${LEAST_CLASSES} folders of photos is needed, one for each kind of thing; found ${classes.size}.`);
      return;
    }
    await this.begin(this.free(files[0].path.split("/")[0]), classes);
  }

  async zip(file) {
    const most = this.limits?.zip_mb;
    if (most && file.blob.size > most * 2 ** 20) {
      setText(this.problem, `${file.name} has ${Math.ceil(file.blob.size / 2 ** 20)} MB; at most ${most} MB, please.`);
      return;
    }
    this.bar.hidden = false;
    this.bar.value = 0;
    setText(this.status, `Sending ${file.name}…`);
    const made = await attempt(this.problem, () => server.patiently(() => server.sendZip(
      this.free(file.name.replace(/\.zip$/i, "")), file.blob, (share) => {
        this.bar.value = share;
        this.bar.textContent = percent(share, 0);
        if (share === 1) setText(this.status, `${file.name} has arrived and is being unpacked…`);
      })));
    this.bar.hidden = true;
    setText(this.status, "");
    if (!made) return;
    if (made.left_out) remarks.set(made.id, made.left_out);
    location.hash = `#/workbench/photos/${made.id}`;
  }
}

function setList(sets) {
  return loose("Photos on this computer", h("h2", {}, "Photos on this computer"),
    sets.length ? h("ul", { class: "set-list" }, sets.map((set) => h("li", {},
      h("div", {}, h("strong", {}, set.name), h("span", { class: "small muted" },
        `${counted(set.n, "photo")}, ${counted(set.classes.length, "class", "classes")}: ${names(set.classes)}`)),
      h("div", { class: "row nowrap" },
        h("a", { class: "button small", href: `#/workbench/photos/${set.id}`, "aria-label": `Photos of ${set.name}` }, "Photos"),
        h("a", { class: "button small primary", href: `#/workbench/check/${set.id}`, "aria-label": `Use these: ${set.name}` }, "Use these")))))
      : h("p", { class: "muted" }, "There are none yet. Folders of photos that you put into the folder the workbench was started with are listed here."));
}

function names(classes, most = 5) {
  const shown = classes.slice(0, most).map(({ name }) => name).join(", ");
  return classes.length > most ? `${shown}, …` : shown;
}
