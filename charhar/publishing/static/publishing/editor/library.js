/* Pictures from the library: what the server knows of them, and the dialog that finds one. */

import { ask, field } from "charhar-editor/dialogs"
import { el } from "charhar-editor/dom"
import { t } from "charhar-editor/words"

let address = ""

export const setLibrary = (url) => {
  address = url
}

const fetchPictures = async (query) => {
  const response = await fetch(`${address}?${new URLSearchParams(query)}`, { headers: { Accept: "application/json" } })
  const answer = await response.json().catch(() => ({}))
  if (!response.ok || !answer.images) throw new Error(answer.error ?? t("The library does not answer."))
  return answer
}

/* -- Known pictures: asked for together, once ---------------------------------------------------------- */

const known = new Map()
let wanted = null

const fetchWanted = async () => {
  await null
  const ids = wanted
  wanted = null
  const { images } = await fetchPictures({ ids: ids.join(",") })
  return new Map(images.map((picture) => [String(picture.id), picture]))
}

/* Resolves with a picture, or with null where the library has it no more. */
export const pictureOf = (id) => {
  if (!known.has(id)) {
    wanted ??= Object.assign([], { answer: null })
    wanted.push(id)
    wanted.answer ??= fetchWanted()
    known.set(id, wanted.answer.then((pictures) => pictures.get(id) ?? null))
  }
  return known.get(id)
}

/* -- Finding one --------------------------------------------------------------------------------------- */

const tile = (picture) =>
  el(
    "label",
    { class: "rt-tile" },
    el("input", { type: "radio", name: "picture", value: picture.id, required: true }),
    el("img", { src: picture.thumbnail, width: picture.width, height: picture.height, alt: "", loading: "lazy" }),
    el("span", { class: "rt-tile-title" }, picture.title),
    picture.alt ? el("span", { class: "rt-tile-alt" }, picture.alt) : null,
    picture.credit ? el("span", { class: "rt-tile-credit" }, picture.credit) : null,
  )

/* Resolves with the id of the picture that was chosen, or with null. */
export const choosePicture = async (chosen = "") => {
  const search = el("input", { type: "search", autocomplete: "off" })
  const status = el("p", { role: "status", class: "rt-hint" })
  const tiles = el("div", { class: "rt-tiles", role: "radiogroup", "aria-label": t("Pictures") })
  const more = el("button", { type: "button", hidden: true, onclick: () => show(true) }, t("More pictures"))
  const add = el("a", { target: "_blank", rel: "noopener", hidden: true }, t("Add a picture to the library"))
  let page = 1
  let turn = 0

  const show = async (further = false) => {
    page = further ? page + 1 : 1
    const mine = ++turn
    try {
      const answer = await fetchPictures({ q: search.value.trim(), page })
      // Answers may arrive in another order than they were asked for.
      if (mine !== turn) return
      if (!further) tiles.replaceChildren()
      const before = tiles.childElementCount
      tiles.append(...answer.images.map(tile))
      for (const { id, ...picture } of answer.images) known.set(String(id), Promise.resolve({ id, ...picture }))
      const radio = tiles.querySelector(`input[value="${CSS.escape(chosen)}"]`)
      if (radio) radio.checked = true
      if (further) tiles.children[before]?.querySelector("input").focus()
      more.hidden = !answer.more
      add.hidden = !answer.add
      if (answer.add) add.href = answer.add
      status.textContent = tiles.childElementCount
        ? t("Pictures shown: {number}", { number: tiles.childElementCount })
        : t("No picture has these words.")
    } catch (error) {
      status.textContent = error.message
    }
  }

  let pause = 0
  search.addEventListener("input", () => {
    clearTimeout(pause)
    pause = setTimeout(show, 200)
  })
  search.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault()
      clearTimeout(pause)
      show()
    }
  })
  tiles.addEventListener("dblclick", (event) => {
    if (event.target.closest(".rt-tile")) tiles.closest("form").requestSubmit()
  })
  // Whoever added a picture in another tab finds it on coming back.
  const refresh = () => show()
  window.addEventListener("focus", refresh)
  show()
  const id = await ask({
    title: chosen ? t("Change the picture") : t("Add a picture"),
    fields: [field(t("Search the library"), search), status, tiles, el("p", { class: "rt-more" }, more, " ", add)],
    submit: chosen ? t("Change") : t("Add"),
    read: () => tiles.querySelector("input:checked")?.value,
    wide: true,
  })
  window.removeEventListener("focus", refresh)
  return id
}
