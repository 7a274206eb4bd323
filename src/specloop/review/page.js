"use strict";
const part = (id) => document.getElementById(id);
let shown = "";
let isActing = false;
let ended = false;
let last = Promise.resolve();

function paragraph(text, kind) {
  const p = document.createElement("p");
  p.className = kind;
  p.textContent = text;
  return p;
}

function turn({ role, text }) {
  const div = document.createElement("div");
  div.className = "turn";
  div.append(paragraph(role, "role"), paragraph(text, "text"));
  return div;
}

function line(text) {
  const li = document.createElement("li");
  li.textContent = text;
  return li;
}

// One field for each text that may be edited.
function editor(name, text, key) {
  const label = document.createElement("label");
  const kbd = document.createElement("kbd");
  kbd.textContent = key;
  const field = document.createElement("textarea");
  field.value = text;
  field.dataset.name = name;
  field.dataset.edit = key;
  field.addEventListener("change", () => ask("do", { action: "comment", item: shown, ...written() }));
  label.append(kbd, ` Edit: ${name}`, field);
  return label;
}

function button([key, value, words]) {
  const element = document.createElement("button");
  const kbd = document.createElement("kbd");
  element.dataset.key = kbd.textContent = key;
  element.dataset.value = value;
  element.append(kbd, ` ${words}`);
  element.addEventListener("click", () => act(element));
  return element;
}

function written() {
  const fields = [...document.querySelectorAll("[data-edit]")];
  return { comment: part("comment").value, texts: Object.fromEntries(fields.map((f) => [f.dataset.name, f.value])) };
}

function showTexts(texts, isNew) {
  const fields = [...document.querySelectorAll("[data-edit]")];
  if (isNew) part("texts").replaceChildren(...Object.entries(texts).map(([name, text], i) => editor(name, text, "er"[i])));
  else for (const field of fields) if (field !== document.activeElement) field.value = texts[field.dataset.name];
}

function notice(text) {
  part("notice").textContent = text;
  part("notice").hidden = !text;
}

function show(state) {
  const item = state.item;
  const isNew = shown !== (item ? item.id : "");
  shown = item ? item.id : "";
  part("reviewer").textContent = state.reviewer + (state.settling ? ", settling" : "");
  part("progress").textContent = state.progress;
  part("question").textContent = state.question;
  if (!part("keys").children.length) part("keys").replaceChildren(...state.values.map(button));
  part("share").value = state.share;
  part("case").hidden = !item;
  if (document.activeElement !== part("comment") || isNew) part("comment").value = state.comment;
  if (item) {
    for (const name of ["section", "rule", "answer"]) part(name).textContent = item[name];
    part("turns").replaceChildren(...item.turns.map(turn));
    part("labels").replaceChildren(...item.labels.map(line));
    part("before").replaceChildren(...item.before.map(line));
    part("before").hidden = !item.before.length;
    part("labels").hidden = !item.labels.length;
    part("guide").textContent = item.guide;
    part("rubric").hidden = !item.guide;
    part("said").hidden = !item.answer;
    part("asked").hidden = !item.turns.length;
    showTexts(item.texts, isNew);
  }
  if (isNew) { window.scrollTo(0, 0); part("case").focus({ preventScroll: true }); }
  const behind = "This page was behind: another one has gone on. Nothing was labelled by that key.";
  notice(state.is_behind ? behind : state.trouble || (item ? "" : "Nothing is left to label. u takes the last decision back, q ends."));
}

function ask(path, deed) {
  last = last.then(() => send(path, deed));
  return last;
}

async function send(path, deed) {
  if (ended) return false;
  try {
    const options = deed && { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(deed) };
    const reply = await fetch(path, options);
    if (!reply.ok) throw new Error(await reply.text());
    show(await reply.json());
    return true;
  } catch (error) {
    notice("specloop does not answer. What was labelled before is kept: give the command again and open the new address.");
    return false;
  }
}

async function act(button) {
  if (isActing) return;
  isActing = true;
  await perform(button);
  isActing = false;
}

async function perform(button) {
  const key = button.dataset.key;
  if (key === "u") return ask("do", { action: "undo", item: shown });
  if (key === "q") {
    ended = await ask("do", { action: "quit" });
    if (ended) { notice("Ended; all labels are kept. The same command goes on from here."); part("case").hidden = true; }
    return undefined;
  }
  return ask("do", { action: "decide", item: shown, value: button.dataset.value, ...written() });
}

for (const button of document.querySelectorAll("[data-key]")) button.addEventListener("click", () => act(button));

document.addEventListener("keydown", (event) => {
  const field = part("comment");
  if (event.target.dataset.edit) {
    if (event.key === "Escape") { event.preventDefault(); part("case").focus({ preventScroll: true }); }
    return;
  }
  if (event.target === field) {
    if (event.key === "Enter" || event.key === "Escape") { event.preventDefault(); part("case").focus({ preventScroll: true }); }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  const edited = document.querySelector(`[data-edit="${CSS.escape(event.key)}"]`) || (event.key === "c" ? field : null);
  if (edited) { event.preventDefault(); edited.focus(); return; }
  const button = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (button) { event.preventDefault(); act(button); }
});

part("comment").addEventListener("change", () => ask("do", { action: "comment", item: shown, ...written() }));
document.addEventListener("visibilitychange", () => { if (!document.hidden) ask("state"); });
window.addEventListener("focus", () => ask("state"));
ask("state");
