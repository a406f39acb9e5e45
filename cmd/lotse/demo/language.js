// The page's language. It stands in the address (?lang=en) and nowhere else: nothing is stored on the visitor's device.

import { de } from './text-de.js'
import { en } from './text-en.js'

const texts = { de, en }
let current = 'de'
const listeners = []

export const language = () => current

// startLanguage takes the address's language or else the first of the browser's that the shop speaks.
export function startLanguage() {
  const wanted = [new URLSearchParams(location.search).get('lang'), ...navigator.languages.map((l) => l.slice(0, 2))]
  apply(wanted.find((l) => l in texts) ?? 'de')
}

export function setLanguage(l) {
  if (!(l in texts) || l === current) return
  const url = new URL(location.href)
  url.searchParams.set('lang', l)
  history.replaceState(history.state, '', url)
  apply(l)
  for (const f of listeners) f()
}

export function onLanguage(f) { listeners.push(f) }

// t gives a text. Arguments fill {0}, {1}. A missing text shows its name, so that it is seen.
export function t(name, ...args) {
  const text = texts[current][name] ?? name
  return args.reduce((s, a, i) => s.replaceAll(`{${i}}`, a), text)
}

// known tells whether a text exists, for words that come from a tenant's configuration.
export const known = (name) => name in texts[current]

// date and number are written as the language does.
export const date = (iso) => new Intl.DateTimeFormat(current, { dateStyle: 'medium' }).format(new Date(iso))
export const moment = (iso) => new Intl.DateTimeFormat(current, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(iso))
export const euro = (n) => new Intl.NumberFormat(current, { style: 'currency', currency: 'EUR' }).format(n)
export const number = (n) => new Intl.NumberFormat(current, { maximumFractionDigits: 1 }).format(n)

function apply(l) {
  current = l
  document.documentElement.lang = l
  for (const el of document.querySelectorAll('[data-text]')) el.textContent = t(el.dataset.text)
  for (const el of document.querySelectorAll('[data-label]')) el.setAttribute('aria-label', t(el.dataset.label))
  for (const el of document.querySelectorAll('[data-language]')) el.setAttribute('aria-pressed', String(el.dataset.language === l))
}
