// Paying an invoice with a wallet in the browser, by the Wallet Standard. The server makes the transaction; the wallet
// shows it, signs it and sends it. And how long the price still holds.

const CONNECT = "standard:connect";
const SEND = "solana:signAndSendTransaction";
const SECOND = 1000;

const known = new Set();

const declined = (error) => error?.code === 4001 || /reject|declin|denied|cancel/i.test(error?.message ?? "");
const explain = (error) =>
  declined(error) ? "You declined in your wallet. Nothing was paid." : "The wallet could not pay. Unlock it, or scan the code.";

const fromBase64 = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));

async function made(section, address) {
  const answer = await fetch(`${section.dataset.payWallet}?account=${encodeURIComponent(address)}`, {
    headers: { Accept: "application/json" },
  });
  const found = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Error(found.detail ?? "no answer");
  return fromBase64(found.transaction);
}

async function pay(section, wallet) {
  const { accounts } = await wallet.features[CONNECT].connect();
  const account = accounts.find(({ features }) => features.includes(SEND)) ?? accounts[0];
  if (!account) throw new Error("no account");
  const transaction = await made(section, account.address);
  await wallet.features[SEND].signAndSendTransaction({ account, transaction, chain: section.dataset.network });
}

async function press(section, wallet, button) {
  const note = section.parentElement.querySelector("[data-pay-trouble]");
  if (button.getAttribute("aria-busy")) return;
  note.hidden = true;
  button.setAttribute("aria-busy", "true");
  try {
    await pay(section, wallet);
  } catch (error) {
    note.textContent = explain(error);
    note.hidden = false;
  } finally {
    button.removeAttribute("aria-busy");
  }
}

function show(section, wallet) {
  const shown = [...section.querySelectorAll("[data-wallet]")];
  if (shown.some(({ dataset }) => dataset.wallet === wallet.name)) return;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-primary";
  button.dataset.wallet = wallet.name;
  button.textContent = `Pay with ${wallet.name}`;
  button.addEventListener("click", () => press(section, wallet, button));
  section.prepend(button);
}

// The panel is put in anew whenever something about the payment changed.
const showAll = () =>
  document.querySelectorAll("[data-pay-wallet]").forEach((section) => known.forEach((wallet) => show(section, wallet)));

function register(...wallets) {
  wallets.filter(({ features }) => CONNECT in features && SEND in features).forEach((wallet) => known.add(wallet));
  showAll();
  return () => {};
}

function count() {
  for (const one of document.querySelectorAll("[data-countdown]")) {
    const left = Math.max(0, Math.floor((Date.parse(one.dataset.countdown) - Date.now()) / SECOND));
    one.textContent = `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")} left.`;
  }
}

const api = Object.freeze({ register });
addEventListener("wallet-standard:register-wallet", ({ detail: callback }) => callback(api));
dispatchEvent(new CustomEvent("wallet-standard:app-ready", { detail: api }));
document.addEventListener("htmx:afterSettle", showAll);
setInterval(count, SECOND);
count();
