({ name, address, publicKey, features, late }) => {
  const rejected = () => Object.assign(new Error("User rejected the request."), { code: 4001 });
  const account = { address, publicKey: new Uint8Array(publicKey), chains: ["solana:mainnet"], features };

  const signed = (answer) => {
    if (!answer) throw rejected();
    return { account, signedMessage: new Uint8Array(answer.message), signature: new Uint8Array(answer.signature) };
  };
  const all = {
    "solana:signIn": {
      version: "1.0.0",
      signIn: async (...inputs) => Promise.all(inputs.map(async (input) => signed(await window[`sign_in_with_${name}`](input)))),
    },
    "solana:signMessage": {
      version: "1.0.0",
      signMessage: async (...inputs) =>
        Promise.all(inputs.map(async ({ message }) => signed(await window[`sign_with_${name}`]([...message])))),
    },
  };
  const wallet = {
    version: "1.0.0",
    name,
    icon: "data:image/svg+xml;base64,PHN2ZyB4bWxucz0naHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmcnIHZpZXdCb3g9JzAgMCA5IDknPjxjaXJjbGUgY3g9JzQnIGN5PSc0JyByPSc0Jy8+PC9zdmc+",
    chains: ["solana:mainnet"],
    accounts: [],
    features: {
      "standard:connect": { version: "1.0.0", connect: async () => ({ accounts: [account] }) },
      ...Object.fromEntries(features.map((feature) => [feature, all[feature]])),
    },
  };

  const register = (api) => api.register(wallet);
  const announce = () => dispatchEvent(new CustomEvent("wallet-standard:register-wallet", { detail: register }));
  if (late) addEventListener("load", announce);
  else {
    addEventListener("wallet-standard:app-ready", ({ detail }) => register(detail));
    announce();
  }
}
