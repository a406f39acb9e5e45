package runtime

import (
	"cmp"
	"slices"
	"time"
)

// Holdings is what a host has in memory at a moment.
type Holdings struct {
	Modules   int   // that are loaded
	Open      int   // of these, whose compiled code is in memory
	Instances int   // of all modules
	Bytes     int64 // that the open ones keep beside their instances, by estimate
}

// Holdings tells what the host has in memory.
func (h *Host) Holdings() Holdings {
	h.mu.Lock()
	defer h.mu.Unlock()
	return Holdings{len(h.modules), int(h.open.Load()), int(h.instances.Load()), h.weight.Load()}
}

// watch sees to it that somebody looks for modules that rest, as long as there is a warm one.
func (h *Host) watch() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.looking == nil && !h.closed {
		h.looking = time.AfterFunc(h.config.Idle, h.look)
	}
}

// look takes the instances from the modules that were not called since the last look, and closes some if there are too many.
func (h *Host) look() {
	h.mu.Lock()
	h.looking = nil
	h.mu.Unlock()
	now, warmOnes := time.Now(), false
	var resting []*warm
	for _, m := range h.list() {
		if w := m.rest(now); w != nil {
			resting = append(resting, w)
		} else if m.warm.Load() != nil {
			warmOnes = true
		}
	}
	if len(resting) > 0 {
		h.lanes.grace()
	}
	for _, w := range resting {
		h.putOut(w)
	}
	h.relieve(nil)
	if warmOnes {
		h.watch()
	}
}

func (h *Host) list() []*Module {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := make([]*Module, 0, len(h.modules))
	for m := range h.modules {
		list = append(list, m)
	}
	return list
}

// relieve closes modules when all together keep too much: of those that rest the ones that have done so longest, and some
// more than needed, so that it is not to be done again at once. One that cannot be opened again stays.
func (h *Host) relieve(but *Module) {
	if h.config.Workshop == nil || h.weight.Load() <= h.config.Kept {
		return
	}
	type resting struct {
		m     *Module
		since int64
	}
	var list []resting
	for _, m := range h.list() {
		if m != but && m.warm.Load() == nil && m.cold.Load() != nil {
			list = append(list, resting{m, m.used.Load()})
		}
	}
	slices.SortFunc(list, func(a, b resting) int { return cmp.Compare(a.since, b.since) })
	for _, r := range list {
		if h.weight.Load() <= h.config.Kept-h.config.Kept/8 {
			return
		}
		r.m.shut()
	}
}

// shut closes a module that rests, unless it is being made ready.
func (m *Module) shut() {
	select {
	case m.turn <- struct{}{}:
		defer func() { <-m.turn }()
	default:
		return
	}
	if m.warm.Load() == nil && !m.closed.Load() {
		m.host.lanes.grace()
		m.dropCold()
	}
}
