// Runs before the first paint, so that a chosen theme never flashes past the other one.
{
  const root = document.documentElement;
  root.classList.add("js");
  try {
    const chosen = localStorage.getItem("theme");
    if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
  } catch {
    // Storage is shut: the device's own theme stands.
  }
  // Opened at its top, a page lays out first what is seen first (app.css), until ui.js says that it is there. Where one comes
  // back to a place further down, heights have to be right from the start.
  const [coming] = performance.getEntriesByType("navigation");
  if (coming?.type === "navigate" && !location.hash) root.classList.add("opening");
}
