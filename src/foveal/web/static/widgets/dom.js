// Building elements, and the little that every widget needs.

/**
 * h("button", {class: "primary", onclick: f, "aria-label": "Play", data: {row: 1}}, "text", child)
 * Properties that start with "on" are listeners; false and null are left out; true is empty.
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (name === "html") element.innerHTML = value; // only ever text of our own server
    else if (name in element && typeof value !== "string") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined
    && child !== false));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** The same for SVG. */
export function s(tag, properties = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null
    && child !== undefined));
  return element;
}

let count = 0;
/** A name for aria-describedby and the like. */
export const unique = (stem) => `${stem}-${(count += 1)}`;

export const setText = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};

export const isDark = () => {
  const { theme } = document.documentElement.dataset;
  return theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
};

/** Call when the theme changes; returns how to stop. */
export function onTheme(listener) {
  addEventListener("foveal-theme", listener);
  return () => removeEventListener("foveal-theme", listener);
}

export const wantsStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** A short message at the bottom, also read aloud. */
export function toast(text) {
  const region = document.getElementById("toast");
  region.textContent = text;
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { region.textContent = ""; }, 4000);
}

/** Put text on the clipboard; where that is not allowed, show it to be copied by hand. */
export async function copyText(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${what} copied`);
  } catch {
    showText(what, text);
  }
}

/** A dialog with text to read or copy. */
export function showText(title, text, note = "") {
  const area = h("textarea", { rows: "14", readonly: true, "aria-label": title, class: "code-area" });
  area.value = text;
  const dialog = h("dialog", { "aria-label": title },
    h("div", { class: "stack tight" }, h("h2", {}, title), note && h("p", { class: "muted" }, note),
      area,
      h("div", { class: "row" },
        h("button", { class: "primary", onclick: () => copyText(text, title) }, "Copy"),
        h("button", { onclick: () => dialog.close() }, "Close"))));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  area.select();
}
