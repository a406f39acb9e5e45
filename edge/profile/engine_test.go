package profile

import (
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
)

// engines opens each engine, and opens it again.
var engines = map[string]func(t *testing.T) func() engine{
	"map": func(*testing.T) func() engine {
		m := newMapEngine()
		return func() engine { return m }
	},
	"badger": func(t *testing.T) func() engine {
		dir := t.TempDir()
		return func() engine {
			e, err := openBadger(dir, 1<<20, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			return e
		}
	},
}

func TestEngineContract(t *testing.T) {
	for name, opener := range engines {
		t.Run(name, func(t *testing.T) {
			open := opener(t)
			e := open()
			check := func(err error) {
				t.Helper()
				if err != nil {
					t.Fatal(err)
				}
			}
			keys := func(prefix, from string, falling bool, most int) string {
				t.Helper()
				var list []string
				var start []byte
				if from != "" {
					start = []byte(from)
				}
				check(e.scan([]byte(prefix), start, falling, func(k, v []byte) bool {
					list = append(list, string(k)+"="+string(v))
					return len(list) < most
				}))
				return strings.Join(list, " ")
			}
			want := func(got, want string) {
				t.Helper()
				if got != want {
					t.Errorf("got %q, want %q", got, want)
				}
			}
			r := func(k, v string) row {
				if v == "" {
					return row{[]byte(k), nil}
				}
				return row{[]byte(k), []byte(v)}
			}
			if _, found, err := e.get(nil, []byte("a")); found || err != nil {
				t.Errorf("a key that is not there: %v, %v", found, err)
			}
			check(e.apply([]row{r("b1", "1"), r("b2", "x"), r("b2", "2"), r("b3", "3"), r("c1", "4"), r("b4", "5"), r("b4", "")}))
			v, found, err := e.get([]byte("dst"), []byte("b2"))
			if string(v) != "dst2" || !found || err != nil {
				t.Errorf("get: %q, %v, %v", v, found, err)
			}
			want(keys("b", "", false, 9), "b1=1 b2=2 b3=3")
			want(keys("b", "", true, 9), "b3=3 b2=2 b1=1")
			want(keys("b", "b2", false, 9), "b2=2 b3=3")
			want(keys("b", "b2", true, 9), "b2=2 b1=1")
			want(keys("b", "", false, 2), "b1=1 b2=2")
			want(keys("", "", false, 9), "b1=1 b2=2 b3=3 c1=4")
			want(keys("d", "", false, 9), "")
			check(e.apply([]row{r("b1", ""), r("b2", "6")}))
			want(keys("b", "", false, 9), "b2=6 b3=3")
			check(e.close())
			e = open()
			want(keys("b", "", false, 9), "b2=6 b3=3")
			check(e.drop([][]byte{[]byte("b2"), []byte("c"), []byte("zz")}))
			want(keys("", "", false, 9), "b3=3")
			check(e.apply([]row{r("b2", "7")}))
			want(keys("", "", false, 9), "b2=7 b3=3")
			check(e.close())
		})
	}
}

// TestEnginesAgree gives both engines the same random rows.
func TestEnginesAgree(t *testing.T) {
	model, other := engines["map"](t), engines["badger"](t)
	a, b := model(), other()
	rnd := rand.New(rand.NewPCG(1, 2))
	key := func() []byte { return fmt.Appendf(nil, "%c%02d", 'a'+rnd.IntN(3), rnd.IntN(40)) }
	dump := func(e engine, falling bool) (list []string) {
		if err := e.scan(nil, nil, falling, func(k, v []byte) bool {
			list = append(list, string(k)+"="+string(v))
			return true
		}); err != nil {
			t.Fatal(err)
		}
		return list
	}
	for step := range 150 {
		rows := make([]row, 1+rnd.IntN(12))
		for i := range rows {
			rows[i].key = key()
			if rnd.IntN(4) > 0 {
				rows[i].value = fmt.Appendf(nil, "%d", rnd.IntN(1000))
			}
		}
		if err := errors.Join(a.apply(rows), b.apply(rows)); err != nil {
			t.Fatal(err)
		}
		if rnd.IntN(50) == 0 {
			prefix := [][]byte{key()[:2]}
			if err := errors.Join(a.drop(prefix), b.drop(prefix)); err != nil {
				t.Fatal(err)
			}
		}
		if rnd.IntN(40) == 0 {
			if err := b.close(); err != nil {
				t.Fatal(err)
			}
			b = other()
		}
		if falling := rnd.IntN(2) == 0; !slices.Equal(dump(a, falling), dump(b, falling)) {
			t.Fatalf("step %d: the engines differ", step)
		}
	}
	if err := b.close(); err != nil {
		t.Fatal(err)
	}
}

// TestBadgerReadsAreWhole reads beside apply: two rows of one apply are always of the same age.
func TestBadgerReadsAreWhole(t *testing.T) {
	e := engines["badger"](t)()
	x, y := []byte("x"), []byte("y")
	write := func(n int) error {
		v := fmt.Appendf(nil, "%04d", n)
		return e.apply([]row{{x, v}, {y, v}})
	}
	if err := write(0); err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	stop := make(chan struct{})
	for range 4 {
		wait.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				var seen []string
				if err := e.scan(nil, nil, false, func(_, v []byte) bool {
					seen = append(seen, string(v))
					return true
				}); err != nil || len(seen) != 2 || seen[0] != seen[1] {
					t.Errorf("half an apply: %v, %v", seen, err)
					return
				}
			}
		})
	}
	for n := range 200 {
		if err := write(n); err != nil {
			t.Fatal(err)
		}
		if v, _, _ := e.get(nil, y); string(v) != fmt.Sprintf("%04d", n) {
			t.Fatalf("after apply %d the reader has %s", n, v)
		}
	}
	close(stop)
	wait.Wait()
	if err := e.close(); err != nil {
		t.Fatal(err)
	}
}
