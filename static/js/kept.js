// What was being typed as an answer led away, the page had to be read anew, or the session ended, comes back in this
// tab, once the same person has signed in again.

let signingOut = false;

const fields = (form) => [...form.querySelectorAll("textarea, input[type=text]")];

// Not what was `sent` itself.
function keep(sent = null) {
  if (signingOut) return;
  for (const form of document.querySelectorAll("form[data-kept-as]")) {
    if (form === sent) continue;
    const typed = fields(form).filter((field) => field.value !== field.defaultValue);
    if (!typed.length) continue;
    const values = Object.fromEntries(typed.map((field) => [field.name, field.value]));
    try {
      sessionStorage.setItem(form.dataset.keptAs, JSON.stringify(values));
    } catch {
      // Shut or full: it is lost, as it would be without us.
    }
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
  for (const field of fields(form)) if (field.name in values) field.value = values[field.name];
  document.dispatchEvent(new CustomEvent("say", { detail: { message: "What you had typed is back. It is not sent yet." } }));
}

document.addEventListener("submit", () => (signingOut = false), true);
document.addEventListener("signing-out", () => (signingOut = true));
for (const event of ["live:ended", "read-anew"]) document.addEventListener(event, () => keep());
document.addEventListener("htmx:beforeOnLoad", ({ detail }) => {
  const leads = detail.xhr.getResponseHeader("HX-Redirect");
  if (leads) keep(leads.startsWith("/login") ? null : detail.elt);
});
document.querySelectorAll("form[data-kept-as]").forEach(putBack);
