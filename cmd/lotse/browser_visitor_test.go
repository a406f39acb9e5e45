//go:build browser

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// patience is how long a condition may take to come true on a busy machine.
const patience = 20 * time.Second

// visitor is one browser profile of its own, with one window.
type visitor struct {
	shop *shop
	ctx  context.Context
}

// helpers are what the tests ask the page with. $ finds by data-testid.
const helpers = `
window.$ = (id) => document.querySelector('[data-testid="' + id + '"]')
window.$$ = (selector, root) => [...(root ?? document).querySelectorAll(selector)]
window.isShown = (el) => !!el && el.getClientRects().length > 0 && getComputedStyle(el).visibility === 'visible'
window.isWords = (s) => s.includes(' ') && !/(^| )[a-z_]+(\.[a-z_]+)+( |$)/.test(s)
window.textOf = (id) => $(id)?.textContent.trim() ?? ''
`

// visitor opens a profile with empty storage.
func (s *shop) visitor(t *testing.T, width, height int64, options ...chromedp.EmulateViewportOption) *visitor {
	t.Helper()
	ctx, cancel := chromedp.NewContext(s.browser, chromedp.WithNewBrowserContext(), chromedp.WithListener(s.watch))
	s.end(cancel)
	v := &visitor{s, ctx}
	v.do(t, chromedp.EmulateViewport(width, height, options...))
	// Without motion a screenshot shows the end of it, and a click finds its button where it was looked for.
	if _, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}},
	}); err != nil {
		t.Fatal(err)
	}
	return v
}

func (s *shop) desktop(t *testing.T) *visitor { return s.visitor(t, 1280, 860) }

func (s *shop) phone(t *testing.T) *visitor {
	return s.visitor(t, 390, 844, chromedp.EmulateMobile, chromedp.EmulateTouch)
}

func (v *visitor) do(t *testing.T, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	if chromedp.FromContext(v.ctx).Target == nil {
		ctx = v.ctx // a limit on the first step would be the window's own
	}
	if err := chromedp.Do(ctx, steps...); err != nil {
		v.fail(t, "%v", err)
	}
}

// fail ends the test with a picture of what the visitor saw.
func (v *visitor) fail(t *testing.T, format string, args ...any) {
	t.Helper()
	if image, err := v.capture(); err == nil {
		_ = os.WriteFile(filepath.Join(v.shop.shots, "failed.png"), image, 0o644)
	}
	t.Fatalf(format, args...)
}

// open goes to an address of the shop and waits until the edge has answered what to show.
func (v *visitor) open(t *testing.T, path string) {
	t.Helper()
	v.do(t, chromedp.Navigate(v.shop.address+path))
	v.answered(t)
}

func (v *visitor) reload(t *testing.T) {
	t.Helper()
	v.do(t, chromedp.Reload())
	v.answered(t)
}

// answered waits for the first answer: calls go out in order, so that of the consent has come too.
func (v *visitor) answered(t *testing.T) {
	t.Helper()
	v.until(t, "the edge chose the page's contents", `$$('[data-slot]').length > 0 && $$('[data-slot]').every((s) => s.dataset.variant)`)
}

// ask evaluates an expression in the page.
func ask[T any](t *testing.T, v *visitor, expression string) T {
	t.Helper()
	value, err := try[T](v, expression)
	if err != nil {
		v.fail(t, "%s: %v", expression, err)
	}
	return value
}

func try[T any](v *visitor, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T]("{"+helpers+"}\n("+expression+")", chromedp.EvalAwaitPromise))
}

// script runs a line in the page for its effect: scrolling to what a picture is to show, mostly.
func (v *visitor) script(t *testing.T, line string) {
	t.Helper()
	ask[bool](t, v, "(() => { "+line+"; return true })()")
}

// until waits for a condition. An error means that the page is just being replaced, and is not yet an answer.
func (v *visitor) until(t *testing.T, what, condition string) {
	t.Helper()
	var err error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(15 * time.Millisecond) {
		var ok bool
		if ok, err = try[bool](v, "!!("+condition+")"); ok {
			return
		}
	}
	v.fail(t, "not within %s: %s (%v)", patience, what, err)
}

// click presses the mouse in the middle of an element, once nothing covers it. Tests that name an element by more than its
// data-testid give a selector.
func (v *visitor) click(t *testing.T, id string) {
	t.Helper()
	v.clickOn(t, `[data-testid="`+id+`"]`)
}

func (v *visitor) clickOn(t *testing.T, selector string) {
	t.Helper()
	type place struct {
		X, Y  float64
		Cover string
	}
	var at place
	// Nobody clicks what is still moving: it must be twice at the same place.
	for deadline := time.Now().Add(patience); ; time.Sleep(30 * time.Millisecond) {
		before := at
		var err error
		at, err = try[place](v, `(() => {
			const el = document.querySelector(`+quote(selector)+`)
			if (!isShown(el) || el.disabled) return {Cover: 'it is not there'}
			el.scrollIntoView({block: 'center', behavior: 'instant'})
			const r = el.getBoundingClientRect(), x = r.x + r.width / 2, y = r.y + r.height / 2
			const top = document.elementFromPoint(x, y)
			return {X: x, Y: y, Cover: top && (el.contains(top) || top.contains(el) && top.matches('label')) ? '' : 'covered by ' + (top ? top.outerHTML.slice(0, 80) : 'nothing')}
		})()`)
		if err == nil && at.Cover == "" && at == before {
			break
		}
		if time.Now().After(deadline) {
			v.fail(t, "cannot click %s: %s %v", selector, at.Cover, err)
		}
	}
	v.do(t, chromedp.MouseClickXY(at.X, at.Y))
}

// press sends one key to whatever has the focus.
func (v *visitor) press(t *testing.T, key string, options ...chromedp.KeyOption) {
	t.Helper()
	v.do(t, chromedp.KeyEvent(key, options...))
}

// tabTo presses Tab until the element has the focus, as one without a mouse does.
func (v *visitor) tabTo(t *testing.T, id string) {
	t.Helper()
	var way []string
	for range 80 {
		v.press(t, kb.Tab)
		at := ask[string](t, v, `document.activeElement.dataset.testid ?? document.activeElement.tagName`)
		if at == id {
			return
		}
		way = append(way, at)
	}
	v.fail(t, "Tab does not reach %s: %v", id, way)
}

// cookies are all that the browser would send to the shop.
func (v *visitor) cookies(t *testing.T) []*network.Cookie {
	t.Helper()
	answer, err := chromedp.Call(v.ctx, network.GetCookies, network.GetCookiesParams{URLs: []string{v.shop.address + "/v1/decide"}})
	if err != nil {
		v.fail(t, "%v", err)
	}
	return answer.Cookies
}

// stored is what scripts left on the device.
func (v *visitor) stored(t *testing.T) map[string]string {
	t.Helper()
	return ask[map[string]string](t, v, `indexedDB.databases().then((d) => Object.assign({}, ...d.map((x) => ({['db ' + x.name]: ''})), {...localStorage}, {...sessionStorage}, document.cookie ? {cookie: document.cookie} : {}))`)
}

// openDrawer opens "What do you know about me?" and waits until it tells.
func (v *visitor) openDrawer(t *testing.T) {
	t.Helper()
	v.fresh(t, func() { v.click(t, "drawer-open") })
}

// fresh does something upon which the drawer reads the profile anew, and waits until it shows it. Until then the drawer
// shows what was read before, so the page's own state has to tell.
func (v *visitor) fresh(t *testing.T, act func()) {
	t.Helper()
	ask[bool](t, v, `import('/client.js').then(({state}) => { window.state = state; window.readBefore = state.profile; return true })`)
	act()
	v.until(t, "the drawer tells", `$('drawer').open && state.profile && state.profile !== readBefore && $$('.purposes li').length > 0`)
}

func (v *visitor) closeDrawer(t *testing.T) {
	t.Helper()
	v.click(t, "drawer-close")
	v.until(t, "the drawer is closed", `!$('drawer').open`)
}

// points is a score as the drawer shows it.
func (v *visitor) points(t *testing.T, score string) float64 {
	t.Helper()
	return ask[float64](t, v, `Number($('score-`+score+`')?.dataset.points ?? 0)`)
}

// shot keeps a picture of the window.
func (v *visitor) shot(t *testing.T, name string) {
	t.Helper()
	v.until(t, "pictures are there", `$$('img').every((i) => i.complete || i.loading === 'lazy' && i.getBoundingClientRect().top > innerHeight)`)
	// Two frames: what the last step changed is painted in the first.
	ask[bool](t, v, `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))`)
	image, err := v.capture()
	if err != nil {
		v.fail(t, "%v", err)
	}
	if err := os.WriteFile(filepath.Join(v.shop.shots, name+".png"), image, 0o644); err != nil {
		t.Fatal(err)
	}
}

func (v *visitor) capture() ([]byte, error) {
	ctx, cancel := context.WithTimeout(v.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.CaptureScreenshot())
}

func quote(s string) string {
	raw, err := json.Marshal(s)
	if err != nil {
		panic(fmt.Sprintf("BUG: a string that is no JSON: %v", err))
	}
	return string(raw)
}
