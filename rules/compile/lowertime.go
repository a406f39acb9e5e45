package compile

import (
	"time"

	"cel.dev/cel-go/common/ast"
	"cel.dev/cel-go/common/types"
	"cel.dev/cel-go/common/types/ref"
)

// parts are the parts of a timestamp or a duration, by CEL's name. The numbers are those that the generated code knows.
var parts = map[string]int64{
	"getFullYear": partYear, "getMonth": partMonth, "getDate": partDate, "getDayOfMonth": partDay,
	"getDayOfWeek": partWeekday, "getDayOfYear": partYearDay, "getHours": partHour, "getMinutes": partMinute,
	"getSeconds": partSecond, "getMilliseconds": partMilli,
}

const (
	partYear = iota
	partMonth
	partDate // of the month, from 1
	partDay  // from 0
	partWeekday
	partYearDay
	partHour
	partMinute
	partSecond
	partMilli
)

func (l *lowering) part(e ast.Expr, which int64, args []ast.Expr) *node {
	if len(args) > 1 {
		return l.fail(e.ID(), "leave the time zone out and think in UTC", "a time zone cannot be compiled")
	}
	a := l.lower(args[0])
	if a == nil {
		return nil
	}
	return &node{op: part, kind: anInt, id: e.ID(), number: which, args: []*node{a}}
}

// timeConstant reads timestamp("...") and duration("..."). Generated code counts milliseconds, so finer ones are refused.
func (l *lowering) timeConstant(e ast.Expr, name string, arg ast.Expr) *node {
	s, ok := literal(arg)
	if !ok {
		if a := l.kindOf(arg); a == l.kindOf(e) {
			return l.lower(arg)
		}
		return l.fail(e.ID(), `such as timestamp("2026-01-31T00:00:00Z") or duration("36h")`, "%s needs a constant in quotes", name)
	}
	n := &node{id: e.ID()}
	var fine time.Duration
	var v ref.Val
	if name == "timestamp" {
		v = types.String(s).ConvertToType(types.TimestampType)
		if t, is := v.(types.Timestamp); is {
			n.kind, n.number, fine = aTime, t.UnixMilli(), time.Duration(t.Nanosecond())%time.Millisecond
		}
	} else {
		v = types.String(s).ConvertToType(types.DurationType)
		if d, is := v.(types.Duration); is {
			n.kind, n.number, fine = aSpan, d.Milliseconds(), d.Duration%time.Millisecond
		}
	}
	if n.kind == noKind {
		return l.fail(arg.ID(), `such as timestamp("2026-01-31T00:00:00Z") or duration("36h")`, "%s is not a %s", shown(s), name)
	}
	if fine != 0 {
		return l.fail(arg.ID(), "", "a %s finer than milliseconds cannot be compiled", name)
	}
	return n
}
