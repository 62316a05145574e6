// The architecture explorer: blocks with shape, parameters, work and sight; two side by side.

import { bytes, compact, grouped, short, times } from "../math/format.js";
import * as server from "../server.js";
import { createStore } from "../store.js";
import { h, setText } from "../widgets/dom.js";

const NONE = "";
const AROUND = new Set(["pool", "head"]); // what comes after the blocks that lessons count
const WHYS = { shape: "shape", parameters: "parameters", macs: "multiplications", receptive_field: "sees" };

const codec = {
  path: "explorer",
  decode: (query) => ({ model: query.get("model") ?? "lenet5", compare: query.get("compare") ?? NONE }),
  encode: ({ model, compare }) => {
    const parts = model === "lenet5" ? [] : [`model=${encodeURIComponent(model)}`];
    if (compare) parts.push(`compare=${encodeURIComponent(compare)}`);
    return parts.join("&");
  },
};

/** One network: totals, a strip of blocks, and a table that folds. */
class Panel {
  constructor(summary, row) {
    this.summary = summary;
    this.open = new Set();
    this.formulas = false;
    this.body = h("tbody");
    this.strip = h("div", { class: "strip", role: "group", "aria-label": `Blocks of ${summary.name}` });
    const parameters = (block) => block.trainable + block.frozen;
    const most = Math.max(...summary.blocks.map(parameters), 1);
    this.bars = summary.blocks.map((block, i) => {
      const bar = h("button", {
        type: "button", "aria-pressed": "false", title: `${block.name}: ${compact(parameters(block))} parameters`,
        "aria-label": `${block.name}, output ${times(block.output_shape)}, ${grouped(parameters(block))} parameters`,
        onclick: () => this.fold(i) });
      const side = block.output_shape.length > 1 ? block.output_shape[1] : 1;
      bar.style.setProperty("--tall", `${24 + 104 * Math.sqrt(side / summary.image_size)}px`);
      bar.style.setProperty("--share", `${6 + 84 * Math.sqrt(parameters(block) / most)}%`);
      return bar;
    });
    this.strip.append(...this.bars);
    const why = h("input", { type: "checkbox", onchange: () => this.explain(why.checked) });
    const all = h("button", { type: "button", class: "small", onclick: () => this.foldAll() }, "Unfold all");
    this.all = all;
    const fact = (name, value) => h("div", {}, h("dt", {}, name), h("dd", {}, value));
    this.root = h("section", { class: "card stack", "aria-label": summary.title ?? summary.name },
      h("div", { class: "stack tight" }, h("h2", {}, summary.title ?? summary.name), row && h("p", { class: "small muted" },
        h("a", { href: row.paper.url, rel: "noreferrer" }, row.paper.title), ` (${row.paper.authors}) · `,
        h("a", { href: `#/source/${sourceSlug(row.source)}` }, row.source.split("/").pop()))),
      h("dl", { class: "facts" }, fact("Input", times([summary.image_size, summary.image_size, summary.in_channels])),
        fact("Parameters", grouped(summary.trainable + summary.frozen)), fact("Multiplications", compact(summary.macs)),
        fact("Weights as float32", bytes(summary.weight_bytes)), fact("Outputs kept for training", bytes(summary.activation_bytes)),
        row?.top1 ? fact("ImageNet top-1, quoted", `${short(row.top1, 1)} %`) : null),
      h("p", { class: "small muted" }, "Height: side of the maps. Colour: share of the parameters. Press a block to unfold it."),
      this.strip,
      h("div", { class: "row" }, all, h("label", { class: "check small" }, why, "Show the formulas")),
      h("div", { class: "table-wrap", tabindex: "0", role: "region", "aria-label": `Table of ${summary.name}` },
        h("table", { class: "block-table" }, h("thead", {}, h("tr", {},
          ["Block", "Output", "Parameters", "Share", "Multi\u00adplications", "Sees (pixels)"].map((name) => h("th", { scope: "col" }, name)))),
        this.body)));
    this.show();
  }

  fold(i) {
    if (this.open.has(i)) this.open.delete(i);
    else this.open.add(i);
    this.show();
  }

  foldAll() {
    const { blocks } = this.summary;
    this.open = this.open.size === blocks.length ? new Set() : new Set(blocks.keys());
    this.show();
  }

  /** The formulas stand under layers, so some block must be unfolded to see any. */
  explain(on) {
    this.formulas = on;
    if (on && !this.open.size) this.foldAll();
    else this.show();
  }

  show() {
    const focused = this.body.contains(document.activeElement) ? document.activeElement.dataset.block : null;
    this.body.replaceChildren(...this.summary.blocks.flatMap((block, i) => this.rows(block, i)));
    this.bars.forEach((bar, i) => bar.setAttribute("aria-pressed", String(this.open.has(i))));
    setText(this.all, this.open.size === this.summary.blocks.length ? "Fold all" : "Unfold all");
    if (focused !== null) this.body.querySelector(`[data-block="${focused}"]`)?.focus();
  }

  rows(block, i) {
    const open = this.open.has(i);
    const button = h("button", { type: "button", class: "fold", "aria-expanded": String(open), data: { block: i }, onclick: () => this.fold(i) }, block.name);
    const head = h("tr", {}, h("th", { scope: "row" }, button), this.cells(block));
    return open ? [head, ...block.layers.flatMap((layer) => this.layer(layer))] : [head];
  }

  cells(row) {
    return [times(row.output_shape), grouped(row.trainable + row.frozen), `${(row.share * 100).toFixed(1)} %`,
      compact(row.macs), times(row.receptive_field)].map((text) => h("td", {}, text));
  }

  layer(layer) {
    const name = layer.name.replace(/^blocks\.[^.]+\.?/, "") || layer.name;
    const row = h("tr", { class: "layer" }, h("td", {}, `${name} `, h("small", {}, layer.kind)), this.cells(layer));
    const whys = Object.entries(layer.explain ?? {}).map(([key, text]) => `${WHYS[key] ?? key}: ${text}`);
    return this.formulas && whys.length ? [row, h("tr", { class: "why" }, h("td", { colspan: "6" }, whys.join(" · ")))] : [row];
  }
}

const sourceSlug = (path) => path.replace(/^src\/foveal\//, "").replace(/\.py$/, "").replaceAll("/", "-");

class Explorer {
  constructor(page, models, runs, query) {
    this.rows = new Map(models.map((row) => [row.name, row]));
    this.runs = new Map(runs.map((run) => [`run:${run.id}`, run]));
    this.store = createStore(codec, query);
    const options = (none) => [none && h("option", { value: NONE }, "nothing"),
      h("optgroup", { label: "Networks" }, models.map(({ name }) => h("option", { value: name }, name))),
      runs.length ? h("optgroup", { label: "Your runs" }, runs.map((run) => h("option", { value: `run:${run.id}` }, run.name))) : null];
    const select = (key, none) => h("select", { id: `explorer-${key}`, onchange: (event) =>
      this.store.set({ [key]: event.target.value }, { push: true }) }, options(none));
    this.selects = { model: select("model", false), compare: select("compare", true) };
    this.problem = h("p", { class: "problem", role: "alert" });
    this.status = h("p", { role: "status", class: "muted small" });
    this.versus = h("div");
    this.panels = h("div", { class: "stack" });
    page.append(
      h("div", { class: "title-row" }, h("div", {}, h("h1", { tabindex: "-1" }, "Architecture explorer"),
        h("p", { class: "lead" }, "What a network consists of: the shape after every block, how many numbers it learns, how much work it is, and how much of the picture one cell sees."))),
      h("div", { class: "row end" },
        h("div", { class: "field" }, h("label", { for: "explorer-model" }, "Network"), this.selects.model),
        h("div", { class: "field" }, h("label", { for: "explorer-compare" }, "Compare with"), this.selects.compare)),
      this.problem, this.status, this.versus, this.panels);
    this.store.subscribe(() => this.show());
  }

  async load(name) {
    if (this.runs.has(name)) {
      const { id, name: title } = this.runs.get(name);
      const summary = await server.run(id);
      return { summary: { ...summary, title }, row: null };
    }
    if (!this.rows.has(name)) throw new server.ServerError(`There is no network called “${name}”.`);
    return { summary: await server.model(name), row: this.rows.get(name) };
  }

  async show() {
    const { model, compare } = this.store.state;
    const turn = (this.turn ?? 0) + 1;
    this.turn = turn;
    for (const [key, select] of Object.entries(this.selects)) select.value = this.store.state[key];
    setText(this.problem, "");
    setText(this.status, "Working it out…");
    try {
      const loaded = await Promise.all([model, compare].filter(Boolean).map((name) => this.load(name)));
      if (turn !== this.turn) return;
      this.versus.replaceChildren(loaded.length > 1 ? comparison(loaded.map(({ summary }) => summary)) : "");
      this.panels.className = loaded.length > 1 ? "columns" : "stack";
      this.panels.replaceChildren(...loaded.map(({ summary, row }) => new Panel(summary, row).root));
      setText(this.status, "");
    } catch (error) {
      if (turn !== this.turn) return;
      if (!(error instanceof server.ServerError)) throw error;
      setText(this.status, "");
      setText(this.problem, error.message);
    }
  }
}

function comparison(summaries) {
  const total = (summary) => summary.trainable + summary.frozen;
  const kinds = [["Parameters", total, grouped], ["Multiplications", (one) => one.macs, compact],
    ["Weights as float32", (one) => one.weight_bytes, bytes], ["Blocks, without pool and head", (one) => one.blocks.filter(({ name }) => !AROUND.has(name)).length, String],
    ["Layers", (one) => one.blocks.reduce((sum, block) => sum + block.layers.length, 0), String]];
  return h("div", { class: "card table-wrap", tabindex: "0", role: "region", "aria-label": "Comparison" }, h("table", {},
    h("caption", {}, "Side by side"),
    h("thead", {}, h("tr", {}, h("td"), summaries.map((one) => h("th", { scope: "col", class: "number" }, one.title ?? one.name)),
      h("th", { scope: "col", class: "number" }, "First ÷ second"))),
    h("tbody", {}, kinds.map(([name, of, write]) => {
      const [a, b] = summaries.map(of);
      return h("tr", {}, h("th", { scope: "row" }, name), [a, b].map((value) => h("td", { class: "number" }, write(value))),
        h("td", { class: "number" }, a && b ? short(a / b, 2) : "–"));
    }))));
}

export async function mount(page, { route }) {
  const [{ models }, { runs }] = await Promise.all([server.models(), server.runs()]);
  const view = new Explorer(page, models, runs, route.query);
  view.show();
  return { update: ({ query }) => { view.store.load(query); return true; }, unmount: () => view.store.close() };
}
