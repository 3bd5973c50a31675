/* The toolbar: one stop for the Tab key, arrows within it. Here with the tools that a single line has too. */

import { editLanguage, editLink } from "charhar-editor/dialogs"
import { el, icon } from "charhar-editor/dom"
import { t } from "charhar-editor/words"

export const chain = (editor) => editor.chain().focus()
export const has = (name) => (editor) => name in editor.schema.nodes || name in editor.schema.marks

const mark = (name, label, face, keys, toggle) => ({
  label,
  face,
  keys,
  there: has(name),
  run: (editor) => chain(editor)[toggle]().run(),
  active: (editor) => editor.isActive(name),
  enabled: (editor) => editor.can()[toggle](),
})

export const markTools = [
  mark("bold", "Bold", "B", "Mod-B", "toggleBold"),
  mark("italic", "Italic", "I", "Mod-I", "toggleItalic"),
  mark("superscript", "Superscript", "superscript", "", "toggleSuperscript"),
  mark("subscript", "Subscript", "subscript", "", "toggleSubscript"),
  mark("code", "Code", "code", "Mod-E", "toggleCode"),
]

export const linkTools = [
  {
    label: "Link",
    face: "link",
    keys: "Mod-K",
    run: editLink,
    active: (editor) => editor.isActive("link"),
    enabled: (editor) => editor.can().setLink({ href: "/" }),
  },
  {
    label: "Language of the passage",
    face: "language",
    run: editLanguage,
    active: (editor) => editor.isActive("language"),
    enabled: (editor) => !editor.state.selection.empty || editor.isActive("language"),
  },
]

export const historyTools = [
  { label: "Undo", face: "undo", keys: "Mod-Z", run: (e) => chain(e).undo().run(), enabled: (e) => e.can().undo() },
  { label: "Redo", face: "redo", keys: "Mod-Shift-Z", run: (e) => chain(e).redo().run(), enabled: (e) => e.can().redo() },
]

const isMac = /Mac|iP(hone|ad)/.test(navigator.platform)
const written = (keys) => keys.replace("Mod-", isMac ? "⌘" : "Ctrl+").replace("Shift-", isMac ? "⇧" : "Shift+")

const createButton = (editor, { label, face, keys, run, active, enabled = () => true }) => {
  const name = t(label)
  const button = el("button", {
    type: "button",
    tabindex: -1,
    title: keys ? `${name} (${written(keys)})` : name,
    "aria-label": name,
    "aria-pressed": active ? "false" : null,
    // The text keeps its selection, and on a phone its keyboard.
    onmousedown: (event) => event.preventDefault(),
    onclick: () => {
      if (enabled(editor)) run(editor)
    },
  })
  button.append(/^[a-z]{3,}/i.test(face) ? icon(face) : el("span", { class: `rt-face-${label.toLowerCase()}`, "aria-hidden": "true" }, face))
  const update = () => {
    button.setAttribute("aria-disabled", String(!enabled(editor)))
    if (active) button.setAttribute("aria-pressed", String(active(editor)))
  }
  return { element: button, update }
}

/* One Tab stop for all: the arrows move on, Home and End to the ends. */
const rove = (bar) => {
  const controls = () => [...bar.querySelectorAll("button, select")].filter((control) => !control.closest("[hidden]") && !control.disabled)
  bar.addEventListener("keydown", (event) => {
    const all = controls()
    const at = all.indexOf(document.activeElement)
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key]
    if (to === undefined || at < 0) return
    event.preventDefault()
    all[(to + all.length) % all.length].focus()
  })
  bar.addEventListener("focusin", ({ target }) => {
    for (const control of bar.querySelectorAll("button, select")) control.tabIndex = control === target ? 0 : -1
  })
  return () => {
    const all = controls()
    if (!all.some((control) => control.tabIndex === 0) && all.length) all[0].tabIndex = 0
  }
}

/* A toolbar of groups: a name with tools, or with a function that makes a control of its own. */
export const createToolbar = (editor, groups) => {
  const bar = el("div", { class: "rt-toolbar", role: "toolbar", "aria-label": t("Formatting") })
  const controls = []
  const passing = []
  for (const { name, tools, shown } of groups) {
    const made = tools
      .filter(({ there }) => !there || there(editor))
      .map((tool) => (tool.create ? tool.create(editor) : createButton(editor, tool)))
    if (!made.length) continue
    const group = el("div", { class: `rt-group rt-group-${name}` }, ...made.map(({ element }) => element))
    if (shown) passing.push([group, shown])
    controls.push(...made)
    bar.append(group)
  }
  const keepStop = rove(bar)
  const update = () => {
    for (const [group, shown] of passing) group.hidden = !shown(editor)
    for (const control of controls) control.update()
    keepStop()
  }
  editor.on("transaction", update)
  update()
  return bar
}
