// <foveal-figure data-kind="…">: a live figure, loaded when it comes near the screen.

import { h } from "./dom.js";

const HOMES = {
  convolution: "figure_grids", pooling: "figure_grids", "receptive-field": "figure_grids",
  chart: "figure_charts", architecture: "figure_charts", normalisation: "figure_charts",
  "photo-filter": "figure_photos", "colour-channels": "figure_photos", augmentation: "figure_photos",
};

export class FovealFigure extends HTMLElement {
  connectedCallback() {
    if (this.started) return;
    this.started = true;
    this.fallback = this.textContent.trim();
    this.watcher = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) this.load();
    }, { rootMargin: "400px" });
    this.watcher.observe(this);
    this.print = () => this.load(); // paper has no scrolling
    addEventListener("beforeprint", this.print);
  }

  disconnectedCallback() {
    this.watcher?.disconnect();
    removeEventListener("beforeprint", this.print);
    this.stop?.();
  }

  load() {
    if (this.loading) return this.loading;
    this.loading = this.show();
    return this.loading;
  }

  async show() {
    this.watcher.disconnect();
    const home = HOMES[this.dataset.kind];
    if (!home) return;
    try {
      const { figures } = await import(`./${home}.js`);
      const box = h("div", { class: "stack tight" });
      this.stop = await figures[this.dataset.kind](box, this.dataset);
      const caption = this.dataset.caption ?? this.fallback;
      this.replaceChildren(box, caption && h("p", { class: "caption" }, caption));
      this.dataset.ready = "true";
    } catch (error) {
      this.replaceChildren(h("p", { class: "problem" }, error.message));
      if (error.name !== "Error") console.error(error);
    }
  }
}
