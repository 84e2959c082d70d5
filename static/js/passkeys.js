// Passkeys: adding one, and proving with one. Every [data-passkey] on the page is a button of its own.

import { ask, attempt, leave, stays, takeOver } from "./ask.js";
import { fromBase64url, toBase64url } from "./bytes.js";

const UNSUPPORTED = "This browser does not know passkeys. Use another way, or another browser.";
const EXPLAINED = {
  NotAllowedError: "That was cancelled, took too long, or this device has no passkey for this site.",
  InvalidStateError: "This device already holds a passkey for your account.",
  NotSupportedError: "This device cannot make a passkey that fits. Try another one.",
  SecurityError: "Passkeys do not work at this address. Open the site at the address that its owner gave you.",
  AbortError: "",
};
const explain = (error) => EXPLAINED[error.name] ?? "The passkey could not be used. Try again.";
// Of what was only offered nobody has to hear that this browser does not do it.
const explainOffer = (error) => (error instanceof DOMException ? "" : explain(error));

const withId = (one) => ({ ...one, id: fromBase64url(one.id) });

async function create(section) {
  const options = await ask(section, section.dataset.options);
  const made = await navigator.credentials.create({
    publicKey: {
      ...options,
      challenge: fromBase64url(options.challenge),
      user: withId(options.user),
      excludeCredentials: options.excludeCredentials.map(withId),
    },
  });
  return plain(made, {
    attestationObject: toBase64url(made.response.attestationObject),
    transports: made.response.getTransports?.() ?? [],
  });
}

async function get(section, more) {
  const options = await ask(section, section.dataset.options);
  const found = await navigator.credentials.get({
    ...more,
    publicKey: {
      ...options,
      challenge: fromBase64url(options.challenge),
      allowCredentials: options.allowCredentials.map(withId),
    },
  });
  const { authenticatorData, signature, userHandle } = found.response;
  return plain(found, {
    authenticatorData: toBase64url(authenticatorData),
    signature: toBase64url(signature),
    userHandle: userHandle && toBase64url(userHandle),
  });
}

const plain = (credential, response) => ({
  id: credential.id,
  rawId: toBase64url(credential.rawId),
  type: credential.type,
  response: { clientDataJSON: toBase64url(credential.response.clientDataJSON), ...response },
});

async function run(section, more) {
  const credential = await (section.dataset.passkey === "create" ? create(section) : get(section, more));
  const name = section.querySelector("[name=passkey_name]")?.value ?? "";
  const { next } = await ask(section, section.dataset.finish, { credential, name, remember: stays(), next: section.dataset.next });
  await leave(next);
}

// A browser may offer passkeys right in the field of the name. Asked for once somebody goes there.
function offerInField(section) {
  const field = document.querySelector("input[autocomplete~=webauthn]");
  const waiting = new AbortController();
  const offer = async () => {
    if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
    await attempt(section, null, () => run(section, { mediation: "conditional", signal: waiting.signal }), explainOffer);
  };
  field?.addEventListener("focus", offer, { once: true });
  return waiting;
}

for (const section of document.querySelectorAll("[data-passkey]")) {
  const button = section.querySelector("button");
  takeOver(section);
  if (!window.PublicKeyCredential) {
    const note = section.querySelector("[role=alert]");
    note.textContent = UNSUPPORTED;
    note.hidden = false;
    continue;
  }
  const offered = section.dataset.passkey === "get" ? offerInField(section) : null;
  button.hidden = false;
  section.querySelectorAll("[data-name]").forEach((one) => (one.hidden = false));
  button.addEventListener("click", () => {
    offered?.abort();
    attempt(section, button, () => run(section), explain);
  });
}
