// The workbench: one page per step, and the place in the address.

import { hasServer, ServerError } from "../../server.js";
import { h } from "../../widgets/dom.js";
import { NO_SET } from "./parts.js";

const STEPS = [["photos", "Photos"], ["check", "Check"], ["train", "Train"], ["use", "Use"]];
const PAGES = {
  photos: "photos", check: "check", train: "train", use: "use", runs: "runs", compare: "compare",
};
const LOADED = new Map();
const lastRun = new Map(); // of a set, while this tab is open

/** Load the looks once; the other pages of the site never pay for them. */
function styles() {
  if (!LOADED.has("styles")) {
    LOADED.set("styles", new Promise((done) => {
      document.head.append(h("link", { rel: "stylesheet", href: "css/workbench.css", onload: done, onerror: done }));
    }));
  }
  return LOADED.get("styles");
}

class Steps {
  constructor(step) {
    this.step = step;
    this.list = h("ol");
    this.root = h("nav", { class: "steps", "aria-label": "Steps" }, this.list);
    this.update({});
  }

  /** Say which photos and which run this is about; links lead there. */
  update({ set = null, run = null, done = false }) {
    if (set && run) lastRun.set(set, { run, done });
    const known = run ? { run, done } : lastRun.get(set) ?? {};
    const to = {
      photos: set ? `photos/${set}` : "",
      check: set && `check/${set}`,
      train: known.run ? `train/${set ?? NO_SET}/${known.run}` : set && `train/${set}`,
      use: known.done && `use/${known.run}`,
    };
    const key = JSON.stringify(to);
    if (key === this.key) return; // a training tells this every second; the focus may be here
    this.key = key;
    const place = STEPS.findIndex(([name]) => name === this.step);
    this.list.replaceChildren(...STEPS.map(([name, title], i) => {
      const inside = [h("b", { "aria-hidden": "true" }, i < place ? "✓" : String(i + 1)), title];
      const here = name === this.step;
      const link = typeof to[name] === "string"
        ? h("a", { href: `#/workbench${to[name] && `/${to[name]}`}`, "aria-current": here ? "step" : null }, inside)
        : h("span", { "aria-current": here ? "step" : null }, inside, !here && h("span", { class: "visually-hidden" }, " (not yet)"));
      return h("li", { class: i < place ? "past" : "" }, link);
    }));
  }
}

function staticNotice(page) {
  page.append(h("h1", { tabindex: "-1" }, "Train your own classifier"),
    h("p", { class: "lead" }, "This copy of the site is made of files and cannot train; run this on your computer:"),
    h("pre", { class: "command" }, h("code", {}, "foveal workbench")));
  return {};
}

export async function mount(page, { route }) {
  await styles();
  if (!hasServer) return staticNotice(page);
  const [name = "photos", ...rest] = route.rest;
  if (!Object.hasOwn(PAGES, name)) throw new ServerError("The workbench has no such page.");
  const module = await import(`./${PAGES[name]}.js`);
  const steps = new Steps(name);
  const box = h("div", { class: "step-page" });
  page.classList.add("workbench");
  page.append(...(STEPS.some(([step]) => step === name) ? [steps.root] : []), box);
  const view = await module.mount(box, { rest, query: route.query, steps }) ?? {};
  return {
    unmount: () => view.unmount?.(),
    update: (next) => next.rest.join("/") === route.rest.join("/") && Boolean(view.update?.(next)),
  };
}
