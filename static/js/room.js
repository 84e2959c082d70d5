// A room, live: what is said is put in its place, what is typed is sent once and in order. Without this file it is
// a page with a form. What comes is the same for all; whose it is, the page itself knows.

const PAUSES = [1, 2, 4, 8, 15];
// The others pass: a busy server, a session that has to begin again.
const REFUSED = new Set([403, 404, 422]);
// So near to its end it is read as it grows.
const NEAR = 160;
const AWAITED = 1_000;
// More than this is not kept in a page that reads on and on.
const LINES = 300;

const thread = document.querySelector("[data-room]");
const composer = document.querySelector("form[data-say]");
const body = composer?.querySelector("textarea");
const { room: id, me, liveTopic: topic } = thread.dataset;
const here = `/rooms/${id}`;
const past = "past" in thread.dataset;
const hides = new Set(thread.dataset.hides?.split(" "));
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const date = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" });
const headers = { ...JSON.parse(document.body.getAttribute("hx-headers") ?? "{}"), "HX-Request": "true" };
const read = (html) => new DOMParser().parseFromString(html, "text/html").body;

let change = Number(thread.dataset.change);
let last = Number(thread.dataset.last);
let catching = false;
let behind = false;

// ---- what stands there

const seqOf = (li) => Number(li.dataset.seq);
const said = () => thread.querySelectorAll("li[data-seq]");
const nearEnd = () => document.documentElement.scrollHeight - innerHeight - scrollY < NEAR;
const toEnd = () => scrollTo({ top: document.documentElement.scrollHeight });

function place(li) {
  if ((past && seqOf(li) > last) || hides.has(li.dataset.author)) return;
  const known = document.getElementById(li.id);
  if (known) {
    if (Number(known.dataset.change) < Number(li.dataset.change)) known.replaceWith(li);
  } else {
    const before = [...said()].reverse().find((one) => seqOf(one) < seqOf(li));
    if (before) before.after(li);
    else if (thread.querySelector("[data-earlier]")) return; // older than what is shown
    else thread.prepend(li);
  }
  if (li.dataset.author === me) thread.querySelector(`[data-waits="${CSS.escape(li.dataset.key)}"]`)?.remove();
  last = Math.max(last, seqOf(li));
}

function dress() {
  document.querySelector("[data-no-words]")?.remove();
  thread.querySelectorAll("[data-day]").forEach((day) => day.remove());
  let before;
  for (const li of said()) {
    const at = new Date(li.dataset.at);
    const day = date.format(at);
    if (day !== before) {
      const line = Object.assign(document.createElement("li"), { className: "day", textContent: day });
      line.dataset.day = "";
      li.before(line);
    }
    before = day;
    li.classList.toggle("line-mine", li.dataset.author === me);
    const time = li.querySelector("[data-clock]");
    if (time) time.textContent = clock.format(at);
  }
}

// Who reads on for hours keeps the last of it; what was before is a link away.
function forget() {
  const lines = [...said()];
  if (lines.length <= LINES || !nearEnd()) return;
  lines.slice(0, lines.length - LINES).forEach((li) => li.remove());
  thread.querySelector("[data-earlier]")?.remove();
  const first = seqOf(thread.querySelector("li[data-seq]"));
  const link = Object.assign(document.createElement("a"), { className: "btn btn-s", href: `${here}?before=${first}`, textContent: "Earlier" });
  const li = Object.assign(document.createElement("li"), { className: "pages" });
  li.dataset.earlier = "";
  li.append(link);
  thread.prepend(li);
}

function arrive(lis) {
  if (!lis.length) return;
  const follow = nearEnd();
  lis.forEach(place);
  forget();
  dress();
  if (follow) toEnd();
}

// ---- what comes: as much at once as comes between two pictures

let came = [];
function drawSoon(li) {
  if (!came.length) (document.hidden ? setTimeout : requestAnimationFrame)(draw);
  came.push(li);
}
function draw() {
  const lis = came;
  came = [];
  arrive(lis);
}

document.addEventListener("live:said", ({ detail }) => {
  if (detail.room !== id) return;
  drawSoon(read(detail.message).querySelector("li"));
  know(detail.change);
});
document.addEventListener("live:present", ({ detail }) => {
  if (detail.topic !== topic) return;
  document.querySelector("[data-count]").textContent = detail.count;
  document.querySelector("[data-present]").hidden = !detail.count;
});
document.addEventListener("live:reconnected", catchUp);
// The room is no longer open to whoever reads this: its page tells what would open it.
document.addEventListener("live:denied", ({ detail }) => detail.topics.includes(topic) && location.reload());
document.addEventListener("room:done", () => {
  document.querySelector("#sheets > dialog")?.close();
  catchUp();
});

// What is said at the same moment may come in another order. Only what does not come at all is asked for, and not
// by everybody at once.
const ahead = new Set();
let missing;
function know(number) {
  if (number > change) ahead.add(number);
  while (ahead.delete(change + 1)) change += 1;
  ahead.forEach((one) => one <= change && ahead.delete(one));
  if (ahead.size) missing ??= setTimeout(() => ((missing = null), ahead.size && catchUp()), AWAITED * (1 + 2 * Math.random()));
}

// Whatever happened after the last change that this page knows.
async function catchUp() {
  if (catching) return void (behind = true);
  catching = true;
  try {
    const answer = await fetch(`${here}/changes?since=${change}`, { headers });
    if (answer.status === 205 || answer.status === 404) return location.reload();
    if (!answer.ok) return;
    const list = read(await answer.text()).querySelector("ol");
    arrive([...list.children]);
    change = Math.max(change, Number(list.dataset.changes));
    know(change);
  } catch {
    // The socket tells when there is a connection again.
  } finally {
    catching = false;
    if (behind) {
      behind = false;
      catchUp();
    }
  }
  flush();
}

// ---- what was said before

const watcher = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    watcher.unobserve(target);
    window.htmx?.trigger(target, "earlier");
  }
});
const watch = () => thread.querySelectorAll("[data-earlier]").forEach((one) => watcher.observe(one));
let height = 0;
thread.addEventListener("htmx:beforeSwap", () => {
  height = document.documentElement.scrollHeight;
  thread.ariaLive = "off";
});
thread.addEventListener("htmx:afterSettle", () => {
  // Browsers that do not hold on to what is read.
  if (!CSS.supports("overflow-anchor", "auto")) scrollBy(0, document.documentElement.scrollHeight - height);
  dress();
  watch();
  setTimeout(() => (thread.ariaLive = "polite"), 100);
});

// ---- what is sent

const store = `unsent:${me}:${id}`;
let line = [];
let sending = false;
let tries = 0;
let timer;

const post = (fields) => fetch(here, { method: "POST", headers, body: new URLSearchParams(fields), keepalive: true });

function keep() {
  try {
    line.length ? localStorage.setItem(store, JSON.stringify(line)) : localStorage.removeItem(store);
  } catch {
    // Shut: what waits is lost with the page.
  }
}

function show(one) {
  const li = Object.assign(document.createElement("li"), { className: "line line-mine line-waits" });
  const words = Object.assign(document.createElement("p"), { className: "said line-words", textContent: one.body, dir: "auto" });
  const state = Object.assign(document.createElement("p"), { className: "soft small", textContent: "Sends …" });
  li.dataset.waits = one.idempotency_key;
  li.append(words, state);
  thread.append(li);
  document.querySelector("[data-no-words]")?.remove();
  toEnd();
}

const waiting = (one) => thread.querySelector(`[data-waits="${CSS.escape(one.idempotency_key)}"]`);

async function flush() {
  clearTimeout(timer);
  timer = null;
  if (sending || !line.length) return;
  sending = true;
  const one = line[0];
  try {
    const answer = await post(one);
    const li = answer.ok && read(await answer.text()).querySelector("li[data-seq]");
    if (li) {
      done(one);
      arrive([li]);
      know(Number(li.dataset.change));
    } else if (answer.ok || answer.status === 409) {
      // Sent before, and only the answer got lost.
      done(one);
      catchUp();
    } else if (REFUSED.has(answer.status)) await refused(one, answer);
    else later(one, answer.headers.get("Retry-After"));
  } catch {
    later(one);
  } finally {
    sending = false;
  }
  if (!timer) flush();
}

function done(one) {
  line = line.filter((other) => other !== one);
  tries = 0;
  keep();
}

function later(one, seconds) {
  const pause = Number(seconds) || PAUSES[Math.min(tries++, PAUSES.length - 1)];
  const state = waiting(one)?.querySelector(".soft");
  if (state) state.textContent = "Not sent yet. It goes out when the connection is back.";
  timer = setTimeout(() => ((timer = null), flush()), pause * 1000);
}

async function refused(one, answer) {
  const why = read(await answer.text()).querySelector(".error span, .alert p")?.textContent.trim();
  done(one);
  waiting(one)?.remove();
  if (!body.value) body.value = one.body;
  const message = why || "It was not sent. Reload the page and try again.";
  document.dispatchEvent(new CustomEvent("say", { detail: { message, kind: "bad" } }));
}

composer?.addEventListener("submit", (event) => {
  event.preventDefault();
  event.stopPropagation();
  if (!body.value.trim()) return;
  const one = { body: body.value, idempotency_key: crypto.randomUUID() };
  line.push(one);
  keep();
  body.value = "";
  show(one);
  if (past) location.assign(`${here}#end`);
  flush();
  body.focus();
});
// A line is sent by Enter where there are keys for both; thumbs have the button.
body?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing || matchMedia("(pointer: coarse)").matches) return;
  event.preventDefault();
  composer.requestSubmit();
});

addEventListener("online", flush);
addEventListener("pageshow", (event) => event.persisted && catchUp());

try {
  line = JSON.parse(localStorage.getItem(store)) ?? [];
} catch {
  // Shut, or not ours.
}
if (said().length) dress();
line.forEach(show);
if (!past && (!location.hash || location.hash === "#end")) toEnd();
requestAnimationFrame(watch);
flush();
