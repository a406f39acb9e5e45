package ledger

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Kind is what an entry tells.
type Kind string

// The kinds of entries.
const (
	OfficerAdded   Kind = "officer_added"
	OfficerRemoved Kind = "officer_removed"
	Approved       Kind = "approved"
	InForce        Kind = "in_force"
	ModuleApproved Kind = "module_approved"
)

// Entry is one entry of the log. Which parts mean something depends on its kind.
type Entry struct {
	Number int64 // from 0; its place in the tree, and no part of its text
	Kind   Kind
	At     time.Time // UTC, whole seconds; by the server's clock, never before the entry before

	Officer   string   // OfficerAdded, OfficerRemoved: the public key, which begins with the name
	Approval  Approval // Approved
	Release   Release  // InForce
	Approvals []int64  // InForce: the numbers of the entries that it rests on, rising

	Module ModuleApproval // ModuleApproved
}

// maxEntry is the longest text of an entry, in bytes.
const maxEntry = 32 << 10

// text is what the tree is made of: a line with kind and time, then the kind's own lines.
func (e *Entry) text() string {
	head := fmt.Sprintf("%s %s\n", e.Kind, e.At.Format(second))
	switch e.Kind {
	case OfficerAdded, OfficerRemoved:
		return head + "key " + e.Officer + "\n"
	case Approved:
		return head + e.Approval.Note
	case ModuleApproved:
		return head + e.Module.Note
	case InForce:
		numbers := make([]string, len(e.Approvals))
		for i, n := range e.Approvals {
			numbers[i] = strconv.FormatInt(n, 10)
		}
		if len(numbers) == 0 {
			numbers = []string{noApprovals}
		}
		return head + e.Release.text() + "approvals " + strings.Join(numbers, " ") + "\n"
	}
	panic("BUG: an entry of no kind")
}

// noApprovals stands where a release needed none.
const noApprovals = "none"

// parseEntry reads what text writes. Of an approval it reads what was signed and leaves the signature to state.admit, which knows
// the officers of that moment.
func parseEntry(number int64, text string) (Entry, error) {
	e := Entry{Number: number}
	kind, _, _ := strings.Cut(text, " ")
	e.Kind = Kind(kind)
	l := &lines{rest: text}
	switch e.Kind {
	case OfficerAdded, OfficerRemoved:
		e.At = l.time(kind)
		e.Officer = l.value("key")
	case Approved:
		e.At = l.time(kind)
		if l.err == nil {
			statement, _, _ := strings.Cut(l.rest, "\n\n")
			s, err := ParseStatement(statement + "\n")
			if err != nil {
				return Entry{}, err
			}
			e.Approval = Approval{Statement: s, Note: l.rest}
			l.rest = ""
		}
	case ModuleApproved:
		e.At = l.time(kind)
		if l.err == nil {
			statement, _, _ := strings.Cut(l.rest, "\n\n")
			s, err := ParseModuleStatement(statement + "\n")
			if err != nil {
				return Entry{}, err
			}
			e.Module = ModuleApproval{ModuleStatement: s, Note: l.rest}
			l.rest = ""
		}
	case InForce:
		e.At = l.time(kind)
		e.Release = l.release()
		e.Approvals = l.numbers("approvals")
	default:
		return Entry{}, errors.New("it is of no known kind")
	}
	if err := l.end(); err != nil {
		return Entry{}, err
	}
	return e, nil
}

func (l *lines) numbers(word string) []int64 {
	var numbers []int64
	value := l.value(word)
	if value == noApprovals {
		return nil
	}
	for s := range strings.SplitSeq(value, " ") {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 0 || strconv.FormatInt(n, 10) != s {
			l.fault("%s has to be whole numbers", word)
			return nil
		}
		numbers = append(numbers, n)
	}
	if !slices.IsSorted(numbers) {
		l.fault("%s has to rise", word)
	}
	return numbers
}

// In the file of entries each text stands in a frame: a line that tells its number and the lengths, the text, the signed head of
// the log with this entry as its last, an empty line. By that head a start knows what the server wrote before a crash from what
// somebody else put there.

// maxHead is the longest signed head, in bytes.
const maxHead = 1 << 10

func frame(number int64, text, head string) string {
	return fmt.Sprintf("entry %d %d %d\n%s%s\n", number, len(text), len(head), text, head)
}

// cutFrame takes the next frame off; ok is false where what is there is not a whole frame with this number.
func cutFrame(b string, number int64) (text, head, rest string, ok bool) {
	line, after, _ := strings.Cut(b, "\n")
	var n int64
	var long, headLong int
	if _, err := fmt.Sscanf(line, "entry %d %d %d", &n, &long, &headLong); err != nil || n != number {
		return "", "", b, false
	}
	if long < 1 || long > maxEntry || headLong < 1 || headLong > maxHead || len(after) < long+headLong+1 {
		return "", "", b, false
	}
	text, head, rest = after[:long], after[long:long+headLong], after[long+headLong+1:]
	if frame(number, text, head) != b[:len(b)-len(rest)] {
		return "", "", b, false
	}
	return text, head, rest, true
}
