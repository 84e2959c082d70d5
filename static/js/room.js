// A room, live: what is said is put in its place, what is typed is sent once and in order. Without this file it is
// a page with a form. What comes is the same for all; whose it is, the page itself knows.

import { dress as dressAll, headers, outgoing, putBack, read, readAnew, readingBack, renew, say, sendByEnter, toEnd, waiting } from "./talk.js";

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

let change = Number(thread.dataset.change);
let last = Number(thread.dataset.last);
let catching = false;
let behind = false;

// ---- what stands there

const seqOf = (li) => Number(li.dataset.seq);
const said = () => thread.querySelectorAll("li[data-seq]");
const nearEnd = () => document.documentElement.scrollHeight - innerHeight - scrollY < NEAR;

function place(li) {
  if (li.dataset.author === me) thread.querySelector(`[data-waits="${CSS.escape(li.dataset.key)}"]`)?.remove();
  if ((past && seqOf(li) > last) || hides.has(li.dataset.author)) return;
  const known = document.getElementById(li.id);
  if (known) {
    if (Number(known.dataset.change) < Number(li.dataset.change)) renew(known, li);
  } else {
    const before = [...said()].reverse().find((one) => seqOf(one) < seqOf(li));
    if (before) before.after(li);
    else if (thread.querySelector("[data-earlier]")) return; // older than what is shown
    else thread.prepend(li);
  }
  last = Math.max(last, seqOf(li));
}

function dress() {
  document.querySelector("[data-no-words]")?.remove();
  for (const li of said()) li.classList.toggle("line-mine", li.dataset.author === me);
  dressAll(thread);
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
// What stays on top changed while it was asked for: the answer may not know.
document.addEventListener("live:room", () => (behind ||= catching));
// The room is no longer open to whoever reads this: its page tells what would open it.
document.addEventListener("live:denied", ({ detail }) => detail.topics.includes(topic) && readAnew());
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
    if (answer.status === 205 || answer.status === 404) return readAnew();
    if (!answer.ok) return;
    const missed = read(await answer.text());
    const list = missed.querySelector("ol");
    const top = missed.querySelector("#room-top");
    if (top) document.getElementById("room-top").replaceWith(top);
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
  unsent.flush();
}

const watch = readingBack(thread, dress);

// ---- what is sent

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

function delayed(one, words) {
  const state = waiting(thread, one)?.querySelector(".soft");
  if (state) state.textContent = words;
}

const unsent = outgoing({
  store: `unsent:${me}:${id}`,
  refusals: new Set([403, 404, 422]),
  post: (fields) => fetch(here, { method: "POST", headers, body: new URLSearchParams(fields), keepalive: true }),
  show,
  arrived(li) {
    arrive([li]);
    know(Number(li.dataset.change));
  },
  catchUp,
  there: (one) => waiting(thread, one)?.remove(),
  delayed,
  refused(one, why) {
    if (!composer) return delayed(one, why);
    waiting(thread, one)?.remove();
    putBack(body, one.body);
    say(why);
  },
});

composer?.addEventListener("submit", (event) => {
  event.preventDefault();
  event.stopPropagation();
  if (!body.value.trim()) return;
  const one = { body: body.value, idempotency_key: crypto.randomUUID() };
  unsent.add(one);
  body.value = body.defaultValue = "";
  show(one);
  if (past) location.assign(`${here}#end`);
  unsent.flush();
  body.focus();
});
sendByEnter(composer, body);

addEventListener("pageshow", (event) => event.persisted && catchUp());

if (said().length) dress();
unsent.takeUp();
if (!past && (!location.hash || location.hash === "#end")) toEnd();
requestAnimationFrame(watch);
unsent.flush();
