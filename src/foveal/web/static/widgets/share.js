// Handing on what is on the screen: the address of a store's state.

import { copyText } from "./dom.js";

/** Copy a link that shows the same state elsewhere. */
export function copyLink(store) {
  store.settle();
  return copyText(new URL(store.address(), location.href).href, "Link");
}
