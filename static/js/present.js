// Who of the people on this page is here: asked now and then, as long as somebody looks.

const EVERY = 30_000;
const MOST = 30;

const inSight = (one) => {
  const { top, bottom } = one.getBoundingClientRect();
  return bottom >= 0 && top <= innerHeight;
};

async function look() {
  if (document.hidden) return;
  const shown = [...document.querySelectorAll("[data-present]")].filter(inSight).slice(0, MOST);
  if (!shown.length) return;
  const query = new URLSearchParams(shown.map((one) => ["who", one.dataset.present]));
  const answer = await fetch(`/messages/present?${query}`, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const online = new Set((await answer.json()).online);
  for (const one of shown) {
    const here = online.has(one.dataset.present);
    one.querySelector(".avatar").classList.toggle("avatar-on", here);
    one.querySelector("[data-online]").hidden = !here;
  }
}

setInterval(look, EVERY);
document.addEventListener("visibilitychange", look);
document.addEventListener("live:reconnected", look);
