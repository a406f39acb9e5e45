package edge

import (
	"bytes"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/common/expfmt"
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
	}
	m.registry.MustRegister(m.requests, m.duration, m.verdicts, m.faults, m.refused, m.inFlight,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
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
