// What was being typed as an answer led away, the page had to be read anew, or the session ended, comes back in this
// tab, once the same person has signed in again.
// A form that was sent as a page may have met the door instead: which of them it was, the next page shows, so this file
// is on the page after such a form too, and at the door.

const SENT = "sent:";
// Files are none: they are chosen anew.
const CHOICE = ":is([type=radio], [type=checkbox]):not([name=media])";
const MOMENT = "[type=datetime-local]";

let signingOut = false;

const fields = (form) => [...form.querySelectorAll(`textarea, select, input:is([type=text], [type=date], ${MOMENT}), ${CHOICE}`)];
const nameOf = (field) => (field.matches(CHOICE) ? `${field.name}=${field.value}` : field.name);
const stands = (field) => (field.matches(CHOICE) ? field.checked : field.value);
const stood = (field) => {
  if (field.matches("select")) return (field.querySelector("[selected]") ?? field.options[0])?.value;
  return field.matches(CHOICE) ? field.defaultChecked : field.defaultValue;
};

function keep(form, prefix = "") {
  const typed = fields(form).filter((field) => stands(field) !== stood(field));
  if (signingOut || !typed.length) return;
  const values = Object.fromEntries(typed.map((field) => [nameOf(field), stands(field)]));
  // The save that it began from: somebody may save another one meanwhile.
  if (form.elements.saves) values.saves = form.elements.saves.value;
  try {
    sessionStorage.setItem(prefix + form.dataset.keptAs, JSON.stringify(values));
  } catch {
    // Shut or full: it is lost, as it would be without us.
  }
}

// Not what was `sent` itself.
function keepAll(sent = null) {
  for (const form of document.querySelectorAll("form[data-kept-as]")) if (form !== sent) keep(form);
}

// What came as far as the door is kept; what came further arrived.
function judgeSent() {
  try {
    for (const name of Object.keys(sessionStorage).filter((one) => one.startsWith(SENT))) {
      if (location.pathname === "/login") sessionStorage.setItem(name.slice(SENT.length), sessionStorage.getItem(name));
      sessionStorage.removeItem(name);
    }
  } catch {
    // Shut: nothing was kept.
  }
}

function putBack(form) {
  let kept = null;
  try {
    kept = sessionStorage.getItem(form.dataset.keptAs);
    sessionStorage.removeItem(form.dataset.keptAs);
  } catch {
    // Shut: nothing was kept.
  }
  if (!kept) return;
  const values = JSON.parse(kept);
  const typed = fields(form).filter((one) => nameOf(one) in values);
  for (const field of typed.filter((one) => !one.matches(MOMENT))) {
    field[field.matches(CHOICE) ? "checked" : "value"] = values[nameOf(field)];
    field.closest("details")?.setAttribute("open", "");
  }
  if ("saves" in values) form.elements.saves.value = values.saves;
  addEventListener("DOMContentLoaded", () => {
    // It was typed in one's own time, in which the form is only now (moments.js); that tells the server how far off it is.
    for (const field of typed.filter((one) => one.matches(MOMENT))) {
      field.value = values[nameOf(field)];
      field.dispatchEvent(new Event("input"));
    }
    // For what htmx asks by it, which begins to listen then.
    form.dispatchEvent(new Event("change"));
  });
  document.dispatchEvent(new CustomEvent("say", { detail: { message: "What you had typed is back. It is not sent yet." } }));
}

document.addEventListener("submit", () => (signingOut = false), true);
document.addEventListener("signing-out", () => (signingOut = true));
for (const event of ["live:ended", "read-anew"]) document.addEventListener(event, () => keepAll());
document.addEventListener("htmx:beforeOnLoad", ({ detail }) => {
  const leads = detail.xhr.getResponseHeader("HX-Redirect");
  if (leads) keepAll(leads.startsWith("/login") ? null : detail.elt);
});
addEventListener("submit", (event) => {
  if (!event.defaultPrevented && "keptAs" in event.target.dataset) keep(event.target, SENT);
});
judgeSent();
document.querySelectorAll("form[data-kept-as]").forEach(putBack);
