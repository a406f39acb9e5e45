// What the shop knows of the edge's answers, held in memory for as long as the page is open.

import { eventId } from './dom.js'
import { get, post } from './api.js'
import { language } from './language.js'
import { failed, recovered } from './status.js'

export const SLOTS = ['hero', 'recommendation', 'offer']
export const FORM = 'welcome'

// state is read by the views. Sent keeps what each event of the last call was, so that a verdict can name it.
export const state = {
  consent: null, profile: null, last: null, sent: new Map(),
  tally: { kept: 0, reduced: 0, dropped: 0 },
  asked: new Set(), // fields of the form that this visitor has been asked for since the page was opened
}

const listeners = []
export function onChange(f) { listeners.push(f) }
const changed = () => listeners.forEach((f) => f())

// Calls go out one after the other, so that answers arrive in the order of what happened.
let queue = Promise.resolve()
function inOrder(work) {
  const result = queue.then(work).then((v) => { recovered(); changed(); return v })
  queue = result.catch(() => {})
  return result.catch((error) => { failed(error); return null })
}

export const event = (type, properties = {}) => ({ id: eventId(), type, time: new Date().toISOString(), properties })

// decide sends events and traits, and asks for everything that the page shows. It is sent whatever the visitor answered,
// or before any answer: what may be kept is the server's decision, and it says what it dropped.
export function decide({ events = [], traits = null, declined = [] } = {}) {
  return inOrder(async () => {
    for (const field of [...Object.keys(traits ?? {}), ...declined]) state.asked.add(field)
    const body = { events, slots: SLOTS, form: FORM, want: ['scores', 'segments', 'stage', 'reasons'], language: language() }
    if (traits) body.traits = traits
    const passed = [...state.asked].filter((f) => !(traits && f in traits))
    if (passed.length > 0) body.declined = passed
    const answer = await post('/v1/decide', body)
    state.last = answer
    state.sent = new Map(events.map((e) => [e.id, e.type]))
    for (const v of answer.verdicts ?? []) if (v.event && v.verdict in state.tally) state.tally[v.verdict]++
    return answer
  })
}

export const loadConsent = () => inOrder(async () => (state.consent = await get(`/v1/consent?language=${language()}`)))

export const loadProfile = () => inOrder(async () => (state.profile = await get(`/v1/profile?language=${language()}`)))

// answer records what the visitor said to purposes: {profiling: 'granted'}. Giving, refusing and withdrawing are one call
// of one shape.
export function answer(statuses, { method = 'banner', explicit = false } = {}) {
  return inOrder(async () => {
    const body = {}
    for (const [purpose, status] of Object.entries(statuses)) {
      const shown = state.consent?.purposes.find((p) => p.purpose === purpose)
      body[purpose] = { status, method, language: language(), text_version: shown?.text_version }
      if (explicit && status === 'granted') body[purpose].explicit = true
    }
    state.consent = await post(`/v1/consent?language=${language()}`, body)
    return state.consent
  })
}

// answerable are the purposes in which a visitor has a say.
export const answerable = () => (state.consent?.purposes ?? []).filter((p) => p.basis === 'consent' || p.basis === 'legitimate_interest')

// isGiven tells whether a purpose is agreed to.
export const isGiven = (p) => p.status === 'given' || p.status === 'explicit' || p.status === 'granted'

export const purposeTitle = (name) => state.consent?.purposes.find((p) => p.purpose === name)?.title ?? name

// reason puts a reason's id into words: the server's, or the id itself.
export const reason = (id) => state.last?.reasons?.[id] ?? state.profile?.reasons?.[id] ?? id
