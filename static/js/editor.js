// The editor of a post: moments in the author's own time, and a text that did not reach the server is kept here.

import { inOwnTime } from "./moments.js";

const form = document.querySelector("[data-editor]");
const stroke = form.elements.namedItem("stroke");
const TEXTS = ["title", "body", "link", "poll_question", "poll_options"];
// Put back without them, what was meant for a few would be for everybody.
const TERMS = ["visibility", "tier_id", "price", "adult", "poll_several"];
const KEPT = [...TEXTS, ...TERMS];
// Of each page by itself: what one of them saved says nothing of what another could not. A post that was never saved
// has no name that the next page would know.
const named = (post) => `${post}:${form.elements.namedItem("page").value}`;
let key = named(form.dataset.kept);
let unsaved = false;
// The whole page is on its way, with all that is typed: nothing is saved beside it.
const leaving = () => "sending" in form.dataset;
// Nothing of it stays in this browser.
let signingOut = false;
document.addEventListener("signing-out", () => (signingOut = true));

form.addEventListener("input", () => {
  stroke.value = Number(stroke.value) + 1;
  unsaved = true;
  signingOut = false;
});

inOwnTime(form);

// ---- what did not reach the server

const DAY = 24 * 60 * 60 * 1000;
const store = (() => {
  try {
    return localStorage;
  } catch {
    return null; // Shut: the page itself still holds the text.
  }
})();
const said = (field) => (field.type === "checkbox" && !field.checked ? "" : field.value);
const say = (field, value) => (field.type === "checkbox" ? (field.checked = Boolean(value)) : (field.value = value));
const typedIn = (fields) => Object.fromEntries(KEPT.map((name) => [name, said(fields.namedItem(name))]));
const typed = () => typedIn(form.elements);
const postId = form.elements.namedItem("post_id").value;
const saves = () => Number(form.elements.namedItem("saves").value);
// Saves whose answer did not come: each of them may have counted.
let perhaps = 0;

// `sent`: on its way with the whole page, which tells the next one whether it arrived, by more saves than these.
function keepHere(sent = false) {
  if (signingOut) return;
  try {
    store?.setItem(key, JSON.stringify({ at: Date.now(), post: postId, saves: saves() + perhaps, sent, fields: typed() }));
  } catch {
    // Full.
  }
}

const forget = () => store?.removeItem(key);
const ours = (event) => event.detail.elt?.id === "autosave";
const leadsAway = (event) => event.detail.xhr.getResponseHeader("HX-Redirect");

form.addEventListener("submit", (event) => {
  unsaved = false;
  if (!event.defaultPrevented) keepHere(true);
});
addEventListener("pagehide", () => unsaved && keepHere());
addEventListener("online", () => unsaved && form.dispatchEvent(new Event("input", { bubbles: true })));

// Signed out meanwhile: the answer leads away from this page.
document.addEventListener("htmx:beforeOnLoad", (event) => {
  if (ours(event) && leadsAway(event)) keepHere();
});
for (const type of ["htmx:sendError", "htmx:timeout", "htmx:responseError"])
  document.addEventListener(type, (event) => {
    if (!ours(event)) return;
    keepHere();
    const words = document.createElement("p");
    words.className = "error";
    words.textContent = "Not saved. Your text is kept in this browser.";
    document.getElementById("autosave").replaceChildren(words);
  });
let sentStroke = stroke.value;
document.addEventListener("htmx:beforeRequest", (event) => {
  if (!ours(event)) return;
  if (leaving()) return event.preventDefault();
  sentStroke = stroke.value;
  perhaps += 1;
});
document.addEventListener("htmx:afterRequest", (event) => {
  if (!ours(event)) return;
  if (event.detail.xhr.status) perhaps = event.detail.xhr.status === 200 ? 0 : perhaps - 1;
  if (leaving() || leadsAway(event)) return;
  // Saved somewhere else meanwhile: until one of the texts is chosen, this one is only here.
  if (event.detail.xhr.status === 422) keepHere();
  if (event.detail.xhr.status !== 200) return;
  forget();
  key = named(form.dataset.keptSaved);
  forget();
  unsaved = stroke.value !== sentStroke;
});

function read(name) {
  try {
    return JSON.parse(store?.getItem(name) ?? null);
  } catch {
    return null;
  }
}

const alike = (names, kept, there) => names.every((name) => !(name in kept) || squeezed(kept[name]) === squeezed(there[name]));
// Terms of nothing say nothing.
const blank = (kept) => !TEXTS.some((name) => squeezed(kept[name]));
const same = (kept, there) => alike(TEXTS, kept, there) && (blank(kept) || alike(TERMS, kept, there));
const squeezed = (text) => (text ?? "").replace(/\s+/g, " ").trim();

async function arrived(kept) {
  if (same(kept.fields, typed())) return true;
  if (!kept.sent || kept.post === postId) return kept.sent && saves() > kept.saves;
  const answer = await fetch(`/posts/${kept.post}/edit`).catch(() => null);
  if (!answer?.ok) return false;
  const there = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-editor]")?.elements;
  return there && (Number(there.namedItem("saves").value) > kept.saves || same(kept.fields, typedIn(there)));
}

// The latest of those that are about this post.
async function offer() {
  const about = ([name, kept]) => kept?.fields && (name.startsWith(form.dataset.kept) || kept.post === postId);
  const found = Object.keys(store ?? {}).filter((name) => name.startsWith("post:")).map((name) => [name, read(name)]);
  const note = form.querySelector("[data-kept-note]");
  note.hidden = true;
  for (const [name, kept] of found.filter(about).sort(([, one], [, other]) => other.at - one.at)) {
    if (await arrived(kept)) store.removeItem(name);
    else return show(note, name, kept);
  }
}

function show(note, name, kept) {
  note.querySelector("[data-kept-at]").textContent = `Typed ${new Date(kept.at).toLocaleString("en-GB")}.`;
  note.hidden = false;
  note.querySelector("[data-kept-use]").onclick = () => {
    for (const name of KEPT) if (name in kept.fields) say(form.elements.namedItem(name), kept.fields[name]);
    note.hidden = true;
    form.elements.namedItem("title").dispatchEvent(new Event("input", { bubbles: true }));
    keepHere();
    if (name !== key && read(key)) store.removeItem(name);
    form.elements.namedItem("body").focus();
  };
  note.querySelector("[data-kept-drop]").onclick = () => {
    store.removeItem(name);
    offer();
    form.elements.namedItem("body").focus();
  };
}

offer();
for (const name of Object.keys(store ?? {})) {
  const kept = name.startsWith("post:") && read(name);
  if (kept && kept.sent && Date.now() - kept.at > DAY) store.removeItem(name);
}
