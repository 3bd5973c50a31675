/* A text pasted from elsewhere is cleaned by the server, by the very code that cleans what is saved; what was
   copied in this editor, plain text and whatever goes into a code block is left to the editor. */

import { Extension, pm } from "django-prose-editor/editor"

// Forms with a paste on its way; sending one waits for it.
const pending = new Map()

const holdBack = async (event) => {
  const form = event.target
  if (!pending.has(form)) return
  event.preventDefault()
  event.stopPropagation()
  await Promise.all(pending.get(form))
  form.requestSubmit(event.submitter)
}

document.addEventListener("submit", holdBack, true)

const cleaned = async (html, { url, small, form }) => {
  const body = new FormData()
  // Pictures inside the text can be larger than the server takes, and would not be kept.
  body.set("html", html.replace(/(src|href)\s*=\s*(["'])data:[^"']*\2/gi, ""))
  body.set("small", small)
  const token = form?.elements.csrfmiddlewaretoken?.value ?? ""
  const response = await fetch(url, { method: "POST", body, headers: { "X-CSRFToken": token } })
  if (!response.ok) throw new Error(response.statusText)
  return (await response.json()).html
}

export const Paste = Extension.create({
  name: "cleanPaste",
  priority: 1000,

  addOptions() {
    return { url: "", small: false, form: null }
  },

  addProseMirrorPlugins() {
    const { editor, options } = this

    const take = async (html, { from, to }) => {
      let range = { from, to }
      // What is typed at that place meanwhile comes after the paste, and is not replaced by it.
      const follow = ({ transaction: { mapping } }) => {
        range = { from: mapping.map(range.from, -1), to: mapping.map(range.to, -1) }
      }
      editor.on("transaction", follow)
      // Offline, or signed out meanwhile: the editor's own vocabulary is narrower than any markup.
      const text = await cleaned(html, options).catch(() => html)
      editor.off("transaction", follow)
      if (editor.isDestroyed) return
      const { view } = editor
      let cursor = view.state.selection.getBookmark()
      const goesOn = !view.state.selection.empty || view.state.selection.from !== range.to
      const carry = ({ transaction: { mapping } }) => {
        cursor = cursor.map(mapping)
      }
      const at = (position) => view.state.doc.resolve(position)
      const select = (selection) => view.dispatch(view.state.tr.setSelection(selection))
      select(pm.state.TextSelection.between(at(range.from), at(range.to)))
      editor.on("transaction", carry)
      view.pasteHTML(text)
      editor.off("transaction", carry)
      // Whoever has gone on writing elsewhere stays there.
      if (goesOn) select(cursor.resolve(view.state.doc))
    }

    return [
      new pm.state.Plugin({
        key: new pm.state.PluginKey("cleanPaste"),
        props: {
          handleDOMEvents: {
            paste: (view, event) => {
              const html = event.clipboardData?.getData("text/html")
              if (!html || html.includes("data-pm-slice") || !editor.isEditable) return false
              if (view.state.selection.$from.parent.type.spec.code) return false
              event.preventDefault()
              const work = take(html, view.state.selection)
              const works = pending.get(options.form) ?? new Set()
              pending.set(options.form, works.add(work))
              work.finally(() => {
                works.delete(work)
                if (!works.size) pending.delete(options.form)
              })
              return true
            },
          },
        },
      }),
    ]
  },
})
