package tenant_test

import (
	"bytes"
	"errors"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/lotse-edge/lotse/edge/tenant"
)

// FuzzLoad states three things. Whatever stands in a document, Load answers. A refusal says where and what, in order. And
// an accepted folder means the same when it is written anew: without comments, in another style, through an archive.
func FuzzLoad(f *testing.F) {
	folder := good(f)
	documents := []string{"tenant.yaml", "keys.yaml", "catalogue.yaml", "stages.yaml", "content.yaml", "forms.yaml"}
	for i, name := range documents {
		f.Add(uint8(i), folder[name])
	}
	for _, name := range []string{"winery", "education"} {
		files := sample(f, name)
		for i, document := range documents {
			f.Add(uint8(i), files[document])
		}
	}
	for _, c := range malformed {
		for i, name := range documents {
			if name == c.file && len(c.new) < 200 {
				f.Add(uint8(i), []byte(strings.Replace(string(folder[name]), c.old, c.new, 1)))
			}
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, data []byte) {
		files := maps.Clone(folder)
		files[documents[int(which)%len(documents)]] = data
		c, _, err := tenant.Load(files)
		if err != nil {
			var invalid *tenant.InvalidError
			if !errors.As(err, &invalid) || len(invalid.Problems) == 0 || c != nil {
				t.Fatalf("a refusal of another kind: %v", err)
			}
			lines := map[string]int{}
			for _, p := range invalid.Problems {
				if p.File == "" || p.Message == "" || p.Line < lines[p.File] || p.Line > 1+bytes.Count(files[p.File], []byte("\n"))+bytes.Count(files[p.File], []byte("\r"))+4*len(files[p.File]) {
					t.Fatalf("a problem without place or out of order: %+v", p)
				}
				lines[p.File] = p.Line
			}
			return
		}
		var stream bytes.Buffer
		if err := tenant.WriteFiles(&stream, files); err != nil {
			t.Fatal(err)
		}
		anew, err := tenant.ReadTar(&stream)
		if err != nil {
			t.Fatal(err)
		}
		if same, _, err := tenant.Load(anew); err != nil || same.Digest != c.Digest {
			t.Fatalf("an archive changes the folder: %v", err)
		}
		for _, name := range documents {
			anew[name] = rewritten(t, anew[name])
		}
		d, _, err := tenant.Load(anew)
		if err != nil {
			t.Fatalf("accepted, and refused when written anew: %v", err)
		}
		c.Digest, d.Digest = "", ""
		if diff := cmp.Diff(c, d, cmp.FilterPath(func(p cmp.Path) bool { return p.Last().String() == ".index" || p.Last().String() == ".Zone" }, cmp.Ignore())); diff != "" {
			t.Fatalf("written anew, the folder means something else:\n%s", diff)
		}
	})
}

// rewritten writes a document without comments, every collection and text in one style.
func rewritten(t *testing.T, data []byte) []byte {
	var n yaml.Node
	if err := yaml.Unmarshal(data, &n); err != nil {
		t.Fatal(err)
	}
	var plain func(*yaml.Node)
	plain = func(n *yaml.Node) {
		n.HeadComment, n.LineComment, n.FootComment = "", "", ""
		tag := n.ShortTag()
		n.Style = 0
		if n.Kind == yaml.ScalarNode && tag == "!!str" {
			n.Style = yaml.DoubleQuotedStyle
		}
		for _, child := range n.Content {
			plain(child)
		}
	}
	plain(&n)
	out, err := yaml.Marshal(&n)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// FuzzReadTar: whatever comes in, what comes out is bounded, cleanly named, and survives its own archive.
func FuzzReadTar(f *testing.F) {
	var stream bytes.Buffer
	if err := tenant.WriteFiles(&stream, map[string][]byte{"tenant.yaml": []byte("id: a\n"), "rules/a.wasm": []byte(emptyModule)}); err != nil {
		f.Fatal(err)
	}
	f.Add(stream.Bytes())
	f.Fuzz(func(t *testing.T, data []byte) {
		files, err := tenant.ReadTar(bytes.NewReader(data))
		if err != nil {
			return
		}
		for name := range files {
			if strings.HasPrefix(name, "/") || strings.Contains(name, "..") && strings.Contains("/"+name+"/", "/../") || strings.Contains(name, `\`) {
				t.Fatalf("the name %q came through", name)
			}
		}
		var again bytes.Buffer
		if err := tenant.WriteFiles(&again, files); err != nil {
			t.Fatal(err)
		}
		if same, err := tenant.ReadTar(&again); err != nil || !cmp.Equal(files, same) && len(files) > 0 {
			t.Fatalf("its own archive is another: %v", err)
		}
	})
}

// FuzzCheck: what is stored can be shown, and what is shown is the same value.
func FuzzCheck(f *testing.F) {
	for _, s := range []string{"a", " 1987-05-23 ", "12.5", "true", "192.0.2.1", "-0", "1e5", "0001-01-01"} {
		f.Add(s)
	}
	fields := []tenant.Field{
		{Type: tenant.FieldString, MaxLength: 20},
		{Type: tenant.FieldNumber},
		{Type: tenant.FieldBoolean},
		{Type: tenant.FieldDate},
		{Type: tenant.FieldString, Tag: 1, MaxLength: 60},
		{Type: tenant.FieldString, Tag: 4, MaxLength: 60},
	}
	f.Fuzz(func(t *testing.T, s string) {
		for i := range fields {
			field := &fields[i]
			v, ok := field.CheckText(s)
			if !ok {
				continue
			}
			if again, ok := field.Check(field.Show(v)); !ok || again != v {
				t.Fatalf("%s: %q is %+v, shown and read again %+v", field.Type, s, v, again)
			}
			if coarse, ok := field.Generalised(v); ok {
				if twice, ok := field.Generalised(coarse); !ok || twice != coarse {
					t.Fatalf("%q is made %+v and then %+v", s, coarse, twice)
				}
			}
		}
	})
}
