//go:build kits

package main

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"github.com/lotse-edge/lotse/sdk/abi"
)

// vector is what is known of one visitor at one moment: every form's record is made of it, by that form's own manifest.
type vector struct {
	fields map[string]any     // by field: text, number or boolean
	events map[string]float64 // by event: what each aggregate of its history comes to; a sum, in place of a count
	millis int64
}

func (v vector) record(t *testing.T, m *abi.Manifest) []byte {
	t.Helper()
	values := make([]abi.Value, len(m.Reads))
	for i, f := range m.Reads {
		x := abi.Value{Type: f.Type}
		if f.Aggregate != abi.FieldValue {
			x.Number, x.Present = v.events[f.Event]
			values[i] = x
			continue
		}
		switch given := v.fields[cmp.Or(f.Field, f.Name)].(type) {
		case string:
			x.Text, x.Present = given, true
		case float64:
			x.Number, x.Present = given, true
		case bool:
			x.Present = true
			if given {
				x.Number = 1
			}
		}
		values[i] = x
	}
	record, err := abi.AppendRecord(nil, v.millis, values)
	if err != nil {
		t.Fatal(err)
	}
	return record
}

// leadEvents are the events that the sample modules count. A lead without one has none of it, which is not unknown.
var leadEvents = []string{
	"message_opened", "page_view", "message_clicked", "chat", "form_submitted", "phone_call", "message_bounced", "unsubscribed",
}

// realLeads reads the leads of the public case study by the sample tenant's mapping, as an import does. Its rows are personal data:
// the file is not part of this repository, and nothing of a row is printed. Without the file there are none, unless LOTSE_LEADS
// says that it is there.
func realLeads(t *testing.T) []vector {
	t.Helper()
	named := os.Getenv("LOTSE_LEADS")
	f, err := os.Open(cmp.Or(named, "../../../shared/data/leads.csv"))
	if named == "" && errors.Is(err, fs.ErrNotExist) {
		t.Log("there is no ../shared/data/leads.csv: name the file by LOTSE_LEADS, and its leads are compared, too")
		return nil
	} else if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile("samples/education/mapping.yaml")
	if err != nil {
		t.Fatal(err)
	}
	m, err := parseMapping("mapping.yaml", raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := m.bind("mapping.yaml", rows[0]); err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	vectors := make([]vector, 0, len(rows))
	for i, row := range rows[1:] {
		body, err := m.request(row, now)
		if err != nil {
			t.Fatalf("row %d: %v", i+2, err)
		}
		var lead rowRequest
		if err := json.Unmarshal(body, &lead); err != nil {
			t.Fatal(err)
		}
		v := vector{fields: lead.Traits, events: map[string]float64{}, millis: now.UnixMilli()}
		for _, name := range leadEvents {
			v.events[name] = 0
		}
		for _, e := range lead.Events {
			v.events[e.Type] += max(e.Count, 1)
		}
		vectors = append(vectors, v)
	}
	if len(vectors) < 1000 {
		t.Errorf("%d leads in the file, fewer than 1,000", len(vectors))
	}
	return vectors
}

// madeUpLeads are leads of the same shape, the same ones always.
func madeUpLeads(n int) []vector {
	random := rand.New(rand.NewPCG(5, 1))
	texts := map[string][]string{
		"country":        {"India", "India", "India", "Singapore", "Ireland", "india", ""},
		"occupation":     {"Unemployed", "Working Professional", "Student", "Businessman", "Housewife", "Other", "Working", ""},
		"motivation":     {"Better Career Prospects", "Better Career Prospects", "Flexibility & Convenience", "Ü"},
		"specialization": {"Finance Management", "Banking, Investment And Insurance", "Marketing Management", "Finance Management "},
		"lead_source":    {"Google", "Direct Traffic", "Reference", "Referral Sites"},
		"heard_from":     {"Online Search", "Word Of Mouth", "Word Of Mouths", "東京 🍷"},
	}
	names := []string{"country", "occupation", "motivation", "specialization", "lead_source", "heard_from"}
	minutes := []float64{0, 0.5, 4.9, 5, 5.1, 14.99, 15, 37.8333, 2272}
	vectors := make([]vector, n)
	for i := range vectors {
		v := vector{fields: map[string]any{}, events: map[string]float64{}, millis: 1_795_338_000_000 + int64(i)}
		for _, name := range names {
			if random.IntN(4) > 0 {
				v.fields[name] = texts[name][random.IntN(len(texts[name]))]
			}
		}
		if random.IntN(4) > 0 {
			v.fields["minutes_on_site"] = minutes[random.IntN(len(minutes))]
		}
		if random.IntN(3) > 0 {
			v.fields["do_not_email"] = random.IntN(3) == 0
		}
		for _, name := range leadEvents {
			v.events[name] = float64(max(0, random.IntN(14)-7))
		}
		vectors[i] = v
	}
	return vectors
}

// probeVectors have values at the edges of what a record can hold, and any of them absent.
func probeVectors(n int) []vector {
	random := rand.New(rand.NewPCG(5, 2))
	numbers := []float64{0, 1, -1, 0.5, 1e-300, -1e300, 1e300, 1 << 53, 0.1, 5e-324, 1234567.875}
	texts := []string{
		"", "dry", "Working Professional", "working professional", "WORKING-PROFESSIONAL_", "Work", "Wor", "Working Professionals",
		"Grüner Veltliner 東京 🍷", "grüner veltliner 東京 🍷", "GRüNERVELTLINER東京🍷", "Grüner Veltliner 東京 🍷🍷", "Grüner Veltliner 東京 ",
		"GrÜner Veltliner 東京 🍷", "Gruner Veltliner 東京 🍷", "Grüner Veltliner 東亰 🍷", "Grüner Veltliner 東京 🍸", "-_ ", " - -", "\x00", "🍷",
		"Grüner Veltliner 東京 \xf0\x9f\x8d", "Gr\xfc", "\xff",
	}
	times := []int64{0, 1, -1, 1_795_338_000_000, -62_135_596_800_000, 253_402_300_799_999}
	vectors := make([]vector, n)
	for i := range vectors {
		v := vector{fields: map[string]any{}, events: map[string]float64{}, millis: times[random.IntN(len(times))]}
		for _, name := range []string{"first", "another"} {
			if random.IntN(4) > 0 {
				v.fields[name] = numbers[random.IntN(len(numbers))]
			}
		}
		for _, name := range []string{"wine-style", "city"} {
			if random.IntN(8) > 0 {
				v.fields[name] = texts[random.IntN(len(texts))]
			}
		}
		if random.IntN(3) > 0 {
			v.fields["member"] = random.IntN(2) == 0
		}
		if random.IntN(3) > 0 {
			v.events["view"] = numbers[random.IntN(len(numbers))]
		}
		if random.IntN(3) > 0 {
			v.events["order"] = float64(random.IntN(5))
		}
		vectors[i] = v
	}
	return vectors
}
