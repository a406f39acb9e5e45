// The list of wines, and the page of one.

import { put } from './cart.js'
import { decide, event } from './client.js'
import { fill, h } from './dom.js'
import { euro, language, number, t } from './language.js'
import { slot } from './slots.js'
import { offer } from './views-home.js'
import { find, STYLES, wines } from './wines.js'

export function card(w) {
  const words = w[language()]
  return h('li', { class: 'card', 'data-testid': `wine-${w.slug}` },
    h('a', { href: `#/wines/${w.slug}` },
      h('span', { class: `stage tone-${w.tone}` }, h('img', { src: w.art, alt: '', loading: 'lazy' })),
      h('span', { class: 'card-words' }, h('strong', {}, words.name), h('span', {}, words.note))),
    h('p', { class: 'price' }, euro(w.price), h('small', {}, ` · ${t(`unit.${w.unit}`)}`)))
}

let style = ''

export function winesView() {
  const list = h('ul', { class: 'cards' })
  const buttons = ['', ...STYLES].map((s) => h('button', {
    type: 'button', class: 'chip', 'data-testid': `filter-${s || 'all'}`, 'aria-pressed': 'false', onclick: () => {
      style = s
      show()
      if (s) decide({ events: [event('click', { target: `filter-${s}`, path: '/wines' })] })
    },
  }, t(`style.${s || 'all'}`)))
  function show() {
    fill(list, wines.filter((w) => !style || w.style === style).map(card))
    buttons.forEach((b, i) => b.setAttribute('aria-pressed', String(['', ...STYLES][i] === style)))
  }
  show()
  return [
    h('section', { class: 'wrap page' },
      h('h1', {}, t('wines.title')), h('p', { class: 'lead' }, t('wines.lead')),
      h('div', { class: 'chips', role: 'group', 'aria-label': t('wines.filter') }, buttons),
      list),
    offer(),
  ]
}

export function wineView({ rest }) {
  const w = find(rest)
  if (!w) {
    return h('section', { class: 'wrap page' }, h('h1', {}, t('wine.missing')), h('p', {}, h('a', { href: '#/wines' }, t('wine.back'))))
  }
  const words = w[language()]
  const fact = (name, value) => value && [h('dt', {}, t(name)), h('dd', {}, value)]
  const f = w.facts
  return [
    h('article', { class: 'wine wrap page' },
      h('div', { class: `stage tall tone-${w.tone}` }, h('img', { src: w.art, alt: '' })),
      h('div', { class: 'wine-words' },
        h('p', { class: 'kicker' }, h('a', { href: '#/wines' }, t('wine.back')), ` / ${t(`style.${w.style}`)}`),
        h('h1', {}, words.name),
        h('p', { class: 'lead' }, words.note),
        h('p', {}, words.story),
        h('dl', { class: 'facts-list' },
          fact('wine.year', String(f.year)), fact('wine.soil', t(`soil.${f.soil}`)), fact('wine.sugar', f.sugar && `${number(f.sugar)} g/l`),
          fact('wine.acid', f.acid && `${number(f.acid)} g/l`), fact('wine.alcohol', `${number(f.alcohol)} %`), fact('wine.serve', `${f.serve} °C`), fact('wine.food', words.food)),
        h('div', { class: 'buy' },
          h('p', { class: 'price big' }, euro(w.price), h('small', {}, ` · ${t(`unit.${w.unit}`)}`)),
          h('button', { type: 'button', class: 'button', 'data-testid': 'add-to-cart', onclick: () => put(w) }, t('wine.add'))),
        h('details', { class: 'diary', ontoggle: (e) => e.target.open && decide({ events: [event('click', { target: 'harvest-diary', path: `/wines/${w.slug}` })] }) },
          h('summary', { 'data-testid': 'diary' }, t('wine.film')), h('p', {}, t('wine.diary'))))),
    h('div', { class: 'wrap' },
      slot('recommendation', { heading: 'h2', kicker: 'slot.recommendation', title: 'slot.recommendation.title', text: 'slot.recommendation.text', cta: 'slot.default', link: '/wines/gutsriesling', picture: 'bottle-gutsriesling.svg' })),
  ]
}
