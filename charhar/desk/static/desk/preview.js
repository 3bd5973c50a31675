// The preview beside the form: sends what is typed, shows the page that comes back, and never saves.

const QUIET = 1200 // ms without typing before the preview follows
const APART = 4000 // ms between two previews that follow by themselves
const TRIES = 3
const KEPT = "charhar.preview"

const wide = matchMedia("(min-width: 1100px)")
const pane = document.querySelector("#preview-pane")
const buttons = document.querySelector("[data-preview-buttons]")
if (pane && buttons) start(buttons.closest("form"), buttons.querySelector("[data-preview-toggle]"))

function start(form, toggle) {
  const room = pane.querySelector(".preview-room")
  const said = pane.querySelector(".preview-said")
  const follow = pane.querySelector("[data-follow]")
  const chosen = (name) => pane.querySelector(`[name="preview-${name}"]:checked`)
  const typed = () => new URLSearchParams(new FormData(form)).toString()
  let frame = null
  let asking = null // the request under way
  let shown = null // what the form held in the preview that stands there
  let last = 0
  let timer = 0

  document.body.append(pane)
  buttons.classList.add("ready")
  toggle.hidden = false
  recall()

  // -- Asking --

  async function update(tries = TRIES) {
    clearTimeout(timer)
    asking?.abort()
    const mine = (asking = new AbortController())
    const other = chosen("language")?.dataset.other
    const holds = typed()
    last = Date.now()
    say("loading")
    const query = new URLSearchParams({ as: chosen("view").value })
    const language = chosen("language")?.value
    if (language) query.set("in", language)
    try {
      const sent = other ? {} : { method: "POST", body: new FormData(form) }
      const response = await fetch(`${other ?? pane.dataset.url}?${query}`, { ...sent, signal: mine.signal })
      if (response.redirected) return say("signedOut")
      if (response.status === 503 && tries > 1) {
        say("busy")
        timer = setTimeout(() => update(tries - 1), 1000 * Number(response.headers.get("Retry-After") ?? 2))
        return
      }
      if (response.status === 403 || response.status === 404) return say("refused")
      if (!response.ok && response.status !== 422 && response.status !== 503) return say("failed")
      const page = await response.text()
      if (mine.signal.aborted) return
      shown = holds
      show(page, other)
    } catch (error) {
      if (error.name !== "AbortError") say("failed")
    }
  }

  function say(word) {
    said.textContent = pane.dataset[word]
  }

  // -- Showing --

  function show(page, other) {
    room.querySelectorAll("iframe.coming").forEach((each) => each.remove())
    const old = frame
    const next = document.createElement("iframe")
    next.className = "coming"
    next.title = pane.querySelector("h2").textContent
    // Nothing in it may run or send; links open in a window of their own, which is free of this.
    next.sandbox = "allow-same-origin allow-popups allow-popups-to-escape-sandbox"
    next.srcdoc = page
    next.addEventListener("load", () => {
      next.contentWindow.scrollTo(0, old?.contentWindow?.scrollY ?? 0)
      next.contentDocument.addEventListener("click", withinPage)
      next.contentDocument.addEventListener("keydown", closeByKey)
      next.classList.remove("coming")
      frame = next
      old?.remove()
      say(other ? "saved" : typed() === shown ? "done" : "behind")
    })
    room.append(next)
    fit()
  }

  // A link to a place in the page leads there; all others open in another window.
  function withinPage(event) {
    const link = event.target.closest?.("a[href^='#']")
    if (!link) return
    event.preventDefault()
    frame.contentDocument.getElementById(decodeURIComponent(link.hash.slice(1)))?.scrollIntoView()
  }

  function fit() {
    const width = Number(chosen("width").value)
    document.documentElement.style.setProperty("--preview-width", width > 500 ? "46vw" : "27rem")
    const { clientWidth, clientHeight } = room
    const scale = Math.min(1, clientWidth / width)
    for (const each of room.querySelectorAll("iframe")) {
      each.style.width = `${width}px`
      each.style.height = `${clientHeight / scale}px`
      each.style.transform = `scale(${scale}) translateX(-50%)`
    }
  }

  // -- Opening and closing --

  function open() {
    pane.hidden = false
    toggle.setAttribute("aria-expanded", "true")
    layOut()
    pane.querySelector("h2").focus()
    update()
  }

  function close() {
    asking?.abort()
    clearTimeout(timer)
    pane.hidden = true
    toggle.setAttribute("aria-expanded", "false")
    layOut()
    toggle.focus()
  }

  function layOut() {
    document.body.classList.toggle("previewing", !pane.hidden)
    document.querySelector("#container").inert = !pane.hidden && !wide.matches
    if (!pane.hidden) fit()
  }

  function closeByKey(event) {
    if (event.key === "Escape") close()
  }

  // -- Following --

  function changed() {
    if (pane.hidden) return
    clearTimeout(timer)
    if (chosen("language")?.dataset.other || typed() === shown) return
    say("behind")
    if (!follow.checked) return
    timer = setTimeout(update, Math.max(QUIET, last + APART - Date.now()))
  }

  // -- What this person chose last --

  function recall() {
    try {
      const kept = JSON.parse(localStorage.getItem(KEPT) ?? "{}")
      const width = pane.querySelector(`[name="preview-width"][value="${Number(kept.width)}"]`)
      if (width) width.checked = true
      follow.checked = kept.follow ?? true
    } catch {
      // Without a memory the choice is made anew.
    }
  }

  function remember() {
    try {
      localStorage.setItem(KEPT, JSON.stringify({ width: chosen("width").value, follow: follow.checked }))
    } catch {
      // The choice holds for this page.
    }
  }

  toggle.addEventListener("click", () => (pane.hidden ? open() : close()))
  pane.querySelector("[data-close]").addEventListener("click", close)
  pane.querySelector("[data-update]").addEventListener("click", () => update())
  pane.addEventListener("keydown", closeByKey)
  pane.addEventListener("change", ({ target }) => {
    remember()
    if (target.name === "preview-width") fit()
    else if (target === follow) changed()
    else update()
  })
  for (const name of ["input", "change", "formset:added", "formset:removed"]) form.addEventListener(name, changed)
  // Look-ups tell only jQuery that they changed.
  window.django?.jQuery(form).on("change", changed)
  new ResizeObserver(fit).observe(room)
  wide.addEventListener("change", layOut)
}
