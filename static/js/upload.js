// Sends files in parts that can be taken up again (tus 1.0), several at once, and keeps the list in its order.
// Without this file the plain form beside it sends them whole.

const PART = 8 * 1024 * 1024;
const AT_ONCE = 2;
const PAUSES = [1, 2, 4, 8, 15, 30];
const RETRY = new Set([0, 423, 429, 500, 502, 503, 504]);
const DROPPED = "The connection dropped. What arrived is kept: try again to go on.";
// Where words are written: what is pasted there with words in it are those.
const WRITING = "textarea, input, [contenteditable]";

const wait = (seconds) => new Promise((done) => setTimeout(done, seconds * 1000));
const text64 = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

class Stopped extends Error {}

// Where something was begun, to go on there from another page. Who keeps nothing begins anew.
function note(key, address = null) {
  try {
    address ? localStorage.setItem(key, address) : localStorage.removeItem(key);
  } catch {
    // Shut or full.
  }
}

function noted(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // Shut.
  }
}

for (const section of document.querySelectorAll("[data-uploader]")) begin(section);

function begin(section) {
  const list = section.querySelector("[data-uploads]");
  const field = section.querySelector("[type=file]");
  const drop = section.querySelector("[data-drop]");
  const said = section.querySelector("[data-said]");
  const most = Number(section.dataset.most);
  const items = new Map();
  const waiting = [];
  // What was begun for a message is none for a post.
  const keyOf = (file) => `upload:${section.dataset.purpose}:${file.name}:${file.size}:${file.lastModified}`;
  let sending = 0;

  section.querySelector("[data-plain]").hidden = true;
  section.querySelector("[data-hint]").hidden = false;
  field.removeAttribute("name");
  for (const row of list.children) dress(row);

  // Files that are here already, as the server shows them.
  section.addEventListener("upload:back", ({ detail: rows }) => {
    for (const row of rows) {
      dress(row);
      list.append(row);
      window.htmx.process(row);
    }
  });
  field.addEventListener("change", () => {
    add(field.files);
    field.value = "";
  });
  // A picture of this very page, dragged by accident, counts as a file too.
  let ours = false;
  for (const type of ["dragstart", "dragend"]) document.addEventListener(type, () => (ours = type === "dragstart"));
  // Beside the box as well: there a browser would open the file in place of the page.
  for (const type of ["dragover", "dragleave", "drop"])
    document.addEventListener(type, (event) => {
      const { types, files } = event.dataTransfer;
      if (ours || !types.includes("Files")) return;
      if (type !== "dragleave") event.preventDefault();
      drop.classList.toggle("over", type === "dragover");
      if (type === "drop") add(files);
    });
  document.addEventListener("paste", ({ clipboardData: { files, types }, target }) => {
    const words = types.includes("text/plain") && target.closest?.(WRITING);
    if (files.length && !words) add(files);
  });
  // Nothing is sent half.
  document.addEventListener(
    "submit",
    (event) => {
      if (event.target !== section.closest("form")) return;
      if (![...list.children].some((row) => row.querySelector("[name=media]").disabled)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const message = "A file is still on its way. Go on when it is here, or take it out.";
      document.dispatchEvent(new CustomEvent("say", { detail: { message, kind: "bad" } }));
    },
    true,
  );
  addEventListener("beforeunload", (event) => {
    if (sending) event.preventDefault();
  });
  list.addEventListener("click", (event) => {
    const row = event.target.closest("li");
    const pressed = event.target.closest("button");
    if (!row || !pressed) return;
    if ("out" in pressed.dataset) takeOut(row);
    else if ("retry" in pressed.dataset) enqueue(row);
    else if (pressed.dataset.move) move(row, Number(pressed.dataset.move), pressed);
  });
  // It would send the form around it.
  list.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !("alt" in event.target.dataset)) return;
    event.preventDefault();
    event.target.dispatchEvent(new Event("change", { bubbles: true }));
  });
  list.addEventListener("change", ({ target }) => {
    const row = target.closest("li");
    if (row?.dataset.id && "alt" in target.dataset) saveAlt(row);
  });

  function add(files) {
    const room = most - list.children.length;
    tell(files.length > room ? `At most ${most} files here: the others were left out.` : "");
    for (const file of [...files].slice(0, Math.max(0, room))) {
      const row = section.querySelector("[data-template]").content.firstElementChild.cloneNode(true);
      row.querySelector("[data-name]").textContent = file.name || "Pasted file";
      dress(row);
      list.append(row);
      items.set(row, { file });
      enqueue(row);
      section.dispatchEvent(new Event("upload:added", { bubbles: true }));
    }
  }

  function enqueue(row) {
    row.querySelector("[data-retry]").hidden = true;
    waiting.push(row);
    next();
  }

  async function next() {
    if (sending >= AT_ONCE || !waiting.length) return;
    const row = waiting.shift();
    const item = items.get(row);
    if (!item || item.out) return next();
    sending += 1;
    try {
      await send(row, item);
      note(keyOf(item.file));
      await arrived(row);
    } catch (error) {
      if (!(error instanceof Stopped)) throw error;
      if (!item.out) failed(row, error.message);
    } finally {
      item.release?.();
      sending -= 1;
      next();
    }
  }

  async function send(row, item) {
    const { file } = item;
    item.address ??= await resumed(file);
    if (item.address && !(await hold(item))) item.address = null;
    let offset = item.address ? await offsetOf(item) : 0;
    if (offset === undefined) throw new Stopped(DROPPED);
    if (offset === null) {
      item.address = null;
      offset = 0;
    }
    if (!item.address) await ask(row, item);
    for (let tries = 0; offset < file.size; ) {
      if (item.out) throw new Stopped();
      const answer = await (item.direct ? straight(row, item, offset) : part(row, item, offset));
      if (answer.status === 204) {
        offset = Number(answer.header("Upload-Offset"));
        tries = 0;
      } else if (answer.status === 409 || RETRY.has(answer.status)) {
        // The store does not let this page in, or cannot be reached: then by way of us.
        if (item.direct && answer.status === 0 && tries >= 1) item.direct = false;
        if (tries >= PAUSES.length) throw new Stopped(DROPPED);
        await pause(row, answer.status, Number(answer.header("Retry-After")) || PAUSES[tries]);
        tries += 1;
        offset = (await offsetOf(item)) ?? offset;
      } else {
        if (answer.status === 404) forget(item);
        throw new Stopped(await answer.detail());
      }
    }
    row.dataset.id = item.address.split("/").pop();
  }

  async function ask(row, item) {
    const { file } = item;
    const about = { filename: file.name, filetype: file.type, purpose: section.dataset.purpose };
    const metadata = Object.entries(about).map(([name, value]) => `${name} ${text64(value)}`);
    for (let tries = 0; ; tries += 1) {
      if (item.out) throw new Stopped();
      const answer = await call("POST", "/uploads", { "Upload-Length": file.size, "Upload-Metadata": metadata.join(",") });
      if (answer?.status === 201) {
        item.address = answer.headers.get("Location");
        item.direct = answer.headers.has("Upload-Direct");
        if (item.out) {
          call("DELETE", item.address);
          throw new Stopped();
        }
        note(keyOf(file), item.address);
        await hold(item);
        return;
      }
      if (item.out) throw new Stopped();
      if (answer && !RETRY.has(answer.status)) throw new Stopped(await detailOf(answer));
      if (tries >= PAUSES.length) throw new Stopped("The connection dropped. Try again.");
      await pause(row, answer?.status, Number(answer?.headers.get("Retry-After")) || PAUSES[tries]);
    }
  }

  async function pause(row, status, seconds) {
    words(row, "The connection dropped: going on in a moment");
    if (status !== 429) return wait(seconds);
    for (let left = seconds; left > 0 && row.isConnected; left -= 1) {
      words(row, `Many files in a minute: this one goes on in ${left} s`);
      await wait(1);
    }
  }

  // The same file chosen again goes on where it stopped.
  async function resumed(file) {
    const address = noted(keyOf(file));
    return address && (await offsetOf({ address })) !== null ? address : null;
  }

  // While it is on its way from here, nobody else goes on with it: neither another row nor another window.
  function hold(item) {
    item.release?.();
    return new Promise((done) => {
      const take = (lock) => {
        done(Boolean(lock));
        return lock && new Promise((release) => (item.release = release));
      };
      if (navigator.locks) navigator.locks.request(item.address, { ifAvailable: true }, take).catch(() => done(true));
      else done(true);
    });
  }

  // Tried again, it begins anew.
  function forget(item) {
    item.address = null;
    note(keyOf(item.file));
  }

  // How much of it is there: null when there is nothing to go on with, undefined when nobody can tell now.
  async function offsetOf(item) {
    if (item.out) throw new Stopped();
    const answer = await call("HEAD", item.address);
    if (!answer || RETRY.has(answer.status)) return undefined;
    item.direct ??= answer.headers.has("Upload-Direct");
    const offset = answer.headers.get("Upload-Offset");
    return answer.ok && offset !== null ? Number(offset) : null;
  }

  function part(row, item, offset) {
    const about = headers({ "Upload-Offset": offset, "Content-Type": "application/offset+octet-stream" });
    return transfer(row, item, ["PATCH", item.address, about], offset, PART);
  }

  // To where it is kept, at an address signed for this part; then we are told that it is there.
  async function straight(row, item, offset) {
    const asked = await call("POST", `${item.address}/parts`, { "Upload-Offset": offset });
    if (!asked?.ok) return answerOf(asked);
    const { address, length } = await asked.json();
    const sent = await transfer(row, item, ["PUT", address, {}], offset, length);
    if (sent.status !== 200) return { ...sent, status: sent.status && 503, header: () => null };
    return answerOf(await call("POST", `${item.address}/arrived`));
  }

  const answerOf = (answer) => ({
    status: answer?.status ?? 503,
    header: (name) => answer?.headers.get(name),
    detail: () => detailOf(answer),
  });

  function transfer(row, item, [method, address, about], offset, length) {
    const { file } = item;
    return new Promise((done) => {
      const request = (item.request = new XMLHttpRequest());
      request.open(method, address);
      for (const [name, value] of Object.entries(about)) request.setRequestHeader(name, value);
      request.upload.onprogress = ({ loaded }) => show(row, Math.min(99, ((offset + loaded) / file.size) * 100));
      request.onloadend = () =>
        done({
          status: request.status,
          header: (name) => request.getResponseHeader(name),
          detail: () => detailIn(request.responseText),
        });
      request.send(file.slice(offset, offset + length));
    });
  }

  const headers = (more) => ({ "Tus-Resumable": "1.0.0", "X-CSRFToken": section.dataset.csrf, Accept: "application/json", ...more });

  async function call(method, address, more = {}) {
    try {
      return await fetch(address, { method, headers: headers(more) });
    } catch {
      return null;
    }
  }

  // From here on the page asks by itself how far it is.
  async function arrived(row) {
    const keep = row.querySelector("[name=media]");
    keep.value = row.dataset.id;
    keep.disabled = false;
    keep.checked = true;
    items.delete(row);
    if (row.querySelector("[data-alt]").value) saveAlt(row);
    await window.htmx.ajax("GET", `/uploads/${row.dataset.id}`, { source: row.querySelector(".upload-state") });
    section.dispatchEvent(new CustomEvent("upload:arrived", { bubbles: true, detail: row.dataset.id }));
  }

  function failed(row, why) {
    words(row, why || "It could not be sent.", "error", "alert");
    row.querySelector("[data-progress]").hidden = true;
    row.querySelector("[data-retry]").hidden = false;
  }

  function takeOut(row) {
    const item = items.get(row);
    const neighbour = row.nextElementSibling ?? row.previousElementSibling;
    if (item) {
      item.out = true;
      item.request?.abort();
      if (item.address) call("DELETE", item.address);
      forget(item);
      items.delete(row);
    }
    row.remove();
    (neighbour?.querySelector("[data-out]") ?? field).focus();
    changed();
  }

  function move(row, by, pressed) {
    const other = by < 0 ? row.previousElementSibling : row.nextElementSibling;
    if (!other) return;
    by < 0 ? other.before(row) : other.after(row);
    pressed.focus();
    changed();
  }

  const changed = () => list.dispatchEvent(new Event("change", { bubbles: true }));

  function saveAlt(row) {
    const body = new URLSearchParams({ alt: row.querySelector("[data-alt]").value });
    fetch(`/uploads/${row.dataset.id}/alt`, { method: "POST", headers: { ...headers({}), "HX-Request": "true" }, body });
  }

  function show(row, percent) {
    words(row, `Sending: ${Math.round(percent)} %`);
    row.querySelector("[data-progress]").value = percent;
  }

  function words(row, told, look = "soft", role = "none") {
    const place = row.querySelector("[data-words]");
    place.className = look;
    place.role = role;
    place.textContent = told;
  }

  function tell(told) {
    said.textContent = told;
    said.hidden = !told;
  }

  function dress(row) {
    row.querySelector("[data-keep]").hidden = true;
    row.querySelector("[data-alt]").hidden = false;
    row.querySelector("[data-script]").hidden = false;
  }
}

const detailOf = async (answer) => detailIn(await answer.text());

function detailIn(body) {
  try {
    return JSON.parse(body).detail;
  } catch {
    return "It could not be sent. Try again.";
  }
}
