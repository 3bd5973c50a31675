/* What the editor says, in the language of the admin; the server sends the words with each field. */

let words = {}

export const setWords = (given) => {
  words = given
}

export const t = (key, values = {}) =>
  Object.entries(values).reduce((text, [name, value]) => text.replace(`{${name}}`, value), words[key] ?? key)
