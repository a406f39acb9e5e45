package ledger_test

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"

	"github.com/lotse-edge/lotse/policies/ledger"
)

// The text that officers sign; it must not change without another number in its first line.
const statementText = `lotse policy approval 1
policy 0200000000000000000000000000000000000000000000000000000000000001
sources 6600000000000000000000000000000000000000000000000000000000000001
replaces none
changed 10
widened 4
narrowed 3
by anna
at 2026-01-31T12:00:00Z
remark für die Lese
`

func TestStatementText(t *testing.T) {
	s := ledger.Statement{Release: release(2, 0, 4), By: "anna", At: start, Remark: "für die Lese"}
	if diff := cmp.Diff(statementText, s.Text()); diff != "" {
		t.Error(diff)
	}
	for _, c := range []struct{ old, new, want string }{
		{"approval 1", "approval 2", "line 1: want"},
		{"policy 02", "policy 0", "line 2: policy: a digest is 64"},
		{"none", "None", "line 4"},
		{"changed 10", "changed 010", "line 5: changed has to be a whole number"},
		{"widened 4", "widened -4", "line 6"},
		{"narrowed 3", "narrowed 11", "cannot be more"},
		{"narrowed 3\n", "", "line 7: want \"narrowed\""},
		{"by anna", "by Anna", "begins with a letter a-z"},
		{"by anna", "by lotse-log", "the log's own"},
		{"12:00:00Z", "12:00:00+00:00", "line 9"},
		{"für die", " für die", "begins nor ends"},
		{"für die", "f\u202er die", "visible characters"},
		{"für die", "für\tdie", "visible characters"},
		{"für die", strings.Repeat("ü", 301), "at most 300"},
		{"Lese\n", "Lese\nby ben\n", "line 11: nothing may follow"},
		{"Lese\n", "Lese", "line 10"},
		{"remark für die Lese\n", "remark \n", "line 10"},
	} {
		_, err := ledger.ParseStatement(strings.Replace(statementText, c.old, c.new, 1))
		wants(t, err, c.want)
	}
}

func FuzzStatement(f *testing.F) {
	f.Add("anna", int64(1e9), "a remark", byte(1), byte(0), int64(3), int64(2), int64(1))
	f.Add("ben@example.com", int64(0), "", byte(2), byte(1), int64(0), int64(0), int64(0))
	f.Fuzz(func(t *testing.T, by string, seconds int64, remark string, to, from byte, changed, widened, narrowed int64) {
		s := ledger.Statement{
			Release: ledger.Release{Policy: policy(to), Sources: policy(from), Replaces: policy(from), Changed: changed, Widened: widened, Narrowed: narrowed},
			By:      by, At: time.Unix(seconds, 0).UTC(), Remark: remark,
		}
		back, err := ledger.ParseStatement(s.Text())
		if s.Validate() != nil {
			if err == nil && back == s {
				t.Fatal("what is not valid comes back")
			}
			return
		}
		if err != nil || back != s {
			t.Fatalf("comes back as %+v, %v", back, err)
		}
	})
}

// One statement has one text: whatever is read is written again as it was.
func FuzzParseStatement(f *testing.F) {
	f.Add(statementText)
	f.Add(strings.Replace(statementText, "remark für die Lese\n", "", 1))
	f.Fuzz(func(t *testing.T, text string) {
		s, err := ledger.ParseStatement(text)
		if err == nil && s.Text() != text {
			t.Fatalf("%q is written as %q", text, s.Text())
		}
	})
}

func TestSign(t *testing.T) {
	private, public, err := ledger.NewOfficerKey("anna", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	officers, err := ledger.ParseOfficers(public)
	if err != nil {
		t.Fatal(err)
	}
	s := ledger.Statement{Release: release(2, 0, 4), By: "anna", At: start, Remark: "für die Lese"}
	text, err := ledger.Sign(private+"\n", s)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(text, statementText+"\n— anna ") {
		t.Errorf("signed: %q", text)
	}
	a, err := officers.Verify(text)
	if err != nil || a.Statement != s || a.Key != public || a.Note != text {
		t.Errorf("verified: %+v, %v", a, err)
	}
	line := text[strings.Index(text, "— anna"):]
	for _, c := range []struct{ text, want string }{
		{strings.Replace(text, "widened 4", "widened 3", 1), "changed after it was signed"},
		{text + line, "one signature"},
		{strings.TrimSuffix(text, "\n"), "no signed text"},
		{strings.Replace(text, "— anna", "— ben", 1), `"ben" is by no key`},
		{strings.Repeat("a", 5000), "longer than"},
		{"", "no signed text"},
	} {
		_, err := officers.Verify(c.text)
		wants(t, err, c.want)
	}
	// The last character before the padding has bits that say nothing; they have to be zero, so that an approval has one text.
	at := strings.LastIndexByte(text, '=') - 1
	_, err = officers.Verify(text[:at] + string(rune(text[at]+1)) + text[at+1:])
	wants(t, err, "usual form")
	s.By = "ben"
	signer, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	forOther, err := note.Sign(&note.Note{Text: s.Text()}, signer)
	if err != nil {
		t.Fatal(err)
	}
	_, err = officers.Verify(string(forOther))
	wants(t, err, `by "ben" and signed by "anna"`)
	_, err = ledger.Sign(private, s)
	wants(t, err, "each officer signs for themselves")
	_, err = ledger.Sign(public, s)
	wants(t, err, "not a private key")
	s.At = start.Local().Add(time.Millisecond)
	_, err = ledger.Sign(private, s)
	wants(t, err, "whole seconds")
}

func TestOfficers(t *testing.T) {
	keys := map[string]string{}
	for _, name := range []string{"anna", "ben", "anna2"} {
		_, public, err := ledger.NewOfficerKey(name, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		keys[name] = public
	}
	text := "# officers\n\n" + keys["ben"] + "\n  " + keys["anna"] + "  \n"
	o, err := ledger.ParseOfficers(text)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"anna", "ben"}, o.Names()); diff != "" {
		t.Error(diff)
	}
	if want := keys["ben"] + "\n" + keys["anna"] + "\n"; o.Text() != want {
		t.Errorf("text %q, want %q", o.Text(), want)
	}
	if _, ok := o.Key("cleo"); ok {
		t.Error("cleo has a key")
	}
	_, again, err := ledger.NewOfficerKey("anna", rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	_, err = ledger.ParseOfficers(text + again + "\nnonsense\n" + keys["anna"][:40])
	wants(t, err, "line 5: anna has a key already")
	wants(t, err, "line 6: not a public key")
	wants(t, err, "line 7: not a public key")
	_, err = ledger.ParseOfficers(strings.ToUpper(keys["ben"][:1]) + keys["ben"][1:])
	wants(t, err, "line 1")
	for _, name := range []string{"", "Anna", "änna", "a b", "a+b", "lotse-log", "1a", strings.Repeat("a", 65)} {
		if _, _, err := ledger.NewOfficerKey(name, rand.Reader); err == nil {
			t.Errorf("%q is an officer's name", name)
		}
	}
}

// One key under two names would make one person two.
func TestOneKeyIsOneOfficer(t *testing.T) {
	var lines []string
	for _, name := range []string{"anna", "ben"} {
		_, public, err := ledger.NewOfficerKey(name, strings.NewReader(strings.Repeat("not random at all, 32 bytes long", 2)))
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, public)
	}
	_, err := ledger.ParseOfficers(strings.Join(lines, "\n"))
	wants(t, err, "line 2: ben has the key of anna")
}
