// A conversation, live: what comes is put in its place, what is typed is sent in order and once, whatever the
// connection does. Without this file it is a page with a form.

import { headers, outgoing, putBack, read, readingBack, say, sendByEnter, toEnd, waiting } from "./talk.js";

const TYPES_FOR = 5_000;
const TELL_TYPING = 3_000;
const SAVE_DRAFT = 1_200;
// So near to its end it is read as it grows.
const NEAR = 160;

const thread = document.querySelector("[data-thread]");
const talks = document.querySelector("[data-talks]");
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const date = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" });

// A field may have several values.
const filled = (fields) => Object.entries(fields).flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
const post = (address, fields) => fetch(address, { method: "POST", headers, body: new URLSearchParams(filled(fields)), keepalive: true });
const quietly = (address, fields) => post(address, fields).catch(() => {});

if (document.querySelector("[data-no-talks]")) document.addEventListener("live:message", () => location.reload());
if (talks) {
  const again = () => window.htmx?.ajax("GET", location.pathname + location.search, { target: talks });
  for (const event of ["message", "read", "reconnected"]) document.addEventListener(`live:${event}`, again);
}
if (thread) converse();

function converse() {
  const id = thread.dataset.thread;
  const here = `/messages/${id}`;
  const composer = document.querySelector(`form[data-chat="${id}"]`);
  const mark = document.querySelector("[data-mark]");
  const past = "past" in thread.dataset;
  let change = Number(thread.dataset.change);
  let last = Number(thread.dataset.last);
  let told = 0;
  let catching = false;
  let behind = false;

  const seqOf = (li) => Number(li.dataset.seq);
  const said = () => thread.querySelectorAll("li[data-seq]");
  const nearEnd = () => document.documentElement.scrollHeight - innerHeight - scrollY < NEAR;

  // ---- what stands there

  function place(li) {
    if (past && seqOf(li) > last) return;
    const known = document.getElementById(li.id);
    const waiting = li.dataset.key && thread.querySelector(`[data-waits="${CSS.escape(li.dataset.key)}"]`);
    if (known) {
      if (Number(known.dataset.change) <= Number(li.dataset.change)) known.replaceWith(li);
    } else {
      const before = [...said()].reverse().find((one) => seqOf(one) < seqOf(li));
      before ? before.after(li) : thread.prepend(li);
    }
    waiting?.remove();
    window.htmx?.process(li);
    last = Math.max(last, seqOf(li));
  }

  function dress() {
    thread.querySelectorAll("[data-day]").forEach((day) => day.remove());
    let before;
    for (const li of thread.querySelectorAll("li[data-at]")) {
      const at = new Date(li.dataset.at);
      const day = date.format(at);
      if (day !== before) {
        const line = Object.assign(document.createElement("li"), { className: "day", textContent: day });
        line.dataset.day = "";
        li.before(line);
      }
      before = day;
      const time = li.querySelector("[data-clock]");
      if (time) time.textContent = clock.format(at);
    }
    marks();
  }

  function marks(got = thread.dataset) {
    if (Number(got.read) > Number(thread.dataset.read)) thread.dataset.read = got.read;
    if (Number(got.delivered) > Number(thread.dataset.delivered)) thread.dataset.delivered = got.delivered;
    const end = [...said()].at(-1);
    if (!mark) return;
    const mine = end?.matches(".bubble-mine:not(.bubble-gone)") && !thread.querySelector("[data-waits]");
    const far = thread.dataset;
    mark.textContent = mine ? (far.read >= seqOf(end) ? "Read" : far.delivered >= seqOf(end) ? "Delivered" : "Sent") : "";
  }

  function arrive(lis) {
    const follow = nearEnd();
    lis.forEach(place);
    dress();
    if (follow && lis.length) toEnd();
  }

  // ---- what comes

  document.addEventListener("live:message", ({ detail }) => {
    if (detail.conversation !== id) return;
    const next = detail.change === change + 1;
    // What each of the two may see of it is asked for.
    if (!detail.message) catchUp();
    else {
      arrive([read(detail.message).querySelector("li")]);
      if (next) change = detail.change;
      else if (detail.change > change) catchUp();
    }
    if (!detail.mine) {
      typing(false);
      seen();
    }
  });
  document.addEventListener("live:seen", ({ detail }) => detail.conversation === id && marks(detail));
  document.addEventListener("live:typing", ({ detail }) => detail.conversation === id && typing(true));
  document.addEventListener("live:reconnected", catchUp);
  document.addEventListener("chat:done", () => {
    document.querySelector("#sheets > dialog")?.close();
    catchUp();
  });

  // Whatever happened after the last change that this page knows.
  async function catchUp() {
    if (catching) return void (behind = true);
    catching = true;
    try {
      const answer = await fetch(`${here}/changes?since=${change}`, { headers });
      if (answer.status === 205) return location.reload();
      if (!answer.ok) return;
      const list = read(await answer.text()).querySelector("ol");
      arrive([...list.children]);
      change = Math.max(change, Number(list.dataset.changes));
      marks(list.dataset);
      seen();
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

  function seen() {
    if (past || last <= told) return;
    if (document.hidden) return void quietly(`${here}/seen`, { delivered: last });
    told = last;
    quietly(`${here}/seen`, { read: last });
  }
  document.addEventListener("visibilitychange", () => document.hidden || seen());

  let stills;
  function typing(on) {
    clearTimeout(stills);
    document.querySelector("[data-typing]").hidden = !on;
    document.querySelector("[data-idle]").hidden = on;
    if (on) stills = setTimeout(typing, TYPES_FOR, false);
  }

  const watch = readingBack(thread, dress);

  // ---- what is sent: in its order, once, and not lost with the page

  const body = composer?.elements.body;

  function show(one) {
    const li = Object.assign(document.createElement("li"), { className: "bubble bubble-mine bubble-waits" });
    const words = Object.assign(document.createElement("p"), { className: "said", textContent: one.body || "Files", dir: "auto" });
    const foot = Object.assign(document.createElement("p"), { className: "bubble-foot", textContent: "Sends …" });
    li.dataset.waits = one.idempotency_key;
    li.append(words, foot);
    thread.append(li);
    marks();
    toEnd();
  }

  function delayed(one, words) {
    const foot = waiting(thread, one)?.querySelector(".bubble-foot");
    if (foot) foot.textContent = words;
  }

  const unsent = outgoing({
    store: `unsent:${thread.dataset.me}:${id}`,
    refusals: new Set([404, 422]),
    // A draft that comes after its message would bring the words back.
    post: (fields) => drafted.then(() => post(here, fields)),
    show,
    arrived(li) {
      arrive([li]);
      if (Number(li.dataset.change) === change + 1) change += 1;
      else if (Number(li.dataset.change) > change) catchUp();
    },
    catchUp,
    delayed,
    // It comes back whole. `shown`: the composer as the server shows it with the refusal.
    refused(one, why, shown) {
      if (!composer) return delayed(one, why);
      waiting(thread, one)?.remove();
      putBack(body, one.body);
      const answering = shown.querySelector(".answering");
      if (answering && !composer.querySelector(".answering")) composer.prepend(answering);
      composer.dispatchEvent(new CustomEvent("chat:refused", { detail: { one, shown } }));
      say(why);
      marks();
      saveDraft();
    },
  });

  composer?.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    const fields = new FormData(composer);
    if (!body.value.trim() && !fields.has("media") && !fields.get("locked")?.trim()) return;
    const one = {};
    for (const name of new Set(fields.keys())) if (name !== "csrf_token") one[name] = name === "media" ? fields.getAll(name) : fields.get(name);
    one.idempotency_key = crypto.randomUUID();
    unsent.add(one);
    composer.querySelector(".answering")?.remove();
    body.value = body.defaultValue = "";
    composer.dispatchEvent(new Event("chat:taken"));
    saving = clearTimeout(saving);
    typedAt = -TELL_TYPING;
    show(one);
    if (past) location.assign(`${here}#end`);
    unsent.flush();
    body.focus();
  });

  let saving;
  // One after the other: what was typed first must not come last.
  let drafted = Promise.resolve();
  function saveDraft() {
    saving = clearTimeout(saving);
    const words = body.value;
    drafted = drafted.then(() => quietly(`${here}/draft`, { body: words }));
  }
  function saveAtOnce() {
    saving = clearTimeout(saving);
    quietly(`${here}/draft`, { body: body.value });
  }
  // Some browsers tell the one, some the other.
  for (const type of ["beforeunload", "pagehide"]) addEventListener(type, () => saving && saveAtOnce());

  let typedAt = -TELL_TYPING;
  body?.addEventListener("input", () => {
    clearTimeout(saving);
    saving = setTimeout(saveDraft, SAVE_DRAFT);
    if (performance.now() - typedAt < TELL_TYPING || !body.value) return;
    typedAt = performance.now();
    quietly(`${here}/typing`, {});
  });
  sendByEnter(composer, body);

  addEventListener("pageshow", (event) => event.persisted && catchUp());

  dress();
  unsent.takeUp();
  if (!past && (!location.hash || location.hash === "#end")) toEnd();
  requestAnimationFrame(watch);
  seen();
  unsent.flush();
}
