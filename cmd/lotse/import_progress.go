package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// progress tells how far an import is: a bar that is drawn over itself on a terminal, a line now and then elsewhere.
type progress struct {
	out      io.Writer
	now      func() time.Time
	terminal bool
	size     int64 // bytes of the file
	began    time.Time
	last     time.Time
	drawn    bool
}

// How often progress is told.
const (
	drawEvery = 100 * time.Millisecond
	lineEvery = 5 * time.Second
)

func newProgress(env *environment, size int64) *progress {
	now := env.now()
	return &progress{out: env.stderr, now: env.now, terminal: env.terminal, size: size, began: now, last: now}
}

// tell is called after each row; read is how many bytes of the file are behind it.
func (p *progress) tell(t *tally, read int64) {
	now := p.now()
	every := lineEvery
	if p.terminal {
		every = drawEvery
	}
	if now.Sub(p.last) < every {
		return
	}
	p.last = now
	part := min(1, float64(read)/float64(max(1, p.size)))
	text := fmt.Sprintf("%3.0f %%  %d rows, %d failed, %.0f rows a second", 100*part, t.rows, t.failed, float64(t.rows)/max(0.001, now.Sub(p.began).Seconds()))
	if !p.terminal {
		fmt.Fprintln(p.out, text)
		return
	}
	const width = 24
	full := int(part * width)
	fmt.Fprintf(p.out, "\r[%s%s] %s\x1b[K", strings.Repeat("#", full), strings.Repeat(" ", width-full), text)
	p.drawn = true
}

// end takes the bar away, so that what follows begins on a clean line.
func (p *progress) end() {
	if p.drawn {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}
