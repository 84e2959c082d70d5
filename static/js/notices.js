// The list of what happened grows while somebody looks at it. Behind other windows it waits: what is loaded counts as seen.

let missed = false;

function look() {
  missed = document.hidden;
  if (!missed) document.dispatchEvent(new CustomEvent("notices:look"));
}

for (const event of ["notice", "reconnected"]) document.addEventListener(`live:${event}`, look);
document.addEventListener("visibilitychange", () => missed && look());
