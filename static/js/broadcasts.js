// Writing to many: moments in one's own time, and nothing is saved half. Without this file it is a form.

import { inOwnTime } from "./moments.js";

const form = document.getElementById("broadcast");
inOwnTime(form);
form.addEventListener("submit", (event) => {
  const late = [...form.querySelectorAll("[data-uploads] [name=media]")].some((file) => file.disabled);
  if (!late) return;
  event.preventDefault();
  const message = "A file is still on its way. Go on when it is here.";
  document.dispatchEvent(new CustomEvent("say", { detail: { message, kind: "bad" } }));
});
