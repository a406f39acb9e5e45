package policies

import (
	"fmt"
	"sync"
)

// composer makes rows of the answers of the aspects. What the rules of combination are is here and nowhere else: a refusal permits
// nothing, whatever other aspects say; a value keeps the least that its category and its tag permit; what the catalogue does not
// bind to the purpose is dropped (Article 5(1)(b)): a wall of the house, not a rule that a policy can change.
//
// It is safe for concurrent use.
type composer struct {
	aspects       [aspectCount]*answered
	permissions   []permission
	minimisations []minimisation
	retentions    []retention
	profilings    []profiling
	transfers     []permission
	devices       []permission
	portabilities []portability
	mu            sync.Mutex
	rows          map[combination]*Row
	fields        map[[2]uint16]*Fields // by minimisation and retention
}

// combination is the number of each aspect's answer. With a refusal only the first counts.
type combination [aspectCount]uint16

func newComposer(all [aspectCount]*answered) (*composer, error) {
	c := &composer{aspects: all, rows: map[combination]*Row{}, fields: map[[2]uint16]*Fields{}}
	var errs [aspectCount]error
	c.permissions, errs[aspectPermission] = read(all[aspectPermission], readPermission)
	c.minimisations, errs[aspectMinimisation] = read(all[aspectMinimisation], readMinimisation)
	c.retentions, errs[aspectRetention] = read(all[aspectRetention], readRetention)
	c.profilings, errs[aspectProfiling] = read(all[aspectProfiling], readProfiling)
	c.transfers, errs[aspectTransfer] = read(all[aspectTransfer], readPermission)
	c.devices, errs[aspectDevice] = read(all[aspectDevice], readPermission)
	c.portabilities, errs[aspectPortability] = read(all[aspectPortability], readPortability)
	for i, err := range errs {
		if err != nil {
			return nil, fmt.Errorf("read the aspect %s: %w", aspects[i].name, err)
		}
	}
	return c, nil
}

// combine gives the combination of answers to a situation.
func (c *composer) combine(key uint32) combination {
	var out combination
	out[aspectPermission] = c.aspects[aspectPermission].at(key)
	if !c.permissions[out[aspectPermission]].permit {
		return out
	}
	for i := aspectPermission + 1; i < aspectCount; i++ {
		out[i] = c.aspects[i].at(key)
	}
	return out
}

// row gives the one row of a combination.
func (c *composer) row(of combination) *Row {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r, ok := c.rows[of]; ok {
		return r
	}
	r := c.compose(of)
	c.rows[of] = r
	return r
}

func (c *composer) compose(of combination) *Row {
	if p := c.permissions[of[aspectPermission]]; !p.permit {
		return refusal(p.reasons)
	}
	profiling, portability := c.profilings[of[aspectProfiling]], c.portabilities[of[aspectPortability]]
	transfer, device := c.transfers[of[aspectTransfer]], c.devices[of[aspectDevice]]
	return &Row{
		Permit: true, Reasons: c.permissions[of[aspectPermission]].reasons,
		Fields:    c.fieldsOf(of[aspectMinimisation], of[aspectRetention]),
		Retention: c.retentions[of[aspectRetention]].reason,
		Profiling: profiling.level, Review: profiling.review, ProfilingReasons: profiling.reasons,
		Transfer: transfer.permit, TransferReasons: transfer.reasons,
		Device: device.permit, DeviceReasons: device.reasons,
		Portable: portability.of, PortableReasons: portability.reasons,
	}
}

// fieldsOf spreads what the policy says of categories and tags over all classes.
func (c *composer) fieldsOf(m, r uint16) *Fields {
	if f, ok := c.fields[[2]uint16{m, r}]; ok {
		return f
	}
	said, days := &c.minimisations[m], &c.retentions[r].days
	f := unbound()
	for c := range categoryCount {
		for t := range tagCount {
			rule := &f[Class{Category: c, Tag: t, Bound: true}.Index()]
			switch {
			case said.dropped[c] != "":
				*rule = FieldRule{Reason: said.dropped[c]}
			case said.generalised[t] != "":
				*rule = FieldRule{Verdict: Generalise, TTLDays: days[c], Reason: said.generalised[t]}
			default:
				*rule = FieldRule{Verdict: Keep, TTLDays: days[c], Reason: said.kept[c]}
			}
		}
	}
	c.fields[[2]uint16{m, r}] = f
	return f
}

// unbound drops every class as one that no purpose asks for.
func unbound() *Fields {
	var f Fields
	for i := range f {
		f[i] = FieldRule{Reason: ReasonNotBound}
	}
	return &f
}

// refusal is the row that permits nothing, for its reasons.
func refusal(reasons []string) *Row {
	f := unbound()
	for c := range categoryCount {
		for t := range tagCount {
			f[Class{Category: c, Tag: t, Bound: true}.Index()] = FieldRule{Reason: reasons[0]}
		}
	}
	return &Row{
		Fields: f, Reasons: reasons,
		ProfilingReasons: reasons, TransferReasons: reasons, DeviceReasons: reasons, PortableReasons: reasons,
	}
}
