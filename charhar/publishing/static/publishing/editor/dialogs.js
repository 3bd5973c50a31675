/* Questions the editor asks, each in a modal <dialog> at the end of the page: a form within the admin's form
   would send that. Closing one gives the focus back to where it was. */

import { el } from "charhar-editor/dom"
import { t } from "charhar-editor/words"

let number = 0

/* Resolves with what `read` returns when the form is sent, with the value of another button, or with null. */
export const ask = ({ title, fields, submit, others = [], read, wide = false }) =>
  new Promise((resolve) => {
    const id = `rich-text-dialog-${++number}`
    let answer = null
    const buttons = [
      el("button", { type: "submit", class: "rt-primary" }, submit),
      ...others.map(({ label, value }) =>
        el("button", { type: "button", onclick: () => close(value) }, label),
      ),
      el("button", { type: "button", onclick: () => close(null) }, t("Cancel")),
    ]
    const form = el(
      "form",
      {},
      el("h2", { id }, title),
      ...fields,
      el("div", { class: "rt-buttons" }, ...buttons),
    )
    const dialog = el("dialog", { class: wide ? "rt-dialog rt-wide" : "rt-dialog", "aria-labelledby": id }, form)
    const close = (value) => {
      answer = value
      dialog.close()
    }
    form.addEventListener("submit", (event) => {
      event.preventDefault()
      const value = read(form)
      if (value !== undefined) close(value)
    })
    dialog.addEventListener("close", () => {
      dialog.remove()
      resolve(answer)
    })
    document.body.append(dialog)
    dialog.showModal()
  })

export const field = (label, input, hint = "") => {
  input.id ||= `rich-text-field-${++number}`
  const help = hint && el("p", { class: "rt-hint", id: `${input.id}-hint` }, hint)
  if (help) input.setAttribute("aria-describedby", help.id)
  return el("div", { class: "rt-field" }, el("label", { for: input.id }, label), input, help || null)
}

/* -- Links ------------------------------------------------------------------------------------------- */

let schemes = []

export const setSchemes = (given) => {
  schemes = given
}

/* An address as it should be stored, or "" where it is none. */
export const addressFrom = (typed) => {
  const text = typed.trim()
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)
  if (scheme) return schemes.includes(scheme[1].toLowerCase()) ? text : ""
  if (/^[/#?]/.test(text)) return text
  if (/^[^\s@/]+@[^\s@/]+\.[^\s@/]+$/.test(text)) return `mailto:${text}`
  if (/^[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)+([/?#:]\S*)?$/u.test(text)) return `https://${text}`
  return ""
}

export const editLink = async (editor) => {
  const isLink = editor.isActive("link")
  const needsText = editor.state.selection.empty && !isLink
  const address = el("input", { type: "text", inputmode: "url", autocomplete: "off", spellcheck: "false", required: true })
  address.value = editor.getAttributes("link").href ?? ""
  address.addEventListener("input", () => address.setCustomValidity(""))
  const text = el("input", { type: "text", autocomplete: "off" })
  const answer = await ask({
    title: isLink ? t("Change the link") : t("Add a link"),
    fields: [
      field(t("Address"), address, t("A whole address, one of this site such as /topics/, or an e-mail address.")),
      needsText ? field(t("Text"), text) : null,
    ].filter(Boolean),
    submit: isLink ? t("Change") : t("Add"),
    others: isLink ? [{ label: t("Remove the link"), value: "remove" }] : [],
    read: (form) => {
      const href = addressFrom(address.value)
      address.setCustomValidity(href ? "" : t("This is no address that a link can have."))
      return form.reportValidity() ? { href, text: text.value.trim() || address.value.trim() } : undefined
    },
  })
  if (answer === null) return
  const chain = editor.chain().focus().extendMarkRange("link")
  if (answer === "remove") chain.unsetLink().run()
  else if (needsText)
    chain
      .insertContent({ type: "text", text: answer.text, marks: [{ type: "link", attrs: { href: answer.href } }] })
      .run()
  else chain.setLink({ href: answer.href }).run()
}

/* -- The language of a passage ------------------------------------------------------------------------ */

const languages = [
  ["en", "English"],
  ["zh-Hans", "中文"],
  ["zh-Hant", "繁體中文"],
  ["ar", "العربية"],
  ["de", "Deutsch"],
  ["es", "Español"],
  ["fr", "Français"],
  ["ja", "日本語"],
  ["ko", "한국어"],
  ["ru", "Русский"],
]

export const editLanguage = async (editor) => {
  const now = editor.getAttributes("language").lang ?? ""
  const select = el("select", {}, el("option", { value: "" }, t("The language of the text")))
  for (const [value, label] of languages) select.append(el("option", { value, lang: value }, label))
  if (now && !languages.some(([value]) => value === now)) select.append(el("option", { value: now }, now))
  select.value = now
  const lang = await ask({
    title: t("Language of the passage"),
    fields: [field(t("Language"), select, t("So that it is read aloud and set as it should be."))],
    submit: t("Set"),
    read: () => select.value,
  })
  if (lang === null) return
  const chain = editor.chain().focus()
  if (editor.state.selection.empty) chain.extendMarkRange("language")
  if (lang) chain.setMark("language", { lang }).run()
  else chain.unsetMark("language").run()
}

/* -- Tables ------------------------------------------------------------------------------------------- */

export const addTable = async (editor) => {
  const numbered = (value) => {
    const input = el("input", { type: "number", min: 1, max: 50, required: true })
    input.value = value
    return input
  }
  const caption = el("input", { type: "text", autocomplete: "off" })
  const [rows, columns] = [numbered(3), numbered(3)]
  const answer = await ask({
    title: t("Add a table"),
    fields: [
      field(t("Caption"), caption, t("Says what the table shows.")),
      field(t("Rows, the header row included"), rows),
      field(t("Columns"), columns),
    ],
    submit: t("Add"),
    read: () => ({ caption: caption.value.trim(), rows: rows.valueAsNumber, cols: columns.valueAsNumber }),
  })
  if (answer === null) return
  const chain = editor.chain().focus().insertTable({ rows: answer.rows, cols: answer.cols, withHeaderRow: true })
  if (answer.caption) chain.updateAttributes("table", { caption: [{ type: "text", text: answer.caption }] })
  chain.run()
}
