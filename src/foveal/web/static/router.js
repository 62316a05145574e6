// From the hash of the address to a view, and back. A view is a module with `mount`.

const VIEWS = {
  "": "start", lessons: "lessons", visualizer: "visualizer", channels: "channels",
  pooling: "pooling", gradient: "gradient", explorer: "explorer", features: "features",
  check: "check", takeaways: "takeaways", glossary: "glossary", search: "search",
  source: "source", workbench: "workbench/main",
};

/** Read "#/lessons/pooling?x=1" into its parts. */
export function parse(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split(/\?(.*)/s);
  const parts = path.split("/").filter(Boolean).map((part) => {
    try { return decodeURIComponent(part); } catch { return part; }
  });
  return { name: parts[0] ?? "", rest: parts.slice(1), query: new URLSearchParams(query) };
}

/** Keep `main` showing what the address says. `context` goes to every view. */
export function startRouter(main, context, { onShown, onMissing, onFailed }) {
  let current = null;
  let turn = 0;
  async function show() {
    if (location.hash && !location.hash.startsWith("#/")) return;
    const route = parse(location.hash);
    document.querySelectorAll("dialog[open]").forEach((dialog) => dialog.close()); // of the page before
    const same = current?.route.name === route.name;
    if (same && current.view?.update && current.view.update(route)) {
      current.route = route;
      return;
    }
    const mine = ++turn;
    delete document.documentElement.dataset.ready;
    const moved = !same || current.route.rest.join("/") !== route.rest.join("/");
    current?.view?.unmount?.();
    current = { route, view: null };
    const name = Object.hasOwn(VIEWS, route.name) ? VIEWS[route.name] : null;
    const page = document.createElement("div");
    page.className = "page";
    try {
      const module = name ? await import(`./views/${name}.js`) : null;
      if (mine !== turn) return;
      main.replaceChildren(page);
      const view = module ? await module.mount(page, { ...context, route }) : onMissing(page);
      if (mine !== turn) return void view?.unmount?.();
      current.view = view ?? null;
    } catch (error) {
      if (mine !== turn) return;
      main.replaceChildren(page);
      onFailed(page, error);
    }
    onShown({ page, route, moved });
    document.documentElement.dataset.ready = name ?? "missing";
  }
  addEventListener("hashchange", show);
  return show();
}
