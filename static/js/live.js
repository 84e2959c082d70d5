// The page's one socket. What it hears it tells other modules as events on document:
//   live:<event>      with the payload as detail; a payload's `html` is swapped in by its ids (hx-swap-oob)
//   live:reconnected  something may have been missed: read again what you show
//   live:denied       topics that whoever reads this may not hear, or no more
// Elements with data-live-topic name what the page wants to hear. <html data-live> says on, waiting or off.
// Without this file every page works; it only learns at the next click what it would have heard here.

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;
// The ticket that came with the page holds for a minute.
const PAGE_TICKET_AGE = 40_000;
// How long a page that is about to leave by itself may take before it is sent to the door.
const LEAVING = 3_000;
const SOON = 300;
// What was taken away is asked for again, not by everybody at once.
const AGAIN = 1_500;
const ENDED = 4403;
const TOO_MUCH = [4429, 4430];

const meta = document.querySelector('meta[name="live"]');

let pageTicket = meta?.dataset.ticket;
let socket;
let heard;
let wasOn = false;
let asking = false;
let over = false;
let leaving = false;
let failures = 0;
let timer;
let counting;
let regains = false;

const show = (state) => (document.documentElement.dataset.live = state);
const tell = (name, detail) => document.dispatchEvent(new CustomEvent(`live:${name}`, { detail }));
const awake = () => !over && !document.hidden && navigator.onLine;

const wanted = () =>
  [...new Set([...document.querySelectorAll("[data-live-topic]")].map((one) => one.dataset.liveTopic))].sort();

async function ticketFor(topics) {
  const fresh = pageTicket && !topics.length && performance.now() < PAGE_TICKET_AGE;
  const first = { url: meta.content, ticket: pageTicket };
  pageTicket = null;
  if (fresh) return first;
  const query = new URLSearchParams(topics.map((topic) => ["topic", topic]));
  const answer = await fetch(`/live/ticket?${query}`, { headers: { Accept: "application/json" } });
  if (answer.status === 401) end();
  if (!answer.ok) throw new Error(`no ticket: ${answer.status}`);
  const given = await answer.json();
  const denied = topics.filter((topic) => !given.topics.includes(topic));
  if (denied.length) tell("denied", { topics: denied });
  return given;
}

async function connect() {
  clearTimeout(timer);
  if (socket || asking) return;
  if (!awake()) return show("off");
  asking = true;
  show("waiting");
  try {
    heard = wanted();
    const { url, ticket } = await ticketFor(heard);
    awake() ? open(url, ticket) : show("off");
  } catch {
    retry();
  } finally {
    asking = false;
  }
}

function open(url, ticket) {
  const opened = (socket = new WebSocket(url));
  let ready = false;
  opened.onopen = () => opened.send(JSON.stringify({ type: "hello", ticket }));
  opened.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.type === "ready" && !ready) {
      ready = true;
      begin();
    } else if (message.type === "ready") regained();
    else if (message.type === "event") hear(message);
    else if (message.type === "withdrawn") lost();
    else if (message.type === "missed") tell("reconnected");
    else if (message.type === "ended") end();
  };
  opened.onclose = ({ code }) => {
    if (socket !== opened) return;
    socket = null;
    if (code === ENDED) end();
    else retry(TOO_MUCH.includes(code));
  };
}

function begin() {
  failures = 0;
  show("on");
  if (wasOn) tell("reconnected");
  else countSoon();
  wasOn = true;
  follow();
}

// What waits behind a door stands on it.
async function count() {
  clearTimeout(counting);
  const answer = await fetch("/live/counts", { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) return;
  for (const [href, many] of Object.entries(await answer.json()))
    for (const door of document.querySelectorAll(`:is(.top, .rail, .dock) a[href="${href}"]`)) {
      door.querySelector(".count")?.remove();
      if (!many) continue;
      const shown = Object.assign(document.createElement("span"), { className: "count", textContent: many > 99 ? "99+" : many });
      shown.append(Object.assign(document.createElement("span"), { className: "sr", textContent: " new" }));
      door.append(shown);
    }
}
// What thousands hear of at once they do not all ask about at once: so many seconds lie between the first and the last.
function countSoon(spread = 0) {
  clearTimeout(counting);
  counting = setTimeout(count, SOON + Math.random() * spread * 1000);
}
for (const event of ["message", "read", "notice", "looked", "reconnected"])
  document.addEventListener(`live:${event}`, ({ detail }) => countSoon(detail?.spread));

function hear({ event, payload }) {
  if (payload.html) window.htmx?.swap(document.body, payload.html, { swapStyle: "none" });
  tell(event, payload);
}

// The page shows other things now, so it hears of other things.
async function follow() {
  const topics = wanted();
  if (socket?.readyState !== WebSocket.OPEN || String(topics) === String(heard)) return;
  heard = topics;
  try {
    const { ticket } = await ticketFor(topics);
    socket?.send(JSON.stringify({ type: "subscribe", ticket }));
  } catch {
    stop();
    retry();
  }
}

// It may have ended for good, or be held by something else now: a fresh ticket knows.
function lost() {
  regains = true;
  setTimeout(() => {
    heard = null;
    follow();
  }, AGAIN * (1 + Math.random()));
}

function regained() {
  if (regains) tell("reconnected");
  regains = false;
}

function retry(gently = false) {
  if (!awake()) return show("off");
  show("waiting");
  const pause = gently ? LONGEST_PAUSE : Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** failures++);
  timer = setTimeout(connect, pause * (0.5 + Math.random() / 2));
}

function stop() {
  clearTimeout(timer);
  const closed = socket;
  socket = null;
  closed?.close();
}

function end() {
  if (over) return;
  over = true;
  stop();
  show("off");
  tell("ended");
  const here = encodeURIComponent(location.pathname + location.search);
  // Who just signed out here is on the way to another page already.
  const busy = leaving || document.querySelector(".htmx-request");
  setTimeout(() => location.assign(`/login?ended=1&next=${here}`), busy ? LEAVING : 0);
}

function wake() {
  failures = 0;
  connect();
}

if (meta) {
  document.addEventListener("visibilitychange", wake);
  document.addEventListener("htmx:afterSettle", follow);
  addEventListener("online", () => {
    stop(); // what was open before may be dead without knowing it
    wake();
  });
  addEventListener("beforeunload", () => {
    leaving = true;
    setTimeout(() => (leaving = false), LEAVING);
  });
  addEventListener("pagehide", stop);
  addEventListener("pageshow", (event) => {
    leaving = false;
    if (event.persisted) wake();
  });
  connect();
}
