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

// Search: what the letters typed so far may become, in a list beneath the box that the arrow keys walk through.
for (const box of document.querySelectorAll("[data-suggest]")) {
  const list = document.createElement("ul");
  Object.assign(list, { className: "suggested", id: `${box.id}-list`, hidden: true });
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", box.dataset.label);
  Object.assign(box, { type: "text", autocomplete: "off", enterKeyHint: "search" });
  for (const [name, value] of Object.entries({ role: "combobox", "aria-autocomplete": "list", "aria-controls": list.id, "aria-expanded": "false" })) box.setAttribute(name, value);
  box.after(list);
  let waiting, asked, chosen = -1;

  const show = (rows) => {
    list.replaceChildren(
      ...rows.map(({ title, url, label, lang }, number) => {
        const option = document.createElement("li");
        const words = document.createElement("span");
        const kind = document.createElement("small");
        Object.assign(option, { id: `${list.id}-${number}`, role: "option" });
        Object.assign(words, { textContent: title, lang });
        kind.textContent = label;
        option.dataset.url = url;
        option.append(words, " ", kind);
        return option;
      }),
    );
    list.hidden = !rows.length;
    box.setAttribute("aria-expanded", String(!list.hidden));
    choose(-1);
  };

  const choose = (number) => {
    chosen = number;
    [...list.children].forEach((option, at) => option.setAttribute("aria-selected", String(at === chosen)));
    const option = list.children[chosen];
    if (option) box.setAttribute("aria-activedescendant", option.id);
    else box.removeAttribute("aria-activedescendant");
    option?.scrollIntoView({ block: "nearest" });
  };

  const ask = async () => {
    asked?.abort();
    asked = new AbortController();
    try {
      const answer = await fetch(`${box.dataset.suggest}?q=${encodeURIComponent(box.value)}`, { signal: asked.signal });
      const { suggestions } = await answer.json();
      if (document.activeElement === box) show(suggestions);
    } catch {
      // Typed on, or no connection: the box works without.
    }
  };

  box.addEventListener("input", () => {
    clearTimeout(waiting);
    if (box.value.trim()) waiting = setTimeout(ask, 150);
    else show([]);
  });
  box.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (list.hidden || event.isComposing) return;
    if (step) {
      const places = list.children.length + 1; // the box itself is one
      choose(((chosen + 1 + step + places) % places) - 1);
    } else if (event.key === "Enter" && chosen >= 0) location.assign(list.children[chosen].dataset.url);
    else if (event.key === "Escape") show([]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  box.addEventListener("blur", () => {
    clearTimeout(waiting);
    show([]);
  });
  list.addEventListener("mousedown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const option = event.target.closest("li");
    if (option) location.assign(option.dataset.url);
  });
}
