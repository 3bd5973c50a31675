// Comforts only: every page is whole without this file.

const root = document.documentElement;
const dark = matchMedia("(prefers-color-scheme: dark)");
const button = document.querySelector(".theme");

function isDark() {
  return root.dataset.theme ? root.dataset.theme === "dark" : dark.matches;
}

function chooseTheme(theme) {
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
}

function showTheme() {
  button.setAttribute("aria-pressed", String(isDark()));
}

if (button) {
  button.hidden = false;
  showTheme();
  dark.addEventListener("change", showTheme);
  addEventListener("storage", ({ key, newValue }) => {
    if (key !== "theme") return;
    chooseTheme(newValue);
    showTheme();
  });
  button.addEventListener("click", () => {
    const wanted = isDark() ? "light" : "dark";
    // Who wants what the system shows follows the system again, by day and by night.
    const theme = wanted === (dark.matches ? "dark" : "light") ? null : wanted;
    chooseTheme(theme);
    try {
      if (theme) localStorage.setItem("theme", theme);
      else localStorage.removeItem("theme");
    } catch {
      // The choice then holds for this page only.
    }
    showTheme();
  });
}

// The menu: Escape closes what is open and gives the focus back, and so does a click or a step outside.
const header = document.querySelector(".hd");

function openMenus() {
  return header ? [...header.querySelectorAll("details[open]")] : [];
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const last = openMenus().pop();
  if (!last) return;
  last.open = false;
  last.querySelector("summary").focus();
});

document.addEventListener("click", (event) => {
  if (header && !header.contains(event.target)) openMenus().forEach((menu) => (menu.open = false));
});

header?.addEventListener("focusout", (event) => {
  const menu = event.target.closest("details[name]");
  if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) menu.open = false;
});

// A form that came back with errors: the summary takes the focus.
document.querySelector(".errors:not([data-sample] *)")?.focus();

// An article: copying, the system's own way to share, printing. What the browser can not do stays hidden.
const said = document.querySelector(".uses [role=status]");
const deeds = {
  copy: navigator.clipboard && (({ dataset }) => navigator.clipboard.writeText(dataset.text ?? document.getElementById(dataset.of).textContent)),
  share: navigator.share && (({ dataset }) => navigator.share({ title: document.title, url: dataset.text })),
  print: () => print(),
};

for (const each of document.querySelectorAll("[data-does]")) {
  const deed = deeds[each.dataset.does];
  if (!deed) continue;
  each.hidden = false;
  each.addEventListener("click", async () => {
    try {
      await deed(each);
      if (each.dataset.done) said.textContent = each.textContent = each.dataset.done;
    } catch {
      // Not allowed, or the reader changed their mind: nothing has happened.
    }
  });
}

// A link to something folded unfolds it.
function unfold() {
  const target = document.getElementById(location.hash.slice(1));
  if (target?.localName === "details") target.open = true;
}

addEventListener("hashchange", unfold);
unfold();
