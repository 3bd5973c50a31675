// Comforts of the admin; everything works without them.
"use strict";

// An open filter closes by Escape and by a click beside it.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const open = document.querySelector("details.filter[open]");
  if (open) {
    open.open = false;
    open.querySelector("summary").focus();
  }
});
document.addEventListener("click", (event) => {
  for (const open of document.querySelectorAll("details.filter[open]")) if (!open.contains(event.target)) open.open = false;
});

// Select2 gives its fields no name: take the label's, or the column's in a table of rows.
function nameOf(select) {
  const label = select.id && document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
  if (label) return label.textContent.trim().replace(/:$/, "");
  const cell = select.closest("td");
  const heading = cell && cell.closest("table")?.tHead?.rows[0]?.cells[cell.cellIndex];
  return heading ? heading.textContent.trim() : select.name;
}

const FIELDS = [".tabular td", "#result_list td"].flatMap((cell) => [`${cell} input:not([type=hidden])`, `${cell} select`, `${cell} textarea`]).join();

function nameFields(root) {
  for (const select of root.querySelectorAll("select.admin-autocomplete, select.select2-hidden-accessible")) {
    const container = select.nextElementSibling;
    if (!container?.classList.contains("select2")) continue;
    const field = container.querySelector(".select2-selection");
    const shown = container.querySelector(".select2-selection__rendered");
    const value = shown && select.selectedOptions[0]?.value ? `: ${shown.title || shown.textContent}` : "";
    field.removeAttribute("aria-labelledby");
    field.setAttribute("aria-label", nameOf(select) + value);
    shown?.removeAttribute("role");
    shown?.removeAttribute("aria-readonly");
  }
  // In a table of rows the column's heading is the only label: say it to those who can not see it.
  for (const field of root.querySelectorAll(FIELDS)) {
    if (field.labels?.length || field.hasAttribute("aria-label")) continue;
    const row = field.closest("#result_list tr")?.querySelector("th")?.textContent.trim();
    field.setAttribute("aria-label", [nameOf(field), row].filter(Boolean).join(": "));
  }
  // Signs with a name need a role that may carry one.
  for (const sign of root.querySelectorAll("span.help-tooltip[aria-label]")) sign.setAttribute("role", "img");
  // A heading over nothing is no heading.
  for (const heading of root.querySelectorAll("th.original:empty, .tabular thead th:empty")) {
    const cell = document.createElement("td");
    cell.className = heading.className;
    heading.replaceWith(cell);
  }
}

window.addEventListener("load", () => {
  nameFields(document);
  const jQuery = window.django?.jQuery;
  if (!jQuery) return;
  jQuery(document).on("select2:open", () => {
    for (const field of document.querySelectorAll(".select2-selection[aria-owns]")) field.setAttribute("aria-controls", field.getAttribute("aria-owns"));
    const dropdown = document.querySelector("body > .select2-container--open");
    dropdown?.setAttribute("role", "region");
    dropdown?.setAttribute("aria-label", "Choices");
    dropdown?.querySelector(".select2-search__field")?.setAttribute("aria-label", "Search");
  });
  jQuery(document).on("change", "select.select2-hidden-accessible", () => nameFields(document));
});
document.addEventListener("formset:added", (event) => setTimeout(() => nameFields(event.target), 0));

// Signing out leaves nothing behind of what was typed (see desk/autosave.js).
document.getElementById("logout-form")?.addEventListener("submit", () => {
  for (const name of Object.keys(localStorage)) if (name.startsWith("charhar-typed:")) localStorage.removeItem(name);
});
