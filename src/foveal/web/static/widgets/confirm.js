// A question before something is deleted for good.

import { h } from "./dom.js";

/** Ask; the promise gives true where the answer is `action`, and false where it is anything else. */
export function confirmed(title, text, action) {
  return new Promise((done) => {
    const cancel = h("button", { type: "button", autofocus: true, onclick: () => dialog.close() }, "Cancel");
    const dialog = h("dialog", { "aria-label": title, onclose: () => {
      dialog.remove();
      done(dialog.returnValue === "yes");
    } }, h("div", { class: "stack tight" }, h("h2", {}, title), h("p", {}, text), h("div", { class: "row" },
      h("button", { type: "button", class: "danger", onclick: () => dialog.close("yes") }, action), cancel)));
    document.body.append(dialog);
    dialog.showModal();
    cancel.focus();
  });
}
