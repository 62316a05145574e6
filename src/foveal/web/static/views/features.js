// What every block of the built-in pre-trained network responds to on a photo.

import { short } from "../math/format.js";
import { paint } from "../math/display.js";
import * as server from "../server.js";
import { h, isDark, onTheme, setText } from "../widgets/dom.js";
import { decode, drawRgb } from "../widgets/pixels.js";

const LARGEST = 16 * 1024 * 1024;
// From which share of the photo's side a cell's window belongs to a stage, and what to say of it.
const STAGES = [
  [0, "First blocks: edges, colours and fine texture. Small windows, large maps: the photo is still recognisable."],
  [0.2, "Middle blocks: corners, stripes, repeated parts. A cell sees a patch of the photo; maps get smaller, channels more."],
  [0.9, "Deep blocks: parts and whole things. The window of a cell is about as large as the photo, or larger: it then reaches over the edge. A map of few cells says roughly where, and the channel says what."],
];

function drawMap(canvas, map) {
  const levels = new Int8Array(decode(map.levels).buffer);
  const plane = Float32Array.from(levels);
  let [least, most] = [0, 0];
  plane.forEach((value) => { least = Math.min(least, value); most = Math.max(most, value); });
  [canvas.width, canvas.height] = [map.side, map.side];
  const pixels = paint(plane, "raw", { least, most }, isDark());
  canvas.getContext("2d").putImageData(new ImageData(pixels, map.side, map.side), 0, 0);
}

class Features {
  constructor(page, photos) {
    this.photos = photos;
    this.problem = h("p", { class: "problem", role: "alert" });
    this.status = h("p", { role: "status", class: "muted" });
    this.result = h("div", { class: "stack" });
    this.redraw = [];
    const file = h("input", { type: "file", accept: "image/*", class: "visually-hidden", tabindex: "-1", "aria-hidden": "true",
      onchange: () => { this.open(file.files[0]); file.value = ""; } });
    const own = server.hasServer
      ? [h("button", { class: "primary", onclick: () => file.click() }, "Choose a photo…"), file]
      : h("p", { class: "small muted" }, "For a photo of your own, run `foveal learn` on your computer.");
    page.append(
      h("div", { class: "title-row" }, h("div", {}, h("h1", { tabindex: "-1" }, "What layers see"),
        h("p", { class: "lead" }, "A trained network, looked into block by block. Each picture is one channel: blue where it responds, orange where it is held back."))),
      h("div", { class: "row" }, own, photos.map((photo) =>
        h("button", { onclick: () => this.show(() => server.features(photo.name), photo.title, photo.credit) }, photo.title))),
      this.problem, this.status, this.result);
    this.unsubscribe = onTheme(() => this.redraw.forEach((draw) => draw()));
  }

  open(blob) {
    if (!blob) return null;
    if (blob.size > LARGEST) return setText(this.problem, "A photo may have up to 16 MB; choose a smaller one.");
    return this.show(() => server.featuresOf(blob), blob.name, "It stayed in this computer’s memory.");
  }

  async show(ask, title, credit) {
    const turn = (this.turn ?? 0) + 1;
    this.turn = turn;
    setText(this.problem, "");
    setText(this.status, "Looking…");
    this.result.setAttribute("aria-busy", "true");
    try {
      const facts = await ask();
      if (turn === this.turn) this.render(facts, title, credit);
    } catch (error) {
      if (turn !== this.turn) return;
      setText(this.status, "");
      setText(this.problem, error.message);
    } finally {
      this.result.removeAttribute("aria-busy");
    }
  }

  render(facts, title, credit) {
    this.redraw = [];
    const input = h("canvas", { class: "map", role: "img", "aria-label": `${title}, as the network gets it` });
    drawRgb(input, decode(facts.input.rgb), facts.input.side, facts.input.side);
    const said = new Set();
    this.result.replaceChildren(
      h("div", { class: "columns" },
        h("figure", { class: "card stack tight seen" }, input, h("figcaption", {}, `${title}, ${facts.input.side} × ${facts.input.side}, as the network gets it. ${credit}`)),
        h("section", { class: "card stack tight" }, h("h2", {}, "What it takes it for"),
          h("ul", { class: "guesses" }, facts.classes.map(({ name, probability }) => h("li", {},
            h("b", {}, `${(probability * 100).toFixed(1)} %`), h("meter", { value: probability, min: 0, max: 1, "aria-label": name }), name))),
          h("p", { class: "small muted" }, `${facts.network}: trained on 1,000 kinds of things; it names the nearest of these, whatever the photo shows.`))),
      h("section", { class: "card", "aria-label": "Blocks" }, facts.blocks.map((block, i) => {
        const share = (block.receptive_field ?? Infinity) / facts.input.side;
        const stage = STAGES.findLast(([from]) => share >= from);
        const lead = !said.has(stage) && said.add(stage) && h("p", { class: "lead" }, stage[1]);
        return h("div", {}, lead, this.block(block, i));
      })));
    setText(this.status, `${facts.blocks.length} blocks. Of each, the channels that vary most over the photo.`);
  }

  block(block, i) {
    const field = block.receptive_field ? `a cell sees ${block.receptive_field} × ${block.receptive_field} pixels` : "";
    return h("section", { class: "feature-block", "aria-label": `Block ${block.name}` },
      h("h3", {}, `${i + 1}. ${block.name}`, h("small", {}, `${block.channels} channels of ${block.side} × ${block.side}${field ? `; ${field}` : ""}`)),
      h("div", { class: "feature-maps" }, block.maps.map((map) => {
        const text = `min ${short(map.least)}, max ${short(map.most)}, mean ${short(map.mean)}`;
        const canvas = h("canvas", { class: "map", role: "img", "aria-label": `${block.name}, channel ${map.channel}: ${text}` });
        drawMap(canvas, map);
        this.redraw.push(() => drawMap(canvas, map));
        return h("figure", {}, canvas, h("figcaption", {}, `channel ${map.channel}`, h("br"), text));
      })));
  }
}

export async function mount(page) {
  const { photos } = await server.photos();
  const view = new Features(page, photos);
  view.show(() => server.features(photos[0].name), photos[0].title, photos[0].credit);
  return { unmount: () => view.unsubscribe() };
}
