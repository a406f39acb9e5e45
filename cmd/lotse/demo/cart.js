// The basket: in memory, gone with the page.

import { decide, event } from './client.js'
import { byId } from './dom.js'
import { language, t } from './language.js'
import { done } from './status.js'

let items = []

export const list = () => items
export const total = () => items.reduce((sum, w) => sum + w.price, 0)

export function put(wine) {
  items.push(wine)
  count()
  decide({ events: [event('cart_added', { product: wine.slug, order_value: wine.price })] })
    .then((answer) => answer && done(t('wine.added', wine[language()].name)))
}

export function remove(index) {
  items = items.filter((_, i) => i !== index)
  count()
}

// order tells the edge, and empties the basket once the edge has taken it.
export async function order() {
  const answer = await decide({ events: [event('order_placed', { order_value: Math.round(total() * 100) / 100, product: items[0].slug })] })
  if (!answer) return false
  items = []
  count()
  return true
}

function count() { byId('cart-count').textContent = String(items.length) }
