// Files as people give them: chosen, a folder of folders, or dropped.

import { h } from "./dom.js";
import { button } from "./pieces.js";

/** A button that opens the file picker; `chosen` gets [{name, path, blob}]. */
export function picker(text, { chosen, folder = false, multiple = true, accept = "image/*", ...more }) {
  const input = h("input", {
    type: "file", multiple, accept: folder ? null : accept, class: "visually-hidden", tabindex: "-1",
    "aria-hidden": "true", webkitdirectory: folder,
    onchange: () => { chosen([...input.files].map(asFile)); input.value = ""; } });
  return [button(text, () => input.click(), more), input];
}

const asFile = (blob) => ({ name: blob.name, path: blob.webkitRelativePath || blob.name, type: blob.type, blob });

/** Everything that was dropped, folders opened: [{name, path, blob}]. */
export async function dropped(transfer) {
  // Entries must be asked for before the first pause: afterwards the transfer is empty.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return [...transfer.files].map(asFile);
  return (await Promise.all(entries.map((entry) => walk(entry, "")))).flat();
}

async function walk(entry, above) {
  const path = above ? `${above}/${entry.name}` : entry.name;
  if (entry.isFile) {
    const blob = await new Promise((done, fail) => { entry.file(done, fail); });
    return [{ name: entry.name, path, type: blob.type, blob }];
  }
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const part = await new Promise((done, fail) => { reader.readEntries(done, fail); });
    if (!part.length) break;
    found.push(...part);
  }
  return (await Promise.all(found.map((one) => walk(one, path)))).flat();
}

/** Let files be dropped on an element. */
export function dropZone(element, take) {
  element.addEventListener("dragover", (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    event.stopPropagation();
    element.classList.add("dropping");
  });
  element.addEventListener("dragleave", (event) => {
    if (!element.contains(event.relatedTarget)) element.classList.remove("dropping");
  });
  element.addEventListener("drop", async (event) => {
    event.preventDefault();
    event.stopPropagation();
    element.classList.remove("dropping");
    take(await dropped(event.dataTransfer));
  });
}
