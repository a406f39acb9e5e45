package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/lotse-edge/lotse/rules"
	"github.com/lotse-edge/lotse/runtime"
)

// settings is what the server can be told. A flag beats the environment, the environment beats the configuration file.
type settings struct {
	data, public, admin string
	tlsCert, tlsKey     string
	trustForwarded      bool
	shards, inFlight    int
	rate, addressRate   float64
	maxFuel             int64
	logLevel            string
	policyKeys          string
}

// bind makes a flag of each setting. The environment's name of "tls-cert" is LOTSE_TLS_CERT, the file's is tls-cert.
func (s *settings) bind(f *flags, data string) {
	f.StringVar(&s.data, "data", data, "`folder` of profiles, applied tenants and secrets")
	f.StringVar(&s.public, "public", "127.0.0.1:8080", "`address` that websites call")
	f.StringVar(&s.admin, "admin", "127.0.0.1:8081", "`address` for lotse apply, reports, metrics and health")
	f.StringVar(&s.tlsCert, "tls-cert", "", "`file` with the public listener's certificate chain; empty: plain HTTP")
	f.StringVar(&s.tlsKey, "tls-key", "", "`file` with the certificate's private key")
	f.BoolVar(&s.trustForwarded, "trust-forwarded", false, "believe X-Forwarded-For and X-Forwarded-Proto: only behind a proxy that sets them")
	f.IntVar(&s.shards, "shards", 0, "`number` of stores in a new data folder, 1 to 64; 0: 4, or as many as there are")
	f.IntVar(&s.inFlight, "in-flight", 1024, "requests at once; beyond, the answer is 503")
	f.Float64Var(&s.rate, "rate", 10_000, "requests a second for each tenant; beyond, the answer is 429")
	f.Float64Var(&s.addressRate, "address-rate", 2_000, "requests a second from one network address with a website's key; beyond, the answer is 429")
	f.Int64Var(&s.maxFuel, "max-fuel", runtime.DefaultMaxFuel, "`units` of fuel that a module may ask for in one call; a unit is about a nanosecond")
	f.StringVar(&s.policyKeys, "policy-keys", "", "`folder` of public keys (KEYID.pem), one of which has to have signed a pushed policy; empty: none has to")
	f.StringVar(&s.logLevel, "log-level", "info", "debug, info, warn or error")
}

// overlay sets from the configuration file and the environment what no flag has set.
func (s *settings) overlay(f *flags, file string) error {
	set := make(map[string]bool)
	f.Visit(func(fl *flag.Flag) { set[fl.Name] = true })
	var errs []error
	f.VisitAll(func(fl *flag.Flag) {
		name := "LOTSE_" + strings.ToUpper(strings.ReplaceAll(fl.Name, "-", "_"))
		value := f.env.getenv(name)
		if set[fl.Name] || value == "" {
			return
		}
		set[fl.Name] = true
		if err := f.Set(fl.Name, value); err != nil {
			errs = append(errs, fmt.Errorf("environment %s: not a value for --%s", name, fl.Name))
		}
	})
	if file == "" {
		file = f.env.getenv("LOTSE_CONFIG")
	}
	if file != "" {
		errs = append(errs, overlayFile(f, f.env.path(file), set))
	}
	return errors.Join(errs...)
}

// overlayFile reads a flat YAML file of setting: value.
func overlayFile(f *flags, file string, set map[string]bool) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("read the configuration file: %w", err)
	}
	var document yaml.Node
	if err := yaml.Unmarshal(data, &document); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	if len(document.Content) == 0 {
		return nil
	}
	root := document.Content[0]
	if root.Kind != yaml.MappingNode {
		return fmt.Errorf("%s:%d: a mapping of setting to value is needed", file, root.Line)
	}
	var known []string
	f.VisitAll(func(fl *flag.Flag) { known = append(known, fl.Name) })
	var errs []error
	for i := 0; i+1 < len(root.Content); i += 2 {
		key, value := root.Content[i], root.Content[i+1]
		switch {
		case key.Value == "config" || f.Lookup(key.Value) == nil:
			err := fmt.Errorf("%s:%d: there is no setting %q", file, key.Line, key.Value)
			if near := rules.Nearest(key.Value, known); near != "" {
				err = fmt.Errorf("%w (did you mean %q?)", err, near)
			}
			errs = append(errs, err)
		case value.Kind != yaml.ScalarNode:
			errs = append(errs, fmt.Errorf("%s:%d: %s needs one value", file, value.Line, key.Value))
		case set[key.Value]:
		default:
			if err := f.Set(key.Value, value.Value); err != nil {
				errs = append(errs, fmt.Errorf("%s:%d: this is not a value for %s", file, value.Line, key.Value))
			}
		}
	}
	return errors.Join(errs...)
}
