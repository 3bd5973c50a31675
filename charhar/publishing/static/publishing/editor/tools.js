/* The tools of a whole text: the style of a paragraph, lists, and what stands between the paragraphs. */

import { addFigure, canHaveFootnote, editCaption, editFootnote } from "charhar-editor/blocks"
import { addTable } from "charhar-editor/dialogs"
import { el } from "charhar-editor/dom"
import { chain, has, historyTools, linkTools, markTools } from "charhar-editor/toolbar"
import { t } from "charhar-editor/words"

const inTable = (name, label, command) => ({
  label,
  face: name,
  there: has("table"),
  run: (editor) => chain(editor)[command]().run(),
  enabled: (editor) => editor.can()[command](),
})

const inList = (name, label, command) => ({
  label,
  face: name,
  there: has("listItem"),
  run: (editor) => chain(editor)[command]("listItem").run(),
  enabled: (editor) => editor.can()[command]("listItem"),
})

const blockTools = [
  {
    label: "Bulleted list",
    face: "bullets",
    run: (editor) => chain(editor).toggleBulletList().run(),
    active: (editor) => editor.isActive("bulletList"),
    enabled: (editor) => editor.can().toggleBulletList(),
  },
  {
    label: "Numbered list",
    face: "numbers",
    run: (editor) => chain(editor).toggleOrderedList().run(),
    active: (editor) => editor.isActive("orderedList"),
    enabled: (editor) => editor.can().toggleOrderedList(),
  },
  inList("outdent", "Out of the inner list", "liftListItem"),
  inList("indent", "Into an inner list", "sinkListItem"),
  {
    label: "Quotation",
    face: "quote",
    run: (editor) => chain(editor).toggleBlockquote().run(),
    active: (editor) => editor.isActive("blockquote"),
    enabled: (editor) => editor.can().toggleBlockquote(),
  },
  {
    label: "Rule",
    face: "rule",
    run: (editor) => chain(editor).setHorizontalRule().run(),
    enabled: (editor) => editor.can().setHorizontalRule(),
  },
]

const objectTools = [
  {
    label: "Picture from the library",
    face: "picture",
    there: has("figure"),
    run: addFigure,
    active: (editor) => editor.isActive("figure"),
  },
  {
    label: "Table",
    face: "table",
    there: has("table"),
    run: addTable,
    active: (editor) => editor.isActive("table"),
    enabled: (editor) => !editor.isActive("table") && !editor.isActive("figure"),
  },
  {
    label: "Footnote",
    face: "note",
    there: has("footnote"),
    run: editFootnote,
    active: (editor) => editor.isActive("footnote"),
    enabled: (editor) => editor.isActive("footnote") || canHaveFootnote(editor),
  },
]

const tableTools = [
  { label: "Caption", face: "caption", there: has("table"), run: editCaption },
  inTable("headRow", "Header row", "toggleHeaderRow"),
  inTable("headColumn", "Header column", "toggleHeaderColumn"),
  inTable("rowAbove", "Add a row above", "addRowBefore"),
  inTable("rowBelow", "Add a row below", "addRowAfter"),
  inTable("rowDelete", "Delete the row", "deleteRow"),
  inTable("columnBefore", "Add a column before", "addColumnBefore"),
  inTable("columnAfter", "Add a column after", "addColumnAfter"),
  inTable("columnDelete", "Delete the column", "deleteColumn"),
  inTable("merge", "Merge the cells", "mergeCells"),
  inTable("split", "Split the cell", "splitCell"),
  inTable("bin", "Delete the table", "deleteTable"),
]

const styles = [
  ["paragraph", "Paragraph", (editor) => editor.chain().setParagraph()],
  ["heading2", "Heading", (editor) => editor.chain().setHeading({ level: 2 })],
  ["heading3", "Subheading", (editor) => editor.chain().setHeading({ level: 3 })],
  ["codeBlock", "Code block", (editor) => editor.chain().setCodeBlock()],
]

const createStyles = (editor) => {
  const select = el("select", { "aria-label": t("Style of the paragraph"), title: t("Style of the paragraph"), tabindex: -1 })
  for (const [value, label] of styles) select.append(el("option", { value }, t(label)))
  // With the mouse one goes on writing; with the keyboard one may go on choosing.
  let byPointer = false
  select.addEventListener("pointerdown", () => {
    byPointer = true
  })
  select.addEventListener("keydown", ({ key }) => {
    byPointer = false
    if (key === "Enter") editor.commands.focus()
  })
  select.addEventListener("change", () => {
    styles.find(([value]) => value === select.value)[2](editor).run()
    if (byPointer) editor.commands.focus()
  })
  const update = () => {
    const heading = editor.isActive("heading") ? `heading${editor.getAttributes("heading").level}` : ""
    select.value = heading || (editor.isActive("codeBlock") ? "codeBlock" : "paragraph")
    select.disabled = editor.isActive("figure")
  }
  return { element: select, update }
}

export const textTools = [
  { name: "styles", tools: [{ create: createStyles }] },
  { name: "marks", tools: markTools },
  { name: "links", tools: linkTools },
  { name: "blocks", tools: blockTools },
  { name: "objects", tools: objectTools },
  { name: "history", tools: historyTools },
  { name: "table", tools: tableTools, shown: (editor) => editor.isActive("table") },
]
