// "What do you know about me?": what is stored and why, what was concluded, what was dropped; and the way to take it all
// back. Asking is free: the drawer reads, it sends no event.

import { hasRefused, remember } from './banner.js'
import { answer, answerable, decide, isGiven, loadConsent, loadProfile, onChange, state } from './client.js'
import { byId, fill, h, testId } from './dom.js'
import { onLanguage, t } from './language.js'
import { derivedPart, droppedPart, eventsPart, historyPart, storedPart } from './drawer-parts.js'
import { done } from './status.js'

const body = h('div', { class: 'drawer-body' })

export function startDrawer() {
  const drawer = byId('drawer')
  byId('drawer-open').addEventListener('click', open)
  drawer.addEventListener('click', (e) => { if (e.target === drawer) drawer.close() })
  // A modal dialog makes the rest of the page inert, notices too: they move in with it.
  drawer.addEventListener('close', () => document.body.append(byId('status')))
  onChange(() => { if (drawer.open) draw() })
  onLanguage(() => { if (drawer.open) open() })
}

function open() {
  const drawer = byId('drawer')
  fill(drawer,
    h('header', { class: 'drawer-top' },
      h('div', {}, h('h2', { id: 'drawer-title', tabindex: '-1', autofocus: true }, t('drawer.title')), h('p', {}, t('drawer.lead'))),
      h('button', { type: 'button', class: 'close', 'data-testid': 'drawer-close', 'aria-label': t('close'), onclick: () => drawer.close() }, '×')),
    body,
    h('footer', { class: 'drawer-foot' },
      h('button', { type: 'button', class: 'button', 'data-testid': 'withdraw-all', onclick: () => withdraw(answerable().map((p) => p.purpose)) }, t('drawer.all'))))
  drawer.append(byId('status'))
  draw()
  if (!drawer.open) drawer.showModal()
  if (!state.consent) loadConsent()
  loadProfile()
}

function draw() {
  const at = document.activeElement?.dataset?.testid
  const top = body.scrollTop
  fill(body, purposesPart(), storedPart(), derivedPart(), eventsPart(), droppedPart(), historyPart(),
    state.last?.policy && h('p', { class: 'policy' }, t('drawer.policy'), ' ', h('code', { 'data-testid': 'policy' }, state.last.policy.slice(0, 16))))
  body.scrollTop = top
  if (!at || document.activeElement?.dataset?.testid === at) return
  // The button that was pressed may have turned into its opposite.
  const again = testId(at) ?? testId(at.replace(/^withdraw-/, 'grant-')) ?? testId(at.replace(/^grant-/, 'withdraw-'))
  again?.focus({ preventScroll: true })
}

function purposesPart() {
  if (!state.consent) return null
  const own = new Set(answerable())
  const item = (p) => {
    // The edge keeps no record of a stranger's no: this page does, as a flag.
    const refused = p.status === 'none' && hasRefused()
    const status = own.has(p) ? (p.objected ? 'objected' : refused ? 'refused' : p.status) : 'always'
    return h('li', {},
      h('div', {}, h('strong', {}, p.title),
        h('span', { class: 'tag', 'data-kind': status, 'data-testid': `status-${p.purpose}`, 'data-status': p.status }, t(`status.${status}`))),
      own.has(p) && h('div', { class: 'answers' },
        !isGiven(p) && h('button', { type: 'button', class: 'button small quiet', 'data-testid': `grant-${p.purpose}`, onclick: () => grant(p.purpose) }, t('drawer.grant')),
        (isGiven(p) || (p.needs_answer && !refused)) && h('button', { type: 'button', class: 'button small quiet', 'data-testid': `withdraw-${p.purpose}`, onclick: () => withdraw([p.purpose]) }, t(isGiven(p) ? 'drawer.withdraw' : 'drawer.refuse'))))
  }
  return h('section', {}, h('h3', {}, t('drawer.purposes')), h('ul', { class: 'purposes' }, state.consent.purposes.map(item)))
}

// withdraw takes back what was given, and refuses what nobody has answered yet. What was said before stays as it was said.
async function withdraw(purposes) {
  const open = answerable().filter((p) => purposes.includes(p.purpose) && (isGiven(p) || p.needs_answer))
  const given = open.some(isGiven)
  let removed = 0
  if (open.length > 0) {
    const recorded = await answer(Object.fromEntries(open.map((p) => [p.purpose, isGiven(p) ? 'withdrawn' : 'refused'])))
    if (!recorded) return
    removed = recorded.removed ?? 0
  }
  if (!answerable().some(isGiven)) remember(true)
  await decide()
  await loadProfile()
  done(given ? t('drawer.removed', removed) : t('banner.refused'))
}

// grant is the same call with another word. Under Global Privacy Control a yes has to be explicit to count, and the button
// of a single purpose is.
async function grant(purpose) {
  const recorded = await answer({ [purpose]: 'granted' }, { explicit: state.consent.gpc })
  if (!recorded) return
  remember(false)
  await decide()
  await loadProfile()
  done(t('drawer.granted'))
}
