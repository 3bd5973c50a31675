/* Elements in one call, HTML made inert, and the icons of the toolbar: strokes in a square of 24, drawn for this editor. */

export const el = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value)
    else if (value === true) element.setAttribute(name, "")
    else if (value !== false && value != null) element.setAttribute(name, value)
  }
  element.append(...children.filter((child) => child != null))
  return element
}

/* Pasted HTML is only read, but the page's policy would refuse styles and event handlers even so, loudly. */
export const inert = (html) =>
  html
    .replace(/<style[\s\S]*?<\/style\s*>/gi, "")
    .replace(/<[^>]+>/g, (tag) => tag.replace(/\s(?:style|on\w+)\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)/gi, ""))

const paths = {
  bullets: "M9 6h11M9 12h11M9 18h11M4.5 6h.01M4.5 12h.01M4.5 18h.01",
  numbers: "M10 6h10M10 12h10M10 18h10M4 4.5 5.2 4v4M3.8 8h2.8M3.8 15.6c.4-1.4 2.7-1.2 2.6.1-.1 1-2.6 2-2.6 3.3h2.8",
  indent: "M10 6h10M10 12h10M10 18h10M3.5 9l3 3-3 3",
  outdent: "M10 6h10M10 12h10M10 18h10M6.5 9l-3 3 3 3",
  quote: "M4 5v14M9 7h11M9 12h11M9 17h7",
  rule: "M3 12h18M7 6h10M7 18h10",
  link: "M10.5 13.5 13.5 10.5M9.5 9 12 6.5a3.6 3.6 0 0 1 5.2 5.2L14.6 14.3M14.5 15 12 17.5a3.6 3.6 0 0 1-5.2-5.2L9.4 9.7",
  superscript: "M4 8l8 10.5M12 8 4 18.5M15.6 5.4c.5-1.8 3.9-1.6 3.6.4-.2 1.4-3.5 2-3.6 4.2h3.8",
  subscript: "M4 5l8 10.5M12 5 4 15.5M15.6 14.4c.5-1.8 3.9-1.6 3.6.4-.2 1.4-3.5 2-3.6 4.2h3.8",
  code: "M8.5 7 3.5 12l5 5M15.5 7l5 5-5 5",
  table: "M3.5 5h17v14h-17zM3.5 10h17M3.5 14.5h17M9.5 10v9M15 10v9",
  picture: "M3.5 5h17v14h-17zM3.5 16.5 9 11l4 4 2.5-2.5 5 5M16.5 8.8h.01",
  note: "M4 19h16M5 6h9M5 10.5h9M17 4l1.8-.8v6.2",
  language: "M3.5 6h9M8 4v2M11 6c-.6 3.6-3.4 6.5-7 8M5 9c1 2.4 3 4.2 5.5 5M12.5 20l4-10 4 10M14 16.6h5",
  undo: "M8.5 5 4.5 9l4 4M4.5 9h9a5.5 5.5 0 0 1 0 11H9",
  redo: "M15.5 5l4 4-4 4M19.5 9h-9a5.5 5.5 0 0 0 0 11H15",
  rowBelow: "M4 4h16v7H4zM12 14v7M8.5 17.5h7",
  rowAbove: "M4 13h16v7H4zM12 3v7M8.5 6.5h7",
  rowDelete: "M4 8.5h16v7H4zM9 10l6 4M15 10l-6 4",
  columnAfter: "M4 4h7v16H4zM14 12h7M17.5 8.5v7",
  columnBefore: "M13 4h7v16h-7zM3 12h7M6.5 8.5v7",
  columnDelete: "M8.5 4h7v16h-7zM10 9l4 6M14 9l-4 6",
  merge: "M4 5h16v14H4zM8 12h8M10 9.5 7.5 12l2.5 2.5M14 9.5l2.5 2.5-2.5 2.5",
  split: "M4 5h16v14H4zM12 5v14M8 12h.01M16 12h.01",
  headRow: "M4 5h16v14H4zM4 10h16M6.5 7.5h3M14 7.5h3M12 10v9",
  headColumn: "M4 5h16v14H4zM10 5v14M6 8h2M6 12h2M6 16h2M10 12h10",
  caption: "M4 10h16v9H4zM7 5.5h10M4 14.5h16M12 10v9",
  bin: "M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7M10.5 10.5v5.5M13.5 10.5v5.5",
}

const SVG = "http://www.w3.org/2000/svg"

export const icon = (name) => {
  const svg = document.createElementNS(SVG, "svg")
  svg.setAttribute("viewBox", "0 0 24 24")
  svg.setAttribute("aria-hidden", "true")
  const path = document.createElementNS(SVG, "path")
  path.setAttribute("d", paths[name])
  svg.append(path)
  return svg
}
