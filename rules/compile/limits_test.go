package compile_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/lotse-edge/lotse/rules/compile"
	"github.com/lotse-edge/lotse/sdk/abi"
)

// atTheLimits is an int in an expression, as the sum of two that a double can hold.
const atTheLimits = "(int(profile.n%d) + int(profile.n%d))"

// halves splits an int; -2^63 as a double is an error of its own, so it is not among them.
func halves(v int64) (high, low float64) {
	part := v % 4096
	if v < 0 {
		part -= 4096
	}
	return float64(v - part), float64(part)
}

// Each operation on each two of the ints at which something changes gives what unbounded ints give, or an error where that is
// no int.
func TestIntsAtTheLimits(t *testing.T) {
	whole := func(v *big.Int) outcome {
		if !v.IsInt64() {
			return failed
		}
		return outcome(fmt.Sprintf("int %d", v.Int64()))
	}
	divided := func(divide func(*big.Int, *big.Int, *big.Int) *big.Int) func(a, b int64) outcome {
		return func(a, b int64) outcome {
			if b == 0 || a == math.MinInt64 && b == -1 { // CEL has an error for the remainder, too
				return failed
			}
			return whole(divide(new(big.Int), big.NewInt(a), big.NewInt(b)))
		}
	}
	truth := func(v bool) outcome { return outcome(fmt.Sprintf("bool %v", v)) }
	asked := []struct {
		op   string
		want func(a, b int64) outcome
	}{
		{"+", func(a, b int64) outcome { return whole(new(big.Int).Add(big.NewInt(a), big.NewInt(b))) }},
		{"-", func(a, b int64) outcome { return whole(new(big.Int).Sub(big.NewInt(a), big.NewInt(b))) }},
		{"*", func(a, b int64) outcome { return whole(new(big.Int).Mul(big.NewInt(a), big.NewInt(b))) }},
		{"/", divided((*big.Int).Quo)},
		{"%", divided((*big.Int).Rem)},
		{"==", func(a, b int64) outcome { return truth(a == b) }},
		{"!=", func(a, b int64) outcome { return truth(a != b) }},
		{"<", func(a, b int64) outcome { return truth(a < b) }},
		{"<=", func(a, b int64) outcome { return truth(a <= b) }},
		{">", func(a, b int64) outcome { return truth(a > b) }},
		{">=", func(a, b int64) outcome { return truth(a >= b) }},
	}
	a, b := fmt.Sprintf(atTheLimits, 0, 1), fmt.Sprintf(atTheLimits, 2, 3)
	var expressions []string
	for _, x := range asked {
		expressions = append(expressions, a+" "+x.op+" "+b)
	}
	check := machineOf(t, expressions)
	for _, a := range integers {
		for _, b := range integers {
			high, low := halves(a)
			high2, low2 := halves(b)
			check([]float64{high, low, high2, low2}, func(i int) outcome { return asked[i].want(a, b) })
		}
	}
}

// An int beside a double is compared as cel-go compares them: as doubles.
func TestIntsBesideDoubles(t *testing.T) {
	a := fmt.Sprintf(atTheLimits, 0, 1)
	const b = "(profile.n2 / profile.n3)" // so that infinities and NaN are among them
	var expressions []string
	for _, op := range []string{"<", "<=", ">", ">="} {
		expressions = append(expressions, a+" "+op+" "+b, b+" "+op+" "+a)
	}
	check := machineOf(t, expressions)
	for _, a := range integers {
		for _, b := range doubles {
			for _, by := range []float64{1, 0} {
				high, low := halves(a)
				check([]float64{high, low, b, by}, func(i int) outcome {
					x, y := float64(a), b/by
					if i%2 == 1 {
						x, y = y, x
					}
					return outcome(fmt.Sprintf("bool %v", []bool{x < y, x <= y, x > y, x >= y}[i/2]))
				})
			}
		}
	}
}

// machineOf compiles expressions and gives a function that runs them all over the numbers n0, n1 and so on.
func machineOf(t *testing.T, expressions []string) func(numbers []float64, want func(i int) outcome) {
	t.Helper()
	x, err := compile.CompileExpressions(expressions, library)
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range x.Errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	m := newMachine(t, x)
	t.Cleanup(m.close)
	w := newWriter(rand.New(rand.NewPCG(8, 8)))
	return func(numbers []float64, want func(i int) outcome) {
		t.Helper()
		r := &record{values: map[string]abi.Value{}}
		for i, v := range numbers {
			r.values[fmt.Sprintf("n%d", i)] = abi.Value{Present: true, Type: abi.Number, Number: v}
		}
		r.write(t, m, x.Reads, w)
		for i, text := range expressions {
			if got := m.run(t, i); got != want(i) {
				t.Errorf("%s of %v: %s, want %s", text, numbers, got, want(i))
			}
		}
	}
}
