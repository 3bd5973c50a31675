// Keeps what is typed safe on the server within seconds, and tells who else has the text open. The server keeps
// the raw form; this browser keeps it only while the server can not be reached, does not know the person any
// more or the form is sent off, and gives it up at the next page that reaches the server, and at signing out.

const POLL = 500;
const IDLE = 3000;
const AT_MOST = 8000;
const PING = 20000;
const STAYS = 2000;
const BEACON = 60000;
const HERE = "charhar-typed:";

const line = document.querySelector("[data-autosave]");
const form = line?.form ?? line?.closest("form");

function token() {
  return /(?:^|; )csrftoken=([^;]+)/.exec(document.cookie)?.[1] ?? "";
}

function read() {
  const typed = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (typeof value === "string" && name !== "csrfmiddlewaretoken" && name !== "sitting" && !name.startsWith("_")) typed.append(name, value);
  return typed.toString();
}

function post(url, sitting, typed, options = {}) {
  const body = new FormData();
  body.append("sitting", sitting);
  if (typed !== null) body.append("form", typed);
  return fetch(url, { method: "POST", body, headers: { "X-CSRFToken": token() }, credentials: "same-origin", redirect: "manual", ...options });
}

// -- In this browser, for want of a server --

function here(person) {
  const found = [];
  try {
    for (let at = 0; at < localStorage.length; at += 1) if (localStorage.key(at).startsWith(`${HERE}${person}:`)) found.push(localStorage.key(at));
  } catch {
    // Storage may be shut off; then there is nothing.
  }
  return found;
}

function keepHere(name, entry) {
  try {
    localStorage.setItem(name, JSON.stringify(entry));
  } catch {
    // Full or shut off: the page itself still holds what was typed.
  }
}

function forgetHere(name) {
  try {
    localStorage.removeItem(name);
  } catch {
    // As above.
  }
}

function start() {
  const { autosave: url, person } = line.dataset;
  const ticket = form.elements.sitting.value;
  const mine = `${HERE}${person}:${ticket}`;
  const live = document.querySelector("[data-autosave-live]");
  let saved = read();
  let seen = saved;
  let first = 0;
  let last = 0;
  let tried = Date.now();
  let heard = 0;
  let kind = "";
  let leaving = false;
  let running = null;
  let over = false;
  if ("filled" in line.dataset) saved = null;

  function say(now, words) {
    line.textContent = words;
    line.classList.toggle("trouble", now !== "saved" && now !== "again");
    // Spoken once a change of state, not at each copy.
    if (now !== kind && (now !== "saved" || kind)) live.textContent = words;
    kind = now;
  }

  function present(others) {
    const list = document.querySelector("[data-present]");
    if (!list || !others) return;
    list.hidden = !others.length;
    list.replaceChildren(...others.map((words) => Object.assign(document.createElement("li"), { textContent: words })));
  }

  async function send(typed, options = {}) {
    tried = Date.now();
    const control = new AbortController();
    running = control;
    const waits = setTimeout(() => control.abort(), 15000);
    let answer = null;
    try {
      answer = await post(url, ticket, typed, { signal: control.signal, ...options });
      if (answer.ok) {
        const said = await answer.json();
        heard = Date.now();
        if (said.closed) over = true;
        else present(said.others);
        if (typed !== null && !said.closed) {
          saved = typed;
          forgetHere(mine);
          say("saved", line.dataset.saved.replace("{time}", said.at));
        } else if (kind === "offline" || kind === "signedOut" || kind === "foreign") {
          say("again", line.dataset.again);
        }
        return;
      }
    } catch {
      answer = null;
    } finally {
      clearTimeout(waits);
      if (running === control) running = null;
    }
    if (leaving) return;
    if (typed !== null) keepHere(mine, { url, ticket, form: typed });
    const status = answer?.status;
    if (status === 401) say("signedOut", line.dataset.signedOut);
    else if (status === 409) say("foreign", line.dataset.foreign);
    else if (status === 403 || status === 400 || status === 413) say("refused", line.dataset.refused);
    else say("offline", line.dataset.offline);
  }

  function look() {
    if (leaving || over) return;
    const now = Date.now();
    const typed = read();
    if (typed !== seen) {
      seen = typed;
      last = now;
      first ||= now;
    }
    if (running) return;
    if (typed !== saved && (now - last >= IDLE || now - first >= AT_MOST)) {
      // After a failure not more often than is useful.
      if (kind && kind !== "saved" && kind !== "again" && now - tried < IDLE) return;
      first = 0;
      send(typed);
    } else if (now - tried >= PING) {
      send(null);
    }
  }

  // The last words, when the page is put away: the request outlives the page where it is small enough.
  function leave() {
    const typed = read();
    if (leaving || over || typed === saved) return;
    if (typed.length < BEACON) send(typed, { keepalive: true });
    else {
      keepHere(mine, { url, ticket, form: typed });
      send(typed);
    }
  }

  // What earlier pages could not hand over.
  async function handOver() {
    for (const name of here(person)) {
      try {
        const entry = JSON.parse(localStorage.getItem(name));
        const answer = await post(entry.url, entry.ticket, entry.form);
        if (answer.status === 409 || answer.status === 403) continue;
        if (!answer.ok) return;
        forgetHere(name);
        const said = await answer.json();
        if (said.closed || entry.ticket === ticket || entry.url !== url) continue;
        const note = document.createElement("p");
        const link = Object.assign(document.createElement("a"), { href: said.found, textContent: line.dataset.show });
        note.className = "unsaved";
        note.setAttribute("role", "status");
        note.append(line.dataset.found, " ", link);
        line.before(note);
      } catch {
        return;
      }
    }
  }

  form.addEventListener("submit", () => {
    leaving = true;
    running?.abort();
    const typed = read();
    // Should the server not be there: the next page that reaches it hands this over, or learns that it is saved.
    if (typed !== saved) keepHere(mine, { url, ticket, form: typed });
    // After signing in again in another tab the form's own token is of the earlier session.
    if (token() && form.elements.csrfmiddlewaretoken) form.elements.csrfmiddlewaretoken.value = token();
  });
  window.addEventListener("pageshow", (event) => {
    if (event.persisted) leaving = false;
  });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") leave();
  });
  window.addEventListener("pagehide", leave);
  window.addEventListener("online", () => send(read() === saved ? null : read()));

  // Whoever only passes through is not announced.
  setTimeout(() => handOver().then(() => heard || send(null)), STAYS);
  setInterval(look, POLL);
}

// Whatever else stands in the form has been set up by then.
if (form) window.addEventListener("load", () => setTimeout(start, 0));
