// A page keeps itself new: what it is told has changed makes it fetch itself
// and put in place those parts that differ. Without a stream it asks now and
// then; while nobody looks it rests.

const beginnings = document.body.dataset.live.split(" ").filter(Boolean);
const dot = () => document.querySelector("[data-dot]");

const CALM = 1000; // ms between two fetches at least
const WITH_STREAM = 20000; // what other nodes do comes by no stream of this one
const WITHOUT_STREAM = 4000;

let streaming = false;
let fetched = performance.now();
let timer = 0;
let busy = false;

// typing reports whether a part holds what the visitor is filling in.
function typing(part) {
  const at = document.activeElement;
  const filling = at && part.contains(at) && /^(INPUT|SELECT|TEXTAREA)$/.test(at.tagName);
  return filling || (part.hasAttribute("data-forms") && part.querySelector("details[open]"));
}

// marked reports whether the visitor has marked text in a part, to copy it.
function marked(part) {
  const s = document.getSelection();
  return s && !s.isCollapsed && part.contains(s.anchorNode);
}

function put(fresh) {
  for (const part of document.querySelectorAll("[data-renew][id]")) {
    const next = fresh.getElementById(part.id);
    if (!next || next.innerHTML === part.dataset.html || typing(part) || marked(part)) continue;
    part.dataset.html = next.innerHTML;
    const focused = part.contains(document.activeElement) && document.activeElement.getAttribute("href");
    const known = new Set([...part.querySelectorAll("tbody tr")].map((row) => row.textContent));
    part.replaceChildren(...next.childNodes);
    part.toggleAttribute("data-soon", next.hasAttribute("data-soon"));
    if (known.size) for (const row of part.querySelectorAll("tbody tr")) row.classList.toggle("fresh", !known.has(row.textContent));
    if (focused) [...part.querySelectorAll("a")].find((a) => a.getAttribute("href") === focused)?.focus();
  }
  show();
}

async function renew() {
  if (busy || document.hidden) return;
  busy = true;
  clearTimeout(timer);
  fetched = performance.now();
  try {
    const answer = await fetch(location.href, { headers: { "X-Live": "1" }, redirect: "error" });
    if (answer.status === 401) return location.reload();
    if (answer.ok) put(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    // the server is away; it is asked again
  } finally {
    busy = false;
    plan();
  }
}

// plan sets when the page is fetched again.
function plan(soon) {
  clearTimeout(timer);
  const wait = soon || document.querySelector("[data-soon]") ? CALM : streaming ? WITH_STREAM : WITHOUT_STREAM;
  timer = setTimeout(renew, Math.max(0, fetched + wait - performance.now()));
}

// tick lets the clock go on between two fetches.
function tick() {
  const time = document.querySelector(".now time");
  const shown = time?.querySelector("[data-second]");
  if (!shown) return;
  if (time.dataset.from !== time.dateTime) {
    time.dataset.from = time.dateTime;
    time.dataset.at = performance.now();
  }
  const now = new Date(Date.parse(time.dateTime) + (performance.now() - time.dataset.at) + 7 * 3600e3).toISOString();
  shown.textContent = now.slice(11, 19);
  if (time.firstElementChild !== shown) time.firstElementChild.textContent = now.slice(0, 10) + " ";
}

function show() {
  dot()?.classList.toggle("on", streaming);
}

function listen() {
  const stream = new EventSource(document.body.dataset.events);
  stream.addEventListener("open", () => {
    streaming = true;
    show();
    plan(true); // the stream does not tell what happened before it
  });
  stream.addEventListener("error", () => {
    streaming = false;
    show();
    plan();
  });
  stream.addEventListener("change", (event) => {
    const kinds = event.data.split(" ");
    if (kinds.includes("gap") || kinds.some((kind) => beginnings.some((b) => kind === b || kind.startsWith(b + ".")))) plan(true);
  });
  addEventListener("pagehide", () => stream.close());
}

// copy puts the text of a part into the clipboard; where a browser lets nobody,
// it marks it.
async function copy(button) {
  const part = document.getElementById(button.dataset.copy);
  const said = document.getElementById("copied");
  try {
    await navigator.clipboard.writeText(part.textContent);
    said.textContent = button.dataset.done;
  } catch {
    getSelection().selectAllChildren(part);
    part.focus();
    said.textContent = button.dataset.marked;
  }
}

for (const button of document.querySelectorAll("button[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", () => copy(button));
}

// takeImages sends an image that is dropped anywhere on the page, or pasted
// into it, with the form at once; one that is too large stays here.
function takeImages(form) {
  const input = form.querySelector('input[type="file"]');
  const weigh = () => input.setCustomValidity(input.files[0]?.size > Number(form.dataset.most) ? form.dataset.large : "");
  const send = (event, files) => {
    if (!files.length) return;
    event.preventDefault();
    const one = new DataTransfer();
    one.items.add(files[0]);
    input.files = one.files;
    weigh();
    form.requestSubmit();
  };
  input.addEventListener("change", weigh);
  addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    form.classList.add("over");
  });
  addEventListener("dragleave", (event) => event.relatedTarget || form.classList.remove("over"));
  addEventListener("drop", (event) => {
    form.classList.remove("over");
    send(event, event.dataTransfer.files);
  });
  addEventListener("paste", (event) => send(event, event.clipboardData.files));
}

if (document.body.classList.contains("in")) {
  setInterval(tick, 500);
  if (beginnings.length) {
    for (const part of document.querySelectorAll("[data-renew][id]")) part.dataset.html = part.innerHTML;
    listen();
    plan();
    document.addEventListener("visibilitychange", () => document.hidden || renew());
    addEventListener("pageshow", (event) => event.persisted && location.reload());
  }
  addEventListener("keydown", (event) => {
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (event.key === "/" && plain && !/^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName)) {
      event.preventDefault();
      document.querySelector(".find input").focus();
    }
    if (event.key === "Escape") for (const open of document.querySelectorAll(".top details[open]")) open.open = false;
  });
  const images = document.querySelector("form[data-image]");
  if (images) takeImages(images);
  addEventListener("click", (event) => {
    for (const open of document.querySelectorAll(".top details[open]")) if (!open.contains(event.target)) open.open = false;
  });
}
