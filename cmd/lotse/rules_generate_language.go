package main

import (
	"bytes"
	"embed"
	"fmt"
	"go/format"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/lotse-edge/lotse/sdk/abi"
)

// language is one that rules are written in.
type language struct {
	name     string // on the command line, and the kit's folder under sdk
	title    string // for people
	compiler string // the stock command
	main     string // the author's file
	file     string // the accessors
	camel    bool   // pagesPerVisit; otherwise pages_per_visit
	record   string // stands before the name of a feature's function
	answer   string // stands before the name of what can be said
	reserved string // names that a function cannot have: words of the language, and what the kit uses

	natives map[abi.Type]native // how a feature's value is read
}

// native is a type of a language. What may be absent is never read as if it were there: a function gives the language's own
// optional value, or takes what stands in place of an absent one.
type native struct {
	name      string
	getter    string // of the kit
	functions string // that a feature of the type has: of value, or, has
}

//go:embed generate
var templates embed.FS

// languages are in the order in which help shows them. A word that is reserved gets an underscore behind it.
var languages = []language{
	{
		name: "go", title: "Go", compiler: "go", main: "main.go", file: "manifest.go", camel: true,
		reserved: `break case chan const continue default defer else fallthrough for func go goto if import interface map package
			range raw return select struct switch type unixMillis var`,
		natives: map[abi.Type]native{
			abi.Number: {"float64", "Number", "value or"}, abi.String: {"string", "Text", "value or"}, abi.Boolean: {"bool", "Bool", "value or"},
		},
	},
	{
		name: "assemblyscript", title: "AssemblyScript", compiler: "asc", main: "main.ts", file: "manifest.ts", camel: true,
		reserved: `abstract any as async await bool boolean break case catch class const constructor continue debugger declare
			default delete do else enum export extends f32 f64 false finally for from function get i16 i32 i64 i8 if implements
			import in instanceof interface is isize keyof let lotse module namespace never new null number of package private
			protected public readonly require return set static string super switch symbol this throw true try type typeof u16
			u32 u64 u8 undefined unixMillis usize var void while with yield`,
		natives: map[abi.Type]native{
			abi.Number: {"f64", "number", "or has"}, abi.String: {"lotse.Text", "text", "value"}, abi.Boolean: {"bool", "flag", "or has"},
		},
	},
	{
		name: "rust", title: "Rust", compiler: "rustc", main: "main.rs", file: "manifest.rs",
		reserved: `abstract as async await become box break bytes const continue crate do dyn else enum extern false final
			flag_at fn for gen if impl in is_there is_whole let loop macro match mod move mut number_at override points_for priv
			pub ref return say segment_at self static struct super text_at trait trait_at true try type typeof union unix_millis
			unsafe unsized use virtual where while word yield`,
		natives: map[abi.Type]native{
			abi.Number: {"f64", "number_at", "value"}, abi.String: {"Text<'a>", "text_at", "value"}, abi.Boolean: {"bool", "flag_at", "value"},
		},
	},
	{
		name: "c", title: "C", compiler: "clang", main: "main.c", file: "manifest.h", record: "record_", answer: "answer_",
		natives: map[abi.Type]native{
			abi.Number: {"double", "lotse_number", "or has"}, abi.String: {"lotse_text", "lotse_string", "or has"}, abi.Boolean: {"bool", "lotse_flag", "or has"},
		},
	},
}

func languageNames() []string {
	names := make([]string, len(languages))
	for i, l := range languages {
		names[i] = l.name
	}
	return names
}

// languageNamed gives the language of a name on the command line, or nil.
func languageNamed(name string) *language {
	for i := range languages {
		if languages[i].name == name {
			return &languages[i]
		}
	}
	return nil
}

// languageIn gives the language of the author's file in a folder; nil where there is none.
func languageIn(dir string) (found *language, err error) {
	for i := range languages {
		l := &languages[i]
		switch {
		case !exists(filepath.Join(dir, l.main)):
		case found != nil:
			return nil, fmt.Errorf("%s has both a %s and a %s: a module is written in one language", filepath.Base(dir), found.main, l.main)
		default:
			found = l
		}
	}
	return found, nil
}

// accessors gives the file of typed accessors.
func (l *language) accessors(m *abi.Manifest) ([]byte, error) {
	view, err := l.view(m)
	if err != nil {
		return nil, err
	}
	t, err := template.New(l.name+".tmpl").Funcs(template.FuncMap{
		"bytes": quoteBytes, "asm": quoteAssembly,
		"comment": func(s string) string { return strings.ReplaceAll(s, "*/", `*\/`) }, // would end the comment
	}).ParseFS(templates, "generate/"+l.name+".tmpl")
	if err != nil {
		panic("BUG: a template of ours: " + err.Error())
	}
	var b bytes.Buffer
	if err := t.Execute(&b, view); err != nil {
		return nil, fmt.Errorf("write the accessors: %w", err)
	}
	if l.name == "go" {
		return format.Source(b.Bytes())
	}
	return b.Bytes(), nil
}

// quoteBytes writes bytes as a literal of C or Rust, in ASCII.
func quoteBytes(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// quoteAssembly writes bytes as lines of the assembler that stand in a literal of C. The assembler reads octal digits; three
// of them, so that a digit may follow.
func quoteAssembly(s string) []string {
	const most = 90 // bytes of a line
	var lines []string
	for ; s != ""; s = s[min(most, len(s)):] {
		var b strings.Builder
		b.WriteString(`.ascii "`)
		for i := range min(most, len(s)) {
			switch c := s[i]; {
			case c == '"' || c == '\\':
				b.WriteByte('\\')
				b.WriteByte(c)
			case c < ' ' || c > '~' || c == '?': // two of these would begin a trigraph of C
				fmt.Fprintf(&b, `\%03o`, c)
			default:
				b.WriteByte(c)
			}
		}
		b.WriteByte('"')
		lines = append(lines, quoteBytes(b.String()+"\n"))
	}
	return lines
}
