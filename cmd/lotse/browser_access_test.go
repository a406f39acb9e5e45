//go:build browser

package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// contrast adds to the page: the contrast of a colour on another (WCAG 2), and what lies behind an element.
const contrast = `
const rgb = (s) => { const [r, g, b, a = 1] = s.match(/[\d.]+/g).map(Number); return {r, g, b, a} }
const part = (v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4 }
const light = ({r, g, b}) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b)
const ratio = (one, two) => { const [a, b] = [light(one), light(two)].sort((x, y) => y - x); return (a + 0.05) / (b + 0.05) }
// behind is null where a picture or a gradient makes the answer unknown.
const behind = (el) => {
	for (let e = el; e; e = e.parentElement) {
		const c = getComputedStyle(e), back = rgb(c.backgroundColor)
		if (c.backgroundImage !== 'none' || (back.a > 0 && back.a < 1)) return null
		if (back.a === 1) return back
	}
	return {r: 255, g: 255, b: 255}
}
const contrastOf = (el) => { const back = behind(el); return back && ratio(rgb(getComputedStyle(el).color), back) }
`

func keyboardOnly(t *testing.T, v *visitor) {
	v.open(t, "/")
	v.until(t, "the banner shows", `isShown($('banner'))`)

	// Tab reaches the answers, and one sees where one is.
	v.tabTo(t, "banner-accept")
	focusSeen(t, v)
	v.shot(t, "07-focus-on-banner")
	v.tabTo(t, "banner-refuse")
	focusSeen(t, v)
	v.press(t, kb.Enter)
	v.until(t, "Enter refuses", `!isShown($('banner')) && isShown($('status-good'))`)

	v.tabTo(t, "drawer-open")
	focusSeen(t, v)
	v.press(t, kb.Enter)
	v.until(t, "Enter opens the drawer, with the focus in it", `$('drawer').open && $('drawer').contains(document.activeElement)`)
	for range 12 {
		v.press(t, kb.Tab)
		if !ask[bool](t, v, `document.activeElement === document.body || $('drawer').contains(document.activeElement)`) {
			v.fail(t, "Tab leaves the open drawer")
		}
	}
	v.shot(t, "07-drawer-by-keyboard")
	v.press(t, kb.Escape)
	v.until(t, "Escape closes the drawer, and the focus returns", `!$('drawer').open && document.activeElement === $('drawer-open')`)

	// A view is left and entered by keyboard too: the focus lands on its heading.
	v.script(t, `document.activeElement.blur()`)
	v.reload(t)
	v.press(t, kb.Tab)
	if !ask[bool](t, v, `document.activeElement.className === 'skip'`) {
		t.Error("the first stop is not the link to the content")
	}
	v.tabTo(t, "nav-trade")
	v.press(t, kb.Enter)
	v.until(t, "the view opens with the focus on its heading", `document.activeElement.tagName === 'H1' && location.hash === '#/trade'`)
	v.tabTo(t, "trade-company")
	v.do(t, chromedp.KeyEvent("Zur Linde"))
	v.press(t, kb.Enter)
	v.until(t, "Enter sends the form", `isShown($('status-good')) && $('trade-company').value === ''`)
	v.shot(t, "07-trade-by-keyboard")
}

func focusSeen(t *testing.T, v *visitor) {
	t.Helper()
	if !ask[bool](t, v, `(() => { const c = getComputedStyle(document.activeElement); return document.activeElement.matches(':focus-visible') && c.outlineStyle !== 'none' && parseFloat(c.outlineWidth) >= 2 })()`) {
		t.Errorf("the focus cannot be seen on %s", ask[string](t, v, `document.activeElement.outerHTML.slice(0, 80)`))
	}
}

// accessible looks at each view for what a machine can tell.
func accessible(t *testing.T, v *visitor) {
	v.open(t, "/")
	v.click(t, "banner-choose")
	v.until(t, "the purposes show", `$$('.banner-purposes li').length > 1`)
	for _, id := range []string{"banner-accept", "banner-refuse", "banner-save"} {
		if got := ask[float64](t, v, `(() => {`+contrast+`return contrastOf($('`+id+`')) ?? 0 })()`); got < 4.5 {
			t.Errorf("%s has a contrast of %.2f, below 4.5", id, got)
		}
	}
	audit(t, v, "banner")
	v.click(t, "banner-accept")
	v.until(t, "the banner is gone", `!isShown($('banner'))`)
	for _, view := range []string{"/", "/wines", "/wines/beerenauslese", "/tasting", "/trade", "/cart"} {
		v.script(t, `location.hash = '#`+view+`'`)
		v.until(t, view, `document.activeElement.tagName === 'H1'`)
		audit(t, v, view)
	}
	v.click(t, "nav-wines")
	v.click(t, "wine-guest-case")
	v.click(t, "add-to-cart")
	v.until(t, "it is in the basket", `textOf('cart-count') === '1'`)
	v.click(t, "nav-cart")
	audit(t, v, "full basket")
	v.shot(t, "07-cart")
	v.click(t, "order")
	v.until(t, "it is ordered", `isShown($('cart-empty'))`)
	v.openDrawer(t)
	audit(t, v, "drawer")
	v.closeDrawer(t)
}

func audit(t *testing.T, v *visitor, view string) {
	t.Helper()
	for _, found := range ask[[]string](t, v, `(() => {`+contrast+`
		const found = []
		const say = (what, el) => found.push(what + ': ' + el.outerHTML.slice(0, 140))
		for (const el of $$('[tabindex]')) if (el.tabIndex > 0) say('positive tabindex', el)
		for (const el of $$('img')) if (!el.hasAttribute('alt')) say('image without alt', el)
		for (const el of $$('img')) if (el.complete && isShown(el) && el.naturalWidth === 0) say('broken image', el)
		for (const el of $$('input, select, textarea')) if (![...el.labels].some((l) => l.textContent.trim()) && !el.getAttribute('aria-label')) say('field without label', el)
		for (const el of $$('button, a[href]')) if (isShown(el) && !el.textContent.trim() && !el.getAttribute('aria-label')) say('no name', el)
		for (const el of $$('[aria-labelledby], [aria-describedby]')) {
			for (const name of ['aria-labelledby', 'aria-describedby']) {
				for (const id of (el.getAttribute(name) ?? '').split(' ').filter(Boolean)) if (!document.getElementById(id) && isShown(el)) say(name + ' leads nowhere', el)
			}
		}
		const ids = $$('[id]').map((e) => e.id)
		for (const id of new Set(ids)) if (ids.filter((i) => i === id).length > 1) found.push('id twice: ' + id)
		if ($$('h1').filter(isShown).length !== 1) found.push('h1: ' + $$('h1').filter(isShown).length)
		for (const el of $$('body *')) {
			if (!isShown(el) || ![...el.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) continue
			const c = getComputedStyle(el), size = parseFloat(c.fontSize)
			const large = size >= 24 || size >= 18.66 && Number(c.fontWeight) >= 700
			const got = contrastOf(el)
			if (got !== null && got < (large ? 3 : 4.5)) say('contrast ' + got.toFixed(2), el)
		}
		return found
	})()`) {
		t.Errorf("%s: %s", view, found)
	}
}

func phone(t *testing.T, v *visitor) {
	v.open(t, "/")
	v.until(t, "the banner shows", `isShown($('banner'))`)
	v.shot(t, "08-phone-first-visit")
	fits(t, v, "first visit")
	for _, id := range []string{"banner-accept", "banner-refuse", "banner-choose", "drawer-open"} {
		touchable(t, v, id)
	}
	if !ask[bool](t, v, `$('banner').getBoundingClientRect().height < innerHeight * 0.6`) {
		t.Error("the banner hides most of a phone's page")
	}
	v.click(t, "banner-choose")
	v.until(t, "the purposes show", `$$('.banner-purposes li').length > 1`)
	v.shot(t, "08-phone-choose")
	fits(t, v, "choose")
	for _, id := range []string{"banner-accept", "banner-refuse"} {
		touchable(t, v, id)
	}
	v.click(t, "banner-purpose-profiling")
	v.click(t, "banner-save")
	v.until(t, "the choice is taken", `!isShown($('banner')) && isShown($('status-good'))`)
	v.clickOn(t, `[data-testid="status-good"] .close`)

	for i, view := range []string{"/", "/wines", "/wines/alte-reben", "/tasting", "/trade", "/cart"} {
		v.script(t, `location.hash = '#`+view+`'`)
		v.until(t, view, `location.hash === '#`+view+`' && isShown(document.querySelector('main h1'))`)
		v.shot(t, fmt.Sprintf("08-phone-view-%d", i))
		fits(t, v, view)
	}
	v.script(t, `location.hash = '#/'`)
	v.until(t, "home", `isShown(document.querySelector('#welcome h2'))`)
	for i, place := range []string{".slot-recommendation", "#welcome", ".cards", ".slot-offer", ".foot"} {
		v.script(t, `document.querySelector('`+place+`').scrollIntoView({block: 'start'})`)
		v.shot(t, fmt.Sprintf("08-phone-home-%d", i))
	}
	v.openDrawer(t)
	v.until(t, "the choice shows", `$('status-profiling').dataset.status === 'given' && $('status-marketing').dataset.status === 'refused'`)
	v.shot(t, "08-phone-drawer")
	fits(t, v, "drawer")
	touchable(t, v, "drawer-close")
	v.closeDrawer(t)
}

// fits tells what makes the page wider than the phone.
func fits(t *testing.T, v *visitor, view string) {
	t.Helper()
	if wide := ask[int](t, v, `Math.max(document.documentElement.scrollWidth, innerWidth)`); wide > 390 {
		t.Errorf("%s is %d wide on a phone of 390", view, wide)
	}
	if out := ask[[]string](t, v, `$$('body *').filter((el) => isShown(el) && !el.closest('.hero-art, .nav, svg') && (el.getBoundingClientRect().right > 391 || el.getBoundingClientRect().left < -1)).map((el) => el.outerHTML.slice(0, 100))`); len(out) > 0 {
		t.Errorf("%s: outside the screen: %v", view, out)
	}
	if cut := ask[[]string](t, v, `$$('button, .button, h1, h2, h3, .tag').filter((el) => isShown(el) && el.scrollWidth > el.clientWidth + 1 && getComputedStyle(el).display !== 'inline').map((el) => el.outerHTML.slice(0, 100))`); len(cut) > 0 {
		t.Errorf("%s: wider than its box: %v", view, cut)
	}
}

// touchable: on the screen, not covered, and large enough for a thumb.
func touchable(t *testing.T, v *visitor, id string) {
	t.Helper()
	if why := ask[string](t, v, `(() => {
		const el = $(`+quote(id)+`), r = el.getBoundingClientRect()
		if (r.top < 0 || r.left < 0 || r.bottom > innerHeight || r.right > innerWidth) return 'off the screen'
		if (r.width < 44 || r.height < 40) return r.width + ' x ' + r.height
		return el.contains(document.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2)) ? '' : 'covered'
	})()`); why != "" {
		t.Errorf("%s cannot be touched: %s", id, why)
	}
}
