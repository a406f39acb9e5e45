package edge

import (
	"encoding/json"

	"github.com/valyala/fasthttp"

	"github.com/lotse-edge/lotse/edge/forms"
	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/rules"
)

// answer is the body of POST /v1/decide's answer.
type answer struct {
	Visitor  string                 `json:"visitor,omitempty"`
	Verdicts []verdict              `json:"verdicts"`
	Slots    map[string]slotAnswer  `json:"slots,omitempty"`
	Form     *formAnswer            `json:"form,omitempty"`
	Scores   map[string]scoreAnswer `json:"scores,omitempty"`
	Segments *[]string              `json:"segments,omitempty"`
	Stage    string                 `json:"stage,omitempty"`
	Quadrant string                 `json:"quadrant,omitempty"`
	Persona  string                 `json:"persona,omitempty"`
	Faults   []faultAnswer          `json:"faults,omitempty"`
	Reasons  map[string]string      `json:"reasons,omitempty"`
	Policy   string                 `json:"policy"`
}

// verdict tells what became of one event, or of a part of the request: traits, what the server saw itself, a consent.
type verdict struct {
	Event   string         `json:"event,omitempty"`
	Part    string         `json:"part,omitempty"`
	Purpose string         `json:"purpose,omitempty"`
	Verdict string         `json:"verdict"`
	Reasons []string       `json:"reasons,omitempty"`
	Fields  []fieldVerdict `json:"fields,omitempty"`
}

type fieldVerdict struct {
	Field   string   `json:"field"`
	Verdict string   `json:"verdict"`
	Reasons []string `json:"reasons"`
}

type slotAnswer struct {
	Variant string            `json:"variant"`
	Control bool              `json:"control"`
	Content map[string]string `json:"content,omitempty"`
}

type scoreAnswer struct {
	Points  float64        `json:"points"`
	Band    string         `json:"band"`
	Reasons []reasonAnswer `json:"reasons,omitempty"`
}

type reasonAnswer struct {
	Reason string  `json:"reason"`
	Points float64 `json:"points"`
}

type formAnswer struct {
	Name      string           `json:"name"`
	Title     string           `json:"title"`
	Questions []forms.Question `json:"questions"`
	Remaining int              `json:"remaining"`
}

// faultAnswer says that a module's part of the answer is missing, and why.
type faultAnswer struct {
	Module string `json:"module"`
	Detail string `json:"detail"`
}

// verdictWords are the words of the API for what a policy decides of a field.
var verdictWords = [...]string{policies.Drop: "dropped", policies.Generalise: "generalised", policies.Keep: "kept"}

// sum is the verdict of a whole: kept when all of it is, dropped when its occurrence or all of its fields are.
func sum(occurrence policies.FieldVerdict, fields []fieldVerdict) string {
	if occurrence == policies.Drop {
		return "dropped"
	}
	for _, f := range fields {
		if f.Verdict != "kept" {
			return "reduced"
		}
	}
	return "kept"
}

// scoreAnswers renders the scores; their reasons only when asked for.
func scoreAnswers(outcome *rules.Outcome, reasons bool) map[string]scoreAnswer {
	scores := make(map[string]scoreAnswer, len(outcome.Scores))
	for _, score := range outcome.Scores {
		a := scoreAnswer{Points: score.Points, Band: score.Band}
		if reasons {
			a.Reasons = make([]reasonAnswer, 0, len(score.Reasons))
			for _, r := range score.Reasons {
				a.Reasons = append(a.Reasons, reasonAnswer{r.ID, r.Points})
			}
		}
		scores[score.Name] = a
	}
	return scores
}

// writeJSON sends a value with status 200. Answers are about one visitor, so no cache may keep them.
func writeJSON(ctx *fasthttp.RequestCtx, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	setJSON(ctx)
	ctx.SetBody(append(body, '\n'))
	return nil
}

func setJSON(ctx *fasthttp.RequestCtx) {
	ctx.SetContentType("application/json")
	ctx.Response.Header.Set("Cache-Control", "no-store")
}
