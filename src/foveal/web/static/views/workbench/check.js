// Step 2: what the server finds in the photos, in words, with the photos that it means.

import { counted } from "../../math/scores.js";
import { h, setText } from "../../widgets/dom.js";
import { gallery } from "../../widgets/photo_grid.js";
import { aside, card } from "../../widgets/pieces.js";
import * as server from "../../workbench_server.js";
import { attempt, heading, NextBar, problemBox, sentence } from "./parts.js";

const LEVELS = [
  ["error", "✕", "To mend", "Training cannot start, or would go wrong, before these are mended."],
  ["warning", "!", "To look at", "Training works, but the result may be worse or look better than it is."],
  ["note", "i", "Good to know", ""],
];
const SHOWN = 24;

export async function mount(box, { rest, steps }) {
  const [id] = rest;
  steps.update({ set: id });
  const title = h("h1", { tabindex: "-1" }, "Check");
  const problem = problemBox();
  const status = h("p", { role: "status", class: "muted" });
  const result = h("div", { class: "stack" });
  box.append(h("div", { class: "stack tight" }, title), problem, status, result);
  let here = true;
  const going = new AbortController();
  // The page shows itself first: to look at thousands of photos takes a while.
  setTimeout(async () => {
    setText(status, "Looking at every photo…");
    result.setAttribute("aria-busy", "true");
    const found = await attempt(problem, () => Promise.all([server.photoSet(id), server.checkPhotos(id, going.signal)]));
    if (!here) return;
    result.removeAttribute("aria-busy");
    setText(status, found ? `${counted(found[1].n, "photo")} looked at, ${counted(found[1].findings.length, "finding")}.` : "");
    if (found) {
      setText(title, `Check: ${found[0].name}`);
      render(result, ...found);
    }
  });
  return { unmount: () => { here = false; going.abort(); } };
}

function render(result, set, check) {
  const worst = LEVELS.find(([level]) => check.findings.some((one) => one.level === level));
  const state = check.trainable ? (worst && worst[0] !== "note" ? "warning" : "good") : "error";
  result.append(
    h("section", { class: `card verdict-card ${state}`, "aria-label": "Verdict" },
      h("span", { class: "sign", "aria-hidden": "true" }, { good: "✓", warning: "!", error: "✕" }[state]),
      h("p", {}, sentence(check.verdict))),
    ...LEVELS.map(([level, sign, name, why]) => group(check.findings.filter((one) => one.level === level), level, sign, name, why)).filter(Boolean),
    classTable(set));
  const next = new NextBar(result, { text: state === "good" ? "Next: train" : "Train anyway" });
  next.update(check.trainable ? { href: `#/workbench/train/${set.id}`, why: "" }
    : { href: null, why: "Mend what is listed above, then come back." });
  result.append(h("p", {}, h("a", { href: `#/workbench/photos/${set.id}` }, "Back to the photos")));
}

function group(findings, level, sign, name, why) {
  if (!findings.length) return null;
  return h("section", { class: `card stack finding-group ${level}`, "aria-label": name },
    h("div", { class: "stack tight" },
      h("h2", {}, h("span", { class: "sign", "aria-hidden": "true" }, sign), `${name} (${findings.length})`), why && aside(why)),
    findings.map((finding) => h("div", { class: "finding stack tight" },
      h("p", {}, sentence(finding.sentence)),
      finding.photos?.length ? photos(finding) : null)));
}

function photos({ photos: all, count }) {
  const shown = all.slice(0, SHOWN);
  const left = (count ?? all.length) - shown.length;
  return [gallery(shown, "Photos it is about", (photo) => [photo.class, photo.name]),
    left > 0 ? aside(`And ${left.toLocaleString("en-US")} more.`) : null];
}

function classTable(set) {
  const most = Math.max(1, ...set.classes.map(({ n }) => n));
  return card("Photos of each class", h("h2", {}, "Photos of each class"),
    h("ul", { class: "bars" }, set.classes.map(({ name, n }) => h("li", {}, h("span", { class: "name" }, name),
      h("meter", { value: n, min: 0, max: most, "aria-label": `Photos of ${name}` }), h("b", { class: "number" }, n.toLocaleString("en-US"))))));
}
