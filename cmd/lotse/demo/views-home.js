// The first page.

import { h } from './dom.js'
import { t } from './language.js'
import { formPlace } from './form.js'
import { slot } from './slots.js'
import { card } from './views-wines.js'
import { find } from './wines.js'

export function homeView() {
  const fact = (value, name) => h('li', {}, h('strong', {}, value), h('span', {}, t(name)))
  return [
    h('div', { class: 'hero' },
      h('img', { class: 'hero-art', src: 'vineyard.svg', alt: '', width: 1600, height: 820 }),
      slot('hero', { heading: 'h1', kicker: 'home.kicker', title: 'home.title', text: 'home.text', cta: 'home.cta', link: '/wines' })),
    h('section', { class: 'story wrap', 'aria-labelledby': 'story' },
      h('div', {}, h('h2', { id: 'story' }, t('home.story.title')), h('p', { class: 'lead' }, t('home.story'))),
      h('ul', { class: 'facts' }, fact('68 %', 'fact.slope'), fact(t('fact.area.value'), 'fact.area'), fact('1931', 'fact.vines'))),
    h('div', { class: 'pair wrap' },
      slot('recommendation', { heading: 'h2', kicker: 'slot.recommendation', title: 'slot.recommendation.title', text: 'slot.recommendation.text', cta: 'slot.default', link: '/wines/gutsriesling', picture: 'bottle-gutsriesling.svg' }),
      formPlace()),
    h('section', { class: 'wrap', 'aria-labelledby': 'cellar' },
      h('div', { class: 'row' }, h('h2', { id: 'cellar' }, t('home.wines')), h('a', { href: '#/wines' }, t('home.all'))),
      h('ul', { class: 'cards' }, ['riesling-kabinett', 'spaetburgunder', 'riesling-sekt', 'beerenauslese'].map((s) => card(find(s))))),
    offer(),
  ]
}

export const offer = () => slot('offer', { heading: 'h2', kicker: 'slot.offer', title: 'slot.offer.title', text: 'slot.offer.text', cta: 'slot.default', link: '/newsletter', picture: 'mark.svg' })
