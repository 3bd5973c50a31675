// Comforts on a reviewer's page: a marked passage goes into the comment, and what is typed outlives the tab's
// troubles. The page is whole without this file.

const quote = document.querySelector("#comment_quote");
const answer = document.querySelector("#review-answer");
const main = document.querySelector("#main");
const LONGEST = 2000;

if (quote && main) {
  document.querySelector("[data-review-take]").hidden = false;
  let taken = quote.value;
  document.addEventListener("selectionchange", () => {
    const selection = document.getSelection();
    if (!selection.rangeCount || selection.isCollapsed) return;
    const range = selection.getRangeAt(0);
    if (!main.contains(range.commonAncestorContainer) || range.intersectsNode(answer)) return;
    // What somebody typed there is theirs.
    if (quote.value && quote.value !== taken) return;
    taken = String(selection).trim().slice(0, LONGEST);
    quote.value = taken;
    quote.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

// Kept for this tab alone, and forgotten once it was sent.
function keptIn(key, value) {
  try {
    if (value === undefined) return sessionStorage.getItem(key) ?? "";
    if (value) sessionStorage.setItem(key, value);
    else sessionStorage.removeItem(key);
  } catch {
    // The browser keeps nothing; then what is typed lives as long as the page.
  }
  return "";
}

const sent = new URLSearchParams(location.search).get("done");
for (const form of document.querySelectorAll("form[data-review]")) {
  const over = sent && (sent === "comment") === form.dataset.review.endsWith("-comment");
  for (const field of form.querySelectorAll("textarea")) {
    const key = `review-${form.dataset.review}-${field.name}`;
    if (over) keptIn(key, "");
    else if (!field.value) field.value = keptIn(key);
    field.addEventListener("input", () => keptIn(key, field.value));
  }
}
