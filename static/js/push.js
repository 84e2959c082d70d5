// Settings, devices: lets this browser show notices. It is asked only when somebody presses the button.

import { ask, attempt, leave, Refusal, takeOver } from "./ask.js";
import { fromBase64url, toBase64url } from "./bytes.js";

const UNSUPPORTED =
  "This browser cannot show notices. Try another one; on an iPhone or iPad, add this site to the home screen first, and open it there.";
const DENIED =
  "This browser was told to show nothing from here. Allow notifications for this site in the browser's settings, then reload this page.";
const LATER = "Nothing was changed: this browser was not allowed to show notices.";
const EXPLAINED = {
  NotAllowedError: DENIED,
  AbortError: "The push service of this browser cannot be reached at the moment. Try again later.",
};
const explain = (error) => EXPLAINED[error.name] ?? "This browser could not be set up. Try again.";

const able = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

async function subscription(key) {
  const { pushManager } = await registered();
  const known = await pushManager.getSubscription();
  if (known && toBase64url(known.options.applicationServerKey) === key) return known;
  await known?.unsubscribe();
  return pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: fromBase64url(key) });
}

async function registered() {
  await navigator.serviceWorker.register("/sw.js");
  return navigator.serviceWorker.ready;
}

async function switchOn(section) {
  const allowed = await Notification.requestPermission();
  if (allowed !== "granted") throw new Refusal(allowed === "denied" ? DENIED : LATER);
  const made = await subscription(section.dataset.key);
  const { next } = await ask(section, section.dataset.push, made.toJSON());
  await leave(next);
}

// Whether what the house knows of this device still holds here.
async function holds() {
  const registration = await navigator.serviceWorker.getRegistration("/");
  return Notification.permission === "granted" && Boolean(await registration?.pushManager.getSubscription());
}

function say(section, words) {
  const note = section.querySelector("[role=alert]");
  note.textContent = words;
  note.hidden = false;
}

async function begin(section) {
  const button = section.querySelector("button");
  takeOver(section);
  if (!able) return say(section, UNSUPPORTED);
  if (Notification.permission === "denied") return say(section, DENIED);
  if ("here" in section.dataset && (await holds())) {
    section.querySelector("[data-on]").hidden = false;
    return;
  }
  button.hidden = false;
  button.addEventListener("click", () => attempt(section, button, () => switchOn(section), explain));
}

document.querySelectorAll("[data-push]").forEach(begin);

// What the house forgets, this browser need not listen for.
document.addEventListener("submit", async ({ target }) => {
  if (!able || !target.matches("form[data-forget-here]")) return;
  const registration = await navigator.serviceWorker.getRegistration("/");
  (await registration?.pushManager.getSubscription())?.unsubscribe();
});
