// Solana wallets by the Wallet Standard: found, listed, asked to sign in.

import { Refusal, ask, attempt, leave, stays, takeOver } from "./ask.js";
import { toBase64 } from "./bytes.js";

const PATIENCE = 1500;
const SIGN_IN = "solana:signIn";
const SIGN = "solana:signMessage";
const CONNECT = "standard:connect";

const known = new Set();
const lists = [...document.querySelectorAll("[data-wallets]")];

const speaksSolana = ({ features }) => SIGN_IN in features || (CONNECT in features && SIGN in features);

// Wallets say no in many ways; the EIP-1193 code is the common one.
const declined = (error) => error?.code === 4001 || /reject|declin|denied|cancel/i.test(error?.message ?? "");
const explain = (error) =>
  declined(error) ? "You declined in your wallet. Nothing was changed." : "The wallet could not sign. Unlock it and try again.";

async function signIn(wallet, input) {
  const [given] = await wallet.features[SIGN_IN].signIn(input);
  return { address: given.account.address, ...given };
}

// For wallets that only sign texts: the page writes the one that the server prepared.
async function signText(wallet, { before, after }) {
  const { accounts } = await wallet.features[CONNECT].connect();
  const account = accounts.find(({ features }) => features.includes(SIGN)) ?? accounts[0];
  if (!account) throw new Refusal("The wallet shares no address with this site. Choose one in the wallet and try again.");
  const message = new TextEncoder().encode(before + account.address + after);
  const [given] = await wallet.features[SIGN].signMessage({ account, message });
  return { address: account.address, ...given };
}

async function run(section, wallet) {
  const { text, ...input } = await ask(section, section.dataset.start);
  const given = await (SIGN_IN in wallet.features ? signIn(wallet, input) : signText(wallet, text));
  const { next } = await ask(section, section.dataset.finish, {
    nonce: input.nonce,
    address: given.address,
    signedMessage: toBase64(given.signedMessage),
    signature: toBase64(given.signature),
    name: wallet.name,
    remember: stays(),
    next: section.dataset.next,
  });
  await leave(next);
}

function show(section, wallet) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "btn btn-wide";
  if (/^data:image\/(svg\+xml|webp|png|gif);base64,/.test(wallet.icon)) {
    const picture = new Image(20, 20);
    picture.src = wallet.icon;
    picture.alt = "";
    button.append(picture);
  }
  const words = document.createElement("span");
  words.textContent = `Continue with ${wallet.name}`;
  button.append(words);
  button.addEventListener("click", () => attempt(section, button, () => run(section, wallet), explain));
  section.querySelector("[data-list]").append(button);
  section.querySelectorAll("[data-remember]").forEach((one) => (one.hidden = false));
  section.querySelector("[data-none]").hidden = true;
}

function register(...wallets) {
  for (const wallet of wallets) {
    if (known.has(wallet) || !speaksSolana(wallet)) continue;
    known.add(wallet);
    lists.forEach((section) => show(section, wallet));
  }
  return () => {};
}

lists.forEach(takeOver);
const api = Object.freeze({ register });
addEventListener("wallet-standard:register-wallet", ({ detail: callback }) => callback(api));
dispatchEvent(new CustomEvent("wallet-standard:app-ready", { detail: api }));
// Some wallets arrive a moment after the page.
setTimeout(() => lists.forEach((section) => (section.querySelector("[data-none]").hidden = known.size > 0)), PATIENCE);
