/* What the vocabulary has beyond paragraphs: numbered lists, tables with captions, figures, footnotes. */

import {
  Node,
  OrderedList as BaseOrderedList,
  pm,
  Table as BaseTable,
  TableCell as BaseTableCell,
  TableHeader as BaseTableHeader,
} from "django-prose-editor/editor"

import { el } from "charhar-editor/dom"
import { choosePicture, pictureOf } from "charhar-editor/library"
import { contentOf, domOf, editLine } from "charhar-editor/lines"
import { t } from "charhar-editor/words"

const { NodeSelection, TextSelection } = pm.state

/* What a dialog did is a step of its own for Undo. */
const step = (editor, tr) => {
  editor.view.dispatch(pm.history.closeHistory(tr).scrollIntoView())
  editor.commands.focus()
}

const selected = (editor, name) => {
  const { node } = editor.state.selection
  return node?.type.name === name ? node : null
}

export const OrderedList = BaseOrderedList.extend({
  addAttributes() {
    return {
      start: {
        default: 1,
        parseHTML: (element) => element.start ?? 1,
        renderHTML: ({ start }) => (start === 1 ? {} : { start }),
      },
    }
  },
  addNodeView: null,
})

/* -- Tables ------------------------------------------------------------------------------------------- */

const spans = {
  colspan: { default: 1 },
  rowspan: { default: 1 },
  // The table commands carry widths along; nobody can set one here.
  colwidth: { default: null, parseHTML: () => null, rendered: false },
}

export const TableCell = BaseTableCell.extend({ addAttributes: () => spans })

export const TableHeader = BaseTableHeader.extend({
  addAttributes: () => ({ ...spans, scope: { default: null } }),
})

export const editCaption = async (editor) => {
  const { $from } = editor.state.selection
  let depth = $from.depth
  while (depth && $from.node(depth).type.name !== "table") depth -= 1
  if (depth) await editCaptionAt(editor, $from.before(depth))
}

const editCaptionAt = async (editor, position) => {
  const caption = await editLine({
    title: t("Caption of the table"),
    hint: t("Says what the table shows."),
    content: editor.state.doc.nodeAt(position).attrs.caption,
    removeLabel: t("Remove the caption"),
  })
  if (caption === undefined) return
  step(editor, editor.state.tr.setNodeAttribute(position, "caption", caption))
}

export const Table = BaseTable.extend({
  addAttributes() {
    return {
      caption: {
        default: null,
        parseHTML: (element) => (element.caption ? contentOf(element.caption) : null),
        rendered: false,
      },
    }
  },

  parseHTML() {
    return [{ tag: "table" }, { tag: "caption", ignore: true }]
  },

  renderHTML({ node }) {
    const caption = node.attrs.caption ? [el("caption", {}, domOf(node.attrs.caption))] : []
    return ["table", {}, ...caption, ["tbody", 0]]
  },

  addNodeView() {
    return ({ node, editor, getPos }) => {
      const caption = el("caption", { contenteditable: "false", onclick: () => editCaptionAt(editor, getPos()) })
      const contentDOM = el("tbody")
      const dom = el("div", { class: "rt-table" }, el("table", {}, caption, contentDOM))
      const update = (updated) => {
        if (updated.type !== node.type) return false
        caption.hidden = !updated.attrs.caption
        caption.replaceChildren(updated.attrs.caption ? domOf(updated.attrs.caption) : "")
        return true
      }
      update(node)
      return { dom, contentDOM, update, ignoreMutation: ({ target }) => !contentDOM.contains(target) }
    }
  },
})

/* -- Figures ------------------------------------------------------------------------------------------ */

export const addFigure = async (editor) => {
  const id = await choosePicture()
  if (id === null) return
  const { tr, schema, selection } = editor.state
  const { $from, $to } = selection
  const figure = schema.nodes.figure.create({ image: id })
  let at = selection.to
  if ($from.sameParent($to) && $to.parent.type.name === "paragraph" && !$to.parent.childCount) {
    at = $from.before()
    tr.replaceWith(at, $from.after(), figure)
  } else {
    if ($to.parent.isTextblock) at = $to.after()
    tr.insert(at, figure)
  }
  // On with the caption.
  tr.setSelection(TextSelection.create(tr.doc, at + 1))
  step(editor, tr)
}

export const Figure = Node.create({
  name: "figure",
  group: "block",
  content: "inline*",
  draggable: true,
  isolating: true,
  defining: true,

  addAttributes() {
    return {
      image: {
        default: null,
        parseHTML: (element) => element.dataset.image,
        renderHTML: ({ image }) => ({ "data-image": image }),
      },
    }
  },

  parseHTML() {
    return [
      {
        tag: "figure[data-image]",
        contentElement: (figure) => figure.querySelector("figcaption") ?? el("figcaption"),
      },
    ]
  },

  renderHTML({ HTMLAttributes }) {
    return ["figure", HTMLAttributes, ["figcaption", 0]]
  },

  addKeyboardShortcuts() {
    return {
      Enter: () => {
        const { state, view } = this.editor
        const { $to } = state.selection
        if ($to.parent.type !== this.type) return false
        const after = $to.after()
        const tr = state.tr.insert(after, state.schema.nodes.paragraph.create())
        view.dispatch(tr.setSelection(TextSelection.create(tr.doc, after + 1)).scrollIntoView())
        return true
      },
      // A caption that is empty already goes with its picture.
      Backspace: () => {
        const { state, view } = this.editor
        const { $from, empty } = state.selection
        if ($from.parent.type !== this.type || !empty || $from.parentOffset) return false
        view.dispatch(state.tr.setSelection(NodeSelection.create(state.doc, $from.before())))
        return true
      },
    }
  },

  addNodeView() {
    return ({ node, editor, getPos }) => {
      let current = node
      const picture = el("img", { alt: "" })
      const credit = el("span", { class: "rt-credit" })
      const change = async () => {
        const id = await choosePicture(current.attrs.image)
        if (id === null) return
        step(editor, editor.state.tr.setNodeAttribute(getPos(), "image", id))
      }
      const button = el("button", { type: "button", onclick: change }, t("Change the picture"))
      const head = el("div", { contenteditable: "false", class: "rt-picture" }, picture, credit, button)
      const contentDOM = el("figcaption", { "data-placeholder": t("Caption") })
      const dom = el("figure", { class: "rt-figure" }, head, contentDOM)
      const show = async ({ attrs }) => {
        const found = await pictureOf(attrs.image).catch(() => null)
        if (current.attrs.image !== attrs.image) return
        picture.hidden = !found
        if (found) Object.assign(picture, { src: found.thumbnail, alt: found.alt, width: found.width, height: found.height })
        credit.textContent = found ? found.credit : t("This picture is not in the library any more.")
      }
      const update = (updated) => {
        if (updated.type !== node.type) return false
        const changed = updated.attrs.image !== current.attrs.image
        current = updated
        contentDOM.classList.toggle("is-empty", !updated.childCount)
        if (changed) show(updated)
        return true
      }
      update(node)
      show(node)
      return {
        dom,
        contentDOM,
        update,
        stopEvent: ({ target }) => button.contains(target),
        ignoreMutation: ({ type, target }) => type !== "selection" && !contentDOM.contains(target),
      }
    }
  },
})

/* -- Footnotes ---------------------------------------------------------------------------------------- */

/* The content of a selection that can become a note: text of one block, its marks kept. */
const selectedLine = ({ selection: { $from, $to, empty } }) => {
  if (empty || !$from.sameParent($to)) return null
  const pieces = []
  $from.parent.slice($from.parentOffset, $to.parentOffset).content.forEach((node) => {
    if (node.isText) pieces.push(node.toJSON())
    else if (node.type.name === "hardBreak") pieces.push({ type: "text", text: " " })
  })
  return pieces.length ? pieces : null
}

/* A selection becomes a note at once; without one, or on a note, the dialog asks for its text. */
export const editFootnote = async (editor) => {
  const { selection, schema } = editor.state
  const existing = selected(editor, "footnote")
  const line = existing ? null : selectedLine(editor.state)
  const content =
    line ??
    (await editLine({
      title: existing ? t("Change the footnote") : t("Add a footnote"),
      hint: t("It stands at the end of the page, under its number."),
      content: existing?.content.toJSON(),
      removeLabel: t("Remove the footnote"),
    }))
  if (content === undefined) return
  const { tr } = editor.state
  const from = line || existing ? selection.from : selection.to
  if (content) {
    const note = schema.nodes.footnote.create(null, pm.model.Fragment.fromJSON(schema, content))
    tr.replaceWith(from, selection.to, note)
    tr.setSelection(TextSelection.create(tr.doc, from + note.nodeSize))
  } else if (existing) {
    tr.delete(from, selection.to)
  }
  step(editor, tr)
}

export const canHaveFootnote = ({ state }) => {
  const { $from } = state.selection
  return Boolean($from.parent.type.contentMatch.matchType(state.schema.nodes.footnote))
}

/* Within the text a note is one thing, like a letter; its own text is edited in the dialog. */
export const Footnote = Node.create({
  name: "footnote",
  group: "inline",
  inline: true,
  content: "text*",
  atom: true,
  draggable: true,
  priority: 200,

  parseHTML() {
    return [{ tag: "span.footnote" }]
  },

  renderHTML() {
    return ["span", { class: "footnote" }, 0]
  },

  addKeyboardShortcuts() {
    return {
      Enter: () => {
        if (!selected(this.editor, "footnote")) return false
        editFootnote(this.editor)
        return true
      },
    }
  },

  addNodeView() {
    return ({ node, editor, getPos }) => {
      const dom = el("span", { class: "rt-footnote", contenteditable: "false", title: t("Footnote: press Enter or click to change it") })
      dom.addEventListener("click", () => {
        if (!editor.isEditable) return
        editor.commands.setNodeSelection(getPos())
        editFootnote(editor)
      })
      const update = (updated) => {
        if (updated.type !== node.type) return false
        dom.replaceChildren(domOf(updated.content.toJSON() ?? []))
        return true
      }
      update(node)
      return { dom, update, ignoreMutation: () => true }
    }
  },
})
