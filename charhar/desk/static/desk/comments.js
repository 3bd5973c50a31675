// Comments at the fields of a text's form: a sign at each label opens a drawer with what was said of that field.
// The drawer holds the review's own page, of that field; its forms are sent from there, so that nothing typed in
// the text's form is left behind.

const panel = document.getElementById("review-panel");
const signs = new Map();
let drawer, opener;

// A box within a row before the row that holds several; "_shown" is a text that is only read.
const rowOf = (name) =>
  [`.fieldBox.field-${name}`, `.form-row.field-${name}`, `.fieldBox.field-${name}_shown`, `.form-row.field-${name}_shown`]
    .map((place) => document.querySelector(`fieldset ${place}`)).find(Boolean) ?? document.getElementById(`${name}-group`);
const labelOf = (row) => row.querySelector("label, legend, h2");

function focusField(name) {
  const row = rowOf(name);
  if (!row) return false;
  row.closest("details:not([open])")?.setAttribute("open", "");
  const field = row.querySelector("[contenteditable=true], input:not([type=hidden]), textarea, select, .select2-selection, a, button:not(.comment-sign)");
  row.scrollIntoView({ block: "center" });
  (field ?? row).focus({ preventScroll: true });
  return true;
}

// The passage that is selected in the field, to go with the comment.
function selectedIn(row) {
  const area = row.querySelector("textarea, input[type=text]");
  if (area && area.selectionEnd > area.selectionStart && area.offsetParent) return area.value.slice(area.selectionStart, area.selectionEnd);
  const selection = getSelection();
  return selection.rangeCount && row.contains(selection.anchorNode) && row.contains(selection.focusNode) ? selection.toString() : "";
}

function count(name, number) {
  const sign = signs.get(name);
  const words = number ? `${panel.dataset.some}: ${number}` : panel.dataset.none;
  sign.classList.toggle("some", number > 0);
  sign.textContent = number ? `✎ ${number}` : "✎";
  sign.title = words;
  sign.setAttribute("aria-label", `${sign.dataset.label}: ${words}`);
}

function addSigns() {
  for (const name of panel.dataset.fields.split(" ")) {
    const row = rowOf(name);
    const label = row && labelOf(row);
    if (!label) continue;
    const sign = document.createElement("button");
    sign.type = "button";
    sign.className = "comment-sign";
    sign.dataset.label = label.textContent.trim().replace(/[:：]$/, "");
    let quote = "";
    sign.addEventListener("pointerdown", () => { quote = selectedIn(row); });
    sign.addEventListener("click", () => { open(name, sign, quote || selectedIn(row)); quote = ""; });
    signs.set(name, sign);
    count(name, panel.querySelectorAll(`[data-field="${name}"]`).length);
    label.after(sign);
  }
}

function build() {
  drawer = document.createElement("dialog");
  drawer.id = "review-drawer";
  const close = document.createElement("button");
  close.type = "button";
  close.className = "drawer-close";
  close.textContent = panel.dataset.close;
  close.addEventListener("click", shut);
  const said = document.createElement("p");
  said.className = "drawer-said";
  said.setAttribute("role", "status");
  const body = document.createElement("div");
  drawer.append(close, said, body);
  document.body.append(drawer);
  drawer.addEventListener("keydown", (event) => { if (event.key === "Escape" && !event.defaultPrevented) shut(); });
  drawer.addEventListener("submit", send);
  drawer.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-to]");
    if (link && focusField(link.dataset.to)) event.preventDefault();
  });
}

function shut() {
  drawer.close();
  opener?.focus();
}

// Shows what the server answered; false where it is no page of the review (the session has ended, a fault).
async function show(response) {
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const section = page.getElementById("review-comments");
  if (!section) return false;
  for (const link of section.querySelectorAll(".review-all")) link.target = "_blank";
  drawer.querySelector(".drawer-said").textContent = page.querySelector(".messagelist")?.textContent.trim() ?? "";
  drawer.lastElementChild.replaceChildren(document.adoptNode(section));
  drawer.setAttribute("aria-labelledby", "review-comments-heading");
  if (response.ok) count(drawer.dataset.field, section.querySelectorAll(".thread:not(.resolved)").length);
  return true;
}

async function open(name, sign, quote) {
  if (!drawer) build();
  opener = sign;
  drawer.dataset.field = name;
  const address = `${panel.dataset.url}?field=${encodeURIComponent(name)}`;
  try {
    const response = await fetch(address);
    if (!(await show(response))) throw new Error("no review");
  } catch {
    location.assign(address);
    return;
  }
  if (!drawer.open) drawer.show();
  const area = drawer.querySelector("#comment_quote");
  if (area && quote) area.value = quote.trim();
  (drawer.querySelector("#comment_body") ?? drawer).focus();
}

async function send(event) {
  event.preventDefault();
  const form = event.target, button = event.submitter;
  button.disabled = true;
  try {
    const response = await fetch(form.action, { method: "POST", body: new FormData(form, button) });
    if (!(await show(response))) throw new Error("no review");
    (drawer.querySelector(".errorlist ~ textarea, #comment_body") ?? drawer).focus();
  } catch {
    button.disabled = false;
    drawer.querySelector(".drawer-said").textContent = panel.dataset.lost;
  }
}

function begin() {
  addSigns();
  panel.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-to]");
    if (link && focusField(link.dataset.to)) event.preventDefault();
  });
  if (location.hash.startsWith("#id_")) focusField(location.hash.slice(4));
}

if (panel) window.addEventListener("load", begin);
