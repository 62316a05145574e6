// What the steps of the workbench share: how a page begins, how it goes on, and what went wrong.

import { ServerError } from "../../server.js";
import { h, setText } from "../../widgets/dom.js";

export const heading = (title, lead) => h("div", { class: "stack tight" },
  h("h1", { tabindex: "-1" }, title), lead && h("p", { class: "lead" }, lead));

/** A region for problems: empty at load, read aloud when it is filled. */
export const problemBox = () => h("p", { class: "problem", role: "alert" });

/** Run something; what the server refuses is shown, anything else is a fault of ours. */
export async function attempt(problem, work) {
  setText(problem, "");
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ServerError)) throw error;
    setText(problem, sentence(error.message));
    return null;
  }
}

/** Begin with a capital, but leave names of files as they are. */
export const sentence = (text) => text.replace(/^[a-z]+(?=[ ,])/, (word) => word[0].toUpperCase() + word.slice(1));

/** While something runs its button cannot be pressed again. */
export async function busy(button, work) {
  if (button.getAttribute("aria-disabled") === "true") return null;
  button.setAttribute("aria-disabled", "true");
  try {
    return await work();
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

/** The way to the next step, and what is missing for it. */
export class NextBar {
  constructor(container, { text }) {
    this.text = text;
    this.why = h("p", { role: "status", class: "muted" });
    this.slot = h("span");
    container.append(h("div", { class: "next-bar" }, this.why, this.slot));
  }

  /** href: where it goes, or null while something is missing; why: in words. */
  update({ href, why = "" }) {
    setText(this.why, why);
    if (this.href === href && this.slot.firstChild) return;
    const focused = this.slot.contains(document.activeElement);
    this.href = href;
    this.slot.replaceChildren(href ? h("a", { class: "button primary large", href }, this.text)
      : h("button", { type: "button", class: "primary large", "aria-disabled": "true" }, this.text));
    if (focused) this.slot.firstChild.focus();
  }
}

/** The set that a run was trained on, or undefined where it is gone. */
export const setOf = (run, sets) => sets.find(({ id, name }) => [id, name].includes(run.photos));

export const trainLink = (run, set) => `#/workbench/train/${set?.id ?? NO_SET}/${run.id}`;
export const NO_SET = "-";

export const date = (text) => {
  const when = new Date(text);
  return Number.isNaN(when.getTime()) ? text : when.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
};
