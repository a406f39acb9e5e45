package abi

import (
	"errors"
	"strconv"
	"time"
)

// MaxDuration is the longest window or half-life: ten years, leap days included.
const MaxDuration = 3653 * 24 * time.Hour

var errDuration = errors.New(`must be a whole number from 1 and a unit (m minutes, h hours, d days, w weeks), such as "90d", and at most ten years`)

// ParseDuration reads a window or a half-life: "30m", "12h", "90d", "2w". There is one way to write each: no sign, no
// fraction, no leading zero and no second unit. A day is 24 hours, whatever the clocks do.
func ParseDuration(s string) (time.Duration, error) {
	if len(s) < 2 || s[0] < '1' || s[0] > '9' {
		return 0, errDuration
	}
	var unit time.Duration
	switch s[len(s)-1] {
	case 'm':
		unit = time.Minute
	case 'h':
		unit = time.Hour
	case 'd':
		unit = 24 * time.Hour
	case 'w':
		unit = 7 * 24 * time.Hour
	default:
		return 0, errDuration
	}
	n, err := strconv.ParseUint(s[:len(s)-1], 10, 32)
	if err != nil || n > uint64(MaxDuration/unit) {
		return 0, errDuration
	}
	return time.Duration(n) * unit, nil
}
