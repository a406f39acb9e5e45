package profile

// hotList is the idle profiles in the order of their last use. Their rows are kept so that the next request of a visitor
// need not read. It is guarded by shard.mu.
type hotList struct {
	first, last *entry // newest and oldest
	size        int64
}

const entryCost = 320 // what an entry takes beside its row

func (l *hotList) add(e *entry) {
	l.remove(e)
	e.cost = entryCost + int64(cap(e.committed.row))
	l.size += e.cost
	e.older = l.first
	if l.first != nil {
		l.first.newer = e
	} else {
		l.last = e
	}
	l.first = e
}

func (l *hotList) oldest() *entry { return l.last }

func (l *hotList) remove(e *entry) {
	if e.cost == 0 {
		return
	}
	if e.newer != nil {
		e.newer.older = e.older
	} else {
		l.first = e.older
	}
	if e.older != nil {
		e.older.newer = e.newer
	} else {
		l.last = e.newer
	}
	l.size -= e.cost
	e.newer, e.older, e.cost = nil, nil, 0
}
