// Step 4: use what was trained. Four parts, each with an address of its own.

import { h } from "../../widgets/dom.js";
import * as server from "../../workbench_server.js";
import { heading, sentence, setOf, trainLink } from "./parts.js";

const PARTS = [["", "Try it", "try_photo"], ["quality", "How good it is", "quality"], ["inside", "Look inside", "inside"], ["take", "Take it with you", "take"]];

export async function mount(box, { rest, query, steps }) {
  const [id, part = ""] = rest;
  const [about, { sets }, module] = await Promise.all([server.run(id), server.photoSets(),
    import(`./${(PARTS.find(([name]) => name === part) ?? PARTS[0])[2]}.js`)]);
  const done = about.state === "done";
  const set = setOf(about, sets);
  steps.update({ set: set?.id, run: id, done });
  box.append(heading(`${part ? PARTS.find(([name]) => name === part)?.[1] ?? "Use" : "Use"}: ${about.name}`));
  if (!done) {
    box.append(h("p", { class: "lead" }, NOT_DONE[about.state] ?? NOT_DONE.failed), about.error && h("p", { class: "problem" }, sentence(about.error)) || "",
      h("p", {}, h("a", { class: "button primary", href: trainLink(about, set) }, "See the training")));
    return {};
  }
  box.append(h("nav", { class: "parts", "aria-label": "Use" }, h("ul", {}, PARTS.map(([name, title]) => h("li", {},
    h("a", { href: `#/workbench/use/${id}${name && `/${name}`}`, "aria-current": name === part ? "page" : null }, title))))));
  return module.mount(box, { about, query });
}

const NOT_DONE = {
  running: "This classifier is still being trained; it can be used when that is done.",
  stopped: "This training was stopped before its end; resume it, and then use it.",
  failed: "This training failed, so there is nothing to use.",
};
