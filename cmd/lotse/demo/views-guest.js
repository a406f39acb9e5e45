// The online tasting, the page for restaurants and trade, and the basket.

import { list, order, remove, total } from './cart.js'
import { decide, event } from './client.js'
import { fill, h } from './dom.js'
import { euro, language, t } from './language.js'
import { done } from './status.js'
import { offer } from './views-home.js'
import { TASTINGS } from './wines.js'

const registered = new Set()

export function tastingView() {
  const item = (topic) => {
    const button = h('button', { type: 'button', class: 'button', 'data-testid': `register-${topic}`, 'aria-describedby': `t-${topic}`, onclick: register }, '')
    const label = () => { button.textContent = t(registered.has(topic) ? 'tasting.registered' : 'tasting.register') }
    async function register() {
      if (registered.has(topic)) return
      if (!await decide({ events: [event('webinar_registered', { topic })] })) return
      registered.add(topic)
      label()
      done(t('tasting.done', t(`tasting.${topic}`)))
    }
    label()
    return h('li', {}, h('div', {}, h('h2', { id: `t-${topic}` }, t(`tasting.${topic}`)), h('p', {}, t(`tasting.${topic}.when`))), button)
  }
  return [
    split('tasting.svg', h('h1', {}, t('tasting.title')), h('p', { class: 'lead' }, t('tasting.lead')), h('ul', { class: 'dates' }, TASTINGS.map(item))),
    offer(),
  ]
}

export function tradeView({ section }) {
  const option = (value, label, selected) => h('option', { value, selected }, label)
  const form = h('form', { class: 'fields', 'data-testid': 'form-trade', onsubmit: send },
    h('h2', {}, t('trade.ask')),
    h('label', {}, t('trade.type'), h('select', { name: 'customer_type', 'data-testid': 'trade-customer_type' },
      option('gastronomy', t('trade.gastronomy'), section !== 'trade'), option('trade', t('trade.trade'), section === 'trade'))),
    h('label', {}, t('trade.company'), h('input', { name: 'company', required: true, maxlength: 120, autocomplete: 'organization', 'data-testid': 'trade-company' })),
    h('label', {}, t('trade.country'), h('select', { name: 'country', autocomplete: 'country', 'data-testid': 'trade-country' },
      t('trade.countries').split('|').map((c) => option(c.slice(0, 2), c.slice(3))))),
    h('p', { class: 'hint' }, t('form.hint')),
    h('button', { class: 'button', 'data-testid': 'trade-submit' }, t('trade.send')))
  async function send(e) {
    e.preventDefault()
    const traits = Object.fromEntries([...new FormData(form)].map(([k, v]) => [k, v.trim()]))
    if (await decide({ events: [event('form_submitted', { form: 'trade' })], traits })) {
      form.reset()
      done(t('trade.done'))
    }
  }
  return [
    split('cellar.svg', h('h1', {}, t('trade.title')), h('p', { class: 'lead' }, t('trade.lead')),
      h('ul', { class: 'points' }, [1, 2, 3].map((n) => h('li', {}, t(`trade.point${n}`)))), form),
    offer(),
  ]
}

export function cartView() {
  const body = h('div', { class: 'cart' })
  function show() {
    if (list().length === 0) {
      fill(body, h('p', { class: 'lead', 'data-testid': 'cart-empty' }, t('cart.empty')), h('p', {}, h('a', { href: '#/wines' }, t('home.all'))))
      return
    }
    fill(body,
      h('ul', {}, list().map((w, i) => h('li', {}, h('img', { src: w.art, alt: '' }), h('span', {}, w[language()].name), h('span', { class: 'price' }, euro(w.price)),
        h('button', { type: 'button', class: 'close', 'aria-label': t('cart.remove', w[language()].name), onclick: () => { remove(i); show() } }, '×')))),
      h('p', { class: 'sum' }, h('span', {}, t('cart.sum')), h('strong', {}, euro(total()))),
      h('button', { type: 'button', class: 'button', 'data-testid': 'order', onclick: async () => { if (await order()) { show(); done(t('cart.done')) } } }, t('cart.order')))
  }
  show()
  return h('section', { class: 'wrap page narrow' }, h('h1', {}, t('cart.title')), body)
}

const split = (art, ...words) => h('section', { class: 'split wrap page' }, h('img', { class: 'split-art', src: art, alt: '' }), h('div', {}, words))
