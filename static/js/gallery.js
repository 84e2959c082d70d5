// Pictures of a post or a conversation, large, over the page: arrow keys, buttons and swipes go through them, Escape closes.
// Without this file each picture leads to its largest.

const SWIPE = 40;
const dialog = document.getElementById("lightbox");
let links = [];
let at = 0;
let touched;

function show(index) {
  at = (index + links.length) % links.length;
  const [picture, words] = [dialog.querySelector("img"), dialog.querySelector("p")];
  picture.src = links[at].href;
  picture.alt = links[at].dataset.alt || `Picture ${at + 1}`;
  words.textContent = `${at + 1} of ${links.length}${links[at].dataset.alt ? `: ${links[at].dataset.alt}` : ""}`;
  // The next one is there before it is asked for.
  if (links.length > 1) new Image().src = links[(at + 1) % links.length].href;
}

// Pages may get more pictures while they are open.
document.addEventListener("click", (event) => {
  const link = event.target.closest("[data-gallery] a[href]");
  if (!link || !dialog || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  links = [...document.querySelectorAll("[data-gallery] a[href]")];
  dialog.querySelectorAll("[data-step]").forEach((button) => (button.hidden = links.length < 2));
  show(links.indexOf(link));
  dialog.showModal();
});

dialog?.addEventListener("click", ({ target }) => {
  const step = target.closest("[data-step]");
  if (step) show(at + Number(step.dataset.step));
  else if (target === dialog || target.closest("[data-close]")) dialog.close();
});
dialog?.addEventListener("keydown", ({ key }) => {
  if (key === "ArrowLeft") show(at - 1);
  if (key === "ArrowRight") show(at + 1);
});
dialog?.addEventListener("pointerdown", ({ clientX }) => (touched = clientX));
dialog?.addEventListener("pointerup", ({ clientX, pointerType }) => {
  if (pointerType !== "mouse" && Math.abs(clientX - touched) > SWIPE) show(at + (clientX < touched ? 1 : -1));
});
dialog?.addEventListener("close", () => links[at].focus());
