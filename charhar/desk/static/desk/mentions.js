// After “@” in a comment: the colleagues who can read the text, to choose from by keyboard or pointer.

const list = document.createElement("ul");
list.className = "people";
list.id = "people";
list.setAttribute("role", "listbox");
let area = null, start = 0, chosen = 0;

const people = (field) => JSON.parse(field.closest("[data-people]")?.dataset.people || "[]");

function close() {
  list.remove();
  area?.removeAttribute("aria-activedescendant");
  area?.removeAttribute("aria-controls");
  area = null;
}

function mark(index) {
  chosen = (index + list.children.length) % list.children.length;
  [...list.children].forEach((item, at) => item.setAttribute("aria-selected", String(at === chosen)));
  area.setAttribute("aria-activedescendant", list.children[chosen].id);
  list.children[chosen].scrollIntoView({ block: "nearest" });
}

function take(item) {
  const field = area, at = start + item.dataset.name.length + 1;
  field.setRangeText(`${item.dataset.name} `, start, field.selectionStart, "end");
  close();
  field.focus();
  field.setSelectionRange(at, at);
}

function offer(field) {
  const before = field.value.slice(0, field.selectionStart).match(/(?:^|[^A-Za-z0-9._%+@＠-])[@＠]([^\s@＠]{0,30})$/);
  if (!before) return close();
  const typed = before[1].toLowerCase();
  const found = people(field).filter(({ name, full }) => name.toLowerCase().startsWith(typed) || full.toLowerCase().includes(typed)).slice(0, 8);
  if (!found.length) return close();
  area = field;
  start = field.selectionStart - before[1].length;
  list.replaceChildren(...found.map(({ name, full }, index) => {
    const item = document.createElement("li");
    item.id = `people-${index}`;
    item.dataset.name = name;
    item.setAttribute("role", "option");
    item.textContent = full ? `${full} (${name})` : name;
    return item;
  }));
  list.setAttribute("aria-label", field.labels?.[0]?.textContent ?? "");
  field.after(list);
  field.setAttribute("aria-controls", list.id);
  field.setAttribute("aria-autocomplete", "list");
  mark(0);
}

document.addEventListener("input", (event) => { if (event.target.matches?.("textarea[data-mentions]")) offer(event.target); });
document.addEventListener("keydown", (event) => {
  if (!area || event.target !== area || event.isComposing) return;
  if (event.key === "ArrowDown") mark(chosen + 1);
  else if (event.key === "ArrowUp") mark(chosen - 1);
  else if (event.key === "Enter" || event.key === "Tab") take(list.children[chosen]);
  else if (event.key === "Escape") close();
  else return;
  event.preventDefault();
}, true);
list.addEventListener("pointerdown", (event) => {
  event.preventDefault();
  const item = event.target.closest("li");
  if (item) take(item);
});
document.addEventListener("focusout", (event) => { if (event.target === area) close(); });
