// The consent banner. Agreeing and refusing are one click each, side by side and alike; nothing is ticked beforehand; the
// shop can be used without answering.

import { answer, answerable, isGiven, onChange, state } from './client.js'
import { byId, fill, h } from './dom.js'
import { onLanguage, t } from './language.js'
import { done } from './status.js'

// The one thing that the page stores on the device: that the visitor refused, as a flag without any id. Without it the
// page would have to ask again at each visit, which is what wears visitors down.
const REFUSED = 'lotse-demo-refused'

let view = 'closed' // closed, ask or choose
let wanted = false  // the visitor opened it
let drawn = ''
let afterAnswer = () => {}

export function startBanner(after) {
  afterAnswer = after
  onChange(refresh)
  onLanguage(() => { drawn = '' })
}

export function reviewBanner() {
  wanted = true
  view = 'choose'
  refresh()
  focusTitle()
}

function refresh() {
  if (!state.consent) return
  if (!wanted) {
    const ask = state.consent.purposes.some((p) => p.needs_answer) && !hasRefused()
    if (!ask) view = 'closed'
    else if (view === 'closed') view = 'ask'
  }
  const now = JSON.stringify([view, state.consent])
  if (now === drawn) return
  drawn = now
  const banner = byId('banner')
  banner.hidden = view === 'closed'
  document.body.classList.toggle('asking', view !== 'closed')
  if (view === 'closed') fill(banner)
  else fill(banner, draw())
}

function draw() {
  const button = (id, text, onclick) => h('button', { type: 'button', class: 'button answer', 'data-testid': id, onclick }, text)
  return h('div', { class: 'banner-inner' },
    h('div', { class: 'banner-words' },
      h('h2', { id: 'banner-title', tabindex: '-1' }, t('banner.title')),
      h('p', {}, t('banner.text')),
      state.consent.gpc && h('p', { class: 'gpc', 'data-testid': 'banner-gpc' }, t('banner.gpc'))),
    view === 'choose' && purposes(),
    h('div', { class: 'banner-buttons' },
      button('banner-accept', t('banner.accept'), () => say(() => 'granted')),
      button('banner-refuse', t('banner.refuse'), () => say(() => 'refused')),
      view === 'choose'
        ? h('button', { type: 'button', class: 'button quiet', 'data-testid': 'banner-save', onclick: save }, t('banner.save'))
        : h('button', { type: 'button', class: 'button quiet', 'data-testid': 'banner-choose', onclick: choose }, t('banner.choose'))))
}

function purposes() {
  const own = new Set(answerable().map((p) => p.purpose))
  return h('ul', { class: 'banner-purposes' }, state.consent.purposes.map((p) => h('li', {},
    own.has(p.purpose)
      ? h('label', {},
        h('input', { type: 'checkbox', name: p.purpose, checked: isGiven(p), 'data-testid': `banner-purpose-${p.purpose}` }),
        h('strong', {}, p.title), state.consent.gpc && h('em', {}, t('banner.explicit')))
      : h('p', {}, h('strong', {}, p.title), h('em', {}, t('banner.always'))),
    h('p', {}, p.text))))
}

function choose() {
  view = 'choose'
  refresh()
  focusTitle()
}

// save records each purpose as ticked. Under Global Privacy Control a tick is an explicit yes: the words beside it say so.
function save() {
  const ticked = (p) => byId('banner').querySelector(`input[name="${p.purpose}"]`).checked
  say((p) => (ticked(p) ? 'granted' : 'refused'), state.consent.gpc)
}

async function say(status, explicit = false) {
  const statuses = Object.fromEntries(answerable().map((p) => [p.purpose, status(p)]))
  const recorded = await answer(statuses, { explicit })
  if (!recorded) return
  const given = answerable().some(isGiven)
  if (!given && Object.values(statuses).includes('granted')) {
    // A plain yes does not count against the browser's signal: the one that does is a tick away.
    reviewBanner()
    done(t('banner.gpc'))
    return
  }
  remember(!given)
  close()
  byId('main').focus({ preventScroll: true })
  if (given) await afterAnswer()
  done(t(given ? 'banner.given' : 'banner.refused'))
}

// remember sets or clears the flag. A browser that forbids storage is asked again next time: nothing else depends on it.
export function remember(refused) {
  try {
    if (refused) localStorage.setItem(REFUSED, '1')
    else localStorage.removeItem(REFUSED)
  } catch { /* storage is forbidden */ }
}

export function hasRefused() {
  try {
    return localStorage.getItem(REFUSED) === '1'
  } catch {
    return false
  }
}

function close() {
  wanted = false
  view = 'closed'
  refresh()
}

function focusTitle() { byId('banner-title')?.focus() }
