// A conversation, live: what comes is put in its place, what is typed is sent in order and once, whatever the
// connection does. Without this file it is a page with a form.

const PAUSES = [1, 2, 4, 8, 15];
// The others pass: a busy server, a session that has to begin again.
const REFUSED = new Set([404, 422]);
const TYPES_FOR = 5_000;
const TELL_TYPING = 3_000;
const SAVE_DRAFT = 1_200;
// So near to its end it is read as it grows.
const NEAR = 160;

const thread = document.querySelector("[data-thread]");
const talks = document.querySelector("[data-talks]");
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const date = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" });
const headers = { ...JSON.parse(document.body.getAttribute("hx-headers") ?? "{}"), "HX-Request": "true" };
const read = (html) => new DOMParser().parseFromString(html, "text/html").body;

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
  const toEnd = () => scrollTo({ top: document.documentElement.scrollHeight });

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
    flush();
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
    // What is old is not read out as if it came just now.
    setTimeout(() => (thread.ariaLive = "polite"), 100);
  });

  // ---- what is sent: in its order, once, and not lost with the page

  const body = composer?.elements.body;
  const store = `unsent:${thread.dataset.me}:${id}`;
  let line = [];
  let sending = false;
  let tries = 0;
  let timer;

  function keep() {
    try {
      line.length ? localStorage.setItem(store, JSON.stringify(line)) : localStorage.removeItem(store);
    } catch {
      // Shut: what waits is lost with the page.
    }
  }

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

  const stateOf = (one, words) => {
    const foot = thread.querySelector(`[data-waits="${CSS.escape(one.idempotency_key)}"] .bubble-foot`);
    if (foot) foot.textContent = words;
  };

  async function flush() {
    clearTimeout(timer);
    timer = null;
    if (sending || !line.length) return;
    sending = true;
    const one = line[0];
    try {
      const answer = await post(here, one);
      const li = answer.ok && read(await answer.text()).querySelector("li[data-seq]");
      if (li) {
        done(one);
        arrive([li]);
        if (Number(li.dataset.change) === change + 1) change += 1;
        else if (Number(li.dataset.change) > change) catchUp();
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
    stateOf(one, "Not sent yet. It goes out when the connection is back.");
    timer = setTimeout(() => ((timer = null), flush()), pause * 1000);
  }

  async function refused(one, answer) {
    const why = read(await answer.text()).querySelector(".error span, .alert p, .composer-shut p")?.textContent.trim();
    done(one);
    // With what it carries it comes back as the page itself shows it.
    if (one.media) {
      await quietly(`${here}/draft`, { body: one.body });
      return location.assign(`${here}?${new URLSearchParams([one.media].flat().map((id) => ["media", id]))}#composer`);
    }
    thread.querySelector(`[data-waits="${CSS.escape(one.idempotency_key)}"]`)?.remove();
    if (!body.value) body.value = one.body;
    document.dispatchEvent(new CustomEvent("say", { detail: { message: why || "It was not sent. Reload the page and try again.", kind: "bad" } }));
    marks();
  }

  composer?.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    const fields = new FormData(composer);
    if (!body.value.trim() && !fields.has("media") && !fields.get("locked")?.trim()) return;
    const one = {};
    for (const name of new Set(fields.keys())) if (name !== "csrf_token") one[name] = name === "media" ? fields.getAll(name) : fields.get(name);
    one.idempotency_key = crypto.randomUUID();
    line.push(one);
    keep();
    composer.querySelector(".answering")?.remove();
    body.value = "";
    composer.dispatchEvent(new Event("chat:taken"));
    clearTimeout(saving);
    typedAt = -TELL_TYPING;
    show(one);
    if (past) location.assign(`${here}#end`);
    flush();
    body.focus();
  });

  let saving;
  let typedAt = -TELL_TYPING;
  body?.addEventListener("input", () => {
    clearTimeout(saving);
    saving = setTimeout(() => quietly(`${here}/draft`, { body: body.value }), SAVE_DRAFT);
    if (performance.now() - typedAt < TELL_TYPING || !body.value) return;
    typedAt = performance.now();
    quietly(`${here}/typing`, {});
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
  dress();
  line.forEach(show);
  if (!past && (!location.hash || location.hash === "#end")) toEnd();
  requestAnimationFrame(watch);
  seen();
  flush();
}
