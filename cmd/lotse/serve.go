package main

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/lotse-edge/lotse/edge"
	"github.com/lotse-edge/lotse/edge/profile"
	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/policies/decisions"
	"github.com/lotse-edge/lotse/runtime"
)

// drainTime is how long a stopping server waits for the requests at work.
const drainTime = 20 * time.Second

func serveCommand() command {
	return command{"serve", "run the edge", func(ctx context.Context, env *environment, args []string) int {
		f := newFlags(env, "serve", "", `Runs the edge until it gets an interrupt or a termination signal; then it drains.
Each flag can be set by the environment too: --tls-cert is LOTSE_TLS_CERT; and by a YAML file: tls-cert: FILE.`)
		var s settings
		s.bind(f, "data")
		file := f.String("config", "", "YAML `file` of settings (LOTSE_CONFIG)")
		if _, exit, ok := f.parse(args, 0); !ok {
			return exit
		}
		if err := s.overlay(f, *file); err != nil {
			return env.fail("serve", err)
		}
		if err := serve(ctx, env, s, site{}); err != nil {
			return env.fail("serve", err)
		}
		return exitOK
	}}
}

// site is what a server shows beside the API, and what to do before it listens and once it does.
type site struct {
	pages    fs.FS
	data     map[string][]byte
	prepare  func(ctx context.Context, s *edge.Server) error
	announce func(s *edge.Server)
}

// serve opens the store, the policies and the host, runs the edge on them, and closes all in the reverse order.
func serve(ctx context.Context, env *environment, s settings, show site) (err error) {
	log, err := newLog(env, s.logLevel)
	if err != nil {
		return err
	}
	data := env.path(s.data)
	secret, _, err := keepSecret(filepath.Join(data, "secret.key"), "")
	if err != nil {
		return fmt.Errorf("keep the server's secret: %w", err)
	}
	admin, _, err := keepSecret(filepath.Join(data, tokenFile), adminPrefix)
	if err != nil {
		return fmt.Errorf("keep the admin token: %w", err)
	}
	var server *edge.Server // set before the store's first use
	store, err := profile.Open(profile.Config{
		Dir: filepath.Join(data, "profiles"), Shards: s.shards, Now: env.now, Log: log,
		Coarsen: func(tenant string, field uint16, v profile.Value) profile.Value {
			return server.Coarsen(tenant, field, v)
		},
	})
	if err != nil {
		return fmt.Errorf("open the profile store: %w", err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	policyLog, err := openPolicyLog(data)
	if err != nil {
		return fmt.Errorf("open the log of policies: %w", err)
	}
	prover := policies.Config{Host: policyHost{}, Proofs: newProofs(data, secretBytes(secret), log)}
	sources := policyArchive{filepath.Join(data, "policies")}
	start := startPolicy{prover: prover, archive: sources, ledger: policyLog, log: log, now: env.now()}
	policy, err := start.inForce(ctx)
	if err != nil {
		return err
	}
	policyKeys, err := readPolicyKeys(env, s.policyKeys)
	if err != nil {
		return fmt.Errorf("read the policy keys: %w", err)
	}
	decided, err := decisions.Open(decisions.Config{
		Files: decisionFiles{filepath.Join(data, "decisions")}, Now: env.now,
		Report: func(err error) { log.Error("log of decisions", "error", err) },
	})
	if err != nil {
		return fmt.Errorf("open the log of decisions: %w", err)
	}
	defer func() { err = errors.Join(err, decided.Close()) }()
	shop, err := newWorkshop(filepath.Join(data, "compiled"), secretBytes(secret))
	if err != nil {
		return err
	}
	host, err := runtime.New(ctx, runtime.Config{Workshop: shop, MaxFuel: s.maxFuel})
	if err != nil {
		return fmt.Errorf("start the module host: %w", err)
	}
	defer func() { err = errors.Join(err, host.Close(context.WithoutCancel(ctx))) }()
	secure, err := loadTLS(env, s)
	if err != nil {
		return err
	}
	server, err = edge.New(ctx, edge.Config{
		Public: s.public, Admin: s.admin, TLS: secure,
		Store: store, Host: host, Archive: archive{filepath.Join(data, "tenants")},
		Policy: policy, Prover: prover, Ledger: policyLog, Policies: sources, PolicyKeys: policyKeys, Decisions: decided,
		Secret: secretBytes(secret), Tokens: []edge.AdminToken{{
			Name: adminName, Hash: sha256.Sum256([]byte(admin)), Scopes: edge.Scopes(),
		}}, TokenArchive: tokenFiles{data},
		Log: log, Now: env.now, Site: show.pages, Data: show.data,
		TrustForwarded: s.trustForwarded, InFlight: s.inFlight, Rate: s.rate, AddressRate: s.addressRate,
	})
	if err != nil {
		return fmt.Errorf("start the edge: %w", err)
	}
	return runServer(ctx, env, server, show)
}

// runServer serves until the context ends, then drains.
func runServer(ctx context.Context, env *environment, server *edge.Server, show site) error {
	if show.prepare != nil {
		if err := show.prepare(ctx, server); err != nil {
			return err
		}
	}
	if err := server.Listen(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- server.Serve() }()
	if show.announce != nil {
		show.announce(server)
	} else {
		fmt.Fprintf(env.stdout, "public  %s\nadmin   %s\n", server.PublicAddr(), server.AdminAddr())
	}
	select {
	case err := <-done:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
		defer cancel()
		return errors.Join(server.Shutdown(drain), <-done)
	}
}

func newLog(env *environment, level string) (*slog.Logger, error) {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		return nil, errors.New("--log-level is one of debug, info, warn and error")
	}
	return slog.New(slog.NewJSONHandler(env.stderr, &slog.HandlerOptions{Level: l})), nil
}

func loadTLS(env *environment, s settings) (*tls.Config, error) {
	if s.tlsCert == "" && s.tlsKey == "" {
		return nil, nil
	}
	if s.tlsCert == "" || s.tlsKey == "" {
		return nil, errors.New("--tls-cert and --tls-key come together")
	}
	cert, err := tls.LoadX509KeyPair(env.path(s.tlsCert), env.path(s.tlsKey))
	if err != nil {
		return nil, fmt.Errorf("load the certificate: %w", err)
	}
	return &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}, nil
}

// secretBytes decodes a secret that keepSecret made.
func secretBytes(secret string) []byte {
	raw, err := hex.DecodeString(secret)
	if err != nil {
		return []byte(secret) // an operator's own secret, as it is
	}
	return raw
}
