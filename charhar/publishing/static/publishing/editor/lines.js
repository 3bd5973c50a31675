/* One line of text with marks, edited in a dialog by a small editor of its own: footnotes and captions. */

import {
  Bold,
  Document,
  Editor,
  Extension,
  getSchema,
  History,
  Italic,
  Paragraph,
  pm,
  Subscript,
  Superscript,
  Text,
} from "django-prose-editor/editor"

import { ask } from "charhar-editor/dialogs"
import { el, inert } from "charhar-editor/dom"
import { Code, Language, Link } from "charhar-editor/marks"
import { createToolbar, historyTools, linkTools, markTools } from "charhar-editor/toolbar"
import { t } from "charhar-editor/words"

const extensions = [
  Document.extend({ content: "paragraph" }),
  Paragraph,
  Text,
  Link,
  Language,
  Bold,
  Italic,
  Subscript,
  Superscript,
  Code,
]
const schema = getSchema(extensions)
const lineTools = [
  { name: "marks", tools: markTools },
  { name: "links", tools: linkTools },
  { name: "history", tools: historyTools },
]

/* The marked text within an element as the editor's JSON, or null where there is none. */
export const contentOf = (element) => {
  const line = pm.model.DOMParser.fromSchema(schema).parse(element, { topNode: schema.nodes.paragraph.create() })
  return line.content.toJSON()
}

/* The other way: nodes for a page. */
export const domOf = (content) => {
  const fragment = pm.model.Fragment.fromJSON(schema, content)
  return pm.model.DOMSerializer.fromSchema(schema).serializeFragment(fragment)
}

/* Resolves with the new content (null when it is empty), or with undefined when nothing is to change. */
export const editLine = async ({ title, hint, content, removeLabel }) => {
  const box = el("div", { class: "rt-line" })
  const Send = Extension.create({
    name: "send",
    addKeyboardShortcuts() {
      const send = () => {
        box.closest("form").requestSubmit()
        return true
      }
      const leave = () => {
        box.closest("dialog").close()
        return true
      }
      return { Enter: send, "Mod-Enter": send, "Shift-Enter": send, Escape: leave }
    },
  })
  const editor = new Editor({
    element: box,
    injectCSS: false,
    enableInputRules: false,
    enablePasteRules: false,
    extensions: [...extensions, History, Send],
    content: { type: "doc", content: [{ type: "paragraph", content: content ?? [] }] },
    editorProps: { attributes: { "aria-label": title }, transformPastedHTML: inert },
  })
  box.prepend(createToolbar(editor, lineTools))
  const asked = ask({
    title,
    fields: [el("p", { class: "rt-hint" }, hint), box],
    submit: t("Save"),
    others: content && removeLabel ? [{ label: removeLabel, value: { content: null } }] : [],
    read: () => ({ content: editor.state.doc.firstChild.content.toJSON() }),
  })
  editor.commands.setTextSelection(editor.state.doc.content.size)
  editor.view.focus()
  const answer = await asked
  editor.destroy()
  return answer?.content
}
