// Short notices. An error stays until it is dismissed or the next call goes well; good news leaves by itself.

import { byId, fill, h } from './dom.js'
import { t } from './language.js'

let timer = 0

export function failed(error) {
  show('error', error.message)
}

export function done(text) {
  show('good', text)
  timer = setTimeout(clear, 6000)
}

// recovered takes an error away after a call that went well.
export function recovered() {
  if (byId('status').querySelector('[data-kind="error"]')) clear()
}

function clear() {
  clearTimeout(timer)
  fill(byId('status'))
}

function show(kind, text) {
  clear()
  fill(byId('status'), h('div', { class: 'notice', 'data-kind': kind, 'data-testid': `status-${kind}` },
    h('p', {}, text),
    h('button', { type: 'button', class: 'close', 'aria-label': t('close'), onclick: clear }, '×')))
}
