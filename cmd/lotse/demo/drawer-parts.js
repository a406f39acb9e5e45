// The parts of the drawer that tell: values, events, conclusions, what was dropped, and the history of consent.

import { purposeTitle, reason, state } from './client.js'
import { h } from './dom.js'
import { date, known, moment, number, t } from './language.js'

const part = (title, ...content) => h('section', {}, h('h3', {}, title), content)
const plain = (word) => word.replaceAll('_', ' ').replaceAll('-', ' ')
const named = (prefix, word) => (known(`${prefix}.${word}`) ? t(`${prefix}.${word}`) : plain(word))
const line = (term, text) => text && [h('dt', {}, term), h('dd', {}, text)]
const until = (iso) => (iso ? t('drawer.until', date(iso)) : t('drawer.open-end'))

// labelOf names a field as the catalogue does where this page has learnt the label: what is stored has one. What was dropped
// comes without, so the shop's own word stands in, or the field's name.
function labelOf(field) {
  return state.profile?.stored.find((s) => s.field === field)?.label
    ?? (known(`field.${field}`) ? t(`field.${field}`) : field)
}

export function storedPart() {
  const stored = state.profile?.stored ?? []
  const nothing = state.profile?.events?.length > 0 ? 'drawer.onlyevents' : 'drawer.nothing'
  if (stored.length === 0) return part(t('drawer.stored'), h('p', { class: 'empty', 'data-testid': 'stored-none' }, t(state.profile ? nothing : 'loading')))
  return part(t('drawer.stored'), h('ul', { class: 'facts-cards' }, stored.map((s) => h('li', {
    'data-testid': `stored-${s.field}`, 'data-form': s.form, 'data-value': String(s.value),
  },
  h('p', { class: 'value' }, h('span', {}, s.label || s.field), h('strong', {}, String(s.value)), s.form === 'generalised' && h('span', { class: 'tag' }, t('drawer.coarse'))),
  h('dl', {},
    line(t('drawer.for'), s.purposes.map(purposeTitle).join(', ')),
    line(t('drawer.why'), s.reasons.map(reason).join(' · ')),
    line(t('drawer.how'), named('provenance', s.provenance)),
    line(t('drawer.long'), until(s.expires_at)))))))
}

export function eventsPart() {
  const events = state.profile?.events ?? []
  if (events.length === 0) return null
  return part(t('drawer.events'), h('ul', { class: 'facts-cards' }, events.map((e) => h('li', { 'data-testid': `event-${e.type}` },
    h('p', { class: 'value' }, h('span', {}, named('event', e.type)), h('strong', { 'data-testid': `count-${e.type}` }, t('drawer.times', number(e.count)))),
    h('dl', {},
      line(t('drawer.for'), e.purposes.map(purposeTitle).join(', ')),
      line(t('drawer.with'), [...new Set(e.entries.flatMap((one) => Object.keys(one.properties ?? {})))].map(labelOf).join(', ')),
      line(t('drawer.when'), t('drawer.last', moment(e.last)) + (e.expires_at ? ` · ${until(e.expires_at)}` : '')))))))
}

// derivedPart shows what the modules said of the permitted data. The last answer is newer than the profile that was read; the
// profile has the words for it.
export function derivedPart() {
  const told = state.profile?.derived ?? {}
  const from = state.last ?? told
  const persona = told.traits?.find((one) => one.trait === 'persona')
  const scores = Object.entries(from.scores ?? {})
  const segments = from.segments ?? []
  if (scores.length === 0 && segments.length === 0 && !from.stage) return part(t('drawer.derived'), h('p', { class: 'empty', 'data-testid': 'derived-none' }, t('drawer.noscore')))
  return part(t('drawer.derived'),
    scores.map(([name, s]) => score(name, s, told.scores?.[name])),
    h('dl', { class: 'derived' },
      from.stage && [h('dt', {}, t('drawer.stage')), h('dd', { 'data-testid': 'stage', 'data-stage': from.stage }, named('stage', from.stage))],
      from.quadrant && [h('dt', {}, t('drawer.quadrant')), h('dd', { 'data-testid': 'quadrant' }, named('quadrant', from.quadrant))],
      from.persona && [h('dt', {}, persona?.title ?? t('drawer.persona')), h('dd', { 'data-testid': 'persona' }, (persona?.value === from.persona && persona.value_title) || plain(from.persona))],
      segments.length > 0 && [h('dt', {}, t('drawer.segments')), h('dd', { 'data-testid': 'segments' }, segments.map((s) => h('span', { class: 'tag', 'data-testid': `segment-${s}` }, told.segment_titles?.[s] ?? plain(s))))],
      slots()))
}

function slots() {
  const shown = Object.entries(state.last?.slots ?? {})
  if (shown.length === 0) return null
  return [h('dt', {}, t('drawer.slots')), h('dd', {}, shown.map(([name, c]) => h('span', { class: 'tag' }, `${name}: ${c.variant}${c.control ? ` (${t('drawer.control')})` : ''}`)))]
}

const FULL = 50 // points that fill the bar

// score shows points with what gave them, and, where the profile tells, what these depend on.
function score(name, s, told) {
  const bar = h('span', { class: 'bar-fill' })
  bar.style.width = `${Math.max(0, Math.min(100, (s.points / FULL) * 100))}%`
  return h('div', { class: 'score', 'data-testid': `score-${name}`, 'data-points': s.points, 'data-band': s.band },
    h('p', { class: 'value' }, h('span', {}, told?.title ?? plain(name)), h('strong', {}, t('drawer.points', number(s.points))), s.band && h('span', { class: 'tag' }, named('band', s.band))),
    h('span', { class: 'bar', 'aria-hidden': 'true' }, bar),
    h('ul', { class: 'reasons' }, (s.reasons ?? []).map((r) => {
      const why = told?.reasons?.find((one) => one.reason === r.reason)
      return h('li', { 'data-reason': r.reason, title: why?.features?.map((f) => f.text).join(' · ') },
        h('span', {}, why?.title ?? plain(r.reason)), h('b', {}, `${r.points > 0 ? '+' : ''}${number(r.points)}`))
    })))
}

// droppedPart lists, of the last call, all that was not kept as it came.
export function droppedPart() {
  const items = []
  for (const v of state.last?.verdicts ?? []) {
    const what = v.event ? named('event', state.sent.get(v.event) ?? v.event) : named('part', v.part)
    const base = { 'data-event': v.event ? state.sent.get(v.event) ?? '' : null, 'data-part': v.part }
    if (v.verdict === 'dropped' && (v.event || !v.fields?.length) && v.reasons?.length) {
      items.push(dropped({ ...base, 'data-field': state.sent.get(v.event) ?? v.purpose ?? v.part }, what, v.event ? t('drawer.event') : v.purpose ? purposeTitle(v.purpose) : '', 'dropped', v.reasons))
    }
    for (const f of v.fields ?? []) {
      if (f.verdict !== 'kept') items.push(dropped({ ...base, 'data-field': f.field }, what, labelOf(f.field), f.verdict, f.reasons))
    }
  }
  const { kept, reduced, dropped: gone } = state.tally
  return part(t('drawer.dropped'),
    items.length > 0 ? h('ul', { class: 'dropped', 'data-testid': 'dropped' }, items) : h('p', { class: 'empty', 'data-testid': 'dropped-none' }, t('drawer.nodropped')),
    h('p', { class: 'tally', 'data-testid': 'tally', 'data-kept': kept, 'data-reduced': reduced, 'data-dropped': gone }, t('drawer.tally', kept, reduced, gone)))
}

function dropped(data, what, field, verdict, reasons = []) {
  return h('li', { ...data, 'data-testid': 'dropped-item', 'data-reason': reasons.join(' '), 'data-verdict': verdict },
    h('span', {}, what, field && h('b', {}, ` · ${field}`)), h('span', { class: 'tag', 'data-kind': verdict }, t(`verdict.${verdict}`)),
    h('small', {}, reasons.map(reason).join(' · ')))
}

export function historyPart() {
  const history = state.profile?.consent ?? []
  if (history.length === 0) return null
  return part(t('drawer.history'), h('ol', { class: 'history', 'data-testid': 'history' }, history.map((r) => h('li', {},
    h('time', { datetime: r.at }, moment(r.at)), h('span', {}, `${purposeTitle(r.purpose)}: ${t(`status.${r.objected ? 'objected' : r.status}`)}`),
    r.text_version && h('code', {}, r.text_version.slice(0, 8))))))
}
