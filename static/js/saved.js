// An answer kept for later goes to where one types. Without this file its link leads to the page with it.

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-saved]");
  const say = document.getElementById("say");
  if (!link || !say || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  link.closest("dialog")?.close();
  say.setRangeText(link.dataset.saved, say.selectionStart, say.selectionEnd, "end");
  say.dispatchEvent(new Event("input", { bubbles: true }));
  say.focus();
});
