// Paying an invoice with a wallet in the browser, by the Wallet Standard. The server makes the transaction; the wallet
// shows it, signs it and sends it. And how long the price still holds.

const CONNECT = "standard:connect";
const SEND = "solana:signAndSendTransaction";
const SECOND = 1000;

const SENT = "Sent. It is seen here in a moment. If it is not after two minutes, look at your wallet, then look again.";
// Wallets that sent it also say so, when they do not see it confirmed soon.
const LOOK = "Look at your wallet: if it says that this was sent, wait here. If it does not, try again.";

const known = new Set();
// What was begun here, by what it pays: true once it is sent.
const begun = new Map();
const nameOf = ({ dataset }) => `${dataset.payWallet} ${dataset.left}`;
const sections = () => [...document.querySelectorAll("[data-pay-wallet]")];

// In words that are shown as they are.
class Refusal extends Error {}

const declined = (error) => error?.code === 4001 || /reject|declin|denied|cancel/i.test(error?.message ?? "");

function explain(error) {
  if (error instanceof Refusal) return error.message;
  return declined(error) ? "You declined in your wallet. Nothing was paid." : "The wallet could not pay. Unlock it, or scan the code.";
}

const fromBase64 = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));

async function made(section, address) {
  const answer = await fetch(`${section.dataset.payWallet}?account=${encodeURIComponent(address)}`, {
    headers: { Accept: "application/json" },
  }).catch(() => null);
  if (!answer) throw new Refusal("The connection dropped. Nothing was paid; try again.");
  const found = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Refusal(found.detail ?? "Something broke on our side. Nothing was paid; try again in a moment.");
  return fromBase64(found.transaction);
}

async function pay(section, wallet) {
  const { accounts } = await wallet.features[CONNECT].connect();
  const account = accounts.find(({ features }) => features.includes(SEND)) ?? accounts[0];
  if (!account) throw new Error("no account");
  const transaction = await made(section, account.address);
  try {
    await wallet.features[SEND].signAndSendTransaction({ account, transaction, chain: section.dataset.network });
  } catch (error) {
    throw declined(error) ? error : new Refusal(LOOK);
  }
}

async function press(section, wallet) {
  const name = nameOf(section);
  if (begun.has(name)) return;
  begun.set(name, false);
  tell(name, "");
  showAll();
  try {
    await pay(section, wallet);
    begun.set(name, true);
  } catch (error) {
    begun.delete(name);
    tell(name, explain(error));
  }
  showAll();
}

function tell(name, words) {
  const note = sections().find((one) => nameOf(one) === name)?.parentElement.querySelector("[data-pay-trouble]");
  if (note) Object.assign(note, { textContent: words, hidden: !words });
}

function buttonFor(section, wallet) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-primary";
  button.dataset.wallet = wallet.name;
  button.textContent = `Pay with ${wallet.name}`;
  button.addEventListener("click", () => press(section, wallet));
  return button;
}

function show(section) {
  const state = begun.get(nameOf(section));
  const shown = [...section.querySelectorAll("[data-wallet]")];
  if (state) {
    if (section.querySelector("[data-wallet-sent]")) return;
    const told = Object.assign(document.createElement("p"), { role: "status", textContent: SENT });
    told.dataset.walletSent = "";
    section.prepend(told);
    return shown.forEach((button) => button.remove());
  }
  for (const wallet of known)
    if (!shown.some(({ dataset }) => dataset.wallet === wallet.name)) section.prepend(buttonFor(section, wallet));
  for (const button of section.querySelectorAll("[data-wallet]")) button.ariaBusy = state === false ? "true" : null;
}

// The panel is put in anew whenever something about the payment changed.
const showAll = () => sections().forEach(show);

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
