// Package edge is Lotse's front door: the public listener that websites call, the admin listener, one request's journey
// from the body to the answer, limits, metrics, and the one place that maps errors to HTTP statuses. It decides nothing
// about consent (policies), runs no tenant code (runtime) and stores nothing itself (profile).
//
// A Server is safe for concurrent use. What a request reads of its fasthttp context is copied before the handler returns.
package edge

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"
	"golang.org/x/time/rate"

	"github.com/lotse-edge/lotse/edge/profile"
	"github.com/lotse-edge/lotse/policies"
	"github.com/lotse-edge/lotse/policies/decisions"
	"github.com/lotse-edge/lotse/policies/ledger"
	"github.com/lotse-edge/lotse/runtime"
)

// Config is what a Server needs. The zero value of a number means the documented default.
type Config struct {
	Public string // address of the public listener
	Admin  string // address of the admin listener; loopback unless there is a reason

	Store   *profile.Store
	Host    *runtime.Host
	Policy  *policies.Table // the policy in force, proved
	Archive Archive
	Secret  []byte       // signs visitor tokens; at least 32 bytes, the same at each start
	Tokens  []AdminToken // who may use the admin listener
	TLS     *tls.Config  // for the public listener; nil: plain HTTP
	Log     *slog.Logger
	Now     func() time.Time

	TokenArchive TokenArchive // of admin tokens beside Tokens, which come and go; nil: there are none

	// What the release of another policy needs. Without a ledger the policy stays as it is.
	Prover     policies.Config // how it is proved; its source is not used
	Ledger     *ledger.Log     // of policies and approvals
	Policies   PolicyArchive
	PolicyKeys policies.Keys // of who may sign policies; the zero value: they need no signature

	Decisions *decisions.Log // what was decided, and how often; nil: that is not kept

	Site fs.FS             // static pages served at / of the public listener; nil: none
	Data map[string][]byte // further answers by path, as JSON: what the static pages ask for

	TrustForwarded bool    // a proxy before us sets X-Forwarded-For and X-Forwarded-Proto
	InFlight       int     // requests at once; beyond: 503. Default 1024
	Rate           float64 // requests a second for each tenant; beyond: 429. Default 10,000
	AddressRate    float64 // requests a second from one network address with a website's key; beyond: 429. Default 2,000

	BreakerFaults int           // of a module in a row, after which its version before answers. Default 5
	BreakerRetry  time.Duration // after which it is tried again. Default 30 s
}

// Validate finds what is missing.
func (c *Config) Validate() error {
	var errs []error
	if c.Store == nil || c.Host == nil || c.Policy == nil || c.Archive == nil || c.Log == nil || c.Now == nil {
		errs = append(errs, errors.New("store, host, policy, archive, log and clock are all needed"))
	}
	if c.Ledger != nil && (c.Prover.Host == nil || c.Policies == nil) {
		errs = append(errs, errors.New("a ledger needs a prover and an archive of policies beside it"))
	}
	if len(c.Secret) < 32 {
		errs = append(errs, errors.New("the secret is shorter than 32 bytes"))
	}
	if c.InFlight < 0 || c.Rate < 0 || c.AddressRate < 0 || c.BreakerFaults < 0 || c.BreakerRetry < 0 {
		errs = append(errs, errors.New("limits are not negative"))
	}
	return errors.Join(errs...)
}

// Archive keeps the documents of applied tenants, so that a restart finds them.
type Archive interface {
	// Save keeps the documents durably, in place of those before.
	Save(tenant string, documents []byte) error
	// Load returns the documents of all tenants.
	Load() (map[string][]byte, error)
}

// Server is the running edge.
type Server struct {
	config  Config
	signer  signer
	metrics *metrics
	sites   sites
	pages   map[string]page

	applyMu    sync.Mutex // one change of the sites at a time
	diffMu     sync.Mutex // one comparison over stored profiles at a time
	policyMu   sync.Mutex // one proposal or release of a policy at a time; it comes before applyMu
	candidates candidates
	histories  map[string]history // of the modules, by tenant; applyMu guards it

	public, admin         *fasthttp.Server
	publicAddr, adminAddr net.Listener
	inFlight              atomic.Int64
	ready                 atomic.Bool
	stopping              context.Context // ends when Shutdown begins
	stop                  context.CancelFunc
	upkeep                sync.WaitGroup
	adminFailures         *rate.Limiter
	addresses             *addressLimits
}

// New makes a server and loads the tenants of the archive. It listens to nothing yet.
func New(ctx context.Context, config Config) (*Server, error) {
	if err := config.Validate(); err != nil {
		return nil, fmt.Errorf("check the edge's configuration: %w", err)
	}
	if config.InFlight == 0 {
		config.InFlight = 1024
	}
	if config.Rate == 0 {
		config.Rate = 10_000
	}
	if config.AddressRate == 0 {
		config.AddressRate = 2_000
	}
	if config.BreakerFaults == 0 {
		config.BreakerFaults = defaultBreakerFaults
	}
	if config.BreakerRetry == 0 {
		config.BreakerRetry = defaultBreakerRetry
	}
	s := &Server{
		config: config, signer: newSigner(config.Secret), metrics: newMetrics(), adminFailures: newFailureLimit(), addresses: newAddressLimits(config.AddressRate),
		candidates: candidates{byDigest: map[string]*candidate{}}, histories: map[string]history{},
	}
	s.metrics.policyInForce(config.Policy.Digest())
	if config.Decisions != nil {
		s.metrics.watch(config.Decisions)
	}
	s.stopping, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	s.sites.current.Store(&siteSet{policy: config.Policy})
	pages, err := loadPages(config.Site, config.Data)
	if err != nil {
		return nil, fmt.Errorf("load the static pages: %w", err)
	}
	s.pages = pages
	s.public = s.listenerServer("public", s.servePublic)
	s.admin = s.listenerServer("admin", s.serveAdmin)
	s.admin.MaxRequestBodySize = maxFolder
	s.admin.HeaderReceived = s.limitStrangers
	s.admin.ReadTimeout = 2 * time.Minute
	return s, s.restore(ctx)
}

func (s *Server) listenerServer(name string, handle fasthttp.RequestHandler) *fasthttp.Server {
	return &fasthttp.Server{
		Name:               "lotse",
		Handler:            s.guard(name, handle),
		ErrorHandler:       s.refuse,
		ReadTimeout:        10 * time.Second,
		WriteTimeout:       10 * time.Second,
		IdleTimeout:        75 * time.Second,
		MaxRequestBodySize: maxBody,

		DisablePreParseMultipartForm: true,     // it may write a body to a temporary file
		ReadBufferSize:               16 << 10, // bounds the request's header
		Concurrency:                  16 * s.config.InFlight,
		NoDefaultServerHeader:        true,
		NoDefaultDate:                true,
		CloseOnShutdown:              true,
		Logger:                       quietLogger{},
	}
}

// guard recovers a panic: one request fails, the server goes on.
func (s *Server) guard(listener string, handle fasthttp.RequestHandler) fasthttp.RequestHandler {
	return func(ctx *fasthttp.RequestCtx) {
		defer func() {
			if v := recover(); v != nil {
				// The value may quote what a client sent, so its type is all that is logged.
				s.config.Log.Error("handler panicked", "listener", listener, "type", fmt.Sprintf("%T", v), "stack", stack())
				newProblem(500, "internal", "Something went wrong on this server", "The error is in the server's log.").write(ctx)
			}
		}()
		handle(ctx)
	}
}

// refuse answers what fasthttp could not read as a request.
func (s *Server) refuse(ctx *fasthttp.RequestCtx, err error) {
	var small *fasthttp.ErrSmallBuffer
	var timeout net.Error
	p := newProblem(400, "invalid-request", "This is not a request of HTTP/1.1", "The request could not be read.")
	switch {
	case errors.Is(err, fasthttp.ErrBodyTooLarge):
		p = newProblem(413, "body-too-large", "The body is too large", "")
	case errors.As(err, &small):
		p = newProblem(431, "header-too-large", "The header is too large", "")
	case errors.As(err, &timeout) && timeout.Timeout():
		p = newProblem(408, "timeout", "The request took too long to arrive", "")
	}
	s.metrics.refused.WithLabelValues("unreadable").Inc()
	linger(ctx.Conn())
	p.write(ctx)
}

// Listen opens both listeners.
func (s *Server) Listen() (err error) {
	if s.publicAddr, err = listen(s.config.Public); err != nil {
		return fmt.Errorf("listen on the public address: %w", err)
	}
	if s.adminAddr, err = listen(s.config.Admin); err != nil {
		return errors.Join(fmt.Errorf("listen on the admin address: %w", err), s.publicAddr.Close())
	}
	return nil
}

// PublicAddr is the address that the public listener has; after Listen.
func (s *Server) PublicAddr() string { return s.publicAddr.Addr().String() }

// AdminAddr is the address that the admin listener has; after Listen.
func (s *Server) AdminAddr() string { return s.adminAddr.Addr().String() }

// Serve answers requests until Shutdown, and returns nil after it.
func (s *Server) Serve() error {
	public := s.publicAddr
	if s.config.TLS != nil {
		public = tls.NewListener(public, s.config.TLS)
	}
	s.upkeep.Go(func() { s.maintain(s.stopping) })
	done := make(chan error, 2)
	go func() { done <- s.public.Serve(public) }()
	go func() { done <- s.admin.Serve(s.adminAddr) }()
	s.ready.Store(s.stopping.Err() == nil)
	err := <-done
	if err != nil { // one listener is lost: without it the other is of no use
		s.ready.Store(false)
		err = errors.Join(err, s.public.Shutdown(), s.admin.Shutdown())
	}
	return errors.Join(err, <-done)
}

// Shutdown turns /readyz off, takes no new requests, and waits for those at work, or for the context.
func (s *Server) Shutdown(ctx context.Context) error {
	s.ready.Store(false)
	s.stop()
	err := errors.Join(s.public.ShutdownWithContext(ctx), s.admin.ShutdownWithContext(ctx))
	for _, l := range []net.Listener{s.publicAddr, s.adminAddr} { // where Serve has not come to them yet, nothing else closes them
		if l != nil {
			if e := l.Close(); !errors.Is(e, net.ErrClosed) {
				err = errors.Join(err, e)
			}
		}
	}
	s.upkeep.Wait() // a sweep makes values coarser by the sites' catalogues
	s.sites.close()
	return err
}
