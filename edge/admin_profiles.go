package edge

import (
	"time"

	"github.com/valyala/fasthttp"
)

// adminJourney reads a profile for a privacy officer, by the tenant's own id or by a visitor's token. The site must be
// released.
func (s *Server) adminJourney(ctx *fasthttp.RequestCtx, parts []string) (*journey, error) {
	site, err := s.site(parts[0])
	if err != nil {
		return nil, err
	}
	j := &journey{
		server: s, site: site, trusted: true, known: true, now: s.config.Now(), request: &request{},
		language: languageOf(site.config, string(ctx.QueryArgs().Peek("language")), nil),
	}
	id, ok := s.signer.visitor(site.config.ID, []byte(parts[1]))
	if !ok {
		id = s.signer.external(site.config.ID, parts[1])
	}
	j.id = id
	return j, nil
}

// adminProfile tells a privacy officer what the visitor is told. With at= it derives the scores as of another moment, from
// what is stored now and under what is permitted now: what has expired or was taken back since does not come back.
func (s *Server) adminProfile(ctx *fasthttp.RequestCtx, parts []string) error {
	j, err := s.adminJourney(ctx, parts)
	if err != nil {
		return err
	}
	defer j.site.release()
	if raw := ctx.QueryArgs().Peek("at"); len(raw) > 0 {
		if j.at, err = time.Parse(time.RFC3339Nano, string(raw)); err != nil || j.at.Year() < 1970 || j.at.Year() > 9999 {
			return invalidHeader("query", "at must be a time of RFC 3339, such as 2026-01-31T12:00:00Z.")
		}
	}
	if err := j.look(); err != nil {
		return err
	}
	if j.stored.Empty() {
		return notFound("Nothing is stored under this id.")
	}
	return j.writeProfile(ctx)
}

// eraseProfile removes a profile (Article 17). It answers the same whether or not there was one.
func (s *Server) eraseProfile(ctx *fasthttp.RequestCtx, parts []string) error {
	j, err := s.adminJourney(ctx, parts)
	if err != nil {
		return err
	}
	defer j.site.release()
	if err := s.config.Store.Erase(toTheEnd, j.site.config.ID, j.id); err != nil {
		return err
	}
	s.config.Log.Info("profile erased", "tenant", j.site.config.ID)
	return writeJSON(ctx, map[string]any{"erased": true})
}

type transitionAnswer struct {
	Visitor string    `json:"visitor"`
	At      time.Time `json:"at"`
	Kind    string    `json:"kind"`
	Name    string    `json:"name"`
	From    string    `json:"from,omitempty"`
	To      string    `json:"to,omitempty"`
}

// getTransitions lists what happened to visitors: the outbox, newest first.
func (s *Server) getTransitions(ctx *fasthttp.RequestCtx, parts []string) error {
	site, err := s.site(parts[0])
	if err != nil {
		return err
	}
	defer site.release()
	limit := ctx.QueryArgs().GetUintOrZero("limit")
	if limit == 0 || limit > 1000 {
		limit = 1000
	}
	newest, err := s.config.Store.Transitions(toTheEnd, site.config.ID, limit)
	if err != nil {
		return err
	}
	list := make([]transitionAnswer, 0, len(newest))
	for _, t := range newest {
		list = append(list, transitionAnswer{s.signer.token(site.config.ID, t.Visitor), t.At.Time(), t.Kind, t.Name, t.From, t.To})
	}
	return writeJSON(ctx, map[string]any{"transitions": list})
}
