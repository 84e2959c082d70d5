// Shows notices that come while no page is open. Served at /sw.js; it fetches and keeps no pages.

const HOME = "/";
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (sign) => sign.charCodeAt(0));

// Only addresses of this house are opened, whatever a notice says.
function ours(href) {
  const address = new URL(href || HOME, location.origin);
  return address.origin === location.origin ? address.href : new URL(HOME, location.origin).href;
}

function read(event) {
  try {
    return event.data.json();
  } catch {
    return {};
  }
}

function show({ title, body, href, tag }) {
  return registration.showNotification(title || "Something new", {
    body: body || "",
    // A newer one of the same tag takes the place of an older one, and says so.
    ...(tag ? { tag, renotify: true } : {}),
    icon: "/static/img/apple-touch-icon.png",
    data: { href },
  });
}

async function open(href) {
  const pages = await clients.matchAll({ type: "window", includeUncontrolled: true });
  const there = pages.find((page) => page.url.split("#")[0] === href.split("#")[0]);
  if (there) return there.focus();
  return clients.openWindow(href);
}

// The push service gave this browser another address: the house has to hear of it.
async function renew(key) {
  const answer = await fetch("/settings/devices/key", { headers: { Accept: "application/json" } });
  if (!answer.ok || answer.redirected) return;
  const { key: current, csrf_token } = await answer.json();
  const made = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key ?? bytes(current) });
  await fetch("/settings/devices", {
    method: "POST",
    headers: {
      Accept: "application/json",
      "Content-Type": "application/json",
      "X-CSRFToken": csrf_token,
      "Idempotency-Key": crypto.randomUUID(),
    },
    body: JSON.stringify(made),
  });
}

self.addEventListener("push", (event) => event.waitUntil(show(read(event))));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(ours(event.notification.data?.href)));
});
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew(event.oldSubscription?.options.applicationServerKey)));
// A newer version takes over at once: there is nothing in it that a page could be in the middle of.
self.addEventListener("install", () => skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(clients.claim()));
