// Clicks that lead to another view wait here for that view's call: one round trip carries both.

import { event } from './client.js'

let pending = []

export function clicked(target, path) { pending.push(event('click', { target, path })) }

export function takePending() {
  const list = pending
  pending = []
  return list
}
