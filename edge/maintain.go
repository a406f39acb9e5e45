package edge

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/lotse-edge/lotse/edge/profile"
)

// maintenance is how often the store is swept and purged. Both work on what is already out of sight: expiry is checked at
// each read, and an erased profile is gone at once.
const maintenance = 24 * time.Hour

// firstMaintenance comes soon after a start, so that a server that is restarted every day is swept and purged as well.
const firstMaintenance = 5 * time.Minute

// evidence is how long a record of consent is kept after the last of what it was for: the term in which claims become barred
// (section 195 BGB).
const evidence = 3 * 365 * 24 * time.Hour

// maintain removes, once a day, what no purpose allows any more of visitors who never came back, and takes the bytes of what
// was erased out of the store's files.
func (s *Server) maintain(ctx context.Context) {
	timer := time.NewTimer(firstMaintenance)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			s.clean(ctx)
			timer.Reset(maintenance)
		}
	}
}

func (s *Server) clean(ctx context.Context) {
	for id := range s.sites.current.Load().byID {
		changed, err := s.sweep(ctx, id)
		if err != nil {
			s.config.Log.Error("sweep what no purpose allows", "tenant", id, "error", err)
			continue
		}
		s.config.Log.Info("swept what no purpose allows", "tenant", id, "profiles", changed)
	}
	purged, err := s.config.Store.Purge(ctx)
	if err != nil {
		s.config.Log.Error("purge erased profiles", "error", err)
		return
	}
	s.config.Log.Info("erased profiles purged", "profiles", purged)
}

// sweep takes each profile of a tenant through the part of the journey that only takes away. It gives the number of profiles
// that changed.
func (s *Server) sweep(ctx context.Context, id string) (changed int, err error) {
	site, ok := s.sites.byID(id)
	if !ok {
		return 0, nil
	}
	defer site.release()
	err = s.config.Store.Each(ctx, id, func(p *profile.Profile) error {
		j := &journey{server: s, site: site, known: true, now: s.config.Now(), id: p.ID, request: &request{}, language: site.config.Languages[0]}
		done, err := j.sweep(ctx)
		if done {
			changed++
		}
		if errors.Is(err, profile.ErrBusy) {
			return nil // a visitor is at it: the visit does the same, or tomorrow's sweep
		}
		return err
	})
	return changed, err
}

func (j *journey) sweep(ctx context.Context) (changed bool, err error) {
	id := j.site.config.ID
	if j.update, err = j.server.config.Store.Begin(ctx, id, j.id); err != nil {
		return false, err
	}
	defer j.update.Release() // does nothing after a commit
	j.profile = j.update.Profile()
	if err := j.decideRows(); err != nil {
		return false, err
	}
	j.shrink()
	if j.evidenceOver() {
		*j.profile = profile.Profile{ID: j.profile.ID} // a profile that becomes empty is erased
		return true, j.update.Commit(ctx)
	}
	if !slices.ContainsFunc(j.site.modules, func(m *siteModule) bool { return j.mayProfile(m.purpose.Bit) }) {
		j.rate() // nothing may be derived any more
	}
	return j.removed > 0, j.update.Commit(ctx)
}

// evidenceOver tells whether nothing is left but records of consent whose time is over.
func (j *journey) evidenceOver() bool {
	p := j.profile
	if len(p.Values) > 0 || len(p.Events) > 0 || p.Restricted || p.Objected != 0 {
		return false // an objection stands until it is taken back
	}
	for i := range p.Consents {
		if j.now.Sub(p.Consents[i].At.Time()) < evidence {
			return false
		}
	}
	return true
}
