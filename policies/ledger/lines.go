package ledger

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// lines reads a text of lines that are a word, a space and a value each. The first fault stays, with its line; whatever is read
// after it is empty.
type lines struct {
	rest string
	line int
	err  error
}

func (l *lines) fault(format string, args ...any) {
	if l.err == nil {
		l.err = fmt.Errorf("line %d: %w", l.line, fmt.Errorf(format, args...))
	}
}

// value reads the next line, which has to begin with the word.
func (l *lines) value(word string) string {
	if l.err != nil {
		return ""
	}
	l.line++
	line, rest, whole := strings.Cut(l.rest, "\n")
	v, ok := strings.CutPrefix(line, word+" ")
	if !whole || !ok || v == "" {
		l.fault("want %q and a value", word)
		return ""
	}
	l.rest = rest
	return v
}

// heading reads the next line, which has to be just this.
func (l *lines) heading(text string) {
	if l.err != nil {
		return
	}
	l.line++
	rest, ok := strings.CutPrefix(l.rest, text+"\n")
	if !ok {
		l.fault("want %q", text)
		return
	}
	l.rest = rest
}

// take reads the next n bytes, which have to end with a line.
func (l *lines) take(n int) string {
	if l.err != nil {
		return ""
	}
	if n < 1 || n > len(l.rest) || l.rest[n-1] != '\n' {
		l.line++
		l.fault("want a text of %d bytes", n)
		return ""
	}
	text := l.rest[:n]
	l.rest = l.rest[n:]
	l.line += strings.Count(text, "\n")
	return text
}

func (l *lines) number(word string) int64 {
	s := l.value(word)
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != s {
		l.fault("%s has to be a whole number", word)
		return 0
	}
	return n
}

func (l *lines) digest(word string) Digest {
	s := l.value(word)
	if l.err != nil {
		return Digest{}
	}
	d, err := ParseDigest(s)
	if err != nil {
		l.fault("%s: %w", word, err)
	}
	return d
}

func (l *lines) time(word string) time.Time {
	s := l.value(word)
	t, err := time.Parse(second, s)
	if err != nil || t.Format(second) != s || checkTime(t) != nil {
		l.fault("%s has to be a time such as 2026-01-31T12:00:00Z", word)
		return time.Time{}
	}
	return t
}

// end tells the first fault, and that nothing may follow.
func (l *lines) end() error {
	if l.err == nil && l.rest != "" {
		l.line++
		l.fault("nothing may follow here")
	}
	return l.err
}
