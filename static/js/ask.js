// What passkeys and wallets share: asking the server, and saying beside the button what went wrong.

export class Refusal extends Error {}

export async function ask(section, address, body = {}) {
  let answer;
  try {
    answer = await fetch(address, {
      method: "POST",
      headers: {
        Accept: "application/json",
        "Content-Type": "application/json",
        "X-CSRFToken": section.dataset.csrf,
        "Idempotency-Key": crypto.randomUUID(),
      },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Refusal("The connection dropped. Nothing was changed; try again.");
  }
  // Sent before, as the server knows: it leads to what that did.
  if (answer.redirected) return { next: answer.url };
  const found = await answer.json().catch(() => ({}));
  if (answer.ok) return found;
  if (found.code === "fresh_sign_in_needed") return leave(`/login/confirm?next=${encodeURIComponent(location.pathname)}`);
  throw new Refusal(found.detail ?? "Something broke on our side. Nothing was changed; try again in a moment.");
}

export function leave(address) {
  location.assign(address);
  // The page goes away: whoever waits for more waits for ever.
  return new Promise(() => {});
}

// The script is here: what the page says to those without it goes.
export const takeOver = (section) => section.querySelector("[data-without-js]").remove();

// Back on a page that was kept as it was left: nothing is under way any more.
addEventListener("pageshow", () =>
  document.querySelectorAll("[data-passkey] [aria-busy], [data-wallets] [aria-busy]").forEach((one) => one.removeAttribute("aria-busy")),
);

export const stays = () => document.querySelector("[name=remember]")?.checked ?? false;

// Runs one attempt at a time; `explain` turns what a browser or wallet throws into a sentence.
export async function attempt(section, button, work, explain) {
  const note = section.querySelector("[role=alert]");
  if (button?.getAttribute("aria-busy")) return;
  note.hidden = true;
  button?.setAttribute("aria-busy", "true");
  try {
    await work();
  } catch (error) {
    const words = error instanceof Refusal ? error.message : explain(error);
    note.textContent = words;
    note.hidden = !words;
  } finally {
    button?.removeAttribute("aria-busy");
  }
}
