package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/lotse-edge/lotse/edge/notice"
	"github.com/lotse-edge/lotse/edge/tenant"
)

const policyExportAbout = `
Writes what the law asks a tenant to say, from the tenant's folder and the proved policy alone:

record   the record of processing activities (Article 30 GDPR)
notice   the privacy notice for visitors (Articles 13 and 14 GDPR)

Both list what the policy permits in some situation, with the longest time, and nothing else. What neither says is marked as to be
completed and listed on stderr. With --data the policy is the one in force there, and the record says what was really done.`

// policyExport is one call of lotse policy export.
type policyExport struct {
	env      *environment
	tenant   string
	policy   string // a folder or a bundle; empty: the one in force in data, or this program's own
	data     string // of a server; may be empty
	kind     string
	language notice.Language
	format   string
	out      string
}

// policyExportCommand is lotse policy export.
func policyExportCommand(ctx context.Context, env *environment, args []string) int {
	f := newFlags(env, "policy export", "", policyExportAbout)
	c := policyExport{env: env}
	f.StringVar(&c.tenant, "tenant", "", "`folder` of the tenant")
	f.StringVar(&c.policy, "policy", "", "`folder` or bundle of a policy, instead of the one in force")
	f.StringVar(&c.data, "data", "", "`folder` of the server: the policy in force and the decisions counted")
	f.StringVar(&c.kind, "kind", "both", "`what` to write: record, notice or both")
	language := f.String("language", "en", "`language` of the words: de or en")
	f.StringVar(&c.format, "format", "markdown", "`form`: markdown, json or html")
	f.StringVar(&c.out, "out", "", "`file` to write; without it, the standard output")
	if _, exit, ok := f.parse(args, 0); !ok {
		return exit
	}
	var err error
	if c.language, err = notice.ParseLanguage(*language); err != nil {
		return f.misuse("--language: %v", err)
	}
	switch {
	case c.tenant == "":
		return f.misuse("needs --tenant: the folder of a tenant")
	case c.kind != "record" && c.kind != "notice" && c.kind != "both":
		return f.misuse("--kind is one of record, notice, both")
	case c.format != "markdown" && c.format != "json" && c.format != "html":
		return f.misuse("--format is one of markdown, json, html")
	}
	if err := c.run(ctx); err != nil {
		return env.fail("policy export", err)
	}
	return exitOK
}

func (c *policyExport) run(ctx context.Context) error {
	config, err := c.loadTenant()
	if err != nil {
		return err
	}
	table, err := c.table(ctx, config)
	if err != nil {
		return err
	}
	facts, err := notice.Gather(config, table)
	if err != nil {
		return err
	}
	if c.data != "" {
		counts, err := c.counts(table)
		if err != nil {
			return err
		}
		if err := facts.Count(table, counts); err != nil {
			return fmt.Errorf("count what was decided: %w", err)
		}
	}
	text, err := c.write(facts)
	if err != nil {
		return err
	}
	if err := c.put(text); err != nil {
		return fmt.Errorf("write the export: %w", err)
	}
	c.remark(config, facts)
	return nil
}

func (c *policyExport) loadTenant() (*tenant.Config, error) {
	files, err := folder(c.env, c.tenant)
	if err != nil {
		return nil, err
	}
	config, warnings, err := tenant.Load(files)
	for _, w := range warnings {
		fmt.Fprintf(c.env.stderr, "warning: %s\n", w)
	}
	return config, err
}

// write renders what is asked for.
func (c *policyExport) write(facts *notice.Facts) (string, error) {
	var documents []notice.Document
	if c.kind != "record" {
		documents = append(documents, facts.Notice(c.language))
	}
	if c.kind != "notice" {
		documents = append(documents, facts.Record(c.language))
	}
	switch c.format {
	case "html":
		return notice.HTML(documents), nil
	case "json":
		text, err := json.MarshalIndent(struct {
			Facts     *notice.Facts     `json:"facts"`
			Documents []notice.Document `json:"documents"`
		}{facts, documents}, "", "  ")
		return string(text) + "\n", err
	}
	texts := make([]string, len(documents))
	for i := range documents {
		texts[i] = documents[i].Markdown()
	}
	return strings.Join(texts, "\n---\n\n"), nil
}

func (c *policyExport) put(text string) error {
	if c.out == "" {
		_, err := c.env.stdout.Write([]byte(text))
		return err
	}
	return writeAtomic(c.env.path(c.out), []byte(text), 0o644)
}

// remark says what somebody has to complete or look into before the documents are used.
func (c *policyExport) remark(config *tenant.Config, facts *notice.Facts) {
	say := func(format string, args ...any) {
		fmt.Fprintf(c.env.stderr, "lotse policy export: "+format+"\n", args...)
	}
	for _, m := range facts.Missing {
		say("to be completed: %s: write %s into %s", m.Words.English, m.Key, filepath.Join(c.tenant, m.File))
	}
	if !slices.Contains(config.Languages, string(c.language)) {
		say("the folder has no texts in the language %s: its own words stay in %s", c.language, config.Languages[0])
	}
	if c.kind != "notice" {
		say("to be completed in the record: technical and organisational measures of your operation")
	}
	if facts.Use != nil {
		for _, a := range facts.Use.Alarms {
			say("alarm: %s %s", a.Alarm, a.Purpose)
		}
	}
}
