// What a conversation and a live room have in common: how it is sent, and how one reads back.

const PAUSES = [1, 2, 4, 8, 15];
const WHY = ".error span, .alert p, .composer-shut p";

export const headers = { ...JSON.parse(document.body.getAttribute("hx-headers") ?? "{}"), "HX-Request": "true" };
export const read = (html) => new DOMParser().parseFromString(html, "text/html").body;
export const toEnd = () => scrollTo({ top: document.documentElement.scrollHeight });
export const waiting = (thread, one) => thread.querySelector(`[data-waits="${CSS.escape(one.idempotency_key)}"]`);

// What is typed comes back with it (kept.js).
export function readAnew() {
  document.dispatchEvent(new Event("read-anew"));
  location.reload();
}

// What waits to be sent: it goes out in its order, once, and is not lost with the page. `refusals` are answers that
// stay what they are; the others pass: a busy server, a session that has to begin again.
export function outgoing({ store, refusals, post, show, arrived, there, catchUp, delayed, refused }) {
  let line = [];
  let sending = false;
  let tries = 0;
  let timer;

  // Each by itself: another tab has a line of its own.
  const place = (one) => `${store}:${one.idempotency_key}`;
  function keep(one) {
    try {
      localStorage.setItem(place(one), JSON.stringify({ at: Date.now(), one }));
    } catch {
      // Shut: what waits is lost with the page.
    }
  }

  async function flush() {
    clearTimeout(timer);
    timer = null;
    if (sending || !line.length) return;
    sending = true;
    const one = line[0];
    try {
      const answer = await post(one);
      // The session ended: whoever signs in again sends it.
      if (answer.headers.get("HX-Redirect")?.startsWith("/login")) return later(one);
      const li = answer.ok && read(await answer.text()).querySelector("li[data-seq]");
      if (li) {
        done(one);
        arrived(li);
      } else if (answer.ok || answer.status === 409) {
        // Sent before, and only the answer got lost.
        done(one);
        await catchUp();
        there(one);
      } else if (refusals.has(answer.status)) {
        const shown = read(await answer.text());
        const why = shown.querySelector(WHY)?.textContent.trim();
        done(one);
        refused(one, why || "It was not sent. Reload the page and try again.", shown);
      } else if (answer.status === 400) later(one, null, "Not sent yet. Reload the page, and it goes out.");
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
    try {
      localStorage.removeItem(place(one));
    } catch {
      // Shut.
    }
  }

  function later(one, seconds, words = "Not sent yet. It goes out when the connection is back.") {
    const pause = Number(seconds) || PAUSES[Math.min(tries++, PAUSES.length - 1)];
    delayed(one, words);
    timer = setTimeout(() => ((timer = null), flush()), pause * 1000);
  }

  addEventListener("online", flush);
  return {
    flush,
    add(one) {
      line.push(one);
      keep(one);
    },
    // What earlier pages left behind, in its order.
    takeUp() {
      try {
        const left = Object.keys(localStorage).filter((name) => name.startsWith(`${store}:`));
        const found = left.map((name) => JSON.parse(localStorage.getItem(name)));
        line = found.sort((one, other) => one.at - other.at).map(({ one }) => one);
        // As the release before this one kept it.
        const old = JSON.parse(localStorage.getItem(store)) ?? [];
        line.unshift(...old);
        old.forEach(keep);
        localStorage.removeItem(store);
      } catch {
        // Shut, or not ours.
      }
      line.forEach(show);
      return line;
    },
  };
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const date = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "long", year: "numeric" });

// Days and times as the reader has them. What is right already is left alone: whatever changes is read out.
export function dress(thread) {
  let before;
  let lines = [];
  for (const li of [...thread.children]) {
    if ("day" in li.dataset) lines.push(li);
    if (!("at" in li.dataset)) continue;
    const at = new Date(li.dataset.at);
    const time = "told" in li.dataset ? null : li.querySelector("[data-clock]");
    if (time) time.textContent = clock.format(at);
    const day = (li.dataset.told ??= date.format(at));
    const right = day !== before && lines.find((line) => line.textContent === day);
    lines.forEach((line) => line === right || line.remove());
    lines = [];
    if (day !== before && !right) {
      const line = Object.assign(document.createElement("li"), { className: "day", textContent: day });
      line.dataset.day = "";
      li.before(line);
    }
    before = day;
  }
  lines.forEach((line) => line.remove());
}

const PLAYS = "audio, video";
// Their addresses change with the hours.
const alike = (one, other) => one.className === other.className && one.querySelectorAll(PLAYS).length === other.querySelectorAll(PLAYS).length;

// A message as it is now, in its place: what plays in it goes on, and who stands in it keeps their place.
export function renew(known, li) {
  const stood = known.contains(document.activeElement) && document.activeElement;
  const [old, fresh] = [known, li].map((one) => [...one.children].filter((part) => part.matches(PLAYS) || part.querySelector(PLAYS)));
  const kept = old.length === fresh.length && old.every((part, n) => alike(part, fresh[n])) ? old : [];
  const more = known.querySelector(".bubble-more");
  const opened = known.querySelector("details")?.open;
  [...known.childNodes].filter((part) => !kept.includes(part)).forEach((part) => part.remove());
  let next = 0;
  for (const part of [...li.childNodes]) kept.length && fresh.includes(part) ? (next += 1) : known.insertBefore(part, kept[next] ?? null);
  if (more) known.querySelector(".bubble-more")?.replaceWith(more);
  if (opened && known.querySelector("details")) known.querySelector("details").open = true;
  delete known.dataset.told;
  for (const { name, value } of li.attributes) known.setAttribute(name, value);
  if (stood && stood !== document.activeElement) stood.focus({ preventScroll: true });
}

// What was said before comes when its place is in sight, again if it did not come. Returns what looks for such places.
export function readingBack(thread, dress) {
  const watcher = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) if (isIntersecting) window.htmx?.trigger(target, "earlier");
  });
  const watch = () => thread.querySelectorAll("[data-earlier]").forEach((one) => watcher.observe(one));
  let height = 0;
  thread.addEventListener("htmx:beforeSwap", ({ detail }) => {
    if (!detail.shouldSwap) return;
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
  return watch;
}

// A line is sent by Enter where there are keys for both; thumbs have the button.
export function sendByEnter(composer, body) {
  body?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || matchMedia("(pointer: coarse)").matches) return;
    event.preventDefault();
    composer.requestSubmit();
  });
}

const cameBack = new WeakMap();

// What was refused stands before what was typed meanwhile, and after what was refused before it, if that stands there still.
export function putBack(field, words) {
  if (!field || !words) return;
  const before = cameBack.get(field);
  const still = before && `${field.value}\n`.startsWith(`${before}\n`);
  const back = still ? `${before}\n${words}` : words;
  const typed = still ? field.value.slice(before.length + 1) : field.value;
  field.value = typed ? `${back}\n${typed}` : back;
  cameBack.set(field, back);
}

export function say(message) {
  document.dispatchEvent(new CustomEvent("say", { detail: { message, kind: "bad" } }));
}
