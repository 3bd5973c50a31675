// The form by keyboard: save, preview, the way to publishing, from field to field. Each key is listed in the
// panel "Keyboard"; all of them need two keys held down, so that no letter typed is ever taken for one.

const form = document.querySelector(".text-form #content-main > form");
const FIELDS = "input:not([type=hidden]), select, textarea, .ProseMirror, .select2-selection";

const visible = (field) => field.checkVisibility() && !field.disabled && field.tabIndex >= 0 && !field.closest(".rt-toolbar");

// One stop a field: of a group of boxes the first.
function stops() {
  const groups = new Set();
  return [...form.querySelectorAll(FIELDS)].filter((field) => {
    if (!visible(field)) return false;
    if (field.type !== "radio" && field.type !== "checkbox") return true;
    const group = field.closest(".choices, fieldset [role=group]") ? field.name : field.id;
    if (groups.has(group)) return false;
    groups.add(group);
    return true;
  });
}

function move(step) {
  const all = stops();
  const here = document.activeElement;
  let at = all.findIndex((field) => field.contains(here));
  if (at < 0) {
    // Beside the fields, or on a later box of a group: go on from where the focus is in the page.
    const after = all.findIndex((field) => here.compareDocumentPosition(field) & Node.DOCUMENT_POSITION_FOLLOWING);
    at = (after < 0 ? all.length : after) - (step > 0 ? 1 : 0);
  }
  const next = all[at + step];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function press(button) {
  if (!button || button.disabled) return false;
  button.click();
  return true;
}

if (form) {
  const publish = form.querySelector("button.publish");
  const save = form.querySelector("button[name=_continue]") ?? form.querySelector("button[name=_save]");
  save?.setAttribute("aria-keyshortcuts", "Control+S Meta+S");
  publish?.setAttribute("aria-keyshortcuts", "Alt+Shift+Enter");
  form.querySelector("[data-keys]")?.removeAttribute("hidden");

  const act = ({ code, altKey, shiftKey, ctrlKey, metaKey }) => {
    if ((ctrlKey || metaKey) && !altKey && !shiftKey && code === "KeyS") return press(save);
    if (!altKey || !shiftKey || ctrlKey || metaKey) return false;
    if (code === "KeyP") return press(document.querySelector("[data-shortcut=preview]"));
    if (code === "ArrowDown" || code === "ArrowUp") {
      move(code === "ArrowDown" ? 1 : -1);
      return true;
    }
    if (code !== "Enter" || !publish) return false;
    // What readers will see at once is never one slip of the hand away: this key leads there, Enter presses.
    publish.focus();
    publish.scrollIntoView({ block: "nearest" });
    return true;
  };

  document.addEventListener(
    "keydown",
    (event) => {
      if (!act(event)) return;
      event.preventDefault();
      event.stopPropagation();
    },
    true,
  );
}
