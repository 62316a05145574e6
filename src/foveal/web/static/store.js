// One store: state, listeners, and its round trip through the address.

/**
 * codec: {defaults, decode(params) -> state, encode(state) -> string of a query, path}.
 * A change is written to the address; `push: true` makes it a step that Back undoes.
 */
export function createStore(codec, query) {
  let state = codec.decode(query);
  const listeners = new Set();
  let timer = 0;

  function tell(before) {
    const changed = new Set(Object.keys(state).filter((key) => state[key] !== before[key]));
    if (changed.size) listeners.forEach((listener) => listener(state, changed));
  }

  function address() {
    const text = codec.encode(state);
    return `#/${codec.path}${text ? `?${text}` : ""}`;
  }

  function write(push) {
    clearTimeout(timer);
    timer = 0;
    const next = address();
    if (next === location.hash) return;
    history[push ? "pushState" : "replaceState"](null, "", next);
  }

  return {
    get state() { return state; },
    address,
    /** Change some keys. `quiet` leaves the address alone until `settle` (while playing). */
    set(patch, { push = false, quiet = false } = {}) {
      const before = state;
      if (push && timer) write(false);
      state = { ...state, ...patch };
      tell(before);
      if (quiet) return;
      if (push) write(true);
      else if (!timer) timer = setTimeout(() => write(false), 300); // browsers limit replaceState
    },
    settle() { write(false); },
    /** Take over what the address says: after Back, Forward or a link. */
    load(params) {
      clearTimeout(timer);
      timer = 0;
      const before = state;
      state = codec.decode(params);
      tell(before);
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close() {
      clearTimeout(timer);
      listeners.clear();
    },
  };
}
