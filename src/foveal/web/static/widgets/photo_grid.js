// Small photos in rows. Where they can be chosen they are one tab stop, moved about with the arrows.

import { h, unique } from "./dom.js";
import { button } from "./pieces.js";

const STEP = { ArrowRight: 1, ArrowLeft: -1, Home: -Infinity, End: Infinity };

/** Photos to look at: a list of figures. `caption(photo)` gives lines of text. */
export function gallery(photos, label, caption = (photo) => [photo.name]) {
  return h("ul", { class: "thumbs", "aria-label": label }, photos.map((photo) => h("li", {}, h("figure", {},
    image(photo, `${photo.class ?? photo.label ?? ""} ${photo.name}`.trim()),
    h("figcaption", {}, caption(photo).map((line) => h("span", {}, line)))))));
}

const image = (photo, alt) => {
  const none = () => h("span", { class: "no-picture" }, "cannot be shown");
  if (!photo.thumb) return none(); // damaged
  const shown = h("img", { src: photo.thumb, alt, loading: "lazy", decoding: "async", width: "96", height: "96",
    onerror: () => shown.replaceWith(none()) }); // gone
  return shown;
};

export class PhotoGrid {
  /** remove(photo) is called for the chosen photo, by Delete or the button. */
  constructor(container, { label, remove }) {
    this.remove = remove;
    this.photos = [];
    this.at = 0;
    this.box = h("div", { role: "listbox", class: "thumbs picks", "aria-label": label,
      onkeydown: (event) => this.key(event), onclick: (event) => this.click(event) });
    this.tool = button("Remove", () => this.removeChosen(), { class: "small", hidden: true });
    container.append(this.box, this.tool);
  }

  /** Photos that are there already keep their elements, so that nothing flickers. */
  update(photos) {
    const known = new Map(this.photos.map((photo, i) => [photo.id, this.box.children[i]]));
    const focused = this.box.contains(document.activeElement);
    const held = this.photos[this.at]?.id;
    this.photos = photos;
    this.box.hidden = !photos.length;
    this.box.replaceChildren(...photos.map((photo) => known.get(photo.id) ?? h("div", {
      role: "option", id: unique("photo"), "aria-selected": "false", tabindex: "-1", title: photo.name, data: { photo: photo.id } },
    image(photo, photo.name))));
    const place = focused ? photos.findIndex(({ id }) => id === held) : -1; // others may have come before it
    this.at = Math.min(place < 0 ? this.at : place, Math.max(0, photos.length - 1));
    if (this.chosen !== null && !photos.some(({ id }) => id === this.chosen)) this.choose(null);
    this.reach(focused);
  }

  chosen = null;

  /** Make one the tab stop. */
  reach(focus) {
    [...this.box.children].forEach((option, i) => { option.tabIndex = i === this.at ? 0 : -1; });
    if (focus) this.box.children[this.at]?.focus();
  }

  choose(i) {
    this.chosen = i === null ? null : this.photos[i].id;
    [...this.box.children].forEach((option, k) => option.setAttribute("aria-selected", String(k === i)));
    this.tool.hidden = i === null;
    if (i === null) return;
    const { name, removable } = this.photos[i];
    this.tool.disabled = removable === false; // it was there before: the workbench leaves it
    this.tool.textContent = this.tool.disabled ? `${name} lies in your own folder: remove it there` : `Remove ${name}`;
  }

  click(event) {
    const option = event.target.closest("[role=option]");
    if (!option) return;
    this.at = [...this.box.children].indexOf(option);
    this.reach(true);
    this.choose(this.chosen === this.photos[this.at].id ? null : this.at);
  }

  key(event) {
    if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      this.choose(this.at);
      this.removeChosen();
      return;
    }
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.choose(this.chosen === this.photos[this.at].id ? null : this.at);
      return;
    }
    const row = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const by = row ? row * this.columns() : STEP[event.key];
    if (by === undefined) return;
    event.preventDefault();
    this.at = Math.min(Math.max(0, this.at + by), this.photos.length - 1);
    this.reach(true);
  }

  columns() {
    const tops = [...this.box.children].map((option) => option.offsetTop);
    return Math.max(1, tops.filter((top) => top === tops[0]).length);
  }

  removeChosen() {
    const photo = this.photos.find(({ id }) => id === this.chosen);
    if (photo && photo.removable !== false) this.remove(photo);
  }
}
