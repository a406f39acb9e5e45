package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

const importAbout = `
Brings leads from a CSV file into a tenant. A mapping (YAML) says which column is which field, event and consent; each row
becomes one call with a server key, so consent is recorded first and enforced before anything is stored.

A row can be sent any number of times: its events count once. With --state, rows that were taken are remembered, and a second
run sends the others. A row that cannot be read or that the server refuses is counted and told by its number, and the import
goes on; the exit code is 1 then. Values never show up in messages.`

func importCommand() command {
	return command{"import", "bring leads from a CSV file in", runImport}
}

// importOptions are the flags of import.
type importOptions struct {
	mapping, server, keyFile, state string
	concurrency, limit              int
	strict, restart, json           bool
}

func (o *importOptions) validate(f *flags) (exit int, ok bool) {
	switch {
	case o.mapping == "":
		return f.misuse("needs --mapping"), false
	case o.concurrency < 1 || o.concurrency > 256:
		return f.misuse("--concurrency is from 1 to 256"), false
	case o.limit < 0:
		return f.misuse("--limit is not negative"), false
	case o.restart && o.state == "":
		return f.misuse("--restart needs --state"), false
	}
	return exitOK, true
}

func runImport(ctx context.Context, env *environment, args []string) int {
	var o importOptions
	f := newFlags(env, "import", "CSV", importAbout)
	f.StringVar(&o.mapping, "mapping", "", "`file` that says what the columns are")
	f.StringVar(&o.server, "server", "", "`URL` of the public listener; else LOTSE_URL, else "+defaultPublic)
	f.StringVar(&o.keyFile, "key-file", "", "`file` with a server key; else LOTSE_KEY")
	f.IntVar(&o.concurrency, "concurrency", 16, "rows on their way at once")
	f.StringVar(&o.state, "state", "", "`file` that remembers which rows are done")
	f.BoolVar(&o.restart, "restart", false, "forget what --state remembers")
	f.IntVar(&o.limit, "limit", 0, "read no more than this many rows; 0: all")
	f.BoolVar(&o.strict, "strict", false, "stop at the first row that fails")
	f.BoolVar(&o.json, "json", false, "print the summary as JSON")
	operands, exit, ok := f.parse(args, 1)
	if !ok {
		return exit
	}
	if exit, ok := o.validate(f); !ok {
		return exit
	}
	if err := importFile(ctx, env, o, operands[0]); err != nil {
		return env.fail("import", err)
	}
	return exitOK
}

func importFile(ctx context.Context, env *environment, o importOptions, name string) (err error) {
	raw, err := os.ReadFile(env.path(o.mapping))
	if err != nil {
		return fmt.Errorf("read the mapping: %w", err)
	}
	mappingFile := filepath.ToSlash(o.mapping)
	m, err := parseMapping(mappingFile, raw)
	if err != nil {
		return fmt.Errorf("the mapping is not valid\n%w", err)
	}
	key, err := secret(env, o.keyFile, "LOTSE_KEY", "")
	if err != nil {
		return fmt.Errorf("read the server key: %w", err)
	}
	c, err := newClient(env, firstOf(o.server, env.getenv("LOTSE_URL"), defaultPublic), key, o.concurrency)
	if err != nil {
		return err
	}
	c.help = clientHelp{
		address: "start the server (lotse serve), or name the address of its public listener by --server or LOTSE_URL",
		secret:  "this server does not know the key; lotse key --server makes one for a tenant, and lotse apply makes it valid",
	}
	file, err := os.Open(env.path(name))
	if err != nil {
		return fmt.Errorf("read the CSV file: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("read the CSV file: %w", err)
	}
	j, err := stateOf(env, o, file, m, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, j.close()) }()
	began := env.now()
	shown := newProgress(env, info.Size())
	im := &importer{
		mapping: m, mappingFile: mappingFile, sender: &sender{c, sleep}, journal: j, now: began,
		concurrency: o.concurrency, limit: o.limit, strict: o.strict, progress: shown.tell,
	}
	t, failed := im.run(ctx, file)
	shown.end()
	if t.rows > 0 || failed == nil {
		if err := printSummary(env, o.json, t.summary(env.now().Sub(began), failed == nil)); err != nil {
			return err
		}
	}
	return importResult(ctx, o, t, failed)
}

// importResult is what is wrong with an import as a whole.
func importResult(ctx context.Context, o importOptions, t *tally, failed error) error {
	switch {
	case failed != nil && ctx.Err() != nil && o.state != "":
		return errors.New("interrupted; the same command goes on where it stopped")
	case failed != nil && ctx.Err() != nil:
		return errors.New("interrupted; the same command sends all rows again, and what was taken counts once")
	case failed != nil:
		return failed
	case t.failed > 0:
		return fmt.Errorf("%d of %d rows failed", t.failed, t.rows)
	}
	return nil
}

// stateOf opens the journal, bound to all that gives a row's number its meaning.
func stateOf(env *environment, o importOptions, file *os.File, m *mapping, c *client) (*journal, error) {
	if o.state == "" {
		return openJournal("", "", false)
	}
	h := sha256.New()
	if _, err := io.Copy(h, file); err != nil {
		return nil, fmt.Errorf("read the CSV file: %w", err)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return nil, fmt.Errorf("read the CSV file: %w", err)
	}
	fmt.Fprintf(h, "\n%s\n%s", m.digest, c.base)
	j, err := openJournal(env.path(o.state), hex.EncodeToString(h.Sum(nil)), o.restart)
	if err != nil {
		return nil, fmt.Errorf("open the state file: %w", err)
	}
	return j, nil
}

func printSummary(env *environment, asJSON bool, s importSummary) error {
	if !asJSON {
		_, err := env.stdout.Write(appendSummary(nil, s))
		return err
	}
	raw, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(env.stdout, "%s\n", raw)
	return err
}
