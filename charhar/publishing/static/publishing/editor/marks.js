/* Marks as this house has them: links without targets, code that may be a link, passages in another language. */

import { Code as BaseCode, Link as BaseLink, Mark } from "django-prose-editor/editor"

import { addressFrom, editLink } from "charhar-editor/dialogs"

export const Link = BaseLink.extend({
  addOptions() {
    return {
      ...this.parent?.(),
      autolink: false,
      linkOnPaste: true,
      openOnClick: false,
      HTMLAttributes: {},
      isAllowedUri: (href) => Boolean(href) && addressFrom(href) === href.trim(),
    }
  },

  addAttributes() {
    return { href: { default: null, parseHTML: (element) => element.getAttribute("href") } }
  },

  addKeyboardShortcuts() {
    return {
      "Mod-k": () => {
        editLink(this.editor)
        return true
      },
    }
  },
})

export const Code = BaseCode.extend({ excludes: "" })

export const Language = Mark.create({
  name: "language",
  inclusive: false,

  addAttributes() {
    return { lang: { default: null } }
  },

  parseHTML() {
    return [{ tag: "span[lang]" }]
  },

  renderHTML({ HTMLAttributes }) {
    return ["span", HTMLAttributes, 0]
  },
})
