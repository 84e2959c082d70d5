// What the browser's own players lack: the waveform as progress, one sound at a time, a glimpse of a film in lists.
// Everything is heard at the document, so that it works for what arrives later too. Without this file all of it plays.

const POINT_MS = 180;
const still = matchMedia("(prefers-reduced-motion: reduce)");
const fine = matchMedia("(hover: hover) and (pointer: fine)");

const waveOf = (sound) => sound.closest(".sound")?.querySelector(".wave");
const soundOf = (wave) => wave.closest(".sound").querySelector("audio");

// The part that was heard keeps its colour; the rest steps back.
function paint(sound) {
  const wave = waveOf(sound);
  if (!wave || !sound.duration) return;
  if (wave.children.length < 2) wave.append(wave.firstElementChild.cloneNode());
  const left = 100 - (sound.currentTime / sound.duration) * 100;
  wave.lastElementChild.style.clipPath = `inset(0 ${left}% 0 0)`;
}

function seek(wave, x) {
  const sound = soundOf(wave);
  const { left, width } = wave.getBoundingClientRect();
  const part = Math.min(1, Math.max(0, (x - left) / width));
  const go = () => (sound.currentTime = part * sound.duration);
  if (sound.readyState) go();
  else sound.addEventListener("loadedmetadata", go, { once: true });
  sound.play().catch(() => {}); // the browser's own controls say what is wrong
}

for (const type of ["timeupdate", "seeked", "loadedmetadata"])
  document.addEventListener(type, ({ target }) => target.matches("audio") && paint(target), true);

document.addEventListener(
  "play",
  ({ target }) => {
    for (const other of document.querySelectorAll("audio, video")) if (other !== target) other.pause();
  },
  true,
);

document.addEventListener("click", (event) => {
  const wave = event.target.closest(".wave");
  if (wave) seek(wave, event.clientX);
});

let pointed;
let waiting;

function leave() {
  clearTimeout(waiting);
  pointed?.querySelector(".glimpse")?.remove();
  pointed = null;
}

document.addEventListener("pointerover", ({ target, pointerType }) => {
  const film = target.closest?.("[data-preview]") ?? null;
  if (film === pointed) return;
  leave();
  if (!film || pointerType !== "mouse" || !fine.matches || still.matches || navigator.connection?.saveData) return;
  pointed = film;
  waiting = setTimeout(() => {
    const glimpse = new Image();
    glimpse.className = "glimpse";
    glimpse.alt = "";
    glimpse.src = film.dataset.preview;
    glimpse.decode().then(() => film === pointed && film.append(glimpse), () => {});
  }, POINT_MS);
});
document.addEventListener("pointerleave", leave);
