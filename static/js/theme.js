// Runs before the first paint, so that a chosen theme never flashes past the other one.
{
  const root = document.documentElement;
  root.classList.add("js");
  try {
    const chosen = localStorage.getItem("theme");
    if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
  } catch {
    // Storage is shut.
  }
  // See `opening` in app.css; on the way back heights have to be right at once.
  const [coming] = performance.getEntriesByType("navigation");
  if (coming?.type === "navigate" && !location.hash) root.classList.add("opening");
}
