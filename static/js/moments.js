// Moments in forms: UTC on the wire and without this script, one's own time on the screen.

const offsetAt = (moment) => -moment.getTimezoneOffset();
const two = (number) => String(number).padStart(2, "0");
const local = (at) =>
  `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;

// A field with data-moment names the hidden one that says how far the clock is from UTC then.
export function inOwnTime(form) {
  for (const field of form.querySelectorAll("[data-moment]")) {
    const offset = form.elements.namedItem(field.dataset.moment);
    const hint = document.getElementById(`${field.id}-hint`);
    const known = field.value && new Date(`${field.value}Z`);
    if (known && !Number.isNaN(known.getTime())) field.value = local(known);
    if (hint) hint.textContent = hint.textContent.replace("In UTC", "In your own time");
    const tell = () => (offset.value = offsetAt(field.value ? new Date(field.value) : new Date()));
    field.addEventListener("input", tell);
    tell();
  }
}
