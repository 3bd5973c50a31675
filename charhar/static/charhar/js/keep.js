// What somebody types into a long form is kept in this browser until it is sent, or for fourteen days.
// A comfort only: without this file, "Save and send me a link" does the same by mail.

const LASTS = 14 * 24 * 60 * 60 * 1000;

function keyOf(name) {
  return `kept:${name}`;
}

function read(name) {
  try {
    const kept = JSON.parse(localStorage.getItem(keyOf(name)));
    if (kept && Date.now() - kept.at < LASTS) return kept.values;
    localStorage.removeItem(keyOf(name));
  } catch {
    // No storage, or not what we wrote: then nothing is kept.
  }
  return null;
}

function forget(name) {
  try {
    localStorage.removeItem(keyOf(name));
  } catch {
    // Nothing was kept either.
  }
}

function keptFields(form) {
  // An agreement is given when the form is sent, and no robot's trap is filled in here.
  return [...form.elements].filter(
    (field) => field.name && field.name !== "website" && !["checkbox", "hidden", "submit", "button"].includes(field.type),
  );
}

function keep(form) {
  const values = Object.fromEntries(
    keptFields(form).filter((field) => field.value).map((field) => [field.name, field.value]),
  );
  if (!Object.keys(values).length) {
    forget(form.dataset.keep);
    return;
  }
  try {
    localStorage.setItem(keyOf(form.dataset.keep), JSON.stringify({ at: Date.now(), values }));
  } catch {
    // Full or refused: the form works as before.
  }
}

function fill(form, values) {
  let filled = false;
  for (const field of keptFields(form)) {
    if (field.value || !(field.name in values)) continue;
    field.value = values[field.name];
    filled = filled || field.value === values[field.name];
  }
  return filled;
}

for (const form of document.querySelectorAll("form[data-keep]")) {
  const notice = form.querySelector("[data-kept-notice]");
  const restored = form.querySelector("[data-kept-restored]");
  const values = read(form.dataset.keep);
  if (values && fill(form, values) && restored) restored.hidden = false;
  if (notice) notice.hidden = false;
  let waiting = 0;
  form.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => keep(form), 300);
  });
  addEventListener("pagehide", () => {
    if (waiting) keep(form);
  });
  form.querySelector("[data-clear]")?.addEventListener("click", () => {
    clearTimeout(waiting);
    waiting = 0;
    for (const field of keptFields(form)) field.value = "";
    for (const box of form.querySelectorAll("input[type=checkbox]")) box.checked = false;
    forget(form.dataset.keep);
    if (restored) restored.hidden = true;
    keptFields(form)[0]?.focus();
  });
}

const done = document.querySelector("[data-forget]");
if (done) forget(done.dataset.forget);
