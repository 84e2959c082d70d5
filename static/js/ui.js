// The small comforts of every page. Each of them improves something that works without it.

const root = document.documentElement;
const each = (scope, selector, work) => {
  if (scope.matches?.(selector)) work(scope);
  scope.querySelectorAll(selector).forEach(work);
};
const on = (type, selector, work) =>
  document.addEventListener(type, (event) => {
    const found = event.target.closest?.(selector);
    if (found) work(found, event);
  });

// ---- toasts

const STAYS = 7000;
const AGAIN = 60_000;

function watchToast(toast) {
  if (toast.dataset.watched) return;
  toast.dataset.watched = "";
  if (toast.dataset.toast === "stay") return;
  let timer;
  const start = () => (timer = setTimeout(() => toast.remove(), STAYS));
  const stop = () => clearTimeout(timer);
  // Whoever is reading it keeps it.
  toast.addEventListener("pointerenter", stop);
  toast.addEventListener("pointerleave", start);
  toast.addEventListener("focusin", stop);
  toast.addEventListener("focusout", start);
  start();
}

// Anything may speak here: document.dispatchEvent(new CustomEvent("say", { detail: { message, kind } })), or the server
// by HX-Trigger: {"say": {"message": ..., "kind": "good"}}.
document.addEventListener("say", (event) => say(event.detail.message, event.detail.kind));

// Something happened: one word at a time, none about what is looked at, and none that is hardly older than the last about it.
const toldAt = new Map();
document.addEventListener("live:notice", ({ detail }) => {
  const looked = [new URL(detail.leads, location).pathname, "/notifications"].includes(location.pathname);
  if (document.hidden || looked || document.querySelector("dialog[open]")) return;
  if (performance.now() - (toldAt.get(detail.href) ?? -AGAIN) < AGAIN) return;
  toldAt.set(detail.href, performance.now());
  document.querySelectorAll(".toast-notice").forEach((toast) => toast.remove());
  say(detail.text, "notice", detail.href);
});

function say(message, kind = "info", href = "") {
  // What lies under a sheet can be neither seen nor read.
  const sheet = document.getElementById("sheet-body");
  const region = sheet ?? document.getElementById("toasts");
  if (!region || [...region.querySelectorAll("p")].some((one) => one.textContent === message)) return;
  const toast = document.createElement("div");
  toast.className = `toast toast-${kind}`;
  toast.dataset.toast = kind === "bad" ? "stay" : "pass";
  const words = document.createElement("p");
  if (href) words.append(Object.assign(document.createElement("a"), { href, textContent: message, dir: "auto" }));
  else words.textContent = message;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "btn btn-plain btn-s";
  close.dataset.dismiss = "";
  close.textContent = "Dismiss";
  toast.append(words, close);
  if (sheet) toast.role = "alert";
  region[sheet ? "prepend" : "append"](toast);
  watchToast(toast);
}

on("click", "[data-dismiss]", (button) => button.closest(".toast, .alert")?.remove());

// ---- passwords

on("click", "[data-reveal]", (button) => {
  const input = document.getElementById(button.dataset.reveal);
  const show = input.type === "password";
  input.type = show ? "text" : "password";
  button.setAttribute("aria-pressed", String(show));
  button.querySelector("use")?.setAttribute("href", button.querySelector("use").getAttribute("href").replace(/#.*/, show ? "#eye-off" : "#eye"));
  input.focus();
});

// ---- signing out: nothing of the person stays in this browser, and no open page writes it anew ("signing-out")

const SIGNING_OUT = "signing-out";
const signingOut = () => {
  document.dispatchEvent(new Event(SIGNING_OUT));
  sessionStorage.clear(); // Each tab has its own.
};

on("submit", 'form:is([action="/logout"], [data-signs-out])', () => {
  signingOut();
  for (const key of Object.keys(localStorage)) if (key !== "theme") localStorage.removeItem(key);
  // So that the other tabs hear of it.
  localStorage.setItem(SIGNING_OUT, "");
  localStorage.removeItem(SIGNING_OUT);
});
addEventListener("storage", ({ key, newValue }) => key === SIGNING_OUT && newValue !== null && signingOut());

// ---- dialogs

function openDialog(dialog, opener) {
  if (dialog.open) return;
  dialog.showModal();
  // Told after it is closed: whoever closed it may have led the focus elsewhere.
  const back = () => (document.activeElement === document.body || dialog.contains(document.activeElement)) && opener?.focus();
  dialog.addEventListener("close", back, { once: true });
}

on("click", "[data-open]", (opener, event) => {
  const dialog = document.getElementById(opener.dataset.open);
  if (!dialog?.showModal || event.metaKey || event.ctrlKey) return;
  event.preventDefault();
  openDialog(dialog, opener);
});
on("click", "[data-close]", (link, event) => {
  const dialog = link.closest("dialog");
  if (!dialog?.open) return;
  event.preventDefault();
  dialog.close();
});

// A link to a form opens it over this page, as a dialog; going back closes it, as it closes whatever lies over a page.
on("click", "a[data-sheet]", async (link, event) => {
  if (!window.htmx || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  if (link.ariaBusy) return;
  link.ariaBusy = "true";
  const place = document.getElementById("sheets") ?? document.body.appendChild(Object.assign(document.createElement("div"), { id: "sheets" }));
  // What went wrong is said where all requests are watched.
  await htmx.ajax("GET", link.href, { source: link, target: place }).catch(() => {});
  link.ariaBusy = null;
  if (place.firstElementChild) openSheet(place.firstElementChild, link);
});

function openSheet(sheet, opener) {
  openDialog(sheet, opener);
  history.pushState({ sheet: true }, "");
  sheet.addEventListener("close", () => {
    sheet.remove();
    if (history.state?.sheet) history.back();
  });
}
addEventListener("popstate", () => document.querySelector("#sheets > dialog")?.close());

document.addEventListener("pointerdown", (event) => {
  if (event.target.tagName !== "DIALOG" || !event.target.open) return;
  const box = event.target.getBoundingClientRect();
  const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
  if (!inside) event.target.close();
});

// ---- menus

const closeMenus = (except) => document.querySelectorAll("details[data-menu][open]").forEach((menu) => menu !== except && (menu.open = false));
document.addEventListener("click", (event) => closeMenus(event.target.closest("details[data-menu]")));
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && event.target.closest?.("details[data-menu][open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// ---- values to begin with: a link that types, and keeps what else was typed

on("click", "[data-fill]", (link, event) => {
  if (event.metaKey || event.ctrlKey) return;
  event.preventDefault();
  const input = document.getElementById(link.dataset.fill);
  input.value = link.dataset.value;
  input.focus();
});

// ---- copying

on("click", "[data-copy]", async (button) => {
  const words = button.querySelector("span") ?? button;
  const before = words.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    words.textContent = "Copied";
  } catch {
    words.textContent = "Select it and copy";
  }
  setTimeout(() => (words.textContent = before), 2000);
});

// ---- printing

on("click", "[data-print]", () => print());

// ---- one sending at a time

const RELEASES_AFTER = 10_000;
const overHtmx = (form) => form.matches("[hx-post], [hx-put], [hx-patch], [hx-delete]");

// Busy, not disabled: a disabled button would lose the focus, and its own name and value.
function hold(form, button) {
  form.dataset.sending = "";
  button ??= form.querySelector("[type=submit]");
  button?.setAttribute("aria-busy", "true");
}

function release(form) {
  delete form.dataset.sending;
  form.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if ("sending" in form.dataset) {
    event.preventDefault();
    event.stopImmediatePropagation();
  } else if (!overHtmx(form)) {
    hold(form, event.submitter);
    addEventListener("beforeunload", asked, { once: true });
    setTimeout(() => "sending" in form.dataset && release(form), RELEASES_AFTER);
    // A script of the page took it over: it decides when the form may be sent again.
    setTimeout(() => event.defaultPrevented && release(form));
  }
}, true);
// Not the forms around fields that ask something of their own, while they are typed in.
const formOf = ({ detail }) => (detail.elt.matches("form") ? detail.elt : null);
document.addEventListener("htmx:beforeRequest", (event) => {
  const form = formOf(event);
  if (form && overHtmx(form)) hold(form, event.detail.requestConfig.triggeringEvent?.submitter);
});
document.addEventListener("htmx:afterRequest", (event) => {
  const form = formOf(event);
  if (!form) return;
  release(form);
  form.querySelector("[data-sent]")?.setAttribute("hidden", "");
});
// How much of a file is sent, for forms that have a bar for it.
document.addEventListener("htmx:xhr:progress", ({ target, detail }) => {
  const bar = detail.total ? target.querySelector("[data-sent]") : null;
  if (bar) Object.assign(bar, { hidden: false, max: detail.total, value: detail.loaded });
});
const releaseAll = () => document.querySelectorAll("form[data-sending]").forEach(release);
addEventListener("pageshow", releaseAll);
// Whoever stays on a page that was to be left may send again: asked by the browser, going on with typing, or after
// a while. What was sent with the same key acts once. Asked for only then: some browsers do not keep pages that ask.
const asked = (event) => setTimeout(() => event.defaultPrevented && releaseAll());
document.addEventListener("input", ({ target: { form } }) => form && "sending" in form.dataset && !overHtmx(form) && release(form));

// ---- what htmx cannot tell by itself

for (const type of ["htmx:sendError", "htmx:timeout"])
  document.addEventListener(type, () => say("The connection dropped. Nothing was lost; try again.", "bad"));
document.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  if (status === 429) say("That was a lot at once. Wait a moment, then try again.", "bad");
  else if (status >= 500) say("Something broke on our side. Nothing was lost; try again in a moment.", "bad");
  else say("That did not work. Reload the page and try again.", "bad");
});

// ---- times, in the reader's own zone and words

// Made when the first time is met: they are slow to make, and many pages have none.
let clocks;
const makeClocks = () => ({
  words: new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "narrow" }),
  full: new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeStyle: "short" }),
  day: new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" }),
  dayAndYear: new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" }),
});

function tell(time) {
  const then = new Date(time.dateTime);
  if (Number.isNaN(then.getTime())) return;
  const { words, full, day, dayAndYear } = (clocks ??= makeClocks());
  const seconds = (then - Date.now()) / 1000;
  const far = Math.abs(seconds);
  time.title = full.format(then);
  if (far < 45) time.textContent = "now";
  else if (far < 3570) time.textContent = words.format(Math.round(seconds / 60), "minute");
  else if (far < 84600) time.textContent = words.format(Math.round(seconds / 3600), "hour");
  else if (far < 6 * 86400) time.textContent = words.format(Math.round(seconds / 86400), "day");
  else time.textContent = (then.getFullYear() === new Date().getFullYear() ? day : dayAndYear).format(then);
}
function tellWhole(time) {
  const then = new Date(time.dateTime);
  if (Number.isNaN(then.getTime())) return;
  time.title ||= time.textContent; // the same moment in UTC
  time.textContent = (clocks ??= makeClocks()).full.format(then);
}
setInterval(() => document.hidden || document.querySelectorAll("time[data-relative]").forEach(tell), 60000);

// ---- light and dark

const themes = () => document.querySelectorAll("[data-theme-switch] button");

function showTheme() {
  const chosen = root.dataset.theme ?? "";
  themes().forEach((button) => button.setAttribute("aria-pressed", String(button.value === chosen)));
}

on("click", "[data-theme-switch] button", (button) => {
  if (button.value) root.dataset.theme = button.value;
  else delete root.dataset.theme;
  try {
    if (button.value) localStorage.setItem("theme", button.value);
    else localStorage.removeItem("theme");
  } catch {
    // It holds for this page.
  }
  showTheme();
});

// ---- every part of a page, at first and as it arrives

function enhance(scope) {
  each(scope, "[data-reveal][hidden], [data-copy][hidden], [data-print][hidden], [data-theme-switch][hidden]", (one) => (one.hidden = false));
  each(scope, "[data-toast]", watchToast);
  each(scope, "time[data-relative]", tell);
  each(scope, "time[data-whole]", tellWhole);
  each(scope, "dialog[data-open-now]", (dialog) => openDialog(dialog));
  each(scope, "a[data-sheet]", (link) => (link.ariaHasPopup = "dialog"));
  each(scope, "[data-focus]", (one) => one.focus());
}

enhance(document);
showTheme();
// On a phone tabs and the strip of settings are wider than the screen: the open one is brought into view. Where they are is
// asked once, with the frame, when it has to be known anyway.
requestAnimationFrame(() => {
  for (const open of document.querySelectorAll(":is(.strip, .tabs) [aria-current]")) {
    const strip = open.parentElement, own = open.getBoundingClientRect(), all = strip.getBoundingClientRect();
    strip.scrollLeft += own.left + own.width / 2 - all.left - all.width / 2;
  }
});
const addressed = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
if (addressed?.tagName === "DIALOG") {
  history.replaceState(null, "", location.pathname + location.search);
  openDialog(addressed);
}
document.addEventListener("htmx:load", (event) => enhance(event.detail.elt));

// Whoever pressed what an answer replaces goes on there by keyboard: at what stands in the same place, or last.
const FOCUSABLE = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]";
const within = (part) => [part, ...part.querySelectorAll(FOCUSABLE)].filter((one) => one.matches(FOCUSABLE) && one.checkVisibility?.() !== false);
let stood = -1;
document.addEventListener("htmx:beforeSwap", ({ detail: { target } }) => {
  stood = target.contains(document.activeElement) ? within(target).indexOf(document.activeElement) : -1;
});
document.addEventListener("htmx:load", ({ detail: { elt } }) => {
  if (stood < 0 || document.activeElement !== document.body) return;
  const all = within(elt);
  all[Math.min(stood, all.length - 1)]?.focus({ preventScroll: true });
});
// It is there: what theme.js left out of the first view comes in, a piece at a time, so that whoever taps meanwhile is heard.
const BELOW = ".opening :is(article.post + article.post, .creator + .creator, .band)"; // as in app.css
const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
async function entered() {
  for (const one of document.querySelectorAll(BELOW)) {
    await frame();
    one.style.contentVisibility = "visible";
  }
  await frame();
  root.classList.remove("opening");
}
if (document.readyState === "complete") entered();
else addEventListener("load", entered);
