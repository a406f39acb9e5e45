package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"

	"github.com/lotse-edge/lotse/edge"
)

const reportAbout = `
Prints what a tenant's profiles look like as numbers: the funnel, the bands of each score, lead quality, segments, and how
many may be used for which purpose. Where an outcome is known, it also tells how well each score puts those with the outcome
first, in words and in figures: by the score's bands, as a lift table of about ten groups (those with the same points stay together),
the area under the ROC curve with a 95 % interval after Hanley and McNeil, and the curve of cumulative gains. "Positive" is who has
the outcome; "lift" is how many times as often as among all.

  lotse report --tenant winery
  lotse report --tenant winery --score interest --svg interest.svg`

// measured is one score held against the outcome.
type measured struct {
	Score    string      `json:"score"`
	Leads    int         `json:"leads"`
	Positive int         `json:"positives"`
	Rate     float64     `json:"rate"`
	Area     *area       `json:"area,omitempty"` // none when all outcomes are the same
	Bands    []bandRate  `json:"bands,omitempty"`
	Lift     []liftGroup `json:"lift"`
	Gains    []gainPoint `json:"gains"`
}

func reportCommand() command {
	return command{"report", "print the funnel, the scores, and how well they rank", runReport}
}

func runReport(ctx context.Context, env *environment, args []string) int {
	f := newFlags(env, "report", "", reportAbout)
	tenant := f.String("tenant", "", "`id` of the tenant")
	score := f.String("score", "", "measure this `score` only")
	svg := f.String("svg", "", "also write the curve of cumulative gains to this `file`")
	asJSON := f.Bool("json", false, "print JSON")
	admin := f.admin()
	if _, exit, ok := f.parse(args, 0); !ok {
		return exit
	}
	if *tenant == "" {
		return f.misuse("needs --tenant")
	}
	c, err := admin.client(env)
	if err != nil {
		return env.fail("report", err)
	}
	var r edge.Report
	path := "/admin/v1/tenants/" + url.PathEscape(*tenant) + "/report"
	if err := c.call(ctx, http.MethodGet, path, nil, "", nil, &r); err != nil {
		return env.fail("report", err)
	}
	scores, err := measure(&r, *score)
	if err != nil {
		return env.fail("report", err)
	}
	if *svg != "" {
		if len(scores) == 0 {
			return env.fail("report", errors.New("no outcome is known, so there is no curve to draw"))
		}
		if err := writeAtomic(env.path(*svg), appendGainsSVG(nil, r.Outcome.Field, scores), 0o644); err != nil {
			return env.fail("report", fmt.Errorf("write the curve: %w", err))
		}
	}
	if *asJSON {
		raw, err := json.MarshalIndent(struct {
			edge.Report
			Measured []measured `json:"measured,omitempty"`
		}{r, scores}, "", "  ")
		if err != nil {
			return env.fail("report", err)
		}
		fmt.Fprintf(env.stdout, "%s\n", raw)
		return exitOK
	}
	if _, err := env.stdout.Write(appendReport(nil, r, scores)); err != nil {
		return env.fail("report", err)
	}
	return exitOK
}

// measure holds each score (or the one that is asked for) against the outcome, by name.
func measure(r *edge.Report, only string) ([]measured, error) {
	o := r.Outcome
	if o == nil || o.Known == 0 {
		if only != "" {
			return nil, errors.New("no outcome is known, so a score cannot be measured")
		}
		return nil, nil
	}
	names := slices.Sorted(maps.Keys(o.Scores))
	if only != "" {
		if !slices.Contains(names, only) {
			return nil, fmt.Errorf("there is no score %q%s", only, didYouMean(only, names))
		}
		names = []string{only}
	}
	var list []measured
	for _, name := range names {
		ranked := newRanking(o.Scores[name])
		if ranked.profiles == 0 {
			continue
		}
		m := measured{
			Score: name, Leads: ranked.profiles, Positive: ranked.positive, Rate: ranked.rate(),
			Bands: ranked.byBand(r.Bands[name]), Lift: ranked.lift(10), Gains: ranked.gains(),
		}
		if a, ok := ranked.auc(); ok {
			m.Area = &a
		}
		list = append(list, m)
	}
	return list, nil
}
