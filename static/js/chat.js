// A conversation, live: what comes is put in its place, what is typed is sent in order and once, whatever the
// connection does. Without this file it is a page with a form.

import { dress as dressAll, headers, outgoing, putBack, read, readAnew, readingBack, renew, say, sendByEnter, toEnd, waiting } from "./talk.js";

const TYPES_FOR = 5_000;
const TELL_TYPING = 3_000;
const SAVE_DRAFT = 1_200;
const TELL_AGAIN = 10_000;
// So near to its end it is read as it grows.
const NEAR = 160;
// What comes in such a time is shown together.
const SEVERAL = 300;

const thread = document.querySelector("[data-thread]");
const talks = document.querySelector("[data-talks]");

// A field may have several values.
const filled = (fields) => Object.entries(fields).flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
// More than this a browser does not send on behalf of a page that may be gone.
const OUTLIVES = 60_000;
const post = (address, fields) => {
  const body = new URLSearchParams(filled(fields));
  return fetch(address, { method: "POST", headers, body, keepalive: String(body).length < OUTLIVES });
};
const quietly = (address, fields) => post(address, fields).catch(() => {});

if (document.querySelector("[data-no-talks]")) document.addEventListener("live:message", () => location.reload());
if (talks) {
  let soon;
  const again = () => {
    clearTimeout(soon);
    soon = setTimeout(renewTalks, SEVERAL);
  };
  for (const event of ["message", "read", "reconnected"]) document.addEventListener(`live:${event}`, again);
}
if (thread) converse();

// The first page of the list as it is now, above what was loaded below it. Only lines that changed are touched, so that
// nobody loses their place in it.
async function renewTalks() {
  const answer = await fetch(location.pathname + location.search, { headers }).catch(() => null);
  if (!answer?.ok || answer.headers.has("HX-Redirect")) return;
  const first = [...read(`<ul>${await answer.text()}</ul>`).querySelectorAll("li")];
  const older = first.at(-1)?.matches(".pages") ? first.pop() : null;
  if (!first.length) return location.reload();
  const known = [...talks.querySelectorAll("li[id]")];
  const below = older ? known.slice(known.findLastIndex((li) => li.id === first.at(-1).id) + 1 || known.length) : [];
  const ids = new Set([...first, ...below].map((li) => li.id));
  known.filter((li) => !ids.has(li.id)).forEach((li) => li.remove());
  if (!below.length) {
    talks.querySelector(".pages")?.remove();
    if (older) talks.append(older);
    if (older) window.htmx?.process(older);
  }
  const stood = document.activeElement;
  let next = talks.firstElementChild;
  for (const li of first) {
    const line = renewLine(document.getElementById(li.id), li);
    if (line === next) next = next.nextElementSibling;
    else talks.insertBefore(line, next);
    window.htmx?.trigger(line, "htmx:load");
  }
  if (talks.contains(stood)) stood.focus({ preventScroll: true });
}

const toldBy = (li) => [...li.querySelectorAll(".name, .who > .soft, .count")].map((part) => part.textContent).join() + li.querySelector("time").dateTime;

function renewLine(known, li) {
  if (known && toldBy(known) !== toldBy(li)) known.querySelector("a").replaceChildren(...li.querySelector("a").childNodes);
  if (known) known.className = li.className;
  return known ?? li;
}

function converse() {
  const id = thread.dataset.thread;
  const here = `/messages/${id}`;
  const composer = document.querySelector(`form[data-chat="${id}"]`);
  const mark = document.querySelector("[data-mark]");
  const past = "past" in thread.dataset;
  let change = Number(thread.dataset.change);
  let last = Number(thread.dataset.last);
  let told = 0;
  let again;
  let catching = false;
  let behind = false;

  const seqOf = (li) => Number(li.dataset.seq);
  const said = () => thread.querySelectorAll("li[data-seq]");
  const nearEnd = () => document.documentElement.scrollHeight - innerHeight - scrollY < NEAR;

  // ---- what stands there

  function place(li) {
    if (li.dataset.key) thread.querySelector(`[data-waits="${CSS.escape(li.dataset.key)}"]`)?.remove();
    if (past && seqOf(li) > last) return;
    const known = document.getElementById(li.id);
    if (known) {
      if (Number(known.dataset.change) < Number(li.dataset.change)) renew(known, li);
    } else {
      const before = [...said()].reverse().find((one) => seqOf(one) < seqOf(li));
      if (before) before.after(li);
      else if (thread.querySelector("[data-earlier]")) return; // older than what is shown
      else thread.prepend(li);
    }
    window.htmx?.process(known ?? li);
    last = Math.max(last, seqOf(li));
  }

  function dress() {
    dressAll(thread);
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
      if (answer.status === 205) return readAnew();
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

  // What did not arrive is told again: with what comes next, or after a while.
  async function seen() {
    if (past || last <= told) return;
    if (document.hidden) return void quietly(`${here}/seen`, { delivered: last });
    const mark = (told = last);
    const answer = await quietly(`${here}/seen`, { read: mark });
    if (answer?.ok || told !== mark) return;
    told = 0;
    if (!answer || answer.status === 429 || answer.status >= 500) {
      clearTimeout(again);
      again = setTimeout(seen, TELL_AGAIN);
    }
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
      keepMeanwhile();
    },
    catchUp,
    there(one) {
      waiting(thread, one)?.remove();
      marks();
      keepMeanwhile();
    },
    delayed,
    // It comes back whole. `shown`: the composer as the server shows it with the refusal.
    refused(one, why, shown) {
      if (!composer) return delayed(one, why);
      waiting(thread, one)?.remove();
      putBack(body, one.body);
      const answering = shown.querySelector(".answering");
      if (answering && !composer.querySelector(".answering")) answer(answering);
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
    answer();
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
  // With what was said the house lets go of all that it kept, of what was typed since then too.
  const keepMeanwhile = () => body?.value && !saving && saveDraft();
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

  // The address says it, too, for when the page is read anew.
  function answer(what) {
    composer.querySelector(".answering")?.remove();
    if (what) composer.prepend(what);
    const address = new URL(location);
    if (what) address.searchParams.set("answer", composer.elements.answers.value);
    else address.searchParams.delete("answer");
    const put = () => history.replaceState(history.state, "", address);
    // What lies over the page has a place of its own in the history, and goes back from there as it closes.
    if (history.state?.sheet) addEventListener("popstate", put, { once: true });
    else put();
  }

  // What is answered is chosen, and let go of, beside what is typed and added already.
  document.addEventListener("click", (event) => {
    const link = event.target.closest("dialog:has(#answering) a[data-answer], .answering a");
    if (!link || !composer || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    answer("answer" in link.dataset && document.getElementById("answering").content.cloneNode(true));
    link.closest("dialog")?.close();
    body.focus();
  });

  addEventListener("pageshow", (event) => event.persisted && catchUp());

  dress();
  const left = unsent.takeUp();
  // Of what is on its way the house may still have the draft.
  const begun = body?.value === body?.defaultValue && body?.value;
  if (begun && left.some((one) => one.body.startsWith(begun))) body.value = body.defaultValue = "";
  if (!past && (!location.hash || location.hash === "#end")) toEnd();
  requestAnimationFrame(watch);
  seen();
  unsent.flush();
}
