// Building pieces of the page. Text is always set as text, never as markup: what a server or a visitor wrote cannot
// become part of the page's structure.

// h makes an element: h('p', {class: 'lead'}, 'text', other). Attributes that are null or false are left out; those that
// begin with "on" are listeners.
export function h(tag, attributes = {}, ...children) {
  const el = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue
    if (name.startsWith('on')) el.addEventListener(name.slice(2), value)
    else el.setAttribute(name, value === true ? '' : String(value))
  }
  el.append(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false))
  return el
}

// fill replaces what an element holds.
export function fill(el, ...children) {
  el.replaceChildren(...children.flat(Infinity).filter((c) => c !== null && c !== undefined && c !== false))
}

export const byId = (id) => document.getElementById(id)
export const testId = (id) => document.querySelector(`[data-testid="${id}"]`)

// eventId makes a random id for one event. It names the event, not the visitor, and is used once.
export function eventId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12))
  return 'e' + Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('')
}
