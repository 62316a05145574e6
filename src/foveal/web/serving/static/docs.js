// The page of the prediction server: draws /openapi.json and /v1/model, and names photos.

const find = (id) => document.getElementById(id);
const PREVIEW = 240;
const RELEASES = ["pointerup", "pointercancel"];
let pressed = false;

function make(tag, options = {}, ...children) {
  const { className, ...rest } = options;
  const element = document.createElement(tag);
  if (className) element.className = className;
  for (const [name, value] of Object.entries(rest)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

function headers() {
  const token = find("token").value;
  return token ? { Authorization: `Bearer ${token}` } : {};
}

// --- what is served -----------------------------------------------------------------------------

async function showModel() {
  const answer = await fetch("/v1/model", { headers: headers() });
  const model = await answer.json();
  if (!answer.ok) {
    find("about").textContent = model.error;
    return;
  }
  const shown = model.classes.slice(0, 12).join(", ");
  const more = model.classes.length - 12;
  find("about").textContent =
    `${model.name}: ${model.architecture}, ${model.classes.length} classes (${shown}` +
    `${more > 0 ? ` and ${more} more` : ""}), version ${model.version}. ` +
    `Up to ${model.limits.max_images} photos and ${model.limits.max_mb} MB a request.`;
  find("top-k").value = Math.min(5, model.classes.length);
}

// A press that leaves the field of the token must end where it began: what is shown moves only then.
function showModelAfterPress() {
  if (!pressed) return showModel();
  const once = new AbortController();
  for (const end of RELEASES) {
    addEventListener(end, () => { once.abort(); setTimeout(showModel); }, { signal: once.signal });
  }
}

// --- trying it ----------------------------------------------------------------------------------

let chosen = [];

function choose(files) {
  chosen = [...files].filter((file) => file.size);
  const words = chosen.length === 1 ? chosen[0].name : `${chosen.length} photos`;
  say(chosen.length ? `${words} chosen.` : "");
  showCommand();
}

function say(text, failed = false) {
  find("status").textContent = text;
  find("status").classList.toggle("failed", failed);
}

function showCommand() {
  const names = chosen.length ? chosen.map((file) => file.name) : ["photo.jpg"];
  const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
  const forms = names.map((name) => `-F ${quoted(`images=@${name}`)}`).join(" ");
  const token = find("token-row").hidden ? "" : ' -H "Authorization: Bearer $TOKEN"';
  find("curl").textContent =
    `curl${token} ${forms} '${location.origin}/v1/predict?top_k=${find("top-k").value || 5}'`;
}

async function predict(event) {
  event.preventDefault();
  if (!chosen.length) {
    say("Choose one or more photos first.", true);
    find("files").focus();
    return;
  }
  const form = new FormData();
  for (const file of chosen) form.append("images", file, file.name);
  const button = find("try").querySelector("button");
  button.disabled = true;
  say("Asking…");
  try {
    const top = encodeURIComponent(find("top-k").value || 5);
    const address = `/v1/predict?top_k=${top}`;
    const answer = await fetch(address, { method: "POST", body: form, headers: headers() });
    const found = await answer.json();
    find("json").textContent = JSON.stringify(found, null, 2);
    find("raw").hidden = false;
    if (answer.ok) {
      say(`Answered in ${found.milliseconds} ms.`);
      find("answers").replaceChildren(...found.images.map((image, at) => card(image, chosen[at])));
    } else {
      say(found.error, true);
      find("answers").replaceChildren();
    }
  } catch {
    say("The server cannot be reached.", true);
  } finally {
    button.disabled = false;
  }
}

function card(image, file) {
  const what = make("div", { className: "what" }, make("div", { className: "name" }, image.name));
  if (image.error) what.append(make("p", { className: "wrong" }, image.error));
  if (image.rejected) {
    what.append(make("p", { className: "note" }, "None of these; the nearest would be:"));
  }
  const bars = make("div", { className: "bars" });
  for (const { label, probability } of image.predictions) {
    const share = `${(100 * probability).toFixed(1)} %`;
    const meter = make("meter", { min: 0, max: 1, value: probability, "aria-label": `${label}: ${share}` });
    bars.append(
      make("span", { className: "label" }, label),
      meter,
      make("span", { className: "share" }, share),
    );
  }
  if (image.predictions.length) what.append(bars);
  return make("article", { className: "answer", "aria-label": image.name }, preview(file), what);
}

function preview(file) {
  const canvas = make("canvas", { role: "img", "aria-label": `The photo ${file.name}` });
  canvas.width = canvas.height = PREVIEW;
  draw(file, canvas);
  return canvas;
}

// On a canvas, since the content policy allows no pictures but the server's own; the answer does
// not wait for it.
async function draw(file, canvas) {
  try {
    const bitmap = await createImageBitmap(file);
    const scale = PREVIEW / Math.max(bitmap.width, bitmap.height);
    canvas.width = Math.max(1, Math.round(bitmap.width * scale));
    canvas.height = Math.max(1, Math.round(bitmap.height * scale));
    canvas.getContext("2d").drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  } catch {
    canvas.setAttribute("aria-label", `${file.name} cannot be shown by this browser`);
  }
}

// --- the schema ---------------------------------------------------------------------------------

function typeOf(schema) {
  if (!schema || !Object.keys(schema).length) return "anything";
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(" or ");
  if (schema.type === "array") return `list of ${typeOf(schema.items)}`;
  if (schema.format === "binary") return "the bytes of a file";
  return { object: "object", string: "text", integer: "whole number", number: "number",
    boolean: "true or false", null: "null" }[schema.type] ?? String(schema.type);
}

// `marked` words become <code>.
function withCode(text) {
  return text.split("`").map((part, at) => (at % 2 ? make("code", {}, part) : part));
}

function table(head, rows) {
  const cell = (tag, content) => make(tag, tag === "th" ? { scope: "col" } : {}, content);
  const body = rows.map((row) => make("tr", {}, ...row.map((content) => cell("td", content))));
  const region = { className: "scroll", tabindex: 0, role: "group", "aria-label": `Table: ${head.join(", ")}` };
  return make("div", region, make("table", {},
    make("thead", {}, make("tr", {}, ...head.map((text) => cell("th", text)))),
    make("tbody", {}, ...body)));
}

function operation(path, method, told) {
  const content = make("div", {}, make("p", {}, ...withCode(told.description ?? "")));
  const taken = (told.parameters ?? []).map((one) => [
    make("code", {}, one.name), `${typeOf(one.schema)}, ${one.required ? "needed" : `${one.schema.default} if left out`}`,
    one.schema.description ?? one.description ?? "",
  ]);
  if (taken.length) content.append(table(["parameter", "kind", "meaning"], taken));
  if (told.requestBody) {
    const bodies = Object.entries(told.requestBody.content).map(([kind, { schema }]) => [
      make("code", {}, kind),
      schema.properties ? Object.entries(schema.properties).map(([name, one]) => `${name}: ${typeOf(one)}`).join(", ") : typeOf(schema),
    ]);
    content.append(table(["body, by content type", "what it holds"], bodies));
  }
  const answers = Object.entries(told.responses).map(([status, one]) => {
    const [kind] = Object.values(one.content ?? {});
    return [make("code", {}, status), kind ? typeOf(kind.schema) : "", one.description];
  });
  content.append(table(["status", "answer", "when"], answers));
  return make("details", { className: "operation" },
    make("summary", {}, make("span", { className: `method ${method}` }, method.toUpperCase()),
      make("code", {}, path), ` – ${told.summary}`), content);
}

function showSchema(schema) {
  const all = Object.entries(schema.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, told]) => operation(path, method, told)));
  all[0].open = true;
  find("operations").replaceChildren(...all);
  const types = Object.entries(schema.components.schemas).map(([name, told]) => {
    const needed = Object.entries(told.properties ?? {}).map(([field, one]) =>
      [make("code", {}, field), typeOf(one), one.description ?? ""]);
    return make("details", { className: "operation" }, make("summary", {}, make("code", {}, name)),
      make("div", {}, make("p", {}, ...withCode(told.description ?? "")), table(["field", "kind", "meaning"], needed)));
  });
  find("schemas").replaceChildren(...types);
  find("token-row").hidden = !schema.components.securitySchemes;
}

// --- start --------------------------------------------------------------------------------------

function listen() {
  const drop = find("drop");
  find("files").addEventListener("change", (event) => choose(event.target.files));
  find("try").addEventListener("submit", predict);
  find("top-k").addEventListener("input", showCommand);
  find("token").addEventListener("change", showModelAfterPress);
  addEventListener("pointerdown", () => { pressed = true; }, true);
  for (const end of RELEASES) addEventListener(end, () => { pressed = false; }, true);
  drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.classList.add("over"); });
  drop.addEventListener("dragleave", () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    drop.classList.remove("over");
    choose(event.dataTransfer.files);
  });
  document.addEventListener("paste", (event) => {
    if (event.clipboardData.files.length) choose(event.clipboardData.files);
  });
}

listen();
showSchema(await (await fetch("/openapi.json")).json());
showCommand();
await showModel();
document.documentElement.dataset.ready = "";
