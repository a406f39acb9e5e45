// Slots: places whose content the edge chooses. Until it answers, the shop's own words stand there.

import { onChange, state } from './client.js'
import { h } from './dom.js'
import { t } from './language.js'
import { clicked } from './track.js'
import { find } from './wines.js'

// slot makes a place for content. The level of its heading is the view's business.
export function slot(name, { heading, kicker, title, text, cta, link, picture }) {
  const part = (p, tag, attributes, value) => h(tag, { ...attributes, 'data-part': p }, value)
  return h('section', { class: `slot slot-${name}`, 'data-slot': name, 'data-testid': `slot-${name}`, 'data-variant': '', 'aria-label': t(kicker) },
    picture && h('div', { class: 'slot-picture' }, h('img', { src: picture, alt: '', 'data-part': 'picture' })),
    h('div', { class: 'slot-words' },
      h('p', { class: 'kicker' }, t(kicker)),
      part('title', heading, {}, t(title)),
      part('text', 'p', {}, t(text)),
      part('cta', 'a', { class: 'button', href: `#${link}`, onclick: () => clicked(`slot-${name}`, location.hash.slice(1) || '/') }, t(cta))))
}

export function startSlots() { onChange(refreshSlots) }

// refreshSlots writes the last answer into the slots that are on the page. Elements stay, so that focus is not lost.
export function refreshSlots() {
  for (const el of document.querySelectorAll('[data-slot]')) {
    const choice = state.last?.slots?.[el.dataset.slot]
    if (!choice) continue
    const content = choice.content ?? {}
    el.dataset.variant = choice.variant
    el.dataset.control = String(choice.control)
    const set = (part, value) => {
      const target = el.querySelector(`[data-part="${part}"]`)
      if (target && value && target.textContent !== value) target.textContent = value
    }
    set('title', content.title)
    set('text', content.text)
    set('cta', content.cta ?? t('slot.default'))
    if (content.link) {
      el.querySelector('[data-part="cta"]').setAttribute('href', address(content.link))
      const picture = el.querySelector('[data-part="picture"]')
      if (picture) picture.setAttribute('src', pictureOf(content.link))
    }
  }
}

// address keeps a content's link inside the shop, or on the web over TLS.
function address(link) {
  if (link.startsWith('/')) return `#${link}`
  return link.startsWith('https://') ? link : '#/'
}

function pictureOf(link) {
  const [, section, slug] = link.split('/')
  if (section === 'wines' && find(slug)) return find(slug).art
  if (section === 'tasting' || section === 'visit') return 'tasting.svg'
  if (section === 'gastronomy' || section === 'trade' || section === 'contact') return 'cellar.svg'
  return 'mark.svg'
}
