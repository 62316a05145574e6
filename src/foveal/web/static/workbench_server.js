// The only module that knows the addresses of the workbench. Only loaded by its pages.

import { ask, GONE, proof, ServerError } from "./server.js";

const AT = "api/workbench";
/** An address: at`runs/${id}/stop`; what is put in is made safe. */
const at = (parts, ...values) => String.raw({ raw: parts }, ...values.map(encodeURIComponent));
const BUSY = [429, 503];
const TRIES = 12;
const [WAIT, LONGEST_WAIT] = [2, 30]; // seconds

const get = (path, options = {}) => ask(`${AT}/${path}`, options);
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

const look = (path, blob, signal) => patiently(() => ask(`${AT}/${path}`, {
  method: "POST", body: blob, signal, headers: { "Content-Type": "application/octet-stream" } }));

export const photoSets = () => get("photos");
export const makeSet = (name) => post("photos", { name });
export const sendZip = (name, blob, progress) => send(at`photos/zip?name=${name}`, blob, progress);
export const photoSet = (id) => get(at`photos/${id}`);
export const addPhoto = (id, label, name, blob) => send(at`photos/${id}/add?class=${label}&name=${name}`, blob);
export const removePhoto = (id, photo) => post(at`photos/${id}/remove`, { photo });
/** Remove what came through the workbench, of a class or (null) of all: {removed, left, gone}. */
export const clearPhotos = (id, label = null) => post(at`photos/${id}/clear`, { class: label });
export const checkPhotos = (id, signal) => patiently(() => get(at`photos/${id}/check`, { signal }));

export const options = () => get("options");
export const startRun = (settings) => post("runs", settings);
export const runs = () => get("runs");
export const run = (id) => get(at`runs/${id}`);
export const events = (id, after) => get(at`runs/${id}/events?after=${after}`);
export const stopRun = (id) => post(at`runs/${id}/stop`);
export const removeRun = (id) => post(at`runs/${id}/remove`);
export const resumeRun = (id) => post(at`runs/${id}/resume`);

export const cellPhotos = (id, split, actual, predicted, signal) =>
  patiently(() => get(at`runs/${id}/cell?split=${split}&actual=${actual}&predicted=${predicted}`, { signal }));
/** Begin to load a classifier, and ask how far that is: {state: loading|ready|failed, sentence}. */
export const prepare = (id, reject) => post(at`runs/${id}/ready?reject=${reject ? 1 : 0}`);
export const readiness = (id, reject) => get(at`runs/${id}/ready?reject=${reject ? 1 : 0}`);
export const predict = (id, blob, reject) => look(at`runs/${id}/predict?reject=${reject ? 1 : 0}`, blob);
export const explain = (id, blob, label, method, signal) => look(at`runs/${id}/explain?class=${label}&method=${method}`, blob, signal);
export const featureMaps = (id, blob, block) =>
  look(block ? at`runs/${id}/feature-maps?block=${block}` : at`runs/${id}/feature-maps`, blob);
export const filters = (id) => patiently(() => get(at`runs/${id}/filters`));
export const compare = (a, b, signal) => patiently(() => get(at`compare?a=${a}&b=${b}`, { signal }));
export const startExport = (id, format, int8) => post(at`runs/${id}/export`, { format, int8 });
export const exportJob = (job) => get(at`exports/${job}`);
