package edge

import (
	"strconv"

	"github.com/valyala/fasthttp"

	"github.com/lotse-edge/lotse/edge/content"
	"github.com/lotse-edge/lotse/edge/forms"
)

// answer builds what the client gets.
func (j *journey) answer() *answer {
	a := &answer{Verdicts: j.verdicts, Policy: j.site.policy.Digest(), Faults: j.faults}
	if a.Verdicts == nil {
		a.Verdicts = []verdict{}
	}
	j.chooseContent(a)
	j.nextQuestions(a)
	want := j.request.want
	if want.scores {
		a.Scores = scoreAnswers(&j.outcome, want.reasons)
		a.Quadrant = j.outcome.Quadrant
	}
	if want.segments {
		segments := append([]string{}, j.outcome.Segments...)
		a.Segments = &segments
		a.Persona = j.outcome.Traits["persona"]
	}
	if want.stage {
		a.Stage = j.outcome.Stage
	}
	if j.mayTell() {
		a.Visitor = j.server.signer.token(j.site.config.ID, j.id)
	}
	a.Reasons = reasonTexts(j.site.policy, j.reasons.ids, j.language)
	return a
}

// checkNames refuses slots and forms that the tenant does not have, before anything is done.
func (j *journey) checkNames() error {
	for i, name := range j.request.slots {
		if _, ok := j.site.config.SlotByName(name); !ok {
			return invalidBody("/slots/"+strconv.Itoa(i), "The tenant has no such slot.")
		}
	}
	if j.request.form != "" {
		if _, ok := j.site.config.FormByName(j.request.form); !ok {
			return invalidBody("/form", "The tenant has no such form.")
		}
	}
	return nil
}

func (j *journey) chooseContent(a *answer) {
	if len(j.request.slots) == 0 {
		return
	}
	visitor := content.Visitor{
		Stage: j.outcome.Stage, Quadrant: j.outcome.Quadrant, Persona: j.outcome.Traits["persona"], Segments: j.outcome.Segments,
		Profiled: j.profiled, Language: j.language,
	}
	if !j.profile.Empty() {
		visitor.ID = j.id[:]
	}
	a.Slots = make(map[string]slotAnswer, len(j.request.slots))
	for _, name := range j.request.slots {
		slot, _ := j.site.config.SlotByName(name) // checkNames found it
		choice := content.Choose(j.site.config, slot, visitor)
		a.Slots[name] = slotAnswer{choice.Variant, choice.Control, choice.Body}
	}
}

func (j *journey) nextQuestions(a *answer) {
	if j.request.form == "" {
		return
	}
	form, _ := j.site.config.FormByName(j.request.form)
	questions, remaining := forms.Next(j.site.config, form, j.knows, j.wasAsked, j.language)
	if questions == nil {
		questions = []forms.Question{}
	}
	a.Form = &formAnswer{Name: form.Name, Title: form.Title.In(j.language, j.site.config.Languages[0]), Questions: questions, Remaining: remaining}
}

// knows tells whether the answer to a question is known: stored, or given in this request.
func (j *journey) knows(name string) bool {
	_, _, ok := j.present(name)
	return ok
}

// wasAsked tells whether the visitor answered a question or passed it over before, or does so now.
func (j *journey) wasAsked(name string) bool {
	for _, declined := range j.request.declined {
		if declined == name {
			return true
		}
	}
	field, ok := j.site.config.FieldByName(name)
	return ok && j.profile.WasAsked(field.ID)
}

// mayTell tells whether the caller may learn the visitor's token: something is stored under it, and either the caller is
// the tenant's server or a purpose permits storage on the device.
func (j *journey) mayTell() bool {
	return !j.profile.Empty() && (j.trusted || j.devicePurposes()&(j.held()|j.standing()) != 0)
}

// standing gives the purposes with a consent that holds.
func (j *journey) standing() (set uint32) {
	for i := range j.profile.Consents {
		set |= 1 << j.profile.Consents[i].Purpose
	}
	var permitted uint32
	for i := range j.rows {
		if j.rows[i].Row.Permit {
			permitted |= 1 << j.rows[i].Bit
		}
	}
	return set & permitted
}

// sendToken sets the cookie when it may be there, and takes it back when it may not be there any more. The token is empty
// when the caller may not learn it.
func (j *journey) sendToken(ctx *fasthttp.RequestCtx, token string) {
	if j.trusted {
		return
	}
	switch secure, id := j.server.secure(ctx), j.site.config.ID; {
	case token != "":
		if !j.cookie {
			setVisitorCookie(ctx, id, token, secure)
		}
	case (j.cookie || j.stale) && !j.profile.Restricted: // restricted data stays within the visitor's reach
		clearVisitorCookie(ctx, id, secure)
	}
}
