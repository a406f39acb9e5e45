package ledger_test

import (
	"encoding/base64"
	"fmt"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/lotse-edge/lotse/policies/ledger"
)

// forge writes the log that somebody with the log's key and no regard for its rules would write.
func (o *office) forge(texts ...string) *memory {
	o.t.Helper()
	signer, err := note.NewSigner(o.logPrivate)
	if err != nil {
		o.t.Fatal(err)
	}
	var entries string
	var hashes []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) (found []tlog.Hash, _ error) {
		for _, i := range indexes {
			found = append(found, hashes[i])
		}
		return found, nil
	})
	head := func(n int) string {
		root, err := tlog.TreeHash(int64(n), reader)
		if err != nil {
			o.t.Fatal(err)
		}
		text := fmt.Sprintf("lotse-log\n%d\n%s\n", n, base64.StdEncoding.EncodeToString(root[:]))
		signed, err := note.Sign(&note.Note{Text: text}, signer)
		if err != nil {
			o.t.Fatal(err)
		}
		return string(signed)
	}
	for n, text := range texts {
		more, err := tlog.StoredHashes(int64(n), []byte(text), reader)
		if err != nil {
			o.t.Fatal(err)
		}
		hashes = append(hashes, more...)
		entries += fmt.Sprintf("entry %d %d %d\n%s%s\n", n, len(text), len(head(n+1)), text, head(n+1))
	}
	m := newMemory()
	m.files["entries"], m.files["head"] = []byte(entries), []byte(head(len(texts)))
	for _, h := range hashes {
		m.files["hashes"] = append(m.files["hashes"], h[:]...)
	}
	return m
}

// The log's key is not enough to put a policy in force: the entries have to obey the rules.
func TestForgedEntriesAreFound(t *testing.T) {
	o := newOffice(t)
	o.newKey("eve")
	at := func(n int) string { return minute(n).Format("2006-01-02T15:04:05Z") }
	force := func(n int, to, from byte, widened int, approvals string) string {
		return fmt.Sprintf("in_force %s\npolicy %s\nsources %s\nreplaces %s\nchanged 10\nwidened %d\nnarrowed 3\napprovals %s\n",
			at(n), policy(to), policy(to+100), policy(from), widened, approvals)
	}
	approved := func(n int, name string, to, from byte, widened int64) string {
		return "approved " + at(n) + "\n" + o.sign(name, release(to, from, widened), minute(n))
	}
	anna, ben := "officer_added "+at(1)+"\nkey "+o.public["anna"]+"\n", "officer_added "+at(1)+"\nkey "+o.public["ben"]+"\n"
	left := "officer_removed " + at(3) + "\nkey " + o.public["anna"] + "\n"
	a, b := approved(2, "anna", 1, 0, 5), approved(2, "ben", 1, 0, 5)

	good := [][]string{
		{},
		{anna, ben, a, b, force(3, 1, 0, 5, "2 3")},
		{anna, approved(2, "anna", 1, 0, 0), force(3, 1, 0, 0, "1"), approved(4, "anna", 2, 1, 0), force(4, 2, 1, 0, "3")},
	}
	for i, texts := range good {
		r, err := ledger.Verify(o.forge(texts...), o.logPublic)
		if err != nil || r.Head.Size != int64(len(texts)) {
			t.Errorf("good log %d: %v", i, err)
		}
	}
	for name, c := range map[string]struct {
		want  string
		texts []string
	}{
		"no approval":             {"line 8", []string{anna, force(2, 1, 0, 0, "")}},
		"approval of nothing":     {"no approval of it", []string{anna, force(2, 1, 0, 0, "0")}},
		"approval by a stranger":  {"no key that is known", []string{anna, approved(2, "eve", 1, 0, 0)}},
		"one person for two":      {"only anna has approved", []string{anna, ben, a, force(3, 1, 0, 5, "2")}},
		"one approval twice":      {"no approval of it", []string{anna, ben, a, force(3, 1, 0, 5, "2 2")}},
		"falling numbers":         {"has to rise", []string{anna, ben, a, b, force(3, 1, 0, 5, "3 2")}},
		"widening told as narrow": {"no approval of it", []string{anna, ben, a, force(3, 1, 0, 0, "2")}},
		"officer had left":        {"no approval of it", []string{anna, ben, a, b, left, force(3, 1, 0, 5, "2 3")}},
		"used approval":           {"is in force", []string{anna, approved(2, "anna", 1, 0, 0), force(3, 1, 0, 0, "1"), force(3, 1, 0, 0, "1")}},
		"approval entered twice":  {"holds this approval already", []string{anna, a, a}},
		"time goes back":          {"before the last entry", []string{anna, a, ben}},
		"entry of no kind":        {"no known kind", []string{"emergency " + at(1) + "\n"}},
		"more than the entry":     {"nothing may follow", []string{anna + "so there\n"}},
		"officer without a key":   {"not a public key", []string{"officer_added " + at(1) + "\nkey anna\n"}},
		"stranger leaves":         {"no officer has this key", []string{left}},
		"local time":              {"has to be a time", []string{"officer_added 2026-01-31T12:00:00+01:00\nkey " + o.public["anna"] + "\n"}},
		"the log as its officer":  {"the log's own", []string{"officer_added " + at(1) + "\nkey " + o.logPublic + "\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ledger.Verify(o.forge(c.texts...), o.logPublic)
			wants(t, err, c.want)
		})
	}
}
