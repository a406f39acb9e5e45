package edge

import (
	"context"
	"time"
)

// maintenance is how often the store is swept and purged. Both work on what is already out of sight: expiry is checked at
// each read, and an erased profile is gone at once.
const maintenance = 24 * time.Hour

// maintain removes, once a day, what has expired of visitors who never came back, and takes the bytes of what was erased out
// of the store's files.
func (s *Server) maintain(stop <-chan struct{}) {
	tick := time.NewTicker(maintenance)
	defer tick.Stop()
	for {
		select {
		case <-stop:
			return
		case <-tick.C:
			s.clean(context.Background())
		}
	}
}

func (s *Server) clean(ctx context.Context) {
	for id := range s.sites.current.Load().byID {
		changed, err := s.config.Store.Sweep(ctx, id)
		if err != nil {
			s.config.Log.Error("sweep expired values", "tenant", id, "error", err)
			continue
		}
		s.config.Log.Info("expired values swept", "tenant", id, "profiles", changed)
	}
	purged, err := s.config.Store.Purge(ctx)
	if err != nil {
		s.config.Log.Error("purge erased profiles", "error", err)
		return
	}
	s.config.Log.Info("erased profiles purged", "profiles", purged)
}
