// The page follows its code: by server-sent events while they come, else by
// asking. It counts the time left by the server's clock.

const page = document.querySelector("main");
const link = document.querySelector(".link");
const receipt = document.querySelector(".receipt");
const left = document.querySelector(".left");

const soon = 60_000; // milliseconds left from which on the time is urgent
const shortest = 3_000; // between two questions
const longest = 15_000;
const silence = 40_000; // the server says something every 15 seconds

let skew = 0; // the server's clock less performance.now()
let ends = 0; // by the server's clock; 0: never
let stream = null;
let heard = 0; // when the stream last said something
let pause = shortest;
let question = 0; // timer of the next one
let retry = 0; // timer of the next stream
let asking = false;

const closed = () => page.dataset.state !== "active";
const live = () => stream?.readyState === EventSource.OPEN;

function show(status) {
  const before = page.dataset.state;
  // An answer may be overtaken by a later event. These two states are final.
  if ((before === "paid" || before === "cancelled") && status.state !== before) return;
  keepTime(status.now, status.ends);
  if (status.state !== before) turn(status.state);
  showPayment(status.payment);
  tick();
  if (closed()) rest();
}

function keepTime(now, end) {
  skew = now - performance.now();
  ends = end;
}

function turn(state) {
  if (state === "active") {
    location.reload(); // the clock went back: the page needs its code again
    return;
  }
  page.dataset.state = state;
  for (const part of page.querySelectorAll("[data-active]")) part.textContent = part.dataset[state];
  document.title = page.querySelector(".state").textContent + ": " + page.dataset.merchant;
}

function showPayment(payment) {
  if (!payment) return;
  for (const field of receipt.querySelectorAll("[data-field]")) {
    const text = payment[field.dataset.field] ?? "";
    if (field.textContent !== text) field.textContent = text;
    field.parentElement.hidden = text === "";
  }
  receipt.hidden = false;
}

function tell(how) {
  link.hidden = closed() && how !== "lost";
  if (link.className === "link " + how) return;
  link.className = "link " + how;
  link.textContent = link.dataset[how];
}

// The time left.

const two = (n) => String(n).padStart(2, "0");

function clock(milliseconds, day) {
  const seconds = Math.max(0, Math.ceil(milliseconds / 1000));
  const [days, hours, minutes] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  const short = two(minutes) + ":" + two(seconds % 60);
  if (days) return `${days} ${day} ${two(hours)}:${short}`;
  return hours ? `${two(hours)}:${short}` : short;
}

let ticked = Date.now();

function tick() {
  const slept = Math.abs(Date.now() - ticked) > 5_000; // or somebody set the phone's clock
  ticked = Date.now();
  if (slept) return wake();
  if (live() && performance.now() - heard > silence) return wake();
  if (!left || !ends || closed()) return;
  const remaining = ends - skew - performance.now();
  left.hidden = false;
  left.classList.toggle("soon", remaining < soon);
  const dd = left.querySelector("dd");
  dd.textContent = clock(remaining, dd.dataset.day);
  if (remaining < -1_000) ask();
}

// Asking.

async function ask() {
  if (asking) return;
  asking = true;
  try {
    const answer = await fetch(page.dataset.status, { cache: "no-store", signal: AbortSignal.timeout?.(8_000) });
    if (!answer.ok) throw new Error(String(answer.status));
    show(await answer.json());
    pause = shortest;
    tell(live() ? "live" : "asking");
  } catch {
    pause = Math.min(pause * 1.5, longest);
    if (!live()) tell("lost");
  } finally {
    asking = false;
  }
}

// follow asks again and again until the stream does the telling.
function follow() {
  clearTimeout(question);
  if (document.hidden || closed() || live()) return;
  question = setTimeout(async () => {
    await ask();
    follow();
  }, pause);
}

// The stream.

function listen() {
  if (stream || closed() || document.hidden || !("EventSource" in window)) return;
  stream = new EventSource(page.dataset.events);
  stream.onmessage = (event) => {
    heard = performance.now();
    pause = shortest;
    show(JSON.parse(event.data));
    tell("live");
  };
  stream.onerror = async (event) => {
    if (event.target !== stream) return;
    if (stream.readyState === EventSource.CLOSED) { // refused: the browser does not try again
      hang();
      retry = setTimeout(listen, 2 * longest);
    }
    await ask();
    follow();
  };
}

function hang() {
  stream?.close();
  stream = null;
  clearTimeout(retry);
}

function rest() {
  hang();
  clearTimeout(question);
}

// wake finds out what was missed: after sleep, behind another tab, offline.
async function wake() {
  rest();
  if (document.hidden) return;
  await ask();
  listen();
  follow();
}

document.addEventListener("visibilitychange", wake);
window.addEventListener("online", wake);
window.addEventListener("offline", () => tell("lost"));
window.addEventListener("pageshow", (event) => { if (event.persisted) wake(); });
page.querySelector(".renew").addEventListener("click", (event) => {
  event.preventDefault();
  wake();
});

keepTime(Number(page.dataset.now), Number(page.dataset.ends));
setInterval(tick, 1_000);
tick();
listen();
follow();
