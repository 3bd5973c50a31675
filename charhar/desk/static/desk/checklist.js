// A finding leads to its field: without this script as a link, with it into the field itself, whatever the page
// has made of it (rich text, a look-up, a group of boxes, rows of a table).

const FIELD = "input:not([type=hidden]), select, textarea, .ProseMirror, .select2-selection, .add-row a";

const usable = (field) => field.checkVisibility() && !field.disabled;

function fieldOf(target) {
  const editor = target.closest(".rt-editor")?.querySelector(".ProseMirror");
  if (editor) return editor;
  if (target.matches(FIELD) && usable(target) && !target.matches(".select2-hidden-accessible")) return target;
  const look = target.matches("select") ? target.parentElement : target;
  return [...look.querySelectorAll(FIELD)].find((field) => usable(field) && !field.matches(".select2-hidden-accessible"));
}

document.querySelector(".checklist")?.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']");
  const target = link && document.getElementById(link.hash.slice(1));
  if (!target) return;
  for (let folded = target.closest("details"); folded; folded = folded.parentElement.closest("details")) folded.open = true;
  const field = fieldOf(target);
  if (!field) return;
  event.preventDefault();
  field.focus();
  field.scrollIntoView({ block: "center" });
});
