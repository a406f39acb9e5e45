package edge

import (
	"bytes"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/common/expfmt"

	"github.com/lotse-edge/lotse/policies/decisions"
)

// metrics counts what the edge does. Labels are names from the code and from tenants' configurations, never data.
type metrics struct {
	registry *prometheus.Registry
	requests *prometheus.CounterVec   // by route and status
	duration *prometheus.HistogramVec // by route
	verdicts *prometheus.CounterVec   // by tenant and verdict, one for each event
	faults   *prometheus.CounterVec   // by tenant and module
	refused  *prometheus.CounterVec   // by cause: rate, overload, unreadable
	inFlight prometheus.Gauge
	policy   *prometheus.GaugeVec // 1 for the digest of the policy in force
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lotse_requests_total", Help: "Answers of the public listener by route and status.",
		}, []string{"route", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "lotse_request_seconds", Help: "Time from the whole request to the answer.",
			Buckets: []float64{.00005, .0001, .00025, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, 1},
		}, []string{"route"}),
		verdicts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lotse_verdicts_total", Help: "Events by verdict.",
		}, []string{"tenant", "verdict"}),
		faults: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lotse_module_faults_total", Help: "Evaluations of rule modules that failed.",
		}, []string{"tenant", "module"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "lotse_refused_total", Help: "Requests refused by a limit.",
		}, []string{"cause"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "lotse_requests_in_flight", Help: "Requests being worked on.",
		}),
		policy: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "lotse_policy_in_force", Help: "1 for the digest of the policy in force.",
		}, []string{"digest"}),
	}
	m.registry.MustRegister(m.requests, m.duration, m.verdicts, m.faults, m.refused, m.inFlight, m.policy,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// policyInForce notes the one policy that is in force.
func (m *metrics) policyInForce(digest string) {
	m.policy.Reset()
	m.policy.WithLabelValues(digest).Set(1)
}

// watch shows how the log of decisions does.
func (m *metrics) watch(log *decisions.Log) {
	counter := func(name, help string, value func(decisions.Stats) uint64) {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help},
			func() float64 { return float64(value(log.Stats())) }))
	}
	counter("lotse_decisions_total", "Decisions since the log of decisions was begun: one for each purpose of a request.",
		func(s decisions.Stats) uint64 { return s.Sequence })
	counter("lotse_decisions_lost_total", "Decisions since the start that are counted and have no place in the log.",
		func(s decisions.Stats) uint64 { return s.Lost })
	counter("lotse_decisions_missing_total", "Decisions that damage took before they were counted.",
		func(s decisions.Stats) uint64 { return s.Missing })
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "lotse_decision_log_failing", Help: "1 while the log of decisions cannot be written.",
	}, func() float64 {
		if log.Stats().Failing {
			return 1
		}
		return 0
	}))
}

// observe counts one answer.
func (m *metrics) observe(route string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, statusText(status)).Inc()
	m.duration.WithLabelValues(route).Observe(took.Seconds())
}

// text renders all metrics in Prometheus' text format.
func (m *metrics) text() ([]byte, error) {
	families, err := m.registry.Gather()
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(&b, f); err != nil {
			return nil, err
		}
	}
	return b.Bytes(), nil
}
