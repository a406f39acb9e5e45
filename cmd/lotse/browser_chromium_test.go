//go:build browser

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// shop is the demo in this process, one Chromium, and what went wrong in any of its windows.
type shop struct {
	address string          // "http://127.0.0.1:PORT"
	browser context.Context // the parent of every visitor
	shots   string          // where screenshots go
	end     func(func())    // what is to happen when the test ends: a visitor outlives the step that invited it

	mu     sync.Mutex
	faults []string
	seen   int // requests that the pages made
}

// openShop starts the demo on free ports and a Chromium with an empty profile. Both end with the test.
func openShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{address: startDemo(t), shots: os.Getenv("LOTSE_SCREENSHOTS"), end: t.Cleanup}
	if s.shots == "" {
		s.shots = t.TempDir()
	} else if err := os.MkdirAll(s.shots, 0o755); err != nil {
		t.Fatal(err)
	}
	binary := os.Getenv("CHROMIUM")
	if binary == "" {
		binary = "chromium"
	}
	binary, err := exec.LookPath(binary)
	if err != nil {
		t.Fatalf("this test drives a real Chromium, and there is none: set CHROMIUM to its path (%v)", err)
	}
	allocator, stop := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(binary), chromedp.UserDataDir(t.TempDir()),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("disable-default-apps", true), chromedp.Flag("disable-extensions", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("force-color-profile", "srgb"),
		chromedp.Flag("accept-lang", "de-DE,de"),
		chromedp.Flag("hide-scrollbars", true),
	)
	t.Cleanup(stop)
	browser, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	t.Cleanup(func() {
		limit, cancel := context.WithTimeout(browser, 10*time.Second)
		defer cancel()
		if err := chromedp.Cancel(limit); err != nil {
			t.Logf("close Chromium: %v", err)
		}
	})
	if err := chromedp.Do(browser); err != nil {
		t.Fatalf("start Chromium (%s): %v", filepath.Base(binary), err)
	}
	s.browser = browser
	return s
}

// startDemo runs what `lotse demo` runs, and gives the address that it prints.
func startDemo(t *testing.T) string {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	out, lines := io.Pipe()
	env := &environment{
		getenv: func(string) string { return "" }, stdin: strings.NewReader(""), stdout: lines, stderr: t.Output(),
		now: time.Now, dir: t.TempDir(),
	}
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, []string{"demo", "--data", "data", "--public", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--address-rate", "1e6"}, env)
		lines.Close()
	}()
	t.Cleanup(func() {
		stop()
		if exit := <-done; exit != exitOK {
			t.Errorf("the demo ended with %d", exit)
		}
	})
	address := make(chan string, 1)
	go func() {
		all := new(strings.Builder)
		buffer := make([]byte, 4096)
		for {
			n, err := out.Read(buffer)
			all.Write(buffer[:n])
			if found := regexp.MustCompile(`open\s+(http://\S+)/\n`).FindStringSubmatch(all.String()); found != nil {
				address <- found[1]
				_, _ = io.Copy(io.Discard, out)
				return
			}
			if err != nil {
				close(address)
				return
			}
		}
	}()
	select {
	case found, ok := <-address:
		if !ok {
			t.Fatal("the demo ended before it served")
		}
		return found
	case <-time.After(60 * time.Second):
		t.Fatal("the demo does not serve after a minute")
	}
	return ""
}

// watch notes what a visitor must never meet: an exception, a line of error in the console, a failed request, an answer of
// 400 and above, a call to any other origin.
func (s *shop) watch(event any) {
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		s.mu.Lock()
		s.seen++
		s.mu.Unlock()
		if u, err := url.Parse(e.Request.URL); err != nil || u.Scheme != "data" && u.Scheme+"://"+u.Host != s.address {
			s.fault("request to another origin: %s", e.Request.URL)
		}
	case *network.EventResponseReceived:
		if e.Response.Status >= 400 {
			s.fault("%d for %s", e.Response.Status, e.Response.URL)
		}
	case *network.EventLoadingFailed:
		// A picture on its way when the visitor leaves its view is given up by the browser itself.
		if !(e.Canceled && e.Type == network.ResourceTypeImage) {
			s.fault("request failed: %s %s", e.Type, e.ErrorText)
		}
	case *cdpruntime.EventExceptionThrown:
		s.fault("exception: %v", errors.Join(&chromedp.ExceptionError{ExceptionDetails: e.ExceptionDetails}))
	case *cdpruntime.EventConsoleAPICalled:
		if e.Type == cdpruntime.ConsoleAPICalledTypeError || e.Type == cdpruntime.ConsoleAPICalledTypeWarning {
			s.fault("console: %v", e.Args)
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			s.fault("log: %s %s", e.Entry.Text, e.Entry.URL)
		}
	}
}

func (s *shop) fault(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, fmt.Sprintf(format, args...))
}
