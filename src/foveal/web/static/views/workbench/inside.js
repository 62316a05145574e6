// Look inside: the first layer's filters, and what every block makes of a photo.

import { short } from "../../math/format.js";
import { h, onTheme, setText, unique } from "../../widgets/dom.js";
import { PhotoInput } from "../../widgets/photo_input.js";
import { decode, drawMap, drawRgb } from "../../widgets/pixels.js";
import { aside, button, card } from "../../widgets/pieces.js";
import * as server from "../../workbench_server.js";
import { keep, kept } from "./kept_photo.js";
import { attempt, problemBox } from "./parts.js";

export function mount(box, { about }) {
  const view = new Inside(box, about);
  const photo = kept(about.id);
  if (photo) view.input.open(photo.blob, photo.name);
  view.filters();
  return { unmount: () => view.unmount() };
}

class Inside {
  constructor(box, about) {
    Object.assign(this, { about, redraw: [], turn: 0 });
    this.problem = problemBox();
    this.status = h("p", { role: "status", class: "muted" }, "");
    this.select = h("select", { id: unique("block"), onchange: () => this.show(this.select.value) });
    const move = (by, text) => button(text, () => this.step(by), { class: "small" });
    this.chooser = h("div", { class: "row end", hidden: true }, h("div", { class: "field" }, h("label", { for: this.select.id }, "Block"), this.select), move(-1, "Previous block"), move(1, "Next block"));
    this.maps = h("div", { class: "feature-maps" });
    const columns = h("div", { class: "columns wide-right" });
    box.append(this.problem, columns);
    this.input = new PhotoInput(columns, { chosen: (blob, name, live) => this.look(blob, name, live) });
    columns.append(card("Feature maps", h("h2", {}, "What each block makes of a photo"),
      h("p", { class: "muted" }, "Each picture is one channel: blue where it responds, orange where it is held back. Those that differ most over the photo are shown."), this.chooser, this.status, this.maps));
    this.filterBox = h("div", { class: "stack tight" });
    box.append(card("First-layer filters", h("h2", {}, "Filters of the first layer"),
      h("p", { class: "muted" }, "What the very first layer looks for: edges, colours, fine patterns. Everything later is built from these."), this.filterBox));
    this.unsubscribe = onTheme(() => this.redraw.forEach((draw) => draw()));
  }

  async look(blob, name, live) {
    this.photo = { blob, name };
    keep(this.about.id, this.photo);
    return this.show(this.select.value || null, live);
  }

  async step(by) {
    const next = this.select.selectedIndex + by;
    if (next < 0 || next >= this.select.options.length) return;
    this.select.selectedIndex = next;
    await this.show(this.select.value);
  }

  async show(block, live = false) {
    if (!this.photo) return true;
    const mine = this.turn += 1;
    if (!live) setText(this.status, "Looking…");
    const found = await attempt(this.problem, () => server.featureMaps(this.about.id, this.photo.blob, block));
    if (mine !== this.turn) return true;
    if (!found) {
      setText(this.status, "");
      return false;
    }
    if (this.select.options.length !== found.blocks.length) this.select.replaceChildren(...found.blocks.map((name, i) => h("option", { value: name }, `${i + 1}. ${name}`)));
    this.select.value = found.block;
    this.chooser.hidden = false;
    const [channels, height, width] = found.shape;
    if (!live) setText(this.status, `Block ${found.block}: ${channels} channels of ${height} × ${width}; ${found.maps.length} are shown.`);
    this.redraw = [];
    this.maps.replaceChildren(...found.maps.map((map) => {
      const text = `${short(map.min)} to ${short(map.max)}`;
      const canvas = h("canvas", { class: "map", role: "img", "aria-label": `${found.block}, channel ${map.channel}, ${map.width} × ${map.height}: from ${text}` });
      drawMap(canvas, map);
      this.redraw.push(() => drawMap(canvas, map));
      return h("figure", {}, canvas, h("figcaption", {}, `channel ${map.channel}`, h("br"), text));
    }));
    return true;
  }

  async filters() {
    const found = await attempt(this.problem, () => server.filters(this.about.id));
    if (!found) return;
    const [one] = found.filters;
    this.filterBox.replaceChildren(
      aside(`${found.filters.length} filters of ${one.height} × ${one.width} pixels, layer ${found.layer}. Middle grey is 0: brighter counts for, darker against.`),
      h("ul", { class: "filter-tiles", "aria-label": "Filters" }, found.filters.map((filter, i) => {
        const canvas = h("canvas", { class: "map", role: "img", "aria-label": `Filter ${i + 1}` });
        drawRgb(canvas, decode(filter.rgb), filter.width, filter.height);
        return h("li", {}, canvas);
      })));
  }

  unmount() {
    this.input.unmount();
    this.unsubscribe();
  }
}
