// The demo shop: a wine grower's page that asks the edge what to show, what to ask and what it knows.

import { connect } from './api.js'
import { startBanner, reviewBanner } from './banner.js'
import { decide, event, loadConsent } from './client.js'
import { byId } from './dom.js'
import { startDrawer } from './drawer.js'
import { onLanguage, setLanguage, startLanguage } from './language.js'
import { startForm } from './form.js'
import { current, showView } from './router.js'
import { startSlots } from './slots.js'
import { failed } from './status.js'
import { takePending } from './track.js'

startLanguage()
showView({ focus: false })
for (const b of document.querySelectorAll('[data-language]')) b.addEventListener('click', () => setLanguage(b.dataset.language))
startSlots()
startForm()
startBanner(viewed)
startDrawer()
byId('privacy-choices').addEventListener('click', reviewBanner)

addEventListener('hashchange', () => {
  showView({ focus: true })
  viewed()
})

// A new language asks for all texts again. Nothing was viewed anew, so no event is sent.
onLanguage(() => {
  showView({ focus: false })
  loadConsent()
  decide()
})

try {
  const config = await connect()
  for (const b of document.querySelectorAll('[data-language]')) b.hidden = !config.languages.includes(b.dataset.language)
  loadConsent()
  viewed()
} catch (error) {
  failed(error)
}

// viewed tells the edge that the present view is being looked at, along with clicks that led here.
function viewed() {
  const { path, product, category } = current()
  const properties = { path }
  if (product) properties.product = product
  if (category) properties.category = category
  if (document.referrer && !document.referrer.startsWith(location.origin)) properties.referrer = document.referrer
  return decide({ events: [...takePending(), event('page_view', properties)] })
}
