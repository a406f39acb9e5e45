package edge_test

import (
	"encoding/json"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/valyala/fasthttp"

	"github.com/lotse-edge/lotse/edge"
)

// BenchmarkJourney compares whole journeys over loopback with a bare fasthttp server that answers the same bytes, in one
// run: one event, two slots, the sample tenant's three Go modules. It reports each as a share of the bare server.
func BenchmarkJourney(b *testing.B) {
	s := start(b, func(c *edge.Config) { c.Rate = 1e9; c.InFlight = 1 << 16; c.Now = time.Now })
	s.apply("winery", winery(b))
	visitors := make([]string, 512)
	for i := range visitors {
		_, body := s.call("POST", s.public+"/v1/decide", writeKey, []byte(`{"consent": {"profiling": "granted"}}`))
		var a struct{ Visitor string }
		if err := json.Unmarshal(body, &a); err != nil || a.Visitor == "" {
			b.Fatalf("no visitor: %s", body)
		}
		visitors[i] = a.Visitor
	}
	_, sampleAnswer := s.call("POST", s.public+"/v1/decide", writeKey, journeyBody(0), "X-Lotse-Visitor", visitors[0])
	bare := bareServer(b, sampleAnswer)

	var bareRate float64
	report := func(b *testing.B) {
		rate := float64(b.N) / b.Elapsed().Seconds()
		b.ReportMetric(rate, "req/s")
		b.ReportMetric(rate/bareRate, "of-bare")
	}
	b.Run("bare-fasthttp", func(b *testing.B) {
		load(b, "http://"+bare, visitors)
		bareRate = float64(b.N) / b.Elapsed().Seconds()
		report(b)
	})
	b.Run("nothing-stored", func(b *testing.B) {
		load(b, s.public, nil)
		report(b)
	})
	b.Run("durable", func(b *testing.B) {
		load(b, s.public, visitors)
		report(b)
	})
}

func bareServer(b *testing.B, answer []byte) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	server := &fasthttp.Server{NoDefaultServerHeader: true, NoDefaultDate: true, Handler: func(ctx *fasthttp.RequestCtx) {
		ctx.SetContentType("application/json")
		ctx.SetBody(answer)
	}}
	go func() { _ = server.Serve(listener) }()
	b.Cleanup(func() { _ = server.Shutdown() })
	return listener.Addr().String()
}

var eventNumber atomic.Int64

func journeyBody(n int64) []byte {
	return fmt.Appendf(nil, `{"events": [{"id": "b%d", "type": "page_view", "properties": {"path": "/riesling", "product": "riesling"}}], "slots": ["hero", "offer"]}`, n)
}

// load sends decisions from 128 connections. Without visitors each is of somebody unknown who gave no consent.
func load(b *testing.B, base string, visitors []string) {
	client := &fasthttp.Client{MaxConnsPerHost: 256, NoDefaultUserAgentHeader: true}
	defer client.CloseIdleConnections()
	b.SetParallelism(64)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		req, res := fasthttp.AcquireRequest(), fasthttp.AcquireResponse()
		req.SetRequestURI(base + "/v1/decide")
		req.Header.SetMethod("POST")
		req.Header.Set("Authorization", "Bearer "+writeKey)
		for pb.Next() {
			n := eventNumber.Add(1)
			req.SetBody(journeyBody(n))
			if len(visitors) > 0 {
				req.Header.Set("X-Lotse-Visitor", visitors[int(n)%len(visitors)])
			}
			if err := client.Do(req, res); err != nil || res.StatusCode() != 200 {
				b.Errorf("status %d, %v", res.StatusCode(), err)
				return
			}
		}
	})
}
