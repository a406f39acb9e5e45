package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/lotse-edge/lotse/rules"
)

// Where a client looks for a server when nobody says otherwise.
const (
	defaultPublic = "http://127.0.0.1:8080"
	defaultAdmin  = "http://127.0.0.1:8081"
	defaultData   = "data" // the server's folder, with the token that its first start wrote
	tokenFile     = "admin.token"
)

const (
	maxAnswer     = 64 << 20 // bytes of an answer that a client is willing to hold
	callTimeout   = 3 * time.Minute
	maxProblem    = 64 << 10 // bytes of an error's body
	maxSecretFile = 4 << 10
)

// client speaks to one listener of a server, with one secret.
type client struct {
	base   *url.URL
	secret string
	http   *http.Client
	help   clientHelp
}

// clientHelp is what a user can do where a call cannot succeed; it ends the message.
type clientHelp struct {
	address string // where nobody listens at the address
	secret  string // where the server does not know the secret
}

// newClient checks the address and says so when a secret would cross a network in the clear.
func newClient(env *environment, address, secret string, connections int) (*client, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.User != nil || u.RawQuery != "" {
		return nil, errors.New("the server's address must look like http://host:port")
	}
	if u.Scheme == "http" && !loopback(u.Hostname()) {
		fmt.Fprintf(env.stderr, "warning: the secret goes to %s unencrypted; use https beyond this machine\n", u.Host)
	}
	return &client{base: u, secret: secret, http: &http.Client{
		Transport: &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
			MaxIdleConnsPerHost:   connections,
			MaxConnsPerHost:       connections,
			IdleConnTimeout:       90 * time.Second,
			ResponseHeaderTimeout: callTimeout,
		},
		// A redirect would carry the secret to somebody whom the user did not name.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       callTimeout,
	}}, nil
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// call sends one request and decodes a 2xx answer into answer (when not nil). Any other status is a *problem.
func (c *client) call(ctx context.Context, method, path string, query url.Values, contentType string, body []byte, answer any) error {
	raw, err := c.send(ctx, method, path, query, contentType, body)
	if err != nil || answer == nil {
		return err
	}
	if err := json.Unmarshal(raw, answer); err != nil {
		return fmt.Errorf("read the answer: %v", err)
	}
	return nil
}

// raw gets what is no JSON.
func (c *client) raw(ctx context.Context, path string) ([]byte, error) {
	return c.send(ctx, http.MethodGet, path, nil, "", nil)
}

func (c *client) send(ctx context.Context, method, path string, query url.Values, contentType string, body []byte) ([]byte, error) {
	// Segments arrive escaped: an external id may hold a slash.
	target := strings.TrimRight(c.base.String(), "/") + path
	if len(query) > 0 {
		target += "?" + query.Encode()
	}
	request, err := http.NewRequestWithContext(ctx, method, target, bytes.NewReader(body))
	if err != nil {
		return nil, errors.New("make the request: the address is not valid")
	}
	request.Header.Set("Authorization", "Bearer "+c.secret)
	request.Header.Set("Accept", "application/json, application/problem+json, application/gzip")
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, c.unreachable(withoutURL(err))
	}
	defer response.Body.Close()
	if response.StatusCode < 200 || response.StatusCode > 299 {
		p := readProblem(response)
		if p.Status == http.StatusUnauthorized && c.help.secret != "" {
			p.Detail = c.help.secret
		}
		return nil, p
	}
	// Read to the end, so that the connection can be used again.
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	if err != nil {
		return nil, c.unreachable(err)
	}
	if len(raw) > maxAnswer {
		return nil, errors.New("the answer is larger than this client reads")
	}
	return raw, nil
}

func (c *client) unreachable(err error) error {
	u := &unreachable{host: c.base.Host, err: err}
	if errors.Is(err, syscall.ECONNREFUSED) {
		u.help = c.help.address
	}
	return u
}

// unreachable is a request that got no whole answer; sending it again may help.
type unreachable struct {
	host string
	err  error
	help string // may be empty
}

func (u *unreachable) Error() string {
	text := fmt.Sprintf("cannot reach %s: %v", u.host, u.err)
	if u.help != "" {
		text += "; " + u.help
	}
	return text
}
func (u *unreachable) Unwrap() error { return u.err }

// withoutURL drops the address from an error of net/http: a path may hold the id of a profile.
func withoutURL(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// adminFlags are the flags of every command that speaks to the admin listener.
type adminFlags struct{ address, tokenFile *string }

func (f *flags) admin() adminFlags {
	return adminFlags{
		address:   f.String("admin", "", "`URL` of the admin listener; else LOTSE_ADMIN_URL, else "+defaultAdmin),
		tokenFile: f.String("token-file", "", "`file` with the admin token; else LOTSE_ADMIN_TOKEN, else "+tokenFile+" in LOTSE_DATA or "+defaultData),
	}
}

func (a adminFlags) client(env *environment) (*client, error) {
	fallback := filepath.Join(firstOf(env.getenv("LOTSE_DATA"), defaultData), tokenFile)
	token, err := secret(env, *a.tokenFile, "LOTSE_ADMIN_TOKEN", fallback)
	const tokenHelp = "name the file of the server's admin token by --token-file, or set LOTSE_ADMIN_TOKEN; a server's first start writes it to " + tokenFile + " in its data folder"
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the admin token: %w; %s", err, tokenHelp)
	}
	if err != nil {
		return nil, fmt.Errorf("read the admin token: %w", err)
	}
	c, err := newClient(env, firstOf(*a.address, env.getenv("LOTSE_ADMIN_URL"), defaultAdmin), token, 2)
	if err == nil {
		c.help = clientHelp{
			address: "start the server (lotse serve), or name the address of its admin listener by --admin or LOTSE_ADMIN_URL",
			secret:  "this server does not know the token; " + tokenHelp,
		}
	}
	return c, err
}

// secret reads a secret from the file that a flag names, from the environment, or from a file by default. A secret is
// never a flag's value: others on the machine could see it.
func secret(env *environment, file, variable, fallback string) (string, error) {
	if file == "" {
		if s := env.getenv(variable); s != "" {
			return s, nil
		}
		if fallback == "" {
			return "", fmt.Errorf("name its file by a flag, or set %s", variable)
		}
		file = fallback
	}
	f, err := os.Open(env.path(file))
	if err != nil {
		return "", err
	}
	defer f.Close()
	raw, err := io.ReadAll(io.LimitReader(f, maxSecretFile+1))
	if err != nil {
		return "", err
	}
	s := strings.TrimSpace(string(raw))
	if s == "" || len(raw) > maxSecretFile || strings.ContainsAny(s, " \r\n\t") {
		return "", fmt.Errorf("%s does not hold just one secret", file)
	}
	return s, nil
}

func firstOf(list ...string) string {
	for _, s := range list {
		if s != "" {
			return s
		}
	}
	return ""
}

// didYouMean ends a message about an unknown name.
func didYouMean(name string, known []string) string {
	if near := rules.Nearest(name, known); near != "" {
		return fmt.Sprintf("; did you mean %q?", near)
	}
	return ""
}
