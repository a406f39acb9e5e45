package edge

import (
	"io/fs"
	"mime"
	"path"
	"runtime/debug"
	"strings"

	"github.com/valyala/fasthttp"
)

// page is one static answer, held in memory.
type page struct {
	mime string
	body []byte
}

// loadPages reads all static files once; a request opens nothing.
func loadPages(site fs.FS, data map[string][]byte) (map[string]page, error) {
	pages := make(map[string]page)
	for name, body := range data {
		pages[name] = page{"application/json", body}
	}
	if site == nil {
		return pages, nil
	}
	return pages, fs.WalkDir(site, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		body, err := fs.ReadFile(site, name)
		if err != nil {
			return err
		}
		kind := mime.TypeByExtension(path.Ext(name))
		if path.Ext(name) == ".js" {
			kind = "text/javascript; charset=utf-8" // some systems map .js to another type, and modules need this one
		}
		p := page{kind, body}
		pages["/"+name] = p
		if path.Base(name) == "index.html" {
			pages["/"+strings.TrimSuffix(name, "index.html")] = p
		}
		return nil
	})
}

// servePage answers a static page, if there is one.
func (s *Server) servePage(ctx *fasthttp.RequestCtx) bool {
	p, ok := s.pages[string(ctx.Path())]
	if !ok || !(ctx.IsGet() || ctx.IsHead()) {
		return false
	}
	h := &ctx.Response.Header
	h.SetContentType(p.mime)
	h.Set("Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cache-Control", "no-cache")
	ctx.SetBody(p.body)
	return true
}

// stack is the stack of the goroutine: places in the code, no values.
func stack() string { return string(debug.Stack()) }

// quietLogger drops fasthttp's own lines: they quote requests.
type quietLogger struct{}

func (quietLogger) Printf(string, ...any) {}
