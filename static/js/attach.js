// Files beside a message: what arrives is shown, what is spoken is recorded, and nothing is sent half.
// Without this file the plain form sends files, and there is nothing to record with.

import { putBack } from "./talk.js";

const LONGEST = 10 * 60;
const SOUNDS = ["audio/mp4", "audio/webm;codecs=opus", "audio/webm", "audio/ogg"];

const box = document.querySelector("[data-attach]");
if (box) begin(box.closest("form"));

function begin(composer) {
  const list = box.querySelector("[data-uploads]");
  const say = (message) => document.dispatchEvent(new CustomEvent("say", { detail: { message, kind: "bad" } }));

  box.addEventListener("upload:added", () => (box.open = true));
  // Before the conversation takes the message.
  document.addEventListener(
    "submit",
    (event) => {
      if (event.target !== composer || !recorder) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      say("You are still recording. Stop first.");
    },
    true,
  );
  composer.addEventListener("chat:taken", () => {
    list.replaceChildren();
    for (const name of ["price", "locked"]) if (composer.elements[name]) composer.elements[name].value = "";
    box.open = false;
  });
  composer.addEventListener("chat:refused", ({ detail: { one, shown } }) => {
    const rows = shown.querySelectorAll("[data-uploads] > li");
    const { price, locked } = composer.elements;
    if (price) price.value ||= one.price ?? "";
    putBack(locked, one.locked);
    box.querySelector("[data-uploader]").dispatchEvent(new CustomEvent("upload:back", { detail: rows }));
    box.open ||= rows.length > 0 || Boolean(one.price || one.locked);
  });

  // ---- speaking

  const [button, drop, timer] = ["record", "record-drop", "recorded"].map((name) => box.querySelector(`[data-${name}]`));
  const type = window.MediaRecorder && SOUNDS.find((one) => MediaRecorder.isTypeSupported(one));
  let recorder;
  let ticking;
  // Of the browser, for the microphone.
  let asking = false;
  if (!type || !navigator.mediaDevices) return;
  box.querySelector("[data-recorder]").hidden = false;

  button.addEventListener("click", () => (recorder ? recorder.stop() : start()));
  drop.addEventListener("click", () => {
    recorder.dropped = true;
    recorder.stop();
  });

  async function start() {
    if (asking) return;
    asking = true;
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true }).catch(() => null);
    asking = false;
    if (!stream) return say("The microphone is not open to this page. Allow it in your browser, or add a file.");
    const parts = [];
    const began = performance.now();
    recorder = new MediaRecorder(stream, { mimeType: type });
    recorder.ondataavailable = ({ data }) => parts.push(data);
    recorder.onstop = () => {
      const { dropped } = recorder;
      recorder = null;
      clearInterval(ticking);
      show(false);
      for (const track of stream.getTracks()) track.stop();
      if (!dropped) hand(new Blob(parts, { type: type.split(";")[0] }));
    };
    recorder.start(1000);
    show(true);
    ticking = setInterval(() => {
      const seconds = Math.floor((performance.now() - began) / 1000);
      timer.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
      if (seconds >= LONGEST) recorder?.stop();
    }, 500);
  }

  function show(on) {
    button.lastChild.textContent = on ? "Stop" : "Record";
    timer.textContent = "0:00";
    timer.hidden = drop.hidden = !on;
  }

  // As if it had been chosen.
  function hand(sound) {
    const given = new DataTransfer();
    given.items.add(new File([sound], `Voice note.${sound.type.split("/")[1]}`, { type: sound.type }));
    const field = box.querySelector("[type=file]");
    field.files = given.files;
    field.dispatchEvent(new Event("change"));
  }
}
