// The only module that knows the server's addresses, but for those of the workbench, which are in
// workbench_server.js. In the static export the same paths are files.

const token = document.querySelector('meta[name="foveal-token"]')?.content ?? "";
const kept = new Map();

/** Whether a server computes, or these are static files. */
export const hasServer = token !== "";

/** What went wrong, in a sentence; `status` 0 where no answer came, `wait` in seconds where it says so. */
export class ServerError extends Error {
  constructor(reason, status = 0, wait = null) {
    super(reason);
    Object.assign(this, { status, wait });
  }
}

export const GONE = "the server does not answer; is `foveal` still running in its window?";

/** What our own page proves itself with. */
export const proof = token ? { "X-Foveal-Token": token } : {};

/** After a restart of the server this page's token is old: load the page again, once for each token. */
function renewed(status) {
  if (status !== 403 || !token) return false;
  try {
    if (sessionStorage.getItem("foveal-renewed") === token) return false;
    sessionStorage.setItem("foveal-renewed", token);
  } catch {
    return false; // where nothing can be remembered, it might never end
  }
  location.reload();
  return true;
}

async function answer(response) {
  if (response.ok) return response.json();
  if (renewed(response.status)) return new Promise(() => {});
  let reason = `the server answered ${response.status}`;
  try {
    reason = (await response.json()).error ?? reason;
  } catch { /* no JSON: a plain file server */ }
  throw new ServerError(reason, response.status, Number(response.headers.get("Retry-After")) || null);
}

export async function ask(path, options = {}) {
  try {
    const sent = fetch(path, { ...options, headers: { ...options.headers, ...proof } });
    return await answer(await sent.catch(() => { throw new ServerError(GONE); }));
  } catch (error) {
    if (options.signal?.aborted) return new Promise(() => {}); // nobody waits any longer
    throw error;
  }
}

function get(path) {
  if (!kept.has(path)) {
    kept.set(path, ask(path).catch((error) => {
      kept.delete(path);
      throw error;
    }));
  }
  return kept.get(path);
}

const safe = encodeURIComponent;

export const kernels = () => get("data/kernels.json");
export const lessons = () => get("data/lessons.json");
export const lesson = (slug) => get(`data/lessons/${safe(slug)}.json`);
export const practice = (kind) => get(`data/practice/${safe(kind)}.json`);
export const check = (seed) => get(`data/check/${safe(seed)}.json`);
export const glossary = () => get("data/glossary.json");
export const takeaways = () => get("data/takeaways.json");
export const searchEntries = () => get("data/search.json");
export const sourcePage = (slug) => get(`data/sources/${safe(slug)}.json`);
export const models = () => get("data/models.json");
export const model = (name) => get(`data/models/${safe(name)}.json`);
/** Trained runs of the server's folder; an export has none. */
export const runs = () => (hasServer ? ask("data/runs.json") : Promise.resolve({ runs: [] }));
export const run = (id) => ask(`data/runs/${safe(id)}.json`);
export const photos = () => get("data/photos.json");
export const photoAddress = (name) => `data/photos/${safe(name)}.jpg`;
export const augmented = (photo, strength) => get(`data/augmented/${safe(photo)}-${safe(strength)}.json`);
export const augmentedAddress = (photo, strength, view) =>
  `data/augmented/${safe(photo)}-${safe(strength)}-${view}.jpg`;
export const features = (photo) => get(`data/features/${safe(photo)}.json`);

/** Feature maps of a photo of one's own; the server keeps it in memory only. */
export const featuresOf = (blob) => ask("api/features", {
  method: "POST", body: blob, headers: { "Content-Type": "application/octet-stream" } });
