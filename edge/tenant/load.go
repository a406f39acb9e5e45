package tenant

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/lotse-edge/lotse/rules"
)

// The documents of a tenant's folder. Beside them it holds rules/*.wasm, rules/*.yaml and policies/*.rego. Each document's format stands
// at the function that reads it, and in short in cmd/lotse/samples/README.md.
const (
	fileTenant    = "tenant.yaml"
	fileKeys      = "keys.yaml" // optional
	fileCatalogue = "catalogue.yaml"
	fileStages    = "stages.yaml"
	fileContent   = "content.yaml"
	fileForms     = "forms.yaml"
)

// Limits of a tenant's folder.
const (
	MaxFiles    = 200      // files of a folder
	MaxFolder   = 64 << 20 // bytes of all its files
	MaxModule   = 16 << 20 // bytes of one module
	MaxPolicy   = 256 << 10
	MaxPurposes = 32
	MaxFields   = 1024

	maxModules   = 32
	maxLanguages = 24
	maxEvents    = 256
	maxText      = 4096 // bytes of one text
)

// Load reads a tenant's folder, given as its files by path, and checks it as a whole: every key, every name, every
// reference between the documents and the modules' manifests. What is wrong comes back as one *InvalidError with every
// problem. Numbers in the Config (purpose bits, ids of fields and events) are positions until Bind replaces them.
//
// Load keeps the bytes of modules; the caller must not change them any more.
//
// Rule files are refused: LoadWith compiles them.
func Load(files map[string][]byte) (*Config, []Warning, error) { return LoadWith(files, nil) }

// LoadWith is Load for a folder that may hold rule files.
func LoadWith(files map[string][]byte, compiler RuleCompiler) (*Config, []Warning, error) {
	l := &loader{files: files, rules: compiler, config: &Config{Policies: map[string]string{}}, points: map[string]rules.Range{}}
	l.names()
	l.sort()
	l.settings()
	l.keys()
	l.catalogue()
	l.modules()
	l.stages()
	l.content()
	l.forms()
	l.roles()
	sortWarnings(l.report.warnings)
	if err := l.report.err(); err != nil {
		return nil, l.report.warnings, err
	}
	l.config.Digest = digest(files)
	l.config.index = newIndex(l.config)
	return l.config, l.report.warnings, nil
}

// loader is one run of Load. It reads the documents in the order of their dependence, so that each finds the names that it
// may refer to.
type loader struct {
	files  map[string][]byte
	rules  RuleCompiler // nil: there is none
	report report
	config *Config
	root   object // of tenant.yaml, for the keys that refer to the catalogue

	purposes, fields, events    known
	based                       PurposeSet // purposes whose basis could be read
	scores, segments, personas  known
	stageNames, quadrants       known
	languages                   known
	ruleFiles                   []string               // modules and what compiles to one
	points                      map[string]rules.Range // of the scores of rule files
	outcome, ageField, homeland value
}

// known is a set of names that documents may refer to.
type known struct {
	what  string
	where string // the file that defines them
	list  []string
	at    map[string]int
	open  bool // the file that defines them cannot be read, so that nothing can be said of a name
}

func (k *known) add(name string) {
	if k.at == nil {
		k.at = map[string]int{}
	}
	if _, ok := k.at[name]; !ok {
		k.at[name] = len(k.list)
		k.list = append(k.list, name)
	}
}

func (k *known) has(name string) bool {
	_, ok := k.at[name]
	return ok
}

// refer reads a name that must be among the known ones. ok is false when it is not, or when that cannot be said.
func (k *known) refer(v value) (name string, ok bool) {
	name = v.text(maxDocument)
	if name == "" || k.open {
		return "", false
	}
	if k.has(name) {
		return name, true
	}
	suggestion := v.meant(name, k.list)
	if suggestion == "" || len(k.list) == 0 {
		suggestion = "add it to " + k.where + ", or name one that is there"
	}
	v.problem(suggestion, "there is no %s %s in %s", k.what, quoted(name), k.where)
	return "", false
}

// referAll reads a list of such names, without repetitions.
func (k *known) referAll(v value, limit int) []string {
	var names []string
	for _, e := range v.list(limit, k.what+"s") {
		name, ok := k.refer(e)
		switch {
		case !ok:
		case slices.Contains(names, name):
			e.problem("remove it here", "the %s %s stands in the list twice", k.what, quoted(name))
		default:
			names = append(names, name)
		}
	}
	return names
}

func (l *loader) names() {
	l.purposes = known{what: "purpose", where: fileCatalogue}
	l.fields = known{what: "field", where: fileCatalogue}
	l.events = known{what: "event", where: fileCatalogue}
	l.scores = known{what: "score", where: "the modules under rules/"}
	l.segments = known{what: "segment", where: "the modules under rules/"}
	l.personas = known{what: "persona", where: "the modules' trait persona"}
	l.stageNames = known{what: "stage", where: fileStages}
	l.quadrants = known{what: "quadrant", where: fileStages}
	l.languages = known{what: "language", where: fileTenant}
}

// document reads one of the YAML files; ok is false when there is nothing to go on with.
func (l *loader) document(file string) (value, bool) {
	data, ok := l.files[file]
	if !ok {
		return value{}, false
	}
	d := &document{file: file, report: &l.report}
	return d.read(data)
}

var (
	documents     = []string{fileTenant, fileKeys, fileCatalogue, fileStages, fileContent, fileForms}
	modulePattern = regexp.MustCompile(`^rules/([a-z][a-z0-9_-]{0,63})\.(wasm|yaml)$`)
	policyPattern = regexp.MustCompile(`^policies/([a-z][a-z0-9_-]{0,63}\.rego)$`)
)

// sort tells the folder's files apart and refuses what does not belong.
func (l *loader) sort() {
	if len(l.files) > MaxFiles {
		l.report.problem(Problem{File: ".", Message: fmt.Sprintf("the folder holds %d files, at most %d are allowed", len(l.files), MaxFiles)})
		return
	}
	var total int
	for _, name := range slices.Sorted(maps.Keys(l.files)) {
		data := l.files[name]
		total += len(data)
		if slices.Contains(documents, name) {
			continue
		}
		if modulePattern.MatchString(name) {
			l.ruleFiles = append(l.ruleFiles, name)
			continue
		}
		if m := policyPattern.FindStringSubmatch(name); m != nil && !strings.HasSuffix(name, "_test.rego") {
			if len(data) > MaxPolicy {
				l.report.problem(Problem{File: name, Message: fmt.Sprintf("the policy is larger than %d KiB", MaxPolicy>>10)})
				continue
			}
			l.config.Policies[m[1]] = string(data)
			continue
		}
		l.report.problem(Problem{File: shown(name), Message: "the file does not belong in a tenant's folder", Suggestion: belongs(name)})
	}
	if total > MaxFolder {
		l.report.problem(Problem{File: ".", Message: fmt.Sprintf("the folder is larger than %d MiB", MaxFolder>>20)})
	}
	for _, name := range documents {
		if _, ok := l.files[name]; !ok && name != fileKeys {
			l.report.problem(Problem{File: name, Message: "the file is missing", Suggestion: "copy it from a sample tenant and adapt it"})
		}
	}
}

// belongs says what to do with a file that is refused.
func belongs(name string) string {
	folder, base, _ := strings.Cut(name, "/")
	switch {
	case folder == "rules" && strings.Contains(base, "/"):
		return "leave sources of modules out; upload the built rules/" + shown(strings.SplitN(base, "/", 2)[0]) + ".wasm only"
	case folder == "rules" && strings.HasSuffix(base, ".yml"):
		return "name it " + shown(strings.TrimSuffix(name, ".yml")) + ".yaml"
	case strings.HasSuffix(base, "_test.rego"), folder == "rules" && strings.HasSuffix(base, ".test.yaml"), strings.HasPrefix(strings.ToUpper(name), "README"), strings.HasPrefix(name, "."):
		return "leave documentation, tests and hidden files out of the upload"
	case folder == "rules" && (strings.HasSuffix(base, ".wasm") || strings.HasSuffix(base, ".yaml")), folder == "policies" && strings.HasSuffix(base, ".rego") && !strings.HasSuffix(base, "_test.rego"):
		return "name it with a-z, 0-9, _ and - only, beginning with a letter"
	case strings.HasSuffix(name, ".wasm"):
		return "put it under rules/"
	case strings.HasSuffix(name, ".rego"):
		return "put it under policies/"
	}
	if stem, ok := strings.CutSuffix(name, ".yml"); ok && slices.Contains(documents, stem+".yaml") {
		return "did you mean " + stem + ".yaml?"
	}
	if len(name) <= maxName {
		if near := rules.Nearest(name, documents); near != "" {
			return "did you mean " + near + "?"
		}
	}
	return "a folder holds " + strings.Join(documents, ", ") + ", rules/*.yaml, rules/*.wasm and policies/*.rego"
}

// shown makes a file's name fit to be printed.
func shown(name string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return '?'
		}
		return r
	}, name)
	if len(name) > 128 {
		name = strings.ToValidUTF8(name[:128], "") + "..."
	}
	return name
}

// digest is the hex SHA-256 over all files: sorted by path, each path and content after its length.
func digest(files map[string][]byte) string {
	h := sha256.New()
	var length [8]byte
	for _, name := range slices.Sorted(maps.Keys(files)) {
		binary.LittleEndian.PutUint64(length[:], uint64(len(name)))
		h.Write(length[:])
		h.Write([]byte(name))
		binary.LittleEndian.PutUint64(length[:], uint64(len(files[name])))
		h.Write(length[:])
		h.Write(files[name])
	}
	return hex.EncodeToString(h.Sum(nil))
}

func sortWarnings(ws []Warning) {
	ps := make([]Problem, len(ws))
	for i, w := range ws {
		ps[i] = Problem(w)
	}
	sortProblems(ps)
	for i, p := range ps {
		ws[i] = Warning(p)
	}
}
