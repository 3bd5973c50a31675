/* Puts the editor on every text area that asks for it, with the extensions that the server names. */

import * as tiptap from "django-prose-editor/editor"

import * as blocks from "charhar-editor/blocks"
import { setSchemes } from "charhar-editor/dialogs"
import { el, inert } from "charhar-editor/dom"
import { setLibrary } from "charhar-editor/library"
import * as marks from "charhar-editor/marks"
import { Paste } from "charhar-editor/paste"
import { createToolbar } from "charhar-editor/toolbar"
import { textTools } from "charhar-editor/tools"
import { setWords, t } from "charhar-editor/words"

const { Document, Dropcursor, Editor, Extension, Gapcursor, History, initializeEditors, pm, Text } = tiptap
const known = { ...tiptap, ...marks, ...blocks }

/* In lists and tables Tab is a command; after Escape it is a way out again. */
const WayOut = Extension.create({
  name: "wayOut",
  priority: 2000,
  addProseMirrorPlugins() {
    let leaving = false
    return [
      new pm.state.Plugin({
        props: {
          handleDOMEvents: {
            keydown: (view, { key, altKey }) => {
              if (key === "F10" && altKey) {
                view.dom.closest(".rt-editor").querySelector('.rt-toolbar [tabindex="0"]').focus()
                return true
              }
              const leaves = leaving && key === "Tab"
              leaving = key === "Escape" || (leaving && key === "Shift")
              return leaves
            },
          },
        },
      }),
    ]
  },
})

/* The language of the text: of the field by its name, else as the form says. */
const followLanguage = (textarea, dom) => {
  const select = textarea.form?.elements.language
  const show = () => {
    const language = /_(en|zh)$/.exec(textarea.name)?.[1] ?? select?.value ?? ""
    dom.lang = language.startsWith("zh") ? "zh-Hans" : language || "en"
  }
  select?.addEventListener?.("change", show)
  show()
}

const written = (editor) => {
  const { doc } = editor.state
  const isEmpty = doc.childCount === 1 && doc.firstChild.type.name === "paragraph" && !doc.firstChild.childCount
  return isEmpty ? "" : editor.getHTML()
}

const create = (textarea) => {
  if (textarea.closest(".rt-editor")) return
  const setup = JSON.parse(textarea.dataset.richText)
  setWords(setup.words)
  setSchemes(setup.schemes)
  setLibrary(setup.images)

  const box = el("div", { class: "rt-editor" })
  const hint = el("p", { class: "rt-hint rt-keys", id: `${textarea.id}_keys` }, t("Alt+F10 leads to the toolbar. In lists and tables, Escape and then Tab leads on."))
  textarea.before(box)
  const surface = el("div", { class: "rt-surface" })
  box.append(surface, hint, textarea)
  textarea.hidden = true

  const label = textarea.labels?.[0]
  if (label) label.id ||= `${textarea.id}_label`
  const described = [textarea.getAttribute("aria-describedby"), hint.id].filter(Boolean).join(" ")
  const editor = new Editor({
    element: surface,
    injectCSS: false,
    editable: !textarea.disabled && !textarea.readOnly,
    enableInputRules: false,
    enablePasteRules: false,
    extensions: [
      Document,
      Text,
      Dropcursor,
      Gapcursor,
      History,
      WayOut,
      Paste.configure({ url: setup.clean, small: setup.small, form: textarea.form }),
      ...Object.entries(setup.extensions).map(([name, options]) => known[name].configure(options)),
    ],
    content: textarea.value,
    editorProps: {
      transformPastedHTML: inert,
      attributes: {
        role: "textbox",
        "aria-multiline": "true",
        "aria-describedby": described,
        ...(label ? { "aria-labelledby": label.id } : { "aria-label": textarea.name }),
        ...(textarea.getAttribute("aria-invalid") ? { "aria-invalid": "true" } : {}),
      },
    },
    onUpdate: () => {
      textarea.value = written(editor)
      textarea.dispatchEvent(new Event("input", { bubbles: true }))
    },
  })
  box.prepend(createToolbar(editor, textTools))
  followLanguage(textarea, editor.view.dom)
  label?.addEventListener("click", () => editor.commands.focus())
  // A form that is reset, or filled by a script of the page, shows in the editor too.
  textarea.form?.addEventListener("reset", () => setTimeout(() => editor.commands.setContent(textarea.value)))
  textarea.dispatchEvent(new CustomEvent("rich-text:ready", { detail: { editor }, bubbles: true }))
}

initializeEditors(create, "[data-rich-text]")
