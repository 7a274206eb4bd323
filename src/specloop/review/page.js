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
  part("share").value = state.share;
  part("case").hidden = !item;
  if (document.activeElement !== part("comment") || isNew) part("comment").value = state.comment;
  if (item) {
    for (const name of ["section", "rule", "answer"]) part(name).textContent = item[name];
    part("turns").replaceChildren(...item.turns.map(turn));
    part("labels").replaceChildren(...item.labels.map(line));
    part("labels").hidden = !item.labels.length;
  }
  if (isNew) { window.scrollTo(0, 0); part("case").focus({ preventScroll: true }); }
  const behind = "This page was behind: another one has gone on. Nothing was labelled by that key.";
  notice(state.is_behind ? behind : item ? "" : "Nothing is left to label. u takes the last decision back, q ends.");
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
  return ask("do", { action: "decide", item: shown, value: button.dataset.value, comment: part("comment").value });
}

for (const button of document.querySelectorAll("[data-key]")) button.addEventListener("click", () => act(button));

document.addEventListener("keydown", (event) => {
  const field = part("comment");
  if (event.target === field) {
    if (event.key === "Enter" || event.key === "Escape") { event.preventDefault(); part("case").focus({ preventScroll: true }); }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  if (event.key === "c") { event.preventDefault(); field.focus(); return; }
  const button = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (button) { event.preventDefault(); act(button); }
});

part("comment").addEventListener("change", () => ask("do", { action: "comment", item: shown, comment: part("comment").value }));
document.addEventListener("visibilitychange", () => { if (!document.hidden) ask("state"); });
window.addEventListener("focus", () => ask("state"));
ask("state");
