// Comforts of the calendar: drag an item to another day, or carry it there by the arrow keys; its hour stays.
// Both fill in the item's own form and send it, so that the server alone decides.
"use strict";

const plan = document.querySelector(".plan");
const frame = plan?.querySelector("[data-row]");
const says = document.querySelector("#plan-says");
const DAY = 86_400_000;
const words = new Intl.DateTimeFormat(document.documentElement.lang || "en", { dateStyle: "full", timeZone: "UTC" });

const shift = (day, by) => new Date(Date.parse(day) + by * DAY).toISOString().slice(0, 10);
const cellOf = (day) => frame?.querySelector(`[data-day="${day}"]`);
const today = frame?.querySelector(".today")?.dataset.day;
const isPast = (day) => cellOf(day)?.classList.contains("past") ?? (today !== undefined && day < today);

function mark(day) {
  for (const cell of plan.querySelectorAll(".target")) cell.classList.remove("target");
  if (day) cellOf(day)?.classList.add("target");
}

function send(form, day) {
  form.elements.at.value = `${day}T${form.elements.at.value.slice(11)}`;
  form.requestSubmit();
}

// -- By mouse --

let dragged = null;

for (const item of frame?.querySelectorAll(".planned[data-time]") ?? []) {
  item.draggable = true;
  for (const link of item.querySelectorAll("a")) link.draggable = false;
}

frame?.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.(".planned[data-time]");
  if (!dragged) return;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", dragged.id);
  dragged.classList.add("carried");
});
frame?.addEventListener("dragover", (event) => {
  const day = dragged && event.target.closest("[data-day]")?.dataset.day;
  if (!day || isPast(day)) return mark(null);
  event.preventDefault();
  mark(day);
});
frame?.addEventListener("drop", (event) => {
  const day = dragged && event.target.closest("[data-day]")?.dataset.day;
  if (!day || isPast(day)) return;
  event.preventDefault();
  if (dragged.closest("[data-day]").dataset.day !== day) send(dragged.querySelector("form"), day);
});
frame?.addEventListener("dragend", () => {
  dragged?.classList.remove("carried");
  dragged = null;
  mark(null);
});

// -- By keyboard: the open “Move” carries its item --

const ARROWS = { ArrowLeft: () => -1, ArrowRight: () => 1, ArrowUp: () => -frame.dataset.row, ArrowDown: () => +frame.dataset.row };

// Left without being moved, the form says again where the thing stands.
function leave(details) {
  if (details.dataset.target) details.querySelector("form").reset();
  delete details.dataset.target;
  mark(null);
}

plan?.addEventListener(
  "toggle",
  (event) => {
    const details = event.target;
    if (!details.matches(".planned-move")) return;
    if (!details.open) return leave(details);
    for (const other of plan.querySelectorAll(".planned-move[open]")) if (other !== details) other.open = false;
    if (frame) says.textContent = plan.dataset.carried;
  },
  true,
);

plan?.addEventListener("keydown", (event) => {
  const details = event.target.closest(".planned-move");
  if (!details?.open) return;
  const summary = details.querySelector("summary");
  if (event.key === "Escape") {
    details.open = false;
    leave(details);
    summary.focus();
    says.textContent = plan.dataset.left;
    return;
  }
  if (!frame || event.target !== summary) return;
  const form = details.querySelector("form");
  if (event.key in ARROWS) {
    event.preventDefault();
    const day = shift(details.dataset.target ?? form.elements.at.value.slice(0, 10), ARROWS[event.key]());
    details.dataset.target = day;
    form.elements.at.value = `${day}T${form.elements.at.value.slice(11)}`;
    mark(day);
    says.textContent = [`${words.format(Date.parse(day))}, ${form.elements.at.value.slice(11)}.`, isPast(day) ? plan.dataset.past : ""].join(" ").trim();
  } else if (event.key === "Enter" && details.dataset.target) {
    event.preventDefault();
    form.requestSubmit();
  }
});

// -- The days themselves --

frame?.addEventListener("keydown", (event) => {
  if (!event.target.matches("a.day") || !(event.key in ARROWS)) return;
  const day = shift(event.target.closest("[data-day]").dataset.day, ARROWS[event.key]());
  const next = cellOf(day)?.querySelector("a.day");
  if (!next) return;
  event.preventDefault();
  next.focus();
});

// What was moved has the focus again, so that one can go on from there; the message is read out besides.
const moved = location.hash.startsWith("#plan-") && document.getElementById(location.hash.slice(1));
const told = document.querySelector(".messagelist");
if (moved) (moved.querySelector("summary") ?? moved).focus();
if (told && says) setTimeout(() => { says.textContent = told.innerText; }, 200);
