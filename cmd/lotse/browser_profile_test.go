//go:build browser

package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// neverAskedTwice answers the form to its end: two questions at a time, one pair declined, two reloads between.
func neverAskedTwice(t *testing.T, v *visitor) {
	var all []string
	for round := 1; ; round++ {
		fields := questions(t, v)
		for _, field := range fields {
			if slices.Contains(all, field) {
				v.fail(t, "round %d asks for %s again; asked before: %v", round, field, all)
			}
		}
		if len(fields) == 0 || len(fields) > 2 {
			v.fail(t, "round %d shows %d questions: %v", round, len(fields), fields)
		}
		all = append(all, fields...)
		if round == 1 {
			v.clickOn(t, "#welcome h2")
			v.shot(t, "04-form-first")
		}
		if round == 3 {
			v.click(t, "form-skip") // declined: asked all the same
		} else {
			fillIn(t, v, fields)
			v.click(t, "form-submit")
		}
		v.until(t, "the form says thanks", `isShown($('form-thanks'))`)
		if round <= 2 {
			v.shot(t, fmt.Sprintf("04-form-thanks-%d", round))
		}
		if round == 2 || round == 3 {
			v.reload(t)
			v.until(t, "the form is back", `isShown($('form-submit')) || isShown($('form-thanks'))`)
		}
		if ask[bool](t, v, `isShown($('form-submit'))`) {
			continue
		}
		if !ask[bool](t, v, `isShown($('form-more'))`) {
			break
		}
		v.click(t, "form-more")
		v.until(t, "the next questions", `isShown($('form-submit'))`)
		if round == 1 {
			v.shot(t, "04-form-second")
		}
	}
	if len(all) < 8 {
		t.Errorf("only %d questions came: %v", len(all), all)
	}
	v.shot(t, "04-form-end")
	v.reload(t)
	if left := questions(t, v); len(left) != 0 {
		t.Errorf("after the end and a reload the form asks for %v", left)
	}
	t.Logf("asked once each: %v", all)
}

func questions(t *testing.T, v *visitor) []string {
	t.Helper()
	return ask[[]string](t, v, `$$('#welcome [data-testid^="form-field-"]').map((el) => el.name)`)
}

// fillIn types an answer to each question, or takes the first that is offered.
func fillIn(t *testing.T, v *visitor, fields []string) {
	t.Helper()
	for _, field := range fields {
		switch kind := ask[string](t, v, `$(`+quote("form-field-"+field)+`).type`); kind {
		case "select-one":
			v.script(t, `$(`+quote("form-field-"+field)+`).focus()`)
			v.press(t, kb.ArrowDown)
			v.until(t, field+" is chosen", `$(`+quote("form-field-"+field)+`).selectedIndex === 1`)
		default:
			answer := map[string]string{"email": "gast@example.org", "number": "1200"}[kind]
			if answer == "" {
				answer = "Zur Linde"
			}
			v.click(t, "form-field-"+field)
			v.do(t, chromedp.KeyEvent(answer))
		}
	}
}

// stored gives the purposes of each stored value, by the field's name, as the drawer shows them.
func storedPurposes(t *testing.T, v *visitor) map[string]string {
	t.Helper()
	return ask[map[string]string](t, v, `Object.fromEntries($$('[data-testid^="stored-"][data-value]').map((li) => [li.dataset.testid.slice(7), li.querySelector('dd').textContent]))`)
}

func whatIsStored(t *testing.T, v *visitor) {
	v.openDrawer(t)
	stored := storedPurposes(t, v)
	for _, field := range []string{"email", "customer_type", "wine_style"} {
		if _, ok := stored[field]; !ok {
			t.Errorf("%s was answered and is not shown as stored", field)
		}
	}
	// Each value: what for, why in plain words, how collected, and a day until when.
	if bad := ask[string](t, v, `$$('[data-testid^="stored-"][data-value]').filter((li) => {
		const [purposes, why, how, long] = $$('dd', li).map((d) => d.textContent)
		return !purposes || !isWords(why) || !how || !/\d+\.\d+\.20\d\d/.test(long ?? '')
	}).map((li) => li.textContent).join('\n')`); bad != "" {
		t.Errorf("shown without purpose, reason, provenance or date:\n%s", bad)
	}
	// Scores and reasons are told in the words of the rules, which come with the profile.
	v.until(t, "reasons in words", `$('score-interest').querySelector('.value span').textContent === 'Interesse' && !!document.querySelector('[data-reason="page"][title]')`)
	if got := ask[string](t, v, `$$('.reasons li').map((li) => li.dataset.reason + ': ' + li.querySelector('span').textContent).join('; ')`); !strings.Contains(got, "page: Seiten angesehen") {
		t.Errorf("reasons: %s", got)
	}
	if !ask[bool](t, v, `$$('[data-testid="history"] li').length >= 3 && $$('[data-testid="history"] time').every((e) => e.dateTime && e.textContent)`) {
		t.Error("the history of consent is not shown with its dates")
	}
	v.script(t, `document.querySelector('.drawer-body').scrollTo(0, 0)`)
	v.shot(t, "05-drawer")
	v.script(t, `$$('[data-testid^="event-"]').at(-1).scrollIntoView({block: 'center'})`)
	v.shot(t, "05-drawer-events")
	v.closeDrawer(t)
}

func withdrawProfiling(t *testing.T, v *visitor) {
	const profiling = "Persönliche Empfehlungen"
	v.openDrawer(t)
	v.fresh(t, func() { v.click(t, "withdraw-profiling") })
	v.until(t, "the withdrawal is on record", `$('status-profiling').dataset.status === 'withdrawn' && isShown($('status-good'))`)
	v.shot(t, "05-withdrawn-profiling")
	stored := storedPurposes(t, v)
	for _, field := range []string{"wine_style", "occasion", "need", "budget", "authority"} {
		if _, ok := stored[field]; ok {
			t.Errorf("%s served recommendations only and is still stored", field)
		}
	}
	for field, purposes := range stored {
		if purposes == "" || purposes == profiling {
			t.Errorf("%s is still stored for %q", field, purposes)
		}
	}
	if _, ok := stored["email"]; !ok {
		t.Error("the e-mail address serves other purposes and is gone")
	}
	if !ask[bool](t, v, `!$('score-interest') && !$('score-fit') && $$('[data-testid^="segment-"]').length === 0`) {
		t.Error("scores or groups outlive the withdrawal")
	}
	v.closeDrawer(t)
	if got := ask[string](t, v, `$('slot-hero').dataset.variant`); got != "welcome" {
		t.Errorf("after the withdrawal the hero shows %q", got)
	}
	if got := ask[string](t, v, `document.querySelector('[data-testid="slot-hero"] h1').textContent`); got != "Wein vom Lotsenberg" {
		t.Errorf("after the withdrawal the hero says %q", got)
	}
}

// withdrawAll leaves what the contract needs (the registration for the tasting, the contact that belongs to it), and the
// cookie that leads to it.
func withdrawAll(t *testing.T, v *visitor) {
	v.openDrawer(t)
	v.fresh(t, func() { v.click(t, "withdraw-all") })
	v.until(t, "everything is withdrawn", `['analytics', 'profiling', 'marketing'].every((p) => $('status-' + p).dataset.status === 'withdrawn')`)
	v.shot(t, "05-withdrawn-all")
	for field, purposes := range storedPurposes(t, v) {
		if purposes != "Bestellung und Betrieb" {
			t.Errorf("%s is still stored for %q", field, purposes)
		}
	}
	if bad := ask[string](t, v, `$$('[data-testid^="event-"]').filter((li) => li.querySelector('dd').textContent !== 'Bestellung und Betrieb').map((li) => li.textContent).join('; ')`); bad != "" {
		t.Errorf("events that are still stored: %s", bad)
	}
	if !ask[bool](t, v, `!$('event-webinar_registered') === (textOf('stored-none') === 'Über Sie ist nichts gespeichert.')`) {
		t.Error("the drawer says that nothing is stored, and shows an event")
	}
	if ask[bool](t, v, `!!$('event-page_view') || !!$('event-click')`) {
		t.Error("page views or clicks outlive the withdrawal of all")
	}
	v.closeDrawer(t)
	if n := len(v.cookies(t)); n != 1 {
		t.Errorf("%d cookies while the contract's data is stored", n)
	}
	v.reload(t)
	if ask[bool](t, v, `isShown($('banner'))`) {
		t.Error("the banner asks again after a withdrawal")
	}
}

// withdrawEverything is the visitor who only looked around: nothing is left, and the cookie goes with it.
func withdrawEverything(t *testing.T, v *visitor) {
	v.open(t, "/")
	v.click(t, "banner-accept")
	v.until(t, "the answer is taken", `!isShown($('banner')) && isShown($('status-good'))`)
	if n := len(v.cookies(t)); n != 1 {
		v.fail(t, "%d cookies after agreeing", n)
	}
	v.openDrawer(t)
	v.fresh(t, func() { v.click(t, "withdraw-all") })
	v.until(t, "nothing is left", `!!$('stored-none') && !!$('derived-none') && $$('[data-testid^="event-"]').length === 0`)
	v.shot(t, "05-nothing-left")
	v.closeDrawer(t)
	if cookies := v.cookies(t); len(cookies) != 0 {
		t.Errorf("the cookie %s outlives what it led to", cookies[0].Name)
	}
}

// privacySignal is the visitor whose browser sends Global Privacy Control: a click on "agree" is not enough, an explicit
// yes to one purpose is.
func privacySignal(t *testing.T, v *visitor) {
	if _, err := chromedp.Call(v.ctx, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{
		Headers: network.Headers{"Sec-GPC": "1"},
	}); err != nil {
		t.Fatal(err)
	}
	v.open(t, "/")
	v.until(t, "the banner knows of the signal", `isShown($('banner-gpc'))`)
	v.shot(t, "05-privacy-signal")
	v.click(t, "banner-accept")
	v.until(t, "there is an answer", `isShown($('status-good'))`)
	if !ask[bool](t, v, `isShown($('banner-purpose-profiling')) && textOf('status-good').includes('Global Privacy Control')`) {
		t.Error("the page does not say that a plain yes did not count")
	}
	v.openDrawer(t)
	if !ask[bool](t, v, `!!$('stored-none') && !!$('derived-none') && $('tally').dataset.kept === '0'`) {
		t.Error("a plain yes beats the browser's signal")
	}
	v.closeDrawer(t)
	v.click(t, "banner-purpose-profiling")
	v.shot(t, "05-privacy-signal-choose")
	v.click(t, "banner-save")
	v.until(t, "the choice is taken", `!isShown($('banner')) && isShown($('status-good'))`)
	v.openDrawer(t)
	if !ask[bool](t, v, `$('status-profiling').dataset.status === 'explicit' && $('status-analytics').dataset.status !== 'given' && !!$('count-page_view') && !!$('score-interest')`) {
		t.Error("an explicit yes does not count against the browser's signal")
	}
	v.shot(t, "05-privacy-signal-explicit")
	v.closeDrawer(t)
}

func switchLanguage(t *testing.T, v *visitor) {
	v.open(t, "/")
	words := func() map[string]string {
		t.Helper()
		return ask[map[string]string](t, v, `({
			language: document.documentElement.lang, page: document.title, nav: textOf('nav-wines'), accept: textOf('banner-accept'),
			hero: document.querySelector('[data-testid="slot-hero"] [data-part="title"]').textContent,
			recommendation: document.querySelector('[data-testid="slot-recommendation"] [data-part="text"]').textContent,
			offer: document.querySelector('[data-testid="slot-offer"] [data-part="title"]').textContent,
			form: document.querySelector('#welcome h2').textContent, label: document.querySelector('#welcome label').textContent,
			purpose: document.querySelector('.banner-purposes li strong').textContent, wine: textOf('wine-riesling-sekt'),
		})`)
	}
	v.click(t, "banner-choose")
	v.until(t, "the purposes show", `$$('.banner-purposes li').length > 1`)
	v.shot(t, "06-german")
	german := words()
	v.click(t, "lang-en")
	v.until(t, "the shop and the edge speak English", `document.querySelector('[data-testid="slot-hero"] h1').textContent === 'Wine from the Lotsenberg' && document.querySelector('.banner-purposes strong').textContent === 'Orders and operation'`)
	v.shot(t, "06-english")
	english := words()
	for part, text := range german {
		if text == "" || english[part] == "" || text == english[part] {
			t.Errorf("%s: %q in German, %q in English", part, text, english[part])
		}
	}
	// These words are the tenant's only, the shop's own are shorter.
	if got := english["recommendation"]; !strings.HasSuffix(got, "Lemon, slate, a long summer.") {
		t.Errorf("the edge's recommendation in English: %q", got)
	}
	v.openDrawer(t)
	if bad := ask[string](t, v, `$$('[data-testid="dropped-item"] small').filter((s) => !/\b(the|no|not|is|you|without)\b/i.test(s.textContent)).map((s) => s.textContent).join('; ')`); bad != "" {
		t.Errorf("reasons that are not in English: %s", bad)
	}
	v.closeDrawer(t)
	v.reload(t)
	if got := ask[string](t, v, `document.documentElement.lang + ' ' + textOf('nav-wines')`); got != "en Wines" {
		t.Errorf("after a reload the page is %q", got)
	}
	v.click(t, "lang-de")
	v.until(t, "German again", `document.querySelector('[data-testid="slot-hero"] h1').textContent === 'Wein vom Lotsenberg'`)
	if stored := v.stored(t); len(stored) != 0 {
		t.Errorf("the language is stored on the device: %v", stored)
	}
}
