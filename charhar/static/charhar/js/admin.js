// Comforts of the admin; everything works without them.
"use strict";

document.documentElement.classList.add("scripted");

// A filter that is a field acts as soon as one chooses.
for (const select of document.querySelectorAll("select[data-submits]")) {
  select.addEventListener("change", () => {
    if (!select.value) select.disabled = true; // "All" leaves the address
    select.form.requestSubmit();
  });
}

// Select2 gives its fields no name: take the label's, or the column's in a table of rows.
function nameOf(select) {
  const label = select.id && document.querySelector(`label[for="${CSS.escape(select.id)}"]`);
  if (label) return label.textContent.trim().replace(/:$/, "");
  const cell = select.closest("td");
  const heading = cell && cell.closest("table")?.tHead?.rows[0]?.cells[cell.cellIndex];
  return heading ? heading.textContent.trim() : select.name;
}

function nameFields(root) {
  for (const select of root.querySelectorAll("select.admin-autocomplete, select.select2-hidden-accessible")) {
    const container = select.nextElementSibling;
    if (!container?.classList.contains("select2")) continue;
    const field = container.querySelector(".select2-selection");
    const shown = container.querySelector(".select2-selection__rendered");
    const value = shown && select.selectedOptions[0]?.value ? `: ${shown.title || shown.textContent}` : "";
    field.removeAttribute("aria-labelledby");
    field.setAttribute("aria-label", nameOf(select) + value);
    if (shown) shown.removeAttribute("role");
  }
  // In a table of rows the column's heading is the only label: say it to those who can not see it.
  for (const field of root.querySelectorAll(".tabular td input:not([type=hidden]), .tabular td select, .tabular td textarea")) {
    if (!field.labels?.length && !field.hasAttribute("aria-label")) field.setAttribute("aria-label", nameOf(field) || "Delete");
  }
}

window.addEventListener("load", () => {
  nameFields(document);
  const jQuery = window.django?.jQuery;
  if (!jQuery) return;
  jQuery(document).on("select2:open", () => {
    document.querySelector(".select2-container--open .select2-search__field")?.setAttribute("aria-label", "Search");
  });
  jQuery(document).on("change", "select.select2-hidden-accessible", () => nameFields(document));
});
document.addEventListener("formset:added", (event) => setTimeout(() => nameFields(event.target), 0));
