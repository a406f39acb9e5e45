//go:build browser

package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
)

// TestBrowser drives the demo with a real Chromium as a visitor would: CHROMIUM is its path, LOTSE_SCREENSHOTS a folder
// that keeps the pictures. The steps tell one story and run in order.
func TestBrowser(t *testing.T) {
	s := openShop(t)

	shy := s.desktop(t)
	t.Run("first visit", func(t *testing.T) { firstVisit(t, shy) })
	t.Run("refuse", func(t *testing.T) { refuse(t, shy) })

	var guest *visitor
	if t.Run("agree and browse", func(t *testing.T) { guest = agree(t, s) }) {
		t.Run("form", func(t *testing.T) { neverAskedTwice(t, guest) })
		t.Run("drawer", func(t *testing.T) { whatIsStored(t, guest) })
		t.Run("withdraw profiling", func(t *testing.T) { withdrawProfiling(t, guest) })
		t.Run("withdraw all", func(t *testing.T) { withdrawAll(t, guest) })
	}
	t.Run("withdraw all that was given", func(t *testing.T) { withdrawEverything(t, s.desktop(t)) })
	t.Run("privacy signal", func(t *testing.T) { privacySignal(t, s.desktop(t)) })
	t.Run("language", func(t *testing.T) { switchLanguage(t, s.desktop(t)) })
	t.Run("keyboard", func(t *testing.T) { keyboardOnly(t, s.desktop(t)) })
	t.Run("accessible", func(t *testing.T) { accessible(t, s.desktop(t)) })
	t.Run("phone", func(t *testing.T) { phone(t, s.phone(t)) })

	t.Run("no fault", func(t *testing.T) {
		s.mu.Lock()
		defer s.mu.Unlock()
		slices.Sort(s.faults)
		for _, fault := range slices.Compact(s.faults) {
			t.Error(fault)
		}
		if s.seen == 0 {
			t.Errorf("no request was seen: nobody watched")
		}
	})
}

func firstVisit(t *testing.T, v *visitor) {
	v.open(t, "/")
	v.until(t, "the banner shows", `isShown($('banner'))`)
	v.shot(t, "01-first-visit")

	type look struct {
		Parent        bool
		Place, Styles string
	}
	same := ask[look](t, v, `(() => {
		const [yes, no] = [$('banner-accept'), $('banner-refuse')]
		const names = ['width', 'height', 'fontSize', 'fontWeight', 'fontFamily', 'color', 'backgroundColor', 'backgroundImage', 'borderTopWidth', 'borderTopColor', 'borderRadius', 'opacity', 'boxShadow', 'textDecorationLine', 'transform']
		const [a, b] = [yes, no].map((el) => ({r: el.getBoundingClientRect(), c: getComputedStyle(el)}))
		return {
			Parent: yes.parentElement === no.parentElement && yes.tagName === 'BUTTON' && no.tagName === 'BUTTON' && yes.className === no.className,
			Place: ['top', 'width', 'height'].filter((n) => Math.abs(a.r[n] - b.r[n]) > 0.5).join(' '),
			Styles: names.filter((n) => a.c[n] !== b.c[n]).join(' '),
		}
	})()`)
	if !same.Parent || same.Place != "" || same.Styles != "" {
		t.Errorf("agreeing and refusing differ: same level %t, place %q, styles %q", same.Parent, same.Place, same.Styles)
	}
	if n := ask[int](t, v, `$$('.banner input:checked').length`); n != 0 {
		t.Errorf("%d boxes are ticked beforehand", n)
	}
	leavesNothing(t, v)

	v.openDrawer(t)
	if n := ask[int](t, v, `$$('[data-testid="dropped-item"]').length`); n == 0 {
		v.fail(t, "the drawer lists nothing that was dropped")
	}
	if bad := ask[string](t, v, `$$('[data-testid="dropped-item"]').filter((li) => !li.dataset.reason.split(' ').includes('consent.none') || !isWords(li.querySelector('small').textContent)).map((li) => li.textContent).join('; ')`); bad != "" {
		t.Errorf("dropped without the reason in words: %s", bad)
	}
	if !ask[bool](t, v, `!!$('stored-none') && !!$('derived-none') && !$('stage')`) {
		t.Error("something is stored or concluded before any answer")
	}
	v.shot(t, "01-first-visit-drawer")
	v.script(t, `$('dropped').scrollIntoView({block: 'end'})`)
	v.shot(t, "01-first-visit-dropped")
	v.closeDrawer(t)
	leavesNothing(t, v)
}

func refuse(t *testing.T, v *visitor) {
	v.click(t, "banner-refuse")
	v.until(t, "the banner is gone", `!isShown($('banner')) && isShown($('status-good'))`)
	v.shot(t, "02-refused")
	v.reload(t)
	if ask[bool](t, v, `isShown($('banner'))`) {
		t.Error("the banner is back after a reload")
	}
	v.click(t, "nav-wines")
	v.click(t, "wine-riesling-sekt")
	v.until(t, "the wine's page", `isShown($('add-to-cart'))`)
	v.click(t, "nav-home")
	v.openDrawer(t)
	if !ask[bool](t, v, `!!$('stored-none') && !!$('derived-none') && $('tally').dataset.kept === '0'`) {
		t.Error("something is kept after a refusal")
	}
	if !ask[bool](t, v, `['analytics', 'profiling', 'marketing'].every((p) => $('status-' + p).dataset.kind === 'refused' && !$('withdraw-' + p))`) {
		t.Error("the drawer asks again, or does not know of the refusal")
	}
	v.closeDrawer(t)
	if got := ask[string](t, v, `$('slot-hero').dataset.variant`); got != "welcome" {
		t.Errorf("the hero shows %q to one who refused", got)
	}
	if cookies := v.cookies(t); len(cookies) != 0 {
		t.Errorf("a cookie after a refusal: %s", cookies[0].Name)
	}
	// All that stays is a flag without any id: without it, the page would ask again at each visit.
	if stored := v.stored(t); len(stored) != 1 || stored["lotse-demo-refused"] != "1" {
		t.Errorf("on the device after a refusal: %v", stored)
	}
}

func leavesNothing(t *testing.T, v *visitor) {
	t.Helper()
	if cookies := v.cookies(t); len(cookies) != 0 {
		t.Errorf("a cookie before any answer: %s", cookies[0].Name)
	}
	if stored := v.stored(t); len(stored) != 0 {
		t.Errorf("on the device before any answer: %v", stored)
	}
}

// agree gives a visitor who agreed and looked around. One in ten is in the hero's control group and sees no other content
// than strangers do: such a one is let go.
func agree(t *testing.T, s *shop) *visitor {
	for range 9 {
		v := s.desktop(t)
		v.open(t, "/")
		v.click(t, "banner-accept")
		v.until(t, "the answer is taken", `!isShown($('banner')) && isShown($('status-good'))`)
		if ask[bool](t, v, `$('slot-hero').dataset.control === 'true'`) {
			continue
		}
		browse(t, v)
		return v
	}
	t.Fatal("nine visitors in a row are in the control group of one in ten")
	return nil
}

func browse(t *testing.T, v *visitor) {
	cookies := v.cookies(t)
	if len(cookies) != 1 {
		v.fail(t, "%d cookies after agreeing", len(cookies))
	}
	if c := cookies[0]; !c.HTTPOnly || c.SameSite != network.CookieSameSiteLax || c.Path != "/" || c.Session {
		t.Errorf("the cookie %s: HttpOnly %t, SameSite %s, path %s, session %t", c.Name, c.HTTPOnly, c.SameSite, c.Path, c.Session)
	}
	if stored := v.stored(t); len(stored) != 0 {
		t.Errorf("scripts can read: %v", stored)
	}
	if got := ask[string](t, v, `$('slot-hero').dataset.variant`); got != "welcome" {
		t.Errorf("the hero begins with %q", got)
	}
	v.openDrawer(t)
	before := v.points(t, "interest")
	v.closeDrawer(t)
	v.shot(t, "03-agreed")

	v.click(t, "nav-wines")
	v.click(t, "filter-sparkling")
	v.shot(t, "03-wines")
	v.click(t, "filter-all")
	v.click(t, "wine-riesling-kabinett")
	v.click(t, "diary")
	v.shot(t, "03-wine")
	v.click(t, "nav-tasting")
	v.click(t, "register-slate-and-riesling")
	v.until(t, "the tasting is noted", `isShown($('status-good')) && $('status-good').textContent.includes('Schiefer')`)
	v.shot(t, "03-tasting")
	v.click(t, "nav-home")
	v.until(t, "the hero follows", `$('slot-hero').dataset.variant === 'tasting-tips'`)
	v.clickOn(t, `[data-testid="status-good"] .close`)
	v.script(t, `scrollTo(0, 0)`)
	v.shot(t, "03-hero")

	v.openDrawer(t)
	v.until(t, "the views are counted", `$('count-page_view') && Number.parseInt($('count-page_view').textContent) >= 4`)
	if after := v.points(t, "interest"); after < before+15 {
		t.Errorf("interest went from %g to %g: views, a click and a tasting are worth more", before, after)
	}
	if stage := ask[string](t, v, `$('stage')?.dataset.stage ?? ''`); stage != "lead" {
		t.Errorf("the stage is %q", stage)
	}
	if reasons := ask[string](t, v, `$$('.reasons li').map((li) => li.dataset.reason + ':' + li.querySelector('span').textContent).join(' ')`); !strings.Contains(reasons, "webinar:zur Probe angemeldet") {
		t.Errorf("the score's reasons: %s", reasons)
	}
	v.script(t, `$('score-interest').scrollIntoView({block: 'start'})`)
	v.shot(t, "03-drawer")
	v.closeDrawer(t)
}
