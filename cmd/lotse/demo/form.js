// The progressive form: a few questions at a time, never the same one again.

import { decide, event, FORM, onChange, state } from './client.js'
import { byId, fill, h } from './dom.js'
import { language, t } from './language.js'

let thanks = null // {heading, text} after an answer, until the visitor wants more
let drawn = ''    // what is on the page now, so that it is not drawn again under the visitor's hands

export const formPlace = () => {
  drawn = ''
  return h('section', { class: 'welcome', id: 'welcome', 'data-testid': `form-${FORM}`, 'aria-labelledby': 'welcome-title' }, h('p', {}, t('loading')))
}

export function startForm() { onChange(refreshForm) }

// open are the questions to show: those of the last answer that were not asked on this page before. A visitor without
// consent leaves nothing at the server, so the page itself remembers what it asked, for as long as it is open.
function open() {
  return (state.last?.form?.questions ?? []).filter((q) => !state.asked.has(q.field))
}

export function refreshForm() {
  const place = byId('welcome')
  if (!place || !state.last?.form) return
  const questions = open()
  const now = JSON.stringify([language(), thanks, questions, state.last.form.remaining])
  if (now === drawn) return
  drawn = now
  if (thanks || questions.length === 0) drawThanks(place, questions)
  else drawQuestions(place, questions)
}

function drawQuestions(place, questions) {
  const form = h('form', { class: 'fields', onsubmit: (e) => { e.preventDefault(); submit(form, questions) } },
    h('p', { class: 'kicker' }, t('form.kicker')),
    h('h2', { id: 'welcome-title' }, state.last.form.title),
    questions.map(field),
    h('p', { class: 'hint' }, t('form.hint')),
    h('div', { class: 'buttons' },
      h('button', { class: 'button', 'data-testid': 'form-submit' }, t('form.send')),
      h('button', { type: 'button', class: 'button quiet', 'data-testid': 'form-skip', onclick: () => pass(questions) }, t('form.skip'))))
  fill(place, form)
}

function field(q) {
  const common = { name: q.field, id: `q-${q.field}`, required: q.required, 'data-testid': `form-field-${q.field}` }
  let input
  if (q.options?.length > 0) {
    input = h('select', common, h('option', { value: '' }, t('form.choose')), q.options.map((o) => h('option', { value: o.value }, o.label)))
  } else if (q.input === 'checkbox') {
    return h('label', { class: 'check' }, h('input', { ...common, type: 'checkbox' }), q.label)
  } else {
    const type = ['email', 'date', 'number'].includes(q.input) ? q.input : 'text'
    input = h('input', { ...common, type, autocomplete: autocomplete[q.field] ?? 'off', min: type === 'number' ? 0 : null, step: type === 'number' ? 'any' : null })
  }
  return h('label', {}, h('span', {}, q.label, q.required && h('small', {}, ` ${t('form.required')}`)), input)
}

const autocomplete = { email: 'email', first_name: 'given-name', company: 'organization', phone: 'tel', postcode: 'postal-code', birth_date: 'bday' }

async function submit(form, questions) {
  const traits = {}
  for (const q of questions) {
    const el = form.elements[q.field]
    if (q.input === 'checkbox') traits[q.field] = el.checked
    else if (el.value.trim() === '') continue
    else traits[q.field] = q.input === 'number' ? el.valueAsNumber : el.value.trim()
  }
  const declined = questions.map((q) => q.field).filter((f) => !(f in traits))
  if (Object.keys(traits).length === 0) return pass(questions)
  const answer = await decide({ events: [event('form_submitted', { form: FORM })], traits, declined })
  if (!answer) return
  const fields = answer.verdicts.filter((v) => v.part === 'traits').flatMap((v) => v.fields ?? [])
  const kept = fields.filter((f) => f.verdict !== 'dropped').length
  finish(t('form.thanks'), kept > 0 ? t('form.kept', kept, Object.keys(traits).length) : t('form.dropped'))
}

async function pass(questions) {
  if (await decide({ declined: questions.map((q) => q.field) })) finish(t('form.passed'), '')
}

function finish(heading, text) {
  thanks = { heading, text }
  refreshForm()
  const title = byId('welcome-title')
  title?.setAttribute('tabindex', '-1')
  title?.focus()
}

function drawThanks(place, questions) {
  const left = questions.length + state.last.form.remaining
  fill(place,
    h('div', { class: 'thanks', 'data-testid': 'form-thanks' },
      h('h2', { id: 'welcome-title' }, thanks?.heading ?? t('form.thanks')),
      thanks?.text && h('p', { class: 'lead' }, thanks.text),
      h('p', {}, questions.length > 0 ? t('form.remaining', left) : t('form.end')),
      questions.length > 0 && h('button', {
        type: 'button', class: 'button', 'data-testid': 'form-more', onclick: () => {
          thanks = null
          refreshForm()
          place.querySelector('input, select')?.focus()
        },
      }, t('form.more'))))
}
