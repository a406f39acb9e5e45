// Views in one page: the part after # says which.

import { fill, byId } from './dom.js'
import { t } from './language.js'
import { cartView, tastingView, tradeView } from './views-guest.js'
import { homeView } from './views-home.js'
import { wineView, winesView } from './views-wines.js'
import { find } from './wines.js'
import { refreshForm } from './form.js'
import { refreshSlots } from './slots.js'

// current is the present view: its path as events name it, and what it is about.
export function current() {
  const path = decodeURI(location.hash.replace(/^#/, '') || '/')
  const [, section = '', rest = ''] = path.split('/')
  const wine = section === 'wines' ? find(rest) : null
  return { path, section, rest, product: wine?.slug, category: wine?.style ?? (section || undefined) }
}

const views = {
  '': homeView, newsletter: homeView, wines: winesView, tasting: tastingView, visit: tastingView,
  trade: tradeView, gastronomy: tradeView, contact: tradeView, cart: cartView,
}

export function showView({ focus }) {
  const at = current()
  const view = at.section === 'wines' && at.rest ? wineView : views[at.section] ?? homeView
  fill(byId('main'), view(at))
  const heading = byId('main').querySelector('h1')
  document.title = at.section ? `${heading.textContent} · Weingut Lotsenberg` : `Weingut Lotsenberg · ${t('brand.line')}`
  for (const a of document.querySelectorAll('.top a')) {
    const here = a.getAttribute('href') === `#/${at.section}`
    if (here) a.setAttribute('aria-current', 'page')
    else a.removeAttribute('aria-current')
  }
  refreshSlots()
  refreshForm()
  if (!focus) return
  const target = at.section === 'newsletter' ? byId('welcome') : heading
  target.setAttribute('tabindex', '-1')
  target.focus({ preventScroll: true })
  if (at.section === 'newsletter') target.scrollIntoView()
  else scrollTo(0, 0)
}
