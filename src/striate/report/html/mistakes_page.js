"use strict";
const cards = [...document.querySelectorAll("figure[data-kind]")];
const choices = [...document.querySelectorAll("select[data-by]")];
const count = document.getElementById("count");
const save = document.getElementById("save");

function show() {
  let shown = 0;
  for (const card of cards) {
    const fits = choices.every((one) => !one.value || card.dataset[one.dataset.by].split("\t").includes(one.value));
    card.hidden = !fits;
    shown += fits ? 1 : 0;
  }
  document.getElementById("shown").textContent = `${shown} of ${cards.length} shown`;
}

function chosen() {
  return cards.filter((card) => card.querySelector("input[type=checkbox]").checked);
}

function tell() {
  const number = chosen().length;
  count.textContent = number === 1 ? "1 correction" : `${number} corrections`;
  save.disabled = number === 0;
}

function cell(value) {
  return /[",\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

function line(card) {
  const action = card.querySelector("select[name=action]").value;
  const label = card.querySelector("select[name=label]")?.value ?? card.dataset.suggested;
  const wanted = action === "relabel" || action === "add-box" || action === "move-box" ? label : "";
  const moved = action === "add-box" || action === "move-box" ? card.dataset.box : "";
  const old = action.endsWith("box") && action !== "add-box" ? card.dataset.old : "";
  const sides = (text) => (text ? text.split(" ") : ["", "", "", ""]);
  const given = action === "relabel" && card.dataset.old ? card.dataset.old : old;
  return [card.dataset.picture, action, card.dataset.given, wanted, ...sides(given), ...sides(moved)].map(cell).join(",");
}

function write() {
  const head = "picture,action,was,label,old_x1,old_y1,old_x2,old_y2,x1,y1,x2,y2";
  const text = [head, ...chosen().map(line), ""].join("\n");
  const link = document.createElement("a");
  link.href = "data:text/csv;charset=utf-8," + encodeURIComponent(text);
  link.download = "corrections.csv";
  link.click();
}

choices.forEach((one) => one.addEventListener("change", show));
cards.forEach((card) => card.addEventListener("change", (event) => {
  if (event.target.tagName === "SELECT") card.querySelector("input[type=checkbox]").checked = true;
  tell();
}));
save.addEventListener("click", write);
show();
tell();
