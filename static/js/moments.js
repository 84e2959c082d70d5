// Moments in forms: UTC on the wire and without this script, one's own time on the screen.

const offsetAt = (moment) => -moment.getTimezoneOffset();
// Of what is typed. In spring an hour is left out: a time within it is one after it, by the clock from before.
const offsetOf = (typed) => Math.round((new Date(`${typed}Z`) - new Date(typed)) / 60_000);
const two = (number) => String(number).padStart(2, "0");
const local = (at) =>
  `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;

// A field with data-moment names the hidden one that says how far the clock is from UTC then.
export function inOwnTime(form) {
  for (const field of form.querySelectorAll("[data-moment]")) {
    const offset = form.elements.namedItem(field.dataset.moment);
    const hint = document.getElementById(`${field.id}-hint`);
    const kept = new Date(`${field.value}Z`);
    const known = field.value && !Number.isNaN(kept.getTime());
    // Also as what it began with: nobody typed the difference.
    if (known) field.value = field.defaultValue = local(kept);
    if (hint) hint.textContent = hint.textContent.replace("In UTC", "In your own time");
    const tell = () => (offset.value = field.value ? offsetOf(field.value) : offsetAt(new Date()));
    field.addEventListener("input", tell);
    // When clocks are put back an hour comes twice: what nobody touches stays in the one that it was in.
    if (known) offset.value = offsetAt(kept);
    else tell();
  }
}
