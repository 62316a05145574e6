// The only module that knows the addresses of the workbench. Only loaded by its pages.

import { ask, GONE, proof, ServerError } from "./server.js";

const AT = "api/workbench";
const safe = encodeURIComponent;
const BUSY = [429, 503];
const TRIES = 12;
const [WAIT, LONGEST_WAIT] = [2, 30]; // seconds

const get = (path) => ask(`${AT}/${path}`);
const post = (path, value = {}) => ask(`${AT}/${path}`, {
  method: "POST", body: JSON.stringify(value), headers: { "Content-Type": "application/json" } });

const pause = (seconds) => new Promise((done) => { setTimeout(done, seconds * 1000); });

/** Ask again while the server says that it is busy, as long after as it says. */
export async function patiently(send, { tries = TRIES, waiting = () => {} } = {}) {
  for (let turn = 1; ; turn += 1) {
    try {
      return await send();
    } catch (error) {
      if (!BUSY.includes(error.status) || turn >= tries) throw error;
      const seconds = Math.min(error.wait ?? WAIT, LONGEST_WAIT);
      waiting(seconds);
      await pause(seconds);
    }
  }
}

/** Send a file; `progress` hears the share that has gone. Only XMLHttpRequest tells that. */
function send(path, blob, progress) {
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    request.open("POST", `${AT}/${path}`);
    request.responseType = "text";
    for (const [name, value] of Object.entries(proof)) request.setRequestHeader(name, value);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.onprogress = (event) => event.lengthComputable && progress?.(event.loaded / event.total);
    request.onerror = () => fail(new ServerError(GONE));
    request.onload = () => {
      let said = {};
      try {
        said = JSON.parse(request.responseText);
      } catch { /* not our server's words */ }
      if (request.status >= 200 && request.status < 300) return done(said);
      const wait = Number(request.getResponseHeader("Retry-After")) || null;
      return fail(new ServerError(said.error ?? `the server answered ${request.status}`, request.status, wait));
    };
    request.send(blob);
  });
}

const look = (path, blob) => patiently(() => ask(`${AT}/${path}`, {
  method: "POST", body: blob, headers: { "Content-Type": "application/octet-stream" } }));

export const photoSets = () => get("photos");
export const makeSet = (name) => post("photos", { name });
export const sendZip = (name, blob, progress) => send(`photos/zip?name=${safe(name)}`, blob, progress);
export const photoSet = (id) => get(`photos/${safe(id)}`);
export const addPhoto = (id, label, name, blob, progress) =>
  send(`photos/${safe(id)}/add?class=${safe(label)}&name=${safe(name)}`, blob, progress);
export const removePhoto = (id, photo) => post(`photos/${safe(id)}/remove`, { photo });
export const checkPhotos = (id) => patiently(() => get(`photos/${safe(id)}/check`));

export const options = () => get("options");
export const startRun = (settings) => post("runs", settings);
export const runs = () => get("runs");
export const run = (id) => get(`runs/${safe(id)}`);
export const events = (id, after) => get(`runs/${safe(id)}/events?after=${after}`);
export const stopRun = (id) => post(`runs/${safe(id)}/stop`);
export const resumeRun = (id) => post(`runs/${safe(id)}/resume`);

export const cellPhotos = (id, split, actual, predicted) =>
  get(`runs/${safe(id)}/cell?split=${safe(split)}&actual=${safe(actual)}&predicted=${safe(predicted)}`);
export const predict = (id, blob, reject) => look(`runs/${safe(id)}/predict?reject=${reject ? 1 : 0}`, blob);
export const explain = (id, blob, label, method) =>
  look(`runs/${safe(id)}/explain?class=${safe(label)}&method=${safe(method)}`, blob);
export const featureMaps = (id, blob, block) =>
  look(`runs/${safe(id)}/feature-maps${block ? `?block=${safe(block)}` : ""}`, blob);
export const filters = (id) => patiently(() => get(`runs/${safe(id)}/filters`));
export const compare = (a, b) => patiently(() => get(`compare?a=${safe(a)}&b=${safe(b)}`));
export const startExport = (id, format, int8) => post(`runs/${safe(id)}/export`, { format, int8 });
export const exportJob = (job) => get(`exports/${safe(job)}`);
