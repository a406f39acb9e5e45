// Talking to the edge: same origin, the write key as bearer, and every failure an Error whose message a visitor can read.

import { language, t } from './language.js'

let key = ''

// connect reads the shop's own settings: the write key (public by nature, it may only write), and the languages.
export async function connect() {
  const config = await exchange('/demo/config.json', { credentials: 'same-origin' })
  key = config.key
  return config
}

export const get = (path) => call('GET', path)
export const post = (path, body) => call('POST', path, body)

function call(method, path, body) {
  const headers = { Authorization: `Bearer ${key}`, 'Accept-Language': language() }
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  return exchange(path, {
    method, headers, credentials: 'same-origin', cache: 'no-store',
    body: body === undefined ? undefined : JSON.stringify(body),
  })
}

async function exchange(path, options) {
  let response
  try {
    response = await fetch(path, options)
  } catch {
    throw new Error(t('error.network'))
  }
  let answer = null
  try {
    answer = await response.json()
  } catch {
    if (response.ok) throw new Error(t('error.format'))
  }
  if (!response.ok) throw new Error(describe(response, answer))
  return answer
}

// describe turns a problem (RFC 9457) into a line of text.
function describe(response, problem) {
  const parts = [`${response.status} ${problem?.title ?? response.statusText}`]
  if (problem?.detail) parts.push(problem.detail)
  for (const e of problem?.errors ?? []) parts.push(`${e.pointer ? e.pointer + ': ' : ''}${e.detail}`)
  const wait = response.headers.get('Retry-After')
  if (wait) parts.push(t('error.retry', wait))
  return parts.join(' · ')
}
